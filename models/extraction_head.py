"""Boxes 1–5 of the first page (ND30 PL I IV): agency, number and notation, place and date, type and subject. Pure."""

import re
from dataclasses import dataclass
from datetime import date

from models import text
from models.extraction_lines import Line, alike, around, is_rule, join, letters, lines
from models.extraction_words import COUNTRY, LETTER, MOTTO, PARTY, starts_agency, type_of, type_of_notation

NUMBER = re.compile(
    r"^\W{0,3}[Ss5§](?:[ốóôoòồổ0ỗộớõ6eéêế]{1,2}\W{0,4}|.{0,2}?[:;]\s*)(?P<number>\d[\d. ]{0,6}[a-zA-Z]?)?\s*[.…_]*\s*/\s*"
    r"(?P<notation>(?:(?:19|20)\d\d\s?/\s?)?[A-ZĐƯƠÂÊÔ][\wĐđ&.]*(?:\s?[-–—]\s?[A-ZĐƯƠÂÊÔ&][\wĐđ&.]*|/[A-ZĐ]{2,}[\w.]*)*)"
)
UNREAD_NUMBER = re.compile(
    r"^\W{0,3}[Ss§][ốóôoồổ0ỗộớõ6êéeỏ]{1,2}(?![a-zA-ZÀ-ỹ]).{0,14}?/(?P<notation>[A-ZĐ][\wĐđ&.]*(?:-[A-ZĐ&][\wĐđ&.]*)*)"
)
NUMBER_LINE = re.compile(r"^\W{0,3}[Ss§][ốóôoồổ0ỗộớõ6êéeỏ]{1,2}(?![a-zA-ZÀ-ỹ])")
PARTY_NUMBER = re.compile(
    r"^\W{0,3}Số\W{0,4}(?P<number>\d{1,5})?\s*[-–]\s*(?P<notation>[A-ZĐ]{1,4}[a-z]?/[A-ZĐ][\w-]*)"
)
_N = r"[0-9olLi|!\]\[]"
DATE = re.compile(
    rf"n?gay\W{{0,6}}?({_N}{{1,2}})\W{{0,4}}thang\W{{0,6}}?({_N}{{1,2}})\W{{0,4}}nam\W{{0,5}}((?:19|20){_N}{{2}})",
    re.IGNORECASE,
)
DATE_WORDS = re.compile(r"n?gay.{0,14}thang.{0,12}nam", re.IGNORECASE)
LOOK_ALIKE = str.maketrans("oOlLiI|!][", "0011111111")
_GLUED = re.compile(r"\b(UBND|HĐND)(?=[A-ZĐ]{2})")
_NO_PLACE, _EDGE = re.compile(r"[\d/⁄:]"), re.compile(r"^[^A-ZĐÀ-Ỹ]+|[^\w)]+$")
ABOUT = re.compile(
    r"^\W{0,2}([Vv][/7í1liI|]{1,2}\s?[vy]?|V\s?/|VN|Vv|W/?v|[Vv]ề\s+việc|Vê\s+việc)(?!\w)\W{0,3}\s*"
)
BODY_STARTS = (
    "can cu", "kinh gui", "dieu 1", "phan i", "chuong i", "thuc hien", "theo de nghi", "theo quy dinh", "kinh thua",
    "thi hanh", "xet de nghi", "hom nay", "ngay ", "de nghi", "nham ", "muc i", "trong thoi gian", "trong nam", "sau khi",
    "i. ", "1. ", "a. ", "1) ", "i/ ", "de trien khai", "de thuc hien", "phuc dap", "tra loi", "tiep theo", "vua qua",
    "hien nay", "duoc su", "so y te", "ubnd ", "uy ban nhan dan", "tren co so", "- can cu", "dieu 1.", "quoc hoi ban hanh",
    "phan thu", "chuong 1", "luat nay", "tai ky hop",
)  # fmt: skip


