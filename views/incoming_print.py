"""Sổ đăng ký văn bản đến in ra: cover, ten columns, page numbers, closing lines (ND30 PL IV, 22.3.b), as PDF/A.

Ten thousand lines in seconds: drawn line by line with fpdf2, since laying out so long a table as a web page takes minutes.
"""

import io
import logging
from typing import NamedTuple

import fpdf

from models import clock, incoming_lines
from signing import fonts

logging.getLogger("fpdf").setLevel(logging.ERROR)  # it warns of each style of a font it was not given
WIDTHS = (19, 12, 36, 28, 19, 62, 31, 19, 15, 26)  # millimetres, in all 267: A4 landscape between its margins
CENTRED = {0, 1, 4, 7}
LEFT, TOP, BOTTOM = 15, 18, 197
SIZE, STEP, PAD = 9, 3.8, 1.1
FACES = {"": "Regular", "B": "Bold", "I": "Italic"}


class Book(NamedTuple):
    """What stands on the cover and at the end: from–to as words, empty where nothing was asked or found."""

    title: str
    agency: str
    parent: str
    year: int
    days: tuple
    numbers: tuple
    volume: str
    printed_by: str


def draw(book: Book, lines: list[incoming_lines.Line]) -> bytes:
    """The PDF. Raises signing.errors.MissingFont where the server lacks the font."""
    sheet = _Sheet(book.title)
    sheet.cover(book)
    for line in lines or [incoming_lines.Line(("Không có văn bản nào", *[""] * 9), {}, False)]:
        sheet.line(line)
    sheet.closing(book, lines)
    out = io.BytesIO()
    sheet.pdf.output(out)
    return out.getvalue()


