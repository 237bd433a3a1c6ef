"""Đôn đốc nơi nhận chưa trả lời: told once when four office hours have passed, closed by a person who did it otherwise.

Nothing waits in silence longer than that. A recipient in this installation is reminded itself; of one far away the
sender's clerk is told, with the telephone. One notice a document and day, whatever the number of recipients.
"""

import itertools
from datetime import timedelta

from peewee import JOIN

from models import (
    agencies,
    clock,
    db,
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
BATCH = 5000
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


# ---- by the clock ----------------------------------------------------------------------------------------------


def press() -> int:
    """Đôn đốc (I13): tell, once, of what has waited too long; returns how many recipients were newly pressed."""
    pressed = 0
    for agency in agencies.Agency.select().where(agencies.Agency.hosted, agencies.Agency.closed_on.is_null()):
        office = workdays.calendar(agency.id)
        pressed += _press_not_arrived(agency, office)
        pressed += _press_not_accepted(agency, office)
        pressed += _remind_receiver(agency, office)
    return pressed


def _press_not_arrived(agency, office):
    """What has not come after four office hours: the sender's clerks call the other clerk."""
    model, since = exchange.Consignment, office.before(clock.now(), PATIENCE)
    rows = _unpressed(agency, "not_arrived_at", "out", NOT_ARRIVED).where(
        model.queued_at < since, model.queued_at > clock.now() - OLDEST, model.called_at.is_null()
    )
    return _tell_sender(
        agency,
        list(rows),
        "not_arrived_at",
        "{many} nơi chưa nhận được {number} sau 4 giờ làm việc: nên gọi văn thư nơi nhận",
    )


def _press_not_accepted(agency, office):
    """What came and was not accepted by the end of that office day (ND30 Điều 21.2.c)."""
    model, now = exchange.Consignment, clock.now()
    rows = _unpressed(agency, "not_accepted_at", "out", ("arrived",)).where(
        model.arrived_at < now, model.arrived_at > now - OLDEST
    )
    late = [
        one for one in rows if office.day_end(clock.local(office.received_at(one.arrived_at)).date()) < now
    ]
    return _tell_sender(
        agency,
        late,
        "not_accepted_at",
        "{many} nơi đã nhận được {number} mà hết ngày chưa tiếp nhận: nên gọi văn thư nơi nhận",
    )


def _remind_receiver(agency, office):
    """What lies at an office of this installation and waits for its clerk longer than four office hours."""
    model, since = exchange.Consignment, office.before(clock.now(), PATIENCE)
    rows = list(
        _unpressed(agency, "receiver_told_at", "in", ("arrived",)).where(
            model.received_at < since, model.received_at > clock.now() - OLDEST
        )
    )
    if not rows:
        return 0
    first = rows[0]
    words = f"Văn bản {first.code} của {first.partner_name} chờ tiếp nhận quá 4 giờ làm việc: hãy vào sổ hoặc trả lại"
    if len(rows) > 1:
        words = f"{len(rows)} văn bản đến chờ tiếp nhận quá 4 giờ làm việc: hãy vào sổ hoặc trả lại"
    url = f"/incoming/{first.document_id}" if len(rows) == 1 else "/incoming/waiting"
    with db.write():
        for one in rows:
            _follow(one).set(receiver_told_at=clock.now())
        told = journal.telling(users.holders(agency.id, lookups.CLERK), words, url)
        journal.record("press_receiver", None, agency, note=words, data=told, agency_id=agency.id)
    return len(rows)


def _unpressed(agency, mark, direction, states):
    model = exchange.Consignment
    known = (FollowUp.consignment == model.id) & getattr(FollowUp, mark).is_null(False)
    return (
        model.select(model)
        .join(FollowUp, JOIN.LEFT_OUTER, on=known)
        .where(
            model.agency == agency, model.direction == direction, model.state.in_(states), FollowUp.id.is_null(),
            model.document.is_null(False),
        )
        .order_by(model.document, model.id)
        .limit(BATCH)
    )  # fmt: skip


def _tell_sender(agency, rows, mark, words):
    """One notice a document and day; what would be a second one waits for the next day."""
    pressed = 0
    clerks = users.holders(agency.id, lookups.CLERK) if rows else []
    for _, group in itertools.groupby(rows, key=lambda one: one.document_id):
        lines = list(group)
        doc = lines[0].document
        if _told_today(doc, mark):
            continue
        said = words.format(many=len(lines), number=doc.number_text)
        place = f"/{doc.flow}/{doc.id}" + ("/dispatch?show=problems" if doc.flow == "outgoing" else "")
        with db.write():
            for one in lines:
                _follow(one).set(**{mark: clock.now()})
            names = ", ".join(one.partner_name for one in lines[:10]) + ("…" if len(lines) > 10 else "")
            journal.record("press_recipients", None, doc, doc.state, doc.state, f"{said}: {names}",
                           journal.telling(clerks, said, place, doc.urgency > 0))  # fmt: skip
        pressed += len(lines)
    return pressed


def _told_today(doc, mark):
    today = clock.local(clock.now()).replace(hour=0, minute=0, second=0, microsecond=0)
    told = FollowUp.select().join(exchange.Consignment).where(exchange.Consignment.document == doc)
    return told.where(getattr(FollowUp, mark) >= today).exists()


def _follow(one: exchange.Consignment) -> FollowUp:
    return FollowUp.get_or_none(FollowUp.consignment == one) or FollowUp.create(
        consignment=one, agency=one.agency_id
    )


# ---- by a person -----------------------------------------------------------------------------------------------


def close(one: exchange.Consignment, actor, note: str) -> FollowUp:
    """Đã xử lý cách khác (called, paper sent): off the list while it stands so. Raises Invalid, Refused, NotAllowed."""
    permissions.require(actor, lookups.CLERK)
    note = text.clean(note)
    if not is_problem(one, late_since(one.agency_id)):
        raise errors.Refused(f"{one.partner_name} đang «{one.label}», không có gì phải xử lý thêm.")
    if not note:
        raise errors.Invalid(
            {"note": "Hãy ghi đã làm gì, ví dụ: đã gửi bản giấy theo đường bưu điện ngày 14/7."}
        )
    with db.write():
        row = _follow(one).set(closed_state=one.state, closed_tries=one.tries, closed_at=clock.now(),
                               closed_by=actor.name, note=note[:500])  # fmt: skip
        journal.record("close_follow_up", actor, one.document, note=f"{one.partner_name}: {note[:500]}")
    return row


def of(lines: list[exchange.Consignment]) -> dict[int, FollowUp]:
    """Consignment id → what was done about it."""
    rows = FollowUp.select().where(FollowUp.consignment.in_([one.id for one in lines]))
    return {row.consignment_id: row for row in rows}


def is_closed(one: exchange.Consignment, row: FollowUp | None) -> bool:
    """True while a person's closing still speaks of how the recipient stands now."""
    return (
        row is not None
        and bool(row.closed_state)
        and (row.closed_state, row.closed_tries) == (one.state, one.tries)
    )
