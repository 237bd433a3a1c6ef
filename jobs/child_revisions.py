"""Child program of revisions.py, run inside the sandbox: what a signature signed, and what looks different since.

    child_revisions.py FILE FOLDER < FIELD    → signed.pdf, before-N.png, after-N.png in FOLDER; JSON on stdout

The JSON: {"end": bytes signed, "pages": [before, after], "changed": [{"page": n, "boxes": m}], "compared": pages}.
Ends with 5 for a file that cannot be read, with 6 when it has no such signature.
"""

import json
import sys
from collections import deque
from pathlib import Path

import pikepdf
import pypdfium2
from PIL import Image, ImageChops, ImageDraw

BROKEN, NO_SUCH_FIELD = 5, 6
SCALE = 110 / 72
LARGEST_SIDE = 1600
MOST_PAGES, MOST_SHOWN = 150, 12
NOISE = 40  # a difference of a grey value below it is the renderer's own
CELL = 12  # pixels: differences nearer than this are one
MOST_DEPTH, MOST_FIELDS = 20, 5000
COLOUR = (180, 35, 24)


def signatures(pdf):
    """Full field name → end of the bytes the signature covers."""
    found, queue = {}, deque()
    form = pdf.Root.get("/AcroForm")
    for field in form.get("/Fields", []) if form is not None else []:
        queue.append((field, "", None, 0))
    seen = 0
    while queue and seen < MOST_FIELDS:
        field, above, kind, depth = queue.popleft()
        seen += 1
        name = str(field["/T"]) if "/T" in field else ""
        full = f"{above}.{name}" if above and name else above or name
        kind = field.get("/FT", kind)
        if depth < MOST_DEPTH:
            for child in field.get("/Kids", []):
                if "/T" in child:
                    queue.append((child, full, kind, depth + 1))
        value = field.get("/V")
        if kind == "/Sig" and isinstance(value, pikepdf.Dictionary) and "/ByteRange" in value:
            numbers = [int(number) for number in value["/ByteRange"]]
            if len(numbers) == 4 and min(numbers) >= 0:
                found[full] = numbers[2] + numbers[3]
    return found


def drawn(page):
    """The page in colour, no larger than a screen needs."""
    width, height = page.get_size()
    scale = min(SCALE, LARGEST_SIDE / max(width, height, 1))
    return page.render(scale=scale, may_draw_forms=True).to_pil().convert("RGB")


def boxes(old, new):
    """Rectangles around what differs, neighbours joined."""
    difference = ImageChops.difference(old.convert("L"), new.convert("L")).point(
        lambda v: 255 if v > NOISE else 0
    )
    width, height = difference.size
    cells = difference.resize((max(1, width // CELL), max(1, height // CELL)), Image.Resampling.BOX)
    data = cells.load()
    across, down = cells.size
    left = {(x, y) for x in range(across) for y in range(down) if data[x, y]}
    found = []
    while left:
        queue, group = [left.pop()], []
        while queue:
            x, y = queue.pop()
            group.append((x, y))
            near = {(x + i, y + j) for i in (-2, -1, 0, 1, 2) for j in (-2, -1, 0, 1, 2)} & left
            left -= near
            queue.extend(near)
        xs, ys = [x for x, _ in group], [y for _, y in group]
        unit_x, unit_y = width / across, height / down
        found.append(
            (
                min(xs) * unit_x - 4,
                min(ys) * unit_y - 4,
                (max(xs) + 1) * unit_x + 4,
                (max(ys) + 1) * unit_y + 4,
            )
        )
    return found


def outline(picture, rectangles):
    pen = ImageDraw.Draw(picture)
    for rectangle in rectangles:
        pen.rectangle(rectangle, outline=COLOUR, width=3)
    return picture


def compare(first, second, folder):
    before, after = pypdfium2.PdfDocument(first), pypdfium2.PdfDocument(second)
    for document in (before, after):
        document.init_forms()
    changed, together = [], min(len(before), len(after), MOST_PAGES)
    for index in range(together):
        old, new = drawn(before[index]), drawn(after[index])
        rectangles = boxes(old, new) if old.size == new.size else [(2, 2, new.width - 3, new.height - 3)]
        if not rectangles:
            continue
        changed.append({"page": index + 1, "boxes": len(rectangles)})
        if len(changed) <= MOST_SHOWN:
            outline(old, rectangles).save(folder / f"before-{index + 1}.png")
            outline(new, rectangles).save(folder / f"after-{index + 1}.png")
    return {"pages": [len(before), len(after)], "changed": changed, "compared": together, "shown": MOST_SHOWN}


def main(path, folder):
    field = sys.stdin.buffer.read().decode()
    content = Path(path).read_bytes()
    try:
        with pikepdf.open(path) as pdf:
            ends = signatures(pdf)
        end = ends.get(field, 0)
        if not 0 < end <= len(content):
            return NO_SUCH_FIELD
        Path(folder, "signed.pdf").write_bytes(content[:end])
        said = {"end": end, "whole": not content[end:].strip()}
        if not said["whole"]:
            said |= compare(content[:end], content, Path(folder))
    except (
        pikepdf.PdfError,
        pypdfium2.PdfiumError,
        OSError,
        ValueError,
        TypeError,
        KeyError,
        RuntimeError,
    ) as problem:
        print(problem, file=sys.stderr)
        return BROKEN
    print(json.dumps(said))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
