"""The upper part of the first page (ND30 PL I IV): Quốc hiệu, and box 2, the agency and its parent. Pure."""

import re
from dataclasses import dataclass

from models import text
from models.extraction_lines import Found, Line, alike, is_rule, join, lines
from models.extraction_number import number_of, parse_date, place_of, read_date, read_number, short_day
from models.extraction_subject import addressed, letter, typed, unmarked, weigh_type
from models.extraction_words import COUNTRY, LETTER, MOTTO, PARTY, is_kind_only, starts_agency

__all__ = [
    "Found",
    "Head",
    "as_in_body",
    "column_edge",
    "number_of",
    "parse_date",
    "place_of",
    "read_head",
    "short_day",
]

_ENDS = re.compile(r"^\W+|\W+$")
_GLUED = re.compile(r"\b(UBND|HĐND)(?=[A-ZĐ]{2})")


@dataclass(frozen=True)
class Head:
    """What the upper part of the first page says; each None when not there."""

    anchor: Line | None = None
    parent: Found | None = None
    organ: Found | None = None
    number: Found | None = None
    notation: Found | None = None
    number_line: Line | None = None
    place: Found | None = None
    issued: Found | None = None
    date_line: Line | None = None
    kind: Found | None = None
    subject: Found | None = None
    scanned: bool = False

    @property
    def trust(self) -> float:
        """How far the layout proves an official document, 0–1: Quốc hiệu (or the Party's heading), agency, number line."""
        if self.anchor is None:
            return 0.7
        numbered = self.number_line or (self.scanned and self.date_line and self.kind)
        return 1.0 if numbered and self.organ else 0.85


def read_head(page) -> Head:
    """Read boxes 1–5 of a first page; an empty Head when it is not laid out as an official document."""
    words = [word for word in page.words if word.middle < page.height * 0.75 and not is_rule(word.text)]
    rows = lines(words, gap=10_000)
    anchor = _anchor(rows, page)
    edge = column_edge(anchor, page)
    top = anchor.y0 - 40 if anchor else 0
    limit = (anchor.y1 if anchor else page.height * 0.14) + 130
    upper = [row for row in rows if top <= row.middle <= limit]
    number_row, number, notation = read_number(upper, edge)
    date_row, place, issued = read_date(upper, number_row, edge)
    if anchor is None and (number_row is None or date_row is None):
        return Head()
    below = max((row.y1 for row in (number_row, date_row, anchor) if row), default=0)
    parent, organ = _agency(upper, anchor, number_row, edge)
    columns = lines(words, gap=1.7)
    kind, subject = typed(columns, page, below)
    about = letter(columns, page, number_row, below, edge)
    if about and (kind is None or kind.lines[0].y0 > about.lines[0].y0 + 150 or about.score > kind.score):
        kind, subject = Found(LETTER, ()), about
    if kind is None and number_row and addressed(columns, below, page):
        kind, subject = Found(LETTER, (), 0.92), page.scanned and unmarked(columns, number_row, edge) or None
    kind = weigh_type(kind, notation)
    return Head(
        anchor,
        parent,
        organ,
        number,
        notation,
        number_row,
        place,
        issued,
        date_row,
        kind,
        subject,
        page.scanned,
    )


def _anchor(rows, page) -> Line | None:
    """Quốc hiệu or Tiêu ngữ (or the Party's heading): it divides the two columns of the head."""
    upper = [row for row in rows if row.y0 < page.height * 0.4]
    for wanted in (COUNTRY, PARTY, MOTTO):
        best, score = None, 0.74
        for row in upper:
            for start in range(len(row.words)):
                part = Line(row.words[start:])
                if not part.text[0].isalpha() or abs(len(part.letters) - len(wanted)) > 7:
                    continue
                found = alike(part.letters, wanted)
                if found > score + 0.02:
                    best, score = part, found
        if best:
            return best
    return None


def column_edge(anchor, page) -> float:
    """Where the left column of the head ends."""
    if anchor is None:
        return page.width * 0.45
    if alike(anchor.letters, PARTY) > 0.7:
        return anchor.center - 0.72 * (anchor.x1 - anchor.x0)
    if alike(anchor.letters, MOTTO) < 0.7:
        return anchor.x0
    return anchor.center - 0.85 * (anchor.x1 - anchor.x0)  # the country's name is as much wider


