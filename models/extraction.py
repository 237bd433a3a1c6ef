"""Đọc văn bản theo thể thức: proposed descriptive fields of a document from its words and their places. Pure.

The boxes are those of ND30 Phụ lục I mục IV. A field whose value is doubtful is not `sure`; one below the bar is None:
a wrong number or date is worse than none. Words of a scan come from OCR; the number and the day of a scan are sure only
when a second reading of the enlarged box (`again`) says the same.
"""

import re
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta

from models import clock, extraction_foot, extraction_head, text
from models.extraction_head import number_of, parse_date
from models.extraction_lines import Page, Word, alike, around, letters, lines, slope
from models.extraction_repair import repair
from models.extraction_subject import tidy
from models.extraction_votes import vote, vote_notation, vote_words
from models.extraction_words import BY_ABBREVIATION, place_spelled

__all__ = ["FIELDS", "Field", "Page", "Word", "boxes_to_reread", "lines_of", "page_of", "read", "slope_of"]

FIELDS = (
    "code_number", "code_notation", "issued_date", "place", "organ_name", "parent_organ_name", "type_name", "subject",
    "signer_position", "signer_name", "recipients", "urgency", "due_date",
)  # fmt: skip
SURE = 0.9  # from here on a value may be taken without looking twice
WHOLE_BOX = 0.9  # how alike what stands in box 2 is to the names taken from it, to be sure of them
SAME_PLACE = 0.6  # how alike two readings of one place are at least
LEAST_FALL = 0.004  # a smaller slope is none
ABOVE = 7  # points between box 2 and the number that are left to the number
BLUE_INK = 0.05  # share of blue points in a line: written by hand
BAR = 0.45  # below it the field stays empty
_UNMARKED_NUMBER = re.compile(r"^[^\w$]*[S$§][^\s:]{1,2}(?=\s?:)")
_UNMARKED_DATE = re.compile(
    r"ng\S{1,2}y[\s.,_]{0,3}(\d{1,2})[\s.,_]{1,3}th\S{1,4}g[\s.,_]{0,3}(\d{1,2})[\s.,_]{1,3}n\S{1,4}m\W{0,3}((?:19|20)\d\d)\b"
)
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


def lines_of(page: Page) -> list:
    """The page's lines from top to bottom, columns apart."""
    return lines(page.words)


def slope_of(page: Page) -> float:
    """How much the page's lines fall from left to right, points a point."""
    return slope(page.words)


def read(pages: list[Page], again: dict | None = None) -> dict[str, Field | None]:
    """Every field of FIELDS, None where nothing was read well enough.

    `again`: {"number": {"texts", "ink", "box"}, "date": …} = further readings of those boxes, enlarged.
    """
    fields = dict.fromkeys(FIELDS)
    falls = {page.number: (slope_of(page), page.width / 2) for page in pages}
    pages = [_level(page) for page in pages]
    first, head = _first(pages)
    if first is None:
        return fields
    reading = _Reading(first, head, again or {}, pages)
    reading.number(fields)
    reading.day(fields)
    reading.plain(fields)
    reading.foot(fields)
    return {name: _tilted(_kept(name, field), falls) for name, field in fields.items()}


def boxes_to_reread(pages: list[Page]) -> dict:
    """{"number": (page, box), "date": (page, box)} of a scan: what a second, enlarged reading should look at."""
    falls = {page.number: (slope_of(page), page.width / 2) for page in pages}
    pages = [_level(page) for page in pages]
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
    found = {"number": (first.number, number), "date": (first.number, day)}
    if head.subject and head.subject.lines:
        found["subject"] = (first.number, head.subject.box)
    if head.organ:
        x0, y0, x1, y1 = around([*(head.parent.lines if head.parent else ()), *head.organ.lines])
        below = head.number_line.box[1] - ABOVE if head.number_line else y1
        found["organ"] = (first.number, [x0, y0, max(x1, min(edge - 14, x1 + 40)), max(y1, below)])
    signer = extraction_foot.signer_box([page for page in pages if page.number >= first.number])
    found |= {"signer": signer} if signer else {}
    return {name: (page, _moved(box, *falls[page])) for name, (page, box) in found.items()}


def _level(page: Page) -> Page:
    """The page with the lines of a skewed scan made level, turned about its middle."""
    fall, middle = slope_of(page), page.width / 2
    if abs(fall) < LEAST_FALL:
        return page
    words = []
    for word in page.words:
        drop = fall * ((word.x0 + word.x1) / 2 - middle)
        words.append(replace(word, y0=word.y0 - drop, y1=word.y1 - drop))
    return replace(page, words=tuple(words))


