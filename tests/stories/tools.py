"""Independent eyes: poppler's pdfsig, pdftotext and pdftoppm; and the little files a story needs."""

import io
import subprocess
from pathlib import Path

import pikepdf
from PIL import Image, ImageDraw

DPI = 150
DARK = 128


def pdfsig(path: Path) -> str:
    """What poppler says of the signatures (digest and CMS; it trusts no demonstration root, so trust is not asked)."""
    return _run("pdfsig", "-nocert", path)


def page_words(path: Path) -> str:
    """The text of page 1, form fields included."""
    return _run("pdftotext", "-f", "1", "-l", "1", "-layout", path, "-")


def ink(path: Path, field: str) -> int:
    """Dark pixels inside a form field's box on the page as poppler draws it."""
    with pikepdf.open(path) as pdf:
        box = next(
            [float(edge) for edge in note.Rect]
            for page in pdf.pages[:1]
            for note in page.get("/Annots", [])
            if str(note.get("/T", "")) == field
        )
        height = float(pdf.pages[0].mediabox[3])
    drawn = subprocess.run(
        ["pdftoppm", "-f", "1", "-l", "1", "-r", str(DPI), "-gray", path],
        capture_output=True,
        check=True,
        timeout=60,
    )
    page = Image.open(io.BytesIO(drawn.stdout))
    scale = DPI / 72
    crop = page.crop((box[0] * scale, (height - box[3]) * scale, box[2] * scale, (height - box[1]) * scale))
    return sum(count for level, count in enumerate(crop.histogram()[:DARK]))


def annex_pdf() -> bytes:
    """A one-page annex in a file of its own."""
    page = Image.new("RGB", (1240, 1754), "white")
    draw = ImageDraw.Draw(page)
    draw.rectangle((150, 300, 1090, 900), outline="black", width=3)
    for row in range(400, 900, 100):
        draw.line((150, row, 1090, row), fill="black", width=2)
    out = io.BytesIO()
    page.save(out, "PDF", resolution=150)
    return out.getvalue()


def _run(*command) -> str:
    done = subprocess.run(command, check=False, capture_output=True, timeout=60, text=True, errors="replace")
    return done.stdout + done.stderr
