"""Numbers: consecutive, in time order, from 01 each year, never twice, never backwards (ND30 Điều 15.1, 22.2; goals N)."""

import threading
from datetime import date
from types import SimpleNamespace

import pytest

from models import clock, db, errors, journal, registers

DAY = date(2026, 3, 2)


def take(book, day=DAY, document=1):
    with db.write():
        return registers.take(book, day, SimpleNamespace(id=document))


@pytest.fixture
def book(office):
    return registers.of(office.a.id, "outgoing")


def test_numbers_are_consecutive_from_one_each_year(book):
    assert [take(book) for _ in range(3)] == [1, 2, 3]
    assert take(book, date(2027, 1, 4)) == 1
    assert registers.coming(book, 2026) == 4


def test_each_agency_has_its_own_sequence(office, book):
    take(book)
    assert take(registers.of(office.b.id, "outgoing")) == 1


def test_eight_threads_take_forty_numbers_each_without_gap_or_double(book):
    """Goal N1: 8 clerks at once; every number once, none missing."""
    taken, failed = [], []

    def clerk():
        try:
            with db.connection():
                for _ in range(40):
                    taken.append(take(book))
        except db.OperationalError as error:
            failed.append(error)
        finally:
            db.database.close()

    threads = [threading.Thread(target=clerk) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert sorted(taken) == list(range(1, 321))
    assert registers.gaps(book, 2026) == []


def test_a_day_before_the_last_one_is_refused_and_takes_no_number(book):
    take(book, DAY)
    with pytest.raises(errors.Refused, match="lùi ngày"):
        take(book, date(2026, 3, 1))
    assert take(book, DAY) == 2


def test_a_refused_act_gives_its_number_back(book):
    """ND30 15.1: a rollback leaves no gap."""
    with pytest.raises(errors.Refused), db.write():
        registers.take(book, DAY, SimpleNamespace(id=1))
        raise errors.Refused("thôi")
    assert take(book) == 1


def test_a_number_is_taken_only_inside_the_write_that_uses_it(book):
    with pytest.raises(RuntimeError):
        registers.take(book, DAY, SimpleNamespace(id=1))


def test_a_voided_number_stays_and_is_never_used_again(office, book):
    take(book)
    with db.write():
        registers.void(book.id, 2026, 1, office.lan, "Ghi nhầm sổ")
    assert take(book) == 2
    assert [entry.number for entry in registers.voided(book, 2026)] == [1]
    assert registers.gaps(book, 2026) == []


@pytest.mark.parametrize(
    ("number", "reason", "expected"), [(1, " ", errors.Invalid), (9, "Nhầm", errors.NotFound)]
)
def test_voiding_needs_a_reason_and_a_number_of_the_book(office, book, number, reason, expected):
    take(book)
    with pytest.raises(expected), db.write():
        registers.void(book.id, 2026, number, office.lan, reason)


def test_a_number_is_voided_once(office, book):
    take(book)
    with db.write():
        registers.void(book.id, 2026, 1, office.lan, "Ghi nhầm")
    with pytest.raises(errors.Refused, match="đã hủy"), db.write():
        registers.void(book.id, 2026, 1, office.lan, "Lần nữa")


def test_a_type_with_its_own_book_is_numbered_there(office):
    """ND30 15.1: the head decides whether a type has a sequence of its own."""
    own = registers.open_book(office.a, "outgoing", "QD", "", office.quantri)
    assert registers.of(office.a.id, "outgoing", "QD").id == own.id
    assert registers.of(office.a.id, "outgoing", "CV").id != own.id
    assert "Quyết định" in own.name
    with pytest.raises(errors.Invalid, match="Đã có sổ riêng"):
        registers.open_book(office.a, "outgoing", "QD", "", office.quantri)


def test_two_clerks_who_open_the_first_book_at_once_get_one(office):
    registers.Register.delete().where(registers.Register.flow == "copies").execute()
    found, gate = [], threading.Barrier(2)

    def clerk():
        with db.connection():
            gate.wait()
            found.append(registers.of(office.a.id, "copies").id)
        db.database.close()

    threads = [threading.Thread(target=clerk) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 2 and found[0] == found[1]


def test_a_closed_year_takes_no_number(office, book):
    take(book, date(2025, 12, 31))
    with clock.freeze("2026-01-05 08:00"):
        registers.close_year(book, 2025, office.quantri)
    with pytest.raises(errors.Refused, match="khóa sổ"):
        take(book, date(2025, 12, 31))
    assert journal.of(book)[-1].verb == "close_register"


def test_this_year_is_not_closed(office, book):
    take(book, DAY)
    with clock.freeze("2026-12-31 16:00"), pytest.raises(errors.Refused, match="chưa hết"):
        registers.close_year(book, 2026, office.quantri)


def test_a_missing_number_is_named_and_stops_the_closing(office, book):
    for _ in range(3):
        take(book, date(2025, 6, 2))
    with db.write():
        registers.Entry.delete().where(registers.Entry.number == 2).execute()
    assert registers.gaps(book, 2025) == [2]
    with clock.freeze("2026-01-05 08:00"), pytest.raises(errors.Refused, match="thiếu số 2"):
        registers.close_year(book, 2025, office.quantri)
