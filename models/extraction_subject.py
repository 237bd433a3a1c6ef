"""Box 5 (ND30 PL I IV): the type and the subject, 5a under the type in the middle, 5b «V/v …» under the number. Pure."""

import re
import unicodedata

from models import text
from models.extraction_lines import Found, Line, join, letters
from models.extraction_words import ABOUT, LETTER, URGENCIES, type_of, type_of_notation

BODY_STARTS = (
    "can cu", "kinh gui", "dieu 1", "phan i", "chuong i", "thuc hien", "theo de nghi", "theo quy dinh", "kinh thua",
    "thi hanh", "xet de nghi", "hom nay", "ngay ", "de nghi", "nham ", "muc i", "trong thoi gian", "trong nam", "sau khi",
    "i. ", "1. ", "a. ", "1) ", "i/ ", "de trien khai", "de thuc hien", "phuc dap", "tra loi", "tiep theo", "vua qua",
    "hien nay", "duoc su", "so y te", "ubnd ", "uy ban nhan dan", "tren co so", "- can cu", "dieu 1.", "quoc hoi ban hanh",
    "phan thu", "chuong 1", "luat nay", "tai ky hop",
)  # fmt: skip


_LEAD = re.compile(r"^[\W_]{1,4}")
_YEAR = re.compile(r"(năm )((?:20|19)[\dlI|\]\[!]\s?[\dlI|\]\[!])(?!\d)")
_DIGITS = str.maketrans("lI|][!", "111111")
_TONES = "\u0300\u0301\u0303\u0309\u0323"  # abbreviations carry none
_JOINT = ("liennganh", "lientich")
_JOINING = (
    "va", "cua", "ve", "so", "tai", "cho", "theo", "voi", "cac", "nhung", "de", "ngay", "thang", "nam", "thuoc", "do", "tren",
    "trong", "tu", "den", "boi", "mot", "hoac", "la", "duoc", "bang", "giua",
)  # fmt: skip
_JOINING_PAIRS = (["nghi", "dinh"], ["thong", "tu"], ["quyet", "dinh"], ["nghi", "quyet"], ["dieu", "cua"])


def typed(columns, page, below):
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
        said = text.clean(f"{'' if letters(rest) in _JOINT else rest} {join(subject)}")
        return Found(name, (line,), score), Found(said, tuple(subject) or (line,)) if said else None
    return None, None


def _subject_lines(under, kind, page):
    taken, last = [], kind
    weight = None
    for found in under:
        if _is_aside(found, kind):
            continue
        line = _centred(found, kind) if taken or not letters(found.text).startswith("kinhgui") else found
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
    folded = _LEAD.sub("", text.fold(line.text))
    begins = _LEAD.sub("", line.text)[:1].isupper() or not line.text[:1].isalpha()
    if folded.startswith(BODY_STARTS[:2]):
        return True
    within = line.x1 - line.x0 < page.width * 0.62 and abs(line.center - kind.center) < page.width * 0.06
    inside = within and step < 1.15 * max(line.height, 9.0)
    if taken and begins and folded.startswith(BODY_STARTS) and not (inside or _open_end(taken[-1].text)):
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
    first = _LEAD.sub("", line.text)[:1]
    loose = step > 1.15 * max(taken[-1].height, 9.0)
    indented = line.x0 > page.width * 0.17 and line.x1 > page.width * 0.85
    if first.isupper() and (loose or taken[-1].text.endswith(".")) and (wide or indented):
        return True
    centered = abs(line.center - page.width / 2) < page.width * 0.09
    return loose and not centered


def _is_aside(line, kind) -> bool:
    """True on a scan for specks, and for stamps beside the middle where the subject stands."""
    if line.bold is not None:
        return False
    speck = len(line.letters) <= 2 and line.height < 0.75 * kind.height
    return speck or line.x1 < kind.center - 40 or line.x0 > kind.center + 40


def _centred(line, kind):
    """A scan's line without what a stamp brought to its left: the subject stands about the middle."""
    edge = 2 * kind.center - line.x1 - 14
    if line.bold is not None or line.x0 > edge - 10:
        return line
    strange = Line(tuple(word for word in line.words if word.x1 <= edge + 14))
    if not strange.words or strange.words == line.words or not re.search(r"[\d|]", strange.text):
        return line
    return Line(line.words[len(strange.words) :])


def tidy(subject: str, first: str) -> str:
    """A scan's subject with the words of `first` before it («V/v»), and years in digits."""
    match = ABOUT.match(subject)
    if first.startswith("V/v ") and not match:
        subject = f"V/v {_LEAD.sub('', subject)}"
    elif match:
        head = "Về việc" if "iệc" in match.group(0) else "V/v"
        subject = f"{head} {subject[match.end() :]}"
    return _YEAR.sub(lambda found: found[1] + found[2].replace(" ", "").translate(_DIGITS), subject).strip()


def _open_end(line) -> bool:
    """True when a line cannot be the end of a subject: «… Quyết định số 88/QĐ-», «… của»."""
    words = text.fold(line).split()
    return line[-1:] in "-/,&" or words[-1] in _JOINING or words[-2:] in _JOINING_PAIRS


def addressed(columns, below, page) -> bool:
    """True when «Kính gửi» stands under the head: a công văn, whatever else could not be read."""
    return any(
        below - 10 < line.y0 < page.height * 0.5 and letters(line.text).startswith("kinhgui")
        for line in columns
    )


def letter(columns, page, number_row, below, edge):
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
                or _is_stamp(other)
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


def unmarked(columns, number_row, edge) -> Found | None:
    """Box 5b of a scan whose «V/v» could not be read: the lines close under the number, in its column."""
    taken, last = [], number_row
    for line in columns:
        if line.y0 < number_row.y1 - 2 or line.x0 > edge or line.center > edge + 20:
            continue
        if (
            line.y0 - last.y1 > 1.6 * max(last.height, 9)
            or letters(line.text).startswith("kinhgui")
            or _is_stamp(line)
        ):
            break
        taken.append(line)
        last = line
    said = text.clean(f"V/v {_LEAD.sub('', join(taken))}") if taken else ""
    return Found(said, tuple(taken), 0.8) if len(said.split()) >= 4 and not taken[0].capitals else None


def _is_stamp(line) -> bool:
    """True for a mark beside the subject: KHẨN, HỎA TỐC, ĐẾN, or words in capitals that are no abbreviation."""
    if line.words[0].text == "ĐẾN":
        return True
    if not line.capitals:
        return False
    marked = any(c in _TONES for c in unicodedata.normalize("NFD", line.text))
    return line.letters in URGENCIES or (marked and len(line.letters) >= 4)


def weigh_type(kind, notation):
    """The type on the page and the one in the notation confirm or doubt each other."""
    said = type_of_notation(notation.value) if notation else ""
    if kind is None:
        return None
    if said and letters(said) == letters(kind.value):
        return Found(kind.value, kind.lines, 1.0)
    if kind.value == LETTER and not said:
        return Found(LETTER, kind.lines, 0.97)
    return Found(kind.value, kind.lines, min(kind.score, 0.9))
