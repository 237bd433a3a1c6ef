"""Các trang của bản quét: their pictures, the received file, and what a clerk does with the pages before registering."""

from starlette.responses import FileResponse, Response
from starlette.routing import Route

import jobs
from jobs import arrange, render
from models import arrangements, errors, lookups, scans, sheets
from views import files as shown_files
from views import web

CLERKS = (lookups.CLERK,)
SHOWN_DPI = 120
LEFT, RIGHT = 270, 90


def show_page(request):
    """GET /scans/{id}/pages/{number}.png: one page as a picture."""
    scan = _open(request)
    if scan.shown is None:
        raise errors.NotFound()
    picture = render.kept_page(scan.shown, request.path_params["number"], SHOWN_DPI)
    return FileResponse(picture, media_type="image/png", headers={"Cache-Control": "private, no-cache"})


def show_thumb(request):
    """GET /scans/{id}/thumbs/{key}.jpg: a received page, small and as it lay in the scanner; the page turns it."""
    file, number = arrangements.source_of(_open(request), request.path_params["key"])
    picture = render.kept_thumb(file, number)
    return FileResponse(picture, media_type="image/jpeg", headers={"Cache-Control": "private, max-age=600"})


def show_file(request):
    """GET /scans/{id}/file: the scan byte for byte as it was received."""
    scan = _open(request)
    if scan.file is None:
        raise errors.NotFound()
    headers = {
        "Content-Disposition": shown_files.disposition(scan.name),
        "Content-Security-Policy": "sandbox; default-src 'none'",
    }
    return Response(scan.file.read(), media_type="application/octet-stream", headers=headers)


def show_all(request):
    """GET /scans/{id}/pages: the page tools alone; every act is a plain form."""
    scan = _load(request)
    if scan.state not in scans.OPEN:
        return web.redirect(f"/scans/{scan.id}")
    return web.page(request, "scans/pages.html", scan=scan, strip=strip_of(request.user, scan, is_open=True))


def show_strip(request):
    """GET /scans/{id}/pages/strip: the strip alone, asked again while the file is being made."""
    scan = _load(request)
    return web.part(request, "scans/_strip.html", strip=strip_of(request.user, scan))


def change(request):
    """POST /scans/{id}/pages: one act on the ticked pages; the strip as it stands then, or the page without script."""
    scan, form = _load(request), request.state.form
    try:
        said = _act(request.user, scan, form)
    except (errors.Invalid, errors.Refused, errors.Conflict) as error:
        strip = strip_of(request.user, scans.get(request.user, scan.id), is_open=True) | {"wrong": str(error)}
        if request.headers.get("hx-request"):
            return web.part(request, "scans/_strip.html", status=error.status, strip=strip)
        return web.page(request, "scans/pages.html", status=error.status, scan=scan, strip=strip)
    jobs.wake("arrange")
    if not request.headers.get("hx-request"):
        return web.redirect(f"/scans/{scan.id}/pages", said)
    strip = strip_of(request.user, scans.get(request.user, scan.id), is_open=True) | {"said": said}
    return web.part(request, "scans/_strip.html", strip=strip)


def strip_of(actor, scan, is_open: bool = False) -> dict:
    """What scans/_strip.html shows: pages in their order, those left out, what can be done and undone."""
    trouble = arrangements.trouble(scan)
    last = None if trouble else arrangements.last_change(scan)
    thumbs = [
        {
            "place": place,
            "url": f"/scans/{scan.id}/thumbs/{sheet.key}.jpg",
            "turn": sheet.turn,
            "key": sheet.key,
        }
        for place, sheet in enumerate(arrangements.sheets_of(scan), 1)
    ]
    gone = [
        {"key": sheet.key, "page": sheet.page, "why": sheets.REASONS[sheet.why], "turn": sheet.turn,
         "url": f"/scans/{scan.id}/thumbs/{sheet.key}.jpg"}
        for sheet in arrangements.dropped_of(scan)
    ]  # fmt: skip
    return {
        "scan": scan, "seen": arrangements.seen(scan), "thumbs": thumbs, "gone": gone, "trouble": trouble,
        "pending": arrangements.is_pending(scan) or trouble == arrangements.UNKNOWN, "last": last.words if last else "",
        "following": None if trouble else arrangements.following(actor, scan), "said": "", "wrong": "",
        "open": is_open,
    }  # fmt: skip


def _act(actor, scan, form) -> str:
    """Do what the pressed button says; its words."""
    act, _, key = form.get("act", "").partition(":")
    seen, places = form.get("seen", ""), [int(one) for one in form.getlist("page") if one.isdecimal()]
    if act in ("left", "right"):
        arrangements.turn(actor, scan, seen, places, LEFT if act == "left" else RIGHT)
        return f"Đã xoay trang {sheets.ranges(places)}."
    if act == "remove":
        arrangements.remove(actor, scan, seen, places)
        return f"Đã bỏ trang {sheets.ranges(places)}; có thể đưa lại."
    if act in ("earlier", "later", "move"):
        arrangements.move(actor, scan, seen, places, _before(act, places, key))
        return "Đã đổi thứ tự trang."
    if act == "put_back":
        arrangements.put_back(actor, scan, seen, key)
        return "Đã đưa lại trang."
    if act == "cut":
        return _cut(actor, scan, seen, places)
    if act == "merge":
        other = scans.get(actor, int(key) if key.isdecimal() else 0)
        arrangements.merge(actor, scan, seen, other)
        return f"Đã gộp «{other.name}» vào cuối bản quét này."
    if act == "undo":
        return f"Đã hoàn tác: {arrangements.undo(actor, scan, seen)}."
    raise errors.Invalid({"pages": "Hãy chọn trang rồi bấm một nút."})


def _before(act, places, key) -> int:
    if act == "earlier":
        return min(places, default=1) - 1
    if act == "later":
        return max(places, default=0) + 2
    return int(key) if key.isdecimal() else 0


def _cut(actor, scan, seen, places) -> str:
    place = min(places, default=0)
    made = arrange.cut(scan, arrangements.tail(scan, place))
    part = arrangements.cut(actor, scan, seen, place, made)
    return f"Đã cắt từ trang {place}: «{part.name}» là một văn bản riêng, đứng sau trong Chờ lưu trữ."


def _load(request):
    return scans.get(request.user, request.path_params["id"])


def _open(request):
    """The scan, unless what it holds was recalled: then nobody sees its pages (12.6)."""
    scan = _load(request)
    if scans.is_closed(scan):
        raise errors.NotFound()
    return scan


def _route(path, handler, method="GET", watching=False):
    return Route(path, web.endpoint(handler, roles=CLERKS, watching=watching), methods=[method])


ROUTES = [
    _route("/scans/{id:int}/pages", show_all),
    _route("/scans/{id:int}/pages", change, "POST"),
    _route("/scans/{id:int}/pages/strip", show_strip, watching=True),
    _route("/scans/{id:int}/pages/{number:int}.png", show_page),
    _route("/scans/{id:int}/thumbs/{key}.jpg", show_thumb),
    _route("/scans/{id:int}/file", show_file),
]
