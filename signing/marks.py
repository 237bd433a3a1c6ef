"""Dấu chỉ mức độ khẩn and chỉ dẫn phạm vi lưu hành (ND30 PL I III.2.b–c): drawn on page 1 before anybody signs.

Urgency stands in box 10b, red, in a frame of its own measure; circulation in box 11, in the top margin. A mark never
covers what is on the page: it goes to the free spot nearest its box, or a sentence says that there is none.
"""

from itertools import accumulate

import pikepdf
from pikepdf import Array, Dictionary, Name

from signing import boxes, fonts, places
from signing.records import Place

URGENCY_MARK, CIRCULATION_MARK = "dau_khan", "luu_hanh"
URGENCY = {"KHẨN": (20, 8), "THƯỢNG KHẨN": (40, 8), "HOẢ TỐC": (30, 8)}  # millimetres
CIRCULATION = ("XEM XONG TRẢ LẠI", "LƯU HÀNH NỘI BỘ")
_HEIGHT = 8  # millimetres of any frame
_SIZE, _CAPITALS, _LINE = 13.0, 0.66, 0.9  # points; capitals' height in ems; the frame's line
_MARGIN = 1.5  # millimetres that stay white round a mark
_HEADING, _OUTERMOST = (
    35,
    12,
)  # millimetres: where the heading ends at the earliest; how near the edge a mark may stand
_MM = boxes.POINTS_A_MM
# millimetres on A4: where the middle of the box is, and the columns and rows in which the mark may stand instead
_ROOM = {
    URGENCY_MARK: ((46.5, 90.5), (29, 105), (35, 140)),
    CIRCULATION_MARK: ((143.5, 12.5), (25, 200), (4, 20)),
}


def size_of(text: str) -> tuple[float, float]:
    """Width and height of a mark's frame in points."""
    across, down = URGENCY.get(text, (0, _HEIGHT))
    least = fonts.face("bold", text).width(text, _SIZE) + (6 if across else 16)
    return max(across * _MM, least), down * _MM


def name_of(text: str) -> str:
    """Which mark a text is."""
    return URGENCY_MARK if text in URGENCY else CIRCULATION_MARK


def usual_place(text: str, sheet) -> Place:
    """The mark in the middle of its box, whatever stands there."""
    width, height = size_of(text)
    (x, y), _, _ = _ROOM[name_of(text)]
    left, middle = x * _MM * sheet.width / 595.28 - width / 2, sheet.height - y * _MM
    return Place(name_of(text), 1, left, middle - height / 2, left + width, middle + height / 2, size=_SIZE)


def find_room(page, texts, reserved=()) -> tuple[list, list, list[str]]:
    """Where the marks go on a pdfplumber page: [(text, place)], [(text, sentence)] of those without room, and notes.

    A mark that the draft prints itself is not drawn again.
    """
    found, homeless, notes = [], [], []
    sheet, printed = places.sheet_of(page), printed_marks(page) if texts else {}
    body = _body(page, sheet) if texts else 0.0
    taken = [*places.taken_boxes(page), *((p.x0, p.y0, p.x1, p.y1) for p in reserved if p.page == 1)]
    for text in texts:
        there = printed.get(name_of(text))
        if there:
            if there != text:
                notes.append(
                    f"Bản thảo in sẵn «{there}» nhưng thông tin văn bản chọn «{text}»: hãy sửa cho giống nhau."
                )
            continue
        place = _nearest(usual_place(text, sheet), sheet, taken, body)
        if place is None:
            homeless.append(
                (
                    text,
                    f"Trang 1 không còn chỗ trống cho dấu «{text}». Hãy chừa chỗ trên bản thảo, hoặc tự đặt dấu.",
                )
            )
            continue
        found.append((text, place))
        taken.append((place.x0, place.y0, place.x1, place.y1))
    return found, homeless, notes


def printed_marks(page) -> dict[str, str]:
    """Marks the draft prints itself: urgency or circulation → its text."""
    known = {places.fold(text): text for text in (*URGENCY, *CIRCULATION)}
    found = {}
    for line in places.read_lines(page):
        for run in boxes.runs(line):
            text = known.get(places.fold("".join(letter.text for letter in run)))
            if text:
                found[name_of(text)] = text
    return found


def draw(draft: pikepdf.Pdf, sheet, placed: list[tuple[str, Place]]) -> None:
    """Put the marks into the content of page 1."""
    if not placed:
        return
    page = draft.pages[0]
    page.contents_add(b"q", prepend=True)
    page.contents_add(b"Q")
    for text, place in placed:
        cut = fonts.face("bold", text)
        font = named(page, embedded(draft, cut))
        page.contents_add(_drawing(text, place, sheet, cut, font))


def embedded(draft: pikepdf.Pdf, cut: fonts.Face):
    """A cut of the face as an object of the file."""
    return _written(draft, fonts.as_object(cut))


def named(page, font):
    """The name under which a page may use a font."""
    _own_resources(page)
    return page.add_resource(font, Name.Font)


