"""Whether a certificate names an agency: the same words, however they are written, and the same place above it.

«Hòa» and «hoà» are one spelling, «UBND» and «Ủy ban nhân dân» one name; where one side is written without any marks, marks
are not compared. What stands behind the name must be the place or the parent that is known, so «xã Tân Phú Đông» is not
«xã Tân Phú».
"""

import re
import unicodedata

from signing.records import Expectation

_TONES = "\u0300\u0301\u0303\u0309\u0323"
_SAME = (("ủy ban nhân dân", "ubnd"), ("hội đồng nhân dân", "hđnd"))


def is_sender(seal, expect: Expectation) -> bool:
    """True when the certificate of a seal (`signer`, `organisation`) names one of the expected organisations."""
    name, above = seal.signer or seal.organisation, seal.organisation
    wanted = [other for other in expect.organisations if other]
    parents = [parent for parent in expect.parents if parent]
    for other in wanted if name else ():
        if _is_same(other, name) and _fits_above(name, above, wanted, parents):
            return True
        if any(_is_same(other, f"{name} {place}") for place in _places(above)):
            return True
        if any(_is_same(f"{other} {place}", name) for parent in parents for place in _places(parent)):
            return True
    return False


def _fits_above(name, above, wanted, parents):
    """True unless what stands above the office in its certificate is known to be another than the expected parent."""
    if not parents or not above or _is_same(above, name):
        return True
    known = [place for parent in (*parents, *wanted) for place in _places(parent)]
    return any(_is_same(place, one) for place in _places(above) for one in known)


def _places(name):
    """A parent's name, and the place it stands for: «UBND tỉnh X» also as «tỉnh X»."""
    found = [name] if name else []
    short = re.sub(
        r"(?i)^\s*(?:ubnd|uỷ ban nhân dân|ủy ban nhân dân|uy ban nhan dan)\s+",
        "",
        unicodedata.normalize("NFC", name or ""),
    )
    return [*found, short] if name and short != name else found


def _is_same(one, two):
    one, two = _spelt(one), _spelt(two)
    if _bare(one) == one or _bare(two) == two:
        return _bare(one) == _bare(two)
    return one == two


def _spelt(name):
    """Lower case, single blanks, the tone of each word behind it, so that its place in the word does not matter."""
    text = unicodedata.normalize("NFC", name).lower().replace("uỷ", "ủy")
    for long, short in _SAME:
        text = text.replace(long, short)
    words = re.sub(r"[^\w]+", " ", text).split()
    return " ".join(_toned(word) for word in words)


def _toned(word):
    parts = unicodedata.normalize("NFD", word)
    tones = "".join(char for char in parts if char in _TONES)
    return "".join(char for char in parts if char not in _TONES) + tones


def _bare(text):
    marks = "".join(char for char in unicodedata.normalize("NFD", text) if not unicodedata.combining(char))
    plain = marks.replace("đ", "d")
    return plain.replace("uy ban nhan dan", "ubnd").replace("hoi dong nhan dan", "hdnd")
