"""Đôn đốc nơi nhận chưa trả lời: told once when four office hours have passed, closed by a person who did it otherwise.

Nothing waits in silence longer than that. A recipient in this installation is reminded itself; of one far away the
sender's clerk is told, with the telephone. One notice a document and day, whatever the number of recipients.
"""

from datetime import timedelta

from models import (
    agencies,
    clock,
    db,
    documents,
    errors,
    exchange,
    journal,
    lookups,
    permissions,
    text,
    users,
    workdays,
)

PATIENCE = timedelta(hours=4)  # of office time
OLDEST = timedelta(days=31)
BATCH = 500
NOT_ARRIVED = ("queued", "on_axis")
ENDED_BADLY = ("failed", "refused", "recall_asked", "recall_refused")


class FollowUp(db.Base):
    """What was done about one recipient who has not answered."""

    consignment = db.ForeignKeyField(exchange.Consignment, unique=True, backref="follow_ups")
    agency = db.ForeignKeyField(agencies.Agency)
    not_arrived_at = db.MomentField(null=True)  # the sender's clerks were told: it has not come
    not_accepted_at = db.MomentField(null=True)  # … it has come, nobody has accepted it that day
    receiver_told_at = db.MomentField(null=True)  # the neighbour's clerks were reminded
    closed_state = db.CharField(default="")  # a person took it off the list while it stood so
    closed_tries = db.IntegerField(default=0)
    closed_at = db.MomentField(null=True)
    closed_by = db.CharField(default="")
    note = db.TextField(default="")


TABLES = (FollowUp,)


def late_since(agency_id: int):
    """What was released before this moment and has not come is late (four office hours of that agency)."""
    return workdays.calendar(agency_id).before(clock.now(), PATIENCE)


def is_problem(one: exchange.Consignment, since) -> bool:
    """True when a person should look: it failed, was sent back, hangs on a recall, or has not come in time."""
    return one.state in ENDED_BADLY or (
        one.state in NOT_ARRIVED and one.queued_at is not None and one.queued_at < since
    )


def problems(since):
    """The same as a condition of a query on consignments."""
    model = exchange.Consignment
    return model.state.in_(ENDED_BADLY) | (model.state.in_(NOT_ARRIVED) & (model.queued_at < since))
