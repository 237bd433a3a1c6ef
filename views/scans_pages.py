"""Các trang của bản quét: their pictures, the received file, and what a clerk does with the pages."""

from starlette.responses import FileResponse, Response
from starlette.routing import Route

from jobs import render
from models import errors, lookups, scans
from views import files as shown_files
from views import web

CLERKS = (lookups.CLERK,)
SHOWN_DPI = 120


def show_page(request):
    """GET /scans/{id}/pages/{number}.png: one page as a picture."""
    scan = _load(request)
    if scan.shown is None:
        raise errors.NotFound()
    picture = render.kept_page(scan.shown, request.path_params["number"], SHOWN_DPI)
    return FileResponse(picture, media_type="image/png", headers={"Cache-Control": "private, no-cache"})


def show_file(request):
    """GET /scans/{id}/file: the scan byte for byte as it was received."""
    scan = _load(request)
    if scan.file is None:
        raise errors.NotFound()
    headers = {
        "Content-Disposition": shown_files.disposition(scan.name),
        "Content-Security-Policy": "sandbox; default-src 'none'",
    }
    return Response(scan.file.read(), media_type="application/octet-stream", headers=headers)


def _load(request):
    return scans.get(request.user, request.path_params["id"])


def _route(path, handler, method="GET"):
    return Route(path, web.endpoint(handler, roles=CLERKS), methods=[method])


ROUTES = [
    _route("/scans/{id:int}/pages/{number:int}.png", show_page),
    _route("/scans/{id:int}/file", show_file),
]
