"""Sổ địa chỉ: partners elsewhere, how they are reached, and why one is not connected yet (law: ID-7, ID-10)."""

from starlette.routing import Route

from models import agencies, agencies_mergers, agencies_search, clock, errors, lookups
from views import forms, web
from views.admin import ADMINISTRATORS, page

AT = "/admin/partners"
PROVINCE = (lookups.PROVINCE_ADMIN,)
REACHED = {"axis": agencies.CONNECTIONS["axis"], "none": agencies.CONNECTIONS["none"]}
MOST = 200
KEPT = (
    "email", "address", "telephone", "connection", "connection_note", "unconnected_since", "clerk_name", "recipient_class",
)  # fmt: skip


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
        self.unconnected_since = self.day("unconnected_since")
        self.clerk_name = self.text("clerk_name", longest=100)
        self.recipient_class = self.choice("recipient_class", lookups.RECIPIENT_CLASSES)
        self.contact_code = self.text("contact_code", longest=64)
        if self.connection == "none" and not self.connection_note:
            self.errors["connection_note"] = "Hãy nêu lý do chưa kết nối, ví dụ: chỉ nhận văn bản giấy."
        if self.connection == "axis" and not self.code:
            self.errors["code"] = "Gửi qua trục cần mã định danh của nơi nhận."

    @property
    def details(self) -> dict:
        """What is kept on the partner's row."""
        kept = {name: getattr(self, name) for name in KEPT}
        if self.connection != "none":
            return kept | {"connection_note": "", "unconnected_since": None}
        return kept | {"unconnected_since": self.unconnected_since or clock.today()}


class MergerForm(forms.Form):
    """Into which agency, by which decision, from which day."""

    def parse(self):
        self.code = self.text("code", needed="Hãy nhập mã định danh của cơ quan nhận sáp nhập.", longest=64)
        self.decision = self.text("decision", longest=200)
        self.on = self.day("day")


class UndoForm(forms.Form):
    """Why a merger was entered by mistake."""

    def parse(self):
        self.reason = self.text("reason", longest=200)


def browse(request):
    """GET /admin/partners?q="""
    typed = request.query_params.get("q", "")[:100]
    model = agencies.Agency
    if typed:
        rows = [row for row in agencies_search.find(typed, MOST, only_open=False) if not row.hosted]
    else:
        query = model.select().where(~model.hosted).order_by(model.folded_name).limit(MOST)
        rows = agencies.with_codes(query)
    return page(request, "admin_partners/list.html", request.user.agency, AT, rows=rows, typed=typed,
                connections=agencies.CONNECTIONS, classes=lookups.RECIPIENT_CLASSES, most=MOST)  # fmt: skip


def new(request):
    """GET /admin/partners/new"""
    return _form(request, PartnerForm(None, connection="axis"), None)


def create(request):
    """POST /admin/partners"""
    form = PartnerForm(request.state.form)
    if form.ok:
        try:
            details = form.details | {"contact_agency": _contact(form)}
            partner = agencies.enter_partner(request.user, form.name, form.code, **details)
        except errors.Invalid as error:
            form.fail(error)
        else:
            return web.redirect(AT, f"Đã ghi {partner.name} vào sổ địa chỉ.")
    return _form(request, form, None, status=422)


def show(request):
    """GET /admin/partners/{id}"""
    partner = _partner(request)
    return _form(request, _filled(partner), partner)


def change(request):
    """POST /admin/partners/{id}"""
    partner, form = _partner(request), PartnerForm(request.state.form)
    if form.ok:
        try:
            details = form.details | {"contact_agency": _contact(form, partner)}
            agencies.change_partner(request.user, partner, form.name, form.code, **details)
        except errors.Invalid as error:
            form.fail(error)
        else:
            return web.redirect(AT, f"Đã ghi {partner.name}.")
    return _form(request, form, partner, status=422)


def create_merger(request):
    """POST /admin/partners/{id}/merger: sáp nhập vào cơ quan có mã này (ID-7)."""
    partner, form = _partner(request), MergerForm(request.state.form)
    if form.ok:
        new = agencies.by_code(form.code)
        try:
            if new is None:
                raise errors.Invalid(
                    {"code": f"Không có cơ quan nào mang mã «{form.code}» trong sổ địa chỉ."}
                )
            agencies_mergers.merge(partner, new, form.decision, form.on, request.user)
        except errors.Invalid as error:
            form.fail(error)
        except errors.Refused as error:
            form.fail(errors.Invalid({"code": str(error)}))
        else:
            words = f"Đã ghi {partner.name} sáp nhập vào {new.name}; các mã cũ dẫn tới {new.name}."
            return web.redirect(f"{AT}/{partner.id}", words)
    return _form(request, _filled(partner), partner, 422, merging=form)


def create_undoing(request):
    """POST /admin/partners/{id}/merger/undoing: the last merger was entered by mistake."""
    partner, form = _partner(request), UndoForm(request.state.form)
    merged = [row for row in agencies_mergers.of(partner) if row.old_id == partner.id and not row.undone_at]
    if not merged:
        raise errors.Refused(f"{partner.name} không có lần sáp nhập nào để hủy ghi.")
    try:
        agencies_mergers.undo(merged[0], request.user, form.reason)
    except errors.Invalid as error:
        form.fail(error)
        return _form(request, _filled(partner), partner, 422, undoing=form)
    return web.redirect(f"{AT}/{partner.id}", f"Đã hủy ghi sáp nhập; {partner.name} hoạt động lại như trước.")


def _contact(form, partner=None):
    """The agency whose office receives for it (Quy chế 7.1), None for its own. Raises Invalid."""
    if not form.contact_code:
        return None
    found = agencies.by_code(form.contact_code)
    if found is None or partner is not None and found.id == partner.id:
        raise errors.Invalid({"contact_code": f"Không có cơ quan đầu mối nào mang mã «{form.contact_code}»."})
    return found


def _filled(partner) -> PartnerForm:
    values = {name: getattr(partner, name) for name in ("name", "code", *KEPT)}
    contact = partner.contact_agency.code if partner.contact_agency_id else ""
    return PartnerForm(None, **values, contact_code=contact)


def _partner(request) -> agencies.Agency:
    found = agencies.Agency.get_or_none(
        agencies.Agency.id == request.path_params["id"], ~agencies.Agency.hosted
    )
    if found is None:
        raise errors.NotFound()
    return found


def _form(request, form, partner, status=200, merging=None, undoing=None):
    return page(
        request, "admin_partners/form.html", request.user.agency, AT, status=status, form=form, partner=partner,
        reached=REACHED, classes=lookups.RECIPIENT_CLASSES, schemes=agencies.SCHEME_NAMES,
        codes=list(partner.codes.order_by(agencies.AgencyCode.id)) if partner else [],
        mergers=agencies_mergers.of(partner) if partner else [],
        merging=merging or MergerForm(None, day=clock.today()), undoing=undoing or UndoForm(None),
    )  # fmt: skip


def _route(path, handler, method="GET", roles=PROVINCE):
    return Route(AT + path, web.endpoint(handler, roles=roles), methods=[method])


ROUTES = [
    _route("", browse, roles=ADMINISTRATORS),
    _route("", create, "POST"),
    _route("/new", new),
    _route("/{id:int}", show),
    _route("/{id:int}", change, "POST"),
    _route("/{id:int}/merger", create_merger, "POST"),
    _route("/{id:int}/merger/undoing", create_undoing, "POST"),
]
