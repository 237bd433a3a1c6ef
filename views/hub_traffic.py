"""What passes through the hub: not yet fetched, failures, agencies and their figures (Quy chế 17.1)."""

from datetime import date

from starlette.routing import Route

from models import clock, exchange_axis, hub_figures, hub_members, hub_pages, hub_transit
from views import forms, sheets, web
from views.hub_systems import AT, KEEPERS, tabs

WAYS = {"sent": "Đã gửi", "received": "Được gửi"}


class PeriodForm(forms.Form):
    """From which day to which."""

    def parse(self):
        self.start = self.day("from", needed="Hãy nhập ngày đầu.")
        self.end = self.day("to", needed="Hãy nhập ngày cuối.")
        if self.start and self.end and self.start > self.end:
            self.errors["to"] = "Ngày cuối phải từ ngày đầu trở đi."


def _number(request, name) -> int:
    given = request.query_params.get(name, "")
    return int(given) if given.isascii() and given.isdecimal() and len(given) < 16 else 0


def _pager(request, rows, address):
    more = len(rows) > hub_pages.PAGE
    return rows[: hub_pages.PAGE], {
        "older": f"{address}{rows[hub_pages.PAGE - 1].id}" if more else "",
        "newer": "",
    }


def waiting(request):
    """GET /admin/hub/waiting?system=&after=: not yet fetched, those that wait longest first."""
    system_id = _number(request, "system")
    system = hub_pages.get_system(system_id) if system_id else None
    rows, pager = _pager(
        request,
        hub_pages.waiting(system_id, _number(request, "after")),
        f"{AT}/waiting?system={system_id}&after=",
    )
    return web.page(request, "hub_systems/waiting.html", tabs=tabs("/waiting"), rows=rows, pager=pager, system=system,
                    states=hub_transit.STATES, age=hub_pages.age)  # fmt: skip


def failures(request):
    """GET /admin/hub/failures: what could not be taken, with the reason; and ids used twice."""
    before = _number(request, "before")
    rows, pager = _pager(request, hub_pages.failed(before), f"{AT}/failures?before=")
    clashes = [] if before else hub_pages.clashes()
    refused = [] if before or exchange_axis.connected() is None else hub_pages.members(refused=True)
    return web.page(request, "hub_systems/failures.html", tabs=tabs("/failures"), rows=rows, pager=pager,
                    clashes=clashes, refused=refused[: hub_pages.PAGE], age=hub_pages.age)  # fmt: skip


def create_offer(request):
    """POST /admin/hub/deliveries/{id}/offer: the receiver gets the packet once more."""
    found = hub_pages.get_delivery(request.path_params["id"])
    hub_transit.offer(found, request.user)
    return web.go(request, f"{AT}/failures", f"Gói tin cho {found.to_code} nằm lại hàng chờ để lấy.")


def settle_clash(request):
    """POST /admin/hub/clashes/{id}/settling"""
    hub_pages.settle_clash(request.path_params["id"], request.user)
    return web.go(request, f"{AT}/failures", "Đã ghi là đã làm rõ.")


def create_registration(request):
    """POST /admin/hub/members/{id}/registration: offer a refused agency to the axis above again."""
    member = hub_pages.get_member(request.path_params["id"])
    hub_members.ask_again(member)
    return web.go(
        request, f"{AT}/failures", f"Sẽ đăng ký lại mã {member.code} với trục cấp trên trong ít phút."
    )


def agencies(request):
    """GET /admin/hub/agencies?q=&after="""
    typed, after = request.query_params.get("q", "")[:100], request.query_params.get("after", "")[:64]
    rows = hub_pages.members(typed, after=after)
    older = (
        f"{AT}/agencies?q={typed}&after={rows[hub_pages.PAGE - 1].code}" if len(rows) > hub_pages.PAGE else ""
    )
    return web.page(request, "hub_systems/agencies.html", tabs=tabs("/agencies"), rows=rows[: hub_pages.PAGE],
                    typed=typed, pager={"older": older, "newer": ""})  # fmt: skip


def packets(request):
    """GET /admin/hub/packets?code=&way=sent|received: what one agency exchanged; each figure opens here."""
    code, way = request.query_params.get("code", "")[:64], request.query_params.get("way", "sent")
    way = way if way in WAYS else "sent"
    found = hub_pages.passed(code, way, _number(request, "before"))
    rows, pager = _pager(request, found, f"{AT}/packets?code={code}&way={way}&before=")
    ways = [{"url": f"{AT}/packets?code={code}&way={key}", "label": label, "count": 0, "current": key == way}
            for key, label in WAYS.items()]  # fmt: skip
    return web.page(request, "hub_systems/packets.html", tabs=ways, rows=rows, pager=pager, code=code,
                    name=hub_pages.name_of(code), states=hub_transit.STATES)  # fmt: skip


def figures(request):
    """GET /admin/hub/figures?from=&to=: what each agency sent and was sent (Quy chế 17.1)."""
    form = _period(request)
    rows = hub_figures.by_agency(form.start, form.end) if form.ok else []
    return web.page(
        request, "hub_systems/figures.html", status=200 if form.ok else 422, tabs=tabs("/figures"), form=form, rows=rows,
        total=hub_figures.total(rows), days=hub_figures.by_day(), statuses=hub_pages.STATUSES,
        query=f"from={form.value('from')}&to={form.value('to')}",
    )  # fmt: skip


def sheet(request):
    """GET /admin/hub/figures/sheet?from=&to=: the same as a table to download."""
    form = _period(request)
    if not form.ok:
        return figures(request)
    head = ["Mã định danh", "Cơ quan", "Hệ thống", "Văn bản gửi", "Văn bản được gửi", "Đã lấy về", "Phản hồi gửi",
            "Phản hồi nhận", *(f"Gửi phản hồi {code}: {words}" for code, words in hub_pages.STATUSES)]  # fmt: skip
    rows = [
        [row["code"], row["name"], row["system"], row["sent"], row["received"], row["taken"], row["told"], row["heard"],
         *(row["statuses"].get(code, 0) for code, _ in hub_pages.STATUSES)]
        for row in hub_figures.by_agency(form.start, form.end)
    ]  # fmt: skip
    return sheets.csv(f"truc-noi-bo-{form.start:%Y%m%d}-{form.end:%Y%m%d}.csv", head, rows)


def _period(request) -> PeriodForm:
    today = clock.today()
    first = {"from": f"{date(today.year, today.month, 1):%d/%m/%Y}", "to": f"{today:%d/%m/%Y}"}
    return PeriodForm({name: request.query_params.get(name, value)[:20] for name, value in first.items()})


def _post(path, handler):
    return Route(path, web.endpoint(handler, roles=KEEPERS), methods=["POST"])


def _get(path, handler):
    return Route(path, web.endpoint(handler, roles=KEEPERS))


ROUTES = [
    _get(f"{AT}/waiting", waiting),
    _get(f"{AT}/failures", failures),
    _post(f"{AT}/deliveries/{{id:int}}/offer", create_offer),
    _post(f"{AT}/clashes/{{id:int}}/settling", settle_clash),
    _post(f"{AT}/members/{{id:int}}/registration", create_registration),
    _get(f"{AT}/agencies", agencies),
    _get(f"{AT}/packets", packets),
    _get(f"{AT}/figures", figures),
    _get(f"{AT}/figures/sheet", sheet),
]