@dataclass(frozen=True)
class Found:
    """Something read: its value, its lines, how surely (0–1)."""

    value: str
    lines: tuple
    score: float = 1.0

    @property
    def box(self):
        """Where it stands, None for what was concluded, not read."""
        return around(self.lines) if self.lines else None


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


def read_head(page) -> Head:
    """Read boxes 1–5 of a first page; an empty Head when it is not laid out as an official document."""
    words = [word for word in page.words if word.middle < page.height * 0.75 and not is_rule(word.text)]
    rows = lines(words, gap=10_000)
    anchor = _anchor(rows, page)
    edge = column_edge(anchor, page)
    top = anchor.y0 - 40 if anchor else 0
    limit = (anchor.y1 if anchor else page.height * 0.14) + 130
    upper = [row for row in rows if top <= row.middle <= limit]
    number_row, number, notation = _number(upper, edge)
    date_row, place, issued = _date(upper, number_row, edge)
    if anchor is None and (number_row is None or date_row is None):
        return Head()
    below = max((row.y1 for row in (number_row, date_row, anchor) if row), default=0)
    parent, organ = _agency(upper, anchor, number_row, edge)
    columns = lines(words, gap=1.7)
    kind, subject = _typed(columns, page, below)
    letter = _letter(columns, page, number_row, below, edge)
    if letter and (kind is None or kind.lines[0].y0 > letter.lines[0].y0 + 150 or letter.score > kind.score):
        kind, subject = Found(LETTER, ()), letter
    kind = _weigh_type(kind, notation)
    return Head(anchor, parent, organ, number, notation, number_row, place, issued, date_row, kind, subject)


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
    if alike(anchor.letters, MOTTO) < 0.7:
        return anchor.x0
    return anchor.center - 0.85 * (anchor.x1 - anchor.x0)  # the country's name is as much wider


def _number(rows, edge):
    for row in rows:
        left = row.cut(right=edge + 12) or row
        for part in (left, row):
            said = tidy_number(part.text)
            match = NUMBER.search(said) or PARTY_NUMBER.search(said)
            if match:
                digits = re.sub(r"[ ]", "", match["number"] or "").rstrip(".")
                notation = tidy_notation(match["notation"])
                here = (left,)
                return left, Found(digits, here) if digits else None, Found(notation, here)
    for row in rows:
        left = row.cut(right=edge + 12)
        if left and NUMBER_LINE.match(left.text) and len(left.text) < 45:
            match = UNREAD_NUMBER.match(tidy_number(left.text))
            return left, None, Found(tidy_notation(match["notation"]), (left,), 0.8) if match else None
    return None, None, None


def number_of(said: str) -> tuple[str, str]:
    """(number, notation) of a line read again; digits with gaps between them are somebody's handwriting: none."""
    line = tidy_number(text.clean(said.split("\n")[0]))
    match = NUMBER.search(line)
    if match:
        digits = (match["number"] or "").strip()
        return digits.rstrip(".") if " " not in digits and digits.count(".") < 2 else "", tidy_notation(
            match["notation"]
        )
    match = UNREAD_NUMBER.match(line)
    return "", tidy_notation(match["notation"]) if match else ""


def tidy_number(value: str) -> str:
    """The number line without the spaces and look-alike strokes that scans bring in."""
    value = value.replace("ĐÐ", "Đ").replace("ÐĐ", "Đ").replace("ÐÐ", "Đ")
    value = re.sub(r"§(?=[A-ZĐ])|(?<=[A-ZĐ])§", "S", value)
    value = value.replace("⁄", "/").replace("∕", "/").replace("–", "-").replace("—", "-").replace("Ð", "Đ")
    value = re.sub(r"\s*/\s*", "/", value)
    value = re.sub(r"(?<=[A-ZĐa-z])\s*-\s*(?=[A-ZĐ])", "-", value)
    return re.sub(r"(?<=[A-ZĐ]) (?=[A-ZĐ]{1,3}$)", "", value)


def tidy_notation(value: str) -> str:
    """A notation as the decree writes it: no spaces, hyphens between groups."""
    return re.sub(r"\s", "", value.replace("–", "-").replace("—", "-")).strip("-.")


