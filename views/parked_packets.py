"""Gói tin không đọc được: why, what to do, try again after an upgrade, close with a note (I11)."""

from starlette.responses import FileResponse
from starlette.routing import Route

from models import errors, quarantine, reception
from views import files as shown_files
from views import parked, web

MOST = 200


def show_all(request, status=200, wrong=None):
    """GET /exchange/quarantine"""
    rows = list(quarantine.of(request.user).limit(MOST))
    return web.page(request, "parked/packets.html", status=status, rows=rows, wrong=wrong or {},
                    back="/exchange" if request.user.has(*parked.CLERKS) else "/admin", may_download=request.user.has(*quarantine.DOWNLOADERS),
                    tabs=parked.tabs_of(request.user, quarantine.PAGE))  # fmt: skip


def create_retry(request):
    """POST /exchange/quarantine/{id}/retry"""
    row = _load(request)
    reception.retry(row, request.user)
    return web.go(request, quarantine.PAGE, row.note)


def create_closing(request):
    """POST /exchange/quarantine/{id}/closing"""
    row = _load(request)
    try:
        quarantine.close(row, request.user, parked.note_of(request))
    except errors.Invalid as error:
        return show_all(request, 422, {row.id: str(error)})
    return web.go(request, quarantine.PAGE, "Đã đóng, ghi chú được giữ lại.")


def create_file(request):
    """POST /exchange/quarantine/{id}/file: the bytes, for an administrator; written into the journal."""
    row = _load(request)
    path = quarantine.content(request.user, row)
    return FileResponse(path, media_type="application/octet-stream",
                        headers={"Content-Disposition": shown_files.disposition(row.file.name)})  # fmt: skip


def _load(request):
    return quarantine.load(request.user, request.path_params["id"])


ROUTES = [
    Route("/exchange/quarantine", web.endpoint(show_all, roles=quarantine.KEEPERS)),
    Route("/exchange/quarantine/{id:int}/retry", web.endpoint(create_retry, roles=quarantine.KEEPERS),
          methods=["POST"]),
    Route("/exchange/quarantine/{id:int}/closing", web.endpoint(create_closing, roles=quarantine.KEEPERS),
          methods=["POST"]),
    Route("/exchange/quarantine/{id:int}/file", web.endpoint(create_file, roles=quarantine.DOWNLOADERS),
          methods=["POST"]),
]  # fmt: skip
