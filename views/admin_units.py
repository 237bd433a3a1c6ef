"""Quản trị đơn vị: units of an agency and its one contact point (Quy chế 7.2)."""

from starlette.routing import Route

from models import agencies, errors, staff, users
from views import forms, web
from views.admin import ADMINISTRATORS, agency_of, here, page

AT = "/admin/units"


class UnitForm(forms.Form):
    """Name and abbreviation of a unit."""

    def parse(self):
        self.name = self.text("name", needed="Hãy nhập tên đơn vị.", longest=100)
        self.notation = self.text("notation", longest=20)


def browse(request):
    """GET /admin/units"""
    return _show(request, agency_of(request), UnitForm())


def create(request):
    """POST /admin/units"""
    agency = agency_of(request)
    form = UnitForm(request.state.form)
    if form.ok:
        try:
            unit = agencies.open_unit(agency, form.name, form.notation, request.user)
        except errors.Invalid as error:
            form.fail(error)
        else:
            return web.redirect(AT + here(request, agency), f"Đã lập {unit.name}.")
    return _show(request, agency, form, status=422)


def change(request):
    """POST /admin/units/{id}"""
    agency = agency_of(request)
    unit, form = _unit(request, agency), UnitForm(request.state.form)
    if form.ok:
        try:
            agencies.change_unit(unit, form.name, form.notation, request.user)
        except errors.Invalid as error:
            form.fail(error)
        else:
            return web.redirect(AT + here(request, agency), f"Đã ghi {unit.name}.")
    return _show(request, agency, form, status=422, edited=unit)


def make_contact_point(request):
    """POST /admin/units/{id}/contact-point"""
    agency = agency_of(request)
    unit = _unit(request, agency)
    agencies.make_contact_point(unit, request.user)
    return web.redirect(AT + here(request, agency), f"{unit.name} là đầu mối gửi, nhận văn bản.")


def close(request):
    """POST /admin/units/{id}/closure: only a unit without people, and never the contact point."""
    agency = agency_of(request)
    unit = _unit(request, agency)
    staff.close_unit(request.user, unit)
    return web.redirect(AT + here(request, agency), f"Đã giải thể {unit.name}.")


def _unit(request, agency) -> agencies.Unit:
    unit = agencies.Unit.get_or_none(
        agencies.Unit.id == request.path_params["id"],
        agencies.Unit.agency == agency,
        agencies.Unit.closed_on.is_null(),
    )
    if unit is None:
        raise errors.NotFound()
    return unit


def _show(request, agency, form, status=200, edited=None):
    units = agencies.units_of(agency.id)
    posts = users.holders(agency.id)
    rows = [(unit, [post for post in posts if post.unit_id == unit.id]) for unit in units]
    changes = {unit.id: UnitForm(None, name=unit.name, notation=unit.notation) for unit in units}
    for one in changes.values():
        one.prefix = "c-"
    if edited:
        changes[edited.id] = form
        form = UnitForm()
    return page(request, "admin_units/list.html", agency, AT, status=status, rows=rows, form=form, changes=changes,
                edited=edited.id if edited else 0)  # fmt: skip


def _route(path, handler, method="GET"):
    return Route(AT + path, web.endpoint(handler, roles=ADMINISTRATORS), methods=[method])


ROUTES = [
    _route("", browse),
    _route("", create, "POST"),
    _route("/{id:int}", change, "POST"),
    _route("/{id:int}/contact-point", make_contact_point, "POST"),
    _route("/{id:int}/closure", close, "POST"),
]
