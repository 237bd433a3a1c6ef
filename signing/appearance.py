"""What fields look like: number and date in the letter's own hand, signature and seal in their true size.

Text is drawn in Liberation Serif, the free face with the widths of Times New Roman, embedded as a subset. It has 2048
units per em; widths in a PDF are thousandths, so the face is rescaled to 1000 once per process.
"""

import functools
import io
from pathlib import Path

from fontTools.ttLib import TTFont, TTLibError
from fontTools.ttLib.scaleUpem import scale_upem
from PIL import Image, UnidentifiedImageError
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.font.opentype import GlyphAccumulator
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.images import PdfImage

from signing.errors import MissingFont, SigningError

FONT_FOLDERS = (
    Path("/usr/share/fonts/truetype/liberation2"),  # release 2 has every Vietnamese letter, release 1 has not
    Path("/usr/share/fonts/truetype/liberation"),
    Path("/usr/share/fonts/liberation-serif"),
    Path("/usr/share/fonts/liberation"),
)
SMALLEST = 8.0  # points; below it a number is no longer easy to read
LARGEST_PICTURE = 4000  # pixels a side


@functools.lru_cache(maxsize=2)
def serif(italic: bool) -> bytes:
    """The serif face at 1000 units per em. Raises MissingFont."""
    name = "LiberationSerif-Italic.ttf" if italic else "LiberationSerif-Regular.ttf"
    path = next((folder / name for folder in FONT_FOLDERS if (folder / name).is_file()), None)
    if path is None:
        raise MissingFont(
            "Máy chủ thiếu phông chữ Liberation Serif nên không ghi được số và ngày. "
            "Quản trị viên hãy cài gói fonts-liberation2 rồi làm lại; văn bản chưa bị thay đổi."
        )
    try:
        face = TTFont(path)
        scale_upem(face, 1000)
        if "FFTM" in face:
            del face["FFTM"]
    except (TTLibError, OSError) as problem:
        raise MissingFont(
            "Phông chữ Liberation Serif trên máy chủ bị hỏng. Hãy cài lại gói fonts-liberation2."
        ) from problem
    out = io.BytesIO()
    face.save(out)
    return out.getvalue()


class Pen:
    """Draws text into one writer, sharing one embedded subset a style."""

    def __init__(self, writer):
        self.writer = writer
        self.faces = {}

    def text(
        self,
        text: str,
        box: tuple[float, float],
        rise: float,
        size: float,
        italic=False,
        cover=False,
        align="left",
    ):
        """A form object of `box` (width, height in points) with `text` standing `rise` points above the lower edge.

        The size shrinks to fit the width, never below 8 points. Raises SigningError when even that does not fit.
        """
        width, height = box
        face = self._face(italic)
        shaped = face.shape(text)
        size = min(size, width / shaped.x_advance if shaped.x_advance else size)
        if size < SMALLEST:
            raise SigningError(
                f"Chỗ trống trên trang quá hẹp để ghi «{text}». Hãy sửa bản thảo cho chỗ trống rộng hơn.",
                "blank",
            )
        shift = (width - shaped.x_advance * size) / (1 if align == "right" else 2)
        left = 0.0 if align == "left" else max(shift, 0.0)
        ground = f"q 1 1 1 rg 0 0 {width:.2f} {height:.2f} re f Q " if cover else ""
        start = f"/Tx BMC q {ground}BT 0 g /F {size:.2f} Tf 1 0 0 1 {left:.2f} {rise:.2f} Tm "
        stream = start.encode() + shaped.graphics_ops + b" ET Q EMC"
        fonts = generic.DictionaryObject({pdf_name("/F"): face.as_resource()})
        return _form(self.writer, stream, box, {pdf_name("/Font"): fonts})

    def _face(self, italic):
        if italic not in self.faces:
            self.faces[italic] = GlyphAccumulator(self.writer, io.BytesIO(serif(italic)), font_size=1)
        return self.faces[italic]


def picture(writer, png: bytes | None, box: tuple[float, float], exact: bool = False):
    """A form object with the picture in the middle of `box`; empty when there is none.

    `exact`: the picture fills the box (the seal, whose box has its true size); else it keeps its own proportions.
    Raises SigningError for a file that is no picture.
    """
    if png is None:
        return _form(writer, b"", box, {})
    image = open_picture(png)
    width, height = box
    scale = min(width / image.width, height / image.height)
    shown = (width, height) if exact else (image.width * scale, image.height * scale)
    left, bottom = (width - shown[0]) / 2, (height - shown[1]) / 2
    drawn = PdfImage(image, writer=writer)
    reference = drawn.image_ref
    stream = f"q {shown[0]:.3f} 0 0 {shown[1]:.3f} {left:.3f} {bottom:.3f} cm /P Do Q".encode()
    pictures = generic.DictionaryObject({pdf_name("/P"): reference})
    return _form(writer, stream, box, {pdf_name("/XObject"): pictures})


def open_picture(png: bytes) -> Image.Image:
    """The picture of a signature or a seal. Raises SigningError when it is no PNG of a sensible size."""
    try:
        image = Image.open(io.BytesIO(png), formats=("PNG",))
        if max(image.size) > LARGEST_PICTURE:
            raise SigningError(
                "Ảnh chữ ký hoặc con dấu quá lớn. Hãy dùng ảnh PNG tối đa 4000 điểm mỗi chiều.", "picture"
            )
        image.load()
    except (
        UnidentifiedImageError,
        OSError,
        ValueError,
        SyntaxError,
        Image.DecompressionBombError,
    ) as problem:
        raise SigningError(
            "Tệp ảnh không phải PNG đọc được. Hãy dùng ảnh PNG nền trong suốt.", "picture"
        ) from problem
    return image.convert("RGBA") if image.mode not in ("RGB", "RGBA", "L") else image


def _form(writer, stream, box, resources):
    return writer.add_object(
        generic.StreamObject(
            {
                pdf_name("/Type"): pdf_name("/XObject"),
                pdf_name("/Subtype"): pdf_name("/Form"),
                pdf_name("/BBox"): generic.ArrayObject(
                    [
                        generic.FloatObject(0),
                        generic.FloatObject(0),
                        *(generic.FloatObject(round(v, 3)) for v in box),
                    ]
                ),
                pdf_name("/Resources"): generic.DictionaryObject(resources),
            },
            stream_data=stream,
        )
    )
