"""Sổ việc phải làm: orders written in the same transaction as the fact that asks for them.

The row is the record; the queue only rings the bell. A worker claims by a conditional UPDATE with a lease: when it
dies, the lease runs out and the order is due again. Doing an order twice must be harmless (its key is the
idempotency key for the outside).

Orders that must keep their order stand in lanes: of a lane one is carried out at a time, the earlier first, unless a
more urgent one overtakes it. Orders of a line (the axis) are not claimed at all while that line is known to be down.
"""

import random
from datetime import timedelta

from models import clock, db, failpoints

LEASE = timedelta(minutes=15)
MOST_ATTEMPTS = 12  # counted tries, where the fault has no waits of its own
LONGEST_WAIT = timedelta(hours=1)
LEAST_WAIT = 1  # seconds, where nothing else holds an order back
MOST_FAULTS = 5  # faults of our own, or dead workers, until the order is put aside for a person
FAULT_WAITS = (0, 5, 30, 120, 240)  # seconds; all five tries lie within ten minutes
JITTER = 0.2
SOFTWARE_FAULT = "Lỗi phần mềm: "
INTERRUPTED = "Việc này đã làm máy chủ dừng giữa chừng nhiều lần nên được để riêng, không tự chạy lại."


class Retry(Exception):
    """A fault that may pass: try again later.

    `after` in seconds, else growing waits; `for_ever` never dies; `counts=False` takes nothing off the tries: the fault
    lies with the line, or the order only waits for its turn.
    """

    def __init__(self, reason: str, after: float | None = None, for_ever: bool = False, counts: bool = True):
        super().__init__(reason)
        self.after, self.for_ever, self.counts = after, for_ever, counts


class GiveUp(Exception):
    """A refusal that no repetition changes; a person has to decide."""


class Order(db.Base):
    """One thing to do outside: kind and the row it concerns."""

    kind = db.CharField()
    subject_id = db.IntegerField()
    key = db.CharField(unique=True)
    state = db.CharField(default="due")  # due running done dead
    priority = db.IntegerField(default=0)
    line = db.CharField(default="")  # the line it needs: axis, or none
    attempts = db.IntegerField(default=0)  # how often claimed; guards against a worker that lost its lease
    tries = db.IntegerField(default=0)  # failures that count
    faults = db.IntegerField(default=0)  # faults of our own, dead workers
    failing_since = db.MomentField(null=True)  # first failure that counts
    due_at = db.MomentField()
    lease_until = db.MomentField(null=True)
    last_error = db.TextField(default="")
    placed_at = db.MomentField()
    finished_at = db.MomentField(null=True)

    class Meta:
        indexes = ((("state", "due_at"), False), (("kind", "subject_id"), False))


# Finding the next order costs the same with a million finished ones.
Order.add_index(
    Order.index(
        Order.state,
        Order.priority.desc(),
        Order.due_at,
        Order.id,
        Order.kind,
        Order.line,
        name="order_waiting",
    )
)


class OrderLane(db.Base):
    """An unfinished order's place in a lane."""

    order = db.ForeignKeyField(Order, backref="lanes", on_delete="CASCADE")
    lane = db.CharField()
    turn = db.IntegerField()  # the smaller goes first
    urgency = db.IntegerField(default=0)  # a higher one may overtake

    class Meta:
        indexes = ((("lane", "turn", "urgency"), False),)


TABLES = (Order, OrderLane)

_LEFT = """
SELECT o.id FROM "order" o INDEXED BY order_waiting
WHERE o.state = 'running' AND o.lease_until < ? AND o.kind IN ({kinds}) {lines} ORDER BY o.priority DESC, o.id LIMIT 1
"""
_NEXT = """
SELECT o.id FROM "order" o INDEXED BY order_waiting
WHERE o.state = 'due' AND o.due_at <= ? AND o.kind IN ({kinds}) {lines}
AND NOT EXISTS (SELECT 1 FROM order_lane mine JOIN order_lane first
  ON first.lane = mine.lane AND first.turn < mine.turn AND first.urgency >= mine.urgency
  WHERE mine.order_id = o.id AND first.order_id <> o.id)
AND NOT EXISTS (SELECT 1 FROM order_lane mine WHERE mine.order_id = o.id AND mine.lane IN (
  SELECT held.lane FROM "order" r JOIN order_lane held ON held.order_id = r.id WHERE r.state = 'running'))
ORDER BY o.priority DESC, o.due_at, o.id LIMIT 1
"""


