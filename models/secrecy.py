"""Độ mật: finds a secrecy mark in the text of a paper, since nothing secret may pass through this system (1.2).

A mark is a stamp of its own (MẬT, TỐI MẬT, TUYỆT MẬT on a line or in a box) or a field («Độ mật: Tối mật»). The word
in running text («bí mật nhà nước», «mật độ», «danh mục tài liệu TỐI MẬT») is none.
"""

import re
import unicodedata

from models import text

LEVELS = {"confidential": "MẬT", "secret": "TỐI MẬT", "top_secret": "TUYỆT MẬT"}
_FOLDED = {"mat": "confidential", "toi mat": "secret", "tuyet mat": "top_secret"}
_SHORT_MARKS = {
    "MẬT",
    "MÂT",
    "MẠT",
    "MAT",
}  # as printed, and as a reader of scans sees it; MẶT and MẤT are words
_BOXES = re.compile(r"\t|\||\s{2,}")
_EDGES = re.compile(r"^[\W_]+|[\W_]+$")
_FIELD = re.compile(r"\bđộ\s+mật\s*[:–-]\s*[\W_]*(tuyệt\s+mật|tối\s+mật|mật)\b(.*)", re.IGNORECASE)
_LEVEL = re.compile(r"\bmật\b", re.IGNORECASE)
# A heading broken over two lines goes on with the level: «… BÍ MẬT NHÀ NƯỚC ĐỘ / TỐI MẬT».
_GOES_ON = {"do", "bi", "bao", "va", "hoac", "lieu", "muc", "loai", "la", "giu", "tin"}


def found(content: str) -> str | None:
    """The highest secrecy mark in a text: "confidential", "secret", "top_secret", or None for no mark."""
    levels, before = set(), ""
    for line in unicodedata.normalize("NFC", content or "").splitlines():
        if not line.strip():
            continue
        levels |= {_mark(box, before) for box in _BOXES.split(line)} | {_field(line)}
        before = line
    return next((level for level in reversed(LEVELS) if level in levels), None)


def refusal(level: str) -> str:
    """What the person reads when a marked paper is stopped at a door."""
    return (
        f"Văn bản mang dấu độ mật «{LEVELS[level]}» nên không được đưa vào hệ thống (Quy chế Điều 1.2). "
        "Chưa có gì được lưu hoặc gửi; hãy xử lý theo quy định bảo vệ bí mật nhà nước."
    )


def _mark(box: str, before: str) -> str | None:
    words = _EDGES.sub("", box)
    if re.fullmatch(
        r"(?:\w ){2,}\w", words
    ):  # letters set apart: «M Ậ T», «T U Y Ệ T  M Ậ T» arrives in two boxes
        words = words.replace(" ", "")
    if not words.isupper():
        return None
    level = _FOLDED.get(text.fold(words)) or _FOLDED.get(text.fold(words).replace("mat", " mat").strip())
    if level == "confidential" and words not in _SHORT_MARKS:
        return None
    last = text.fold(_EDGES.sub("", before)).rpartition(" ")[2]
    return None if level and last in _GOES_ON else level


def _field(line: str) -> str | None:
    match = _FIELD.search(line)
    if not match or _LEVEL.search(match[2]):  # a list of the levels to choose from is no mark
        return None
    return _FOLDED[text.fold(match[1])]
