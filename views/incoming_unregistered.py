"""Không đăng ký – chuyển (A16): letters that need no number, passed on from Chờ lưu trữ, and the list of them."""

from starlette.routing import Route

import jobs
from models import agencies, errors, lookups, notifications, permissions, scans, unregistered, users
from views import forms, web

CLERKS = (lookups.CLERK,)


class PassingForm(forms.Form):
    """Why no number is needed, and to whom the letter goes."""

    prefix = "unregistered-"

    def parse(self):
        self.kind = self.choice(
            "kind", unregistered.KINDS, needed="Hãy chọn vì sao văn bản không phải đăng ký."
        )
        self.target = self.text("target", longest=40)
        self.organisation = self.text("organisation", longest=200)
        self.subject = self.text("subject", longest=500)
        self.note = self.text("note", longest=500)


def browse(request):
    """GET /incoming/unregistered: all of them for the clerk, one's own for everybody else."""
    typed = request.query_params.get("before", "")
    rows = unregistered.listed(request.user, int(typed) if typed.isdecimal() and len(typed) < 10 else None)
    older = f"/incoming/unregistered?before={rows[-1].id}" if len(rows) == unregistered.PAGE else ""
    return web.page(request, "incoming/unregistered.html", rows=rows, pager={"older": older, "newer": ""})


def ask(request):
    """GET /incoming/{id}/unregistered: to whom; the same page shows to whom it went."""
    doc = permissions.get(request.user, request.path_params["id"], "incoming")
    return _form(request, PassingForm(None), doc=doc)


def ask_for_scan(request):
    """GET /scans/{id}/unregistered"""
    scan = scans.get(request.user, request.path_params["id"])
    return _form(request, PassingForm(None, subject=scan.subject), scan=scan)


def create(request):
    """POST /incoming/{id}/unregistered"""
    doc = permissions.get(request.user, request.path_params["id"], "incoming")
    form = PassingForm(request.state.form)
    if form.ok:
        try:
            row = unregistered.pass_on(request.user, doc, form.kind, note=form.note, **_target(request, form))
        except errors.Invalid as error:
            form.fail(error)
        else:
            jobs.wake("status")
            return _done(request, row)
    return _form(request, form, doc=doc, status=422)


def create_of_scan(request):
    """POST /scans/{id}/unregistered"""
    scan, form = scans.get(request.user, request.path_params["id"]), PassingForm(request.state.form)
    if form.ok:
        try:
            row = unregistered.pass_scan_on(
                request.user, scan, form.kind, note=form.note, subject=form.subject, **_target(request, form)
            )
        except errors.Invalid as error:
            form.fail(error)
        else:
            return _done(request, row)
    return _form(request, form, scan=scan, status=422)


def create_receipt(request):
    """POST /incoming/{id}/receipt: đã nhận, by who it was passed to."""
    doc = permissions.get(request.user, request.path_params["id"], "incoming")
    row = unregistered.of(doc)
    if row is None:
        raise errors.Refused("Văn bản này đã đăng ký, không cần xác nhận riêng.")
    unregistered.acknowledge(request.user, row)
    return web.go(request, "/incoming/unregistered", "Đã xác nhận nhận văn bản.")


def targets(agency_id: int) -> list[tuple[str, str]]:
    """(key, words) of the units and people of an agency, for the list of receivers."""
    units = [(f"unit:{unit.id}", unit.name) for unit in agencies.units_of(agency_id)]
    return units + [(f"post:{post.id}", post.label) for post in users.holders(agency_id)]


def _target(request, form) -> dict:
    kind, _, number = form.target.partition(":")
    key = int(number) if number.isdecimal() and len(number) < 10 else 0
    agency_id = request.user.agency_id
    unit = (
        next((one for one in agencies.units_of(agency_id) if one.id == key), None) if kind == "unit" else None
    )
    post = next((one for one in users.holders(agency_id) if one.id == key), None) if kind == "post" else None
    return {"post": post, "unit": unit, "organisation": form.organisation}


def _done(request, row):
    notifications.spread()
    tab = request.state.form.get("desk", "")
    url = (
        f"/incoming/waiting?tab={tab}" if isinstance(tab, str) and tab.isalpha() else "/incoming/unregistered"
    )
    return web.go(request, url, f"Không đăng ký, đã chuyển {row.receiver}. Không lấy số đến.")


def _form(request, form, doc=None, scan=None, status=200):
    if scan is None and doc.state != "arrived" and status == 200:
        raise errors.Refused("Văn bản này không còn ở Chờ lưu trữ.")
    return web.page(
        request, "incoming/unregister.html", status=status, form=form, doc=doc, scan=scan, kinds=unregistered.KINDS,
        targets=[("", "— chọn người hoặc đơn vị —"), *targets(request.user.agency_id)],
    )  # fmt: skip


ROUTES = [
    Route("/incoming/unregistered", web.endpoint(browse), methods=["GET"]),
    Route("/incoming/{id:int}/unregistered", web.endpoint(ask, roles=CLERKS), methods=["GET"]),
    Route("/incoming/{id:int}/unregistered", web.endpoint(create, roles=CLERKS), methods=["POST"]),
    Route("/incoming/{id:int}/receipt", web.endpoint(create_receipt), methods=["POST"]),
    Route("/scans/{id:int}/unregistered", web.endpoint(ask_for_scan, roles=CLERKS), methods=["GET"]),
    Route("/scans/{id:int}/unregistered", web.endpoint(create_of_scan, roles=CLERKS), methods=["POST"]),
]
