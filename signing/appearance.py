"""What fields look like: number and date in the letter's own hand, signature and seal in their true size."""

import functools
import io
import zlib
from typing import NamedTuple

from PIL import Image, ImageStat, UnidentifiedImageError
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name

from signing import fonts
from signing.errors import SigningError

SMALLEST = 8.0  # points; below it a number is no longer easy to read
LARGEST_PICTURE = 4000  # pixels a side
FEWEST_DPI = 200  # of a seal at its real size
_FAINT = 24  # an alpha below it is no ink
_TURNED = {0: (1, 0, 0, 1), 90: (0, 1, -1, 0), 180: (-1, 0, 0, -1), 270: (0, -1, 1, 0)}


def serif(italic: bool) -> bytes:
    """The serif face with every Vietnamese letter, 1000 units per em, as a font file. Raises MissingFont."""
    return fonts.face("italic" if italic else "regular", "Ắ").program


class Remark(NamedTuple):
    """What is wrong with a picture. `refuses`: it may not be used so; else a warning, the person decides."""

    words: str
    refuses: bool


class Pen:
    """Draws text into one writer; each cut of a face is embedded once."""

    def __init__(self, writer):
        self.writer = writer
        self.faces = {}

    def text(
        self, text: str, box: tuple[float, float], rise: float, size: float, italic=False, cover=False, align="left",
        turn=0,
    ):  # fmt: skip
        """A form object of `box` (width, height in points) with `text` standing `rise` points above the lower edge.

        The size shrinks to fit the width, never below 8 points. `turn`: how the page is turned when it is shown.
        Raises SigningError when even that does not fit.
        """
        width, height = box
        text = fonts.composed(text)
        cut = fonts.face("italic" if italic else "regular", text)
        size = min(size, width / (cut.width(text, 1) or 1))
        if size < SMALLEST:
            raise SigningError(
                f"Chỗ trống trên trang quá hẹp để ghi «{text}». Hãy sửa bản thảo cho chỗ trống rộng hơn.",
                "blank",
            )
        shift = (width - cut.width(text, size)) / (1 if align == "right" else 2)
        left = 0.0 if align == "left" else max(shift, 0.0)
        ground = f"q 1 1 1 rg 0 0 {width:.2f} {height:.2f} re f Q " if cover else ""
        start = f"/Tx BMC q {ground}BT 0 g /F {size:.2f} Tf 1 0 0 1 {left:.2f} {rise:.2f} Tm "
        stream = start.encode() + cut.shown(text) + b" Tj ET Q EMC"
        own = generic.DictionaryObject({pdf_name("/F"): self._embedded(cut)})
        return _form(self.writer, stream, box, {pdf_name("/Font"): own}, turn)

    def _embedded(self, cut):
        if cut.name not in self.faces:
            self.faces[cut.name] = _written(self.writer, fonts.as_object(cut))
        return self.faces[cut.name]


def _written(writer, value):
    """A plain value (see fonts.as_object) as the library's; dictionaries and streams become objects of the file."""
    if isinstance(value, dict):
        return writer.add_object(
            generic.DictionaryObject({pdf_name(key): _written(writer, item) for key, item in value.items()})
        )
    if isinstance(value, fonts.Stream):
        entries = {pdf_name(key): _written(writer, item) for key, item in value.entries.items()}
        return writer.add_object(generic.StreamObject(entries, encoded_data=value.data))
    if isinstance(value, list):
        return generic.ArrayObject([_written(writer, item) for item in value])
    if isinstance(value, str):
        return pdf_name(value)
    if isinstance(value, bytes):
        return generic.ByteStringObject(value)
    return generic.NumberObject(value) if isinstance(value, int) else generic.FloatObject(round(value, 3))


def picture(writer, png: bytes | None, box: tuple[float, float], exact: bool = False, turn: int = 0):
    """A form object with the picture in the middle of `box`; empty when there is none.

    Only its ink counts: transparent edges are cut off. `exact`: the ink fills the box (the seal, whose box has its true
    size); else it keeps its own proportions. Raises SigningError for a file that is no picture.
    """
    if png is None:
        return _form(writer, b"", box, {}, turn)
    across, down, colours, alpha = _packed(png)
    width, height = box
    scale = min(width / across, height / down)
    shown = (width, height) if exact else (across * scale, down * scale)
    left, bottom = (width - shown[0]) / 2, (height - shown[1]) / 2
    mask = _plane(writer, across, down, "/DeviceGray", alpha) if alpha else None
    reference = _plane(writer, across, down, "/DeviceRGB", colours, mask)
    stream = f"q {shown[0]:.3f} 0 0 {shown[1]:.3f} {left:.3f} {bottom:.3f} cm /P Do Q".encode()
    pictures = generic.DictionaryObject({pdf_name("/P"): reference})
    return _form(writer, stream, box, {pdf_name("/XObject"): pictures}, turn)


@functools.lru_cache(maxsize=16)
def _packed(png):
    """(width, height, colours, transparency or nothing), both compressed: a seal is the same each time."""
    image = ink_of(png)
    alpha = zlib.compress(image.getchannel("A").tobytes(), 6) if image.mode == "RGBA" else b""
    return image.width, image.height, zlib.compress(image.convert("RGB").tobytes(), 6), alpha


