"""Dấu «ĐẾN» over the first page, for the printer: in the sandbox, from the file and never into it (ND30 PL IV V)."""

import io
import json
import tempfile
from pathlib import Path
from typing import NamedTuple

import pikepdf

from jobs import render, sandbox
from models import errors, files

MM = 72 / 25.4  # points a millimetre
CHILD = Path(__file__).parent / "child_stamp.py"


class Order(NamedTuple):
    """One stamp: the file whose first page it goes on (None: a blank sheet), where (millimetres from the left and the top;
    None: where there is least ink), and whether the page itself is printed or the stamp alone, onto the paper."""

    file: Path | None
    at: tuple[float, float] | None = None
    page: bool = True


class Place(NamedTuple):
    """Where a stamp is: millimetres from the left and the top, which share of that place is dark, the page's size."""

    left: float
    top: float
    ink: float
    size: tuple[float, float]


def on_first_pages(stamps: bytes, orders: list[Order]) -> tuple[bytes, list[Place]]:
    """The first pages with their stamps, and where each is; a page that cannot be drawn stays blank. Raises Refused when nothing can be made.

    `stamps`: a PDF with one page an order, in the size of the stamp.
    """
    with tempfile.TemporaryDirectory(dir=files.spool().resolve(), prefix="box-") as name, render.TURNS:
        folder = Path(name)
        (folder / "stamps.pdf").write_bytes(stamps)
        asked = [{"file": str(one.file or ""), "at": one.at, "page": one.page} for one in orders]
        (folder / "order.json").write_text(json.dumps(asked))
        readable = [one.file for one in orders if one.file]
        result = sandbox.run(
            [*sandbox.PYTHON, CHILD, folder / "order.json", folder / "stamps.pdf", folder / "out.pdf"],
            readable=[CHILD, *readable], writable=folder, seconds=20 + len(orders),
        )  # fmt: skip
        if not result.ok:
            if len(orders) == 1 and orders[0].file:
                return on_first_pages(stamps, [orders[0]._replace(file=None)])
            raise errors.Refused(
                "Không vẽ được trang đầu của một trong các văn bản đã chọn. Chưa có gì bị thay đổi; hãy in dấu từng văn bản, "
                "hoặc in nhãn để dán."
            )
        said = json.loads(result.stdout)
        places = [Place(*one["at"], one["ink"], tuple(one["size"])) for one in said]
        return (folder / "out.pdf").read_bytes(), places


def on_sheets(stamps: bytes, sheets: list[list[tuple[float, float, int]]], size: tuple[int, int]) -> bytes:
    """A PDF of sheets of `size` millimetres: for each sheet the (left, top, which page of `stamps`) of its labels."""
    with pikepdf.open(io.BytesIO(stamps)) as opened, pikepdf.new() as made:
        for places in sheets:
            page = made.add_blank_page(page_size=(size[0] * MM, size[1] * MM))
            for left, top, which in places:
                label = opened.pages[which]
                wide, high, upper = float(label.mediabox[2]), float(label.mediabox[3]), (size[1] - top) * MM
                place = pikepdf.Rectangle(left * MM, upper - high, left * MM + wide, upper)
                page.add_overlay(label, place, shrink=False, expand=False)
        out = io.BytesIO()
        made.save(out)
    return out.getvalue()
