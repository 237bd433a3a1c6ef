"""Dấu «ĐẾN» as a print layer and as labels, Phiếu giải quyết văn bản đến: for one document or for many (ND30 PL IV V, VII)."""

import re
from typing import NamedTuple

from starlette.responses import Response
from starlette.routing import Route

from jobs import stamping
from models import arrival_prints, documents, errors, lookups, permissions
from views import prints, web
from views.files import disposition

CLERKS = (lookups.CLERK,)
STAMP = (50, 35)  # millimetres, ND30 PL IV V
SHEET = (210, 297)
MOST_INK = 0.01  # share of dark points under a stamp that is still called free
FILES = {"slip": "phieu-giai-quyet.pdf", "stamp": "dau-den.pdf", "label": "nhan-dau-den.pdf"}
_NUMBER = re.compile(r"\d{1,3}(?:[.,]\d{1,2})?")


class Sheet(NamedTuple):
    """A sheet of labels: columns and rows, margins and gaps in millimetres, and how many of its first places are used up."""

    columns: int
    rows: int
    left: float
    top: float
    gap_x: float
    gap_y: float
    used: int

    def places(self, many: int) -> list[list[tuple[float, float, int]]]:
        """For each sheet the (left, top, which label) of its labels."""
        a_sheet, found = self.columns * self.rows, []
        for which in range(many):
            sheet, place = divmod(which + self.used, a_sheet)
            row, column = divmod(place, self.columns)
            while len(found) <= sheet:
                found.append([])
            left = self.left + column * (STAMP[0] + self.gap_x)
            found[sheet].append((left, self.top + row * (STAMP[1] + self.gap_y), which))
        return found


def show(request):
    """GET /incoming/prints?kind=slip|stamp|label&ids=1,2,…

    stamp: `x`, `y` millimetres from the left and the top (else where there is least ink), `bare=1` without the page.
    label: `sheet=a4` with `left`, `top`, `gap_x`, `gap_y` in millimetres and `used` labels already taken off.
    """
    query, actor = request.query_params, request.user
    kind = query.get("kind", "slip")
    if kind not in FILES:
        raise errors.NotFound()
    docs = arrival_prints.chosen(actor, _ids(query))
    if kind == "slip":
        return prints.pdf(
            request, "incoming/slips_print.html", name=FILES[kind], slips=arrival_prints.slips(docs)
        )
    permissions.require(actor, lookups.CLERK)
    stamps = arrival_prints.stamps(actor, docs)
    if kind == "label":
        return _labels(query, stamps)
    at = _place(query)
    orders = [stamping.Order(arrival_prints.main_pdf(doc), at, query.get("bare") != "1") for doc in docs]
    return _pdf(FILES[kind], stamping.on_first_pages(_drawn(stamps), orders)[0])


def show_stamp(request):
    """GET /incoming/{id}/stamp: where the stamp goes on the first page, to be moved and printed."""
    actor, query = request.user, request.query_params
    doc = permissions.get(actor, request.path_params["id"], "incoming")
    docs = arrival_prints.chosen(actor, [doc.id])
    stamps = arrival_prints.stamps(actor, docs)
    source, wanted = arrival_prints.main_pdf(doc), _place(query)
    order = stamping.Order(source, wanted, page=False)
    _, (place,) = stamping.on_first_pages(_drawn(stamps), [order])
    return web.page(
        request, "incoming/stamp.html", doc=doc, stamp=stamps[0], file=documents.main_file(doc) if source else None, place=place,
        chosen=wanted is not None, inked=place.ink > MOST_INK, wide=STAMP[0], high=STAMP[1],
    )  # fmt: skip


def _drawn(stamps) -> bytes:
    return prints.draw("incoming/stamps_print.html", stamps=stamps)


def _labels(query, stamps) -> Response:
    made = _drawn(stamps)
    if query.get("sheet") == "a4":  # else a roll: each label is a page of its own
        made = stamping.on_sheets(made, _sheet(query).places(len(stamps)), SHEET)
    return _pdf(FILES["label"], made)


def _pdf(name, content) -> Response:
    headers = {"Content-Disposition": disposition(name), "Cache-Control": "no-store"}
    return Response(content, media_type="application/pdf", headers=headers)


def _sheet(query) -> Sheet:
    gap_x, gap_y = _millimetres(query, "gap_x", 0), _millimetres(query, "gap_y", 0)
    columns, rows = (
        max(1, int((whole + gap) // (one + gap)))
        for whole, one, gap in zip(SHEET, STAMP, (gap_x, gap_y), strict=True)
    )
    spare = [whole - many * one - (many - 1) * gap for whole, many, one, gap in zip(
        SHEET, (columns, rows), STAMP, (gap_x, gap_y), strict=True)]  # fmt: skip
    used = query.get("used", "0")
    used = int(used) % (columns * rows) if used.isdecimal() and len(used) < 4 else 0
    return Sheet(
        columns,
        rows,
        _millimetres(query, "left", spare[0] / 2),
        _millimetres(query, "top", spare[1] / 2),
        gap_x,
        gap_y,
        used,
    )


def _place(query) -> tuple[float, float] | None:
    if not (query.get("x") and query.get("y")):
        return None
    return _millimetres(query, "x", 0), _millimetres(query, "y", 0)


def _millimetres(query, name, otherwise) -> float:
    """Raises Refused for what is no length on a sheet."""
    typed = query.get(name, "").strip()
    if not typed:
        return otherwise
    if not _NUMBER.fullmatch(typed) or float(typed.replace(",", ".")) > SHEET[1]:
        raise errors.Refused(
            f"«{typed[:20]}» không phải số mi-li-mét trên tờ A4. Hãy nhập từ 0 đến 297, ví dụ 52,5."
        )
    return float(typed.replace(",", "."))


def _ids(query) -> list[int]:
    typed = ",".join(query.getlist("ids")).split(",")
    return [int(one) for one in typed if one.isdecimal() and len(one) < 10]


ROUTES = [
    Route("/incoming/prints", web.endpoint(show), methods=["GET"]),
    Route("/incoming/{id:int}/stamp", web.endpoint(show_stamp, roles=CLERKS), methods=["GET"]),
]
