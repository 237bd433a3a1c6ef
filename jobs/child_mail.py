"""Child program of intake_mail.py, run inside the sandbox: takes a message apart.

child_mail.py MESSAGE FOLDER [LARGEST]   → one line of JSON {"id", "from", "parts": [{"file", "name", "size", "trouble"}]};
each attachment is written to FOLDER/1.part, 2.part … Parts that are no attachment (the letter's own text, pictures shown
inside it) are left out. Nothing in the message is obeyed: no links, no outside bodies.
"""

import email
import json
import re
import sys
from email import policy
from email.utils import parseaddr
from pathlib import Path

MOST_PARTS, DEEPEST, MOST_HEADER = 50, 10, 4 << 10
NAMELESS = {
    "application/pdf": "thu.pdf",
    "image/jpeg": "anh.jpg",
    "image/png": "anh.png",
    "image/tiff": "anh.tif",
}
BROKEN = 5


def main(path, folder, largest):
    """Say what the message is and write its attachments."""
    try:
        message = email.message_from_bytes(Path(path).read_bytes(), policy=policy.default)
        said = {
            "id": header(message, "Message-ID"), "from": parseaddr(header(message, "From"))[1][:200],
            "subject": header(message, "Subject")[:200], "parts": [],
        }  # fmt: skip
        for part in attachments(message, 0):
            if len(said["parts"]) == MOST_PARTS:
                said["more"] = True
                break
            said["parts"].append(written(part, Path(folder), len(said["parts"]) + 1, largest))
    except (ValueError, LookupError, TypeError, AttributeError, IndexError, RecursionError) as error:
        print(error, file=sys.stderr)
        return BROKEN
    print(json.dumps(said))
    return 0


def header(message, name):
    """A header as text; one the parser stumbles over is as good as none."""
    try:
        value = str(message.get(name) or "")
    except (ValueError, LookupError, TypeError, AttributeError, IndexError):
        return ""
    return re.sub(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]+", " ", value)[:MOST_HEADER].strip()


def attachments(message, depth):
    """Every part that is sent as a file, also those of forwarded messages."""
    if depth > DEEPEST:
        return
    if message.is_multipart():
        for part in message.get_payload():
            yield from attachments(part, depth + 1)
        return
    name, kind = name_of(message), message.get_content_type()
    disposition = message.get_content_disposition()
    if disposition == "inline" and kind.startswith("image/") and message.get("Content-ID"):
        return  # a picture of the letterhead or signature
    if disposition == "attachment" or name or kind in NAMELESS:
        yield message


def name_of(part):
    """The file name the sender gave, "" for none."""
    try:
        return part.get_filename() or ""
    except (ValueError, LookupError, TypeError, AttributeError, IndexError):
        return ""


def written(part, folder, number, largest):
    """Write one attachment; what cannot be decoded or is too large says so instead."""
    name = name_of(part) or NAMELESS.get(part.get_content_type(), f"tep-{number}")
    name = re.sub(r"[\ud800-\udfff]", " ", name)[:300]
    try:
        content = part.get_payload(decode=True)
    except (ValueError, LookupError, TypeError, AttributeError):
        content = None
    if not isinstance(content, bytes):
        return {"name": name, "trouble": "broken"}
    if len(content) > largest:
        return {"name": name, "size": len(content), "trouble": "large"}
    file = folder / f"{number}.part"
    file.write_bytes(content)
    return {"name": name, "size": len(content), "file": file.name, "trouble": ""}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
