"""Đọc trang của văn bản vừa đến: pages, the words to search by, secrecy marks (1.2), and the fields its pages give.

A document with text of its own is read at once; pages that are pictures wait for their turn in the reading room.
"""

from jobs import reading, reading_pages, reading_room
from jobs.runner import carries_out
from models import db, documents, extraction, incoming, outbox, readings_queue, secrecy

MOST_PAGES = 20  # pages whose words are searched before the whole is read


@carries_out("pages")
def look_at_pages(order: outbox.Order) -> None:
    """Carry out an order "pages". A file that cannot be opened is left to the signature check, which says so."""
    doc = documents.Document.get_by_id(order.subject_id)
    main = documents.main_file(doc)
    if doc.is_recalled or main is None or main.media_type != "application/pdf":
        return
    try:
        said = reading_pages.words(main.path(), reading.MOST_PAGES)
    except reading.Unreadable:
        return
    texts = [words_of(page) for page in said[:MOST_PAGES]]
    level = secrecy.found(texts[0]) if texts else None
    if level and doc.state == "arrived":
        incoming.refuse_secret(doc, level)
        return
    with db.write():
        if documents.state_now(doc).is_recalled:  # it may have been asked back while its pages were read
            return
        doc.set(page_amount=said[0]["of"])
        documents.index(doc, "\n".join(texts))
        if said[0]["of"] > reading.MOST_PAGES:
            return
        row = readings_queue.enlist_document(doc, main, doc.urgency)
        if row.state != "waiting":
            return
        if any(page["scanned"] for page in said):
            outbox.place(
                "read", doc.id, key=f"read:{row.id}:{row.placed_at.isoformat()}", priority=doc.urgency
            )
            return
    reading_room.read_at_once(row, said)


def words_of(page: dict) -> str:
    """The text of one page, a line a line."""
    return reading.text_of([extraction.page_of(page)])
