"""Trục nội bộ: the systems connected to this hub, their agencies and secrets; for the provincial administrator."""

import re

from starlette.routing import Route

from models import (
    errors,
    exchange_axis,
    hub,
    hub_figures,
    hub_keeping,
    hub_members,
    hub_pages,
    hub_upper,
    lookups,
)
from views import forms, web

KEEPERS = (lookups.PROVINCE_ADMIN,)
AT = "/admin/hub"
_LINE = re.compile(r"^\s*([0-9A-Za-z._-]+)\s*[\s;,:|–-]\s*(.+?)\s*$")
TABS = {
    "": "Hệ thống",
    "/waiting": "Chưa lấy",
    "/failures": "Lỗi, cần xem",
    "/agencies": "Cơ quan",
    "/figures": "Số liệu",
}


class SystemForm(forms.Form):
    """A new system: its id, name, and agencies one a line."""

    def parse(self):
        self.system_id = self.text("system_id", needed="Hãy nhập mã hệ thống.", longest=64)
        self.name = self.text("name", needed="Hãy nhập tên hệ thống.", longest=200)
        self.codes = self._codes()

    def _codes(self):
        found = {}
        for line in self._raw("codes").splitlines():
            if not line.strip():
                continue
            match = _LINE.match(line)
            if match is None:
                self.errors["codes"] = (
                    f"Dòng «{line.strip()[:60]}» cần có mã rồi tên, ví dụ: H99.10 Sở Kế hoạch."
                )
                continue
            found[match[1]] = match[2]
        return found


class MemberForm(forms.Form):
    """One more agency of a system."""

    def parse(self):
        self.code = self.text("code", needed="Hãy nhập mã định danh.", longest=64)
        self.name = self.text("name", needed="Hãy nhập tên cơ quan.", longest=200)
        self.old_code = self.text("old_code", longest=64)


class SecretForm(forms.Form):
    """How long the old secret lives on."""

    def parse(self):
        self.overlap = self.choice("overlap", hub.OVERLAPS, needed="Hãy chọn thời gian dùng chung hai khóa.")


class KeepingForm(forms.Form):
    """How long packets are kept after everybody has them."""

    def parse(self):
        self.days = self.number("days", needed="Hãy nhập số ngày.", least=7, most=3650)


def tabs(current: str) -> list[dict]:
    """The tabs of the hub's pages, with what waits for a person."""
    counts = hub_pages.badges()
    return [
        {"url": AT + key, "label": label, "count": counts.get(key.lstrip("/"), 0), "current": key == current}
        for key, label in TABS.items()
    ]


def show(request, status=200, form=None, keeping=None):
    """GET /admin/hub: every system with its state; how to connect another."""
    hub_members.keep_own()
    rows = [row | {"chip": hub_pages.connection_of(row["system"])} for row in hub_figures.systems()]
    connection = exchange_axis.AxisConnection.get_or_none()
    kept = hub_keeping.held()
    return web.page(
        request, "hub_systems/list.html", status=status, tabs=tabs(""), rows=rows, form=form or SystemForm(),
        keeping=keeping or KeepingForm(days=hub_keeping.days()), kept=kept, connection=connection, age=hub_pages.age,
    )  # fmt: skip


def create(request):
    """POST /admin/hub/systems: the secret is on the answer, this once."""
    form = SystemForm(request.state.form)
    if form.ok:
        try:
            secret = hub.register_system(request.user, form.system_id, form.name, form.codes)
        except errors.Invalid as error:
            form.fail(
                errors.Invalid(
                    {("codes" if name == "code" else name): text for name, text in error.fields.items()}
                )
            )
        else:
            return _system_page(
                request, hub.System.get(hub.System.system_id == form.system_id), secret=secret
            )
    return show(request, 422, form)


def show_system(request):
    """GET /admin/hub/systems/{id}: state, secrets and agencies of one system."""
    return _system_page(request, hub_pages.get_system(request.path_params["id"]))


