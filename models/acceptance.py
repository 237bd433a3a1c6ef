"""Phút đầu sau khi vào sổ: it can be undone; in its first half the sender and the leader are not told yet, so that most slips
leave no trace outside, and the sender still reads «đã tiếp nhận» within the minute (Quy chế 10.2).

The number never goes back: it stays bound to its document, which gets it again, or it is voided with a reason.
"""

from datetime import timedelta

from models import clock, documents, exchange, journal, outbox, registers, users

HELD = timedelta(seconds=60)  # for undoing
SILENT = timedelta(seconds=30)  # for telling
TOO_LATE = (
    "Đã quá 60 giây nên không hoàn tác được nữa. Nếu đã vào sổ nhầm, hãy dùng «Hủy đăng ký» và ghi lý do."
)
NOT_YOURS = "Chỉ người vừa vào sổ mới hoàn tác được. Nếu đã vào sổ nhầm, hãy dùng «Hủy đăng ký» và ghi lý do."


# ---- the number ------------------------------------------------------------------------------------------------


def number(doc, book: registers.Register, day, actor) -> int:
    """The arrival number: the one bound to this document since it was registered before, else the next of the book."""
    bound = _bound(doc)
    if bound and (bound.register_id, bound.year) == (book.id, day.year):
        return bound.number
    if bound:
        void(doc, actor, "Đăng ký lại vào sổ khác hoặc năm khác.")
    return registers.take(book, day, doc)


def void(doc, actor, reason: str) -> None:
    """Hủy số đang giữ cho văn bản, if there is one: it stays in the book with the reason."""
    bound = _bound(doc)
    if bound:
        registers.void(bound.register_id, bound.year, bound.number, actor, reason)


def _bound(doc) -> registers.Entry | None:
    if not doc.arrival_number:
        return None
    entry = registers.Entry
    return entry.get_or_none(
        entry.register == doc.register_id, entry.year == doc.register_year, entry.number == doc.arrival_number,
        entry.document_id == doc.id, entry.voided_at.is_null(),
    )  # fmt: skip


# ---- who is told, and when -------------------------------------------------------------------------------------


def begin(doc, actor, held: bool) -> None:
    """Tell the sender (03) now, or, held, half a minute later; inside the write() of the registration."""
    if not held:
        exchange.report(doc, "03", _words(doc), actor)
        return
    doc.set(held_until=clock.now() + HELD, held_post=actor.post)
    key = f"acceptance:{doc.id}:{_registered(doc).id}"
    outbox.place("acceptance", doc.id, key, after_seconds=int(SILENT.total_seconds()))


def tell(doc) -> None:
    """Báo đã tiếp nhận (03) what is still held, inside the caller's write(): something later is about to be said."""
    if doc.held_until is not None:
        exchange.report(doc, "03", _words(doc), users.Actor(doc.held_post.person, doc.held_post))


def release(order: outbox.Order) -> journal.Event | None:
    """Carry out an order "acceptance", the silence being over: 03 to the sender. The act of presenting, for the leader's
    notice.

    Nothing when it was undone, cancelled or recalled meanwhile, or registered anew: then a later order tells.
    """
    doc = documents.Document.get_by_id(order.subject_id)
    registered = _registered(doc)
    if doc.held_until is None or doc.is_recalled or order.key != f"acceptance:{doc.id}:{registered.id}":
        return None
    tell(doc)
    shown = [one for one in journal.of(doc) if one.verb == "forward" and one.id > registered.id]
    return shown[-1] if shown else None


def _words(doc) -> str:
    bound = _bound(doc)
    return f"Số đến {bound.number} ngày {bound.day:%d/%m/%Y}" if bound else ""


# ---- undoing ---------------------------------------------------------------------------------------------------


def is_held(doc) -> bool:
    """True while the registration can be undone."""
    return doc.held_until is not None and doc.held_until > clock.now()


def may_undo(doc, actor) -> str | None:
    """Why the registration cannot be undone: the minute is over, or another person registered."""
    if not is_held(doc):
        return TOO_LATE
    return None if registered_by(doc, actor) else NOT_YOURS


def registered_by(doc, actor) -> bool:
    """True when this person was the last to register it: a repeated press finds its own work done."""
    event = _registered(doc)
    return event is not None and actor is not None and event.person_id == actor.id


def _registered(doc) -> journal.Event | None:
    event = journal.Event
    same = event.select().where(event.subject_kind == "document", event.subject_id == doc.id)
    return same.where(event.verb == "register").order_by(event.id.desc()).first()
