"""Quản trị tệp vào: folders that scanners write to, and the agency's mail box (A2, A7)."""

from starlette.routing import Route

import jobs
from models import agencies, errors, intake
from views import forms, web
from views.admin import ADMINISTRATORS, agency_of, here, page

AT = "/admin/intake"
MOST_AUTHORITY = 64 << 10


class FolderForm(forms.Form):
    """A scanner's folder."""

    prefix = "folder-"

    def parse(self):
        self.name = self.text(
            "name", needed="Hãy đặt tên máy quét, ví dụ: Máy quét phòng Văn thư.", longest=80
        )
        self.path = self.text("path", longest=400)
        self.unit_id = self.text("unit", longest=20)
        self.active = self.yes("active")


class MailboxForm(forms.Form):
    """The mail box; an empty password keeps the one that is there."""

    prefix = "mail-"

    def parse(self):
        names = ("server", "login", "folder", "moved_to")
        self.fields = {name: self.text(name, longest=200) for name in names}
        self.fields["port"] = self.number("port", "Hãy ghi cổng, thường là 993.", 1, 65535)
        typed = self.data.get("password", "")
        self.fields["password"] = typed if isinstance(typed, str) else ""
        senders = self.data.get("senders", "")
        self.fields["senders"] = senders[:5000] if isinstance(senders, str) else ""
        self.fields["active"] = self.yes("active")
        self.fields["authority"] = self._authority()

    def _authority(self) -> str | None:
        """The uploaded certificate; None keeps what is there, "" where it is to go."""
        if self.yes("no_authority"):
            return ""
        found = self.uploads("authority_file")
        if not found:
            return None
        content = found[0].file.read(MOST_AUTHORITY + 1)
        if len(content) > MOST_AUTHORITY or b"-----BEGIN CERTIFICATE-----" not in content:
            self.errors["authority_file"] = (
                "Hãy chọn tệp chứng thư dạng PEM (bắt đầu bằng -----BEGIN CERTIFICATE-----)."
            )
            return None
        return content.decode("ascii", errors="replace")


def browse(request):
    """GET /admin/intake"""
    return _browse(request, agency_of(request))


def create_folder(request):
    """POST /admin/intake/folders"""
    agency, form = agency_of(request), FolderForm(request.state.form)
    if form.ok:
        try:
            row = intake.enter_folder(request.user, agency, form.name, form.path, _unit(agency, form.unit_id))
        except errors.Invalid as error:
            form.fail(error)
        else:
            return web.redirect(AT + here(request, agency), f"Đang xem thư mục của «{row.name}»: {row.path}")
    return _browse(request, agency, 422, folder=form)


def change_folder(request):
    """POST /admin/intake/folders/{id}: name, department, on or off."""
    agency, form = agency_of(request), FolderForm(request.state.form)
    row = intake.IntakeFolder.get_or_none(
        intake.IntakeFolder.id == request.path_params["id"], intake.IntakeFolder.agency == agency
    )
    if row is None:
        raise errors.NotFound()
    if form.ok:
        try:
            intake.change_folder(request.user, row, form.name, _unit(agency, form.unit_id), form.active)
        except errors.Invalid as error:
            form.fail(error)
        else:
            words = "Đang xem" if form.active else "Đã dừng xem"
            return web.redirect(AT + here(request, agency), f"{words} thư mục của «{form.name}».")
    return _browse(request, agency, 422, changed=(row.id, form))


def enter_mailbox(request):
    """POST /admin/intake/mailbox"""
    agency, form = agency_of(request), MailboxForm(request.state.form)
    if form.ok:
        kept = intake.mailbox(agency.id)
        if form.fields["authority"] is None:
            form.fields["authority"] = kept.authority if kept else ""
        try:
            row = intake.enter_mailbox(request.user, agency, form.fields)
        except errors.Invalid as error:
            form.fail(error)
        else:
            jobs.wake("look_into_mailbox")
            words = "Đã ghi hộp thư; đang thử đọc, tải lại trang sau vài giây để xem kết quả."
            return web.redirect(
                AT + here(request, agency), words if row.active else "Đã ghi, hộp thư đang dừng."
            )
    return _browse(request, agency, 422, mail=form)


def look_now(request):
    """POST /admin/intake/mailbox/look: read it now, not at the next minute."""
    agency = agency_of(request)
    row = intake.mailbox(agency.id)
    if row is None:
        raise errors.Refused("Cơ quan chưa nối hộp thư nào. Hãy ghi máy chủ và mật khẩu của hộp thư trước.")
    intake.ask_to_look(request.user, row)
    jobs.wake("look_into_mailbox")
    return web.redirect(
        AT + here(request, agency), "Đang đọc hộp thư; tải lại trang sau vài giây để xem kết quả."
    )


def _unit(agency, typed):
    return next((unit for unit in agencies.units_of(agency.id) if str(unit.id) == typed), None)


def _browse(request, agency, status=200, folder=None, changed=(0, None), mail=None):
    box = intake.mailbox(agency.id)
    kept = ("server", "port", "login", "folder", "moved_to", "senders")
    values = {name: getattr(box, name) for name in kept} if box else {"port": 993, "folder": "INBOX"}
    rows = []
    for row in intake.folders(agency.id):
        form = FolderForm(None, name=row.name, unit=row.unit_id or "", active="1" if row.active else "")
        rows.append((row, changed[1] if changed[0] == row.id else form))
    units = [("", "Không định trước")] + [(unit.id, unit.name) for unit in agencies.units_of(agency.id)]
    return page(
        request, "admin_intake/list.html", agency, AT, status=status, rows=rows, units=units, box=box,
        folder=folder or FolderForm(None), mail=mail or MailboxForm(None, **values),
        root=str(intake.own_root(agency)), is_on=box.active if box else True, changed=changed[0],
    )  # fmt: skip


def _route(path, handler, method="GET"):
    return Route(AT + path, web.endpoint(handler, roles=ADMINISTRATORS), methods=[method])


ROUTES = [
    _route("", browse),
    _route("/folders", create_folder, "POST"),
    _route("/folders/{id:int}", change_folder, "POST"),
    _route("/mailbox", enter_mailbox, "POST"),
    _route("/mailbox/look", look_now, "POST"),
]
