"""Child program of stamping.py, run inside the sandbox: first pages with the arrival stamp laid over them.

    child_stamp.py ORDER.json STAMPS.pdf OUT.pdf

ORDER: a list of {"file": path or "", "at": [left, top] in millimetres or null, "page": whether the page itself is
printed}. Page n of STAMPS is the stamp of entry n. OUT gets one page an entry; stdout a JSON list of
{"at": [left, top], "ink": share of dark points under the stamp, "size": [width, height] of the page}.
"""

import io
import json
import sys

import pikepdf
import pypdfium2
import pypdfium2.raw

MM = 72 / 25.4
A4 = (595.28, 841.89)
GRID = 2.5  # millimetres of a cell that is looked at for ink
DARK = 215
SCALE = 2 / MM  # two points a millimetre
MOST_PIXELS = 4_000_000
EDGE = 5  # millimetres that no printer reaches


def main(order_path, stamps_path, out_path):
    with open(order_path) as source:
        order = json.load(source)
    told, made = [], pikepdf.new()
    with pikepdf.open(stamps_path) as stamps:
        for entry, stamp in zip(order, stamps.pages, strict=True):
            content, grid, size = first_page(entry["file"])
            wide, high = (float(stamp.mediabox[2]) / MM, float(stamp.mediabox[3]) / MM)
            at = entry["at"] or best(grid, size, wide, high)
            at = [min(max(0, at[0]), size[0] / MM - wide), min(max(0, at[1]), size[1] / MM - high)]
            page = made.add_blank_page(page_size=size)
            if content and entry["page"]:
                with pikepdf.open(io.BytesIO(content)) as opened:
                    page.add_overlay(opened.pages[0], pikepdf.Rectangle(0, 0, *size))
            left, top = at[0] * MM, size[1] - at[1] * MM
            page.add_overlay(
                stamp,
                pikepdf.Rectangle(left, top - high * MM, left + wide * MM, top),
                shrink=False,
                expand=False,
            )
            told.append({"at": [round(one, 1) for one in at], "ink": round(ink(grid, at, wide, high), 4),
                         "size": [round(one / MM, 1) for one in size]})  # fmt: skip
    made.save(out_path)
    print(json.dumps(told))


def first_page(path):
    """(a PDF of the first page with its signatures and fields drawn in, its ink by cells, its size in points)."""
    if not path:
        return b"", [], A4
    try:
        with pypdfium2.PdfDocument(path) as opened:
            opened.init_forms()
            page = opened[0]
            size = page.get_size()
            if size[0] * size[1] * SCALE * SCALE > MOST_PIXELS:
                return b"", [], A4
            picture = page.render(scale=SCALE, grayscale=True).to_pil().convert("L")
            dark = picture.point(lambda value: 255 if value < DARK else 0)
            cells = max(1, round(size[0] / MM / GRID)), max(1, round(size[1] / MM / GRID))
            small = dark.resize(cells, resample=4)  # BOX: the share of dark points of each cell
            values = small.tobytes()
            grid = [values[row * cells[0] : (row + 1) * cells[0]] for row in range(cells[1])]
            return alone(path), grid, size
    except pypdfium2.PdfiumError:
        return b"", [], A4


def alone(path):
    """The first page as a document of its own; annotations and fields become a part of the drawing, upright."""
    with pypdfium2.PdfDocument(path) as opened:
        opened.init_forms()
        page = opened[0]
        pypdfium2.raw.FPDFPage_Flatten(page, pypdfium2.raw.FLAT_PRINT)
        page.close()
        with pypdfium2.PdfDocument.new() as single:
            single.import_pages(opened, [0])
            out = io.BytesIO()
            single.save(out)
    return out.getvalue()


def best(grid, size, wide, high):
    """[left, top] of the emptiest place: under the number on the left, else in the right column, else anywhere."""
    page_wide, page_high = size[0] / MM, size[1] / MM
    if not grid:
        return [25.0, 50.0]
    sums = summed(grid)
    found = []
    left = EDGE
    while left + wide <= page_wide - EDGE:
        top = EDGE
        while top + high <= page_high - EDGE:
            away = abs(left - 25) / 10 + abs(top - 50) / 4 + (12 if top > page_high / 2 else 0)
            found.append((total(sums, left, top, wide, high) * 100 + away, left, top))
            top += GRID
        left += GRID
    return list(min(found)[1:]) if found else [0.0, 0.0]


def summed(grid):
    """Sums of everything above and left of each cell."""
    sums = [[0] * (len(grid[0]) + 1)]
    for row in grid:
        before, line = 0, [0]
        for value, above in zip(row, sums[-1][1:], strict=True):
            before += value
            line.append(above + before)
        sums.append(line)
    return sums


def total(sums, left, top, wide, high):
    """Square centimetres of ink in a rectangle, in tenths."""
    right = min(len(sums[0]) - 1, round((left + wide) / GRID))
    under = min(len(sums) - 1, round((top + high) / GRID))
    x, y = min(right, int(left / GRID)), min(under, int(top / GRID))
    return (sums[under][right] - sums[y][right] - sums[under][x] + sums[y][x]) / 255 * GRID * GRID / 10


def ink(grid, at, wide, high):
    """Share of the rectangle that is dark."""
    return total(summed(grid), *at, wide, high) * 10 / (wide * high) if grid else 0.0


if __name__ == "__main__":
    main(*sys.argv[1:])
