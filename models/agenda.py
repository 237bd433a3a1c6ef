"""Việc của tôi: what waits for this post, urgent first, then late, then by deadline; and the numbers of the first page.

Outgoing documents wait with their holder; content also with the unit's head, form with every checker, release with every
clerk.
"""

from datetime import date
from typing import NamedTuple

from models import (
    assignments,
    clock,
    deadlines,
    documents,
    incoming,
    lookups,
    permissions,
    scans,
    tokens_custody,
    tokens_expiry,
    tokens_loss,
    tokens_readers,
    workdays,
)

MOST = 100
FAR = date.max
OUTGOING = {
    "draft": "Dự thảo của tôi",
    "content_review": "Duyệt nội dung",
    "form_review": "Kiểm tra thể thức",
    "awaiting_signature": "Ký",
    "paper_issued": "Phát hành",
    "signed": "Phát hành",
    "numbered": "Phát hành",
    "sealed": "Phát hành",
}
COPIES = {
    "draft": "Quyết định sao",
    "awaiting_seal": "Ký số bản sao",
    "awaiting_number": "Cấp số bản sao",
    "sealed": "Gửi bản sao",
    "numbered": "Giao bản sao",
}


class Task(NamedTuple):
    """One line: the document, what to do with it, since or until when."""

    doc: documents.Document
    what: str
    clock: deadlines.Clock | None
    due_on: date | None


class Number(NamedTuple):
    """A number of the first page, which leads to its list; kind "late" or "soon" colours it when it is not zero."""

    label: str
    count: int
    url: str
    kind: str = ""


def of(actor) -> list[Task]:
    """Everything that waits for this post."""
    calendar = workdays.calendar(actor.agency_id)
    found = []
    if actor.has(lookups.LEADER):
        found += [Task(doc, "Phân công", None, None) for doc in incoming.awaiting_assignment(actor)]
    for task in assignments.open_tasks(actor).limit(MOST):
        what = "Xem để biết" if task.part == assignments.INFORMED else task.part_name
        found.append(Task(task.document, what, deadlines.tell(task.due_on, calendar), task.due_on))
    found += [Task(doc, what, None, None) for doc, what in (*outgoing(actor), *copies(actor))]
    if actor.has(lookups.CLERK):
        found += [
            Task(doc, "Trình lãnh đạo", _presenting(doc, calendar), None) for doc in _unpresented(actor)
        ]
    return sorted(found, key=_rank)


def outgoing(actor) -> list[tuple]:
    """Outgoing documents that wait for this post, with what to do."""
    doc = documents.Document
    mine = (doc.holder == actor.post.id) & doc.state.in_(tuple(OUTGOING))
    if actor.has(lookups.UNIT_HEAD) and actor.unit_id:
        mine |= (doc.state == "content_review") & (doc.unit == actor.unit_id)
    if actor.has(lookups.FORM_CHECKER):
        mine |= doc.state == "form_review"
    if actor.has(lookups.CLERK):
        mine |= doc.state.in_(("paper_issued", "signed", "numbered", "sealed"))
    rows = permissions.visible(actor, "outgoing").where(mine).order_by(doc.urgency.desc(), doc.id).limit(MOST)
    return [(row, OUTGOING[row.state]) for row in rows]


def copies(actor) -> list[tuple]:
    """Copies that lie with this post, with what to do; those to be decided with everybody who may (ND30 27.1)."""
    doc = documents.Document
    mine = (doc.holder == actor.post.id) & doc.state.in_(tuple(COPIES))
    if actor.has(lookups.LEADER):
        mine |= doc.state == "draft"
    if actor.has(lookups.CLERK):
        mine |= doc.state.in_(("awaiting_seal", "awaiting_number", "sealed", "numbered"))
    rows = permissions.visible(actor, "copies").where(mine).order_by(doc.id).limit(MOST)
    return [(row, COPIES[row.state]) for row in rows]


