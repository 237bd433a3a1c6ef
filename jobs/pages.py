"""Đọc trang của văn bản vừa đến: how many pages it has, the words to search by, and secrecy marks on them (1.2)."""

from jobs import render
from jobs.runner import carries_out
from models import db, documents, errors, incoming, outbox, secrecy

MOST_PAGES = 20  # pages whose words are searched


@carries_out("pages")
def look_at_pages(order: outbox.Order) -> None:
    """Carry out an order "pages". A file that cannot be opened is left to the signature check, which says so."""
    doc = documents.Document.get_by_id(order.subject_id)
    main = documents.main_file(doc)
    if doc.is_recalled or main is None or main.media_type != "application/pdf":
        return
    try:
        pages = render.page_count(main.path(), main.name)
        texts = [words_of(main, number) for number in range(1, min(pages, MOST_PAGES) + 1)]
    except (errors.Invalid, errors.NotFound):
        return
    level = secrecy.found(texts[0]) if texts else None
    if level and doc.state == "arrived":
        incoming.refuse_secret(doc, level)
        return
    with db.write():
        if not documents.state_now(doc).is_recalled:  # it may have been asked back while its pages were read
            doc.set(page_amount=pages)
            documents.index(doc, "\n".join(texts))


def words_of(file, number: int) -> str:
    """The text of one page, a line a line."""
    return "\n".join(line[0] for line in render.page_text(file, number)["lines"])
