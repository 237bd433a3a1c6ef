"""Khung đọc lại: the words in a box drawn on a page, read while the person waits, in the sandbox (B12)."""

import json
from math import isfinite
from pathlib import Path

from jobs import reading_pages, render, sandbox
from models import errors, extraction_repair, files, text

AGAIN = Path(__file__).parent / "child_reread.py"
SECONDS, MEGABYTES = 8, 1536
LEAST, MOST_SHARE = 4.0, 0.4  # points a side; of the page: a larger box is a page, not a field
DRAWN_MARGIN = (
    8,
    3,
)  # points child_reread.py would look beyond the box, taken back: the person drew what he means
SMALL = "Khung quá nhỏ. Hãy kéo khung quanh cả dòng chữ cần đọc."
LARGE = "Khung quá lớn. Hãy kéo khung chỉ quanh phần chữ cần đọc."
OUTSIDE = "Khung nằm ngoài trang. Hãy kéo khung trên trang đang xem."
NOTHING = "Không đọc được chữ nào trong khung này. Hãy kéo khung rộng hơn một chút, hoặc gõ tay."
TOO_LONG = "Đọc khung này lâu quá nên đã dừng. Những gì đã nhập vẫn còn; hãy kéo khung nhỏ hơn, hoặc gõ tay."


def read(file: files.File, number: int, box, printed: bool) -> str:
    """The words in a box [x0, y0, x1, y1] (points from the upper left) of a page of a stored file.

    `printed`: the page has a text of its own, which is taken as it is. Raises errors.Invalid({"box": …}) with the sentence.
    """
    place = _within(box, *_size(file, number))
    if printed:
        said = _printed(file, number, place)
        if said:
            return said
    said = _seen(file, number, place)
    if not said:
        raise errors.Invalid({"box": NOTHING})
    return said


def _size(file, number):
    sizes = render.info(file.path(), file.name).sizes
    if not 1 <= number <= len(sizes):
        raise errors.Invalid({"box": OUTSIDE})
    return sizes[number - 1]


def _within(box, width, height) -> list[float]:
    """The box cut to the page. Raises Invalid when nothing sensible is left."""
    if not all(isfinite(value) for value in box):
        raise errors.Invalid({"box": OUTSIDE})
    x0, x1 = sorted((box[0], box[2]))
    y0, y1 = sorted((box[1], box[3]))
    if x1 <= 0 or y1 <= 0 or x0 >= width or y0 >= height:
        raise errors.Invalid({"box": OUTSIDE})
    x0, y0, x1, y1 = max(0.0, x0), max(0.0, y0), min(width, x1), min(height, y1)
    if x1 - x0 < LEAST or y1 - y0 < LEAST:
        raise errors.Invalid({"box": SMALL})
    if (x1 - x0) * (y1 - y0) > MOST_SHARE * width * height:
        raise errors.Invalid({"box": LARGE})
    return [x0, y0, x1, y1]


def _printed(file, number, box) -> str:
    """Words of the page's own text whose middle lies in the box; within a run the letters count as equally wide."""
    found = []
    for said, left, top, right, bottom in render.page_text(file, number)["lines"]:
        if not box[1] <= (top + bottom) / 2 <= box[3]:
            continue
        step, at = (right - left) / max(1, len(said)), 0
        for word in said.split(" "):
            middle = left + step * (at + len(word) / 2)
            at += len(word) + 1
            if box[0] <= middle <= box[2]:
                found.append(word)
    return text.clean(" ".join(found))


def _seen(file, number, box) -> str:
    """The box as OCR reads it, enlarged."""
    across, down = DRAWN_MARGIN
    inner = [box[0] + across, box[1] + down, box[2] - across, box[3] - down]
    if inner[2] - inner[0] < LEAST or inner[3] - inner[1] < LEAST:
        inner = box
    with reading_pages.folder() as folder:
        source = file.path()
        if file.media_type != "application/pdf":
            source = folder / "in.pdf"
            reading_pages.picture(file.path(), source)
        result = sandbox.run(
            [*sandbox.PYTHON, AGAIN, source], stdin=json.dumps([["box", number, inner]]).encode(), seconds=SECONDS,
            megabytes=MEGABYTES, readable=(AGAIN, source),
        )  # fmt: skip
    if result.reason == "timeout":
        raise errors.Invalid({"box": TOO_LONG})
    if not result.ok:
        return ""
    texts = [" ".join(said.split()) for said in json.loads(result.stdout)["box"]["texts"]]
    return text.clean(extraction_repair.vote_words(texts, "")[0])