def _drawing(text, place, sheet, cut, font):
    width, height = place.x1 - place.x0, place.y1 - place.y0
    size = min(_SIZE, (width - 4) / (cut.width(text, 1) or 1))
    colour = "1 0 0" if text in URGENCY else "0 0 0"
    left, rise = (width - cut.width(text, size)) / 2, (height - _CAPITALS * size) / 2
    matrix = " ".join(f"{value:.4f}" for value in sheet.matrix(place.x0, place.y0))
    inner = f"{_LINE / 2} {_LINE / 2} {width - _LINE:.2f} {height - _LINE:.2f}"
    frame = f"q {matrix} cm {colour} RG {colour} rg {_LINE} w {inner} re S "
    return (
        (frame + f"BT {font} {size:.2f} Tf {left:.2f} {rise:.2f} Td ").encode()
        + cut.shown(text)
        + b" Tj ET Q"
    )


def _nearest(wish, sheet, taken, body):
    """The free place for a mark nearest its box: above the text of the letter, else beside it, else wherever there is
    room in the page's upper half. `body`: millimetres from the top at which the text begins."""
    width, height = wish.x1 - wish.x0, wish.y1 - wish.y0
    grid = _Grid(sheet, taken)
    _, columns, rows = _ROOM[wish.name]
    above = (min(columns[0], _OUTERMOST), columns[1]), (rows[0], min(rows[1], body))
    beside = (_OUTERMOST, sheet.width / _MM - _OUTERMOST), (min(rows[0], 24), body)
    for within in (above, beside, (columns, rows), ((8, sheet.width / _MM - 8), (4, 150))):
        spot = grid.nearest(wish.x0 / _MM, (sheet.height - wish.y1) / _MM, width / _MM, height / _MM, *within)
        if spot:
            left, top = spot[0] * _MM, sheet.height - spot[1] * _MM
            return Place(wish.name, 1, left, top - height, left + width, top, size=_SIZE)
    return None


def _body(page, sheet) -> float:
    """Millimetres from the top at which the text of the letter begins, below the heading: after «Kính gửi» any line at the
    left margin, before it one that crosses the page's middle from there."""
    addressed = False
    for line in places.read_lines(page):
        down = (sheet.height - line[0].baseline - line[0].size) / _MM
        for run in boxes.runs(line) if down > _HEADING else ():
            if run[0].x0 < 0.215 * sheet.width and (addressed or run[-1].x1 > 0.48 * sheet.width):
                return down
            addressed = addressed or places.fold("".join(letter.text for letter in run[:9])).startswith(
                "kinhgui"
            )
    return sheet.height / _MM


class _Grid:
    """The page in square millimetres from its upper left corner: which are taken, summed so that a box is one look."""

    def __init__(self, sheet, taken):
        self.across, self.down = int(sheet.width / _MM) + 1, int(sheet.height / _MM) + 1
        rows = [bytearray(self.across) for _ in range(self.down)]
        for x0, y0, x1, y1 in taken:
            left, right = (
                self._cell(x0 / _MM - _MARGIN, self.across),
                self._cell(x1 / _MM + _MARGIN, self.across),
            )
            top = self._cell((sheet.height - y1) / _MM - _MARGIN, self.down)
            bottom = self._cell((sheet.height - y0) / _MM + _MARGIN, self.down)
            for row in rows[top : bottom + 1]:
                row[left : right + 1] = b"\1" * (right + 1 - left)
        self.sums = [[0] * (self.across + 1)]
        for row in rows:
            summed = [0, *accumulate(row)]
            self.sums.append([above + own for above, own in zip(self.sums[-1], summed, strict=True)])

    @staticmethod
    def _cell(value, count):
        return min(max(int(value), 0), count - 1)

    def nearest(self, x, y, width, height, columns, rows):
        """The free (left, top) nearest (x, y) at which a box fits into the columns and rows; None when nowhere."""
        wide, high = int(width) + 1, int(height) + 1
        best = None
        for top in range(max(int(rows[0]), 0), min(int(rows[1]), self.down) - high):
            for left in range(max(int(columns[0]), 0), min(int(columns[1]), self.across) - wide):
                cost = (left - x) ** 2 + (top - y) ** 2
                if (best is None or cost < best[0]) and self._is_free(left, top, wide, high):
                    best = cost, left, top
        return best[1:] if best else None

    def _is_free(self, left, top, wide, high):
        upper, lower = self.sums[top], self.sums[top + high]
        return lower[left + wide] - upper[left + wide] - lower[left] + upper[left] == 0


def _own_resources(page):
    """A page that inherits its resources gets them as its own, before anything is added."""
    node = page.obj
    for _ in range(40):
        if Name.Resources in node:
            page.obj.Resources = node.Resources
            return
        if Name.Parent not in node:
            break
        node = node.Parent
    page.obj.Resources = Dictionary()


def _written(draft, value):
    """A plain value (see fonts.as_object) as pikepdf's."""
    if isinstance(value, dict):
        return draft.make_indirect(Dictionary({key: _written(draft, item) for key, item in value.items()}))
    if isinstance(value, fonts.Stream):
        entries = {key: item for key, item in value.entries.items() if key != "/Filter"}
        stream = pikepdf.Stream(draft, b"")
        stream.write(value.data, filter=Name.FlateDecode)
        for key, item in entries.items():
            stream[key] = item
        return stream
    if isinstance(value, list):
        return Array([_written(draft, item) for item in value])
    if isinstance(value, str):
        return Name(value)
    return pikepdf.String(value) if isinstance(value, bytes) else value