def parse_date(said: str) -> date | None:
    """The day in «…, ngày 04 tháng 11 năm 2025», None when it is not whole or not possible."""
    match = DATE.search(text.fold(said))
    if not match:
        return None
    day, month, year = (int(part.translate(LOOK_ALIKE)) for part in match.groups())
    try:
        return date(year, month, day)
    except ValueError:
        return None


def short_day(texts, day: str) -> bool:
    """True when a day below 10 is nowhere written with its zero, or a month 1 or 2 (ND30 PL I II.4.b)."""
    wanted = day[8:]
    said = [match.group(1) for one in texts if (match := DATE.search(text.fold(one)))]
    return wanted.startswith("0") and not any(len(part) == 2 for part in said)


def place_of(said: str) -> str:
    """«Kiên Giang» of «Số: 5/SYT Kiên Giang, ngày …»; "" when there is none."""
    folded = text.fold(said)
    match = DATE_WORDS.search(folded)
    start = (match.start() if match else folded.find("ngay")) if "ngay" in folded else -1
    if start < 0 or len(folded) != len(said):
        return ""
    tokens = said[:start].split()
    last = max(
        (
            i
            for i, token in enumerate(tokens)
            if _NO_PLACE.search(token) or len(token) > 1 and token.isupper()
        ),
        default=-1,
    )
    return text.clean(_EDGE.sub("", " ".join(tokens[last + 1 :])))


def _date(rows, number_row, edge):
    for row in rows:
        folded = text.fold(row.text)
        match = DATE_WORDS.search(folded)
        if not match or (number_row and not -14 < row.middle - number_row.middle < 22):
            continue
        right = row.cut(left=edge - 60)
        if right is None or not DATE_WORDS.search(text.fold(right.text)) or len(folded) - match.end() > 12:
            continue
        line = _date_part(row, number_row)
        name = place_of(row.text)
        day = parse_date(row.text)
        place = Found(name, (line,)) if 2 <= len(name) <= 40 and not any(c.isdigit() for c in name) else None
        return line, place, Found(day.isoformat(), (line,)) if day else None
    return None, None, None


def _date_part(row, number_row):
    if number_row is None or abs(number_row.middle - row.middle) > row.height:
        return row
    return row.cut(left=number_row.x1 + 1) or row


def _agency(rows, anchor, number_row, edge):
    """Box 2: the parent's name above, the issuing agency's below (bold where the file tells)."""
    lowest = number_row.y0 if number_row else (anchor.y1 + 30 if anchor else 0)
    highest = (anchor.y0 - 1.2 * anchor.height) if anchor else 0
    found = []
    for row in rows:
        left = _beside_heading(row) or row.cut(right=edge - 2 if anchor else edge)
        if not left or not highest <= left.middle or left.middle >= lowest - 1:
            continue
        left = _without_specks(left)
        if left and left.capitals and len(left.letters) >= 2:
            found.append(left)
    if not found:
        return None, None
    start = _organ_start(found)
    parent, organ = found[:start], found[start:]
    return (
        Found(_GLUED.sub(r"\1 ", join(parent)), tuple(parent)) if parent else None,
        Found(_GLUED.sub(r"\1 ", join(organ)), tuple(organ)),
    )


def _beside_heading(row):
    """What stands left of the country's name or motto on one line; None when neither is on it."""
    best, score = None, 0.8
    for start in range(1, len(row.words)):
        said = Line(row.words[start:]).letters
        found = max(alike(said, wanted) for wanted in (COUNTRY, MOTTO, PARTY)) if 10 < len(said) < 36 else 0
        if found > score:
            best, score = start, found
    return Line(row.words[:best]) if best else None


def _without_specks(line):
    kept = tuple(w for w in line.words if any(c.isalpha() for c in w.text) or w.text in ("-", "–", "&"))
    while kept and not any(c.isalpha() for c in kept[-1].text):
        kept = kept[:-1]
    return Line(kept) if kept else None


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
    """True when a line of a name cannot be its end («BỘ GIÁO DỤC VÀ»)."""
    return text.fold(line).split()[-1] in ("va", "cua", "-", "thuoc", "quan", "ve")