def _agency(rows, anchor, number_row, edge):
    """Box 2: the parent's name above, the issuing agency's below (bold where the file tells)."""
    lowest = number_row.y0 if number_row else (anchor.y1 + 30 if anchor else 0)
    highest = (anchor.y0 - 1.2 * anchor.height) if anchor else 0
    found = []
    for row in rows:
        heading, left = _beside_heading(row)
        if not heading:
            left = _left_part(row, edge - 2 if anchor else edge)
        if not left or not highest <= left.middle or left.middle >= lowest - 1:
            continue
        left = _without_specks(left)
        if left and (left.capitals and len(left.letters) >= 2 or found and _is_rest(left, found[-1])):
            found.append(left)
    if not found:
        return None, None
    start = _organ_start(found)
    parent, organ = found[:start], found[start:]
    return (
        Found(_GLUED.sub(r"\1 ", join(parent)), tuple(parent)) if parent else None,
        Found(_GLUED.sub(r"\1 ", join(organ)), tuple(organ)),
    )


def as_in_body(name: str, pages) -> str:
    """A name in capitals as the body spells it, when the body has it and nowhere as the head («TRUYỂN THÔNG»)."""
    wanted, words = text.fold(name).split(), [word.text for page in pages[:2] for word in page.words]
    folded = [text.fold(_ENDS.sub("", word)) for word in words]
    seen = set()
    for start, word in enumerate(folded):
        if word == wanted[0] and folded[start : start + len(wanted)] == wanted:
            said = " ".join(_ENDS.sub("", one) for one in words[start : start + len(wanted)])
            if not said.isupper():
                seen.add(said.upper())
    return seen.pop() if len(seen) == 1 and name.isupper() else name


def _is_rest(line, above) -> bool:
    """True for a number that stands alone under a name («TÒA ÁN NHÂN DÂN KHU VỰC» «3»)."""
    near = line.y0 - above.y1 < above.height and abs(line.center - above.center) < 12
    return line.text.isdecimal() and len(line.text) < 4 and line.bold is not None and near


def _beside_heading(row):
    """(is the country's name or motto on the line, what stands left of it or None)."""
    best, score = None, 0.8
    for start in range(len(row.words)):
        said = Line(row.words[start:]).letters
        if not any(c.isalpha() for c in row.words[start].text) or not 10 < len(said) < 36:
            continue
        found = max(alike(said, wanted) for wanted in (COUNTRY, MOTTO, PARTY))
        if found > score:
            best, score = start, found
    return best is not None, Line(row.words[:best]) if best else None


def _left_part(row, edge):
    """What stands in the left column; a name too long for it ends where a gap begins."""
    left = row.cut(right=edge)
    whole = lines(row.words, gap=2.6)[0]
    return whole if left and whole.x0 < edge < whole.x1 and whole.capitals else left


def _without_specks(line):
    """The line without what is no word; a number within the name or right after it is part of it («QUÂN KHU 10»)."""
    kept = []
    for word in line.words:
        beside = kept and word.x0 - kept[-1].x1 < 0.8 * max(line.height, 9)
        number = word.text.isdecimal() and len(word.text) < 4 and beside and kept[-1].text[-1:].isalpha()
        sized = word.y1 - word.y0 > 0.7 * line.height
        if any(c.isalpha() for c in word.text) or word.text in ("-", "–", "&") or number and sized:
            kept.append(word)
    while kept and not any(c.isalnum() for c in kept[-1].text) and line.bold is None:
        kept.pop()
    while kept and not any(c.isalpha() for c in kept[0].text):
        kept.pop(0)
    alone = not kept and line.bold is not None and line.text.isdecimal()
    return Line(tuple(kept)) if kept else line if alone else None


def _organ_start(found) -> int:
    weights = [line.bold for line in found]
    if True in weights and False in weights and weights == sorted(weights):
        return weights.index(True)
    starts = [
        index for index, line in enumerate(found)
        if index and len(line.words) > 1 and starts_agency(line.text) and not _goes_on(found[index - 1].text)
    ]  # fmt: skip
    return starts[-1] if starts else 0


def _goes_on(line) -> bool:
    """True when a line of a name cannot be its end («BỘ GIÁO DỤC VÀ», «ỦY BAN THƯỜNG VỤ», «BỘ NỘI VỤ -»)."""
    last = text.fold(line).split()[-1]
    return (
        last in ("va", "cua", "-", "–", "thuoc", "quan", "ve", "cho")
        or last[-1] in ",-"
        or is_kind_only(line)
    )
