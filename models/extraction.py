"""Đọc văn bản theo thể thức: proposed descriptive fields of a document from its words and their places. Pure.

The boxes are those of ND30 Phụ lục I mục IV. A field whose value is doubtful is not `sure`; one below the bar is None:
a wrong number or date is worse than none. Words of a scan come from OCR; the number and the day of a scan are sure only
when a second reading of the enlarged box (`again`) says the same.
"""

import re
from dataclasses import asdict, dataclass
from datetime import date, timedelta

from models import clock, extraction_foot, extraction_head, text
from models.extraction_head import DATE, NUMBER, parse_date, tidy_notation, tidy_number
from models.extraction_lines import Page, Word
from models.extraction_repair import repair

__all__ = ["FIELDS", "Field", "Page", "Word", "boxes_to_reread", "page_of", "read"]

FIELDS = (
    "code_number", "code_notation", "issued_date", "place", "organ_name", "parent_organ_name", "type_name", "subject",
    "signer_position", "signer_name", "recipients", "urgency", "due_date",
)  # fmt: skip
SURE = 0.9  # from here on a value may be taken without looking twice
BAR = 0.45  # below it the field stays empty
LONGEST = {
    "subject": 500,
    "signer_position": 100,
    "signer_name": 50,
    "organ_name": 200,
    "parent_organ_name": 200,
}
FIRST_PAGES = 2  # a cover sheet may come before the letter


@dataclass(frozen=True)
class Field:
    """A proposed value with where it was read. `confidence` 0–1; `box` [x0, y0, x1, y1] in points, or None."""

    value: str
    confidence: float
    sure: bool
    page: int
    box: list | None

    def row(self) -> dict:
        """As it is stored and printed."""
        return asdict(self)


def page_of(said: dict) -> Page:
    """A Page from the words a child program printed: {number, width, height, scanned, words: [[text, x0, …], …]}."""
    words = tuple(
        Word(text.clean(w[0]), *(float(v) for v in w[1:5]), *(w[5:7] or (None, None)))
        for w in said["words"]
        if text.clean(w[0])
    )
    return Page(said["number"], said["width"], said["height"], words, said["scanned"])


def read(pages: list[Page], again: dict | None = None) -> dict[str, Field | None]:
    """Every field of FIELDS, None where nothing was read well enough.

    `again`: {"number": [texts], "date": [texts]} = further readings of those boxes, enlarged.
    """
    fields = dict.fromkeys(FIELDS)
    first, head = _first(pages)
    if first is None:
        return fields
    reading = _Reading(first, head, again or {}, pages)
    reading.number(fields)
    reading.day(fields)
    reading.plain(fields)
    reading.foot(fields)
    return {name: _kept(name, field) for name, field in fields.items()}


def boxes_to_reread(pages: list[Page]) -> dict:
    """{"number": (page, box), "date": (page, box)} of a scan: what a second, enlarged reading should look at."""
    first, head = _first(pages)
    if first is None or not first.scanned:
        return {}
    edge = extraction_head.column_edge(head.anchor, first)
    beside = head.number_line or head.date_line
    if beside:
        top, bottom = beside.box[1] - 3, beside.box[3] + 3
    else:
        top, bottom = head.anchor.y1 + 12, head.anchor.y1 + 62
    number = head.number_line.box if head.number_line else [first.width * 0.08, top, edge, bottom]
    day = head.date_line.box if head.date_line else [edge, top, first.width * 0.94, bottom]
    return {"number": (first.number, number), "date": (first.number, day)}


def _first(pages):
    for page in pages[:FIRST_PAGES]:
        head = extraction_head.read_head(page)
        if head.anchor or head.number_line:
            return page, head
    return None, None


def _kept(name, field):
    if field is None or field.confidence < BAR or not field.value:
        return None
    if len(field.value) > LONGEST.get(name, 1000):
        return Field(field.value[: LONGEST.get(name, 1000)], 0.5, False, field.page, field.box)
    return field


