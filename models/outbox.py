"""Sổ việc phải làm: orders written in the same transaction as the fact that asks for them.

The row is the record; the queue only rings the bell. A worker claims by a conditional UPDATE with a lease: when it
dies, the lease runs out and the order is due again. Doing an order twice must be harmless (its key is the
idempotency key for the outside).
"""

from datetime import timedelta

from models import clock, db

LEASE = timedelta(minutes=15)
MOST_ATTEMPTS = 12
LONGEST_WAIT = timedelta(hours=1)


class Retry(Exception):
    """A fault that may pass: try again later. `after` in seconds, else growing waits; `for_ever` never dies."""

    def __init__(self, reason: str, after: int | None = None, for_ever: bool = False):
        super().__init__(reason)
        self.after, self.for_ever = after, for_ever


class GiveUp(Exception):
    """A refusal that no repetition changes; a person has to decide."""


class Order(db.Base):
    """One thing to do outside: kind and the row it concerns."""

    kind = db.CharField()
    subject_id = db.IntegerField()
    key = db.CharField(unique=True)
    state = db.CharField(default="due")  # due running done dead
    priority = db.IntegerField(default=0)
    attempts = db.IntegerField(default=0)
    due_at = db.MomentField()
    lease_until = db.MomentField(null=True)
    last_error = db.TextField(default="")
    placed_at = db.MomentField()
    finished_at = db.MomentField(null=True)

    class Meta:
        indexes = ((("state", "due_at"), False), (("kind", "subject_id"), False))


TABLES = (Order,)


def place(kind: str, subject_id: int, key: str, priority: int = 0, after_seconds: int = 0) -> Order:
    """Order a thing in the write() of the fact; the same key twice is one order."""
    now = clock.now()
    found = Order.get_or_none(Order.key == key)
    if found:
        return found
    return Order.create(
        kind=kind, subject_id=subject_id, key=key, priority=priority, placed_at=now,
        due_at=now + timedelta(seconds=after_seconds),
    )  # fmt: skip


def claim(kinds) -> Order | None:
    """Take the most urgent due order of these kinds, or None. Orders of a dead worker are due again."""
    now = clock.now()
    waiting = Order.select().where(
        Order.kind.in_(list(kinds)),
        ((Order.state == "due") & (Order.due_at <= now))
        | ((Order.state == "running") & (Order.lease_until < now)),
    )
    if not waiting.exists():  # looking takes no write lock, so that looking often costs nothing
        return None
    with db.write():
        order = waiting.order_by(Order.priority.desc(), Order.due_at, Order.id).first()
        if order:
            order.set(state="running", attempts=order.attempts + 1, lease_until=now + LEASE)
    return order


def extend(order: Order) -> None:
    """A long job still lives: push its lease."""
    with db.write():
        order.set(lease_until=clock.now() + LEASE)


def finish(order: Order) -> None:
    """Done; best called inside the write() that stores the outcome."""
    with db.write():
        order.set(state="done", finished_at=clock.now(), lease_until=None, last_error="")


def postpone(order: Order, error: Retry) -> None:
    """Due again later, with growing waits; after MOST_ATTEMPTS it is dead and shown to people."""
    if order.attempts >= MOST_ATTEMPTS and not error.for_ever:
        give_up(order, str(error))
        return
    grown = min(timedelta(seconds=5 * 2 ** min(order.attempts - 1, 12)), LONGEST_WAIT)
    wait = timedelta(seconds=error.after) if error.after is not None else grown
    with db.write():
        order.set(state="due", due_at=clock.now() + wait, lease_until=None, last_error=str(error)[:500])


def give_up(order: Order, reason: str) -> None:
    """No further try by itself."""
    with db.write():
        order.set(state="dead", finished_at=clock.now(), lease_until=None, last_error=reason[:500])


def release_leases() -> int:
    """At the start of the only process: orders of the process before are due at once. Returns how many."""
    with db.write():
        return (
            Order.update(state="due", lease_until=None, due_at=clock.now())
            .where(Order.state == "running")
            .execute()
        )


def stale(minutes: int = 60) -> list[Order]:
    """Orders that should have been done so long ago, and dead ones: what an administrator must see."""
    limit = clock.now() - timedelta(minutes=minutes)
    late = (Order.state.in_(("due", "running"))) & (Order.due_at < limit)
    return list(Order.select().where(late | (Order.state == "dead")).order_by(Order.id))
