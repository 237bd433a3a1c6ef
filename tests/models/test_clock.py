"""One clock: moments in UTC, days in Vietnam (QĐ 28/2018 Điều 14.4)."""

from datetime import UTC, date

from models import clock


def test_now_is_aware_and_in_utc():
    assert clock.now().tzinfo is UTC


def test_the_day_is_vietnam_s():
    with clock.freeze("2026-03-03 00:30"):
        assert clock.now().date() == date(2026, 3, 2)
        assert clock.today() == date(2026, 3, 3)


def test_the_wall_clock_is_seven_hours_ahead_all_year():
    for month in (1, 7):
        moment = clock.at(f"2026-{month:02d}-15 07:30")
        assert (moment.hour, moment.minute) == (0, 30)
        assert clock.local(moment).isoformat().endswith("+07:00")


def test_a_frozen_clock_is_let_go_even_after_a_fault():
    before = clock.now()
    try:
        with clock.freeze("2020-01-01 00:00"):
            raise ValueError
    except ValueError:
        pass
    assert clock.now() >= before
