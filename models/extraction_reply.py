"""What a letter answers or follows («Phúc đáp Công văn số 125/UBND-KT ngày 14/7/2026 của …»), with the place. Pure."""

import re

from models.extraction_running import Running, day_of

_KINDS = "cong van|van ban|to trinh|bao cao|giay moi|ke hoach|cong dien|thong bao|phieu chuyen|phieu gui|quyet dinh|chi thi"
_REFERENCE = re.compile(
    r"\b(?P<how>phuc dap|tra loi|thuc hien|tiep theo|theo|xet|can cu|nghien cuu|nhan duoc|tiep nhan)\b"
    r"(?P<between>[^.;]{0,90}?)\b(?:" + _KINDS + r")(?:\s(?:hoa toc|thuong khan|khan|dien))?\s*so\s*:?\s*"
    r"(?P<number>\d{1,6}[a-z]?)\s?[/]\s?(?P<notation>[a-z0-9&]+(?:\s?[-/.]\s?[a-z0-9&]+){0,4})"
    r"(?:[, ]{1,3}(?:de\s)?ngay\s(\d{1,2})(?:\s?[/.-]\s?|\s?thang\s)(\d{1,2})(?:\s?[/.-]\s?|\s?nam\s)(\d{4}))?"
    r"(?:\s?[,]?\scua\s(?P<whose>[^,.;]{3,90}?)(?=\s(?:ve|v/v|doi voi|tai|va|de nghi)\b|[,.;(]|$))?"
)  # fmt: skip
ANSWERS = ("phuc dap", "tra loi")
MOST = 3


def replies(said: Running) -> list[dict]:
    """[{"kind" "reply"|"follows", "number", "notation", "day" ISO or "", "whose", "words", "page", "box"}, …].

    What the letter says it answers stands first; then what it carries out, in the order of the text.
    """
    found = {}
    for match in _REFERENCE.finditer(said.folded):
        number = match.group("number").upper()
        notation = re.sub(r"\s", "", said.plain[slice(*match.span("notation"))])
        day = day_of(*match.group(5, 6, 7), None) if match.group(5) else None
        page, box = said.place(*match.span())
        whose = said.plain[slice(*match.span("whose"))].strip() if match.group("whose") else ""
        row = {
            "kind": "reply" if match.group("how") in ANSWERS else "follows", "number": number, "notation": notation,
            "day": day.isoformat() if day else "", "whose": whose, "words": said.words(*match.span()), "page": page,
            "box": box,
        }  # fmt: skip
        found.setdefault((number, notation.upper()), row)
    return sorted(found.values(), key=lambda row: row["kind"] != "reply")[:MOST]
