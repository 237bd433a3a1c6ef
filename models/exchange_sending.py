"""What the jobs note while they send: the try, the packet, the positive answer, or why there is none."""

from datetime import timedelta

from models import clock, db, exchange, failpoints, files, journal, outbox


def together(one: exchange.Consignment) -> list[exchange.Consignment]:
    """The consignments that travel in the same packet and still wait: all axis recipients, or this one alone."""
    if one.alone or one.transport == "local":
        return [one] if one.state == "queued" else []
    model = exchange.Consignment
    return list(
        model.select()
        .where(
            model.document == one.document_id, model.direction == "out", ~model.alone,
            model.transport == "axis", model.state == "queued",
        )
        .order_by(model.id)
    )  # fmt: skip


def attempt(group: list[exchange.Consignment], packet: files.Stored, name: str) -> list[exchange.Consignment]:
    """Bind the packet to the consignments that still wait, and note that it may leave from now on."""
    with db.write():
        fresh = [exchange.load(one.id) for one in group]
        fresh = [one for one in fresh if one.state == "queued"]
        row = fresh and (fresh[0].packet or files.record(packet, name, "application/xml"))
        for one in fresh:
            one.set(
                packet=one.packet or row, attempted_at=one.attempted_at or clock.now(), tries=one.tries + 1
            )
    return fresh


def did_not_leave(group: list[exchange.Consignment]) -> None:
    """The try ended before a byte went out: if it was the first, the document certainly never left."""
    with db.write():
        for one in group:
            if one.tries == 1:
                one.set(attempted_at=None, tries=0)


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


def mark_failed(consignment: exchange.Consignment, reason: str) -> None:
    """No further try by itself: the line says why, the clerk decides."""
    with db.write():
        one = exchange.load(consignment.id)
        if one.acknowledged_at is None and one.state in ("queued", "recall_asked"):
            one.set(state="failed", failure=reason)
            journal.record("send_failed", None, one.document, note=f"{one.partner_name}: {reason}")


def mark_unread(consignment: exchange.Consignment, reason: str) -> None:
    """The receiver told the axis that it cannot take the packet: it is not sent after all (12.3)."""
    with db.write():
        one = exchange.load(consignment.id)
        if one.state == "on_axis":
            one.set(state="failed", failure=reason, acknowledged_at=None, sent_at=None)
            journal.record("send_failed", None, one.document, note=f"{one.partner_name}: {reason}")


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
            outbox.place("deliver", one.id, f"deliver:{one.id}:alone")


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
