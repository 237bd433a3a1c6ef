"""Sổ gửi, nhận liên thông: what its pages read, part by part (keyset), as fast with a million sendings as with ten.

Each count is made by the query that makes its list, so that no number differs from what it opens (complaint X11).
"""

from typing import NamedTuple

from peewee import JOIN

from models import agencies, db, documents, exchange, exchange_follow, exchange_summary, text

PAGE = 50
MOST_PARTNERS = 500  # that one search may mean
LATE = "late"
# what may be wrong with a sending: key → states, "late" is judged by the clock
PROBLEM_KINDS = {
    "failed": ("failed",),
    "refused": ("refused",),
    LATE: exchange_follow.NOT_ARRIVED,
    "recall": ("recall_asked", "recall_refused"),
}
PROBLEM_WORDS = {
    "failed": "Gửi lỗi",
    "refused": "Từ chối",
    LATE: "Chưa đến quá 4 giờ làm việc",
    "recall": "Thu hồi chưa xong",
}


class Part(NamedTuple):
    """A part of a list; `older` is the key to go on from, None at the end."""

    rows: list
    older: int | None


def of_document(doc, show: str = "", words: str = "", after: int = 0, size: int = PAGE) -> Part:
    """The recipients of one document; `show`: problems, or a group of exchange_summary. In the order of the letter."""
    model = exchange.Consignment
    query = _with_partner().where(model.document == doc, model.direction == "out", model.id > after)
    if show == exchange_summary.PROBLEMS:
        query = query.where(exchange_follow.problems(exchange_follow.late_since(doc.agency_id)))
    elif show in exchange_summary.BY_KEY:
        query = query.where(model.state.in_(exchange_summary.BY_KEY[show].states))
    if words:
        query = query.where(_partner_like(words))
    rows = list(query.order_by(model.id).limit(size + 1))
    return Part(rows[:size], rows[size - 1].id if len(rows) > size else None)


def documents_sent(agency_id: int, words: str = "", before: int = 0, size: int = PAGE) -> Part:
    """Documents with electronic recipients, the newest first."""
    model = exchange.Consignment
    query = model.select(model.document_id).where(model.agency == agency_id, model.direction == "out")
    if words:
        query = query.where(_like(agency_id, words))
    if before:
        query = query.where(model.document < before)
    # found by words: few rows, sorted after; without words: read off the index in its order
    last = (model.document + 0).desc() if words else model.document.desc()
    ids = [row[0] for row in query.distinct().order_by(last).limit(size + 1).tuples()]
    found = {doc.id: doc for doc in documents.Document.select().where(documents.Document.id.in_(ids[:size]))}
    return Part([found[doc_id] for doc_id in ids[:size]], ids[size - 1] if len(ids) > size else None)


def waiting(agency_id: int):
    """Query of sendings that have not come yet."""
    model = exchange.Consignment
    return _sent_by(agency_id).where(model.state.in_(exchange_follow.NOT_ARRIVED))


def troubled(agency_id: int, kind: str = ""):
    """Query of sendings a person should look at and has not closed; `kind` of PROBLEM_KINDS narrows it."""
    model, follow = exchange.Consignment, exchange_follow.FollowUp
    query = _sent_by(agency_id).switch(model).join(follow, JOIN.LEFT_OUTER, on=_closed())
    query = query.where(exchange_follow.problems(exchange_follow.late_since(agency_id)), follow.id.is_null())
    return query.where(model.state.in_(PROBLEM_KINDS[kind])) if kind in PROBLEM_KINDS else query


def by_kind(agency_id: int) -> dict[str, int]:
    """Kind of trouble → how many; the sum is the whole list (counted in the index, less what was closed)."""
    model, follow = exchange.Consignment, exchange_follow.FollowUp
    since = exchange_follow.late_since(agency_id)
    here = model.select(model.id).where(model.agency == agency_id, model.direction == "out")
    many = {}
    for state in exchange_follow.ENDED_BADLY:
        many[state] = here.where(model.state == state).count()
    for state in exchange_follow.NOT_ARRIVED:
        many[state] = here.where(model.state == state, model.queued_at < since).count()
    closed = follow.select(model.state).join(model, on=_closed()).where(follow.agency == agency_id)
    for (state,) in closed.where(exchange_follow.problems(since)).tuples():
        many[state] -= 1
    return {kind: sum(many.get(state, 0) for state in states) for kind, states in PROBLEM_KINDS.items()}


def waiting_count(agency_id: int) -> int:
    """How many sendings have not come yet."""
    model = exchange.Consignment
    rows = model.select(model.id).where(model.agency == agency_id, model.direction == "out")
    return rows.where(model.state.in_(exchange_follow.NOT_ARRIVED)).count()


def received(agency_id: int):
    """Query of what came to the agency electronically."""
    model = exchange.Consignment
    return _with_documents().where(model.agency == agency_id, model.direction == "in")


def between(agency_id: int, partner: agencies.Agency):
    """Query of everything between the agency and one partner, both ways."""
    model = exchange.Consignment
    return _with_documents().where(model.agency == agency_id, model.partner == partner)


