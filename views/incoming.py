"""Văn bản đến: Chờ lưu trữ, the register book, the document page, and the clerk's acts (Quy chế 10)."""

from urllib.parse import urlencode

from starlette.routing import Route

import jobs
from models import (
    deadlines,
    errors,
    incoming,
    lookups,
    notifications,
    permissions,
    registers,
    scans,
    users,
    workdays,
)
from views import incoming_page as shown
from views import web

CLERKS = (lookups.CLERK,)


def waiting(request):
    """GET /incoming/waiting?tab=…&doc=…"""
    context = desk(request, request.query_params.get("tab", "all"), request.query_params.get("doc"))
    return web.page(request, "incoming/waiting.html", **context)


def queue(request):
    """GET /incoming/waiting/queue: the list alone, asked again while the page stays open."""
    context = desk(request, request.query_params.get("tab", "all"), request.query_params.get("doc"))
    return web.part(request, "incoming/_queue.html", **context)


def desk(request, tab, chosen, **forms_) -> dict:
    """The context of Chờ lưu trữ: the queue, and the chosen document's fields and acts."""
    actor, tab = request.user, tab if tab in incoming.TABS else "all"
    queue_ = incoming.waiting(actor, tab)
    counts, papers = incoming.waiting_counts(actor), scans.queue(actor)
    counts |= {name: counts[name] + len(papers) for name in ("all", "paper")}
    picked = next((doc for doc in queue_ if str(doc.id) == str(chosen)), queue_[0] if queue_ else None)
    calendar = workdays.calendar(actor.agency_id)
    rows = [
        (doc, deadlines.tell_presentation(doc.received_at or doc.arrived_at, doc.urgency, calendar))
        for doc in queue_
    ]
    tabs = [
        {"url": f"/incoming/waiting?tab={key}", "label": label, "count": counts.get(key, 0), "current": key == tab}
        for key, (label, _) in incoming.TABS.items() if key not in incoming.BY_VERDICT
    ]  # fmt: skip
    verdicts_ = [
        {"url": f"/incoming/waiting?tab={key}", "word": key, "count": counts[key], "current": key == tab}
        for key in incoming.BY_VERDICT if counts[key] or key == tab
    ]  # fmt: skip
    nothing = {"doc": None, "pages": [], "desk": tab, "source": None}
    return {
        "queue": rows,
        "papers": papers if tab in ("all", "paper") else [],
        "tabs": tabs,
        "by_verdict": verdicts_,
        "tab": tab,
        "coming": registers.coming(registers.of(actor.agency_id, "incoming")),
        "picked": bool(chosen),
        "registered_today": 0 if queue_ else incoming.registered_today(actor.agency_id),
        **(shown.context(actor, picked, desk=tab, **forms_) if picked else nothing),
    }


def show(request):
    """GET /incoming/{id}"""
    doc = _load(request)
    notifications.mark_seen(request.user, doc.id)
    return web.page(request, "incoming/show.html", **shown.context(request.user, doc))


def show_desk(request):
    """GET /incoming/{id}/desk: the clerk's part alone, asked again while the signatures are being checked."""
    asked = request.query_params.get("desk", "")
    context = shown.context(request.user, _load(request), desk=asked if asked in incoming.TABS else "")
    return web.part(request, "incoming/_desk.html", **context)


def create_registration(request):
    """POST /incoming/{id}/registration: vào sổ, and with act=forward also trình, in one act."""
    doc, data = _load(request), shown.RegistrationForm(request.state.form)
    if data.ok:
        leader = users.holder(doc.agency_id, data.leader_id, lookups.LEADER)
        try:
            if data.forwards:
                number = incoming.register_and_forward(
                    doc, request.user, leader, data.fields, data.reason, data.note
                )
            else:
                number = incoming.register(doc, request.user, data.fields, data.reason)
        except errors.Invalid as error:
            data.fail(error)
        else:
            told = f" · đã trình {leader.person.full_name}" if data.forwards else ""
            return after(request, doc, f"Số đến {number}{told}")
    return again(request, doc, form=data)


def create_forwarding(request):
    """POST /incoming/{id}/forwarding: trình lãnh đạo."""
    doc, data = _load(request), shown.WordsForm(request.state.form)
    leader = users.holder(doc.agency_id, data.leader_id, lookups.LEADER)
    if data.ok:
        try:
            incoming.forward(doc, request.user, leader, data.note)
        except errors.Invalid as error:
            data.fail(error)
        else:
            return after(request, doc, f"Đã trình {leader.person.full_name}.")
    return again(request, doc, words=data)


def create_refusal(request):
    """POST /incoming/{id}/refusal: trả lại nơi gửi."""
    doc, data = _load(request), shown.RefusalForm(request.state.form)
    if data.ok:
        try:
            incoming.refuse(doc, request.user, data.reason)
        except errors.Invalid as error:
            data.fail(error)
        else:
            return after(request, doc, "Đã trả lại nơi gửi, không lấy số đến.")
    return again(request, doc, refusal=data)


def after(request, doc, flash):
    """After an act: the desk goes to the next arrival, the document page shows its new state."""
    notifications.spread()
    jobs.wake("status")
    tab = _tab(request)
    if tab:
        waiting_ = [row.id for row in incoming.waiting(request.user, tab)]
        following = next((one for one in waiting_ if one < doc.id), waiting_[0] if waiting_ else "")
        url = _link("/incoming/waiting", tab=tab, doc=following)
        return web.fragments(
            request, url, ["incoming/_waiting.html", "_menu.html"], desk(request, tab, following), flash
        )
    return web.fragments(
        request,
        f"/incoming/{doc.id}",
        ["incoming/_side.html", "_menu.html"],
        shown.context(request.user, doc),
        flash,
    )


def again(request, doc, **forms_):
    """The same page with what was typed and the sentences beside it (422); the document is read again as it is."""
    doc, tab = _load(request), _tab(request)
    context = desk(request, tab, doc.id, **forms_) if tab else shown.context(request.user, doc, **forms_)
    if request.headers.get("hx-request"):
        return web.part(
            request, "incoming/_waiting.html" if tab else "incoming/_side.html", status=422, **context
        )
    return web.page(request, "incoming/waiting.html" if tab else "incoming/show.html", status=422, **context)


def _load(request):
    return permissions.get(request.user, request.path_params["id"], "incoming")


def _tab(request) -> str:
    tab = request.state.form.get("desk", "")
    return tab if tab in incoming.TABS else ""


def _link(path, **query) -> str:
    return f"{path}?{urlencode({name: value for name, value in query.items() if value not in (None, '')})}"


ROUTES = [
    Route("/incoming/waiting", web.endpoint(waiting, roles=CLERKS), methods=["GET"]),
    Route("/incoming/waiting/queue", web.endpoint(queue, roles=CLERKS), methods=["GET"]),
    Route("/incoming/{id:int}", web.endpoint(show), methods=["GET"]),
    Route("/incoming/{id:int}/desk", web.endpoint(show_desk), methods=["GET"]),
    Route("/incoming/{id:int}/registration", web.endpoint(create_registration), methods=["POST"]),
    Route("/incoming/{id:int}/forwarding", web.endpoint(create_forwarding), methods=["POST"]),
    Route("/incoming/{id:int}/refusal", web.endpoint(create_refusal), methods=["POST"]),
]
