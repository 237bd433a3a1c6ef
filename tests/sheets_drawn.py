"""Scanned sheets for tests: letters, blank backs, separator sheets, as a scanner at 200 dpi gives them."""

import io

import segno
from PIL import Image, ImageChops, ImageDraw

from models import separators

WIDTH, HEIGHT, DPI = 1654, 2339, 200
PAPER = (250, 248, 243)


def page(lines=20) -> Image.Image:
    """A written page."""
    sheet = Image.new("RGB", (WIDTH, HEIGHT), PAPER)
    pen = ImageDraw.Draw(sheet)
    for top in range(300, 300 + 60 * lines, 60):
        pen.line((200, top, WIDTH - 200, top), fill=(30, 30, 30), width=8)
    return sheet


def blank() -> Image.Image:
    """The back of a sheet."""
    return Image.new("RGB", (WIDTH, HEIGHT), PAPER)


def stamped(colour=(243, 222, 218)) -> Image.Image:
    """A sheet with nothing but a faint stamp on it."""
    sheet = blank()
    ImageDraw.Draw(sheet).ellipse((1000, 1500, 1360, 1860), outline=colour, width=7)
    return sheet


def code(text: str, turn=0, size=700) -> Image.Image:
    """A sheet with a large QR code in its middle and smaller ones in two corners, turned as it lay in the feeder."""
    drawn = io.BytesIO()
    segno.make(text, error="h", micro=False).save(drawn, kind="png", scale=10)
    mark = Image.open(drawn).convert("RGB")
    sheet = blank()
    for side, at in ((size, (480, 820)), (300, (90, 90)), (300, (1264, 1949))):
        sheet.paste(mark.resize((side, side), Image.Resampling.NEAREST), at)
    return sheet.rotate(turn, fillcolor=PAPER)


def separator(agency_id: int, turn=0, kind=separators.NEXT, **proposals) -> Image.Image:
    """A separator sheet of the agency."""
    return code(separators.text_of(separators.Mark(kind, agency_id, **proposals)), turn)


def noisy(sheet, strength=40) -> Image.Image:
    """As an old scanner sees it: grey, and with noise."""
    grey = sheet.convert("L")
    return ImageChops.add(grey, Image.effect_noise(grey.size, strength), 1, -128)


def pile(*sheets) -> bytes:
    """One PDF of all of them."""
    held = io.BytesIO()
    first, *rest = sheets
    first.save(held, "PDF", resolution=DPI, save_all=True, append_images=rest, quality=60)
    return held.getvalue()
