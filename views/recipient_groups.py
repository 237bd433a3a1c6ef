"""Nhóm nơi nhận: the agency's own groups of recipients (QĐ 28 Điều 10.2.m)."""

from starlette.routing import Route

from models import agencies, drafts, errors, recipient_groups
from views import forms, outgoing_recipients, web

AT = "/recipient-groups"


class GroupForm(forms.Form):
    """A name and its agencies; the search of the picker works without script."""

    def parse(self):
        self.searches = self.data.get("act") == "search"
        self.name = self.text("name", needed="" if self.searches else "Hãy đặt tên nhóm.", longest=100)
        self.recipient_ids = [
            int(one) for one in self.values("recipients") if one.isdecimal() and len(one) < 10
        ]


def browse(request):
    """GET /recipient-groups"""
    groups = recipient_groups.of(request.user.agency_id)
    return web.page(request, "recipient_groups/list.html", groups=groups)


def new(request):
    """GET /recipient-groups/new"""
    return _form(request, GroupForm(None), None)


def create(request):
    """POST /recipient-groups"""
    return _save(request, None)


def show(request):
    """GET /recipient-groups/{id}"""
    group = _load(request)
    ids = [one.id for one in recipient_groups.members(group)]
    return _form(request, GroupForm(None, name=group.name, recipients=ids), group)


def change(request):
    """POST /recipient-groups/{id}"""
    return _save(request, _load(request))


def remove(request):
    """POST /recipient-groups/{id}/removal"""
    group = _load(request)
    recipient_groups.remove(request.user, group)
    return web.go(request, AT, f"Đã bỏ nhóm «{group.name}». Văn bản đã soạn không đổi nơi nhận.")


def _save(request, group):
    form = GroupForm(request.state.form)
    if form.ok and not form.searches:
        try:
            chosen = outgoing_recipients.agencies_of(form.recipient_ids)
            saved = recipient_groups.save(
                request.user, form.name, [agencies.current(one).id for one in chosen], group
            )
        except errors.Invalid as error:
            form.fail(error)
        else:
            return web.go(request, AT, f"Đã ghi nhóm «{saved.name}».")
    return _form(request, form, group, 200 if form.searches else 422)


def _form(request, form, group, status=200):
    words = form.data.get("words", "")[:100] if form.data is not None else ""
    return web.page(
        request, "recipient_groups/form.html", status=status, form=form, group=group,
        **outgoing_recipients.of_form(request.user, form, words),
    )  # fmt: skip


def _load(request):
    return recipient_groups.load(request.user, request.path_params["id"])


def _route(path, handler, method="GET"):
    return Route(AT + path, web.endpoint(handler, roles=drafts.WRITERS), methods=[method])


ROUTES = [
    _route("", browse),
    _route("", create, "POST"),
    _route("/new", new),
    _route("/{id:int}", show),
    _route("/{id:int}", change, "POST"),
    _route("/{id:int}/removal", remove, "POST"),
]
