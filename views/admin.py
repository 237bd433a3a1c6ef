"""Quản trị: the agency an administrator works on, the bar of its pages, and the self-check (Quy chế 23.2)."""

from starlette.routing import Route

from models import agencies, config, errors, lookups, readiness
from views import web

ADMINISTRATORS = (lookups.ADMIN, lookups.PROVINCE_ADMIN)
PAGES = (
    ("/admin", "Tự kiểm tra"),
    ("/admin/agency", "Cơ quan"),
    ("/admin/people", "Người dùng"),
    ("/admin/units", "Đơn vị"),
    ("/admin/calendar", "Lịch làm việc"),
    ("/admin/registers", "Sổ đăng ký"),
    ("/admin/intake", "Tệp vào"),
    ("/admin/routes", "Chuyển văn bản đến"),
    ("/admin/partners", "Sổ địa chỉ"),
    ("/admin/paper-rules", "Gửi kèm bản giấy"),
    ("/admin/proofs", "Khóa xác nhận"),
    ("/exchange/quarantine", "Gói tin không đọc được"),
    ("/tokens/certificates/new", "Ghi chứng thư"),
)
PROVINCE_PAGES = (("/admin/agencies", "Mọi cơ quan"), ("/admin/axis", "Kết nối trục"))
HUB_PAGES = (("/admin/hub", "Hệ thống nối vào trục"),)
WHOLE_INSTALLATION = (
    "/admin/agencies",
    "/admin/partners",
    "/admin/paper-rules",
    "/admin/proofs",
    "/admin/axis",
    "/admin/hub",
    "/exchange/quarantine",
    "/tokens/certificates/new",
)


def everywhere(request) -> bool:
    """True for the provincial administrator."""
    return request.user.has(lookups.PROVINCE_ADMIN)


def agency_of(request) -> agencies.Agency:
    """The agency this page is about: one's own, or for the provincial administrator the one named by `agency`.

    Raises NotFound for any other, as for an agency that does not exist.
    """
    source = request.query_params if request.state.form is None else request.state.form
    typed = source.get("agency") or ""
    if not typed or typed == str(request.user.agency_id):
        return request.user.agency
    if not everywhere(request) or not isinstance(typed, str):
        raise errors.NotFound()
    return hosted(typed)


def hosted(typed) -> agencies.Agency:
    """An agency of this installation. Raises NotFound."""
    number = str(typed)
    found = agencies.Agency.get_or_none(
        agencies.Agency.id
        == (int(number) if number.isascii() and number.isdecimal() and len(number) < 18 else 0),
        agencies.Agency.hosted,
    )
    if found is None:
        raise errors.NotFound()
    return found


def here(request, agency) -> str:
    """What an address carries on while another agency than one's own is worked on."""
    return "" if agency.id == request.user.agency_id else f"?agency={agency.id}"


def shell(request, agency, current: str) -> dict:
    """What every page of the administration needs: the agency and the bar of pages."""
    query = here(request, agency)
    pages = [*PAGES]
    if everywhere(request):
        pages += PROVINCE_PAGES + (HUB_PAGES if config.current().hub else ())
    tabs = [
        {"url": url if url in WHOLE_INSTALLATION else url + query, "label": label,
         "count": 0, "current": url == current}
        for url, label in pages
    ]  # fmt: skip
    return {"tabs": tabs, "agency": agency, "query": query, "province": everywhere(request)}


def page(request, template: str, agency, current: str, status: int = 200, **context):
    """A page of the administration."""
    return web.page(request, template, status=status, **shell(request, agency, current), **context)


def show(request):
    """GET /admin: what is ready and what is missing."""
    agency = agency_of(request)
    lines = readiness.check(agency)
    missing = sum(1 for line in lines if line.kind == "bad")
    return page(request, "admin/show.html", agency, "/admin", lines=lines, missing=missing)


ROUTES = [Route("/admin", web.endpoint(show, roles=ADMINISTRATORS), methods=["GET"])]
