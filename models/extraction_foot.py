"""Boxes 7 and 9b, and the marks on the first page: signer, position, recipients, urgency, deadline. Pure."""

import re
from dataclasses import dataclass, replace
from datetime import date

from models import extraction_dates, text
from models.extraction_head import Found
from models.extraction_lines import Line, Word, alike, is_rule, letters, lines
from models.extraction_running import running
from models.extraction_words import CAPACITY, URGENCIES, has_position

_NAME = re.compile(r"^[A-ZĐÀ-Ỹ][a-zđà-ỹ']+(?:\s+[A-ZĐÀ-Ỹ][a-zđà-ỹ']*){1,5}$")
_DEGREE = re.compile(
    r"^((GS|PGS|TS|ThS|BS|CK|CKI|CKII|KS|CN|Ths|BSCKI|BSCKII|DS|LS|NGƯT|TTƯT|TTND|Thạc sĩ|Tiến sĩ)[.,\s]+)+"
)
_ITEM = re.compile(r"^[\W_]{0,3}[-–~+•*][\W_]*")
EDGE = (0.52, 0.62)  # of the width: where the left column ends, and how far a line of it may run
LOW = 0.75  # of the height: a list that ends below may go on overleaf
MOST_PLACES = 25
DOUBTED = 0.8  # of a signature that may be another's


def recipients_line(page) -> Line | None:
    """The words «Nơi nhận» of box 9b, left on the page."""
    for line in lines(_words(page), gap=1.7):
        head = letters(" ".join(word.text for word in line.words[:2]))
        short = len(head) <= 10 and len(line.letters) <= 16  # no sentence that speaks of recipients
        if line.x0 < page.width * 0.4 and short and alike(head, "noinhan") >= 0.8:
            return line
    return _two_words(page)


def _two_words(page) -> Line | None:
    """The two words where the next line stands so close below that both were taken for one line."""
    for first in page.words:
        if text.fold(first.text) != "noi" or first.x0 > page.width * 0.4:
            continue
        for second in page.words:
            beside = 0 < second.x0 - first.x1 < 10 and abs(second.middle - first.middle) < 4
            if beside and text.fold(second.text) == "nhan:":
                return Line((first, second))
    return None


def read_foot(pages):
    """(position, name, recipients, page number) of the first page that ends with a signature; Nones when none does.

    Without «Nơi nhận» beside it a signature may be one of a form in the annex: where others differ, it is in doubt.
    """
    best, signed = (None, None, None, 0), []
    for index, page in enumerate(pages):
        anchor = recipients_line(page)
        position, name = _signer(page, anchor)
        places = _recipients(page, anchor, pages[index + 1 : index + 2]) if anchor else None
        if position and (name or anchor) and places:
            return position, name, places, page.number
        if position and name:
            signed.append((position, name, places, page.number))
        elif (position or places) and not best[3]:
            best = (position, name, places, page.number)
    if not signed:
        return best
    position, name, places, number = signed[0]
    if len({text.fold(one.value) for _, one, _, _ in signed}) > 1:
        position, name = replace(position, score=DOUBTED), replace(name, score=DOUBTED)
    return position, name, places or best[2], number


def _words(page):
    return [word for word in page.words if not is_rule(word.text)]


def _signer(page, anchor):
    middle = page.width * (0.40 if anchor else 0.44)
    if anchor:
        middle = max(middle, anchor.x1 + 20)
    right = [
        word for word in _words(page) if word.x0 > middle and (not anchor or word.middle > anchor.y0 - 30)
    ]
    column = lines(right, gap=4)
    for index, line in enumerate(column):
        score = _title_score(line)
        if score < 0.85 or (not anchor and page.number == 1 and line.y0 < page.height * 0.3):
            continue
        titles = [line]
        for other in column[index + 1 :]:
            if not other.capitals or other.y0 - titles[-1].y1 > 1.7 * max(titles[-1].height, 10):
                break
            titles.append(other)
        if not any(has_position(part.text) >= 0.85 for part in titles):
            continue
        name, lower = _name(column, titles)
        if name is None and anchor is None:
            continue
        titles = titles[: next((i for i, t in enumerate(titles) if lower and t is lower), len(titles))]
        said = " ".join(_tidy_title(part.text) for part in titles)
        return Found(said, tuple(titles), min(1.0, max(score, 0.85))), name
    return None, None


def _title_score(line) -> float:
    if not line.capitals:
        return 0.0
    if CAPACITY.match(line.text):
        return 1.0
    return has_position(line.text)


def _tidy_title(value: str) -> str:
    value = re.sub(r"^\W{1,2}(?=\w)", "", value)
    return re.sub(r"^(TM|KT|TL|TUQ|Q)\s*[.,:;]\s*", r"\1. ", value)


def _name(column, titles):
    """The name under the signature: the first line of capitalised words below the titles."""
    center = sum(line.center for line in titles) / len(titles)
    for line in column:
        gap = line.y0 - titles[-1].y1
        if gap < 8 or gap > 190:
            continue
        said = text.clean(_DEGREE.sub("", line.text.strip(" .,:;-_~*'\"|")))
        if _NAME.match(said) and not _made_up(said) and abs(line.center - center) < 70 and len(said) <= 40:
            return Found(said, (line,)), line
    return None, None


