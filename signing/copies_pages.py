"""The pages of a copy: what a scan is like, a clean base for the seal, an extract, and the print with its block.

Nothing here draws a picture anew: pages are taken over with the streams they have (ND30 PL I Phần II.I.2: colour, at least
200 dpi, 1:1). `python -m signing.copies_pages COMMAND FILE …` does one of these in a program of its own (jobs/copies.py).
"""

import io
import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

import pikepdf
import pypdfium2
from pikepdf import Array, Dictionary, Name
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader

from signing.errors import SigningError, UnreadablePdf, WrongOrder
from signing.records import Prepared

MOST_PAGES = 2000
MM = 72 / 25.4
A4 = (210.0, 297.0)  # mm
ROOM, GAP, DARK = (
    15.0,
    6.0,
    150,
)  # mm kept free at the foot, mm between text and rule, grey below which a dot is ink
EDGE = 6.0  # mm at the edges of a scan that are never text
SIGNED = (
    "Tệp này đã có chữ ký số: văn bản điện tử không sao y sang điện tử (ND30 Điều 25.1). "
    "Hãy gửi chính văn bản điện tử đã ký, hoặc sao y ra giấy."
)
BROKEN = "Tệp PDF bị hỏng, không mở được. Hãy quét lại."
_FAULTS = (pikepdf.PdfError, pypdfium2.PdfiumError, ValueError, TypeError, KeyError, RuntimeError, OSError)


@dataclass(frozen=True)
class Facts:
    """A scan as the standard looks at it: pages, PDF version, least dots an inch (0: no picture), pages without colour,
    pages that are no picture, pages of another size than A4 (numbers from 1)."""

    pages: int
    version: str
    dpi: int
    grey: tuple[int, ...] = ()
    drawn: tuple[int, ...] = ()
    odd_sizes: tuple[int, ...] = ()


def look_at(pdf: bytes) -> Facts:
    """What the scan standard asks of a file (Quy chế 102 Điều 10.1, 12.5; ND30 PL I Phần II.I.2). Raises UnreadablePdf."""
    with _open(pdf) as document:
        dpis, grey, drawn, odd = [], [], [], []
        for number, page in enumerate(document.pages, 1):
            width, height = _size(page)
            images = list(_images(page.obj.get(Name.Resources, Dictionary()), 0))
            if not _is_a4(width, height):
                odd.append(number)
            if not images:
                drawn.append(number)
                continue
            dpis.append(max(round(max(_dots(i) / _inches(width, height, i) for i in images)), 1))
            if not any(_is_coloured(image) for image in images):
                grey.append(number)
        return Facts(
            len(document.pages),
            document.pdf_version,
            min(dpis, default=0),
            tuple(grey),
            tuple(drawn),
            tuple(odd),
        )


def prepare_copy(pdf: bytes) -> Prepared:
    """The base of an electronic copy: the scan as it is, or, where its structure cannot bear a signature, written anew.

    `note` says when it was. Raises WrongOrder for a signed file (no electronic copy of an electronic document, ND30 25.1),
    UnreadablePdf.
    """
    with _open(pdf) as document:
        if _is_signed(document):
            raise WrongOrder(SIGNED)
        pages = len(document.pages)
        if not _acts(document) and float(document.pdf_version) >= 1.4 and _reads_strictly(pdf):
            return Prepared(pdf, (), pages)
        _quiet(document)
        out = io.BytesIO()
        document.save(out, min_version="1.7", object_stream_mode=pikepdf.ObjectStreamMode.disable)
        return Prepared(
            out.getvalue(), (), pages, "Cấu trúc tệp được lập lại để ký được; ảnh các trang giữ nguyên."
        )


