"""Văn bản giấy, tệp vào: how files come in from a person, and what came by any way (Quy chế 10.1; A2–A14).

Registering them is scans_registration.
"""

import hashlib
import tempfile
from pathlib import Path

from starlette.responses import JSONResponse
from starlette.routing import Route

import jobs
from models import (
    arrangements_photos,
    clock,
    config,
    errors,
    files,
    filetypes,
    intake,
    lookups,
    scans,
    scans_came,
)
from views import web

CLERKS = (lookups.CLERK,)
NOTHING = "Hãy chọn ít nhất một tệp (PDF, JPEG, PNG, TIFF)."
LONGEST_KEY = 64


def show_all(request):
    """GET /scans, /scans/new"""
    return _list(request)


def create(request):
    """POST /scans: one or many files; what the door does not let in is named, the rest is taken.

    `photo`: they are photographs, the pages of one letter. A script sends a file at a time and asks for JSON.
    """
    if request.headers.get("accept", "").startswith("application/json"):
        return _create_one(request)
    photo = bool(request.state.form.get("photo"))
    uploads = _uploads(request)
    wrong, taken = ([] if uploads else [NOTHING]), []
    for number, upload in enumerate(uploads):
        try:
            taken.append(_take(request, upload, photo, number))
        except errors.Invalid as error:
            wrong.append(str(error))
    if photo and taken:
        wrong += filter(None, [arrangements_photos.join(request.user, taken[0], taken[1:])])
    jobs.wake("separate", "ocr")
    told = _told(taken, photo)
    if wrong:
        return _list(request, 422, wrong, told)
    return web.redirect("/scans", told)


def _create_one(request):
    """One file of a script: {"id", "name", "url", "double"} or {"error"}; the same `key` again is the same scan."""
    uploads = _uploads(request)
    if len(uploads) != 1:
        return JSONResponse({"error": NOTHING}, status_code=422)
    photo, after = bool(request.state.form.get("photo")), str(request.state.form.get("after") or "")
    first = scans.get(request.user, int(after)) if after.isascii() and after.isdecimal() else None
    scan = _take(request, uploads[0], photo)
    said = ""
    if first and first.id != scan.id and scan.state != "merged":
        said = arrangements_photos.join(request.user, first, [scan])
    jobs.wake("separate", "ocr")
    double = None if first else scans_came.doubles_of([scan]).get(scan.id)
    words = {"words": double.words, "url": double.url} if double else None
    return JSONResponse(
        {"id": scan.id, "name": scan.name, "url": f"/scans/{scan.id}", "double": words, "said": said}
    )


def _told(taken, photo) -> str:
    if not taken:
        return ""
    if photo:
        return f"Đã nhận {len(taken)} ảnh thành một văn bản, đang nhận dạng chữ."
    return f"Đã nhận {len(taken)} tệp, đang nhận dạng chữ."


def _uploads(request) -> list:
    return [
        item for item in request.state.form.getlist("file") if not isinstance(item, str) and item.filename
    ]


def _take(request, upload, photo=False, number=0):
    """The file as a scan. Raises Invalid."""
    key = str(request.state.form.get("key") or "")[:LONGEST_KEY]
    if key:
        digest = hashlib.sha256(f"{request.user.id}/{key}/{number}".encode()).hexdigest()
        key = f"upload:{request.user.agency_id}:{digest}"
    with tempfile.NamedTemporaryFile(dir=files.spool(), prefix="scan-") as spooled:
        while chunk := upload.file.read(1 << 20):
            spooled.write(chunk)
        spooled.flush()
        path = Path(spooled.name)
        name, media_type = scans.check_upload(path, upload.filename, config.current().upload_megabytes)
        stored = files.store(path)
    if photo and name.lower() in (
        "image.jpg",
        "image.jpeg",
        "image.png",
    ):  # every photograph of a phone is called so
        name = f"Ảnh {clock.local(clock.now()):%d-%m %H.%M.%S}.{filetypes.extension_of(name)}"
    return scans.upload(request.user, stored, name, media_type, "photo" if photo else "upload", key)


def create_setting_aside(request):
    """POST /scans/{id}/setting-aside: hủy, trả lại, bỏ from the list, one press."""
    scan = scans.get(request.user, request.path_params["id"])
    told = scans_came.set_aside(request.user, scan, str(request.state.form.get("act") or ""))
    return _after(request, told)


def create_new_reading(request):
    """POST /scans/{id}/new-reading: read again, from the list."""
    scan = scans.get(request.user, request.path_params["id"])
    scans.read_again(request.user, scan)
    jobs.wake("ocr")
    return _after(request, f"Đang đọc lại «{scan.name}».")


def create_note(request):
    """POST /scans/refused/{id}/seen: the clerk knows that something was not let in."""
    row = intake.dealt(request.user, request.path_params["id"])
    return _after(request, f"Đã ghi: bạn đã xem «{row.name or row.sender}».")


def show_rows(request):
    """GET /scans/rows: the lists alone, asked again while something is being read."""
    return web.part(request, "scans/_rows.html", **_came(request))


def _after(request, told):
    return web.fragments(request, "/scans", ["scans/_rows.html"], _came(request), told)


def _came(request) -> dict:
    listed = scans_came.listed(scans.of(request.user))
    watched = any(row.active for row in intake.folders(request.user.agency_id))
    box = intake.mailbox(request.user.agency_id)
    return {
        "watched": watched or bool(box and box.active),
        "stopped": [one for one in listed if one.scan.state == "quarantined"],
        "rows": [one for one in listed if one.scan.state != "quarantined"],
        "refused": intake.refused(request.user), "sources": scans.SOURCES,
        "running": any(one.scan.state in scans_came.UNDER_WAY for one in listed),
    }  # fmt: skip


def _list(request, status=200, wrong=(), told=""):
    extra = {"flash": told} if told else {}
    return web.page(
        request, "scans/list.html", status=status, wrong=list(wrong), most=config.current().upload_megabytes,
        folders=[row for row in intake.folders(request.user.agency_id) if row.active],
        mailbox=intake.mailbox(request.user.agency_id), **_came(request), **extra,
    )  # fmt: skip


def _route(path, handler, method="GET", watching=False):
    return Route(path, web.endpoint(handler, roles=CLERKS, watching=watching), methods=[method])


ROUTES = [
    _route("/scans", show_all),
    _route("/scans/new", show_all),
    _route("/scans", create, "POST"),
    _route("/scans/rows", show_rows, watching=True),
    _route("/scans/{id:int}/setting-aside", create_setting_aside, "POST"),
    _route("/scans/{id:int}/new-reading", create_new_reading, "POST"),
    _route("/scans/refused/{id:int}/seen", create_note, "POST"),
]
