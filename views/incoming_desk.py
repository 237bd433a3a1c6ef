"""Chờ lưu trữ: the queue of electronic arrivals and scans, one item of it, and how an act there is answered.

The script of the page (static/desk.js) asks with Accept: application/json and gets what was done, what comes next, or the
item's part with the sentences beside its fields; without script each form is a plain one that leads to the next item.
"""

from urllib.parse import urlencode

from starlette.responses import JSONResponse
from starlette.routing import Route

import jobs
from models import (
    acceptance,
    clock,
    deadlines,
    desk,
    errors,
    incoming,
    lookups,
    notifications,
    registers,
    workdays,
)
from views import incoming_item, web

CLERKS = (lookups.CLERK,)
AT = "/incoming/waiting"
NOT_YOU = (
    "Trang này do {name} mở, còn bạn đang đăng nhập bằng tài khoản khác nên chưa có gì được ghi. "
    "Hãy tải lại trang để làm việc bằng tài khoản của mình."
)


def waiting(request):
    """GET /incoming/waiting?tab=…&doc=…|scan=…&many=…"""
    tab, rows = _rows(request)
    kind, number = _chosen(request)
    item = desk.find(request.user, rows, kind, number)
    if item is None:
        item = next((row for row in rows if row.ready), rows[0] if rows else None)
    context = context_of(request, tab, rows, item)
    return web.page(request, "incoming/waiting.html", **context | {"picked": number is not None})


def queue(request):
    """GET /incoming/waiting/queue: tabs, counts and rows, asked again while the page stays open."""
    tab, rows = _rows(request)
    kind, number = _chosen(request)
    context = queue_of(request.user, tab, rows, f"{kind}-{number}" if number else "")
    return web.part(request, "incoming/_queue.html", **context | {"many": _many(request)})


def item(request):
    """GET /incoming/waiting/item?tab=…&doc=…|scan=…: pages and form of one item, made ahead by the script."""
    tab, rows = _rows(request)
    found = desk.find(request.user, rows, *_chosen(request))
    if found is None and _chosen(request)[1] is not None:
        raise errors.NotFound("Văn bản này không còn ở Chờ lưu trữ.")
    return web.part(request, "incoming/_item.html", **incoming_item.of(request.user, found, tab))


def context_of(request, tab, rows, chosen, form=None, refusal=None) -> dict:
    """The context of the whole page."""
    actor = request.user
    just = desk.just_registered(actor)
    return {
        **queue_of(actor, tab, rows, chosen.key if chosen else ""),
        **incoming_item.of(actor, chosen, tab, form, refusal),
        "many": _many(request), "picked": chosen is not None, "just": just,
        "left": max(0, int((just.held_until - clock.now()).total_seconds())) if just else 0,
    }  # fmt: skip


def queue_of(actor, tab, rows, key) -> dict:
    """The context of `incoming/_queue.html`."""
    counts, calendar = desk.counts(actor), workdays.calendar(actor.agency_id)
    tabs = [
        {"url": link(tab=name), "label": label, "count": counts.get(name, 0), "current": name == tab}
        for name, (label, _) in incoming.TABS.items() if name not in incoming.BY_VERDICT
    ]  # fmt: skip
    verdicts = [
        {"url": link(tab=name), "word": name, "count": counts[name], "current": name == tab}
        for name in incoming.BY_VERDICT if counts[name] or name == tab
    ]  # fmt: skip
    book = registers.of(actor.agency_id, "incoming")
    return {
        "queue": [_row(row, tab, key, calendar) for row in rows], "tabs": tabs, "by_verdict": verdicts, "tab": tab,
        "total": counts.get(tab, len(rows)), "book": book, "coming": registers.coming(book), "key": key,
    }  # fmt: skip


def _row(item_, tab, key, calendar) -> dict:
    row, is_doc = item_.row, item_.kind == desk.DOC
    at = row.received_at or row.arrived_at if is_doc else None
    return {
        "item": item_, "key": item_.key, "address": link(tab=tab, **{item_.kind: row.id}), "current": item_.key == key,
        "clock": deadlines.tell_presentation(at, row.urgency, calendar) if is_doc else None,
    }  # fmt: skip