def extract_pages(pdf: bytes, numbers) -> bytes:
    """Trích sao: these pages (from 1) as a file of their own; what fields and signatures show becomes plain drawing.

    Raises UnreadablePdf, SigningError for a page that is not there.
    """
    with _open(pdf) as document, pikepdf.new() as part:
        wrong = [number for number in numbers if not 1 <= number <= len(document.pages)]
        if wrong or not numbers:
            raise SigningError(
                f"Tệp có {len(document.pages)} trang, không có trang {', '.join(map(str, wrong)) or '0'}.",
                "pages",
            )
        document.flatten_annotations("print")
        for number in numbers:
            part.pages.append(document.pages[number - 1])
        for page in part.pages:
            for key in (Name.Annots, Name.AA):
                if key in page.obj:
                    del page.obj[key]
        out = io.BytesIO()
        part.save(out, min_version="1.7", object_stream_mode=pikepdf.ObjectStreamMode.disable)
        return out.getvalue()


def paper_copy(pdf: bytes, block: bytes) -> bytes:
    """Bản sao giấy (ND30 Mẫu 3.1): the document with the block of the copy right after the end of its text.

    `block` is a one-page A4 PDF with the block at its top. It stands on the last page where there is room, else on a page
    after it. Raises UnreadablePdf.
    """
    with _open(pdf) as document, _open(block) as drawing:
        document.flatten_annotations("print")
        if Name.AcroForm in document.Root:
            del document.Root[Name.AcroForm]
        _quiet(document)
        last = document.pages[-1]
        start, end = _ink(block, 0)
        foot = _ink(pdf, len(document.pages) - 1)[1]
        width, height = _size(last)
        upright = int(last.obj.get(Name.Rotate, 0)) % 360 == 0 and _is_a4(width, height) and width < height
        shift = foot + GAP - start
        if upright and shift + end <= height / MM - ROOM:
            box = [float(v) for v in last.cropbox]
            down = shift * MM
            where = pikepdf.Rectangle(box[0], box[1] - down, box[2], box[3] - down)
            last.add_overlay(drawing.pages[0], where, shrink=False, expand=False)
        else:
            document.pages.append(drawing.pages[0])
        out = io.BytesIO()
        document.save(out, min_version="1.7")
        return out.getvalue()


def _open(pdf):
    try:
        document = pikepdf.open(io.BytesIO(pdf))
        count = len(document.pages)
    except pikepdf.PasswordError as problem:
        raise UnreadablePdf("Tệp PDF có mật khẩu. Hãy quét lại hoặc lưu lại không có mật khẩu.") from problem
    except _FAULTS as problem:
        raise UnreadablePdf(BROKEN) from problem
    if document.is_encrypted:
        raise UnreadablePdf("Tệp PDF có đặt mật khẩu hoặc hạn chế quyền. Hãy lưu lại không hạn chế.")
    if not 1 <= count <= MOST_PAGES:
        raise UnreadablePdf(f"Tệp PDF phải có từ 1 đến {MOST_PAGES} trang (tệp này: {count}).")
    return document


def _is_signed(document):
    form = document.Root.get(Name.AcroForm)
    return isinstance(form, Dictionary) and _has_value(form.get(Name.Fields, Array()), 0)


def _has_value(fields, depth):
    for field in fields if depth < 20 else ():
        if not isinstance(field, Dictionary):
            continue
        if field.get(Name.FT) == Name.Sig and Name.V in field:
            return True
        if _has_value(field.get(Name.Kids, Array()), depth + 1):
            return True
    return False


def _acts(document):
    """True when something in the file could act, hide or change: then it is written anew without it."""
    names = document.Root.get(Name.Names)
    if any(
        key in document.Root
        for key in (Name.AcroForm, Name.OpenAction, Name.AA, Name.Perms, Name.OCProperties)
    ):
        return True
    if isinstance(names, Dictionary) and (Name.JavaScript in names or Name.EmbeddedFiles in names):
        return True
    return any(Name.Annots in page.obj or Name.AA in page.obj for page in document.pages)


def _quiet(document):
    document.flatten_annotations("print")
    for key in (Name.AcroForm, Name.OpenAction, Name.AA, Name.Perms, Name.Names, Name.OCProperties):
        if key in document.Root:
            del document.Root[key]
    for page in document.pages:
        for key in (Name.Annots, Name.AA):
            if key in page.obj:
                del page.obj[key]


