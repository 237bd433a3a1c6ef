"""Plugin of OCRmyPDF for the reading of scans: pages turned upright, the red of seals dropped, each page told on stdout.

Progress lines: «page DONE TOTAL». Which way up a page stands is seen in its ink first: Latin letters end sharply at the
base line and loosely above it (ascenders, marks), so the steps of lightness down a column tell all four turns at the
cost of one small picture. Only what that leaves in doubt is asked of tesseract; a page is never turned on a weak word.
"""

import os
from itertools import pairwise

from ocrmypdf import OrientationConfidence, hookimpl
from ocrmypdf.builtin_plugins import pypdfium
from ocrmypdf.builtin_plugins.tesseract_ocr import TesseractOcrEngine
from ocrmypdf.helpers import Resolution
from PIL import Image, ImageChops, ImageFilter

WAY_OUT = int(os.environ.get("VANTHU_OCR_PROGRESS", "1"))
PREVIEW, PREVIEW_DPI = "rasterize_preview", 150
STRIPS = 12  # of a page, each narrow enough that skewed lines stay apart in it
SMALL = 900  # points of the picture the shorter side is looked at with
UPRIGHT = 0.02  # by how much the upright direction must lead to need no second look
SURE, AGREED = 6.0, 2.0  # confidence of tesseract's word alone, and where the ink says the same
FAINT = 105  # of 255, the most that faint ink is darker than its paper
TURN = 100.0  # above any threshold: the decision is made here


class PageProgress:
    """Says how many pages are read; OCRmyPDF calls it for every stage, only the reading counts here."""

    def __init__(self, *, total=None, desc=None, unit=None, disable=False, **_kwargs):
        self.total, self.counts, self.done = total, unit == "page" and "OCR" in (desc or ""), 0.0

    def __enter__(self):
        return self

    def __exit__(self, *_exception):
        return False

    def update(self, n=1, *, completed=None):
        """So many steps more."""
        self.done = completed if completed is not None else self.done + n
        if self.counts:
            os.write(WAY_OUT, f"page {int(self.done)} {int(self.total or 0)}\n".encode())


class Engine(TesseractOcrEngine):
    """Tesseract, with a cheaper and more careful answer to which way up a page stands."""

    @staticmethod
    def get_orientation(input_file, options):
        """The turn of a page as OCRmyPDF asks for it: degrees clockwise that it must be turned back."""
        with Image.open(input_file) as picture:
            leans = directions(picture)
        best = max(leans, key=leans.get)
        if best == 0 and leans[0] - max(leans[turn] for turn in (90, 180, 270)) >= UPRIGHT:
            return OrientationConfidence(0, TURN)
        said = TesseractOcrEngine.get_orientation(input_file, options)
        firm = said.confidence >= (AGREED if said.angle == best else SURE)
        return OrientationConfidence(said.angle, TURN) if firm else OrientationConfidence(0, 0.0)


def directions(picture) -> dict[int, float]:
    """How much the ink looks like lines of letters if the page is turned by 0, 90, 180, 270 degrees."""
    grey = picture.convert("L")
    scale = SMALL / min(grey.size)
    if scale < 1:
        grey = grey.resize((round(grey.width * scale), round(grey.height * scale)), Image.Resampling.BOX)
    wide, high = grey.size
    grey = grey.crop((wide * 6 // 100, high * 4 // 100, wide * 94 // 100, high * 96 // 100))
    paper = grey.filter(ImageFilter.BoxBlur(12))
    ink = ImageChops.subtract(paper, grey).point(lambda value: min(255, value * 2) if value > 20 else 0)
    down, across = _edges(ink), _edges(ink.transpose(Image.Transpose.ROTATE_90))
    return {0: down, 180: -down, 90: across, 270: -across}


def _edges(ink) -> float:
    """How much sharper ink ends than it begins going down, -1 to 1."""
    strips = ink.resize((STRIPS, ink.height), Image.Resampling.BOX).tobytes()
    begins = ends = 0
    for strip in range(STRIPS):
        column = strips[strip::STRIPS]
        for above, below in pairwise(column):
            step = below - above
            if step > 0:
                begins += step * step
            else:
                ends += step * step
    return (ends - begins) / max(1, ends + begins)


@hookimpl
def get_ocr_engine(options):
    """Our Engine."""
    return Engine()


@hookimpl
def rasterize_pdf_page(
    input_file, output_file, raster_device, raster_dpi, pageno, page_dpi, rotation, filter_vector, stop_on_soft_error,
    options, use_cropbox,
):  # fmt: skip
    """The picture the turn is seen in, at no more points than that needs; all others as always."""
    if not output_file.name.startswith(PREVIEW):
        return None
    small = Resolution(PREVIEW_DPI, PREVIEW_DPI).take_min([raster_dpi])
    return pypdfium.rasterize_pdf_page(
        input_file, output_file, raster_device, small, pageno, small, rotation, filter_vector, stop_on_soft_error,
        options, use_cropbox,
    )  # fmt: skip


@hookimpl
def get_progressbar_class():
    """Our progress instead of a bar on a terminal."""
    return PageProgress


@hookimpl
def filter_ocr_image(page, image):
    """Only the red channel: red ink is white there, black and blue stay dark. Faint print is made black, specks go."""
    red = image.getchannel("R") if image.mode == "RGB" else image
    if red.mode != "L" or not is_faint(red):
        return red if red is not image else None
    clear = red.filter(ImageFilter.MedianFilter(3)).filter(ImageFilter.GaussianBlur(0.7))
    darkest, paper = _ink(clear)
    return clear.point(lambda value: max(0, min(255, (value - darkest) * 255 // max(1, paper - darkest))))


def is_faint(grey) -> bool:
    """True when even the blackest print of a page is pale; specks do not count."""
    darkest, paper = _ink(grey.reduce(2).filter(ImageFilter.MedianFilter(3)))
    return paper - darkest < FAINT


def _ink(grey) -> tuple[int, int]:
    """(lightness of the darker part of the ink, lightness of the paper) in a picture."""
    counts = grey.histogram()
    paper = max(range(128, 256), key=counts.__getitem__)
    ink = counts[: max(0, paper - 40)]
    wanted, seen = sum(ink) * 0.15, 0
    for value, count in enumerate(ink):
        seen += count
        if seen > wanted:
            return value, paper
    return 0, paper
