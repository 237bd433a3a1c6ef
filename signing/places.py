"""Where things stand on the page: the blanks for number and date, the signer's name (ND30 PL I, boxes 3, 4, 7).

Read from the letters of a born-digital PDF, character by character, because word processors print the blanks as
spaces, dots, tabs or nothing at all. Coordinates are points from the lower left corner of the page as it is shown.
"""

import io
import re
import unicodedata
from dataclasses import dataclass

import pdfplumber
from pdfminer.pdfexceptions import PDFException
from pdfplumber.utils.exceptions import PdfminerException

from signing import sheets
from signing.errors import BlankNotFound, UnreadablePdf
from signing.records import DAY_FIELD, MONTH_FIELD, NUMBER_FIELD, YEAR_FIELD, Place

FILLER = "._…·‥-–"
_NUMBER = re.compile(r"(?:^|(?<=[^a-z]))so(:?)([._…·‥]*)(/?)([a-z0-9][a-z0-9./\-–]*)?")
_DATE = re.compile(r"ngay([\d._…·‥]*)thang([\d._…·‥]*)nam([\d._…·‥]*)")
_NARROWEST = 13.0  # points: two digits at the usual size
_NUMBER_WIDTH, _NOTATION_WIDTH, _DAY_WIDTH, _YEAR_WIDTH = 40.0, 130.0, 18.0, 32.0
_GAP = 26.0  # points of white that part two columns of one line


@dataclass(frozen=True)
class Letter:
    """One visible character: its text, box and baseline in points, size and style."""

    text: str
    x0: float
    x1: float
    baseline: float
    size: float
    font: str
    index: int  # among the characters of the page, in the order they are drawn

    @property
    def italic(self) -> bool:
        return "italic" in self.font.lower() or "oblique" in self.font.lower()


@dataclass(frozen=True)
class Heading:
    """What boxes 3 and 4 hold: the blanks as places, and the parts of the date that are printed already."""

    places: tuple[Place, ...]
    day: str
    month: str
    year: str
    notation: str


def sheet_of(page) -> sheets.Sheet:
    """The visible part of a pdfplumber page."""
    raw = page.page_obj
    unit = raw.attrs.get("UserUnit")
    return sheets.of_boxes(
        raw.mediabox, raw.cropbox, raw.rotate, unit if isinstance(unit, int | float) else None
    )


def read_lines(page) -> list[list[Letter]]:
    """The lines of a pdfplumber page from top to bottom, the letters of each from left to right."""
    across, up, unit = _origin(page)
    shift = page.mediabox[0]  # which pdfplumber adds to what pdfminer counts from the corner
    lines: dict[int, list[Letter]] = {}
    for index, char in enumerate(page.chars):
        if not char["text"].strip() or not char.get("upright", True):
            continue
        baseline = (char["matrix"][5] - up) * unit
        x0, x1 = ((char[edge] - shift - across) * unit for edge in ("x0", "x1"))
        letter = Letter(char["text"], x0, x1, baseline, char["size"] * unit, char["fontname"], index)
        key = next((k for k in lines if abs(k / 10 - baseline) < 2.5), round(baseline * 10))
        lines.setdefault(key, []).append(letter)
    return [sorted(lines[key], key=lambda letter: letter.x0) for key in sorted(lines, reverse=True)]


def taken_boxes(page) -> list[tuple[float, float, float, float]]:
    """What stands on a page: boxes (x0, y0, x1, y1) of its letters, lines, frames and pictures."""
    across, up, unit = _origin(page)
    sheet, shift, found = sheet_of(page), page.mediabox[0], []
    for item in (*page.chars, *page.lines, *page.rects, *page.curves, *page.images):
        if not item.get("text", "x").strip():
            continue
        x0, x1 = ((item[edge] - shift - across) * unit for edge in ("x0", "x1"))
        y0, y1 = ((item[edge] - up) * unit for edge in ("y0", "y1"))
        if (x1 - x0) * (
            y1 - y0
        ) < 0.9 * sheet.width * sheet.height:  # a ground under the whole page covers nothing
            found.append((x0, y0, x1, y1))
    return found


def _origin(page):
    """Where the shown page begins in what the reader counts, and points a unit."""
    raw = page.page_obj
    whole = sheets.of_boxes(raw.mediabox, None, raw.rotate)
    sheet = sheet_of(page)
    across, up = whole.to_shown(*sheet.to_file(0, 0))
    return across, up, sheet.unit


def fold(text: str) -> str:
    """Lower case without marks and blanks, so that «Số:» and «S ố :» read alike."""
    plain = "".join(
        c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c) and not c.isspace()
    )
    return plain.replace("đ", "d").replace("Đ", "d").lower()