def _moved(box, fall, middle):
    """A box of a levelled page where it lies on the page itself, still level."""
    drop = fall * ((box[0] + box[2]) / 2 - middle) if abs(fall) >= LEAST_FALL else 0.0
    return [box[0], round(box[1] + drop, 1), box[2], round(box[3] + drop, 1)]


def _tilted(field, falls):
    """A field with its box around the words as they stand on the skewed page."""
    fall, middle = falls.get(field.page, (0.0, 0.0)) if field else (0.0, 0.0)
    if abs(fall) < LEAST_FALL or not field.box:
        return field
    x0, y0, x1, y1 = _moved(field.box, fall, middle)
    spread = abs(fall) * (x1 - x0) / 2
    return replace(field, box=[x0, round(y0 - spread, 1), x1, round(y1 + spread, 1)])


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
        self.body = (
            " ".join(word.text for page in self.rest[:3] for word in page.words) if self.scanned else ""
        )
        self.whole = head.trust

    def field(self, value, found, confidence, page=None):
        """A Field at the place something was found."""
        confidence = round(min(confidence, 1.0) * self.whole, 2)
        return Field(
            value, confidence, confidence >= SURE, page or self.first.number, found.box if found else None
        )

    def number(self, fields):
        """Box 3. In a scan only what (nearly) every reading says, and nothing written in blue ink by hand."""
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
        box = head.number_line or self.again_line("number")
        again = self.again.get("number", {})
        readings = [(digits, notation), *(number_of(said) for said in again.get("texts", ()))]
        others = [number_of(_UNMARKED_NUMBER.sub("S6", said)) for said in again.get("others", ())]
        digits, score = vote([one for one, _ in readings], [one for one, _ in others])
        if digits and again.get("ink", 0) < BLUE_INK:
            fields["code_number"] = self.field(digits, box, score)
        notation, score = vote_notation(
            [other for _, other in readings], [other for _, other in others], set(BY_ABBREVIATION)
        )
        if notation:
            fields["code_notation"] = self.field(
                notation, box, score if _plausible(notation) else min(score, 0.6)
            )

    def day(self, fields):
        """Box 4, the day; by the same rule."""
        head = self.head
        said = head.issued.value if head.issued else ""
        if not self.scanned:
            if said and _possible(said):
                fields["issued_date"] = self.field(said, head.issued, 0.98)
            return
        again = self.again.get("date", {})
        texts, others = again.get("texts", ()), again.get("others", ())
        value, score = vote([said, *map(_day, texts)], [_unmarked_day(one) for one in others])
        written = [*texts, *others, head.date_line.text if head.date_line else ""]
        if value and extraction_head.short_day(written, value):
            score = min(score, 0.6)  # the decree writes 02, so a lone 2 may be the rest of 12
        if value and _possible(value) and again.get("ink", 0) < BLUE_INK:
            fields["issued_date"] = self.field(value, head.date_line or self.again_line("date"), score)

    def signer(self, fields, position, name, number):
        """Boxes 7a and 7b of a scan, where seal and signature lie over the words: what several readings say."""
        again = self.again.get("signer", {})
        said = [extraction_foot.signer_of(one) for one in again.get("texts", ())]
        page, place = again.get("page", number), self.again_line("signer")
        for field, first, others in (
            ("signer_position", position, [one for one, _ in said]), ("signer_name", name, [other for _, other in said]),
        ):  # fmt: skip
            readings = [repair(one, "", field)[0] for one in [first.value if first else "", *others]]
            value, score = _most(readings)
            if value:
                fields[field] = self.field(value, first or place, min(score, 0.92), number if first else page)

    def again_line(self, name):
        """The place a second reading looked at."""
        return _Place(self.again.get(name, {}).get("box"))

    def plain(self, fields):
        """Boxes 2, 4 (place), 5 and 10b."""
        head = self.head
        for name, found in (
            ("organ_name", head.organ), ("parent_organ_name", head.parent), ("place", head.place), ("subject", head.subject),
        ):  # fmt: skip
            if found and self.scanned:
                value, clear = self.scanned_words(name, found)
                fields[name] = self.field(
                    value, found, (0.96 if clear == 1 else 0.55 + 0.33 * clear) * min(found.score, 0.98)
                )
            elif found:
                said = (
                    found.value if name == "subject" else extraction_head.as_in_body(found.value, self.rest)
                )
                trust = 0.97 if said == found.value else 0.85  # misprinted in the head
                fields[name] = self.field(said, found, trust * found.score)
        if head.kind:
            shown = head.kind if head.kind.lines else head.subject or head.kind
            fields["type_name"] = self.field(
                head.kind.value, shown, head.kind.score * (0.95 if self.scanned else 0.98)
            )
        mark = extraction_foot.urgency(self.first) or extraction_foot.stamped(
            self.again.get("stamps", {}).get("texts", ())
        )
        if mark:
            fields["urgency"] = self.field(mark.value, mark, 0.92 if self.scanned else 0.97)

    def scanned_words(self, name, found) -> tuple[str, float]:
        """(a scan's words put together from all readings of their place, share of them not in doubt)."""
        others = [
            " ".join(said.split()) for said in self.again.get(_AGAIN.get(name, name), {}).get("texts", ())
        ]
        if name == "place":
            others = [extraction_head.place_of(said) for said in others]
        elif name != "subject":
            others = _part_of(found.value, others)
        value, clear = vote_words([_spaced(found.value, others), *others], self.body)
        if name == "place":
            value = place_spelled(value)
        if name == "subject":
            value = tidy(value, found.value)
        if name in ("organ_name", "parent_organ_name"):
            fixed, better = repair(value, self.body, name)
            return fixed, 1.0 if better and self.nothing_missed() else min(clear, 0.7)
        return value, min(clear, 0.95) if name == "subject" else min(clear, 0.7)

    def nothing_missed(self) -> bool:
        """True when no second reading of box 2 found more or other words in it than were taken for the two names."""
        taken = "".join(letters(found.value) for found in (self.head.parent, self.head.organ) if found)
        said = self.again.get("organ", {}).get("texts", ())
        return any(alike(_capitals(one), taken) >= WHOLE_BOX for one in said)

    def foot(self, fields):
        position, name, places, number = extraction_foot.read_foot(self.rest)
        if self.scanned:
            self.signer(fields, position, name, number)
            position = name = None
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


