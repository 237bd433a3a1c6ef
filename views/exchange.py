"""Gửi, nhận qua trục: the ledger of one document, what waits or failed in the agency, and the axis connection."""

from starlette.routing import Route

import jobs
from models import errors, exchange, exchange_axis, lookups, permissions, recalls
from views import forms, web

CLERKS = (lookups.CLERK,)
SEES = (lookups.CLERK, lookups.LEADER)
KEEPERS = (lookups.PROVINCE_ADMIN,)
KINDS = {"completed": "done", "refused": "soon", "failed": "late", "queued": "", "recalled": "late",
         "recall_refused": "late", "recall_asked": "soon"}  # fmt: skip
TABS = {"all": "Tất cả", "waiting": "Chờ gửi, lỗi gửi", "parked": "Cần xem xét"}
PAGE = 100


class ConnectionForm(forms.Form):
    """How to reach the axis."""

    def parse(self):
        self.url = self.text("url", needed="Hãy nhập địa chỉ trục.", longest=300)
        self.system_id = self.text("system_id", longest=64)
        self.secret = self._raw("secret").strip()
        self.enabled = self.yes("enabled")


def lines_context(request, doc) -> dict:
    """What the ledger of a document shows: each recipient's line with its messages."""
    lines = exchange.sent(doc)
    messages = exchange.messages_of(lines)
    rows = [
        {"one": one, "kind": KINDS.get(one.state, ""), "messages": messages[one.id],
         "may_resend": one.state == "failed" and request.user.has(*CLERKS) and not doc.is_recalled}
        for one in lines
    ]  # fmt: skip
    moving = any(one.state in ("queued", "recall_asked") for one in lines)
    return {"doc": doc, "lines": rows, "moving": moving, "recall_reason": recalls.may_ask(doc, request.user),
            "words": exchange.STATES}  # fmt: skip


def show(request):
    """GET /outgoing/{id}/dispatch: one line per recipient with its true state (QĐ 28 Điều 10.2.h, p)."""
    doc = permissions.get(request.user, request.path_params["id"], "outgoing")
    return web.page(request, "exchange/show.html", **lines_context(request, doc))


def lines(request):
    """GET /outgoing/{id}/dispatch/lines: the ledger alone, asked again while states may still change."""
    doc = permissions.get(request.user, request.path_params["id"], "outgoing")
    return web.part(request, "exchange/_lines.html", **lines_context(request, doc))


def create_resending(request):
    """POST /consignments/{id}/resending"""
    one = exchange.Consignment.get_or_none(exchange.Consignment.id == request.path_params["id"])
    if one is None or one.direction != "out":
        raise errors.NotFound()
    doc = permissions.get(request.user, one.document_id)
    exchange.resend(one, request.user)
    jobs.wake("deliver")
    if doc.flow == "copies":
        return web.go(request, f"/copies/{doc.id}", f"Đang gửi lại tới {one.partner_name}.")
    return web.fragments(
        request, f"/outgoing/{doc.id}/dispatch", ["exchange/_lines.html"], lines_context(request, doc),
        flash=f"Đang gửi lại tới {one.partner_name}.",
    )  # fmt: skip


def ledger(request):
    """GET /exchange?tab=…: the agency's sendings, and messages that match nothing."""
    tab = request.query_params.get("tab", "all")
    tab = tab if tab in TABS else "all"
    agency_id = request.user.agency_id
    parked, untold = exchange.parked_of(agency_id), exchange.untold_of(agency_id)
    conflicts = exchange.conflicts_of(agency_id)
    waiting = exchange.outgoing_of(request.user, only_open=True)
    rows = (
        []
        if tab == "parked"
        else (waiting if tab == "waiting" else exchange.outgoing_of(request.user)).limit(PAGE)
    )
    counts = {"waiting": waiting.count(), "parked": len(parked) + len(untold) + len(conflicts)}
    tabs = [
        {"url": f"/exchange?tab={key}", "label": label, "count": counts.get(key, 0), "current": key == tab}
        for key, label in TABS.items()
    ]
    connection = exchange_axis.AxisConnection.get_or_none()
    return web.page(request, "exchange/list.html", tabs=tabs, tab=tab, rows=[(one, KINDS.get(one.state, "")) for one in rows],
                    parked=parked, untold=untold, conflicts=conflicts, connection=connection, words=exchange.STATES)  # fmt: skip


def show_connection(request):
    """GET /admin/axis"""
    row = exchange_axis.AxisConnection.get_or_none()
    form = ConnectionForm(
        url=row.url if row else "",
        system_id=row.system_id if row else "",
        enabled="1" if row is None or row.enabled else "",
    )
    return web.page(request, "exchange/connection.html", form=form, connection=row)


def create_connection(request):
    """POST /admin/axis"""
    form = ConnectionForm(request.state.form)
    if form.ok:
        try:
            exchange_axis.connect(request.user, form.url, form.system_id, form.secret, form.enabled)
        except errors.Invalid as error:
            form.fail(error)
        else:
            jobs.wake("deliver", "status")
            return web.go(request, "/admin/axis", "Đã ghi kết nối trục. Bấm «Kiểm tra kết nối» để thử.")
    row = exchange_axis.AxisConnection.get_or_none()
    return web.page(request, "exchange/connection.html", status=422, form=form, connection=row)


def create_check(request):
    """POST /admin/axis/check: ordered now, the page shows how it went."""
    exchange_axis.ask(request.user, "check_axis")
    jobs.wake("check_axis")
    return web.go(request, "/admin/axis", "Đang kiểm tra; kết quả hiện ở mục Tình trạng sau vài giây.")


def create_directory(request):
    """POST /admin/axis/directory: the axis's agencies become our address book."""
    exchange_axis.ask(request.user, "directory")
    jobs.wake("directory")
    return web.go(
        request, "/admin/axis", "Đang lấy danh bạ của trục; các cơ quan mới hiện dần trong Sổ địa chỉ."
    )


ROUTES = [
    Route("/outgoing/{id:int}/dispatch", web.endpoint(show)),
    Route("/outgoing/{id:int}/dispatch/lines", web.endpoint(lines)),
    Route("/consignments/{id:int}/resending", web.endpoint(create_resending, roles=CLERKS), methods=["POST"]),
    Route("/exchange", web.endpoint(ledger, roles=SEES)),
    Route("/admin/axis", web.endpoint(show_connection, roles=KEEPERS)),
    Route("/admin/axis", web.endpoint(create_connection, roles=KEEPERS), methods=["POST"]),
    Route("/admin/axis/check", web.endpoint(create_check, roles=KEEPERS), methods=["POST"]),
    Route("/admin/axis/directory", web.endpoint(create_directory, roles=KEEPERS), methods=["POST"]),
]