class _Folded:
    """A line as folded text, with the way back from a position in the text to the letter."""

    def __init__(self, letters):
        self.letters = letters
        self.text, self.index = "", []
        for number, letter in enumerate(letters):
            part = fold(letter.text)
            self.text += part
            self.index += [number] * len(part)

    def letter(self, position):
        return self.letters[self.index[position]]

    def after(self, position):
        """The right edge of what stands before `position`, and the left edge of what stands at it (None at the end)."""
        before = self.letter(position - 1).x1
        return before, (self.letter(position).x0 if position < len(self.index) else None)


def open_pages(pdf: bytes):
    """The pages for reading; raises UnreadablePdf."""
    try:
        return pdfplumber.open(io.BytesIO(pdf))
    except (PdfminerException, PDFException, ValueError, KeyError, TypeError, AttributeError) as problem:
        raise UnreadablePdf(
            "Không đọc được chữ trong tệp PDF này. Hãy xuất lại PDF từ phần mềm soạn thảo."
        ) from problem


def find_heading(pages) -> Heading:
    """The blanks of number and date on the first page.

    Raises BlankNotFound with the sentence that says which blank is missing and how to write it.
    """
    dates, day, month, year = find_date(pages)
    number, notation = find_number(pages)
    return Heading((number, *dates), day, month, year, notation)


def find_number(pages) -> tuple[Place, str]:
    """The blank of the number (box 3) and the notation printed behind it. Raises BlankNotFound."""
    return _find_number(*_upper_lines(pages))


def find_date(pages) -> tuple[list[Place], str, str, str]:
    """The blanks of the date (box 4), and day, month and year as they are printed. Raises BlankNotFound."""
    return _find_date(*_upper_lines(pages))


def _upper_lines(pages):
    """(lines of the upper part of page 1, width of the page)."""
    page = pages.pages[0]
    if not page.chars:
        raise BlankNotFound(
            "Trang 1 không có chữ đọc được (trang quét), nên không tìm được chỗ ghi số. "
            "Hãy tải lên bản thảo dạng Word, ODT hoặc PDF xuất từ phần mềm soạn thảo."
        )
    sheet = sheet_of(page)
    lines = [_Folded(line) for line in read_lines(page) if line[0].baseline > sheet.height * 0.55]
    return lines, sheet.width


def find_printed(page) -> tuple[set[int], set[int]]:
    """Which characters of the first page are (a number with its notation or a date printed already, dots of blanks).

    A printed year alone is the form's own; the date counts as printed when its day or month is there.
    """
    printed: set[int] = set()
    dots: set[int] = set()
    sheet = sheet_of(page)
    width = sheet.width
    lines = [_Folded(line) for line in read_lines(page) if line[0].baseline > sheet.height * 0.55]
    for line in lines:
        for match in _NUMBER.finditer(line.text):
            if not match.group(1) or line.letter(match.start()).x0 >= width * 0.55:
                continue
            if match.group(2) and not _is_far(line, match.start(2)):
                dots |= _indices(line, match.span(2))
            digits = (match.group(4) or "")[:1].isdigit() and not match.group(3) and not match.group(2)
            if digits and not _is_far(line, match.start(4)):
                printed |= {letter.index for letter in _column(line, match.start(4))}
    date = next((found for line in lines if (found := _heading_date(line, width))), None)
    if date:
        line, match = date
        spans = [match.span(group) for group in (1, 2, 3)]
        if any(char.isdigit() for char in match.group(1) + match.group(2)):
            printed |= set().union(*(_indices(line, span) for span in spans))
        else:
            dots |= set().union(
                *(_indices(line, span) for span in spans if set(line.text[slice(*span)]) & set(FILLER))
            )
    return printed, dots - printed


def _heading_date(line, width):
    match = _DATE.search(line.text)
    if match and match.end() == len(line.text) and line.letter(match.start()).x0 >= width * 0.4:
        return line, match
    return None  # none, or a date inside the text, as in «Căn cứ …»


def _indices(line, span):
    return {line.letter(position).index for position in range(*span)}


def _find_number(lines, page_width):
    for line in lines:
        for match in _NUMBER.finditer(line.text):
            colon, dots, slash, notation = match.groups()
            if not (colon or dots or slash) or line.letter(match.start()).x0 > page_width * 0.55:
                continue
            if not slash and (notation or "")[:1].isdigit():
                if not _is_far(line, match.start(4)):
                    raise BlankNotFound(
                        "Số văn bản đã được ghi sẵn trên trang 1. Hãy để trống chỗ ghi số, ví dụ «Số:      /QĐ-UBND», "
                        "vì số chỉ được cấp sau khi lãnh đạo ký (Quy chế 102, Điều 12.1)."
                    )
                notation = ""
            return _number_place(line, match, page_width)
    raise BlankNotFound(
        "Không tìm thấy chỗ trống ghi số trên trang 1. Hãy thêm dòng «Số:      /…» dưới tên cơ quan "
        "(Nghị định 30, ô số 3) rồi tải lại bản thảo."
    )