def _plane(writer, across, down, colours, packed, mask=None):
    entries = {
        "/Type": "/XObject", "/Subtype": "/Image", "/Width": across, "/Height": down, "/BitsPerComponent": 8,
        "/ColorSpace": colours, "/Filter": "/FlateDecode",
    }  # fmt: skip
    made = {pdf_name(key): _written(writer, value) for key, value in entries.items()}
    if mask is not None:
        made[pdf_name("/SMask")] = mask
    return writer.add_object(generic.StreamObject(made, encoded_data=packed))


def ink_of(png: bytes) -> Image.Image:
    """The picture without its transparent edges. Raises SigningError."""
    image = open_picture(png)
    if image.mode != "RGBA":
        return image
    inked = image.getchannel("A").point(lambda value: 255 if value >= _FAINT else 0).getbbox()
    return image.crop(inked) if inked else image


def picture_size(png: bytes) -> tuple[int, int]:
    """Width and height in pixels of what a picture shows. Raises SigningError."""
    return ink_of(png).size


def judge_picture(png: bytes, kind: str, diameter_mm: float = 36.0) -> list[Remark]:
    """What ND30 PL I II.7.d and II.8.a want of a picture: PNG, transparent, blue hand or red seal; sharp and round.

    `kind` is "person" (a hand signature) or "organisation" (a seal, `diameter_mm` across). An empty list: as it should
    be. A file that is no PNG is one refusing remark.
    """
    try:
        image = ink_of(png)
    except SigningError as problem:
        return [Remark(str(problem), True)]
    whole = open_picture(png)
    if whole.mode != "RGBA" or whole.getchannel("A").getextrema()[0] > _FAINT:
        return [
            Remark(
                "Ảnh không có nền trong suốt: nền trắng sẽ che mất chữ. Hãy lưu lại thành PNG nền trong suốt.",
                True,
            )
        ]
    if whole.getchannel("A").getextrema()[1] < 128:
        return [Remark("Ảnh gần như trong suốt, in ra sẽ không thấy gì. Hãy quét lại đậm hơn.", True)]
    red, green, blue = _ink_colour(image)
    seal = kind == "organisation"
    remarks = [_seal_colour(red, green, blue) if seal else _hand_colour(red, green, blue)]
    if seal:
        remarks += [_roundness(image), _sharpness(max(image.size), diameter_mm)]
    elif image.width < 300:
        words = f"Ảnh chữ ký chỉ rộng {image.width} điểm, in ra sẽ mờ. Nên quét lại ở độ phân giải cao hơn (từ 300 điểm)."
        remarks.append(Remark(words, False))
    return [remark for remark in remarks if remark]


def _ink_colour(image):
    """The middle colour of what is not transparent."""
    inked = image.getchannel("A").point(lambda value: 255 if value >= 128 else 0)
    return ImageStat.Stat(image.convert("RGB"), inked).mean


def _seal_colour(red, green, blue):
    if red < max(green, blue) + 60:
        return Remark(
            "Hình con dấu phải màu đỏ (Nghị định 30, Phụ lục I mục II.8.a). Hãy quét màu con dấu đóng mực đỏ.",
            True,
        )
    return None


def _hand_colour(red, green, blue):
    if blue < max(red, green) + 40:
        return Remark(
            "Hình chữ ký phải màu xanh (Nghị định 30, Phụ lục I mục II.7.d). Hãy ký bằng mực xanh rồi quét màu.",
            True,
        )
    return None


def _roundness(image):
    if abs(image.width - image.height) > 0.03 * max(image.size):
        return Remark(
            f"Hình con dấu rộng {image.width}, cao {image.height} điểm: không tròn đều, in ra sẽ méo. Hãy cắt sát và quét "
            "thẳng con dấu.", abs(image.width - image.height) > 0.15 * max(image.size),
        )  # fmt: skip
    return None


def _sharpness(pixels, diameter_mm):
    dpi = pixels / (diameter_mm / 25.4)
    if dpi < FEWEST_DPI:
        needed = round(FEWEST_DPI * diameter_mm / 25.4)
        return Remark(
            f"Hình con dấu chỉ có {dpi:.0f} dpi ở đường kính thật {diameter_mm:g} mm, in ra sẽ mờ. Hãy quét lại từ "
            f"{FEWEST_DPI} dpi ({needed} điểm mỗi chiều).", dpi < FEWEST_DPI / 2,
        )  # fmt: skip
    return None


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


def _form(writer, stream, box, resources, turn=0):
    entries = {
        pdf_name("/Type"): pdf_name("/XObject"),
        pdf_name("/Subtype"): pdf_name("/Form"),
        pdf_name("/BBox"): _numbers(0, 0, *box),
        pdf_name("/Resources"): generic.DictionaryObject(resources),
    }
    if turn:
        entries[pdf_name("/Matrix")] = _numbers(*_TURNED[turn], 0, 0)
    return writer.add_object(generic.StreamObject(entries, stream_data=stream))


def _numbers(*values):
    return generic.ArrayObject([generic.FloatObject(round(float(value), 3)) for value in values])
