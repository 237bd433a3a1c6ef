"""Office calendar: legal reception time (Quy chế 12.3), working days (BLDS Điều 147–148), sending by next morning (11.1)."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models import clock, db, errors, workdays

SESSIONS = workdays.parse_sessions(workdays.DEFAULT_SESSIONS)
REST = [date(2026, 8, 31), date(2026, 9, 1), date(2026, 9, 2), date(2026, 11, 24)]
YEAR_2026 = workdays.Calendar(SESSIONS, {**dict.fromkeys(REST, False), date(2026, 8, 22): True})


@pytest.mark.parametrize(
    ("raw", "legal"),
    [
        ("2026-07-17 17:05", "2026-07-20 07:30"),  # Friday evening → Monday
        ("2026-08-22 09:00", "2026-08-22 09:00"),  # a Saturday worked in exchange
        ("2026-08-31 09:00", "2026-09-03 07:30"),  # holidays before and after
        ("2026-11-24 10:00", "2026-11-25 07:30"),  # the new holiday of 24/11
        ("2026-07-16 12:10", "2026-07-16 13:30"),  # lunch
    ],
)
def test_legal_reception_time(raw, legal):
    """The five cases of the law's table."""
    assert YEAR_2026.received_at(clock.at(raw)) == clock.at(legal)


@pytest.mark.parametrize(
    ("raw", "legal"),
    [("07:30", "07:30"), ("07:29", "07:30"), ("12:00", "13:30"), ("16:59", "16:59"), ("00:00", "07:30")],
)
def test_edges_of_a_session(raw, legal):
    """A session begins with its first minute and ends before its last."""
    assert YEAR_2026.received_at(clock.at(f"2026-07-16 {raw}")) == clock.at(f"2026-07-16 {legal}")


def test_the_end_of_the_day_belongs_to_the_next():
    assert YEAR_2026.received_at(clock.at("2026-07-16 17:00")) == clock.at("2026-07-17 07:30")


MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 20)).map(
    lambda d: d.replace(tzinfo=clock.VIETNAM)
)
DAYS = st.dates(date(2026, 1, 1), date(2026, 12, 1))


@settings(max_examples=400, deadline=None)
@given(MOMENTS, st.sets(DAYS, max_size=12), st.sets(DAYS, max_size=6))
def test_legal_time_is_never_earlier_and_always_in_office_hours(moment, rest, worked):
    """12.3: not before the raw time; inside a session; itself when it was inside; doing it twice changes nothing."""
    calendar = workdays.Calendar(SESSIONS, {**dict.fromkeys(rest, False), **dict.fromkeys(worked, True)})
    legal = calendar.received_at(moment)
    wall = clock.local(legal)
    assert legal >= moment
    assert calendar.is_worked(wall.date())
    assert any(start <= wall.time() < end for start, end in SESSIONS)
    assert calendar.received_at(legal) == legal
    between = clock.local(moment).date()
    while between < wall.date():  # no worked day with a session still to come was jumped over
        assert not calendar.is_worked(between) or clock.local(moment).time() >= SESSIONS[-1][1]
        between += timedelta(days=1)
        moment = datetime.combine(between, datetime.min.time(), clock.VIETNAM)


@settings(max_examples=200, deadline=None)
@given(DAYS, st.integers(0, 40))
def test_a_period_counts_back_to_itself(day, length):
    """BLDS 147: the first day is not counted, rest days neither."""
    assert YEAR_2026.between(day, YEAR_2026.add(day, length)) == length


def test_sent_by_the_next_working_morning():
    """11.1: signed on Friday → Monday 12:00."""
    assert YEAR_2026.morning_end(date(2026, 7, 17)) == clock.at("2026-07-20 12:00")


def test_an_agency_s_own_days_and_hours_win(data):
    with db.write():
        workdays.enter_day(None, date(2026, 5, 19), False, "Nghỉ chung")
        workdays.enter_day(7, date(2026, 5, 19), True, "Làm riêng")
        workdays.set_hours(7, "08:00-12:00 13:00-16:00")
    assert workdays.calendar(7).is_worked(date(2026, 5, 19))
    assert not workdays.calendar(8).is_worked(date(2026, 5, 19))
    assert workdays.calendar(7).received_at(clock.at("2026-07-16 16:10")) == clock.at("2026-07-17 08:00")
    assert workdays.hours_of(8) == workdays.DEFAULT_SESSIONS


def test_a_day_entered_twice_is_one_day(data):
    for name in ("Tết", "Tết Nguyên đán"):
        workdays.enter_day(None, date(2026, 2, 17), False, name)
    assert [row.name for row in workdays.days_of(1, 2026)] == ["Tết Nguyên đán"]


@pytest.mark.parametrize(
    "typed", ["", "sáng", "12:00-07:30", "07:30-12:00 11:00-17:00", "07:30-07:30", "7h-12h"]
)
def test_hours_that_make_no_sense_are_refused(data, typed):
    with pytest.raises(errors.Invalid, match="ví dụ 07:30"):
        workdays.set_hours(None, typed)
    assert workdays.hours_of(None) == workdays.DEFAULT_SESSIONS
