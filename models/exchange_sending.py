"""What the jobs note while they send: the try, the packet, the positive answer, or why there is none; whom to call."""

from datetime import timedelta

from models import (
    clock,
    db,
    errors,
    exchange,
    exchange_axis,
    exchange_waits,
    failpoints,
    files,
    journal,
    lookups,
    outbox,
    users,
)

CALL = "Chưa gửi được – gọi văn thư bên nhận"
BATCH = 200


def together(one: exchange.Consignment) -> list[exchange.Consignment]:
    """The consignments that travel in the same packet and still wait: all of one transport, or this one alone."""
    if one.alone:
        return [one] if one.state == "queued" else []
    model = exchange.Consignment
    found = list(
        model.select()
        .where(
            model.document == one.document_id, model.direction == "out", ~model.alone,
            model.transport == one.transport, model.state == "queued",
        )
        .order_by(model.id)
    )  # fmt: skip
    bound = next((row.packet_id for row in found if row.packet_id), None)
    return [
        row for row in found if row.packet_id == bound
    ]  # a packet made before names nobody who came later


def attempt(group: list[exchange.Consignment], packet: files.Stored, name: str) -> list[exchange.Consignment]:
    """Bind the packet to the consignments that still wait, and note that it may leave from now on."""
    model = exchange.Consignment
    with db.write():
        waiting = list(model.select().where(model.id.in_([one.id for one in group]), model.state == "queued"))
        if not waiting:
            return []
        row = next((one.packet for one in waiting if one.packet_id), None)
        row = row or files.record(packet, name, "application/xml")
        model.update(
            packet=db.fn.COALESCE(model.packet, row.id),
            attempted_at=db.fn.COALESCE(model.attempted_at, model.attempted_at.db_value(clock.now())),
            tries=model.tries + 1,
        ).where(model.id.in_([one.id for one in waiting])).execute()
    known = {one.id: one for one in group}
    return [_as_bound(known[one.id], row) for one in waiting]


def _as_bound(one, row):
    """The row in hand after `attempt`, without reading it anew."""
    one.packet = one.packet or row
    one.attempted_at = one.attempted_at or clock.now()
    one.tries += 1
    return one


def did_not_leave(group: list[exchange.Consignment]) -> None:
    """The try ended before a byte went out: if it was the first, the document certainly never left."""
    model = exchange.Consignment
    with db.write():
        first = model.id.in_([one.id for one in group]) & (model.tries == 1) & model.acknowledged_at.is_null()
        model.update(attempted_at=None, tries=0).where(first).execute()


def mark_sent(consignment: exchange.Consignment, axis_id: str) -> None:
    """The positive answer came: now, and only now, it is sent; legally at its release (12.3)."""
    with db.write():
        one = exchange.load(consignment.id)
        if one.acknowledged_at is None:
            one.set(acknowledged_at=clock.now(), sent_at=one.queued_at, axis_id=axis_id, failure="")
            exchange.settle(one)
            failpoints.reach("send.ack-row")
            journal.record(
                "sent", None, one, to_state="on_axis", data={"axis_id": axis_id, "to": one.partner_code}
            )


def mark_failed(group: list[exchange.Consignment], reason: str) -> None:
    """No further try by itself: the lines say why, the clerk is told once and decides."""
    with db.write():
        failed = []
        for one in map(exchange.load, [one.id for one in group]):
            if one.acknowledged_at is None and one.state in ("queued", "recall_asked"):
                one.set(state="failed", failure=reason)
                journal.record("send_failed", None, one.document, note=f"{one.partner_name}: {reason}")
                failed.append(one)
        _call(failed)


def mark_unread(consignment: exchange.Consignment, reason: str) -> None:
    """The receiver told the axis that it cannot take the packet: it is not sent after all (12.3)."""
    with db.write():
        one = exchange.load(consignment.id)
        if one.state == "on_axis":
            one.set(state="failed", failure=reason, acknowledged_at=None, sent_at=None)
            journal.record("send_failed", None, one.document, note=f"{one.partner_name}: {reason}")
            _call([one])


def unconfirmed(older_than: timedelta, limit: int = 100) -> list[exchange.Consignment]:
    """Sendings the axis has and nobody has confirmed, of the last month: what to ask the axis about."""
    model, now = exchange.Consignment, clock.now()
    return list(
        model.select()
        .where(
            model.direction == "out", model.transport == "axis", model.state == "on_axis",
            model.acknowledged_at < now - older_than, model.acknowledged_at > now - timedelta(days=31),
        )
        .order_by(model.acknowledged_at)
        .limit(limit)
    )  # fmt: skip


def separate(group: list[exchange.Consignment]) -> None:
    """The axis refused the common packet: every recipient gets one of his own, so that one bad code stops no other."""
    with db.write():
        for one in group:
            one.set(alone=True, packet=None)
            turn = outbox.turn_in(exchange.message_lane(one))  # it keeps its place before later documents
            exchange.place_delivery([one], f"{one.id}:alone", one.document.urgency, turn)


def bind_packet(message: exchange.StatusMessage, packet: files.Stored, name: str) -> None:
    """Keep the packet the message travels in; each try sends the same bytes."""
    with db.write():
        message.set(packet=files.record(packet, name, "application/xml"))


