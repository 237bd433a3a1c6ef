"""Tình hình gửi, nhận của một văn bản: per recipient who has it, since when, proved by what; a part of exchange.py.

The page asks again by itself while states may change; what a person has opened or typed stays as it is.
"""

import hashlib
from urllib.parse import parse_qsl, urlencode

from starlette.responses import Response
from starlette.routing import Route

import jobs
from models import (
    courier,
    db,
    errors,
    exchange,
    exchange_axis,
    exchange_evidence,
    exchange_follow,
    exchange_ledger,
    exchange_sending,
    exchange_summary,
    lookups,
    paper,
    permissions,
    recalls,
    users,
)
from views import exchange_history, sheets, web

CLERKS = (lookups.CLERK,)
KINDS = exchange_summary.KIND_OF
FEW = 20  # so many recipients are shown whole at first; of more, those with a problem
RESENDABLE = ("failed", "refused")


def lines_context(request, doc) -> dict:
    """What the page of one document shows: its summary, the asked part of its recipients, each with its history."""
    asked = _asked(request)
    summary = exchange_summary.of(doc)
    show = _shown(asked.get("show"), summary)
    words = asked.get("q", "")[:100]
    after = number(asked.get("after"))
    part = exchange_ledger.of_document(doc, show, words, after)
    link = {"show": show or "all"} | ({"q": words} if words else {})
    place = f"/outgoing/{doc.id}/dispatch"
    return {
        "doc": doc,
        "summary": summary,
        "show": show,
        "typed": words,
        "filters": _filters(place, summary, show),
        "lines": _rows(request, doc, part.rows),
        "moving": summary.moving,
        "view": urlencode(link | ({"after": after} if after else {})),
        "poll": f"{place}/lines?{urlencode(link | ({'after': after} if after else {}) | {'seen': _stamp(doc, summary)})}",
        "older": f"{place}?{urlencode(link | {'after': part.older})}" if part.older else "",
        "first": f"{place}?{urlencode(link)}" if after else "",
        "recall_reason": recalls.may_ask(doc, request.user),
        "why_waiting": exchange_axis.why_waiting() if _waits_for_axis(doc) else "",
    }


def show(request):
    """GET /outgoing/{id}/dispatch?show=…&q=…&after=…: one line per recipient with its true state (QĐ 28 Điều 10.2.h, p)."""
    doc = permissions.get(request.user, request.path_params["id"], "outgoing")
    papers = paper.summaries([doc]).get(doc.id, "")
    return web.page(
        request, "exchange/show.html", paper_words=papers, may_prove=request.user.has(*exchange_evidence.MAKERS),
        suspects=len(exchange_evidence.suspects(doc, exchange.sent(doc))), **lines_context(request, doc),
    )  # fmt: skip


def lines(request):
    """GET /outgoing/{id}/dispatch/lines: the lines alone, asked again while they may change; 204 when nothing has."""
    doc = permissions.get(request.user, request.path_params["id"], "outgoing")
    if request.query_params.get("seen") == _stamp(doc, exchange_summary.of(doc)):
        return Response(status_code=204)
    return web.part(request, "exchange/_lines.html", **lines_context(request, doc))


def export(request):
    """GET /outgoing/{id}/dispatch/history.csv: the whole history of sending and receiving (QĐ 28 Điều 10.2.p)."""
    doc = permissions.get(request.user, request.path_params["id"], "outgoing")
    rows = exchange.sent(doc)
    head = ["Nơi nhận", "Mã định danh", "Thời điểm", "Diễn biến", "Người trả lời", "Nội dung", "Chứng cứ"]
    found = exchange_history.of(rows)
    body = [
        (
            one.partner_name,
            one.partner_code,
            web.show_moment(event.at),
            event.words,
            event.who,
            event.note,
            event.proof,
        )
        for one in rows
        for event in found[one.id]
    ]
    return sheets.csv(f"gui-nhan-{doc.number_text.replace('/', '-')}.csv", head, body)


def create_resending(request):
    """POST /consignments/{id}/resending: pressed twice it is still one sending."""
    one, doc = _sending(request)
    if one.state != "queued":
        exchange.resend(one, request.user)
        jobs.wake("deliver")
    return _after(request, doc, f"Đang gửi lại tới {one.partner_name}.")


def create_offering(request):
    """POST /consignments/{id}/offering: the same packet once more, or the waiting try now; pressed twice it is one order."""
    one, doc = _sending(request)
    exchange_sending.offer_again(one, request.user)
    jobs.wake("deliver", "offer_again")
    return _after(request, doc, f"Đang gửi lại gói cũ tới {one.partner_name}.")


def create_closing(request):
    """POST /consignments/{id}/closing: done another way (called, paper sent); off the list of problems."""
    one, doc = _sending(request)
    try:
        exchange_follow.close(one, request.user, str(request.state.form.get("note", "")))
    except errors.Invalid as error:
        raise errors.Refused(" ".join(error.fields.values())) from error
    return _after(request, doc, f"Đã ghi: {one.partner_name} xử lý cách khác.")


def _sending(request):
    one = exchange.Consignment.get_or_none(exchange.Consignment.id == request.path_params["id"])
    if one is None or one.direction != "out":
        raise errors.NotFound()
    return one, permissions.get(request.user, one.document_id)


