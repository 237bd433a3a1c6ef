"""Child program of render.py, run inside the sandbox: opens one PDF or picture and says or draws what is in it.

    child_pages.py info FILE                          → JSON {"pages": n, "sizes": [[width, height] in points, …]}
    child_pages.py images FILE FOLDER DPI N [N …]     → FOLDER/N.png for each page (from 1)
    child_pages.py thumbs FILE FOLDER N [N …]         → FOLDER/N.jpg, small enough for a strip of pages
    child_pages.py text FILE N [N …]                  → JSON {N: {"width", "height", "lines": [[text, l, t, r, b], …]}}

Ends with 4 for a password, 5 for a file that cannot be read, 6 for a page that is not there.
"""

import ctypes
import json
import sys
import unicodedata
from pathlib import Path

import pypdfium2
import pypdfium2.raw
from PIL import Image, ImageOps, UnidentifiedImageError

MOST_PIXELS = 24_000_000  # A3 at 300 dpi has 17 million; a larger page is drawn smaller
MOST_SIZES = 2_000
THUMB, THUMB_BYTES = 260, 20_000  # longer side in pixels; bytes
MOST_LINES = 5_000
MOST_CHARACTERS = 60_000
# in heights of a character: further apart across, it is another column, a new word; down, another line
WIDE_GAP, WORD_GAP, SAME_LINE = 1.5, 0.1, 0.25
PASSWORD, BROKEN, NO_SUCH_PAGE = 4, 5, 6
Image.MAX_IMAGE_PIXELS = 120_000_000  # a sheet of A3 at 600 dpi has 70 million


class Pdf:
    """Pages of a PDF; form fields (number, date) are drawn and read like the rest of the page."""

    def __init__(self, path):
        self.document = pypdfium2.PdfDocument(path)
        if self.document.get_formtype() != pypdfium2.raw.FORMTYPE_NONE:
            self.document.init_forms()

    def __len__(self):
        return len(self.document)

    def size(self, number):
        """Width and height in points; a page that cannot be read counts as A4."""
        try:
            width, height = self.document.get_page_size(number - 1)
        except pypdfium2.PdfiumError:
            return (595.0, 842.0)
        return (max(width, 1.0), max(height, 1.0))

    def image(self, number, dpi):
        """The page as a picture of at most MOST_PIXELS."""
        width, height = self.size(number)
        scale = min(dpi / 72, (MOST_PIXELS / (width * height)) ** 0.5)
        return self.document[number - 1].render(scale=scale, may_draw_forms=True).to_pil()

    def lines(self, number):
        """Text of the page in runs with their boxes (left, top, right, bottom in points from the upper left)."""
        page = self.document[number - 1]
        pypdfium2.raw.FPDFPage_Flatten(page, pypdfium2.raw.FLAT_NORMALDISPLAY)
        page = self.document[number - 1]  # opened anew, so that flattened fields are part of its text
        _, height = self.size(number)
        return [row for line in _lines(_glyphs(page.get_textpage())) for row in _runs(line, height)][
            :MOST_LINES
        ]


def _glyphs(words):
    """(baseline, left, bottom, right, top, character) of each visible character."""
    found, x, y = [], ctypes.c_double(), ctypes.c_double()
    for index in range(min(words.count_chars(), MOST_CHARACTERS)):
        code = pypdfium2.raw.FPDFText_GetUnicode(words, index)
        character = chr(code) if 32 < code < 0xD800 else ""
        if not character.strip() or not pypdfium2.raw.FPDFText_GetCharOrigin(words, index, x, y):
            continue
        left, bottom, right, top = words.get_charbox(index, loose=True)
        found.append((y.value, left, bottom, right, top, character))
    return found


def _lines(glyphs):
    """Characters of one baseline together, from left to right: a file may draw the marked letters of a line apart."""
    lines = []
    for glyph in sorted(glyphs, key=lambda glyph: -glyph[0]):
        height = max(glyph[4] - glyph[2], 1.0)
        if not lines or lines[-1][0][0] - glyph[0] > SAME_LINE * height:
            lines.append([])
        lines[-1].append(glyph)
    return [sorted(line, key=lambda glyph: glyph[1]) for line in lines]


