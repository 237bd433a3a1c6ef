"""Sổ đăng ký văn bản đến: its lines by number, with filters (ND30 Điều 22; C16). A line is a number of the register, so void
numbers stand in it too; what was corrected is shown beside (models/incoming_corrections.py).
"""

from datetime import date
from typing import NamedTuple

from models import alike, clock, db, documents, fulltext, lookups, permissions, registers, senders, text

PAGE = 50
MOST_FOUND = 1000  # newest documents a search for words in the register looks at
MOST_COUNTED = 100  # counts beside the tabs stand as «99+»

BOOK_TABS = {
    "all": "Tất cả",
    "registered": "Chưa trình",
    "forwarded": "Chờ phân công",
    "working": "Đang giải quyết",
    "late": "Quá hạn",
    "completed": "Đã xong",
    "recalled": "Thu hồi",
    "void": "Số hủy",
}
WORKING = ("assigned", "in_progress")
FEW = (
    "registered",
    "forwarded",
    "working",
    "late",
    "recalled",
)  # found by their state, not by walking the numbers


class Filter(NamedTuple):
    """What is asked of the register; empty values ask nothing. `words` are searched everywhere, a number also as arrival
    number; `sender` is typed as in the form's field."""

    year: int
    book_id: int | None = None  # None: the shared book
    tab: str = "all"
    since: date | None = None
    until: date | None = None
    words: str = ""
    sender: str = ""
    type_code: str = ""
    urgency: int = 0
    holder_id: int = 0
    unit_id: int = 0

    @property
    def narrows(self) -> bool:
        """True when more is asked than a year and a tab."""
        return bool(self.since or self.until or self.words or self.sender or self.type_code or self.urgency
                    or self.holder_id or self.unit_id)  # fmt: skip


class BookPage(NamedTuple):
    """A page of the register, newest first: (entry, document) pairs; `older`/`newer` are numbers to go on from, None at the
    ends."""

    lines: list
    older: int | None
    newer: int | None

    @property
    def rows(self) -> list[documents.Document]:
        """The documents of the lines."""
        return [doc for _, doc in self.lines]


def book(actor, year: int, tab: str = "all", before: int | None = None, after: int | None = None, words: str = "",
         size: int = PAGE) -> BookPage:  # fmt: skip
    """A page of the shared register of a year (keyset: no offset, no count). Raises nothing; empty when none."""
    return page(actor, Filter(year, tab=tab, words=words), before, after, size)


def page(
    actor, asked: Filter, before: int | None = None, after: int | None = None, size: int = PAGE
) -> BookPage:
    """A page of what is asked, by number: under `before`, or above `after`; else the newest."""
    entry, query = registers.Entry, choose(actor, asked)
    if after is not None:
        rows = _pairs(query.where(entry.number > after).order_by(entry.number).limit(size + 1))
        more, rows = len(rows) > size, rows[:size][::-1]
        return BookPage(rows, rows[-1][0].number if rows else None, rows[0][0].number if more else None)
    if before is not None:
        query = query.where(entry.number < before)
    rows = _pairs(query.order_by(entry.number.desc()).limit(size + 1))
    more, rows = len(rows) > size, rows[:size]
    newer = rows[0][0].number if rows and before is not None else None
    return BookPage(rows, rows[-1][0].number if more else None, newer)


def lines(actor, asked: Filter, most: int) -> list[tuple]:
    """All lines asked for in the order of the printed book, at most so many (one more tells that there are more)."""
    return _pairs(choose(actor, asked).order_by(registers.Entry.number).limit(most + 1))


def counts(actor, asked: Filter) -> dict[str, int]:
    """How many lines each tab has in the year, for those who see the whole book; nothing for others."""
    if not actor.has(*permissions.SEES_ALL):
        return {}
    doc = documents.Document
    here = [doc.agency == actor.agency_id, doc.flow == "incoming", doc.register_year == asked.year]
    shelves = books(actor.agency_id)
    if len(shelves) > 1:
        here.append(doc.register_id == (asked.book_id or shelves[0].id))
    rows = doc.select(doc.state, db.fn.COUNT(doc.id)).where(*here).group_by(doc.state).tuples()
    by_state = dict(rows)
    late = doc.select().where(
        doc.agency == actor.agency_id, doc.flow == "incoming", doc.state.in_(WORKING),
        doc.register_year + 0 == asked.year, doc.due_date < clock.today(),
    ).limit(MOST_COUNTED)  # fmt: skip
    found = {tab: by_state.get(tab, 0) for tab in ("registered", "forwarded", "completed", "recalled")}
    return found | {"working": sum(by_state.get(one, 0) for one in WORKING), "late": late.count()}