def urgent(actor) -> list[documents.Document]:
    """Urgent documents this post must take or assign at once (10.3, 11.1), the most urgent first."""
    found = incoming.waiting(actor, "urgent", 20) if actor.has(lookups.CLERK) else []
    if actor.has(lookups.LEADER):
        found += [doc for doc in incoming.awaiting_assignment(actor) if doc.urgency]
    return sorted(found, key=lambda doc: -doc.urgency)


def numbers(actor) -> list[Number]:
    """The numbers on top of the first page, by role."""
    found = []
    if actor.has(lookups.CLERK):
        counts = incoming.waiting_counts(actor)
        late = len(incoming.not_presented(actor))
        found += [Number("Chờ lưu trữ", counts["all"] + len(scans.queue(actor)), "/incoming/waiting"),
                  Number("Khẩn chờ vào sổ", counts["urgent"], "/incoming/waiting?tab=urgent", "late"),
                  Number("Quá hạn trình trong ngày", late, "/incoming/waiting", "late")]  # fmt: skip
    if actor.has(lookups.LEADER):
        mine = incoming.awaiting_assignment(actor)
        found += [Number("Chờ phân công", len(mine), "/incoming?tab=forwarded"),
                  Number("Khẩn chờ phân công", sum(1 for doc in mine if doc.urgency), "/incoming?tab=forwarded", "late")]  # fmt: skip
    doing = list(assignments.open_tasks(actor).limit(MOST))
    if doing or not found:
        late = sum(1 for task in doing if task.due_on and task.due_on < clock.today())
        found += [
            Number("Việc được giao", len(doing), "/#tasks"),
            Number("Việc quá hạn", late, "/#tasks", "late"),
        ]
    if actor.has(lookups.LEADER, lookups.CLERK, lookups.UNIT_HEAD):
        late = len(assignments.overdue(actor).limit(MOST))
        found.append(Number("Văn bản đến quá hạn", late, "/incoming?tab=late", "late"))
    counted = {}
    for _, what in outgoing(actor):
        counted[what] = counted.get(what, 0) + 1
    addresses = {"Ký": "/#tasks", "Phát hành": "/issuing"}
    found += [Number(what, count, addresses.get(what, "/#tasks")) for what, count in counted.items()]
    return [*_keys(actor), *found][:6]


def _keys(actor) -> list[Number]:
    """A device to take over, and certificates that end soon; nothing where there is none."""
    found = []
    if waiting := tokens_custody.awaiting(actor):
        found.append(Number("Thiết bị ký chờ bạn nhận", len(waiting), "/tokens/mine", "late"))
    if ending := tokens_expiry.concerning(actor):
        own = any(token.keeper_id == actor.post.id or token.person_id == actor.id for token in ending)
        url = "/tokens" if tokens_readers.may_read(actor) else "/tokens/mine" if own else "/notifications"
        kind = "late" if min(token.certificate.days_left for token in ending) < 7 else "soon"
        found.append(Number("Chứng thư sắp hết hạn", len(ending), url, kind))
    returning = tokens_loss.to_return(actor.agency_id)
    if returning and tokens_readers.may_read(actor):
        late = any(token.return_due and token.return_due < clock.today() for token in returning)
        found.append(
            Number("Thiết bị phải trả nơi cấp", len(returning), "/tokens", "late" if late else "soon")
        )
    return found


def _unpresented(actor) -> list[documents.Document]:
    doc = documents.Document
    rows = permissions.visible(actor, "incoming").where(doc.state == "registered")
    return list(rows.order_by(doc.urgency.desc(), doc.id).limit(MOST))


def _presenting(doc, calendar):
    return deadlines.tell_presentation(doc.received_at or doc.arrived_at, doc.urgency, calendar)


def _rank(task: Task):
    late = task.clock is not None and task.clock.kind == "late"
    return (-task.doc.urgency, not late, task.due_on or FAR, task.doc.id)
