"""Child program of ocr.py and extract.py, run inside the sandbox: boxes of a page read again, enlarged and line by line.

    child_reread.py FILE < [[name, page, [x0, y0, x1, y1]], …]
        → JSON {name: {"texts": [text of each way of preparing the picture], "ink": share of blue ink}}

A red seal over the line falls away in the red channel; ink that is blue was written by hand.
"""

import json
import subprocess
import sys

import pypdfium2
from PIL import Image, ImageChops, ImageFilter, ImageOps

SCALES = (200 / 72, 300 / 72, 400 / 72)
MARGINS = (10, 5)  # points around the box, across and down
DARK, BLUE = 140, 35  # of 255
GAP = 30  # points of the picture between lines put together
SEALED = ("signer",)
LINES, STAMPS = ("number", "date"), "stamps"
RED = 60  # how much redder than green and blue ink of a stamp is, of 255
MOST_BOXES = 8


def main(path):
    """Read the boxes named on stdin."""
    document = pypdfium2.PdfDocument(path)
    found = {}
    for name, number, box in json.load(sys.stdin)[:MOST_BOXES]:
        page = document[number - 1]
        pictures = [crop(page, box, scale) for scale in SCALES]
        if name == STAMPS:
            texts = [read(red_ink(pictures[0]))]
        else:
            texts = one_line(pictures) if name in LINES else blocks(pictures, name)
        found[name] = {"page": number, "box": box, "texts": texts, "ink": ink(pictures[0])}
    print(json.dumps(found, ensure_ascii=False))
    return 0


def crop(page, box, scale):
    """The box with a margin as a picture."""
    width, height = page.get_size()
    across, down = MARGINS
    x0, y0 = max(0, box[0] - across), max(0, box[1] - down)
    x1, y1 = min(width, box[2] + across), min(height, box[3] + down)
    edges = (x0, height - y1, width - x1, y0)
    return page.render(scale=scale, crop=edges, may_draw_forms=True).to_pil().convert("RGB")


def one_line(pictures):
    """A single line prepared in four ways, one above the other: read at one go, a text each."""
    red = [picture.getchannel("R") for picture in pictures]
    red.append(ImageOps.autocontrast(red[1].filter(ImageFilter.GaussianBlur(0.8)), cutoff=2))
    width, gap = max(picture.width for picture in red), GAP
    sheet = Image.new("L", (width, sum(picture.height + gap for picture in red)), 255)
    top = 0
    for picture in red:
        sheet.paste(picture, (0, top))
        top += picture.height + gap
    return [line for line in read(sheet).splitlines() if line.strip()]


def blocks(pictures, name):
    """Several lines: at the middle scale; what lies under a seal also at the smallest."""
    chosen = (pictures[1], pictures[0]) if name in SEALED else (pictures[1],)
    return [read(picture.getchannel("R")) for picture in chosen]


def red_ink(picture):
    """Only what is red, as black on white: stamps of secrecy and urgency, which the red channel does not show."""
    red, green, blue = picture.split()
    redder = ImageChops.subtract(red, ImageChops.lighter(green, blue))
    return redder.point(lambda value: 0 if value > RED else 255)


def read(picture):
    """The text of a picture."""
    framed = ImageOps.expand(picture, border=20, fill=255)
    command = ["tesseract", "-", "-", "-l", "vie", "--psm", "6"]
    result = subprocess.run(command, input=as_pgm(framed), capture_output=True, timeout=20, check=False)
    return result.stdout.decode(errors="replace").strip()


def as_pgm(picture: Image.Image) -> bytes:
    """The picture as a portable graymap, which needs no temporary file."""
    return b"P5 %d %d 255\n" % picture.size + picture.convert("L").tobytes()


def ink(picture) -> float:
    """Share of the dark points that are blue."""
    red, _, blue = picture.split()
    dark = red.point(lambda value: 255 if value < DARK else 0)
    bluer = ImageChops.subtract(blue, red).point(lambda value: 255 if value > BLUE else 0)
    found = ImageChops.multiply(dark, bluer)
    return round(found.histogram()[255] / max(1, dark.histogram()[255]), 3)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
