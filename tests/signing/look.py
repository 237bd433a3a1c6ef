"""Pictures and pages for tests of the look: made on the spot, drawn and measured."""

import io
import subprocess

import pikepdf
import pypdfium2
from PIL import Image, ImageDraw, ImageFilter

DPI = 300
TURNS = {0: (1, 0, 0, 1, 0, 0), 90: (0, 1, -1, 0, 1, 0), 180: (-1, 0, 0, -1, 1, 1), 270: (0, -1, 1, 0, 0, 1)}
SIGNER = "Trần Thử Nghiệm"


# ---- pictures and pages ------------------------------------------------------------------------------------------


def png(image):
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def hand(width=640, height=240, edge=50, colour=(20, 40, 180, 255)):
    """A blue stroke on a transparent ground, with transparent edges round it."""
    image = Image.new("RGBA", (width + 2 * edge, height + 2 * edge), (0, 0, 0, 0))
    pen = ImageDraw.Draw(image)
    pen.rectangle((edge, edge, edge + width - 1, edge + height - 1), outline=colour, width=8)
    return png(image)


def seal(pixels=600, edge=40, colour=(220, 20, 30, 255)):
    """A red ring on a transparent ground, with transparent edges round it."""
    image = Image.new("RGBA", (pixels + 2 * edge, pixels + 2 * edge), (0, 0, 0, 0))
    ImageDraw.Draw(image).ellipse(
        (edge, edge, edge + pixels - 1, edge + pixels - 1), outline=colour, width=16
    )
    return png(image)


def turned(pdf, turn, shift=(0, 0), rim=0, unit=None):
    """The same page as the file may hold it otherwise: rotated, shifted, inside a larger media box, in larger units."""
    with pikepdf.open(io.BytesIO(pdf)) as made:
        page = made.pages[0]
        width, height = (float(value) for value in page.mediabox[2:])
        scale = 1 / (unit or 1)
        a, b, c, d, e, f = TURNS[turn]
        far = {90: (height, 0), 180: (width, height), 270: (0, width)}.get(turn, (0, 0))
        matrix = (a, b, c, d, e * far[0], f * far[1])
        numbers = [
            *(value * scale for value in matrix[:4]),
            matrix[4] * scale + shift[0],
            matrix[5] * scale + shift[1],
        ]
        page.contents_add(
            ("q " + " ".join(f"{value:.4f}" for value in numbers) + " cm ").encode(), prepend=True
        )
        page.contents_add(b" Q")
        across, up = (height, width) if turn % 180 else (width, height)
        right, top = shift[0] + across * scale, shift[1] + up * scale
        page.mediabox = [shift[0] - rim, shift[1] - rim, right + rim, top + rim]
        if rim:
            page.cropbox = [*shift, right, top]
        page.obj.Rotate = turn
        if unit:
            page.obj.UserUnit = unit
        out = io.BytesIO()
        made.save(out)
        return out.getvalue()


def drawn(pdf, page=0, dpi=DPI):
    document = pypdfium2.PdfDocument(pdf)
    document.init_forms()
    return document[page].render(scale=dpi / 72, may_draw_forms=True).to_pil().convert("RGB")


def extent(image, wanted):
    """The box (left, top, right, bottom) in pixels of what has a colour; None for nothing."""
    red, green, blue = image.split()
    lights = {"red": (red, green, blue), "blue": (blue, red, green)}[wanted]
    strong = lights[0].point(lambda value: 255 if value > 140 else 0)
    for weak in lights[1:]:
        strong = Image.composite(
            strong, Image.new("L", strong.size), weak.point(lambda value: 255 if value < 110 else 0)
        )
    return strong.filter(
        ImageFilter.MedianFilter(3)
    ).getbbox()  # the coloured rim of smoothed letters is no ink


def words(pdf, tmp_path, *options):
    path = tmp_path / "words.pdf"
    path.write_bytes(pdf)
    run = subprocess.run(["pdftotext", *options, str(path), "-"], capture_output=True, text=True, check=True)
    return run.stdout


def plain_page(width, height):
    with pikepdf.new() as made:
        made.add_blank_page(page_size=(width, height))
        out = io.BytesIO()
        made.save(out)
        return out.getvalue()
