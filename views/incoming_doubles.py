"""Văn bản trùng: the older one beside the one in hand, joining the paper to it, and where the paper is (A8, A9, L7)."""

from starlette.routing import Route

import jobs
from models import carriers, doubles, errors, lookups, notifications, permissions, scans, users
from views import forms, web

CLERKS = (lookups.CLERK,)


class PlaceForm(forms.Form):
    """Where the paper is kept, and who has it."""

    prefix = "paper-"

    def parse(self):
        self.place = self.text("place", longest=200)
        self.post_id = self.number("post") or 0
        self.note = self.text("note", longest=200)


class JoiningForm(forms.Form):
    """Which document the paper, or the electronic version, belongs to."""

    prefix = "joining-"

    def parse(self):
        self.doc_id = self.number("doc", needed="Hãy chọn văn bản đã có.") or 0
        self.place = self.text("place", longest=200)
        self.reason = self.text("reason", longest=500)


def bar(actor, base: str, values=None, scan=None, doc=None) -> dict:
    """What templates/incoming/_double.html needs."""
    return {
        "doubles": doubles.of(actor, values, scan, doc),
        "base": base,
        "desk": "",
        "scan": scan,
        "doc": doc,
    }


def show_scan_doubles(request):
    """GET /scans/{id}/doubles: the red bar alone, asked when number, notation or issuer were changed."""
    scan = scans.get(request.user, request.path_params["id"])
    return web.part(
        request, "incoming/_double.html", **bar(request.user, f"/scans/{scan.id}", _typed(request), scan)
    )


def show_doubles(request):
    """GET /incoming/{id}/doubles"""
    doc = permissions.get(request.user, request.path_params["id"], "incoming")
    return web.part(
        request, "incoming/_double.html", **bar(request.user, f"/incoming/{doc.id}", _typed(request), doc=doc)
    )


def join_scan(request):
    """POST /scans/{id}/joining: the scan is the paper of a document that is here already."""
    scan, form = scans.get(request.user, request.path_params["id"]), JoiningForm(request.state.form)
    if not form.ok:
        raise errors.Invalid(form.errors)
    doc = permissions.get(request.user, form.doc_id, "incoming")
    doc = doubles.join_paper(request.user, scan, doc, form.place)
    words = f"Đã ghép bản giấy vào văn bản {_named(doc)}. Không lấy số mới."
    return web.go(request, _next(request, doc), words)


def join_document(request):
    """POST /incoming/{id}/joining: the electronic version of a paper that is registered already."""
    doc, form = (
        permissions.get(request.user, request.path_params["id"], "incoming"),
        JoiningForm(request.state.form),
    )
    if not form.ok:
        raise errors.Invalid(form.errors)
    record = permissions.get(request.user, form.doc_id, "incoming")
    number = doubles.join_electronic(request.user, doc, record, form.reason)
    notifications.spread()
    jobs.wake("status")
    words = f"Đã ghép bản điện tử vào văn bản giấy số đến {number}. Nơi gửi được báo đúng số này."
    return web.go(request, _next(request, record), words)


def create_place(request):
    """POST /incoming/{id}/paper-place: the paper is now there."""
    doc = permissions.get(request.user, request.path_params["id"], "incoming")
    form = PlaceForm(request.state.form)
    post = users.holder(doc.agency_id, form.post_id) if form.post_id else None
    if form.errors:
        raise errors.Invalid(form.errors)
    row = carriers.move(request.user, doc, form.place, post, form.note)
    back = "/incoming/paper-copies" if request.state.form.get("from") == "list" else f"/incoming/{doc.id}"
    return web.go(request, back, f"Bản giấy của {_named(doc)}: {row.words}.")


def _typed(request) -> dict | None:
    asked = request.query_params
    values = {
        name: asked.get(name, "")[:200]
        for name in ("organ_name", "code_number", "code_notation", "parent_organ_name")
    }
    if not any(values.values()):
        return None
    try:
        values["issued_date"] = (
            forms.parse_day(asked.get("issued_date", "")) if asked.get("issued_date") else None
        )
    except ValueError:
        values["issued_date"] = None
    return values


def _named(doc) -> str:
    return f"{doc.number_text} (số đến {doc.arrival_number})" if doc.arrival_number else doc.number_text


def _next(request, doc) -> str:
    """From the desk back to the desk, which opens the next one; else to the record."""
    tab = request.state.form.get("desk", "")
    return f"/incoming/waiting?tab={tab}" if isinstance(tab, str) and tab.isalpha() else f"/incoming/{doc.id}"


ROUTES = [
    Route("/scans/{id:int}/doubles", web.endpoint(show_scan_doubles, roles=CLERKS), methods=["GET"]),
    Route("/scans/{id:int}/joining", web.endpoint(join_scan, roles=CLERKS), methods=["POST"]),
    Route("/incoming/{id:int}/doubles", web.endpoint(show_doubles, roles=CLERKS), methods=["GET"]),
    Route("/incoming/{id:int}/joining", web.endpoint(join_document, roles=CLERKS), methods=["POST"]),
    Route("/incoming/{id:int}/paper-place", web.endpoint(create_place, roles=CLERKS), methods=["POST"]),
]
