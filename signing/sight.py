"""Both states of a file drawn and compared, since structure alone has missed shadow attacks (anchors M8)."""

import io

import pypdfium2
from PIL import Image, ImageChops, ImageDraw

DPI = 60
MOST_PAGES = 400  # beyond it the drawing is not compared, and the report says so
_LOUDEST = 40  # a difference of a grey value below it is the renderer's noise
_MARGIN = 3  # points of the picture round an allowed field
_RED_SHARE, _RED_WIDTH = 0.0015, 40


def compare(before: bytes, after: bytes, boxes: dict[int, list]) -> tuple[int, ...] | None:
    """Numbers of the pages that look different outside the boxes; None when there are too many to draw.

    `boxes`: index of the page → (left, bottom, right, top) in points of what may look different there.
    """
    old, new = pypdfium2.PdfDocument(before), pypdfium2.PdfDocument(after)
    try:
        if len(old) != len(new):
            return tuple(range(min(len(old), len(new)) + 1, max(len(old), len(new)) + 1))
        return _different(old, new, boxes) if len(new) <= MOST_PAGES else None
    finally:
        old.close()
        new.close()


def red_seals(pdf: bytes, most: int = 4) -> tuple[int, ...]:
    """Pages that show something like the red round picture of a seal; the first and the last pages are looked at."""
    document = pypdfium2.PdfDocument(io.BytesIO(pdf))
    try:
        count = len(document)
        wanted = sorted({*range(min(count, most // 2)), *range(max(0, count - most // 2), count)})
        return tuple(index + 1 for index in wanted if _is_sealed(document[index]))
    finally:
        document.close()


def _is_sealed(page):
    width, height = page.get_size()
    scale = min(40 / 72, 1000 / max(width, height, 1))
    picture = page.render(scale=scale).to_pil().convert("RGB")
    red, green, blue = picture.split()
    over = ImageChops.darker(ImageChops.subtract(red, green), ImageChops.subtract(red, blue))
    mask = over.point(lambda value: 255 if value > 60 else 0)
    box = mask.getbbox()
    if box is None:
        return False
    share = mask.histogram()[255] / (picture.width * picture.height)
    return share > _RED_SHARE and _is_round(mask)


def _is_round(mask):
    """True when some window of about 3 to 5 cm holds red on all its four sides and corners are free, as a ring does."""
    small = mask.resize((max(1, mask.width // 4), max(1, mask.height // 4)), Image.Resampling.BOX)
    points = [(i % small.width, i // small.width) for i, value in enumerate(small.tobytes()) if value > 30]
    for left in range(0, small.width, 3):
        for top in range(0, small.height, 3):
            for size in (10, 13, 16, 20):
                inside = [
                    (x - left, y - top) for x, y in points if 0 <= x - left < size and 0 <= y - top < size
                ]
                if len(inside) > size * 2 and _has_ring(inside, size):
                    return True
    return False


def _has_ring(points, size):
    middle, sectors = (size - 1) / 2, set()
    rim = outside = 0
    for x, y in points:
        across, down = x - middle, y - middle
        distance = (across * across + down * down) ** 0.5 / middle
        if distance > 1.2:
            outside += 1
        elif distance > 0.72:
            rim += 1
            sectors.add((across > 0, down > 0, abs(across) > abs(down)))
    return len(sectors) == 8 and outside <= 2 and rim >= size * 1.6


def _different(before, after, boxes):
    for document in (before, after):
        document.init_forms()
    found = []
    for index in range(len(after)):
        old, new = before[index], after[index]
        one, _ = _draw(old)
        two, place = _draw(new)
        if one.size != two.size:
            found.append(index + 1)
            continue
        for box in boxes.get(index, ()):
            _cover((one, two), place, box)
        if ImageChops.difference(one, two).getextrema()[1] > _LOUDEST:
            found.append(index + 1)
    return tuple(found)


def _draw(page):
    """The page in grey, and what turns points of the page into points of the picture."""
    width, height = page.get_size()
    scale = min(DPI / 72, 2000 / max(width, height, 1))
    bitmap = page.render(scale=scale, grayscale=True, may_draw_forms=True)
    return bitmap.to_pil().convert("L"), bitmap.get_posconv(page)


def _cover(images, place, box):
    left, bottom, right, top = box
    xs, ys = zip(place.to_bitmap(left, bottom), place.to_bitmap(right, top), strict=True)
    corners = (min(xs) - _MARGIN, min(ys) - _MARGIN, max(xs) + _MARGIN, max(ys) + _MARGIN)
    for image in images:
        ImageDraw.Draw(image).rectangle(corners, fill=255)