def _made_up(name) -> bool:
    """«Trần Văn B» stands in forms and examples, «Siể Ä À» is a stroke of the pen; nobody is called so."""
    return len(name.split()[-1]) == 1


def signer_box(pages):
    """(page number, box) where the signature of a scan should be: right of «Nơi nhận»; None when there is none."""
    for page in pages:
        anchor = recipients_line(page)
        if anchor:
            left = max(page.width * 0.42, anchor.x1 + 30)
            return page.number, [
                left,
                max(0, anchor.y0 - 26),
                page.width - 8,
                min(page.height, anchor.y0 + 165),
            ]
    return None


def signer_of(said: str) -> tuple[str, str]:
    """(position, name) in the text of a signature's box read again; "" for what is not there."""
    titles, name = [], ""
    for row in said.splitlines():
        words = [Word(word, 0, 0, 0, 0) for word in row.split() if not is_rule(word)]
        line = Line(tuple(words)) if words else None
        if line is None:
            continue
        if not name and len(titles) < 5 and _is_title(line, titles):
            titles.append(line.text)
        bare = text.clean(_DEGREE.sub("", re.sub(r"^[^A-ZĐÀ-Ỹ]+|[^\w]+$", "", line.text)))
        if titles and _NAME.match(bare) and 5 <= len(bare) <= 40 and not bare.isupper() and not _made_up(bare):
            name = bare
    known = [title for title in titles if has_position(title) >= 0.8 or CAPACITY.match(title)]
    return (
        " ".join(_tidy_title(title) for title in known) if any(has_position(t) >= 0.8 for t in known) else ""
    ), name


def _is_title(line, titles) -> bool:
    return line.capitals and (bool(titles) or _title_score(line) >= 0.8)


def _recipients(page, anchor, following=()):
    """The list of box 9b; where the page ends before «Lưu», it goes on at the top of the next one."""
    own = [w for w in _left(page) if w.middle > anchor.middle + 3 and w not in anchor.words]
    taken = _list_below(_lines_of(page, own, anchor), anchor)
    if not taken:
        return None
    lines_taken = taken
    if not _is_last(taken[-1]) and following and taken[-1].y1 > page.height * LOW:
        top = [
            line for line in _lines_of(following[0], _left(following[0]), anchor) if line.y0 < page.height / 2
        ]
        start = next((i for i, line in enumerate(top) if _ITEM.match(line.text)), None)
        if start is not None:
            lines_taken = taken + [top[start], *_list_below(top[start + 1 :], top[start])]
    items = []
    for line in lines_taken:
        begins = _ITEM.match(line.text)
        if begins or not items:
            items.append(line.text[begins.end() :] if begins else line.text)
        else:
            items[-1] += " " + line.text
    cleaned = [text.clean(item).strip(" ;,") for item in items]
    said = "; ".join(item for item in cleaned if any(c.isalnum() for c in item))
    return Found(said, tuple(taken), 0.9) if said else None


def _left(page):
    return [word for word in _words(page) if word.x0 < page.width * EDGE[1]]


def _lines_of(page, words, anchor):
    """Lines of the left column: what goes on beyond its edge belongs to it only without a gap."""
    first, last = (page.width * share for share in EDGE)
    found = []
    for line in lines(words, gap=1.9):
        if line.x0 > anchor.x0 + page.width * 0.25:
            continue
        whole = line.x1 <= last
        kept = line if whole else line.cut(right=first)
        if kept:
            found.append(kept)
    return found


def _list_below(rows, last):
    taken = []
    for line in rows:
        if line.y0 - last.y1 > 2.2 * max(last.height, 10) or not any(c.isalnum() for c in line.text):
            if taken:
                break
            continue
        taken.append(line)
        last = line
        if _is_last(line) or len(taken) > MOST_PLACES:
            break
    return taken


def _is_last(line) -> bool:
    return "luu" in text.fold(line.text)[:8] and line.text.rstrip().endswith(".")


def urgency(page) -> Found | None:
    """Box 10b: KHẨN, THƯỢNG KHẨN or HOẢ TỐC as a line of its own in the upper half."""
    upper = [word for word in _words(page) if word.middle < page.height * 0.5]
    for line in lines(upper, gap=1.7):
        level = URGENCIES.get(line.letters)
        if level and line.capitals:
            return Found(str(level), (line,))
    return None


def stamped(texts) -> Found | None:
    """Box 10b where the stamp is red and was read apart."""
    for row in "\n".join(texts).splitlines():
        level = URGENCIES.get(letters(row))
        if level and row.isupper():
            return Found(str(level), ())
    return None


def deadline(pages, issued: date | None) -> tuple["Due | None", int]:
    """The deadline named in the text («trước ngày 18/7», «chậm nhất ngày …») and its page; a number of days is none."""
    found = extraction_dates.deadline(running(pages), issued)
    if not found or not found["value"]:
        return None, 0
    return Due(found["value"], 0.9 if found["clear"] else 0.7, found["box"]), found["page"]


@dataclass(frozen=True)
class Due:
    """A deadline with its place and how surely it was read."""

    value: str
    score: float
    box: list
