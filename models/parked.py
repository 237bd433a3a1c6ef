"""Phản hồi chưa khớp văn bản nào: a person ties one to its document or closes it with a note; late documents pull theirs in.

A message is never dropped: what is closed stays as a row with its packet and the note.
"""

from datetime import timedelta

from peewee import JOIN

from models import (
    agencies,
    clock,
    db,
    documents,
    errors,
    exchange,
    exchange_arrivals,
    exchange_judging,
    exchange_matching,
    journal,
    recalls,
    text,
)

KEPT_DAYS = 90  # so long the machine looks for a late document by itself
MOST_LOOKED_AT = 1000


def of_agency(agency_id: int, limit: int = 100) -> list[exchange.StatusMessage]:
    """Messages that wait for a person, the newest first."""
    return list(_open().where(exchange.StatusMessage.agency == agency_id).limit(limit))


def count(agency_id: int) -> int:
    """How many wait."""
    return _open().where(exchange.StatusMessage.agency == agency_id).count()


def _open():
    model = exchange.StatusMessage
    return (
        model.select()
        .where(model.consignment.is_null(), model.parked != "", model.failure == "")
        .order_by(model.id.desc())
    )


def load(actor, message_id: int) -> exchange.StatusMessage:
    """One that waits in this person's agency. Raises NotFound."""
    model = exchange.StatusMessage
    row = model.get_or_none(model.id == message_id, model.agency == actor.agency_id, model.parked != "")
    if row is None:
        raise errors.NotFound()
    return row


def candidates(message: exchange.StatusMessage, limit: int = 20) -> list[exchange.Consignment]:
    """The lines with that partner it may speak of: same number first, then the nearest in time."""
    model = exchange.Consignment
    sender = agencies.by_code(message.partner_code)
    theirs = model.partner_code == message.partner_code
    if sender:
        theirs |= model.partner == sender
    rows = list(
        model.select(model, documents.Document)
        .join(documents.Document, JOIN.LEFT_OUTER)
        .where(model.agency == message.agency_id, model.direction == _direction(message), theirs)
        .order_by(model.id.desc())
        .limit(300)
    )
    number = text.fold(message.code).partition("/")[0]

    def nearness(one):
        days = (
            abs((one.issued_date - message.issued_date).days)
            if one.issued_date and message.issued_date
            else 9999
        )
        return one.code != message.code, text.fold(one.code).partition("/")[0] != number, days, -one.id

    return sorted(rows, key=nearness)[:limit]


def _direction(message):
    return "in" if message.status == "recall_asked" else "out"


def assign(message: exchange.StatusMessage, consignment: exchange.Consignment, actor) -> None:
    """Gắn phản hồi vào văn bản của nó: it then counts as if it had matched by itself. Raises Refused."""
    if not message.parked or message.failure:
        raise errors.Refused("Phản hồi này đã được xử lý.")
    if message.proved_by in exchange_judging.NOT_APPLIED:
        raise errors.Refused("Phản hồi này mang chữ ký chưa tin được nên không gắn được vào văn bản nào.")
    if consignment.agency_id != message.agency_id or consignment.id not in {
        one.id for one in candidates(message, 300)
    }:
        raise errors.Refused("Văn bản đã chọn không phải văn bản trao đổi với nơi phản hồi này.")
    wrong = exchange_judging.same_files(message, consignment)
    if wrong:
        raise errors.Refused(wrong)
    _tie(message, consignment, actor)


def _tie(message, consignment, actor):
    with db.write():
        journal.record("assign_parked", actor, message, note=f"{message.partner_code}: {consignment.code}",
                       data={"consignment": consignment.id})  # fmt: skip
        message.set(consignment=consignment, parked="")
        if message.status == "recall_asked":
            recalls.carry_out(consignment, message)
            return
        exchange_arrivals.apply(consignment, message)
        if message.status in ("recalled", "recall_refused"):
            recalls.answered(consignment, message)


def close(message: exchange.StatusMessage, actor, note: str) -> None:
    """Đóng kèm ghi chú: it belongs to nothing here; row and packet stay. Raises Invalid, Refused."""
    note = text.clean(note)[:1000]
    if not note:
        raise errors.Invalid({"note": "Hãy ghi vì sao đóng (ví dụ: văn bản gửi bằng phần mềm cũ)."})
    if not message.parked or message.failure:
        raise errors.Refused("Phản hồi này đã được xử lý.")
    with db.write():
        message.set(failure=f"Đã đóng: {note}")
        journal.record("close_parked", actor, message, note=note)


def rematch() -> int:
    """Documents that came after their messages pull them in; returns how many were tied."""
    model = exchange.StatusMessage
    since = clock.now() - timedelta(days=KEPT_DAYS)
    rows = list(
        _open()
        .where(model.taken_at > since, model.proved_by.not_in(exchange_judging.NOT_APPLIED))
        .limit(MOST_LOOKED_AT)
    )
    tied = 0
    for message in rows:
        found = exchange_matching.match_message(message)
        if found and not exchange_judging.same_files(message, found):
            _tie(message, found, None)
            tied += 1
    return tied
