"""Boxes 3 and 4 (ND30 PL I IV): number and notation, place and date of issue. Pure."""

import re
from datetime import date
from itertools import pairwise

from models import text
from models.extraction_lines import Found, alike, letters
from models.extraction_words import ABOUT, BY_LETTERS

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
_REST = re.compile(r"^[A-ZĐƯƠÂÊÔ][\wĐđ&.]*(?:[-–][\wĐđ&.]+)*$")
_CITIES = ("tp", "tx", "tt")
DATE_WORDS = re.compile(r"n?gay.{0,14}thang.{0,12}nam", re.IGNORECASE)
LOOK_ALIKE = str.maketrans("oOlLiI|!][", "0011111111")
_NO_PLACE, _EDGE = re.compile(r"[\d/⁄:]"), re.compile(r"^[^A-ZĐÀ-Ỹ]+|[^\w)]+$")


def read_number(rows, edge):
    """Box 3: (its line, number, notation), each None when it is not there."""
    for index, row in enumerate(rows):
        left = row.cut(right=_gap(row, edge)) or row
        if ABOUT.match(left.text) or letters(left.text).startswith("kinhgui"):
            break  # what follows quotes other numbers
        for part in (left, row):
            said = tidy_number(part.text + _wrapped(part, rows[index + 1 : index + 2], edge))
            match = NUMBER.search(said) or PARTY_NUMBER.search(said)
            if match:
                digits = re.sub(r"[ ]", "", match["number"] or "").rstrip(".")
                return left, _found(digits, left), _found(tidy_notation(match["notation"]), left)
        if NUMBER_LINE.match(left.text) and len(left.text) < 45:
            match = UNREAD_NUMBER.match(tidy_number(left.text))
            return left, None, Found(tidy_notation(match["notation"]), (left,), 0.8) if match else None
    return None, None, None


def _gap(row, edge) -> float:
    """Where the left column ends on this line: in the widest gap about the edge, at the edge where there is none."""
    best, place = 1.2 * max(row.height, 9), edge + 12
    for one, other in pairwise(row.words):
        wide = other.x0 - one.x1
        if wide > best and edge - 80 < other.x0 < edge + 60:
            best, place = wide, (one.x1 + other.x0) / 2
    return place


def _found(value, line):
    return Found(value, (line,)) if value else None


def _wrapped(part, after, edge) -> str:
    """What stands on the next line of a notation that was too long for its column («…TTLT-BXL-» «BNV»)."""
    under = after[0].cut(right=edge + 12) if after and part.text.endswith(("-", "–", "/")) else None
    return under.text if under and _REST.match(under.text) else ""


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
    value = _without_type(value).replace("ĐÐ", "Đ").replace("ÐĐ", "Đ").replace("ÐÐ", "Đ")
    value = re.sub(r"§(?=[A-ZĐ])|(?<=[A-ZĐ])§", "S", value)
    value = value.replace("⁄", "/").replace("∕", "/").replace("–", "-").replace("—", "-").replace("Ð", "Đ")
    value = re.sub(r"\s*/\s*", "/", value)
    value = re.sub(r"(?<=[A-ZĐa-z])\s*-\s*(?=[A-ZĐ])", "-", value)
    return re.sub(r"(?<=[A-ZĐ]) (?=[A-ZĐ]{1,3}$)", "", value)


def _without_type(value: str) -> str:
    """«Số: 91/2025/QH15» of «Luật số: 91/2025/QH15»."""
    words = value.split()
    for count in range(1, min(len(words) - 1, 4)):
        said = letters("".join(words[:count]))
        if letters(words[count]) in ("so", "s0") and any(alike(said, known) >= 0.85 for known in BY_LETTERS):
            return " ".join(["S" + words[count][1:], *words[count + 1 :]])
    return value


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
            if _NO_PLACE.search(token)
            or len(token) > 1
            and token.isupper()
            and text.fold(token).strip(".") not in _CITIES
        ),
        default=-1,
    )
    return text.clean(_EDGE.sub("", " ".join(tokens[last + 1 :])))


def read_date(rows, number_row, edge):
    """Box 4: (its line, place, day), each None when it is not there."""
    for row in rows:
        folded = text.fold(row.text)
        match = DATE_WORDS.search(folded)
        if not match or (number_row and not -14 < row.middle - number_row.middle < 22):
            continue
        right = row.cut(left=edge - 60)
        if right is None or not DATE_WORDS.search(text.fold(right.text)) or len(folded) - match.end() > 12:
            continue
        line = _date_part(row, number_row)
        name = place_of(line.text) or place_of(row.text)
        day = parse_date(row.text)
        place = Found(name, (line,)) if 2 <= len(name) <= 40 and not any(c.isdigit() for c in name) else None
        return line, place, Found(day.isoformat(), (line,)) if day else None
    return None, None, None


def _date_part(row, number_row):
    if number_row is None or abs(number_row.middle - row.middle) > row.height:
        return row
    return row.cut(left=number_row.x1 + 1) or row