def _runs(line, page_height):
    """[text, left, top, right, bottom] of each run of a line, from the page's upper left corner."""
    runs = []
    for glyph in line:
        gap = glyph[1] - runs[-1][-1][3] if runs else 0
        if not runs or gap > WIDE_GAP * (glyph[4] - glyph[2]):
            runs.append([])
        elif gap > WORD_GAP * (glyph[4] - glyph[2]):
            runs[-1].append((*runs[-1][-1][:5], " "))
        runs[-1].append(glyph)
    rows = []
    for run in runs:
        _, lefts, bottoms, rights, tops, characters = zip(*run, strict=True)
        edges = (min(lefts), page_height - max(tops), max(rights), page_height - min(bottoms))
        rows.append([unicodedata.normalize("NFC", "".join(characters)), *(round(edge, 1) for edge in edges)])
    return rows


class Picture:
    """Frames of a JPEG, PNG or TIFF as pages, turned as the camera says."""

    def __init__(self, path):
        self.picture = Image.open(path)

    def __len__(self):
        return getattr(self.picture, "n_frames", 1)

    def size(self, number):
        self.picture.seek(number - 1)
        across, down = (float(v) or 72.0 for v in self.picture.info.get("dpi", (150, 150)))
        width, height = self.picture.size
        return (width * 72 / across, height * 72 / down)

    def image(self, number, dpi):
        self.picture.seek(number - 1)
        width, _ = self.size(number)
        whole = ImageOps.exif_transpose(self.picture)
        wanted = min(1.0, width * dpi / 72 / self.picture.width)
        shown = whole.convert("L" if whole.mode in ("1", "L", "I;16") else "RGB")
        if wanted < 1:
            shown = shown.resize([max(1, round(v * wanted)) for v in whole.size], Image.Resampling.BOX)
        return shown

    def lines(self, number):
        return []


def opened(path):
    """The file as pages, by its first bytes."""
    with open(path, "rb") as file:
        is_pdf = b"%PDF-" in file.read(1024)
    return Pdf(path) if is_pdf else Picture(path)


def info(path):
    """Print number and sizes of the pages."""
    pages = opened(path)
    if len(pages) == 0:
        raise IndexError
    sizes = [[round(v, 1) for v in pages.size(n)] for n in range(1, min(len(pages), MOST_SIZES) + 1)]
    print(json.dumps({"pages": len(pages), "sizes": sizes}))


def images(path, folder, dpi, *numbers):
    """Draw pages into a folder, saying each number when it is there."""
    pages = opened(path)
    for number in wanted(pages, numbers):
        pages.image(number, int(dpi)).save(Path(folder, f"{number}.png"), compress_level=4)
        print(number, flush=True)


def thumbs(path, folder, *numbers):
    """Draw small pictures of pages into a folder, saying each number when it is there."""
    pages = opened(path)
    for number in wanted(pages, numbers):
        width, height = pages.size(number)
        picture = pages.image(number, max(1, THUMB * 72 / max(width, height))).convert("RGB")
        picture.thumbnail((THUMB, THUMB))
        for quality in (75, 50, 25):
            picture.save(Path(folder, f"{number}.jpg"), quality=quality)
            if Path(folder, f"{number}.jpg").stat().st_size <= THUMB_BYTES:
                break
        print(number, flush=True)


def text(path, *numbers):
    """Print the text of pages with boxes."""
    pages, found = opened(path), {}
    for number in wanted(pages, numbers):
        width, height = pages.size(number)
        found[number] = {"width": width, "height": height, "lines": pages.lines(number)}
    print(json.dumps(found))


def wanted(pages, numbers):
    """The page numbers asked for; the first must be there, later ones past the end are left out."""
    chosen = [int(number) for number in numbers if 1 <= int(number) <= len(pages)]
    if not chosen or chosen[0] != int(numbers[0]):
        raise IndexError
    return chosen


def main(command, *arguments):
    try:
        {"info": info, "images": images, "thumbs": thumbs, "text": text}[command](*arguments)
    except pypdfium2.PdfiumError as error:
        print(error, file=sys.stderr)
        return PASSWORD if error.err_code == pypdfium2.raw.FPDF_ERR_PASSWORD else BROKEN
    except IndexError:
        return NO_SUCH_PAGE
    except (
        UnidentifiedImageError,
        Image.DecompressionBombError,
        OSError,
        EOFError,
        SyntaxError,
        ValueError,
    ) as error:
        print(error, file=sys.stderr)
        return BROKEN
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
