"""Bản sao điện tử (Quy chế 102 Điều 12.5; ND30 Điều 25, PL I Phần II.I): the organisation's signature on a digitised paper.

At the top right of page 1 (box 14) one line in Times 10, no picture: «Sao y; Sở Kế hoạch; 02/03/2026; 16:59:30», the time
of the very signature in Vietnam. The scan stays byte for byte what it was: everything comes after it in one revision; only
a file whose structure is broken or that could act by itself is written anew, its pictures untouched.
"""

import io
import re
import unicodedata
from datetime import datetime
from typing import NamedTuple

import pypdfium2
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.font.opentype import GlyphAccumulator
from pyhanko.pdf_utils.generic import pdf_name, pdf_string
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from signing import appearance, begin, copies_pages
from signing.errors import SigningError, WrongOrder
from signing.records import Pending

COPY_FIELD = "ChuKyBanSao"
FORMS = ("Sao y", "Sao lục", "Trích sao")
MM = 72 / 25.4
RIGHT, TOP, BOTTOM = (
    9.0,
    7.0,
    18.0,
)  # mm from the right edge and from the top: box 14 is x 172–201, y 7–18 of A4
SIZE, LEADING, MOST_LINES = 10.0, 11.0, 3
HEIGHTS, DARK = (
    (12.5, 9.2, 15.8),
    150,
)  # mm from the top for the middle of one line; grey below which a dot is ink
_LINE = re.compile(
    r"(Sao y|Sao lục|Trích sao); ?(.{3,300}?); ?(\d\d/\d\d/\d{4}); ?(\d\d: ?\d\d: ?\d\d)", re.DOTALL
)


class CopyLine(NamedTuple):
    """What the line of an electronic copy says: form, agency that made it, moment of signing (aware, Vietnam)."""

    form: str
    agency: str
    moment: datetime


def line_of(form: str, agency_name: str, signing_time: datetime) -> str:
    """The text of box 14 (ND30 PL I Phần II.I.3.c), the time as of Vietnam."""
    local = signing_time.astimezone(begin.VIETNAM)
    return f"{form}; {agency_name}; {local:%d/%m/%Y}; {local:%H:%M:%S}"


def begin_copy_seal(
    pdf: bytes, form: str, agency_name: str, certificate_der: bytes, chain, signing_time: datetime
) -> Pending:
    """Ký số bản sao: line and signature of the agency in one revision after the scan (ND30 25.1.c; Điều 12.5).

    `form` is one of FORMS. Raises WrongOrder for a file that is signed already, UnreadablePdf, BadCertificate,
    SigningError when the first page has no room for the line.
    """
    if form not in FORMS:
        raise WrongOrder("Hình thức sao phải là sao y, sao lục hoặc trích sao (ND30 Điều 25).")
    base = copies_pages.prepare_copy(pdf).pdf
    writer = IncrementalPdfFileWriter(io.BytesIO(base))
    page_reference, _ = writer.find_page_for_modification(0)
    page = page_reference.get_object()
    sheet = _Sheet(page)
    sheet.picture = _picture(base)
    field = _field(writer, page_reference, sheet, line_of(form, agency_name, signing_time))
    writer.root["/AcroForm"] = writer.add_object(
        generic.DictionaryObject(
            {
                pdf_name("/Fields"): generic.ArrayObject([field]),
                pdf_name("/SigFlags"): generic.NumberObject(3),
            }
        )
    )
    writer.update_root()
    return begin.begin_in(writer, field.get_object(), certificate_der, chain, signing_time)


def read_line(pdf: bytes) -> CopyLine | None:
    """The line of an electronic copy as page 1 shows it, None when there is none. Never raises for a file."""
    try:
        with pypdfium2.PdfDocument(pdf) as document:
            if document.get_formtype() != pypdfium2.raw.FORMTYPE_NONE:
                document.init_forms()
            pypdfium2.raw.FPDFPage_Flatten(document[0], pypdfium2.raw.FLAT_NORMALDISPLAY)
            words = document[0].get_textpage().get_text_range()
    except (pypdfium2.PdfiumError, IndexError, ValueError):
        return None
    found = _LINE.search(unicodedata.normalize("NFC", words))
    if found is None:
        return None
    form, agency, day, time = (" ".join(part.split()) for part in found.groups())
    try:
        moment = datetime.strptime(f"{day} {time.replace(' ', '')}", "%d/%m/%Y %H:%M:%S")
    except ValueError:
        return None
    return CopyLine(form, agency, moment.replace(tzinfo=begin.VIETNAM))


