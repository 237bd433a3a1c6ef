"""Khi nào thử gửi lại, khi nào gọi người (Quy chế 11.1, 12.3): growing waits, then mornings, then the telephone.

A failure that counts is one of this sending; that the axis was away costs no try. Ordinary documents: 5 s, 15 s, 1 min,
5 min, 30 min, 2 h, then the start of the next three working mornings. Urgent ones wait at most a minute for their first two
hours. A line that stays down calls nobody by its tries, but by the time the law leaves for sending (TIM-9).
"""

from datetime import datetime, time, timedelta

from models import clock, outbox, workdays

WAITS = (5, 15, 60, 300, 1800, 7200)  # seconds
MORNINGS = 3
URGENT_WAIT, URGENT_FOR = 60, timedelta(hours=2)


def next_wait(order: outbox.Order, agency_id: int) -> float | None:
    """Seconds to the next try after a failure that counts; None when a person has to take over."""
    now = clock.now()
    since = order.failing_since or now
    if order.priority > 0 and now - since < URGENT_FOR:
        return outbox.jittered(min(WAITS[min(order.tries, len(WAITS) - 1)], URGENT_WAIT))
    tries = order.tries if order.priority == 0 else min(order.tries, _urgent_tries(order, since))
    if tries < len(WAITS):
        return outbox.jittered(WAITS[tries])
    if _mornings_since(since, agency_id) >= MORNINGS:
        return None
    return (next_morning(agency_id) - now).total_seconds() + abs(outbox.jittered(60) - 60)


def next_morning(agency_id: int) -> datetime:
    """Start of the next working morning."""
    calendar = workdays.calendar(agency_id)
    return calendar.received_at(datetime.combine(calendar.next_worked(clock.today()), time(), clock.VIETNAM))


def _mornings_since(since, agency_id):
    calendar = workdays.calendar(agency_id)
    return calendar.between(clock.local(since).date(), clock.today())


def _urgent_tries(order, since):
    """Of an urgent order's many early tries only the first three count, later ones one by one."""
    late = (clock.now() - since - URGENT_FOR).total_seconds()
    grown, tries = 0, 3
    while tries < len(WAITS) and grown + WAITS[tries] <= late:
        grown += WAITS[tries]
        tries += 1
    return tries


def person_at(queued_at: datetime, urgency: int, agency_id: int) -> datetime:
    """From when a person must be told that a document still waits: urgent after two hours, others at their limit (11.1)."""
    if urgency:
        return queued_at + URGENT_FOR
    calendar = workdays.calendar(agency_id)
    return max(calendar.morning_end(clock.local(queued_at).date()), queued_at + URGENT_FOR)
