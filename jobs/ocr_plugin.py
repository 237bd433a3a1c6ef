"""Plugin of OCRmyPDF for ocr.py: the red of seals and stamps falls away before reading, and each page is told on stdout.

Progress lines: «page DONE TOTAL».
"""

import os

from ocrmypdf import hookimpl

WAY_OUT = int(os.environ.get("VANTHU_OCR_PROGRESS", "1"))


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


@hookimpl
def get_progressbar_class():
    """Our progress instead of a bar on a terminal."""
    return PageProgress


@hookimpl
def filter_ocr_image(page, image):
    """Only the red channel: red ink is white there, black and blue stay dark."""
    return image.getchannel("R") if image.mode == "RGB" else None