def place(
    kind: str, subject_id: int, key: str, priority: int = 0, after_seconds: int = 0, *, line: str = "",
    lanes: dict[str, int] | None = None, turn: int | None = None,
) -> Order:  # fmt: skip
    """Order a thing in the write() of the fact; the same key twice is one order.

    `lanes`: lane → the urgency by which it may overtake there; `turn`: an earlier order's place in them.
    """
    now = clock.now()
    found = Order.get_or_none(Order.key == key)
    if found:
        return found
    order = Order.create(
        kind=kind, subject_id=subject_id, key=key, priority=priority, placed_at=now, line=line,
        due_at=now + timedelta(seconds=after_seconds),
    )  # fmt: skip
    rows = [(order.id, lane, turn or order.id, urgency) for lane, urgency in (lanes or {}).items()]
    for start in range(0, len(rows), 200):
        fields = (OrderLane.order, OrderLane.lane, OrderLane.turn, OrderLane.urgency)
        OrderLane.insert_many(rows[start : start + 200], fields=fields).execute()
    return order


def turn_in(lane: str) -> int | None:
    """The place of the first unfinished order of a lane, None when there is none."""
    return OrderLane.select(db.fn.MIN(OrderLane.turn)).where(OrderLane.lane == lane).scalar()


def claim(kinds, closed=()) -> Order | None:
    """Take the most urgent due order of these kinds, or None; none of a `closed` line.

    Orders of a dead worker are due again.
    """
    kinds, closed = list(kinds), list(closed)
    if _next_id(kinds, closed) is None:  # looking takes no write lock, so that looking often costs nothing
        return None
    with db.write():
        order_id = _next_id(kinds, closed)
        if order_id is None:
            return None
        order = Order.get_by_id(order_id)
        faults = order.faults + (order.state == "running")
        order.set(
            state="running", attempts=order.attempts + 1, faults=faults, lease_until=clock.now() + LEASE
        )
        failpoints.reach("order.claim")
    return order


def _next_id(kinds, closed):
    now = Order.due_at.db_value(clock.now())
    marks = ", ".join("?" * len(kinds))
    lines = f"AND o.line NOT IN ({', '.join('?' * len(closed))})" if closed else ""
    for sql in (_LEFT, _NEXT):
        found = db.database.execute_sql(
            sql.format(kinds=marks, lines=lines), (now, *kinds, *closed)
        ).fetchone()
        if found:
            return found[0]
    return None


def waits_for(line: str) -> int | None:
    """The highest urgency among the orders that wait for this line, None when none waits."""
    waiting = Order.select(db.fn.MAX(Order.priority)).where(Order.line == line, Order.state == "due")
    return waiting.where(Order.due_at <= clock.now()).scalar()


def next_tries(lanes) -> dict[str, object]:
    """Lane → when the first order in it is tried next, where one waits."""
    rows = (
        OrderLane.select(OrderLane.lane, db.fn.MIN(Order.due_at))
        .join(Order)
        .where(OrderLane.lane.in_(list(lanes)), Order.state == "due")
        .group_by(OrderLane.lane)
        .tuples()
    )
    return {lane: Order.due_at.python_value(due) if isinstance(due, str) else due for lane, due in rows}


def hurry(lane: str) -> int:
    """What waits in a lane is due now, a person asked for it; returns how many orders."""
    mine = OrderLane.select(OrderLane.order).where(OrderLane.lane == lane)
    with db.write():
        return Order.update(due_at=clock.now()).where(Order.id.in_(mine), Order.state == "due").execute()


def extend(order: Order) -> None:
    """A long job still lives: push its lease."""
    with db.write():
        _change(order, lease_until=clock.now() + LEASE)