class _Reading:
    """One document being read: its first page, the head found there, the second readings."""

    def __init__(self, first, head, again, pages):
        self.first, self.head, self.again, self.pages = first, head, again, pages
        self.scanned = first.scanned
        self.rest = [page for page in pages if page.number >= first.number]
        self.whole = 1.0 if head.anchor else 0.7  # without Quốc hiệu it may be no official document

    def field(self, value, found, confidence, page=None):
        """A Field at the place something was found."""
        confidence = round(min(confidence, 1.0) * self.whole, 2)
        return Field(
            value, confidence, confidence >= SURE, page or self.first.number, found.box if found else None
        )

    def number(self, fields):
        head = self.head
        digits, notation = (
            head.number.value if head.number else "",
            head.notation.value if head.notation else "",
        )
        if not self.scanned:
            if notation:
                fields["code_notation"] = self.field(notation, head.notation, 0.98)
            if digits:
                fields["code_number"] = self.field(digits, head.number, 0.98)
            return
        readings = [(digits, notation), *(_number_of(said) for said in self.again.get("number", ()))]
        number_line = (
            head.number or head.notation or extraction_head.Found("", (head.number_line,))
            if head.number_line
            else None
        )
        digits, agreed, of = _most([one for one, _ in readings])
        if digits:
            fields["code_number"] = self.field(digits, number_line, _agreement(agreed, of))
        notation, agreed, of = _most([other for _, other in readings])
        if notation:
            score = _agreement(agreed, of)
            fields["code_notation"] = self.field(
                notation, number_line, score if _plausible(notation) else min(score, 0.6)
            )

    def day(self, fields):
        head = self.head
        said = head.issued.value if head.issued else ""
        if not self.scanned:
            if said and _possible(said):
                fields["issued_date"] = self.field(said, head.issued, 0.98)
            return
        days = [parse_date(one) for one in self.again.get("date", ())]
        value, agreed, of = _most([said, *(day.isoformat() if day else "" for day in days)])
        if value and _possible(value):
            found = head.issued or extraction_head.Found("", (head.date_line,))
            fields["issued_date"] = self.field(value, found, _agreement(agreed, of))

    def plain(self, fields):
        head, trust = self.head, 0.84 if self.scanned else 0.97
        body = " ".join(word.text for page in self.rest[:3] for word in page.words) if self.scanned else ""
        for name, found in (
            ("organ_name", head.organ), ("parent_organ_name", head.parent), ("place", head.place), ("subject", head.subject),
        ):  # fmt: skip
            if found is None:
                continue
            value, better = repair(found.value, body, name) if self.scanned else (found.value, 0.0)
            fields[name] = self.field(value, found, min(trust + better, 0.98) * found.score)
        if head.kind:
            lines = head.kind.lines
            shown = head.kind if lines else head.subject or head.kind
            fields["type_name"] = self.field(
                head.kind.value, shown, head.kind.score * (0.95 if self.scanned else 0.98)
            )
        mark = extraction_foot.urgency(self.first)
        if mark:
            fields["urgency"] = self.field(mark.value, mark, 0.92 if self.scanned else 0.97)

    def foot(self, fields):
        position, name, places, number = extraction_foot.read_foot(self.rest)
        trust = 0.84 if self.scanned else 0.96
        for field, found in (("signer_position", position), ("signer_name", name), ("recipients", places)):
            if found:
                value, better = repair(found.value, "", field) if self.scanned else (found.value, 0.0)
                fields[field] = self.field(value, found, (trust + better) * found.score, number)
        issued = fields["issued_date"]
        due, number = extraction_foot.deadline(
            self.rest, date.fromisoformat(issued.value) if issued else None
        )
        if due:
            fields["due_date"] = self.field(
                due.value, due, due.score * (0.8 if self.scanned else 1.0), number
            )


def _number_of(said: str) -> tuple[str, str]:
    match = NUMBER.search(tidy_number(text.clean(said)))
    if not match:
        return "", ""
    return re.sub(r"\s", "", match["number"] or "").rstrip("."), tidy_notation(match["notation"])


def _most(readings):
    """(the value most readings agree on, how many do, how many readings there are)."""
    said = [value for value in readings if value]
    best = max(said, key=said.count, default="")
    return best, said.count(best) if best else 0, len(readings)


def _agreement(agreed: int, of: int) -> float:
    if of <= 1:
        return 0.7
    if agreed == of:
        return 0.96
    return {0: 0.0, 1: 0.3}.get(agreed, 0.5 + 0.35 * agreed / of)


def _plausible(notation: str) -> bool:
    return bool(
        re.fullmatch(
            r"(?:(?:19|20)\d\d/)?[A-ZĐƯƠÂÊÔ][A-Za-zĐđưƯơƠ&0-9.]*(?:[-/][A-ZĐƯƠÂÊÔ][A-Za-zĐđưƯ&0-9.]*)*",
            notation,
        )
    )


def _possible(day: str) -> bool:
    return date(1975, 1, 1) <= date.fromisoformat(day) <= clock.today() + timedelta(days=31)
