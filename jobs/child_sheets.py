"""Child program of separate.py and arrange.py, run inside the sandbox: the pages of a PDF looked at, or put together anew.

    child_sheets.py look FILE MOST   → a line of JSON a page: {"page", "of", "codes": [QR text, …], "blank": true|false};
                                     of a signed file one line: {"of", "signed": true}
    child_sheets.py make FOLDER      (stdin: {"sources": [file, …], "targets": [[[source, page, turn], …], …]})
                                     → FOLDER/1.pdf, FOLDER/2.pdf, …; prints each number when it is there

Only a page that is a picture can be blank: one with a word, a drawing or an annotation of its own is left alone. Pages
are carried over as they are, pictures are not compressed again; the same pages give the same bytes.
Ends with 4 for a password, 5 for a file that cannot be read, 6 for a page that is not there, 7 for a signed file.
"""

import json
import sys
from pathlib import Path

import pikepdf
import pypdfium2
import pypdfium2.raw
import zxingcpp
from PIL import Image, ImageChops, ImageFilter, ImageStat

PASSWORD, BROKEN, NO_SUCH_PAGE, SIGNED = 4, 5, 6, 7
MOST_FIELDS = 2_000
DPI, MOST_PIXELS = 75, 4_000_000
EDGE = 0.035  # of the page: shadows of the lid and of the feeder
INK, COLOUR = 24, 10  # levels below the paper: written on; levels between colours: stamped
STREAK = 240  # of 255: a column or row that is dark from edge to edge is a dirty glass, never writing
TILE, DARK_TILE = 24, 5  # 8 mm; of 255: about 2 % of a tile
DARK_PAGE = 0.004  # share of ink spread over the page
WRITTEN, DARK = 0.01, 80  # a share of the page that lies so far below the paper: no need to look closer


class Signed(Exception):
    """Somebody signed the file: its bytes are the document."""


def main(command, *arguments):
    try:
        {"look": look, "make": make}[command](*arguments)
    except Signed:
        return SIGNED
    except pikepdf.PasswordError:
        return PASSWORD
    except pypdfium2.PdfiumError as error:
        print(error, file=sys.stderr)
        return PASSWORD if error.err_code == pypdfium2.raw.FPDF_ERR_PASSWORD else BROKEN
    except IndexError:
        return NO_SUCH_PAGE
    except (pikepdf.PdfError, OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return BROKEN
    return 0


def opened(path):
    """The file's structure. Raises Signed."""
    document = pikepdf.open(path)
    waiting = list(document.Root.get("/AcroForm", {}).get("/Fields", []))
    for _ in range(MOST_FIELDS):
        if not waiting:
            break
        field = waiting.pop()
        if field.get("/FT") == "/Sig" and "/V" in field:
            raise Signed
        waiting += list(field.get("/Kids", []))
    if "/Perms" in document.Root:
        raise Signed
    return document


# ---- looking -----------------------------------------------------------------------------------------------------


def look(path, most):
    """Say what is on each page."""
    document = pypdfium2.PdfDocument(path)
    try:
        opened(path).close()
    except Signed:
        print(json.dumps({"of": len(document), "signed": True}))
        return
    for number in range(1, min(len(document), int(most)) + 1):
        page = document[number - 1]
        codes, empty = seen(page)
        page.close()
        print(json.dumps({"page": number, "of": len(document), "codes": codes, "blank": empty}), flush=True)


def seen(page):
    """(texts of the QR codes, whether nothing is written on the page)."""
    width, height = page.get_size()
    scale = min(DPI / 72, (MOST_PIXELS / max(width * height, 1)) ** 0.5)
    picture = page.render(scale=scale).to_pil().convert("RGB")
    kind = zxingcpp.BarcodeFormat.QRCode
    found = zxingcpp.read_barcodes(picture.convert("L"), formats=kind, try_invert=False)
    codes = [code.text[:200] for code in found]
    return codes, not codes and is_picture(page) and blank(picture)


def is_picture(page):
    """True for a page that is a picture and nothing else."""
    if pypdfium2.raw.FPDFPage_GetAnnotCount(page) > 0 or page.get_textpage().get_text_range().strip():
        return False
    return {item.type for item in page.get_objects(max_depth=3)} == {pypdfium2.raw.FPDF_PAGEOBJ_IMAGE}


def blank(picture):
    """True when no tile of the page holds ink: writing by its darkness, a stamp also by its colour alone."""
    width, height = picture.size
    across, down = round(width * EDGE), round(height * EDGE)
    inner = picture.crop((across, down, width - across, height - down))
    paper = [max(range(256), key=band.histogram().__getitem__) for band in inner.split()]
    if (
        min(paper) < 128
        or sum(inner.convert("L").histogram()[: min(paper) - DARK]) > WRITTEN * width * height
    ):
        return False
    ink = without_streaks(ImageChops.lighter(dark(inner, paper), coloured(inner, paper)))
    if ImageStat.Stat(ink).mean[0] / 255 >= DARK_PAGE:
        return False
    between = ink.crop((TILE // 2, TILE // 2, *ink.size))
    return all(tiles.reduce(TILE).getextrema()[1] < DARK_TILE for tiles in (ink, between))


def below(picture, paper):
    """How far each colour lies below the paper's."""
    return [
        band.point([max(0, level - value) for value in range(256)])
        for band, level in zip(picture.split(), paper, strict=True)
    ]


def dark(picture, paper):
    """255 where all colours are darker than the paper."""
    red, green, blue = below(picture, paper)
    return over(ImageChops.darker(ImageChops.darker(red, green), blue), INK)


def coloured(picture, paper):
    """255 where one colour is much darker than another; smoothed, since scanners' colours are noisy."""
    red, green, blue = below(picture.filter(ImageFilter.BoxBlur(1)), paper)
    most = ImageChops.lighter(ImageChops.lighter(red, green), blue)
    return over(ImageChops.subtract(most, ImageChops.darker(ImageChops.darker(red, green), blue)), COLOUR)


def over(band, level):
    """255 where the band reaches the level, else 0."""
    return band.point([255 if value >= level else 0 for value in range(256)])


def without_streaks(ink):
    """The ink without lines that run along the whole page."""
    for size in ((ink.width, 1), (1, ink.height)):
        line = over(ink.resize(size, Image.Resampling.BOX), STREAK)
        if line.getextrema()[1]:
            wide = ImageChops.lighter(ImageChops.offset(line, 1), ImageChops.offset(line, -1))
            wide = ImageChops.lighter(wide, line).resize(ink.size, Image.Resampling.NEAREST)
            ink = ImageChops.subtract(ink, wide)
    return ink


# ---- putting together --------------------------------------------------------------------------------------------


def make(folder):
    """Write the files asked for."""
    asked = json.load(sys.stdin)
    sources = [opened(path) for path in asked["sources"]]
    for number, pages in enumerate(asked["targets"], 1):
        with pikepdf.new() as made:
            for source, page, turn in pages:
                if not 1 <= page <= len(sources[source].pages):
                    raise IndexError
                made.pages.append(sources[source].pages[page - 1])
                if turn:
                    made.pages[-1].rotate(turn, relative=True)
            newest = max(sources[source].pdf_version for source, _, _ in pages)
            made.save(Path(folder, f"{number}.pdf"), deterministic_id=True, min_version=max(newest, "1.4"))
        print(number, flush=True)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