_AGAIN = {"organ_name": "organ", "parent_organ_name": "organ", "place": "date"}


def _part_of(value, readings):
    """The words of readings of the whole of box 2 that are this name's: those its own words align with."""
    wanted = [letters(word) for word in value.split()]
    found = []
    for said in readings:
        words = said.split()
        spans = [
            words[start : start + length]
            for length in (len(wanted), len(wanted) + 1, len(wanted) - 1)
            for start in range(max(1, len(words) - length + 1))
            if length
        ]
        part = " ".join(max(spans, key=lambda span: alike("".join(wanted), letters("".join(span)))))
        if alike("".join(wanted), letters(part)) >= SAME_PLACE:
            found.append(part)
    return found


def _capitals(said: str) -> str:
    """The letters of a text's lines in capitals: names of agencies, not specks and rules."""
    rows = [row for row in said.splitlines() if sum(c.isupper() for c in row) > sum(c.islower() for c in row)]
    return letters("".join(row for row in rows if sum(c.isalpha() for c in row) > 2))


def _spaced(value, readings) -> str:
    """The value with its words set apart as most readings of the same letters have it («CHÍNHPHỦ»)."""
    same = [said for said in readings if letters(said) == letters(value)]
    apart = [
        said for said in same if len(said.split()) > len(value.split()) and said.replace(" ", "").isalpha()
    ]
    return apart[0] if len(apart) * 2 > len(readings) else value


@dataclass(frozen=True)
class _Place:
    box: list | None


def _most(readings) -> tuple[str, float]:
    """(what most readings of a name or post say, how surely)."""
    said = [value for value in readings if value]
    best = max(said, key=said.count, default="")
    agreed = said.count(best)
    if agreed == len(said):
        return best, {0: 0.0, 1: 0.5, 2: 0.7, 3: 0.8}.get(agreed, 0.9)
    return best, 0.5 + 0.06 * agreed if agreed > 1 else 0.46


def _unmarked_day(said: str) -> str:
    """The day as the model without Vietnamese marks reads it: «ngdy 31 thang 12 ndm 2025»."""
    match = _UNMARKED_DATE.search(said)
    return _day("ngay {} thang {} nam {}".format(*match.groups())) if match else _day(said)


def _day(said: str) -> str:
    found = parse_date(said)
    return found.isoformat() if found else ""


def _plausible(notation: str) -> bool:
    return bool(
        re.fullmatch(
            r"(?:(?:19|20)\d\d/)?[A-ZĐƯƠÂÊÔ][A-Za-zĐđưƯơƠ&0-9.]*(?:[-/][A-ZĐƯƠÂÊÔ][A-Za-zĐđưƯ&0-9.]*)*",
            notation,
        )
    )


def _possible(day: str) -> bool:
    return date(1975, 1, 1) <= date.fromisoformat(day) <= clock.today() + timedelta(days=31)
