"""Nguồn thứ hai: what the packet's header, the page, the file's name and the signatures say of one field, compared (B9).

Two sources that agree make a value sure. Where they do not, both are shown in one sentence, a transposition by its name;
nothing is set right in silence. Pure but for the day of today.
"""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from difflib import SequenceMatcher

from models import clock, text

HEADER, PAGE, NAME, SIGNATURE = "header", "page", "name", "signature"
PROVED = (
    "code_number",
    "code_notation",
    "issued_date",
    "organ_name",
)  # two sources, or one sure reading of the page
LIKE = 0.9  # how alike two wordings of one subject are
OLDEST, FURTHEST = timedelta(days=731), timedelta(days=31)
_SAYS = {HEADER: "Gói tin ghi", NAME: "tên tệp ghi", PAGE: "trên văn bản", SIGNATURE: "ký số"}
_NAME_NUMBER = re.compile(r"(?:^|[\s_(])(?:so\s?)?(\d{1,5})((?:[\s_.&/-]+[a-z][a-z0-9]{0,9}){1,5})")
_NAME_DAY = re.compile(
    r"(?<!\d)(\d{1,2})[._/-](\d{1,2})[._/-](20\d\d)(?!\d)|(?<!\d)(20\d\d)(\d\d)(\d\d)(?!\d)"
)
_NOISE = {
    "pdf",
    "jpg",
    "jpeg",
    "png",
    "tif",
    "tiff",
    "signed",
    "ngay",
    "vv",
    "scan",
    "final",
    "cv",
    "ky",
    "dau",
}


@dataclass(frozen=True)
class Disagreement:
    """Two sources say different things of a field; `words` is the sentence for the clerk."""

    field: str
    words: str


@dataclass(frozen=True)
class Said:
    """A value as one source gives it; `row` is the field as it was read, where the source is the page."""

    source: str
    value: str
    row: dict | None = None


def of_name(name: str) -> dict[str, str]:
    """{"code_number", "code_notation", "issued_date"} as far as a file's name says them: «125-UBND-KT.pdf».

    The notation is letters only, folded: for comparing, never for filling in.
    """
    folded, found = text.fold(name.rpartition(".")[0] or name), {}
    day = _NAME_DAY.search(folded)
    if day:
        parts = (day.group(3), day.group(2), day.group(1)) if day.group(3) else day.group(4, 5, 6)
        found["issued_date"] = _iso(*parts)
        folded = folded[: day.start()] + " " + folded[day.end() :]
    match = _NAME_NUMBER.search(folded)
    if match:
        tokens = [token for token in re.split(r"[\s_.&/-]+", match.group(2)) if token and token not in _NOISE]
        if tokens:
            found |= {"code_number": match.group(1), "code_notation": "".join(tokens)}
    return {field: value for field, value in found.items() if value}


def is_likely(day: str) -> bool:
    """False for a date no letter of these days bears; it is never filled in by itself (B8)."""
    return clock.today() - OLDEST <= date.fromisoformat(day) <= clock.today() + FURTHEST


def merged(field: str, said: list[Said]) -> tuple[dict | None, list[Disagreement]]:
    """(the field with its sources, what disagrees). The first source gives the value, the page its place."""
    said = [one for one in said if one.value]
    chosen = [one for one in said if one.source in (HEADER, PAGE)]
    if not chosen:
        return None, []
    first = chosen[0]
    page = next((one.row for one in said if one.source == PAGE and one.row), None)
    agree = [one for one in said if same(field, first.value, one.value)]
    differ = [one for one in said if one not in agree and not _is_beside(field, one, agree)]
    sure = bool(page and page["sure"] and same(field, page["value"], first.value)) or len(agree) > 1
    if field not in PROVED and first.source == HEADER and page is None:
        sure = True  # nothing on the page speaks of it
    value = _fuller(field, first.value, page)
    row = {
        "value": value, "confidence": 0.99 if len(agree) > 1 else page["confidence"] if page else 0.8,
        "sure": sure and not differ, "page": page["page"] if page else 0, "box": page["box"] if page else None,
        "sources": [one.source for one in agree],
    }  # fmt: skip
    told = [Disagreement(field, sentence(field, first, other)) for other in differ]
    if field == "issued_date" and not is_likely(value):
        return None, told
    return row, told


def same(field: str, one: str, other: str) -> bool:
    """True when two sources mean the same, however they write it."""
    if field == "code_number":
        return one.lstrip("0").upper() == other.lstrip("0").upper()
    if field in ("code_notation", "organ_name", "signer_name", "type_name"):
        return _letters(one) == _letters(other)
    if field == "subject":
        return SequenceMatcher(None, _plain(one), _plain(other), autojunk=False).ratio() >= LIKE
    return text.fold(one) == text.fold(other)


def sentence(field: str, one: Said, other: Said) -> str:
    """«Gói tin ghi 7816, trên văn bản 7861: đảo chữ số 1 và 6»."""
    said = f"{_SAYS[one.source]} {shown(field, one.value)}, {_SAYS[other.source]} {shown(field, other.value)}"
    twist = transposed(field, one.value, other.value)
    return said[0].upper() + said[1:] + (f": {twist}" if twist else "")


def transposed(field: str, one: str, other: str) -> str:
    """The slip that makes the one from the other, in words; "" for none."""
    if field == "issued_date":
        a, b = date.fromisoformat(one), date.fromisoformat(other)
        if (a.year, a.month, a.day) == (b.year, b.day, b.month):
            return "đảo ngày và tháng"
        return f"lệch {abs((a - b).days)} ngày" if 0 < abs((a - b).days) <= 31 else ""
    if field != "code_number":
        return ""
    a, b = one.lstrip("0"), other.lstrip("0")
    places = [at for at, pair in enumerate(zip(a, b, strict=False)) if pair[0] != pair[1]]
    if len(a) == len(b) and len(places) == 2 and (a[places[0]], a[places[1]]) == (b[places[1]], b[places[0]]):
        return f"đảo chữ số {a[places[0]]} và {a[places[1]]}"
    return ""


def shown(field: str, value: str) -> str:
    """The value as people write it."""
    if field in ("issued_date", "due_date"):
        return f"ngày {date.fromisoformat(value):%d/%m/%Y}"
    return f"«{value}»" if field in ("subject", "organ_name", "signer_name") else value


def _is_beside(field, one, agree):
    """A file's name speaks of the letter's number only where it has its notation too; others carry numbers of their own."""
    return one.source == NAME and field == "code_notation"


def _fuller(field, value, page):
    """The spelling with marks, where the header left them out («QD-UBND» for «QĐ-UBND»)."""
    if field == "code_notation" and page and value.isascii() and not page["value"].isascii() and page["sure"]:
        return page["value"] if _letters(value) == _letters(page["value"]) else value
    return value


def _letters(value):
    return re.sub(r"[^a-z0-9]", "", text.fold(value))


def _plain(value):
    return _letters(re.sub(r"^(v/v|ve viec)\s*", "", text.fold(value)))


def _iso(year, month, day) -> str:
    try:
        return date(int(year), int(month), int(day)).isoformat()
    except ValueError:
        return ""
