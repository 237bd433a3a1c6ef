"""Child program of ocr.py, run inside the sandbox: a picture (JPEG, PNG, TIFF of several pages) as a PDF of its pages.

child_picture.py FILE TARGET   → prints the number of pages. Ends with 5 for a file that cannot be read.
"""

import sys

from PIL import Image, ImageOps, UnidentifiedImageError

Image.MAX_IMAGE_PIXELS = 120_000_000
MOST_PAGES, BROKEN = 300, 5
A4_INCHES = 8.27
PLAUSIBLE_DPI = (72, 700)
MOST_DPI, ENOUGH_DPI = 330, 300


def main(path, target):
    """Write the PDF."""
    try:
        with Image.open(path) as picture:
            count = min(getattr(picture, "n_frames", 1), MOST_PAGES)
            for number in range(count):
                picture.seek(number)
                sheet = flat(picture)
                dots = named_dpi(picture, sheet)
                if not dots:
                    sheet = reduced(sheet)
                    dots = min(sheet.size) / A4_INCHES
                sheet.save(target, "PDF", append=number > 0, resolution=dots, quality=92)
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
    print(count)
    return 0


def flat(picture):
    """The frame upright, on white, in grey or colour."""
    upright = ImageOps.exif_transpose(picture)
    if upright.mode in ("1", "L"):
        return upright.convert("L")
    if upright.mode in ("LA", "PA", "RGBA", "P"):
        layered = upright.convert("RGBA")
        white = Image.new("RGBA", layered.size, "white")
        return Image.alpha_composite(white, layered).convert("RGB")
    return upright.convert("RGB")


def named_dpi(picture, sheet):
    """The resolution the file names; 0 where it names none that can be: a photograph, taken as if the sheet were A4."""
    named = float(picture.info.get("dpi", (0, 0))[0] or 0)
    least, most = PLAUSIBLE_DPI
    inches = min(sheet.size) / named if named else 0
    return named if least <= named <= most and 3 < inches < 25 else 0


def reduced(sheet):
    """A photograph with far more dots than reading and printing need, at ENOUGH_DPI of A4; others as they are."""
    dots = min(sheet.size) / A4_INCHES
    if dots <= MOST_DPI:
        return sheet
    share = ENOUGH_DPI / dots
    return sheet.resize((round(sheet.width * share), round(sheet.height * share)), Image.Resampling.LANCZOS)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
