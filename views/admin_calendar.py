"""Quản trị lịch làm việc: office hours, holidays and make-up days; the province's and an agency's own (Quy chế 12.3)."""

from starlette.routing import Route

from models import clock, errors, setup, workdays
from views import forms, web
from views.admin import ADMINISTRATORS, agency_of, everywhere, here, page

AT = "/admin/calendar"
KINDS = {"rest": "Ngày nghỉ", "worked": "Ngày làm bù"}
SCOPES = {"agency": "Riêng cơ quan này", "province": "Cả tỉnh"}


class HoursForm(forms.Form):
    """Sessions of an office day."""

    def parse(self):
        self.sessions = self.text("sessions", needed="Hãy nhập các buổi làm việc.", longest=100)
        self.scope = self.choice("scope", SCOPES) or "agency"


class DayForm(forms.Form):
    """A holiday or a make-up day."""

    def parse(self):
        self.on = self.day("day", needed="Hãy nhập ngày.")
        self.kind = self.choice("kind", KINDS, needed="Hãy chọn nghỉ hay làm bù.")
        self.name = self.text("name", needed="Hãy nhập tên ngày nghỉ hoặc ngày làm bù.", longest=100)
        self.decision = self.text("decision", longest=200)
        self.scope = self.choice("scope", SCOPES) or "agency"


def browse(request):
    """GET /admin/calendar?year="""
    return _show(request, agency_of(request))


def set_hours(request):
    """POST /admin/calendar/hours"""
    agency, form = agency_of(request), HoursForm(request.state.form)
    if form.ok:
        owner = _owner(request, agency, form.scope)
        try:
            row = workdays.set_hours(owner, form.sessions, request.user)
        except errors.Invalid as error:
            form.fail(error)
        else:
            return web.redirect(
                AT + here(request, agency),
                f"Giờ hành chính: {row.sessions}. Áp dụng từ văn bản đến sau lúc này.",
            )
    return _show(request, agency, status=422, hours_form=form)


def enter_day(request):
    """POST /admin/calendar"""
    agency, form = agency_of(request), DayForm(request.state.form)
    if form.ok:
        owner = _owner(request, agency, form.scope)
        workdays.enter_day(owner, form.on, form.kind == "worked", form.name, form.decision, request.user)
        return web.redirect(
            _at(request, agency, form.on.year), f"Đã ghi {form.on:%d/%m/%Y}: {KINDS[form.kind].lower()}."
        )
    return _show(request, agency, status=422, day_form=form)


def remove_day(request):
    """POST /admin/calendar/{id}/removal"""
    agency = agency_of(request)
    row = workdays.CalendarDay.get_or_none(workdays.CalendarDay.id == request.path_params["id"])
    if row is None or row.agency_id not in (agency.id, None):
        raise errors.NotFound()
    if row.agency_id is None and not everywhere(request):
        raise errors.NotAllowed("Ngày này của cả tỉnh; chỉ quản trị toàn tỉnh được bỏ.")
    workdays.remove_day(row, request.user)
    return web.redirect(_at(request, agency, row.day.year), f"Đã bỏ {row.day:%d/%m/%Y} khỏi lịch.")


def propose(request):
    """POST /admin/calendar/proposal: public holidays of a year, for the whole province."""
    agency = agency_of(request)
    if not everywhere(request):
        raise errors.NotAllowed("Lịch nghỉ lễ của cả tỉnh do quản trị toàn tỉnh lập.")
    year = _year(request.state.form.get("year"))
    setup.propose_calendar(year, request.user)
    return web.redirect(
        _at(request, agency, year),
        f"Đã lập đề xuất ngày nghỉ lễ năm {year}. Hãy đối chiếu với thông báo của Thủ tướng.",
    )


def _owner(request, agency, scope) -> int | None:
    if scope == "province" and not everywhere(request):
        raise errors.NotAllowed("Chỉ quản trị toàn tỉnh được sửa lịch của cả tỉnh.")
    return None if scope == "province" else agency.id


def _year(typed) -> int:
    this = clock.today().year
    year = int(typed) if isinstance(typed, str) and typed.isascii() and typed.isdecimal() else this
    return year if this - 30 <= year <= this + 5 else this


def _at(request, agency, year) -> str:
    query = here(request, agency)
    return f"{AT}{query}{'&' if query else '?'}year={year}"


def _show(request, agency, status=200, hours_form=None, day_form=None):
    year = _year(request.query_params.get("year"))
    return page(
        request, "admin_calendar/show.html", agency, AT, status=status, year=year, this_year=clock.today().year,
        days=workdays.days_of(agency.id, year), kinds=KINDS, scopes=SCOPES if everywhere(request) else {},
        hours_form=hours_form or HoursForm(None, sessions=workdays.hours_of(agency.id), scope="agency"),
        day_form=day_form or DayForm(None, kind="rest", scope="agency"),
    )  # fmt: skip


def _route(path, handler, method="GET"):
    return Route(AT + path, web.endpoint(handler, roles=ADMINISTRATORS), methods=[method])


ROUTES = [
    _route("", browse),
    _route("", enter_day, "POST"),
    _route("/hours", set_hours, "POST"),
    _route("/proposal", propose, "POST"),
    _route("/{id:int}/removal", remove_day, "POST"),
]
