"""Sổ đăng ký and their numbers (ND30 Điều 15, 22): consecutive in time order, from 01 each year.

The next number is a counter row read and bumped inside the caller's write(); never the highest plus one, never shown
first and posted back. A number taken is never used again; one whose document is not issued is voided with a reason.
"""

from models import agencies, clock, db, errors

NAMES = {
    "incoming": "Sổ đăng ký văn bản đến",
    "outgoing": "Sổ đăng ký văn bản đi",
    "copies": "Sổ đăng ký bản sao",
}


class Register(db.Base):
    """A numbering book of an agency; `type_code` empty = the shared sequence (ND30 15.1: the head decides)."""

    agency = db.ForeignKeyField(agencies.Agency, backref="registers")
    flow = db.CharField()
    name = db.CharField()
    type_code = db.CharField(default="")

    class Meta:
        indexes = ((("agency", "flow", "type_code"), True),)


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
    books = {
        book.type_code: book
        for book in Register.select().where(
            Register.agency == agency_id, Register.flow == flow, Register.type_code.in_(("", type_code))
        )
    }
    book = books.get(type_code) or books.get("")
    if book:
        return book
    with db.write():
        return Register.create(agency=agency_id, flow=flow, name=NAMES[flow])


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
    entry = Entry.get(Entry.register == register_id, Entry.year == year, Entry.number == number)
    if not reason.strip():
        raise errors.Invalid({"reason": "Hãy nêu lý do hủy số."})
    return entry.set(
        void_reason=reason.strip(), voided_at=clock.now(), voided_by=f"{actor.name} – {actor.title}"
    )


def coming(register: Register, year: int | None = None) -> int:
    """The number the next document will probably get; for display only."""
    counter = Counter.get_or_none(Counter.register == register, Counter.year == (year or clock.today().year))
    return (counter.last_number if counter else 0) + 1


def gaps(register: Register, year: int) -> list[int]:
    """Numbers of the year that have neither document nor void reason; must be empty."""
    counter = Counter.get_or_none(Counter.register == register, Counter.year == year)
    numbers = {e.number for e in Entry.select().where(Entry.register == register, Entry.year == year)}
    return [n for n in range(1, (counter.last_number if counter else 0) + 1) if n not in numbers]
