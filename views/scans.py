"""Văn bản giấy: how scans come in, and what came (Quy chế 10.1). Registering them is scans_registration."""

import tempfile
from pathlib import Path

from starlette.routing import Route

import jobs
from models import config, errors, files, lookups, scans
from views import web

CLERKS = (lookups.CLERK,)


def show_all(request):
    """GET /scans, /scans/new"""
    return _list(request)


def create(request):
    """POST /scans: one or many files; what the door does not let in is named, the rest is taken."""
    uploads = [
        item for item in request.state.form.getlist("file") if not isinstance(item, str) and item.filename
    ]
    wrong, taken = ([] if uploads else ["Hãy chọn ít nhất một tệp quét (PDF, JPEG, PNG, TIFF)."]), []
    for upload in uploads:
        try:
            taken.append(_take(request.user, upload))
        except errors.Invalid as error:
            wrong.append(str(error))
    jobs.wake("ocr")
    told = f"Đã nhận {len(taken)} tệp, đang nhận dạng chữ." if taken else ""
    if wrong:
        return _list(request, 422, wrong, told)
    return web.redirect("/scans", told)


def _take(actor, upload):
    with tempfile.NamedTemporaryFile(dir=files.spool(), prefix="scan-") as spooled:
        while chunk := upload.file.read(1 << 20):
            spooled.write(chunk)
        spooled.flush()
        path = Path(spooled.name)
        name, media_type = scans.check_upload(path, upload.filename, config.current().upload_megabytes)
        stored = files.store(path)
    return scans.upload(actor, stored, name, media_type)


def _list(request, status=200, wrong=(), told=""):
    rows = scans.queue(request.user)
    running = any(scan.state in ("waiting", "reading") for scan in rows)
    extra = {"flash": told} if told else {}
    return web.page(
        request, "scans/list.html", status=status, rows=rows, running=running, wrong=list(wrong),
        most=config.current().upload_megabytes, **extra,
    )  # fmt: skip


def show_rows(request):
    """GET /scans/rows: the list alone, asked again while something is being read."""
    rows = scans.queue(request.user)
    running = any(scan.state in ("waiting", "reading") for scan in rows)
    return web.part(request, "scans/_rows.html", rows=rows, running=running)


def _route(path, handler, method="GET"):
    return Route(path, web.endpoint(handler, roles=CLERKS), methods=[method])


ROUTES = [
    _route("/scans", show_all),
    _route("/scans/new", show_all),
    _route("/scans", create, "POST"),
    _route("/scans/rows", show_rows),
]
