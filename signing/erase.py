"""A draft made from an old letter carries that letter's number and date: they are taken out, so the blanks are free again.

Not painted over but removed from the page's instructions: whoever reads the text of the signed file later must find one
number and one date. Glyphs are counted through the content stream in the order the reader found them; where the two
countings differ the page is left as it is.
"""

import io
import re

import pikepdf
from pikepdf import Array, Dictionary, Name, Operator

from signing import places
from signing.errors import BlankNotFound

_SHOWING = ("Tj", "TJ", "'", '"')
_TAKEN_OUT = "Số và ngày in sẵn trên bản thảo đã được bỏ; số và ngày thật được ghi khi phát hành."


def clear_printed(pdf: bytes) -> tuple[bytes, str]:
    """The draft without a printed number and date, and the sentence that says so ("" when nothing was printed).

    Raises UnreadablePdf, BlankNotFound when they are printed and cannot be taken out.
    """
    with places.open_pages(pdf) as pages:
        if not pages.pages or not pages.pages[0].chars:
            return pdf, ""
        printed, dots = places.find_printed(pages.pages[0])
        advances = [char["adv"] for char in pages.pages[0].chars]
    if not printed | dots:
        return pdf, ""
    cleared = _without(pdf, printed | dots, advances)
    if cleared:
        return cleared, _TAKEN_OUT if printed else ""
    if not printed:
        return pdf, ""  # the fields get a white ground over the dots
    raise BlankNotFound(
        "Số hoặc ngày đã được ghi sẵn trên trang 1. Hãy để trống chỗ ghi số và ngày, ví dụ «Số:      /QĐ-UBND», "
        "vì số chỉ được cấp sau khi lãnh đạo ký (Quy chế 102, Điều 12.1)."
    )


def _without(pdf, erased, advances):
    """The file without these glyphs of page 1, None when they cannot be told apart with certainty."""
    try:
        with pikepdf.open(io.BytesIO(pdf)) as draft:
            first = draft.pages[0]
            walk = _Walk(first, erased, advances)
            instructions = list(pikepdf.parse_content_stream(first))
            kept = [walk.step(operands, str(operator)) for operands, operator in instructions]
            if walk.unknown or walk.count != len(advances):
                return None
            first.Contents = draft.make_stream(pikepdf.unparse_content_stream(kept))
            out = io.BytesIO()
            draft.save(out)
            return out.getvalue()
    except (pikepdf.PdfError, pikepdf.PdfParsingError, ValueError, TypeError, AttributeError):
        return None


class _Walk:
    """Goes through a page's instructions counting glyphs, and leaves out those that are to go."""

    def __init__(self, page, erased, advances):
        self.fonts = page.get(Name.Resources, Dictionary()).get(Name.Font, Dictionary())
        self.pictures = page.get(Name.Resources, Dictionary()).get(Name.XObject, Dictionary())
        self.erased, self.advances = erased, advances
        self.count, self.unknown = 0, False
        self.font, self.size, self.stack = None, 1.0, []

    def step(self, operands, operator):
        """The instruction to keep in place of this one."""
        if operator == "q":
            self.stack.append((self.font, self.size))
        elif operator == "Q" and self.stack:
            self.font, self.size = self.stack.pop()
        elif operator == "Tf":
            self.font, self.size = str(operands[0]), float(operands[1])
        elif operator == "Do" and self._has_text(operands[0]):
            self.unknown = True
        elif operator in _SHOWING:
            return self._show(operands, operator)
        return operands, Operator(operator)

    def _show(self, operands, operator):
        parts = operands[0] if operator == "TJ" else [operands[-1]]
        start = self.count
        kept = []
        for part in parts:
            if isinstance(part, pikepdf.String):
                kept += self._glyphs(bytes(part))
            else:
                kept.append(part)
        touched = any(start <= index < self.count for index in self.erased)
        if not touched:
            return operands, Operator(operator)
        if operator in ("'", '"'):
            self.unknown = (
                True  # these also move to the next line; no word processor writes a heading with them
            )
        return [Array(kept)], Operator("TJ")

    def _glyphs(self, text):
        """The string in pieces: glyphs that stay, and for each that goes the white of its width."""
        step = self._code_bytes()
        kept, run = [], b""
        for at in range(0, len(text), step):
            if self.count not in self.erased:
                run += text[at : at + step]
            else:
                kept += [pikepdf.String(run)] if run else []
                run = b""
                kept.append(self._white())
            self.count += 1
        return [*kept, pikepdf.String(run)] if run else kept

    def _white(self):
        advance = self.advances[self.count] if self.count < len(self.advances) else 0
        return round(-1000 * float(advance) / self.size) if self.size else 0

    def _code_bytes(self):
        font = self.fonts.get(self.font) if self.font else None
        if not isinstance(font, Dictionary):
            self.unknown = True
            return 1
        if font.get(Name.Subtype) != Name.Type0:
            return 1
        if font.get(Name.Encoding) not in (Name("/Identity-H"), Name("/Identity-V")):
            self.unknown = True
        return 2

    def _has_text(self, name):
        picture = self.pictures.get(str(name))
        if picture is None or picture.get(Name.Subtype) != Name.Form:
            return False
        return re.search(rb"\bT[jJ]\b", picture.read_bytes()) is not None
