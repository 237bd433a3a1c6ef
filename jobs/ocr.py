"""The orders "ocr" and "read": a scan, or the main file of an electronic document, takes its place and is read."""

from jobs import reading_room
from jobs.runner import carries_out, every
from models import clock, db, documents, outbox, readings_queue

KINDS, WATCH_SECONDS = ("ocr", "read"), 60


@carries_out("ocr")
def read_scan(order: outbox.Order) -> None:
    """A scan. Running twice is harmless: what is read already is not read again."""
    readings_queue.enlist_scan(order.subject_id, order.priority)
    reading_room.work(order)


@carries_out("read")
def read_document(order: outbox.Order) -> None:
    """An electronic document that came in. Running twice is harmless."""
    doc = documents.Document.get_by_id(order.subject_id)
    main = documents.main_file(doc)
    if main is not None and not doc.is_closed:
        readings_queue.enlist_document(doc, main, order.priority)
    reading_room.work(order)


@every(WATCH_SECONDS)
def look_after() -> None:
    """What waits although nobody reads (an order was put aside): somebody opens the room again."""
    row = readings_queue.left_waiting()
    order = outbox.Order
    if (
        row is None
        or order.select().where(order.kind.in_(KINDS), order.state.in_(("due", "running"))).exists()
    ):
        return
    with db.write():
        kind, subject = ("ocr", row.scan_id) if row.scan_id else ("read", row.document_id)
        outbox.place(kind, subject, key=f"{kind}:again:{row.id}:{clock.now().isoformat()}")