def _system_page(request, system, status=200, secret="", member=None):
    after = request.query_params.get("after", "")[:64]
    found = hub_pages.members(system_id=system.id, after=after)
    queue = hub_figures.waiting().get(system.id)
    older = (
        f"{AT}/systems/{system.id}?after={found[hub_pages.PAGE - 1].code}"
        if len(found) > hub_pages.PAGE
        else ""
    )
    return web.page(
        request, "hub_systems/show.html", status=status, system=system, chip=hub_pages.connection_of(system),
        queue=queue, members=found[: hub_pages.PAGE], pager={"older": older, "newer": ""}, secret=secret,
        form=SecretForm(overlap="72"), member=member or MemberForm(), overlaps=hub.OVERLAPS, age=hub_pages.age,
    )  # fmt: skip


def create_secret(request):
    """POST /admin/hub/systems/{id}/secret: old and new are both good for the time chosen."""
    system, form = hub_pages.get_system(request.path_params["id"]), SecretForm(request.state.form)
    if not form.ok:
        raise errors.Refused(" ".join(form.errors.values()))
    secret = hub.new_secret(system, request.user, int(form.overlap))
    return _system_page(request, hub_pages.get_system(system.id), secret=secret)


def end_secret(request):
    """POST /admin/hub/systems/{id}/secret/end: the old secret dies now."""
    system = hub_pages.get_system(request.path_params["id"])
    hub.end_former(system, request.user)
    return web.go(request, f"{AT}/systems/{system.id}", "Khóa cũ đã dừng.")


def create_member(request):
    """POST /admin/hub/systems/{id}/members"""
    system, form = hub_pages.get_system(request.path_params["id"]), MemberForm(request.state.form)
    if system.kind != hub.REMOTE:
        raise errors.Refused("Cơ quan của hệ thống này được ghi tự động, không thêm bằng tay.")
    if form.ok:
        try:
            hub.add_member(system, form.code, form.name, old_code=form.old_code)
        except errors.Invalid as error:
            form.fail(error)
        else:
            return web.go(request, f"{AT}/systems/{system.id}", f"Đã ghi mã {form.code} cho {system.name}.")
    return _system_page(request, system, 422, member=form)


def close_member(request):
    """POST /admin/hub/members/{id}/closing"""
    member = hub_pages.get_member(request.path_params["id"])
    if member.system.kind != hub.REMOTE:
        raise errors.Refused("Mã này được ghi tự động, không đóng bằng tay.")
    hub.close_member(member, request.user)
    return web.go(request, f"{AT}/systems/{member.system_id}", f"Đã đóng mã {member.code}.")


def create_switch(request):
    """POST /admin/hub/systems/{id}/switch"""
    system = hub_pages.get_system(request.path_params["id"])
    if system.kind != hub.REMOTE:
        raise errors.Refused("Hệ thống này nằm trong máy chủ, không khóa được.")
    hub.switch(system, request.user, not system.enabled)
    return web.go(
        request, f"{AT}/systems/{system.id}", f"Đã {'mở' if system.enabled else 'khóa'} {system.name}."
    )


def create_keeping(request):
    """POST /admin/hub/keeping: how long the bytes stay."""
    form = KeepingForm(request.state.form)
    if not form.ok:
        return show(request, 422, keeping=form)
    hub_keeping.set_days(request.user, form.days)
    return web.go(request, AT, f"Trục giữ nội dung gói tin {form.days} ngày.")


def create_list(request):
    """POST /admin/hub/upper/list: fetch the agency list of the axis above again."""
    hub_upper.ask_list_again()
    return web.go(request, AT, "Đang lấy lại danh bạ của trục cấp trên; các mã mới hiện dần ở mục Cơ quan.")


def _post(path, handler):
    return Route(path, web.endpoint(handler, roles=KEEPERS), methods=["POST"])


ROUTES = [
    Route(AT, web.endpoint(show, roles=KEEPERS)),
    _post(f"{AT}/systems", create),
    Route(f"{AT}/systems/{{id:int}}", web.endpoint(show_system, roles=KEEPERS)),
    _post(f"{AT}/systems/{{id:int}}/secret", create_secret),
    _post(f"{AT}/systems/{{id:int}}/secret/end", end_secret),
    _post(f"{AT}/systems/{{id:int}}/members", create_member),
    _post(f"{AT}/systems/{{id:int}}/switch", create_switch),
    _post(f"{AT}/members/{{id:int}}/closing", close_member),
    _post(f"{AT}/keeping", create_keeping),
    _post(f"{AT}/upper/list", create_list),
]
