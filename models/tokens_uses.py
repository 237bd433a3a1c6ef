"""Sổ dùng khóa: each use of a device's key, by month, for the screen, for paper and for a table file (Quy chế 5.2)."""

from datetime import date, datetime
from typing import NamedTuple

from models import clock, documents, users
from models.tokens import KeyToken, KeyUse


class Month(NamedTuple):
    """A month with the number of uses in it."""

    first: date
    count: int


def of(token: KeyToken, month: date) -> list[KeyUse]:
    """Uses of a device in the month of that day, the oldest first, with documents."""
    start, end = _bounds(month)
    return list(_rows().where(KeyUse.token == token, KeyUse.at >= start, KeyUse.at < end))


def since(token: KeyToken, moment: datetime) -> list[KeyUse]:
    """Uses of a device from a moment on, the oldest first, with documents."""
    return list(_rows().where(KeyUse.token == token, KeyUse.at >= moment))


def of_person(actor, limit: int = 10) -> list[KeyUse]:
    """The newest uses by this person in this post."""
    return list(_rows().where(KeyUse.post == actor.post.id).order_by(KeyUse.id.desc()).limit(limit))


def count(token: KeyToken) -> int:
    """How often the device's key was used."""
    return KeyUse.select().where(KeyUse.token == token).count()


def months(token: KeyToken) -> list[Month]:
    """Months in which the device was used, the newest first; this month always."""
    counts = {clock.today().replace(day=1): 0}
    for (at,) in KeyUse.select(KeyUse.at).where(KeyUse.token == token).tuples():
        first = clock.local(at).date().replace(day=1)
        counts[first] = counts.get(first, 0) + 1
    return [Month(first, counts[first]) for first in sorted(counts, reverse=True)]


def _rows():
    return (
        KeyUse.select(KeyUse, documents.Document, users.Post)
        .left_outer_join(documents.Document)
        .switch(KeyUse)
        .join(users.Post)
        .order_by(KeyUse.at, KeyUse.id)
    )


def _bounds(month: date) -> tuple[datetime, datetime]:
    first = month.replace(day=1)
    after = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    return clock.at(f"{first} 00:00"), clock.at(f"{after} 00:00")
