"""Giờ của hệ thống: the only file that reads the system time.

Moments are aware datetimes in UTC; days are days in Vietnam (UTC+7, no summer time),
since the law counts days and office hours there (QĐ 28/2018 Điều 14.4).
"""

from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta, timezone

VIETNAM = timezone(timedelta(hours=7), "+07")

_frozen: datetime | None = None


def now() -> datetime:
    """This moment, aware, in UTC."""
    return _frozen or datetime.now(UTC)


def today() -> date:
    """This day in Vietnam."""
    return local(now()).date()


def local(moment: datetime) -> datetime:
    """The same moment with Vietnam's wall clock."""
    return moment.astimezone(VIETNAM)


def at(text: str) -> datetime:
    """«2026-03-02 16:59» on Vietnam's wall clock, as a moment in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=VIETNAM).astimezone(UTC)


@contextmanager
def freeze(text: str):
    """Hold the clock at a Vietnam wall time, for tests and for replaying a decision."""
    global _frozen
    before, _frozen = _frozen, at(text)
    try:
        yield
    finally:
        _frozen = before
