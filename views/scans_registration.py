"""Bản quét ở Chờ lưu trữ: what was read beside the page, confirmed by the clerk, registered and presented (Quy chế 10.1)."""

from starlette.routing import Route

import jobs
from models import errors, incoming, lookups, registers, scans, users
from views import incoming_page, web

CLERKS = (lookups.CLERK,)
LABELS = {
    "organ_name": "Cơ quan", "parent_organ_name": "Cơ quan chủ quản", "code_number": "Số", "code_notation": "Ký hiệu",
    "issued_date": "Ngày", "place": "Địa danh", "type_name": "Tên loại", "subject": "Trích yếu", "recipients": "Nơi nhận",
    "signer_position": "Chức vụ", "signer_name": "Người ký", "urgency": "Độ khẩn", "due_date": "Hạn trả lời",
}  # fmt: skip
LENGTHS = {
    "parent_organ_name": 200, "organ_name": 200, "code_number": 11, "code_notation": 30, "issued_date": 10, "subject": 500,
    "type_code": None, "urgency": None, "signer_position": 100, "signer_name": 50, "asked_due_date": 10, "page_amount": 4,
    "to_places": 1000, "place": 100, "description": 500, "note": 500,
}  # fmt: skip
FORM_NAMES = {"type_name": "type_code", "due_date": "asked_due_date", "recipients": "to_places"}


class ScanForm(incoming_page.RegistrationForm):
    """The fields of a paper letter, and that a possible double was seen."""

    def parse(self):
        super().parse()
        self.fields["parent_organ_name"] = self.text("parent_organ_name", longest=200)
        self.fields["place"] = self.text("place", longest=100)
        self.fields["to_places"] = self.text("to_places", longest=1000)
        self.known = self.yes("known")

    @classmethod
    def read_from(cls, scan, leaders):
        """Filled with what was read from the page."""
        values = scans.proposed(scan)
        renamed = {FORM_NAMES.get(name, name): value for name, value in values.items()}
        first = leaders[0][0] if leaders else ""
        return cls(None, **renamed | {"page_amount": scan.pages_total, "leader": first, "known": ""})


def show(request):
    """GET /scans/{id}"""
    scan = _load(request)
    if scan.state == "confirmed":
        return web.redirect(f"/incoming/{scan.document_id}")
    return web.page(request, "scans/show.html", **_context(request, scan))


def show_progress(request):
    """GET /scans/{id}/progress: the progress box; the page itself once the reading is over."""
    scan = _load(request)
    if scan.state not in ("waiting", "reading"):
        return web.go(request, f"/scans/{scan.id}")
    return web.part(request, "_progress.html", job=_job(scan))


def create_registration(request):
    """POST /scans/{id}/registration: vào sổ và trình, then the next scan."""
    scan, data = _load(request), ScanForm(request.state.form)
    if data.ok:
        leader = users.holder(scan.agency_id, data.leader_id, lookups.LEADER)
        try:
            doc = scans.confirm(request.user, scan, data.fields, leader, data.note, data.known)
        except errors.Invalid as error:
            data.fail(error)
        else:
            jobs.wake("status")
            following = scans.following(request.user, scan)
            told = f"Số đến {doc.arrival_number} · đã trình {leader.person.full_name}"
            return web.redirect(f"/scans/{following.id}" if following else "/scans", told)
    return web.page(request, "scans/show.html", status=422, **_context(request, scan, data))


def create_refusal(request):
    """POST /scans/{id}/refusal: not to be registered."""
    scan = _load(request)
    data = incoming_page.RefusalForm(request.state.form)
    try:
        scans.refuse(request.user, scan, data.reason)
    except errors.Invalid as error:
        data.fail(error)
        return web.page(request, "scans/show.html", status=422, **_context(request, scan, refusal=data))
    return web.redirect("/scans", f"Đã bỏ bản quét «{scan.name}».")


def create_reading(request):
    """POST /scans/{id}/reading: read again."""
    scan = _load(request)
    scans.read_again(request.user, scan)
    jobs.wake("ocr")
    return web.redirect(f"/scans/{scan.id}", "Đang nhận dạng lại.")


def _load(request):
    return scans.get(request.user, request.path_params["id"])


def _context(request, scan, form=None, refusal=None) -> dict:
    leaders = [(post.id, post.label) for post in incoming.leaders(scan.agency_id)]
    read = {name: field for name, field in scan.fields.items() if field}
    amber = scans.unsure(scan) if scan.state == "read" else set()
    looks = {
        FORM_NAMES.get(name, name): "Hãy xem lại." if name in read else "Chưa đọc được." for name in amber
    }
    first = next((name for name in LENGTHS if name in looks), "")
    extras = {
        name: {"maxlength": most} | ({"data-first": ""} if name == first else {})
        for name, most in LENGTHS.items()
    }
    return {
        "extras": extras, "scan": scan, "form": form or ScanForm.read_from(scan, leaders), "leaders": leaders, "looks": looks,
        "types": incoming_page.TYPES, "sheets": _sheets(scan, read), "job": _job(scan),
        "refusal": refusal or incoming_page.RefusalForm(None), "queue": scans.queue(request.user, 50),
        "same": scans.doubles(request.user, scan, form.fields if form and form.ok else None) if scan.state == "read" else [],
        "coming": registers.coming(registers.of(scan.agency_id, "incoming")),
    }  # fmt: skip


def _job(scan) -> dict:
    running = scan.state in ("waiting", "reading")
    return {
        "words": f"{scan.label}. Có thể làm việc khác, trang này tự mở khi đọc xong.", "done": scan.pages_done,
        "total": scan.pages_total, "wait": f"/scans/{scan.id}/progress" if running else "",
    }  # fmt: skip


def _sheets(scan, read) -> list[dict]:
    """Pages as pictures with the boxes where fields were read, in points."""
    if scan.shown is None:
        return []
    sizes = scan.page_sizes or [[595, 842]] * max(1, scan.pages_total)
    sheets = [
        {
            "url": f"/scans/{scan.id}/pages/{n}.png",
            "label": f"Trang {n}",
            "width": w,
            "height": h,
            "boxes": [],
        }
        for n, (w, h) in enumerate(sizes, 1)
    ]
    for name, field in read.items():
        if field["box"] and field["page"] <= len(sheets):
            x0, y0, x1, y1 = field["box"]
            box = {"x": x0 - 2, "y": y0 - 2, "width": x1 - x0 + 4, "height": y1 - y0 + 4}
            words = f"{LABELS[name]}: {field['value']}"
            sheets[field["page"] - 1]["boxes"].append(box | {"sure": field["sure"], "words": words})
    return sheets


def _route(path, handler, method="GET"):
    return Route(path, web.endpoint(handler, roles=CLERKS), methods=[method])


ROUTES = [
    _route("/scans/{id:int}", show),
    _route("/scans/{id:int}/progress", show_progress),
    _route("/scans/{id:int}/registration", create_registration, "POST"),
    _route("/scans/{id:int}/refusal", create_refusal, "POST"),
    _route("/scans/{id:int}/reading", create_reading, "POST"),
]