def _typed(columns, page, below):
    """Box 5a: the type in capitals in the middle of the page, and the lines under it."""
    for index, line in enumerate(columns):
        if line.y0 < below - 2 or line.y0 > below + 170 or not line.capitals:
            continue
        if abs(line.center - page.width / 2) > page.width * 0.13:
            continue
        name, score, rest = type_of(line.text)
        if not name:
            continue
        under = [other for other in columns[index + 1 :] if other.y0 > line.y0 + line.height * 0.4]
        subject = _subject_lines(under, line, page)
        said = text.clean(f"{rest} {join(subject)}")
        return Found(name, (line,), score), Found(said, tuple(subject) or (line,)) if said else None
    return None, None


def _subject_lines(under, kind, page):
    taken, last = [], kind
    weight = None
    for line in under:
        step = line.y0 - last.y1
        if taken and abs(line.middle - last.middle) < 0.5 * line.height:
            if line.height > 4:
                taken.append(line)
            continue
        if _ends_subject(line, taken, step, weight, page, kind):
            break
        weight = line.bold if not taken else weight
        taken.append(line)
        last = line
        if len(taken) >= 9:
            break
    return taken


def _ends_subject(line, taken, step, weight, page, kind) -> bool:
    folded = text.fold(line.text)
    begins = line.text.lstrip('“"(-–* ')[:1].isupper() or not line.text[:1].isalpha()
    if folded.startswith(BODY_STARTS[:2]) or (taken and begins and folded.startswith(BODY_STARTS)):
        return True
    if step > (2.4 if taken else 3.2) * line.height:
        return True
    if not taken:
        return len(line.letters) < 2
    if weight is not None and line.bold is not None and line.bold != weight:
        return True
    if line.capitals and not taken[-1].capitals and len(line.letters) > 6:
        return True
    wide = line.x1 - line.x0 > page.width * 0.6
    first = line.text.lstrip('“"(-–* ')[:1]
    loose = step > 1.15 * max(taken[-1].height, 9.0)
    indented = line.x0 > page.width * 0.17 and line.x1 > page.width * 0.85
    if first.isupper() and (loose or taken[-1].text.endswith(".")) and (wide or indented):
        return True
    centered = abs(line.center - page.width / 2) < page.width * 0.09
    return loose and not centered


def _letter(columns, page, number_row, below, edge):
    """Box 5b: «V/v …» under the number of a công văn."""
    top = number_row.y1 if number_row else below - 20
    left = [line for line in columns if line.y0 >= top - 6 and line.x0 < edge and line.y0 < top + 140]
    for index, line in enumerate(left):
        match = ABOUT.match(line.text)
        if not match or line.center > page.width * 0.5 or line.x0 > page.width * 0.4:
            continue
        taken, last = [line], line
        for other in left[index + 1 :]:
            folded = text.fold(other.text)
            step = other.y0 - last.y1
            if (
                "kinh gui" in folded
                or step > 1.5 * max(last.height, 9)
                or other.x1 - other.x0 > page.width * 0.55
            ):
                break
            if other.center > page.width * 0.52:
                continue
            taken.append(other)
            last = other
        said = join(taken)
        rest = said[match.end() :].strip()
        head = "Về việc" if "iệc" in match.group(0) else "V/v"
        return Found(text.clean(f"{head} {rest}"), tuple(taken), 1.0 if line.center < edge else 0.8)
    return None


def _weigh_type(kind, notation):
    """The type on the page and the one in the notation confirm or doubt each other."""
    said = type_of_notation(notation.value) if notation else ""
    if kind is None:
        return None
    if said and letters(said) == letters(kind.value):
        return Found(kind.value, kind.lines, 1.0)
    if kind.value == LETTER and not said:
        return Found(LETTER, kind.lines, 0.97)
    return Found(kind.value, kind.lines, min(kind.score, 0.9))