class _Sheet:
    """The first page as people see it: its width and height in points, and the way back to its own coordinates."""

    def __init__(self, page):
        box = _inherited(page, "/CropBox") or _inherited(page, "/MediaBox") or (0, 0, 595.28, 841.89)
        x0, y0, x1, y1 = (float(value) for value in box)
        self.left, self.bottom = min(x0, x1), min(y0, y1)
        self.across, self.down = abs(x1 - x0), abs(y1 - y0)
        self.turn = int(_inherited(page, "/Rotate") or 0) % 360
        self.unit = float(page["/UserUnit"]) if "/UserUnit" in page else 1.0
        self.picture = None  # the page as it is seen, grey, 72 dots an inch
        turned = self.turn in (90, 270)
        self.width, self.height = (self.down, self.across) if turned else (self.across, self.down)

    def free_height(self, width) -> float:
        """mm from the top at which a line of `width` points at the right edge covers the least of the page, within box 14."""
        if self.picture is None:
            return HEIGHTS[0]
        dots = self.picture.width / self.width
        right = self.picture.width - RIGHT * MM * dots / self.unit
        bands = [
            (right - width * dots, (at - 2) * MM * dots / self.unit, right, (at + 2) * MM * dots / self.unit)
            for at in HEIGHTS
        ]
        ink = [sum(self.picture.crop([round(v) for v in band]).histogram()[:DARK]) for band in bands]
        return HEIGHTS[ink.index(min(ink))]

    def rectangle(self, x0, y0, x1, y1):
        """A rectangle of the seen page (from its lower left corner) in the page's own coordinates."""
        corners = [self._own(x, y) for x, y in ((x0, y0), (x1, y1))]
        xs, ys = zip(*corners, strict=True)
        return min(xs), min(ys), max(xs), max(ys)

    def _own(self, x, y):
        own = {
            0: (x, y),
            90: (self.across - y, x),
            180: (self.across - x, self.down - y),
            270: (y, self.down - x),
        }.get(self.turn, (x, y))
        return self.left + own[0], self.bottom + own[1]

    def matrix(self, width, height):
        """How the drawing of a field of this size is turned, so that it stands upright for the reader."""
        turned = {
            90: (0, 1, -1, 0, height, 0),
            180: (-1, 0, 0, -1, width, height),
            270: (0, -1, 1, 0, 0, width),
        }
        return turned.get(self.turn, (1, 0, 0, 1, 0, 0))


def _picture(pdf):
    """The first page as a grey picture; None where it cannot be drawn."""
    try:
        with pypdfium2.PdfDocument(pdf) as document:
            return document[0].render(scale=1).to_pil().convert("L")
    except (pypdfium2.PdfiumError, ValueError):
        return None


def _inherited(page, key):
    for _ in range(50):
        if key in page:
            return page[key]
        if "/Parent" not in page:
            return None
        page = page["/Parent"]
    return None


def _field(writer, page_reference, sheet, text):
    """The signature field (a reference) with its drawing, as the last thing on page 1."""
    scale = 1 / sheet.unit
    drawn, width = _draw(writer, sheet, text, scale)
    right, top = sheet.width - RIGHT * MM * scale, sheet.height - TOP * MM * scale
    height = (BOTTOM - TOP) * MM * scale
    box = sheet.rectangle(right - width, top - height, right, top)
    lock = {"/Type": pdf_name("/SigFieldLock"), "/Action": pdf_name("/All"), "/P": generic.NumberObject(1)}
    field = generic.DictionaryObject(
        {
            pdf_name("/Type"): pdf_name("/Annot"),
            pdf_name("/Subtype"): pdf_name("/Widget"),
            pdf_name("/FT"): pdf_name("/Sig"),
            pdf_name("/T"): pdf_string(COPY_FIELD),
            pdf_name("/TU"): pdf_string("Chữ ký số của cơ quan sao văn bản"),
            pdf_name("/F"): generic.NumberObject(4),
            pdf_name("/P"): page_reference,
            pdf_name("/Rect"): _numbers(box),
            pdf_name("/Lock"): generic.DictionaryObject({pdf_name(k): v for k, v in lock.items()}),
            pdf_name("/AP"): generic.DictionaryObject({pdf_name("/N"): drawn}),
        }
    )
    reference = writer.add_object(field)
    writer.register_annotation(page_reference, reference)
    return reference


def _draw(writer, sheet, text, scale):
    """(form object, width) of the text against the right edge, broken into at most three lines where the page is narrow."""
    face = GlyphAccumulator(writer, io.BytesIO(appearance.serif(False)), font_size=1)
    size, most = SIZE * scale, sheet.width - 2 * RIGHT * MM * scale
    lines = _broken(face, text, size, most)
    shaped = [face.shape(line) for line in lines]
    width = max(one.x_advance for one in shaped) * size
    height = (BOTTOM - TOP) * MM * scale
    leading = LEADING * scale
    lift = (HEIGHTS[0] - sheet.free_height(width)) * MM * scale if len(lines) == 1 else 0
    first = (height + leading * (len(lines) - 1)) / 2 - size * 0.33 + lift
    stream = b"q 0 g "
    for number, one in enumerate(shaped):
        left, rise = width - one.x_advance * size, first - number * leading
        stream += (
            f"BT /F {size:.3f} Tf 1 0 0 1 {left:.3f} {rise:.3f} Tm ".encode() + one.graphics_ops + b" ET "
        )
    fonts = generic.DictionaryObject({pdf_name("/F"): face.as_resource()})
    form = generic.StreamObject(
        {
            pdf_name("/Type"): pdf_name("/XObject"),
            pdf_name("/Subtype"): pdf_name("/Form"),
            pdf_name("/BBox"): _numbers((0, 0, width, height)),
            pdf_name("/Matrix"): _numbers(sheet.matrix(width, height)),
            pdf_name("/Resources"): generic.DictionaryObject({pdf_name("/Font"): fonts}),
        },
        stream_data=stream + b"Q",
    )
    return writer.add_object(form), width


def _broken(face, text, size, most):
    """The words of a text on as many lines as the width asks for."""
    lines, words = [], text.split(" ")
    while words:
        count = next(
            (n for n in range(len(words), 0, -1) if face.shape(" ".join(words[:n])).x_advance * size <= most),
            0,
        )
        if not count or len(lines) == MOST_LINES:
            raise SigningError(
                "Trang đầu của bản quét quá hẹp để ghi dòng bản sao ở góc trên bên phải. Hãy quét lại đúng khổ giấy.",
                "blank",
            )
        lines.append(" ".join(words[:count]))
        words = words[count:]
    return lines


def _numbers(values):
    return generic.ArrayObject([generic.FloatObject(round(float(value), 3)) for value in values])
