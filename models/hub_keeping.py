"""Thời hạn giữ trên trục: the bytes of what everybody has fetched go after a time; who sent what to whom stays."""

from datetime import timedelta

from models import clock, db, errors, files, hub, journal

BATCH = 200
FAILED_TOO = timedelta(days=365)  # what a receiver could not take is kept for another try as long as this


def days() -> int:
    """How long the bytes are kept, in days."""
    row = hub.Keeping.get_or_none()
    return row.days if row else hub.Keeping.days.default


def set_days(actor, number: int) -> None:
    """Đặt thời hạn giữ. Raises Invalid outside 7 to 3,650 days."""
    if not 7 <= number <= 3650:
        raise errors.Invalid({"days": "Thời hạn giữ từ 7 đến 3.650 ngày."})
    with db.write():
        row = hub.Keeping.get_or_none()
        before = days()
        row.set(days=number) if row else hub.Keeping.create(days=number)
        journal.record("hub_keeping", actor, None, str(before), str(number))


def held() -> tuple[int, int]:
    """(packets, bytes) whose content the hub still keeps."""
    model = hub.Packet
    row = model.select(db.fn.COUNT(model.id), db.fn.SUM(model.size)).where(model.file > 0).tuples().first()
    return row[0], row[1] or 0


def erase_old(limit: int = BATCH) -> int:
    """Erase the bytes of the oldest packets whose time is over, at most `limit`; returns how many."""
    now, model = clock.now(), hub.Packet
    open_ones = hub.Delivery.select(hub.Delivery.packet).where(
        (hub.Delivery.queue == "waiting")
        | ((hub.Delivery.queue == "failed") & (hub.Delivery.updated_at > now - FAILED_TOO))
    )
    due = list(
        model.select(model.id, model.file)
        .where(model.file > 0, model.created_at < now - timedelta(days=days()), model.id.not_in(open_ones))
        .order_by(model.file).limit(limit)
    )  # fmt: skip
    if not due:
        return 0
    with db.write():
        rows = list(files.File.select().where(files.File.id.in_([packet.file_id for packet in due])))
        model.update(file=None).where(model.id.in_([packet.id for packet in due])).execute()
        unneeded = files.release(rows)
    files.erase(unneeded)
    return len(due)
