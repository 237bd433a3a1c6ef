"""Bản quét ở Chờ lưu trữ: what was read beside the page, confirmed by the clerk, registered and presented (Quy chế 10.1)."""

from starlette.routing import Route

import jobs
from models import desk, errors, lookups, scans, users
from views import incoming_desk, incoming_item, incoming_page, web

CLERKS = (lookups.CLERK,)


def show(request):
    """GET /scans/{id}: the scan on the desk; the document once registered; what became of it when it is over."""
    scan = _load(request)
    if scan.state == "confirmed":
        return web.redirect(f"/incoming/{scan.document_id}")
    if scan.state in scans.OPEN:
        return web.redirect(incoming_desk.link(tab="paper", scan=scan.id))
    return web.page(request, "scans/show.html", scan=scan)


def show_progress(request):
    """GET /scans/{id}/progress: the progress box; the page itself once the reading is over."""
    scan = _load(request)
    if scan.state not in ("waiting", "reading"):
        return web.go(request, f"/scans/{scan.id}")
    return web.part(request, "_progress.html", job=incoming_item.job_of(scan))


def create_registration(request):
    """POST /scans/{id}/registration: vào sổ và trình, then the next item of the desk."""
    incoming_desk.check_person(request)
    scan, data = _load(request), incoming_page.ScanForm(request.state.form)
    if scan.document_id and incoming_desk.already_done(request, scan.document):
        return _registered(request, scan, scan.document, None)
    if data.ok:
        leader = users.holder(scan.agency_id, data.leader_id, lookups.LEADER)
        try:
            doc = desk.register(
                request.user, desk.of(desk.SCAN, scan), leader, data.fields, note=data.note, known=data.known,
                apart_reason=data.apart_reason, straight=data.straight,
            )  # fmt: skip
        except errors.Invalid as error:
            data.fail(error)
        else:
            return _registered(request, scan, doc, leader, data.straight)
    return incoming_desk.again(request, desk.of(desk.SCAN, scan), data)


def _registered(request, scan, doc, leader, straight=""):
    told = f"Số đến {incoming_desk.show_number(doc.arrival_number)}"
    told += f" · đã trình {leader.person.full_name}" if leader else " · đã chuyển thẳng" if straight else ""
    return incoming_desk.done(request, f"{desk.SCAN}-{scan.id}", told, doc, doc.arrival_number)


def create_refusal(request):
    """POST /scans/{id}/refusal: not to be registered."""
    incoming_desk.check_person(request)
    scan, data = _load(request), incoming_page.RefusalForm(request.state.form)
    try:
        scans.refuse(request.user, scan, data.reason)
    except errors.Invalid as error:
        data.fail(error)
        return incoming_desk.again(request, desk.of(desk.SCAN, scan), refusal=data)
    return incoming_desk.done(request, f"{desk.SCAN}-{scan.id}", f"Đã bỏ bản quét «{scan.name}».")


def create_reading(request):
    """POST /scans/{id}/reading: read again."""
    scan = _load(request)
    scans.read_again(request.user, scan)
    jobs.wake("ocr")
    return web.redirect(f"/scans/{scan.id}", "Đang nhận dạng lại.")


def _load(request):
    return scans.get(request.user, request.path_params["id"])


def _route(path, handler, method="GET"):
    return Route(path, web.endpoint(handler, roles=CLERKS), methods=[method])


ROUTES = [
    _route("/scans/{id:int}", show),
    _route("/scans/{id:int}/progress", show_progress),
    _route("/scans/{id:int}/registration", create_registration, "POST"),
    _route("/scans/{id:int}/refusal", create_refusal, "POST"),
    _route("/scans/{id:int}/reading", create_reading, "POST"),
]
