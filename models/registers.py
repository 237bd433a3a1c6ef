"""Sổ đăng ký and their numbers (ND30 Điều 15, 22): consecutive in time order, from 01 each year.

The next number is a counter row read and bumped inside the caller's write(); never the highest plus one, never shown
first and posted back. A number taken is never used again; one whose document is not issued is voided with a reason.
"""

from models import agencies, clock, db, errors, journal, lookups, text

NAMES = {
    "incoming": "Sổ đăng ký văn bản đến",
    "outgoing": "Sổ đăng ký văn bản đi",
    "copies": "Sổ đăng ký bản sao",
}


class Register(db.Base):
    """A numbering book of an agency; `type_code` empty = the shared sequence (ND30 15.1: the head decides), else one type
    or a group of types parted by «,»."""

    agency = db.ForeignKeyField(agencies.Agency, backref="registers")
    flow = db.CharField()
    name = db.CharField()
    type_code = db.CharField(default="")

    class Meta:
        indexes = ((("agency", "flow", "type_code"), True),)

    @property
    def types(self) -> list[str]:
        """Codes of the types it is kept for; none for the shared one."""
        return self.type_code.split(",") if self.type_code else []


class Counter(db.Base):
    """Last number of a register in a year, and the day it was taken."""

    register = db.ForeignKeyField(Register)
    year = db.IntegerField()
    last_number = db.IntegerField(default=0)
    last_day = db.DateField(null=True)
    closed_at = db.MomentField(null=True)

    class Meta:
        indexes = ((("register", "year"), True),)


class Entry(db.Base):
    """One number: bound to its document, or voided with a reason."""

    register = db.ForeignKeyField(Register)
    year = db.IntegerField()
    number = db.IntegerField()
    day = db.DateField()
    document_id = db.IntegerField(index=True)
    taken_at = db.MomentField()
    void_reason = db.CharField(default="")
    voided_at = db.MomentField(null=True)
    voided_by = db.CharField(default="")

    class Meta:
        indexes = ((("register", "year", "number"), True),)


TABLES = (Register, Counter, Entry)


def of(agency_id: int, flow: str, type_code: str = "") -> Register:
    """The book for this kind of document: the type's own if the agency keeps one, else the shared one."""
    book = _find(agency_id, flow, type_code)
    if book:
        return book
    with db.write():  # looked up again inside: two clerks may open the first book at once
        return _find(agency_id, flow, type_code) or Register.create(
            agency=agency_id, flow=flow, name=NAMES[flow]
        )


def _find(agency_id, flow, type_code) -> Register | None:
    books = list(Register.select().where(Register.agency == agency_id, Register.flow == flow))
    own = next((book for book in books if type_code in book.types), None)
    return own or next((book for book in books if not book.types), None)


def of_agency(agency_id: int) -> list[Register]:
    """All books of an agency, the shared ones first."""
    return list(
        Register.select().where(Register.agency == agency_id).order_by(Register.flow, Register.type_code)
    )


def open_book(agency, flow: str, type_codes: str | list[str], name: str, actor) -> Register:
    """Open a book of its own for a document type or a group of types (ND30 15.1.a–c: the head decides). Raises Invalid."""
    codes = [type_codes] if isinstance(type_codes, str) else list(dict.fromkeys(type_codes))
    kinds = [lookups.document_type(code) for code in codes]
    if flow not in NAMES or not kinds or None in kinds:
        raise errors.Invalid({"type_code": "Hãy chọn loại sổ và tên loại văn bản."})
    with db.write():
        for book in of_agency(agency.id):
            taken = [kind.name for kind in kinds if book.flow == flow and kind.code in book.types]
            if taken:
                raise errors.Invalid(
                    {"type_code": f"Đã có sổ riêng cho {', '.join(taken).lower()}: {book.name}."}
                )
        names = ", ".join(kind.name for kind in kinds)
        book = Register.create(agency=agency, flow=flow, type_code=",".join(codes),
                               name=text.clean(name)[:120] or f"{NAMES[flow]} – {names}"[:120])  # fmt: skip
        journal.record("open_register", actor, book, note=book.name, agency_id=book.agency_id)
    return book


def rename(book: Register, name: str, actor) -> Register:
    """Đổi tên sổ; its numbers stay. Raises Invalid for an empty name."""
    name = text.clean(name)[:120]
    if not name:
        raise errors.Invalid({"name": "Hãy nhập tên sổ."})
    with db.write():
        journal.record("rename_register", actor, book, note=f"{book.name} → {name}", agency_id=book.agency_id)
        return book.set(name=name)