def _after(request, doc, flash):
    if doc.flow == "copies":
        return web.go(request, f"/copies/{doc.id}", flash)
    context = lines_context(request, doc)
    place = f"/outgoing/{doc.id}/dispatch?{context['view']}"
    return web.fragments(request, place, ["exchange/_lines.html"], context, flash=flash)


# ---- inside ----------------------------------------------------------------------------------------------------


def _waits_for_axis(doc) -> bool:
    model = exchange.Consignment
    waiting = model.select().where(model.document == doc, model.direction == "out", model.state == "queued")
    return waiting.where(model.transport == "axis").exists()


def _asked(request) -> dict:
    """Which part of the lines is meant: the address, or after an act the part the form stood in."""
    if request.method != "POST":
        return request.query_params
    return dict(parse_qsl(str(request.state.form.get("view", ""))[:300]))


def number(typed) -> int:
    """A key in an address, 0 when it is none."""
    return int(typed) if typed and typed.isascii() and typed.isdecimal() and len(typed) < 15 else 0


def _shown(wanted, summary) -> str:
    """The asked filter; without one all of a few recipients, of many those with a problem."""
    known = (exchange_summary.PROBLEMS, *exchange_summary.BY_KEY)
    if wanted is None:
        return exchange_summary.PROBLEMS if summary.total > FEW and summary.problems else ""
    return wanted if wanted in known else ""


def _filters(place, summary, show) -> list[dict]:
    found = [("", "Tất cả", summary.total)]
    if summary.problems:
        found.append((exchange_summary.PROBLEMS, "Nơi có vấn đề", summary.problems))
    for part in summary.parts:
        if part.many:
            words = exchange_summary.BY_KEY[part.key].words
            found.append((part.key, words[0].upper() + words[1:], part.many))
    return [
        {"url": f"{place}?show={key or 'all'}", "label": label, "count": many, "current": key == show}
        for key, label, many in found
    ]


def _stamp(doc, summary) -> str:
    """Changes whenever something the lines show has changed."""
    model, message = exchange.Consignment, exchange.StatusMessage
    facts = (
        model.select(db.fn.SUM(model.tries), db.fn.MAX(model.acknowledged_at), db.fn.MAX(message.id),
                     db.fn.COUNT(message.sent_at))
        .left_outer_join(message)
        .where(model.document == doc, model.direction == "out")
        .tuples()
    )  # fmt: skip
    said = f"{summary} {summary.late} {list(facts)} {doc.state}"
    return hashlib.sha256(said.encode()).hexdigest()[:12]


def _rows(request, doc, found) -> list[dict]:
    is_clerk = request.user.has(*CLERKS)
    since = exchange_follow.late_since(doc.agency_id)
    followed, histories = exchange_follow.of(found), exchange_history.of(found)
    next_tries = exchange_sending.next_try_of([one for one in found if one.state == "queued"])
    carried = courier.travelling([one.id for one in found if one.state in exchange_follow.NOT_ARRIVED])
    returned = exchange_ledger.came_before_refusal(found)
    rows = []
    for one in found:
        follow = followed.get(one.id)
        trouble = exchange_follow.is_problem(one, since)
        closed = trouble and exchange_follow.is_closed(one, follow)
        late = trouble and one.state in exchange_follow.NOT_ARRIVED
        rows.append({
            "one": one, "kind": "late" if late else KINDS.get(one.state, ""), "late": late, "trouble": trouble,
            "closed": follow if closed else None, "pressed_at": follow and (follow.not_arrived_at or follow.not_accepted_at),
            "history": histories[one.id], "next_try": next_tries.get(one.id), "carried": carried.get(one.id),
            "answer": _last_answer(histories[one.id]), "contact": contact(one.partner) if trouble else None,
            "may_resend": is_clerk and one.state in RESENDABLE and not doc.is_recalled and not one.recall_asked_at
            and one.id not in returned,
            "may_replace": is_clerk and one.id in returned and not doc.is_recalled,
            "may_offer": is_clerk and late and not doc.is_recalled and _may_offer(one),
            "may_close": is_clerk and trouble and not closed,
        })  # fmt: skip
    return rows


def _last_answer(history):
    """The newest thing the other side said, for the proof column."""
    return next((event for event in reversed(history) if event.proof and not event.late), None)


def _may_offer(one) -> bool:
    return one.state == "queued" or (one.transport == "axis" and one.packet_id is not None)


def contact(partner) -> dict:
    """Whom to call: the office's telephone, and of an office of this installation its clerks by name."""
    clerks = users.holders(partner.id, lookups.CLERK) if partner and partner.hosted else []
    people = [(post.person.full_name, post.person.telephone) for post in clerks[:2]]
    if not people and partner and partner.clerk_name:
        people = [(partner.clerk_name, "")]
    return {"telephone": partner.telephone if partner else "", "people": people}


ROUTES = [
    Route("/outgoing/{id:int}/dispatch", web.endpoint(show)),
    Route("/outgoing/{id:int}/dispatch/lines", web.endpoint(lines)),
    Route("/outgoing/{id:int}/dispatch/history.csv", web.endpoint(export)),
    Route("/consignments/{id:int}/resending", web.endpoint(create_resending, roles=CLERKS), methods=["POST"]),
    Route("/consignments/{id:int}/offering", web.endpoint(create_offering, roles=CLERKS), methods=["POST"]),
    Route("/consignments/{id:int}/closing", web.endpoint(create_closing, roles=CLERKS), methods=["POST"]),
]
