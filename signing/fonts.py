"""The serif face for everything we write on a page: Liberation Serif, which has the widths of Times New Roman.

A face is cut to the characters it needs and brought to 1000 units per em (widths in a PDF are thousandths) once per
process; each embedding copies the result. Letters are written as composed characters (NFC), one glyph each, and the
table to Unicode says so: what is copied out of the page is what was written.
"""

import functools
import io
import unicodedata
import zlib
from dataclasses import dataclass
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont, TTLibError
from fontTools.ttLib.scaleUpem import scale_upem

from signing.errors import MissingFont, SigningError

FOLDERS = (
    Path("/usr/share/fonts/truetype/liberation2"),  # release 2 has every Vietnamese letter, release 1 has not
    Path("/usr/share/fonts/truetype/liberation"),
    Path("/usr/share/fonts/liberation-serif"),
    Path("/usr/share/fonts/liberation"),
)
STYLES = {"regular": "Regular", "italic": "Italic", "bold": "Bold"}
DIGITS = frozenset("0123456789/ ")
_MARKS = ("", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323")
_VOWELS = "aăâeêioôơuưyAĂÂEÊIOÔƠUƯY"
WORDS = frozenset(
    {chr(code) for code in range(0x20, 0x7F)}
    | {unicodedata.normalize("NFC", vowel + mark) for vowel in _VOWELS for mark in _MARKS}
    | set("đĐ–—…«»“”‘’°")
)


@dataclass(frozen=True)
class Face:
    """A cut of the face: the font program, and for each character its glyph and width (thousandths of the size)."""

    name: str
    program: bytes
    glyphs: dict[str, tuple[int, int]]
    box: tuple[int, int, int, int]
    ascent: int
    descent: int
    slant: float
    bold: bool

    def width(self, text: str, size: float) -> float:
        """Width of a text in points."""
        return sum(self.glyphs[char][1] for char in composed(text)) * size / 1000

    def shown(self, text: str) -> bytes:
        """The operand of Tj for a text."""
        return b"<" + "".join(f"{self.glyphs[char][0]:04X}" for char in composed(text)).encode() + b">"


@dataclass(frozen=True)
class Stream:
    """A stream object, for either PDF library."""

    entries: dict
    data: bytes


def composed(text: str) -> str:
    """The text with each letter and its marks as one character."""
    return unicodedata.normalize("NFC", text)


def face(style: str, text: str) -> Face:
    """The smallest kept cut that has all characters of the text. Raises MissingFont, SigningError for an odd one."""
    needed = frozenset(composed(text))
    for kept in (DIGITS, WORDS):
        if needed <= kept:
            return _cut(style, kept)
    return _cut(style, needed | DIGITS)


def as_object(cut: Face) -> dict:
    """The font as plain values (names begin with «/», bytes are strings), to be written by either PDF library."""
    widths = [
        part
        for _, (gid, width) in sorted(cut.glyphs.items(), key=lambda item: item[1])
        for part in (gid, [width])
    ]
    descriptor = {
        "/Type": "/FontDescriptor", "/FontName": f"/{cut.name}", "/Flags": 4 | (64 if cut.slant else 0),
        "/FontBBox": list(cut.box), "/ItalicAngle": cut.slant, "/Ascent": cut.ascent, "/Descent": cut.descent,
        "/CapHeight": 662, "/StemV": 140 if cut.bold else 80,
        "/FontFile2": Stream({"/Filter": "/FlateDecode", "/Length1": len(cut.program)}, _packed(cut.program)),
    }  # fmt: skip
    descendant = {
        "/Type": "/Font", "/Subtype": "/CIDFontType2", "/BaseFont": f"/{cut.name}", "/CIDToGIDMap": "/Identity",
        "/CIDSystemInfo": {"/Registry": b"Adobe", "/Ordering": b"Identity", "/Supplement": 0},
        "/FontDescriptor": descriptor, "/DW": 1000, "/W": widths,
    }  # fmt: skip
    return {
        "/Type": "/Font", "/Subtype": "/Type0", "/BaseFont": f"/{cut.name}", "/Encoding": "/Identity-H",
        "/DescendantFonts": [descendant], "/ToUnicode": Stream({"/Filter": "/FlateDecode"}, _packed(_to_unicode(cut))),
    }  # fmt: skip


@functools.lru_cache(maxsize=16)
def _packed(data: bytes) -> bytes:
    return zlib.compress(data, 6)


@functools.lru_cache(maxsize=16)
def _cut(style: str, characters: frozenset) -> Face:
    font = _load(style)
    missing = sorted(char for char in characters if ord(char) not in font.getBestCmap())
    if missing:
        raise SigningError(
            f"Phông chữ trên máy chủ không có ký tự «{''.join(missing)}» nên không ghi được. Hãy sửa ký hiệu rồi làm lại.",
            "font",
        )
    try:
        options = subset.Options(
            hinting=False, notdef_outline=True, layout_features=[], name_IDs=[1, 2, 4, 6], recalc_bounds=True,
            drop_tables=["GSUB", "GPOS", "GDEF", "kern", "FFTM", "DSIG", "gasp", "meta", "hdmx", "LTSH", "VDMX"],
        )  # fmt: skip
        cutter = subset.Subsetter(options)
        cutter.populate(unicodes=[ord(char) for char in characters])
        cutter.subset(font)
        scale_upem(font, 1000)
        out = io.BytesIO()
        font.save(out)
    except (TTLibError, subset.Subsetter.SubsettingError, OSError) as problem:
        raise MissingFont(
            "Phông chữ Liberation Serif trên máy chủ bị hỏng. Hãy cài lại gói fonts-liberation2."
        ) from problem
    return _face(style, font, out.getvalue(), characters)


def _face(style, font, program, characters):
    names, metrics, head = font.getBestCmap(), font["hmtx"], font["head"]
    glyphs = {char: (font.getGlyphID(names[ord(char)]), metrics[names[ord(char)]][0]) for char in characters}
    tag = "".join(chr(65 + zlib.crc32(program + bytes([n])) % 26) for n in range(6))
    return Face(
        f"{tag}+LiberationSerif" + ("" if style == "regular" else f"-{STYLES[style]}"), program, glyphs,
        (head.xMin, head.yMin, head.xMax, head.yMax), font["hhea"].ascent, font["hhea"].descent,
        float(font["post"].italicAngle), style == "bold",
    )  # fmt: skip


def _load(style):
    name = f"LiberationSerif-{STYLES[style]}.ttf"
    path = next((folder / name for folder in FOLDERS if (folder / name).is_file()), None)
    if path is None:
        raise MissingFont(
            "Máy chủ thiếu phông chữ Liberation Serif nên không ghi được số và ngày. "
            "Quản trị viên hãy cài gói fonts-liberation2 rồi làm lại; văn bản chưa bị thay đổi."
        )
    try:
        return TTFont(path, lazy=True)
    except (TTLibError, OSError) as problem:
        raise MissingFont(
            "Phông chữ Liberation Serif trên máy chủ bị hỏng. Hãy cài lại gói fonts-liberation2."
        ) from problem


def _to_unicode(cut):
    rows = [
        f"<{gid:04X}> <{char.encode('utf-16-be').hex().upper()}>"
        for char, (gid, _) in sorted(cut.glyphs.items())
    ]
    blocks = [rows[start : start + 100] for start in range(0, len(rows), 100)]
    body = "\n".join(f"{len(block)} beginbfchar\n" + "\n".join(block) + "\nendbfchar" for block in blocks)
    return (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap\n"
        "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n"
        "/CMapName /Adobe-Identity-UCS def /CMapType 2 def\n"
        "1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n"
        f"{body}\nendcmap CMapName currentdict /CMap defineresource pop end end\n"
    ).encode()
