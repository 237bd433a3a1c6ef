"""Đồng bộ sổ địa chỉ: the rounds, what each changed before and after, and the doubtful changes that wait for a decision."""

from starlette.routing import Route

import jobs
from models import directory, errors, exchange_axis, lookups
from views import forms, web
from views.admin import page

AT = "/admin/directory"
PROVINCE = (lookups.PROVINCE_ADMIN,)


class DecisionForm(forms.Form):
    """Confirm, or keep what the book says."""

    def parse(self):
        self.confirm = self.choice("decision", ("confirm", "keep"), needed="Hãy chọn.") == "confirm"


def browse(request):
    """GET /admin/directory"""
    rounds = directory.last_rounds()
    return page(
        request, "admin_directory/list.html", request.user.agency, "/admin/partners", rounds=rounds,
        waiting=directory.waiting(), kinds=directory.KINDS, connected=exchange_axis.connected() is not None,
        moving=bool(rounds) and rounds[0].state in ("fetching", "comparing"),
    )  # fmt: skip


def progress(request):
    """GET /admin/directory/progress: the rounds alone, asked again while one is under way."""
    rounds = directory.last_rounds()
    moving = bool(rounds) and rounds[0].state in ("fetching", "comparing")
    return web.part(
        request, "admin_directory/_rounds.html", rounds=rounds, kinds=directory.KINDS, moving=moving
    )


def create(request):
    """POST /admin/directory: đồng bộ ngay."""
    exchange_axis.ask(request.user, "directory")
    jobs.wake("directory")
    return web.go(request, AT, "Đang lấy danh bạ của trục; tiến độ hiện ở đây.")


def show(request):
    """GET /admin/directory/{id}?kind=…: what a round changed."""
    row = directory.DirectoryRound.get_or_none(directory.DirectoryRound.id == request.path_params["id"])
    if row is None:
        raise errors.NotFound()
    kind = request.query_params.get("kind", "")
    kind = kind if kind in directory.KINDS else ""
    return page(
        request, "admin_directory/show.html", request.user.agency, "/admin/partners", row=row, kind=kind,
        changes=directory.changes(row, kind), kinds=directory.KINDS, states=directory.STATES,
    )  # fmt: skip


def decide(request):
    """POST /admin/directory/changes/{id}"""
    change, form = directory.load_change(request.path_params["id"]), DecisionForm(request.state.form)
    if form.errors:
        raise errors.Refused("Hãy chọn xác nhận hoặc giữ nguyên.")
    try:
        directory.decide(change, request.user, form.confirm)
    except errors.Invalid as error:
        raise errors.Refused(" ".join(error.fields.values())) from error
    return web.go(request, AT, "Đã xác nhận thay đổi." if form.confirm else "Sổ địa chỉ giữ nguyên.")


def _route(path, handler, method="GET"):
    return Route(AT + path, web.endpoint(handler, roles=PROVINCE), methods=[method])


ROUTES = [
    _route("", browse),
    _route("", create, "POST"),
    _route("/progress", progress),
    _route("/{id:int}", show),
    _route("/changes/{id:int}", decide, "POST"),
]
