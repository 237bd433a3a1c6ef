"""Quản trị cơ quan: details the packets need, codes in both schemes with history, opening and closing an agency."""

from starlette.routing import Route

from models import agencies, clock, errors, lookups, setup
from views import forms, web
from views.admin import ADMINISTRATORS, agency_of, here, hosted, page

AT = "/admin/agency"
ALL = "/admin/agencies"
PROVINCE = (lookups.PROVINCE_ADMIN,)
DETAILS = ("name", "short_name", "parent_name", "kind", "notation", "place", "address", "email", "telephone", "fax",
           "website")  # fmt: skip


class AgencyForm(forms.Form):
    """Details of an agency, as the From block of its packets and its letterhead need them."""

    def parse(self):
        self.details = {name: self.text(name, longest=200) for name in DETAILS}
        if not self.details["name"]:
            self.errors["name"] = "Hãy nhập tên cơ quan."
        if self.yes("asks_names"):  # the form shows the box
            self.details["tells_names"] = self.yes("tells_names")


class NewAgencyForm(AgencyForm):
    """A new agency of this installation with its first code."""

    def parse(self):
        super().parse()
        self.code = self.text("code", needed="Hãy nhập mã định danh, ví dụ H35.12.", longest=60)


class CodeForm(forms.Form):
    """A code and the decision that opens it."""

    def parse(self):
        self.code = self.text("code", needed="Hãy nhập mã định danh.", longest=60)
        self.decision = self.text("decision", needed="Hãy nhập số, ngày quyết định.", longest=200)
        self.valid_from = self.day("valid_from")


def show(request):
    """GET /admin/agency"""
    return _show(request, agency_of(request))


def change(request):
    """POST /admin/agency"""
    agency, form = agency_of(request), AgencyForm(request.state.form)
    if form.ok:
        agencies.change(agency, request.user, **form.details)
        return web.redirect(AT + here(request, agency), "Đã ghi thông tin cơ quan.")
    return _show(request, agency, status=422, form=form)


def add_code(request):
    """POST /admin/agency/codes"""
    agency, form = agency_of(request), CodeForm(request.state.form)
    if form.ok:
        try:
            row = agencies.add_code(
                agency, form.code, decision=form.decision, valid_from=form.valid_from, by=request.user
            )
        except errors.Invalid as error:
            form.fail(error)
        else:
            return web.redirect(
                AT + here(request, agency), f"Mã {row.code} có hiệu lực từ {row.valid_from:%d/%m/%Y}."
            )
    return _show(request, agency, status=422, code_form=form)


def close_code(request):
    """POST /admin/agency/codes/{id}/closure"""
    agency = agency_of(request)
    row = agencies.AgencyCode.get_or_none(
        agencies.AgencyCode.id == request.path_params["id"], agencies.AgencyCode.agency == agency
    )
    if row is None:
        raise errors.NotFound()
    decision = request.state.form.get("decision", "")
    agencies.replace_code(row, decision if isinstance(decision, str) else "", request.user)
    return web.redirect(
        AT + here(request, agency), f"Đã đóng mã {row.code}. Văn bản gửi tới mã này vẫn tới cơ quan."
    )


def browse(request):
    """GET /admin/agencies"""
    rows = agencies.Agency.select().where(agencies.Agency.hosted).order_by(agencies.Agency.folded_name)
    return page(request, "admin_agencies/list.html", request.user.agency, ALL, rows=agencies.with_codes(rows))


def new(request):
    """GET /admin/agencies/new"""
    return page(request, "admin_agencies/new.html", request.user.agency, ALL, form=NewAgencyForm())


def create(request):
    """POST /admin/agencies"""
    form = NewAgencyForm(request.state.form)
    if form.ok:
        details = dict(form.details)
        try:
            agency = setup.open_agency(details.pop("name"), form.code, request.user, **details)
        except errors.Invalid as error:
            form.fail(error)
        else:
            return web.redirect(
                f"/admin?agency={agency.id}",
                f"Đã mở {agency.name} với các sổ đăng ký. Việc tiếp theo ở dưới.",
            )
    return page(request, "admin_agencies/new.html", request.user.agency, ALL, status=422, form=form)


def close(request):
    """POST /admin/agencies/{id}/closure"""
    agency = hosted(request.path_params["id"])
    decision = request.state.form.get("decision", "")
    try:
        setup.close_agency(agency, request.user, decision if isinstance(decision, str) else "")
    except errors.Invalid as error:
        raise errors.Refused(str(error)) from error
    return web.redirect(ALL, f"Đã ghi {agency.name} giải thể. Sổ đã khóa; văn bản cũ vẫn được giữ.")


def _show(request, agency, status=200, form=None, code_form=None):
    codes = sorted(agency.codes, key=lambda row: (row.valid_to is not None, -row.id))
    return page(
        request, "admin_agencies/show.html", agency, AT, status=status, codes=codes, schemes=agencies.SCHEME_NAMES,
        form=form or AgencyForm(None, **{name: getattr(agency, name) for name in DETAILS},
                                tells_names="1" if agency.tells_names else ""),
        code_form=code_form or CodeForm(None, valid_from=clock.today()), connections=agencies.CONNECTIONS,
    )  # fmt: skip


def _route(path, handler, method="GET", roles=ADMINISTRATORS):
    return Route(path, web.endpoint(handler, roles=roles), methods=[method])


ROUTES = [
    _route(AT, show),
    _route(AT, change, "POST"),
    _route(AT + "/codes", add_code, "POST"),
    _route(AT + "/codes/{id:int}/closure", close_code, "POST"),
    _route(ALL, browse, roles=PROVINCE),
    _route(ALL, create, "POST", roles=PROVINCE),
    _route(ALL + "/new", new, roles=PROVINCE),
    _route(ALL + "/{id:int}/closure", close, "POST", roles=PROVINCE),
]
