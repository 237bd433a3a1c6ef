"""Child program of reading_again.py, run inside the sandbox: boxes of a page read again, each prepared in several ways.

    child_reread.py FILE < [[name, page, [x0, y0, x1, y1], slope], …]
        → JSON {name: {"page", "box", "texts": [text of each way of preparing the picture], "ink": share of blue ink,
                       "others": [text by another model of letters: number and date only, [] where it is not installed]}}

`slope`: how much the page's lines fall from left to right (0.02 = 2 in 100). A red seal over the line falls away in the
red channel; ink that is blue was written by hand. Single lines go to one run of tesseract, blocks to another.
"""

import itertools
import json
import math
import subprocess
import sys
import tempfile
from pathlib import Path

import pypdfium2
from PIL import Image, ImageChops, ImageFilter, ImageOps
from pypdfium2 import raw

POINTS = 72  # an inch
LEAST_DPI, MOST_DPI, USUAL_DPI = 150, 400, 300
MARGINS = (10, 5)  # points around the box, across and down
DARK, BLUE = 140, 35  # of 255
FAINT, DARKEST = 105, 0.15  # ink less black than this is faint; which share of the ink counts as the darkest
LINES, STAMPS = ("number", "date"), "stamps"
RED = 60  # how much redder than green and blue ink of a stamp is, of 255
MOST_BOXES = 8
SECONDS = 30
USUAL, OTHER = "vie", "eng"  # the second comes with every tesseract and errs at other digits
LEAST_RED = 4  # points a dot an inch: fewer are no stamp
STAMP_DPI, COARSE = 200, 4  # stamps are looked for at this resolution, in squares of so many points
STAMP_WIDE, STAMP_HIGH = (11, 62), (5, 26)  # millimetres a stamp measures, its turn included
RIM = 0.07
FILLED = 0.55  # a frame is no fuller than this
ROWS_EDGED, COLUMNS_EDGED = 0.25, 0.5  # more ink than this share makes an outer row (column) the frame's line
ANGLES = range(-10, 11)  # degrees a stamp may have been put down askew
MOST_STAMPS = 3


def main(path):
    """Read the boxes named on stdin."""
    pages = Pages(pypdfium2.PdfDocument(path))
    lines, blocks, found = {}, {}, {}
    for name, number, box, *slope in json.load(sys.stdin)[:MOST_BOXES]:
        picture = pages.crop(number, box, slope[0] if slope else 0.0)
        found[name] = {"page": number, "box": box, "ink": ink(picture), "texts": [], "others": []}
        if name == STAMPS:
            blocks[name] = stamps(scaled(picture, pages.dpi[number], STAMP_DPI))
        elif name in LINES:
            lines[name] = line_ways(picture, pages.dpi[number])
        else:
            blocks[name] = block_ways(picture, pages.dpi[number])
    tell(found, "texts", lines, "7", USUAL)
    tell(found, "texts", blocks, "6", USUAL)
    tell(found, "others", {name: ways[:3] for name, ways in lines.items()}, "7", OTHER)
    print(json.dumps(found, ensure_ascii=False))
    return 0


def tell(found, kind, asked, layout, language):
    """Read the pictures of all names at one go and put down what each says."""
    texts = iter(read([one for ways in asked.values() for one in ways], layout, language))
    for name, ways in asked.items():
        found[name][kind] = [said for said in [next(texts) for _ in ways] if said]


class Pages:
    """The pages of the file as pictures, each drawn once, at the resolution its scan has."""

    def __init__(self, document):
        self.document, self.drawn, self.dpi = document, {}, {}

    def crop(self, number, box, slope):
        """The box with a margin, its lines made level."""
        picture = self.page(number)
        scale = self.dpi[number] / POINTS
        across, down = MARGINS
        tilt = abs(slope) * (box[2] - box[0]) / 2
        edges = [box[0] - across, box[1] - down - tilt, box[2] + across, box[3] + down + tilt]
        x0, y0, x1, y1 = (round(edge * scale) for edge in edges)
        part = picture.crop((max(0, x0), max(0, y0), min(picture.width, x1), min(picture.height, y1)))
        if abs(slope) < 0.003 or not part.width or not part.height:
            return part
        level = part.rotate(
            math.degrees(math.atan(slope)), Image.Resampling.BICUBIC, fillcolor=(255, 255, 255)
        )
        spare = min(round(tilt * scale), level.height // 4)
        return level.crop((0, spare, level.width, level.height - spare))

    def page(self, number):
        """The whole page."""
        if number not in self.drawn:
            page = self.document[number - 1]
            self.dpi[number] = resolution(page)
            self.drawn[number] = (
                page.render(scale=self.dpi[number] / POINTS, may_draw_forms=True).to_pil().convert("RGB")
            )
        return self.drawn[number]


def resolution(page) -> int:
    """Dots an inch of the largest picture on a page, within reason."""
    best, dpi = 0.0, USUAL_DPI
    for found in page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=2):
        left, bottom, right, top = found.get_bounds()
        wide, high = right - left, top - bottom
        if wide * high > best and min(wide, high) > 0:
            best, dpi = wide * high, max(found.get_px_size()) / max(wide, high) * POINTS
    return round(min(MOST_DPI, max(LEAST_DPI, dpi)))