class _Sheet:
    """The page being drawn, how far down it is filled, and the widths of words already measured."""

    def __init__(self, title):
        self.pdf = fpdf.FPDF("L", "mm", "A4", enforce_compliance="PDF/A-2B")
        self.pdf.set_title(title)
        self.pdf.set_creation_date(clock.now())
        self.pdf.set_lang("vi")
        for style, name in FACES.items():
            self.pdf.add_font("Serif", style, _font(name))
        self.pdf.set_auto_page_break(False)
        self.known: dict[str, float] = {}
        self.at, self.page = 0.0, 0

    def cover(self, book):
        """TÊN CƠ QUAN CHỦ QUẢN / TÊN CƠ QUAN / tên sổ / năm / từ ngày … / từ số … / quyển số (PL IV)."""
        self.pdf.add_page()
        empty = ("……", "……")
        first, last = book.days or empty
        least, most = book.numbers or empty
        rows = [
            (30, "", 14, book.parent.upper()), (38, "B", 14, book.agency.upper()), (84, "B", 22, book.title.upper()),
            (104, "I", 15, f"Năm: {book.year}"), (114, "I", 14, f"Từ ngày {first} đến ngày {last}"),
            (123, "I", 14, f"Từ số {least} đến số {most}"), (136, "B", 14, f"Quyển số: {book.volume or '……'}"),
        ]  # fmt: skip
        for top, style, size, words in rows:
            if words:
                self._centre(top, style, size, words)
        self._next_page()

    def line(self, line):
        """One number of the register; former values before the new ones, struck through."""
        cells = [self._wrapped(str(cell), WIDTHS[at] - 2 * PAD) for at, cell in enumerate(line.cells)]
        former = {at: [row for old in values for row in self._wrapped(old, WIDTHS[at] - 2 * PAD)]
                  for at, values in line.former.items()}  # fmt: skip
        rows = max(len(cell) + len(former.get(at, ())) for at, cell in enumerate(cells))
        while rows:  # a cell longer than a page goes on over the next
            room = int((BOTTOM - self.at - PAD * 2) / STEP)
            if room < min(rows, 12):
                self._next_page()
                continue
            taken = min(rows, room)
            self._box(cells, former, taken, line.is_void)
            cells, former = _rest(cells, former, taken)
            rows -= taken

    def closing(self, book, lines):
        """How many lines, the digest to compare a bound book with, who printed it, and where it is signed."""
        if self.at > BOTTOM - 44:
            self._next_page(head=False)
        voids, corrected = sum(line.is_void for line in lines), sum(bool(line.former) for line in lines)
        words = f"Cộng {len(lines)} số" + (f", trong đó {voids} số hủy" if voids else "")
        words += f"; {corrected} dòng có sửa, giá trị cũ gạch ngang." if corrected else "."
        self.pdf.set_font("Serif", "", 11)
        self.pdf.text(LEFT, self.at + 8, words)
        self.pdf.set_font("Serif", "", 9)
        self.pdf.text(
            LEFT, self.at + 14, f"Mã kiểm tra nội dung các dòng (SHA-256): {incoming_lines.digest(lines)}"
        )
        moment = f"{clock.local(clock.now()):%d/%m/%Y %H:%M}"
        self.pdf.text(LEFT, self.at + 19, f"In từ hệ thống lúc {moment}, người in: {book.printed_by}.")
        for x, title in ((70, "NGƯỜI LẬP SỔ"), (227, "NGƯỜI ĐÓNG SỔ")):
            self.pdf.set_font("Serif", "B", 11)
            self.pdf.text(x - self.pdf.get_string_width(title) / 2, self.at + 29, title)
            self.pdf.set_font("Serif", "I", 10)
            self.pdf.text(
                x - self.pdf.get_string_width("(Ký, ghi rõ họ tên)") / 2, self.at + 34, "(Ký, ghi rõ họ tên)"
            )

    # ---- inner -------------------------------------------------------------------------------------------------

    def _next_page(self, head=True):
        self.pdf.add_page()
        self.page += 1
        self.pdf.set_font("Serif", "", 9)
        self.pdf.text(LEFT + sum(WIDTHS) - 8, 204, str(self.page))
        self.at = TOP
        if head:
            self.pdf.set_font("Serif", "B", SIZE)
            self.known = {}
            cells = [
                self._wrapped(words, WIDTHS[at] - 2 * PAD) for at, words in enumerate(incoming_lines.HEAD)
            ]
            self._box(cells, {}, max(map(len, cells)), centred=range(10))
            self._box([[f"({at})"] for at in range(1, 11)], {}, 1, centred=range(10))
        self.pdf.set_font("Serif", "", SIZE)
        self.known = {}

    def _box(self, cells, former, rows, is_void=False, centred=CENTRED):
        height, x = rows * STEP + 2 * PAD, LEFT
        for at, width in enumerate(WIDTHS):
            self.pdf.rect(x, self.at, width, height)
            old = former.get(at, ())
            for nth, words in enumerate([*old, *cells[at]][:rows]):
                if not words:
                    continue
                long = self._width(words)
                left = x + (width - long) / 2 if at in centred else x + PAD
                base = self.at + PAD + STEP * nth + STEP * 0.75
                self.pdf.text(left, base, words)
                if nth < len(old) or (is_void and at < 9):
                    self.pdf.line(left, base - 1, left + long, base - 1)
            x += width
        self.at += height

    def _wrapped(self, words, width) -> list[str]:
        rows, row, filled = [], "", 0.0
        for word in self._short_enough(words.split(), width):
            long = self._width(word)
            if row and filled + self._width(" ") + long > width:
                rows.append(row)
                row, filled = word, long
            else:
                filled += (self._width(" ") if row else 0) + long
                row = f"{row} {word}" if row else word
        return [*rows, row]

    def _short_enough(self, words, width):
        for word in words:
            while self._width(word) > width and len(word) > 1:
                cut = max(1, int(len(word) * width / self._width(word)))
                yield word[:cut]
                word = word[cut:]
            yield word

    def _width(self, words) -> float:
        if words not in self.known:
            self.known[words] = self.pdf.get_string_width(words)
        return self.known[words]

    def _centre(self, top, style, size, words):
        self.pdf.set_font("Serif", style, size)
        self.pdf.text((297 - self.pdf.get_string_width(words)) / 2, top, words)


def _rest(cells, former, taken):
    """What of the cells is left after so many rows, former values first."""
    old = {at: rows[taken:] for at, rows in former.items()}
    new = [cell[max(0, taken - len(former.get(at, ()))) :] for at, cell in enumerate(cells)]
    return new, {at: rows for at, rows in old.items() if rows}


def _font(name: str) -> str:
    file = f"LiberationSerif-{name}.ttf"
    found = next((folder / file for folder in fonts.FOLDERS if (folder / file).is_file()), None)
    if found is None:
        raise fonts.MissingFont(
            "Máy chủ thiếu phông chữ Liberation Serif. Quản trị viên hãy cài gói fonts-liberation2."
        )
    return str(found)
