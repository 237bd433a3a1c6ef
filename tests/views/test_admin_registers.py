"""Books through the pages: own books, voided and missing numbers, closing a year (ND30 Điều 15, 22)."""

from datetime import date
from types import SimpleNamespace

import pytest

from models import db, registers


@pytest.fixture
def book(office):
    found = registers.of(office.a.id, "outgoing")
    with db.write():
        for _ in range(3):
            registers.take(found, date(2025, 6, 2), SimpleNamespace(id=1))
        registers.void(found.id, 2025, 2, office.lan, "Ghi nhầm")
    return found


def test_a_book_shows_voided_numbers_and_is_closed(office, browser, book):
    admin, url = browser("quantri"), f"/admin/registers/{book.id}"
    text = admin.get(url).text
    assert "Ghi nhầm" in text and "Số liên tục" in text and "Khóa sổ năm 2025" in text
    assert admin.post(f"{url}/closure", data={"year": "2025"}).status_code == 303
    assert "Đã khóa sổ" in admin.get(url).text


def test_missing_numbers_are_shown(browser, book):
    with db.write():
        registers.Entry.delete().where(registers.Entry.number == 1).execute()
    admin, url = browser("quantri"), f"/admin/registers/{book.id}"
    assert "Thiếu số:" in admin.get(url).text
    assert admin.post(f"{url}/closure", data={"year": "2025"}).status_code == 409


@pytest.mark.parametrize("year", ["", "x", "1999", "²²²²"])
def test_a_year_the_book_does_not_have_is_not_there(browser, book, year):
    assert (
        browser("quantri").post(f"/admin/registers/{book.id}/closure", data={"year": year}).status_code == 404
    )


def test_a_type_gets_its_own_book_once(office, browser):
    admin, form = browser("quantri"), {"flow": "outgoing", "type_code": "QD"}
    assert admin.post("/admin/registers", data=form).status_code == 303
    assert registers.of(office.a.id, "outgoing", "QD").type_code == "QD"
    assert admin.post("/admin/registers", data=form).status_code == 422


def test_another_agency_s_book_is_not_there(browser, book):
    mai = browser("mai")
    assert mai.get(f"/admin/registers/{book.id}").status_code == 404
    assert mai.post(f"/admin/registers/{book.id}/closure", data={"year": "2025"}).status_code == 404