def _is_far(line, position):
    left, right = line.after(position)
    return right is None or right - left > _GAP


def _number_place(line, match, page_width):
    rule = bool(match.group(2)) and _is_far(
        line, match.start(2)
    )  # the line under the motto, not dots of the blank
    dotted = bool(match.group(2)) and not rule
    first = match.start(2) if dotted else match.end(1)
    left = line.letter(first).x0 if dotted else line.after(first)[0] + 2
    anchor = line.letter(match.start())
    slash = match.group(3) and not rule
    notation = match.group(4) or ""
    if slash and notation and not _is_far(line, match.start(4)):
        right = line.letter(match.start(3)).x0
        if right - left < _NARROWEST:
            raise BlankNotFound(
                "Chỗ trống ghi số ở trang 1 quá hẹp. Hãy để ít nhất 6 dấu cách giữa «Số:» và dấu gạch chéo "
                "rồi tải lại bản thảo."
            )
        written = _written(line, match.start(4))
        return _place(NUMBER_FIELD, anchor, left, max(right - 1, left), "dotted" if dotted else ""), written
    position = match.end(1) if rule else match.end(3)
    edge = line.letter(position).x0 - 6 if position < len(line.index) else page_width / 2
    right = min(left + _NOTATION_WIDTH, max(edge, left))
    if right - left < _NUMBER_WIDTH:
        raise BlankNotFound(
            "Chỗ trống ghi số ở trang 1 quá hẹp. Hãy để trống rộng hơn sau «Số:» rồi tải lại bản thảo."
        )
    return _place(
        NUMBER_FIELD, anchor, left, right, "cover" if dotted or slash else "", with_notation=True
    ), ""


def _written(line, position):
    """The notation as printed, up to the white that ends the column."""
    return unicodedata.normalize("NFC", "".join(letter.text for letter in _column(line, position)))


def _column(line, position):
    """The letters from `position` up to the white that ends the column."""
    letters = [line.letter(position)]
    for letter in line.letters[line.index[position] + 1 :]:
        if letter.x0 - letters[-1].x1 > _GAP / 4:
            break
        letters.append(letter)
    return letters


def _find_date(lines, page_width):
    for line in lines:
        found = _heading_date(line, page_width)
        if not found:
            continue
        match = found[1]
        places, printed = [], []
        edges = ((DAY_FIELD, 1, _DAY_WIDTH), (MONTH_FIELD, 2, _DAY_WIDTH), (YEAR_FIELD, 3, _YEAR_WIDTH))
        for name, group, width in edges:
            digits = match.group(group).strip(FILLER)
            complete = re.fullmatch(r"\d{4}" if name == YEAR_FIELD else r"\d{1,2}", digits)
            printed.append(digits if complete else "")
            if not complete:
                places.append(_date_place(line, match, name, group, width))
        return places, *printed
    raise BlankNotFound(
        "Không tìm thấy chỗ ghi ngày trên trang 1. Hãy thêm dòng «…, ngày      tháng      năm 20…» "
        "(Nghị định 30, ô số 4) rồi tải lại bản thảo."
    )


def _date_place(line, match, name, group, width):
    written = bool(match.group(group))
    start, end = match.start(group), match.end(group)
    left = line.letter(start).x0 if written else line.after(start)[0] + 1
    following = line.letter(end).x0 if end < len(line.index) else None
    right = left + width if following is None else following - 1
    if following is None and written:
        right = max(right, line.letter(end - 1).x1)
    if right - left < _NARROWEST - 3:
        word = {DAY_FIELD: "ngày", MONTH_FIELD: "tháng", YEAR_FIELD: "năm"}[name]
        raise BlankNotFound(
            f"Chỗ trống sau chữ «{word}» ở trang 1 quá hẹp. Hãy để ít nhất 5 dấu cách rồi tải lại bản thảo."
        )
    return _place(name, line.letter(match.start()), left, right, "cover" if written else "")


def _place(name, anchor, left, right, style, with_notation=False):
    size = round(anchor.size, 1)
    return Place(
        name=name,
        page=1,
        x0=left,
        y0=anchor.baseline - size * 0.28,
        x1=right,
        y1=anchor.baseline + size * 0.92,
        baseline=anchor.baseline,
        size=size,
        italic=anchor.italic,
        with_notation=with_notation,
        cover=bool(style),
    )
