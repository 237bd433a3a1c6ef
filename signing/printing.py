"""Bản in để đóng dấu (Quy chế 102 Điều 12.1.d): the numbered and signed page for paper, without the red seal's picture."""

import io

import pikepdf
from pikepdf import Array, Name
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader

from signing import fonts, marks, order, sheets
from signing.errors import UnreadablePdf
from signing.records import SEAL_FIELD

_SIZE, _RISE, _GREY = 9.0, 20.0, 0.35  # points, points above the lower edge, ink of the line on prints


def print_copy(pdf: bytes, mark: str = "") -> bytes:
    """Numbered and signed, without the red seal's picture; `mark` is a line at the foot of every page, where wanted.

    A picture of the document for paper: fields and signatures become plain drawing, so that the paper shows one seal
    only and nobody takes the file for a signed one. Raises UnreadablePdf.
    """
    try:
        seals = {SEAL_FIELD, *order.seals(PdfFileReader(io.BytesIO(pdf), strict=False))}
        with pikepdf.open(io.BytesIO(pdf)) as document:
            for page in document.pages:
                kept = [item for item in page.obj.get(Name.Annots, []) if _name(item) not in seals]
                if Name.Annots in page.obj:
                    page.obj[Name.Annots] = Array(kept)
            document.flatten_annotations()
            for key in (Name.AcroForm, Name.DSS, Name.Perms):
                if key in document.Root:
                    del document.Root[key]
            if mark:
                _write(document, fonts.composed(mark))
            out = io.BytesIO()
            document.save(out)
            return out.getvalue()
    except (pikepdf.PdfError, PdfError, ValueError, TypeError, KeyError, IndexError) as problem:
        raise UnreadablePdf("Không lập được bản in từ tệp đã ký. Tệp đã ký vẫn còn nguyên.") from problem


def _name(widget):
    """The name of a widget's field, its parent's where it has none itself."""
    for _ in range(20):
        if Name.T in widget:
            return str(widget[Name.T])
        if Name.Parent not in widget:
            break
        widget = widget[Name.Parent]
    return ""


def _write(document, text):
    cut = fonts.face("italic", text)
    font = marks.embedded(document, cut)
    for page in document.pages:
        sheet = sheets.of_page(page)
        size = min(_SIZE, (sheet.width - 20) / (cut.width(text, 1) or 1))
        matrix = " ".join(
            f"{value:.4f}" for value in sheet.matrix((sheet.width - cut.width(text, size)) / 2, _RISE)
        )
        name = marks.named(page, font)
        line = (
            f"q {matrix} cm {_GREY} g BT {name} {size:.2f} Tf 0 0 Td ".encode()
            + cut.shown(text)
            + b" Tj ET Q"
        )
        page.contents_add(b"q", prepend=True)
        page.contents_add(b"Q " + line)