def close_year(register: Register, year: int, actor) -> Counter:
    """Khóa sổ: no number of that year is taken any more. Raises Refused for this year, or while numbers are missing."""
    if year >= clock.today().year:
        raise errors.Refused(f"Năm {year} chưa hết nên chưa khóa sổ được.")
    missing = gaps(register, year)
    if missing:
        raise errors.Refused(
            f"Sổ năm {year} thiếu số {missing[0]}; hãy báo quản trị kiểm tra trước khi khóa."
        )
    with db.write():
        counter = Counter.get_or_none(Counter.register == register, Counter.year == year) or Counter.create(
            register=register, year=year
        )
        if not counter.closed_at:
            counter.set(closed_at=clock.now())
            journal.record("close_register", actor, register, note=f"{register.name} năm {year}, số cuối {counter.last_number}",
                           data={"year": year, "last": counter.last_number}, agency_id=register.agency_id)  # fmt: skip
    return counter


def take(register: Register, day, document) -> int:
    """Cấp số: the next number of the year of `day`, bound to the document. Inside the caller's write().

    Raises Refused for a day before the last one taken, or a closed year.
    """
    if not db.database.in_transaction():
        raise RuntimeError("a number is taken inside the write() that uses it")
    counter = Counter.get_or_none(Counter.register == register, Counter.year == day.year)
    if counter is None:
        counter = Counter.create(register=register, year=day.year)
    if counter.closed_at:
        raise errors.Refused(f"{register.name} năm {day.year} đã khóa sổ.")
    if counter.last_day and day < counter.last_day:
        raise errors.Refused(
            f"Không cấp số lùi ngày: số gần nhất của {register.name} đã cấp ngày {counter.last_day:%d/%m/%Y}."
        )
    number = counter.last_number + 1
    counter.set(last_number=number, last_day=day)
    Entry.create(
        register=register,
        year=day.year,
        number=number,
        day=day,
        document_id=document.id,
        taken_at=clock.now(),
    )
    return number


def void(register_id: int, year: int, number: int, actor, reason: str) -> Entry:
    """Hủy số: the number stays in the book with its reason and is never used again."""
    entry = Entry.get_or_none(Entry.register == register_id, Entry.year == year, Entry.number == number)
    if entry is None:
        raise errors.NotFound("Sổ không có số này.")
    if entry.voided_at:
        raise errors.Refused(f"Số {number} đã hủy ngày {clock.local(entry.voided_at):%d/%m/%Y}.")
    if not reason.strip():
        raise errors.Invalid({"reason": "Hãy nêu lý do hủy số."})
    return entry.set(
        void_reason=reason.strip(),
        voided_at=clock.now(),
        voided_by=f"{actor.name} – {actor.title}" if actor else "Hệ thống",
    )


def coming(register: Register, year: int | None = None) -> int:
    """The number the next document will probably get; for display only."""
    counter = Counter.get_or_none(Counter.register == register, Counter.year == (year or clock.today().year))
    return (counter.last_number if counter else 0) + 1


def years(agency_id: int, flow: str) -> list[int]:
    """Years in which numbers were taken, and this one, the newest first: a year's book opens by itself on 1 January."""
    rows = (
        Counter.select(Counter.year).distinct().join(Register)
        .where(Register.agency == agency_id, Register.flow == flow).tuples()
    )  # fmt: skip
    return sorted({clock.today().year, *(row[0] for row in rows)}, reverse=True)


def counters(register: Register) -> list[Counter]:
    """Years of a book with their last numbers, the newest first."""
    return list(Counter.select().where(Counter.register == register).order_by(Counter.year.desc()))


def voided(register: Register, year: int) -> list[Entry]:
    """Numbers of a year that were voided, with their reasons."""
    return list(
        Entry.select()
        .where(Entry.register == register, Entry.year == year, Entry.voided_at.is_null(False))
        .order_by(Entry.number)
    )


def gaps(register: Register, year: int) -> list[int]:
    """Numbers of the year that have neither document nor void reason; must be empty."""
    counter = Counter.get_or_none(Counter.register == register, Counter.year == year)
    numbers = {e.number for e in Entry.select().where(Entry.register == register, Entry.year == year)}
    return [n for n in range(1, (counter.last_number if counter else 0) + 1) if n not in numbers]
