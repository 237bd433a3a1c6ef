"""Thời hạn: when a thing is due, how late it is, and in which words (ND30 Điều 24; Quy chế 10.3, 11.1, 12.3).

Periods are working days of the agency's calendar; the first day is not counted (Bộ luật Dân sự Điều 147).
"""

from datetime import date, datetime, timedelta
from typing import NamedTuple

from models import clock, workdays

SOON = 1  # working days left from which a deadline is shown as near
WORKING_DAYS = {0: 7, 1: 3, 2: 2, 3: 1, 4: 1}  # proposed time by urgency; the leader's own deadline wins
AT_ONCE = timedelta(minutes=30)  # an urgent arrival not yet presented is late after so long (10.3: at once)


class Clock(NamedTuple):
    """A deadline in words; kind is "late", "soon", "done" or "" (in time)."""

    words: str
    kind: str


def propose(
    agency_id: int, urgency: int = 0, asked: date | None = None, from_day: date | None = None
) -> date:
    """The day to propose: what the sender asked for when it still lies ahead, else by urgency in working days."""
    start = from_day or clock.today()
    if asked and asked >= start:
        return asked
    return workdays.calendar(agency_id).add(start, WORKING_DAYS.get(urgency, WORKING_DAYS[0]))


def in_working_days(agency_id: int, days: int, from_day: date | None = None) -> date:
    """The day on which a period of so many working days from today ends."""
    return workdays.calendar(agency_id).add(from_day or clock.today(), days)


def tell(due: date | None, calendar: workdays.Calendar, finished_on: date | None = None) -> Clock | None:
    """The state of a deadline in words; None when there is no deadline."""
    if due is None:
        return None
    if finished_on is not None:
        late = calendar.between(due, finished_on) if finished_on > due else 0
        return Clock(f"xong muộn {late} ngày LV", "late") if late else Clock("xong đúng hạn", "done")
    today = clock.today()
    if today > due:
        return Clock(f"quá hạn {max(1, calendar.between(due, today))} ngày LV", "late")
    left = calendar.between(today, due)
    if due == today or left == 0:
        return Clock("hết hạn hôm nay", "soon")
    return Clock(f"còn {left} ngày LV", "soon" if left <= SOON else "")


def presentation_limit(received_at: datetime, urgency: int, calendar: workdays.Calendar) -> datetime:
    """Until when an arrival must be presented: the end of the day of legal reception, urgent ones at once (10.3)."""
    if urgency:
        return received_at + AT_ONCE
    return calendar.day_end(clock.local(received_at).date())


def tell_presentation(
    received_at: datetime | None, urgency: int, calendar: workdays.Calendar
) -> Clock | None:
    """The clock of the same-day rule on an arrival that waits to be presented (10.3)."""
    if received_at is None:
        return None
    limit = presentation_limit(received_at, urgency, calendar)
    left = limit - clock.now()
    if left < timedelta(0):
        return Clock("quá hạn trình trong ngày" if not urgency else "quá hạn trình ngay", "late")
    if urgency:
        return Clock("trình ngay", "soon")
    if clock.local(limit).date() > clock.today():
        return Clock(f"trình trong ngày {clock.local(limit):%d/%m}", "")
    hours = left.total_seconds() / 3600
    return Clock("trình trong hôm nay", "soon" if hours <= 2 else "")