def _reads_strictly(pdf):
    """True when the checker's strict reading takes the file: a seal on anything else would never be called valid."""
    try:
        reader = PdfFileReader(io.BytesIO(pdf), strict=True)
        _ = reader.root["/Pages"]["/Kids"], list(reader.embedded_signatures)
        return not reader.xrefs.hybrid_xrefs_present
    except (PdfError, *_FAULTS, IndexError, RecursionError, AssertionError):
        return False


def _size(page):
    """Width and height of a page as it is seen, in points."""
    x0, y0, x1, y1 = (float(value) for value in page.cropbox)
    unit = float(page.obj.get(Name.UserUnit, 1))
    turned = int(page.obj.get(Name.Rotate, 0)) % 180 == 90
    width, height = abs(x1 - x0) * unit, abs(y1 - y0) * unit
    return (height, width) if turned else (width, height)


def _is_a4(width, height):
    short, long = sorted((width / MM, height / MM))
    return abs(short - A4[0]) <= 6 and abs(long - A4[1]) <= 6


def _images(resources, depth):
    objects = resources.get(Name.XObject, Dictionary()) if isinstance(resources, Dictionary) else Dictionary()
    for item in objects.values() if depth < 4 else ():
        kind = item.get(Name.Subtype)
        if kind == Name.Image and Name.Width in item and Name.Height in item:
            yield item
        elif kind == Name.Form:
            yield from _images(item.get(Name.Resources, Dictionary()), depth + 1)


def _dots(image):
    return max(int(image[Name.Width]), int(image[Name.Height]))


def _inches(width, height, image):
    """The longer side of the sheet: scanners put one picture over the whole page."""
    return max(width, height, 1.0) / 72


def _is_coloured(image):
    if image.get(Name.ImageMask, False):
        return False
    space = image.get(Name.ColorSpace)
    if space is None:
        return image.get(Name.Filter) == Name.JPXDecode  # JPEG 2000 carries its own
    if isinstance(space, Array) and len(space) > 1:
        if space[0] == Name.ICCBased:
            return int(space[1].get(Name.N, 3)) > 1
        if space[0] == Name.Indexed:
            base = space[1]
            return base not in (Name.DeviceGray, Name.CalGray) and not (
                isinstance(base, Array) and base[0] == Name.CalGray
            )
        return space[0] not in (Name.CalGray, Name.Separation)
    return space not in (Name.DeviceGray, Name.CalGray, Name.G)


def _ink(pdf, index):
    """(first, last) line of a page with ink on it, in mm from the top; (0, 0) for an empty page."""
    with pypdfium2.PdfDocument(pdf) as document:
        if document.get_formtype() != pypdfium2.raw.FORMTYPE_NONE:
            document.init_forms()
        picture = document[index].render(scale=1, may_draw_forms=True).to_pil().convert("L")
    edge = round(EDGE * MM)
    inner = picture.crop(
        (edge, edge, max(picture.width - edge, edge + 1), max(picture.height - edge, edge + 1))
    )
    box = inner.point(lambda value: 255 if value < DARK else 0).getbbox()
    return ((box[1] + edge) / MM, (box[3] + edge) / MM) if box else (0.0, 0.0)


# ---- the program -----------------------------------------------------------------------------------------------


def main(arguments) -> int:
    """One command on files; the answer is a line of JSON and, after it, the bytes of the file made (if any)."""
    command, path, *rest = arguments
    pdf = Path(path).read_bytes()
    said, made = {}, b""
    try:
        if command == "look":
            said = {"facts": asdict(look_at(pdf))}
        elif command == "take":
            prepared = prepare_copy(pdf)
            said = {"facts": asdict(look_at(pdf)), "note": prepared.note}
            made = b"" if prepared.pdf == pdf else prepared.pdf
        elif command == "extract":
            made = extract_pages(pdf, [int(number) for number in rest[0].split(",")])
        else:
            made = paper_copy(pdf, Path(rest[0]).read_bytes())
    except SigningError as error:
        said = {"error": str(error)}
    except _FAULTS:
        said = {"error": BROKEN}
    sys.stdout.buffer.write(json.dumps(said).encode() + b"\n" + made)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
