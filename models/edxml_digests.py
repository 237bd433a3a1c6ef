"""The sender's list of its files' SHA-256, in the order of the files (QĐ 28 Điều 10.1); other makers' readers pass over it.

It stands at the header's end like the signed statement. The axis may wrap a file anew, so the hash is of the file itself.
"""

import re

SPACE = "urn:van-thu:digests:1"
NAME = "VanThuDigests"
_SHA256 = re.compile(r"^[0-9a-f]{64}$")


def lines(digests):
    """Yield (depth, text) of the element's lines; nothing for an empty list."""
    if digests:
        yield 0, f'<{NAME} xmlns="{SPACE}">'
        for digest in digests:
            yield 1, f"<Sha256>{digest}</Sha256>"
        yield 0, f"</{NAME}>"


def read(header) -> tuple[str, ...]:
    """The listed hashes; an entry that is none stays as "", so that it fits no file."""
    holder = next((child for child in header.children if child.name == NAME), None)
    words = [child.text.lower() for child in holder.children if child.name == "Sha256"] if holder else []
    return tuple(word if _SHA256.match(word) else "" for word in words)
