"""Sổ đăng ký văn bản đến: its lines by year, kind and words (ND30 Điều 22)."""

from typing import NamedTuple

from models import clock, documents, fulltext, incoming, permissions, text

PAGE = 50
MOST_FOUND = 1000  # newest documents a search for words in the register looks at

BOOK_TABS = {
    "all": "Tất cả",
    "forwarded": "Chờ phân công",
    "working": "Đang giải quyết",
    "late": "Quá hạn",
    "recalled": "Thu hồi",
}


class BookPage(NamedTuple):
    """A page of the register, newest first; `older`/`newer` are arrival numbers to go on from, None at the ends."""

    rows: list
    older: int | None
    newer: int | None


def book(actor, year: int, tab: str = "all", before: int | None = None, after: int | None = None, words: str = "",
         size: int = PAGE) -> BookPage:  # fmt: skip
    """The register of a year, by arrival number (keyset: no offset, no count). Raises nothing; empty when none."""
    doc = documents.Document
    whole = tab == "all" and not words and actor.has(*permissions.SEES_ALL)
    in_year = (
        doc.register_year if whole else doc.register_year + 0
    )  # + 0: few rows, found by state, id or right
    query = permissions.visible(actor, "incoming").where(in_year == year, doc.arrival_number.is_null(False))
    query = _of_tab(query, tab)
    if words:
        query = query.where(doc.id.in_(_found(actor.agency_id, year, words)))
    if after is not None:
        rows = list(query.where(doc.arrival_number > after).order_by(doc.arrival_number).limit(size + 1))
        more, rows = len(rows) > size, rows[:size][::-1]
        return BookPage(
            rows, rows[-1].arrival_number if rows else None, rows[0].arrival_number if more else None
        )
    if before is not None:
        query = query.where(doc.arrival_number < before)
    rows = list(query.order_by(doc.arrival_number.desc()).limit(size + 1))
    more, rows = len(rows) > size, rows[:size]
    newer = rows[0].arrival_number if rows and before is not None else None
    return BookPage(rows, rows[-1].arrival_number if more else None, newer)


def _of_tab(query, tab):
    doc = documents.Document
    if tab == "forwarded":
        return query.where(doc.state == "forwarded")
    if tab == "working":
        return query.where(doc.state.in_(("assigned", "in_progress")))
    if tab == "late":
        return query.where(doc.state.in_(("assigned", "in_progress")), doc.due_date < clock.today())
    return query.where(doc.state == "recalled") if tab == "recalled" else query


def _found(agency_id: int, year: int, words: str) -> list[int]:
    """Ids for «1247» (arrival or document number), «125/UBND» (number and notation), or words of any kind."""
    doc, words = documents.Document, text.clean(words)
    number, slash, notation = (part.strip() for part in words.partition("/"))
    if not number.isdecimal():
        return fulltext.matching(agency_id, words, MOST_FOUND)
    here = doc.select(doc.id).where(doc.agency == agency_id, doc.flow == "incoming")
    same = here.where(doc.code_number.in_(incoming.written(number)))
    found = [row.id for row in (same.where(doc.code_notation.startswith(notation)) if notation else same)]
    if not slash:
        of_year = here.where(doc.register_year == year, doc.arrival_number == int(number[:9]))
        found += [row.id for row in of_year]
    return found
