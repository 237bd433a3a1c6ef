"""Trục nội bộ: the systems connected to this hub, their agencies and secrets; for the provincial administrator."""

import re

from starlette.routing import Route

from models import errors, hub, hub_figures, lookups
from views import forms, web

KEEPERS = (lookups.PROVINCE_ADMIN,)
_LINE = re.compile(r"^\s*([0-9A-Za-z._-]+)\s*[\s;,:|–-]\s*(.+?)\s*$")


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


def show(request, status=200, form=None, secret="", secret_of=""):
    """GET /admin/hub"""
    return web.page(
        request, "hub_systems/show.html", status=status, form=form or SystemForm(), systems=hub_figures.systems(),
        secret=secret, secret_of=secret_of,
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
            return show(request, secret=secret, secret_of=form.system_id)
    return show(request, 422, form)


def create_secret(request):
    """POST /admin/hub/systems/{id}/secret: the old one is dead at once."""
    system = _system(request)
    return show(request, secret=hub.new_secret(system, request.user), secret_of=system.system_id)


def create_member(request):
    """POST /admin/hub/systems/{id}/members"""
    system, form = _system(request), MemberForm(request.state.form)
    if not form.ok:
        raise errors.Refused(" ".join(form.errors.values()))
    hub.add_member(system, form.code, form.name, old_code=form.old_code)
    return web.go(request, "/admin/hub", f"Đã ghi mã {form.code} cho {system.name}.")


def create_switch(request):
    """POST /admin/hub/systems/{id}/switch"""
    system = _system(request)
    hub.switch(system, request.user, not system.enabled)
    return web.go(request, "/admin/hub", f"Đã {'mở' if system.enabled else 'khóa'} {system.name}.")


def _system(request):
    system = hub.System.get_or_none(hub.System.id == request.path_params["id"])
    if system is None:
        raise errors.NotFound()
    return system


ROUTES = [
    Route("/admin/hub", web.endpoint(show, roles=KEEPERS)),
    Route("/admin/hub/systems", web.endpoint(create, roles=KEEPERS), methods=["POST"]),
    Route("/admin/hub/systems/{id:int}/secret", web.endpoint(create_secret, roles=KEEPERS), methods=["POST"]),
    Route(
        "/admin/hub/systems/{id:int}/members", web.endpoint(create_member, roles=KEEPERS), methods=["POST"]
    ),
    Route("/admin/hub/systems/{id:int}/switch", web.endpoint(create_switch, roles=KEEPERS), methods=["POST"]),
]
