"""Gửi, nhận liên thông: the office's ledger of sending and receiving, one partner's page, and the axis connection."""

from urllib.parse import urlencode

from starlette.routing import Route

import jobs
from models import (
    agencies,
    errors,
    exchange,
    exchange_axis,
    exchange_ledger,
    exchange_summary,
    lookups,
    parked,
)
from views import exchange_dispatch, forms, web
from views import parked as parked_pages

CLERKS = (lookups.CLERK,)
SEES = (lookups.CLERK, lookups.LEADER)
KEEPERS = (lookups.PROVINCE_ADMIN,)
KINDS = exchange_summary.KIND_OF
TABS = {
    "all": "Tất cả",
    "waiting": "Đang chờ",
    "problems": "Có vấn đề",
    "received": "Đã nhận",
    "parked": "Cần xem xét",
}


class ConnectionForm(forms.Form):
    """How to reach the axis."""

    def parse(self):
        self.url = self.text("url", needed="Hãy nhập địa chỉ trục.", longest=300)
        self.system_id = self.text("system_id", longest=64)
        self.secret = self._raw("secret").strip()
        self.enabled = self.yes("enabled")


# ---- the ledger ------------------------------------------------------------------------------------------------


def ledger(request):
    """GET /exchange?tab=…&kind=…&q=…&before=…: what the agency sent, what waits, what is wrong, what came."""
    asked, agency_id = request.query_params, request.user.agency_id
    tab = asked.get("tab") if asked.get("tab") in TABS else "all"
    words, before = asked.get("q", "")[:100], exchange_dispatch.number(asked.get("before"))
    kind = asked.get("kind") if asked.get("kind") in exchange_ledger.PROBLEM_KINDS else ""
    kinds = exchange_ledger.by_kind(agency_id)
    look = _to_look_at(request.user)
    counts = {"waiting": exchange_ledger.waiting_count(agency_id), "problems": sum(kinds.values()),
              "parked": sum(look["counts"])}  # fmt: skip
    part = _part(tab, agency_id, kind, words, before)
    link = {"tab": tab} | ({"kind": kind} if kind else {}) | ({"q": words} if words else {})
    return web.page(
        request, "exchange/list.html", tab=tab, typed=words, look=look, words=exchange.STATES,
        tabs=[{"url": f"/exchange?tab={key}", "label": label, "count": counts.get(key, 0), "current": key == tab}
              for key, label in TABS.items()],
        kinds=_kind_links(kinds, kind) if tab == "problems" else [],
        rows=_rows(tab, part.rows), connection=exchange_axis.AxisConnection.get_or_none(),
        partners=exchange_ledger.partners_like(words),
        pager={"older": f"/exchange?{urlencode(link | {'before': part.older})}" if part.older else "",
               "newer": f"/exchange?{urlencode(link)}" if before else ""},
    )  # fmt: skip


def _part(tab, agency_id, kind, words, before):
    if tab == "all":
        return exchange_ledger.documents_sent(agency_id, words, before)
    if tab == "parked":
        return exchange_ledger.Part([], None)
    query = {
        "waiting": lambda: exchange_ledger.waiting(agency_id),
        "problems": lambda: exchange_ledger.troubled(agency_id, kind),
        "received": lambda: exchange_ledger.received(agency_id),
    }[tab]()
    return exchange_ledger.part(query, agency_id, words, before)


def _rows(tab, found) -> list[dict]:
    if tab == "all":
        summaries = exchange_summary.summaries(found)
        return [{"doc": doc, "summary": summaries[doc.id], "place": place(doc)} for doc in found]
    answers = exchange_ledger.answers_of(found) if tab == "received" else {}
    reasons = exchange_ledger.reasons_of(found) if tab == "problems" else {}
    return [
        {"one": one, "doc": one.document, "kind": _kind(tab, one), "answers": answers.get(one.id, {}),
         "reason": reasons.get(one.id, ""), "call": _to_call(one) if tab == "problems" else None,
         "place": place(one.document)}
        for one in found
    ]  # fmt: skip


def _kind(tab, one) -> str:
    late = tab == "problems" and one.state in exchange_ledger.PROBLEM_KINDS[exchange_ledger.LATE]
    return "late" if late else KINDS.get(one.state, "")


def _to_call(one):
    """The partner whose clerk to call, where the address book has a number; a refusal has said its reason."""
    return one.partner if one.partner and one.partner.telephone and one.state != "refused" else None


def _kind_links(kinds, current) -> list[dict]:
    found = [("", "Tất cả", sum(kinds.values()))]
    found += [(key, words, kinds[key]) for key, words in exchange_ledger.PROBLEM_WORDS.items()]
    return [
        {"url": "/exchange?tab=problems" + (f"&kind={key}" if key else ""), "label": words, "count": many,
         "current": key == current, "kind": "returned" if key == "refused" else ""}
        for key, words, many in found
    ]  # fmt: skip


def _to_look_at(actor) -> dict:
    """What a person must look at; `counts` holds the numbers of every list shown or linked there."""
    lists = {
        "parked": parked.of_agency(actor.agency_id), "untold": exchange.untold_of(actor.agency_id),
        "conflicts": exchange.conflicts_of(actor.agency_id),
    }  # fmt: skip
    links = [link for link in parked_pages.tabs_of(actor, "") if link["url"] != "/exchange/parked"]
    counts = [*(len(rows) for rows in lists.values()), *(link["count"] for link in links)]
    return lists | {"links": links, "counts": counts, "may_tie": actor.has(*CLERKS)}


def place(doc) -> str:
    """Where a document's sending and receiving is shown; "" for none."""
    if doc is None:
        return ""
    return f"/outgoing/{doc.id}/dispatch" if doc.flow == "outgoing" else f"/{doc.flow}/{doc.id}"


def show_partner(request):
    """GET /exchange/partners/{id}?before=…: everything between this office and one partner, and how to reach it."""
    agency_id = request.user.agency_id
    partner = agencies.Agency.get_or_none(agencies.Agency.id == request.path_params["id"])
    query = exchange_ledger.between(agency_id, partner) if partner else None
    if query is None or not query.exists():
        raise errors.NotFound()
    before = exchange_dispatch.number(request.query_params.get("before"))
    part = exchange_ledger.part(query, agency_id, before=before)
    here = f"/exchange/partners/{partner.id}"
    return web.page(
        request, "exchange/partner.html", partner=partner, connection_words=agencies.CONNECTIONS,
        contact=exchange_dispatch.contact(partner), last=exchange_ledger.last_contact(agency_id, partner),
        rows=[{"one": one, "doc": one.document, "kind": KINDS.get(one.state, ""), "place": place(one.document)}
              for one in part.rows],
        pager={"older": f"{here}?before={part.older}" if part.older else "", "newer": here if before else ""},
    )  # fmt: skip


# ---- the connection --------------------------------------------------------------------------------------------


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
    *exchange_dispatch.ROUTES,
    Route("/exchange", web.endpoint(ledger, roles=SEES)),
    Route("/exchange/partners/{id:int}", web.endpoint(show_partner, roles=SEES)),
    Route("/admin/axis", web.endpoint(show_connection, roles=KEEPERS)),
    Route("/admin/axis", web.endpoint(create_connection, roles=KEEPERS), methods=["POST"]),
    Route("/admin/axis/check", web.endpoint(create_check, roles=KEEPERS), methods=["POST"]),
    Route("/admin/axis/directory", web.endpoint(create_directory, roles=KEEPERS), methods=["POST"]),
]