def mark_told(message: exchange.StatusMessage, axis_id: str) -> None:
    """The other side, or the axis, has the message."""
    with db.write():
        message.set(sent_at=message.sent_at or clock.now(), axis_id=message.axis_id or axis_id, failure="")
        failpoints.reach("status.ack")


def mark_untold(message: exchange.StatusMessage, reason: str) -> None:
    """No further try by itself: the history says that the other side does not know."""
    with db.write():
        message.set(failure=reason)
        journal.record("status_failed", None, message, note=reason)


# ---- a person takes over ----------------------------------------------------------------------------------------


def needs_person(one: exchange.Consignment) -> bool:
    """True when waiting longer does not help, or has lasted too long: the clerk should call the recipient's clerk."""
    if one.direction != "out":
        return False
    if one.state == "failed":
        return True
    if one.state != "queued" or one.queued_at is None:
        return False
    urgency = one.document.urgency if one.document_id else 0
    return clock.now() >= exchange_waits.person_at(one.queued_at, urgency, one.agency_id)


def call_words(one: exchange.Consignment) -> str:
    """Whom to call: «Chưa gửi được – gọi văn thư bên nhận (số máy)»."""
    telephone = one.partner.telephone if one.partner else ""
    return f"{CALL} ({telephone or 'sổ địa chỉ chưa có số máy'})"


def call_for_waiting() -> int:
    """Tell the clerks of documents that wait longer than the law leaves (TIM-9), once each; returns how many."""
    order, since = outbox.Order, clock.now() - exchange_waits.URGENT_FOR
    waiting = order.select().where(order.state == "due", order.kind == "deliver", order.placed_at < since)
    firsts = exchange.Consignment.select().where(
        exchange.Consignment.id.in_([row.subject_id for row in waiting.order_by(order.id).limit(BATCH)])
    )
    late = [one for first in list(firsts) for one in together(first) if one.called_at is None]
    late = [one for one in late if needs_person(one)]
    with db.write():
        _call(late)
    return len(late)


def _call(lines):
    """Note that a person is to call, and tell the clerks: one notice a document and day, however many lines it has."""
    now, by_document = clock.now(), {}
    for one in lines:
        if one.called_at is None:
            one.set(called_at=now)
            by_document.setdefault(one.document_id, []).append(one)
    for several in by_document.values():
        doc, first = several[0].document, several[0]
        if not _told_today(doc):
            words = f"{call_words(first)}: {first.partner_name}, văn bản {first.code}"
            if len(several) > 1:
                words = f"{CALL} của {len(several)} nơi, văn bản {first.code}"
            place = (
                f"/copies/{doc.id}" if doc.flow == "copies" else f"/outgoing/{doc.id}/dispatch?show=problems"
            )
            clerks = users.holders(doc.agency_id, lookups.CLERK)
            facts = journal.telling(clerks, words, place, doc.urgency > 0)
            waiting = first.failure or exchange_axis.why_waiting() or "Đã hết các lần tự thử lại."
            journal.record("call_partner", None, doc, note=f"{words}. {waiting}", data=facts)


def _told_today(doc):
    event = journal.Event
    last = (
        event.select(event.at)
        .where(event.subject_kind == doc._meta.name, event.subject_id == doc.id, event.verb == "call_partner")
        .order_by(event.id.desc())
        .first()
    )
    return last is not None and clock.local(last.at).date() == clock.today()


def next_try_of(lines: list[exchange.Consignment]) -> dict:
    """Consignment id → when it is tried next, for lines that wait."""
    found = outbox.next_tries([exchange.message_lane(one) for one in lines])
    return {one.id: found[lane] for one in lines if (lane := exchange.message_lane(one)) in found}


def offer_again(one: exchange.Consignment, actor) -> None:
    """Gửi lại gói cũ, thử ngay: a waiting line is tried now, one on the axis gets the same packet once more.

    Pressed twice it is one order. Raises Refused for a line that is neither.
    """
    if one.state == "queued":
        outbox.hurry(exchange.message_lane(one))
        exchange_axis.look_now()
        return
    if one.state != "on_axis" or one.transport != "axis" or one.packet is None:
        raise errors.Refused("Chỉ gửi lại gói cũ được khi trục đã nhận mà nơi nhận chưa lấy về.")
    order = outbox.Order
    mine = order.select().where(order.kind == "offer_again", order.subject_id == one.id)
    with db.write():
        if not mine.where(order.state.in_(("due", "running"))).exists():
            lanes = {exchange.message_lane(one): 0}
            outbox.place(
                "offer_again", one.id, f"offer:{one.id}:{mine.count()}", one.document.urgency, line=exchange_axis.LINE,
                lanes=lanes,
            )  # fmt: skip
            journal.record("offer_again", actor, one)


def belongs_elsewhere(axis_id: str, document_id: int | None, message_id: int | None) -> bool:
    """True when this axis id is already that of another packet of ours: the answer was not for this one."""
    found = db.database.execute_sql(
        "SELECT EXISTS (SELECT 1 FROM consignment WHERE axis_id = ? AND direction = 'out' AND document_id IS NOT ?) OR "
        "EXISTS (SELECT 1 FROM status_message WHERE axis_id = ? AND direction = 'out' AND id IS NOT ?)",
        (axis_id, document_id, axis_id, message_id),
    )
    return bool(found.fetchone()[0])
