"""Sổ địa chỉ: partners elsewhere, how they are reached, and why one is not connected yet (law: ID-7, ID-10)."""

from starlette.routing import Route

from models import agencies, errors, lookups
from models import text as wording
from views import forms, web
from views.admin import ADMINISTRATORS, page

AT = "/admin/partners"
PROVINCE = (lookups.PROVINCE_ADMIN,)
REACHED = {"axis": agencies.CONNECTIONS["axis"], "none": agencies.CONNECTIONS["none"]}
MOST = 200


class PartnerForm(forms.Form):
    """A partner: name, code, connection; a reason where there is none."""

    def parse(self):
        self.name = self.text("name", needed="Hãy nhập tên cơ quan.", longest=200)
        self.code = self.text("code", longest=64)
        self.email = self.text("email", longest=100)
        self.address = self.text("address", longest=200)
        self.telephone = self.text("telephone", longest=40)
        self.connection = self.choice("connection", REACHED, needed="Hãy chọn cách kết nối.")
        self.connection_note = self.text("connection_note", longest=200)
        if self.connection == "none" and not self.connection_note:
            self.errors["connection_note"] = "Hãy nêu lý do chưa kết nối, ví dụ: chỉ nhận văn bản giấy."
        if self.connection == "axis" and not self.code:
            self.errors["code"] = "Gửi qua trục cần mã định danh của nơi nhận."

    @property
    def details(self) -> dict:
        """What is kept on the partner's row."""
        return {
            name: getattr(self, name)
            for name in ("email", "address", "telephone", "connection", "connection_note")
        }


def browse(request):
    """GET /admin/partners?q="""
    typed = request.query_params.get("q", "")[:100]
    model = agencies.Agency
    rows = model.select().where(~model.hosted).order_by(model.folded_name).limit(MOST)
    if typed:
        rows = rows.where(model.folded_name.contains(wording.fold(typed)))
    return page(request, "admin_partners/list.html", request.user.agency, AT, rows=agencies.with_codes(rows), typed=typed,
                connections=agencies.CONNECTIONS, most=MOST)  # fmt: skip


def new(request):
    """GET /admin/partners/new"""
    return _form(request, PartnerForm(None, connection="axis"), None)


def create(request):
    """POST /admin/partners"""
    form = PartnerForm(request.state.form)
    if form.ok:
        try:
            partner = agencies.enter_partner(request.user, form.name, form.code, **form.details)
        except errors.Invalid as error:
            form.fail(error)
        else:
            return web.redirect(AT, f"Đã ghi {partner.name} vào sổ địa chỉ.")
    return _form(request, form, None, status=422)


def show(request):
    """GET /admin/partners/{id}"""
    partner = _partner(request)
    values = {
        name: getattr(partner, name)
        for name in ("name", "code", "email", "address", "telephone", "connection", "connection_note")
    }
    return _form(request, PartnerForm(None, **values), partner)


def change(request):
    """POST /admin/partners/{id}"""
    partner, form = _partner(request), PartnerForm(request.state.form)
    if form.ok:
        try:
            agencies.change_partner(request.user, partner, form.name, form.code, **form.details)
        except errors.Invalid as error:
            form.fail(error)
        else:
            return web.redirect(AT, f"Đã ghi {partner.name}.")
    return _form(request, form, partner, status=422)


def _partner(request) -> agencies.Agency:
    found = agencies.Agency.get_or_none(
        agencies.Agency.id == request.path_params["id"], ~agencies.Agency.hosted
    )
    if found is None:
        raise errors.NotFound()
    return found


def _form(request, form, partner, status=200):
    return page(request, "admin_partners/form.html", request.user.agency, AT, status=status, form=form, partner=partner,
                reached=REACHED)  # fmt: skip


def _route(path, handler, method="GET", roles=PROVINCE):
    return Route(AT + path, web.endpoint(handler, roles=roles), methods=[method])


ROUTES = [
    _route("", browse, roles=ADMINISTRATORS),
    _route("", create, "POST"),
    _route("/new", new),
    _route("/{id:int}", show),
    _route("/{id:int}", change, "POST"),
]