def line_ways(picture, dpi):
    """A single line prepared in several ways."""
    plain = clear(picture.getchannel("R"))
    large = scaled(plain, dpi, 300)
    soft = ImageOps.autocontrast(large.filter(ImageFilter.GaussianBlur(1.0)), cutoff=2)
    return [large, scaled(plain, dpi, 400), soft, inked(large)]


def block_ways(picture, dpi):
    """Several lines, two ways."""
    plain = clear(picture.getchannel("R"))
    return [scaled(plain, dpi, 300), scaled(plain, dpi, 200).filter(ImageFilter.GaussianBlur(0.5))]


def scaled(picture, dpi, wanted):
    """The picture as if it had been scanned at `wanted` dots an inch."""
    if abs(wanted - dpi) < 10:
        return picture
    size = (max(1, round(picture.width * wanted / dpi)), max(1, round(picture.height * wanted / dpi)))
    return picture.resize(size, Image.Resampling.LANCZOS)


def clear(grey):
    """The picture with its ink black and its paper white; specks go where the ink is faint."""
    darkest, paper = levels(grey)
    if paper - darkest < FAINT:
        grey = grey.filter(ImageFilter.MedianFilter(3)).filter(ImageFilter.GaussianBlur(0.7))
        darkest, paper = levels(grey)
    return grey.point(lambda value: max(0, min(255, (value - darkest) * 255 // max(1, paper - darkest))))


def levels(grey) -> tuple[int, int]:
    """(lightness of the darker part of the ink, of the paper)."""
    counts = grey.histogram()
    paper = max(range(128, 256), key=counts.__getitem__)
    found = counts[: max(0, paper - 40)]
    wanted, seen = sum(found) * DARKEST, 0
    for value, count in enumerate(found):
        seen += count
        if seen > wanted:
            return value, paper
    return 0, paper


def inked(grey):
    """Black on white: ink is what is darker than its surroundings."""
    around = grey.filter(ImageFilter.BoxBlur(25))
    black = ImageChops.subtract(around, grey).point(lambda value: 0 if value > 45 else 255)
    return black.filter(ImageFilter.GaussianBlur(0.8))


def stamps(picture):
    """What may be a stamp: all that is red, each red patch made level, and black frames with something in them."""
    red = red_ink(picture)
    found = []
    if red.histogram()[0] > LEAST_RED * STAMP_DPI:
        found = [red, *(level(red.crop(box)) for box in patches(red, 2)[:MOST_STAMPS])]
    black = ImageOps.invert(inked(picture.getchannel("R"))).point(lambda value: 0 if value > 128 else 255)
    framed = [level(black.crop(box), RIM) for box in patches(black, 0, FILLED)[:MOST_STAMPS]]
    return found + framed


def red_ink(picture):
    """Only what is red, as black on white: stamps of secrecy and urgency, which the red channel does not show."""
    red, green, blue = picture.split()
    redder = ImageChops.subtract(red, ImageChops.lighter(green, blue))
    return redder.point(lambda value: 0 if value > RED else 255)


def patches(black, reach, fullest=1.0):
    """Boxes of ink that hangs together across `reach` squares, of the size of a stamp, the largest first."""
    coarse = ImageOps.invert(black).reduce(COARSE).point(lambda value: 255 if value > 40 else 0)
    wide = coarse.width
    left = {i for i, value in enumerate(coarse.tobytes()) if value}
    found = []
    steps = [dy * wide + dx for dy in range(-reach - 1, reach + 2) for dx in range(-reach - 1, reach + 2)]
    while left:
        todo, part = [left.pop()], []
        while todo:
            part.append(todo.pop())
            near = {part[-1] + step for step in steps} & left
            left -= near
            todo.extend(near)
        columns, rows = [i % wide for i in part], [i // wide for i in part]
        x0, x1, y0, y1 = min(columns), max(columns) + 1, min(rows), max(rows) + 1
        millimetres = COARSE * 25.4 / STAMP_DPI
        fits = (
            STAMP_WIDE[0] < (x1 - x0) * millimetres < STAMP_WIDE[1]
            and STAMP_HIGH[0] < (y1 - y0) * millimetres < STAMP_HIGH[1]
        )
        if (
            fits
            and len(part) <= fullest * (x1 - x0) * (y1 - y0)
            and (fullest == 1.0 or hollow(part, wide, (x0, y0, x1, y1)))
        ):
            found.append((len(part), [x0 * COARSE, y0 * COARSE, x1 * COARSE, y1 * COARSE]))
    return [box for _, box in sorted(found, reverse=True)]


def hollow(part, wide, box) -> bool:
    """True when ink reaches all four sides of its box along most of them: a frame, not letters."""
    x0, y0, x1, y1 = box
    columns = {(i % wide, i // wide < (y0 + y1) / 2) for i in part}
    rows = {(i // wide, i % wide < (x0 + x1) / 2) for i in part}
    return len(columns) > 1.7 * (x1 - x0) and len(rows) > 1.7 * (y1 - y0)


def level(black, rim=0.0):
    """A stamp made level, its frame taken away, and `rim` of what is left on each side, where bits of the frame stay."""
    black = ImageOps.expand(black, border=12, fill=255)
    turned = max((black.rotate(angle, expand=True, fillcolor=255) for angle in ANGLES), key=sharpness)
    ink_box = ImageOps.invert(turned).getbbox()
    if not ink_box:
        return turned
    turned = turned.crop(ink_box)
    for share in (ROWS_EDGED, COLUMNS_EDGED):
        turned = without_edges(turned, share).transpose(Image.Transpose.TRANSPOSE)
    across, down = round(turned.width * rim), round(turned.height * rim)
    turned = turned.crop((across, down, turned.width - across, turned.height - down))
    grown = turned.resize((turned.width * 3 // 2, turned.height * 3 // 2), Image.Resampling.BICUBIC)
    return ImageOps.expand(grown.filter(ImageFilter.GaussianBlur(0.8)), border=20, fill=255)


def sharpness(picture) -> int:
    """How sharply lines of ink stand apart from top to bottom."""
    rows = ImageOps.invert(picture).resize((1, picture.height), Image.Resampling.BOX).tobytes()
    return sum((above - below) ** 2 for above, below in itertools.pairwise(rows))


def without_edges(black, share):
    """The picture without the rows at its top and bottom that are a drawn line, and what lies outside them."""
    rows = ImageOps.invert(black).resize((1, black.height), Image.Resampling.BOX).tobytes()
    reach = max(2, black.height * 22 // 100)
    ruled = [index for index, value in enumerate(rows) if value > share * 255]
    top = max((index for index in ruled if index < reach), default=-1) + 1
    bottom = min((index for index in ruled if index >= black.height - reach), default=black.height)
    return black.crop((0, top, black.width, max(top + 1, bottom)))


def read(pictures, layout, language):
    """The text of each picture, by one run of tesseract."""
    if not pictures:
        return []
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for index, picture in enumerate(pictures):
            paths.append(Path(folder, f"{index}.pgm"))
            framed = ImageOps.expand(picture.convert("L"), border=20, fill=255)
            paths[-1].write_bytes(b"P5 %d %d 255\n" % framed.size + framed.tobytes())
        Path(folder, "list").write_text("\n".join(map(str, paths)))
        command = ["tesseract", f"{folder}/list", "-", "-l", language, "--psm", layout]
        result = subprocess.run(command, capture_output=True, timeout=SECONDS, check=False)
    texts = [said.strip() for said in result.stdout.decode(errors="replace").split("\f")]
    return (texts + [""] * len(pictures))[: len(pictures)]


def ink(picture) -> float:
    """Share of the dark points that are blue."""
    red, _, blue = picture.split()
    dark = red.point(lambda value: 255 if value < DARK else 0)
    bluer = ImageChops.subtract(blue, red).point(lambda value: 255 if value > BLUE else 0)
    found = ImageChops.multiply(dark, bluer)
    return round(found.histogram()[255] / max(1, dark.histogram()[255]), 3)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