# ---- answers ---------------------------------------------------------------------------------------------------


def check_person(request) -> None:
    """Raises Conflict when the page was opened by somebody else than who is signed in now."""
    by = request.state.form.get("by", "")
    if by and by != str(request.user.id):
        raise errors.Conflict(NOT_YOU.format(name=request.state.form.get("by_name", "") or "người khác"))


def wants_json(request) -> bool:
    """True when the desk's script asks."""
    return request.headers.get("accept", "").startswith("application/json")


def done(request, key: str, told: str, doc=None, number: int | None = None):
    """After an act on the item `key`: what was done, and the next item."""
    notifications.spread()
    jobs.wake("status", "acceptance")
    tab = tab_of(request) or "all"
    rows = desk.queue(request.user, tab)
    kind, _, typed = str(request.state.form.get("next", "")).partition("-")
    wanted = (
        desk.find(request.user, rows, kind, int(typed)) if typed.isdecimal() and len(typed) < 10 else None
    )
    following = wanted if wanted and wanted.ready else desk.following(rows, key)
    address = link(tab=tab, **{following.kind: following.row.id}) if following else link(tab=tab)
    if not wants_json(request):
        return web.redirect(address, told)
    held = doc is not None and acceptance.is_held(doc)
    return JSONResponse({
        "told": told, "number": show_number(number), "done": key, "undo": f"/incoming/{doc.id}/undo" if held else "",
        "doc": doc.id if doc else None, "today": desk.registered_today(request.user), "address": address,
        "next": {"key": following.key, "stamp": following.stamp} if following else None,
    })  # fmt: skip


def again(request, item_, form=None, refusal=None):
    """The item with what was typed and the sentences beside it (422)."""
    tab = tab_of(request) or "all"
    if wants_json(request):
        context = incoming_item.of(request.user, item_, tab, form, refusal)
        part = web.part(request, "incoming/_facts_pane.html", **context)
        return JSONResponse({"html": part.body.decode()}, status_code=422)
    rows = desk.queue(request.user, tab, _many(request))
    context = context_of(request, tab, rows, item_, form, refusal)
    return web.page(request, "incoming/waiting.html", status=422, **context)


def already_done(request, doc) -> bool:
    """True when the script repeats a press whose answer was lost, and this person's first press did register it."""
    return bool(request.state.form.get("again")) and acceptance.registered_by(doc, request.user)


def show_number(number) -> str:
    """«1.247», "" for none."""
    return f"{number:,}".replace(",", ".") if number else ""


def tab_of(request) -> str:
    """The tab the form was sent from, "" when it was not sent from the desk."""
    tab = request.state.form.get("desk", "")
    return tab if tab in incoming.TABS else ""


def link(**query) -> str:
    """An address of the desk."""
    return f"{AT}?{urlencode({name: value for name, value in query.items() if value not in (None, '')})}"


def _rows(request):
    tab = request.query_params.get("tab", "all")
    tab = tab if tab in incoming.TABS else "all"
    return tab, desk.queue(request.user, tab, _many(request))


def _chosen(request) -> tuple[str, int | None]:
    for kind in (desk.DOC, desk.SCAN):
        typed = request.query_params.get(kind, "")
        if typed.isdecimal() and len(typed) < 10:
            return kind, int(typed)
    return "", None


def _many(request) -> int:
    typed = request.query_params.get("many", "")
    return min(int(typed), desk.MOST) if typed.isdecimal() and len(typed) < 6 else desk.SHOWN


ROUTES = [
    Route(AT, web.endpoint(waiting, roles=CLERKS), methods=["GET"]),
    Route(f"{AT}/queue", web.endpoint(queue, roles=CLERKS), methods=["GET"]),
    Route(f"{AT}/item", web.endpoint(item, roles=CLERKS), methods=["GET"]),
]
