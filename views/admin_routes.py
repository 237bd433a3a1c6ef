"""Quy định chuyển văn bản đến: who gets letters of which sender, type or words, and what goes straight on (ND30 23.1; B10)."""

from starlette.routing import Route

from models import agencies, errors, lookups, receivers, routing, users
from views import forms, web
from views.admin import ADMINISTRATORS, agency_of, here, page

AT = "/admin/routes"
TYPES = [("", "Mọi loại")] + [
    (kind.code, kind.name) for kind in (*lookups.DOCUMENT_TYPES, *lookups.ARRIVING_TYPES)
]


class RuleForm(forms.Form):
    """One rule: what letters, to whom, straight or by a leader, by which decision."""

    def parse(self):
        self.sender_name = self.text("sender_name", longest=200)
        self.type_code = self.choice("type_code", dict(TYPES))
        self.words = self.text("words", longest=200)
        self.target = self.text("target", longest=40)
        self.straight = self.yes("straight")
        self.decision = self.text("decision", longest=200)


def browse(request):
    """GET /admin/routes"""
    return _browse(request, agency_of(request), RuleForm())


def create(request):
    """POST /admin/routes"""
    agency, form = agency_of(request), RuleForm(request.state.form)
    if form.ok:
        chosen = next(
            (one for one in _targets(agency) if one.key == form.target), receivers.Target(None, None)
        )
        try:
            rule = routing.open_rule(
                agency, request.user, sender_name=form.sender_name, type_code=form.type_code, words=form.words,
                post=chosen.post, unit=chosen.unit, straight=form.straight, decision=form.decision,
            )  # fmt: skip
        except errors.Invalid as error:
            form.fail(error)
        else:
            return web.redirect(
                AT + here(request, agency), f"Đã thêm quy định: {rule.label} → {rule.target.name}."
            )
    return _browse(request, agency, form, 422)


def end(request):
    """POST /admin/routes/{id}/ending"""
    agency = agency_of(request)
    rule = routing.RouteRule.get_or_none(
        routing.RouteRule.id == request.path_params["id"], routing.RouteRule.agency == agency
    )
    if rule is None:
        raise errors.NotFound()
    routing.end_rule(rule, request.user)
    return web.redirect(AT + here(request, agency), "Quy định đã kết thúc; văn bản đã chuyển vẫn giữ nguyên.")


def _targets(agency) -> list[receivers.Target]:
    units = [receivers.Target(None, unit) for unit in agencies.units_of(agency.id)]
    return units + [receivers.Target(post, None) for post in users.holders(agency.id)]


def _browse(request, agency, form, status=200):
    targets = [("", "— chọn người hoặc đơn vị —")]
    targets += [(one.key, one.name if one.unit else one.post.label) for one in _targets(agency)]
    return page(request, "admin_routes/list.html", agency, AT, status=status, rules=routing.rules(agency.id), form=form,
                types=TYPES, targets=targets)  # fmt: skip


ROUTES = [
    Route(AT, web.endpoint(browse, roles=ADMINISTRATORS), methods=["GET"]),
    Route(AT, web.endpoint(create, roles=ADMINISTRATORS), methods=["POST"]),
    Route(AT + "/{id:int}/ending", web.endpoint(end, roles=ADMINISTRATORS), methods=["POST"]),
]