def keep(order: Order, every: timedelta) -> None:
    """Push the lease when `every` of it is used up; cheap enough to call often."""
    if order.lease_until is not None and order.lease_until - clock.now() < LEASE - every:
        extend(order)


def finish(order: Order) -> None:
    """Done; best called inside the write() that stores the outcome."""
    with db.write():
        if _change(order, state="done", finished_at=clock.now(), lease_until=None, last_error=""):
            failpoints.reach("order.done")
            _leave_lanes(order)


def postpone(order: Order, error: Retry) -> None:
    """Due again later, with growing waits; after MOST_ATTEMPTS it is dead and shown to people."""
    tries = order.tries + error.counts
    if tries >= MOST_ATTEMPTS and not error.for_ever and error.after is None:
        give_up(order, str(error))
        return
    if error.after is None:
        seconds = min(5 * 2 ** min(max(tries, 1) - 1, 12), LONGEST_WAIT.total_seconds())
        seconds = min(jittered(seconds), LONGEST_WAIT.total_seconds())
    else:
        seconds = (
            error.after if order.line else max(error.after, LEAST_WAIT)
        )  # a line is looked at before it is used
    now = clock.now()
    with db.write():
        _change(
            order, state="due", due_at=now + timedelta(seconds=seconds), lease_until=None, tries=tries,
            last_error=str(error)[:500], failing_since=order.failing_since or (now if error.counts else None),
        )  # fmt: skip


def put_back(order: Order, reason: str) -> bool:
    """A fault of our own: soon again, and behind nobody's back: it holds up no lane. False when it is put aside.

    The MOST_FAULTS-th one puts the order aside for a person: it is never run again by itself.
    """
    faults = order.faults + 1
    if faults >= MOST_FAULTS:
        order.faults = faults
        give_up(order, reason)
        return False
    with db.write():
        later = clock.now() + timedelta(seconds=FAULT_WAITS[faults])
        if _change(
            order, state="due", due_at=later, lease_until=None, faults=faults, last_error=reason[:500]
        ):
            _leave_lanes(order)
    return True


def give_up(order: Order, reason: str) -> None:
    """No further try by itself."""
    with db.write():
        if _change(
            order, state="dead", finished_at=clock.now(), lease_until=None, last_error=reason[:500],
            faults=order.faults,
        ):  # fmt: skip
            _leave_lanes(order)


def _change(order, **values) -> bool:
    """Change the row while it is still ours; a worker that lost its lease to another one changes nothing."""
    mine = (Order.id == order.id) & (Order.attempts == order.attempts) & Order.state.in_(("due", "running"))
    if not Order.update(**values).where(mine).execute():
        order.state = "lost"
        return False
    for name, value in values.items():
        setattr(order, name, value)
    return True


def _leave_lanes(order):
    OrderLane.delete().where(OrderLane.order == order.id).execute()


def jittered(seconds: float) -> float:
    """A wait a little off, so that what failed together does not come again together."""
    return seconds * random.uniform(1 - JITTER, 1 + JITTER)


def release_leases() -> int:
    """At the start of the only process: orders of the process before are due at once. Returns how many.

    One that was under way at several such ends in a row waits a little longer each time: it may be the cause.
    """
    with db.write():
        left = list(Order.select().where(Order.state == "running"))
        for order in left:
            wait = FAULT_WAITS[min(order.faults, len(FAULT_WAITS) - 1)]
            order.set(
                state="due", lease_until=None, faults=order.faults + 1,
                due_at=clock.now() + timedelta(seconds=wait),
            )  # fmt: skip
    return len(left)


def unknown_kinds(kinds) -> list[str]:
    """Kinds of unfinished orders that nobody among `kinds` carries out."""
    rows = Order.select(Order.kind).where(Order.state.in_(("due", "running"))).distinct().tuples()
    return sorted({kind for (kind,) in rows} - set(kinds))


def stale(minutes: int = 60) -> list[Order]:
    """Orders that should have been done so long ago, and dead ones: what an administrator must see."""
    limit = clock.now() - timedelta(minutes=minutes)
    late = (Order.state.in_(("due", "running"))) & (Order.due_at < limit)
    return list(Order.select().where(late | (Order.state == "dead")).order_by(Order.id))