def books(agency_id: int) -> list[registers.Register]:
    """The incoming registers of an agency, the shared one first."""
    return [book for book in registers.of_agency(agency_id) if book.flow == "incoming"]


# ---- inner -----------------------------------------------------------------------------------------------------


def choose(actor, asked: Filter):
    """The query of what is asked: entries with their documents. Whoever sees the whole book reads it by number; where few lines are meant, those."""
    entry, doc = registers.Entry, documents.Document
    shelf = _shelf(actor, asked)
    whole = actor.has(*permissions.SEES_ALL)
    few = bool(asked.words or asked.sender) or not whole or asked.tab in FEW
    register = entry.register + 0 if few else entry.register  # + 0: not by number, by document
    query = (
        entry.select(entry, doc)
        .join(doc, on=(entry.document_id == doc.id))
        .where(register == (shelf.id if shelf else 0), entry.year == asked.year)
    )
    if not whole:
        query = query.where(doc.id.in_(permissions.visible(actor, "incoming").select(doc.id)))
    if asked.tab in FEW:
        query = query.where(
            doc.agency == actor.agency_id, doc.flow == "incoming", doc.register_year == asked.year
        )
    query = _of_tab(query, asked.tab)
    return _narrowed(actor, query, asked)


def _shelf(actor, asked: Filter) -> registers.Register | None:
    shelves = books(actor.agency_id)
    chosen = [book for book in shelves if book.id == asked.book_id]
    return (chosen or shelves or [None])[0]


def _narrowed(actor, query, asked: Filter):
    doc = documents.Document
    if asked.since:
        query = query.where(doc.arrival_date >= asked.since)
    if asked.until:
        query = query.where(doc.arrival_date <= asked.until)
    if asked.type_code:
        query = query.where(doc.type_code == asked.type_code)
    if asked.urgency:
        query = query.where(doc.urgency >= asked.urgency)
    if asked.holder_id:
        query = query.where(doc.holder == asked.holder_id)
    if asked.unit_id:
        query = query.where(doc.unit == asked.unit_id)
    if asked.sender:
        query = query.where(doc.id.in_(_of_sender(actor, asked.sender)))
    if asked.words:
        query = query.where(doc.id.in_(_found(actor.agency_id, asked.year, asked.words)))
    return query


def _of_tab(query, tab):
    doc, entry = documents.Document, registers.Entry
    if tab in ("registered", "forwarded", "completed", "recalled"):
        return query.where(doc.state == tab)
    if tab == "working":
        return query.where(doc.state.in_(WORKING))
    if tab == "late":
        return query.where(doc.state.in_(WORKING), doc.due_date < clock.today())
    return query.where(entry.voided_at.is_null(False)) if tab == "void" else query


def _pairs(query) -> list[tuple]:
    """(entry, document) of a query that reads both in one row."""
    return [(row, row.document) for row in query]


def _of_sender(actor, typed: str):
    """Documents of the senders that these words name."""
    named = senders.named(actor.agency_id, typed)
    rows = [named] if named else senders.chosen(actor, typed)
    ids = [one for row in rows for one in senders.family(row)]
    doc = documents.Document
    return doc.select(doc.id).where(doc.agency == actor.agency_id, doc.sender_id.in_(ids))


def _found(agency_id: int, year: int, words: str) -> list[int]:
    """Ids for «1247» (arrival or document number), «125/UBND» (number and notation), or words of any kind."""
    doc, words = documents.Document, text.clean(words)
    number, slash, notation = (part.strip() for part in words.partition("/"))
    if not number.isdecimal():
        return fulltext.matching(agency_id, words, MOST_FOUND)
    here = doc.select(doc.id).where(doc.agency == agency_id, doc.flow == "incoming")
    same = here.where(doc.code_number.in_(alike.written(number)))
    found = [row.id for row in (same.where(doc.code_notation.startswith(notation)) if notation else same)]
    if not slash:
        of_year = here.where(doc.register_year == year, doc.arrival_number == int(number[:9]))
        found += [row.id for row in of_year]
    return found


def urgencies() -> dict[int, str]:
    """Levels one may ask for: «từ Khẩn trở lên»."""
    return {level: words for level, words in lookups.URGENCIES.items() if level}
