"""Office hours and days through the pages (Quy chế 12.3)."""

from datetime import date

import pytest

from models import workdays

DAY = {"day": "19/05/2026", "kind": "rest", "name": "Nghỉ của xã"}


def test_an_agency_enters_and_takes_out_its_own_day(office, browser):
    admin = browser("quantri")
    assert admin.post("/admin/calendar", data=DAY).status_code == 303
    assert not workdays.calendar(office.a.id).is_worked(date(2026, 5, 19))
    assert workdays.calendar(office.b.id).is_worked(date(2026, 5, 19))
    row = next(row for row in workdays.days_of(office.a.id, 2026) if row.name == "Nghỉ của xã")
    assert browser("mai").post(f"/admin/calendar/{row.id}/removal").status_code == 404
    assert admin.post(f"/admin/calendar/{row.id}/removal").status_code == 303
    assert workdays.calendar(office.a.id).is_worked(date(2026, 5, 19))


def test_the_province_s_days_are_the_province_s(office, browser):
    admin = browser("quantri")
    row = next(row for row in workdays.days_of(office.a.id, 2026) if row.agency_id is None)
    assert admin.post(f"/admin/calendar/{row.id}/removal").status_code == 403
    assert admin.post("/admin/calendar", data=DAY | {"scope": "province"}).status_code == 403
    assert (
        admin.post("/admin/calendar/hours", data={"sessions": "08:00-12:00", "scope": "province"}).status_code
        == 403
    )
    assert admin.post("/admin/calendar/proposal", data={"year": 2026}).status_code == 403
    assert browser("admin").post("/admin/calendar", data=DAY | {"scope": "province"}).status_code == 303
    assert not workdays.calendar(office.b.id).is_worked(date(2026, 5, 19))


def test_hours_are_set_for_the_agency(office, browser):
    browser("quantri").post("/admin/calendar/hours", data={"sessions": "07:00-11:30  13:30-17:00"})
    assert workdays.hours_of(office.a.id) == "07:00-11:30 13:30-17:00"
    assert workdays.hours_of(office.b.id) == workdays.DEFAULT_SESSIONS


@pytest.mark.parametrize(
    ("url", "form", "words"),
    [("/admin/calendar/hours", {"sessions": "sáng chiều"}, "ví dụ 07:30"), ("/admin/calendar", DAY | {"day": "31/02"}, "không phải là ngày"),
     ("/admin/calendar", DAY | {"name": ""}, "Hãy nhập tên"), ("/admin/calendar", DAY | {"kind": "x"}, "nghỉ hay làm bù")],
)  # fmt: skip
def test_wrong_fields_are_named(browser, url, form, words):
    answer = browser("quantri").post(url, data=form)
    assert answer.status_code == 422 and words in answer.text


def test_the_proposal_names_next_year_s_holidays(office, browser):
    browser("admin").post("/admin/calendar/proposal", data={"year": "2027"})
    assert any(row.day == date(2027, 4, 30) for row in workdays.days_of(office.a.id, 2027))
