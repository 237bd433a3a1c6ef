"""Vẽ khung đọc lại: the words in a box drawn on a page, for the field in hand; and «đọc trước» (B12)."""

from math import isfinite

from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route

import jobs
from jobs import reading_box
from models import documents, errors, lookups, permissions, readings, scans
from views import files as shown_files
from views import web

CLERKS = (lookups.CLERK,)
EDGES = ("x0", "y0", "x1", "y1")
NO_BOX = "Chưa có khung. Hãy kéo chuột trên trang để vẽ khung quanh phần chữ cần đọc, rồi thả ra."


def read_of_scan(request):
    """POST /scans/{id}/box: page, x0, y0, x1, y1 in points of the shown page → the words."""
    scan = scans.get(request.user, request.path_params["id"])
    if scan.shown is None:
        raise errors.NotFound()
    number, box = _drawn(request.state.form)
    return _answer(request, reading_box.read(scan.shown, number, box, printed=False))


def read_of_document(request):
    """POST /incoming/{id}/box: the same on the main file of an arrival."""
    doc = permissions.get(request.user, request.path_params["id"], "incoming")
    main = documents.main_file(doc)
    if main is None:
        raise errors.NotFound()
    if doc.is_closed:
        raise errors.Refused(shown_files.CLOSED)
    number, box = _drawn(request.state.form)
    return _answer(request, reading_box.read(main, number, box, printed=readings.has_text(doc, number)))


def create_turn(request):
    """POST /scans/{id}/reading-first: read before everything else."""
    scan = scans.get(request.user, request.path_params["id"])
    readings.put_first(request.user, scan)
    jobs.wake("ocr")
    return web.redirect(f"/scans/{scan.id}", f"«{scan.name}» được đọc trước.")


def _drawn(form) -> tuple[int, list[float]]:
    """(page, box) of a form. Raises Invalid."""
    page = form.get("page", "")
    try:
        box = [float(form.get(edge, "")) for edge in EDGES]
    except ValueError:
        box = []
    if not (page.isascii() and page.isdecimal() and len(page) < 5 and box and all(map(isfinite, box))):
        raise errors.Invalid({"box": NO_BOX})
    return int(page), box


def _answer(request, said):
    if request.headers.get("accept", "").startswith("application/json"):
        return JSONResponse({"text": said})
    return PlainTextResponse(said)


ROUTES = [
    Route("/scans/{id:int}/box", web.endpoint(read_of_scan, roles=CLERKS), methods=["POST"]),
    Route("/scans/{id:int}/reading-first", web.endpoint(create_turn, roles=CLERKS), methods=["POST"]),
    Route("/incoming/{id:int}/box", web.endpoint(read_of_document), methods=["POST"]),
]