def part(query, agency_id: int, words: str = "", before: int = 0, size: int = PAGE) -> Part:
    """A part of one of the queries above, the newest first."""
    model = exchange.Consignment
    if words:
        query = query.where(_like(agency_id, words))
    if before:
        query = query.where(model.id < before)
    rows = list(query.order_by(model.id.desc()).limit(size + 1))
    return Part(rows[:size], rows[size - 1].id if len(rows) > size else None)


def partners_like(words: str, limit: int = 6) -> list[agencies.Agency]:
    """Agencies that a search may mean, for links to all that was exchanged with them."""
    model = agencies.Agency
    return list(model.select().where(_named(words)).order_by(model.name).limit(limit)) if words else []


def last_contact(agency_id: int, partner: agencies.Agency):
    """When something last came from this partner (a document or an answer), None for never."""
    model, message = exchange.Consignment, exchange.StatusMessage
    came = model.select(db.fn.MAX(model.arrived_at)).where(
        model.agency == agency_id, model.partner == partner, model.direction == "in"
    )
    told = message.select(db.fn.MAX(message.taken_at)).join(model).where(
        model.agency == agency_id, model.partner == partner, message.direction == "in"
    )  # fmt: skip
    moments = [value for value in (came.scalar(), told.scalar()) if value]
    return max((db.MomentField().python_value(value) if isinstance(value, str) else value for value in moments),
               default=None)  # fmt: skip


def answers_of(lines: list[exchange.Consignment]) -> dict[int, dict[str, exchange.StatusMessage]]:
    """Consignment id → status word → the message we gave, for arrivals."""
    found = exchange.messages_of(lines)
    return {
        key: {one.status: one for one in messages if one.direction == "out"}
        for key, messages in found.items()
    }


def came_before_refusal(lines: list[exchange.Consignment]) -> set[int]:
    """Ids of the refused lines whose recipient had the document first: a copy of it says nothing new, a replacement does."""
    model = exchange.StatusMessage
    refused = [one.id for one in lines if one.state == "refused"]
    rows = model.select(model.consignment_id).where(
        model.consignment.in_(refused), model.direction == "in", model.status == "arrived"
    )
    return {row[0] for row in rows.tuples()}


def reasons_of(lines: list[exchange.Consignment]) -> dict[int, str]:
    """Consignment id → why the recipient sent it back, or would not cancel it, in its own words."""
    model = exchange.StatusMessage
    spoken = [one.id for one in lines if one.state in ("refused", "recall_refused")]
    rows = model.select(model.consignment_id, model.description).where(
        model.consignment.in_(spoken),
        model.direction == "in",
        model.status.in_(("refused", "recall_refused")),
    )
    return dict(rows.order_by(model.id).tuples())


def _closed():
    """A person's closing that still speaks of how the recipient stands now."""
    model, follow = exchange.Consignment, exchange_follow.FollowUp
    same = (follow.consignment == model.id) & (follow.closed_state == model.state)
    return same & (follow.closed_tries == model.tries)


def _with_partner():
    model = exchange.Consignment
    return model.select(model, agencies.Agency).join(agencies.Agency, JOIN.LEFT_OUTER, on=(model.partner == agencies.Agency.id))  # fmt: skip


def _with_documents():
    model = exchange.Consignment
    return (
        model.select(model, agencies.Agency, documents.Document)
        .join(agencies.Agency, JOIN.LEFT_OUTER, on=(model.partner == agencies.Agency.id))
        .switch(model)
        .join(documents.Document, JOIN.LEFT_OUTER)
    )


def _sent_by(agency_id):
    model = exchange.Consignment
    return _with_documents().where(model.agency == agency_id, model.direction == "out")


def _named(words):
    condition = None
    for word in text.fold(text.clean(words)).split():
        one = agencies.Agency.folded_name.contains(word)
        condition = one if condition is None else condition & one
    code = agencies.AgencyCode
    by_code = code.select(code.agency).where(code.code.startswith(text.clean(words)))
    return condition | agencies.Agency.id.in_(by_code)


def _partner_like(words):
    model, agency = exchange.Consignment, agencies.Agency
    known = [row[0] for row in agency.select(agency.id).where(_named(words)).limit(MOST_PARTNERS).tuples()]
    return model.partner.in_(known) | (
        model.partner.is_null() & model.partner_name.contains(text.clean(words))
    )


def _like(agency_id, words):
    """A recipient's or sender's name or code, or a document's number («12», «12/SKH»)."""
    words = text.clean(words)
    number, _, notation = (piece.strip() for piece in words.partition("/"))
    if not number.isdecimal():
        return _partner_like(words)
    doc = documents.Document
    written = {number, number.lstrip("0") or "0", number.zfill(2)}
    same = doc.select(doc.id).where(doc.agency == agency_id, doc.code_number.in_(written))
    if notation:
        same = same.where(doc.code_notation.startswith(notation))
    return exchange.Consignment.document.in_(same)
