"""Số liệu của trục (Quy chế 17.1): counted as packets pass, by day and agency, so that no page counts a million rows."""

from datetime import date, timedelta

from models import clock, db, hub, hub_rows

BATCH = 200


def count_sent(sender: str, kind: str, size: int, receivers: list[str]) -> None:
    """A packet was taken in: one more for its sender and each receiver; inside the caller's write()."""
    day = clock.today().isoformat()
    hub_rows.traffic(
        [(day, sender, kind, 1, int(sender in receivers), 0, size)]
        + [(day, code, kind, 0, 1, 0, 0) for code in receivers if code != sender]
    )


def count_taken(delivery: hub.Delivery) -> None:
    """A receiver said done."""
    kind = delivery.packet.kind if delivery.message_type == "status" else "edoc"
    hub_rows.traffic([(clock.today().isoformat(), delivery.to_code, kind, 0, 0, 1, 0)])


# ---- pages ----------------------------------------------------------------------------------------------------


def waiting() -> dict[int, dict]:
    """System id → how many documents and statuses wait for it, since when, and how many failed; one walk of an index."""
    model = hub.Delivery
    rows = (
        model.select(
            model.system, model.queue, model.message_type, db.fn.COUNT(model.id), db.fn.MIN(model.id)
        )
        .where(model.queue.in_(("waiting", "failed")))
        .group_by(model.queue, model.system, model.message_type)
    )
    found, oldest = {}, {}
    for system, queue, message_type, number, first in rows.tuples():
        one = found.setdefault(system, {"edoc": 0, "status": 0, "failed": 0, "since": None})
        if queue == "failed":
            one["failed"] += number
        else:
            one[message_type] += number
            oldest[system] = min(first, oldest.get(system, first))
    since = dict(
        model.select(model.system, model.created_at).where(model.id.in_(list(oldest.values()))).tuples()
    )
    for system, moment in since.items():
        found[system]["since"] = moment
    return found


def by_day(days: int = 14) -> list[dict]:
    """The last days, today first: documents, statuses and bytes that were sent."""
    first = clock.today() - timedelta(days=days - 1)
    model = hub.Traffic
    rows = (
        model.select(model.day, model.kind, db.fn.SUM(model.sent), db.fn.SUM(model.size))
        .where(model.day >= first).group_by(model.day, model.kind)
    )  # fmt: skip
    found = {first + timedelta(days=place): {"edoc": 0, "status": 0, "size": 0} for place in range(days)}
    for day, kind, sent, size in rows.tuples():
        found[day]["edoc" if kind == "edoc" else "status"] += sent
        found[day]["size"] += size
    return [{"day": day, **found[day]} for day in sorted(found, reverse=True)]


def by_agency(start: date, end: date) -> list[dict]:
    """What each agency sent and was sent from `start` to `end`, both days counted: documents, and statuses by code."""
    model = hub.Traffic
    rows = (
        model.select(model.code, model.kind, db.fn.SUM(model.sent), db.fn.SUM(model.received), db.fn.SUM(model.taken))
        .where(model.day >= start, model.day <= end).group_by(model.code, model.kind)
    )  # fmt: skip
    found = {}
    for code, kind, sent, received, taken in rows.tuples():
        one = found.setdefault(code, {"code": code, "sent": 0, "received": 0, "taken": 0, "told": 0, "heard": 0,
                                      "statuses": {}})  # fmt: skip
        if kind == "edoc":
            one |= {"sent": sent, "received": received, "taken": taken}
        else:
            one["told"] += sent
            one["heard"] += received
            one["statuses"][kind] = one["statuses"].get(kind, 0) + sent
    return _named(found)


def _named(found):
    model, codes = hub.Member, list(found)
    for start in range(0, len(codes), BATCH):
        part = codes[start : start + BATCH]
        rows = model.select(model.code, model.name, hub.System.name, hub.System.kind).join(hub.System)
        for code, name, system, kind in rows.where(model.code.in_(part)).tuples():
            found[code] |= {"name": name, "system": system, "kind": kind}
    blank = {"name": "", "system": hub.BUILT_IN[hub.UPPER][1], "kind": hub.UPPER}
    return [blank | found[code] for code in sorted(found)]


def total(rows: list[dict]) -> dict:
    """The sum of such rows."""
    names = ("sent", "received", "taken", "told", "heard")
    return {name: sum(row[name] for row in rows) for name in names}


def systems() -> list[dict]:
    """Every system with what waits for it and how many agencies it has, the built-in ones last."""
    queues = waiting()
    members = hub.Member
    counts = dict(
        members.select(members.system, db.fn.COUNT(members.id)).where(members.closed_at.is_null())
        .group_by(members.system).tuples()
    )  # fmt: skip
    none = {"edoc": 0, "status": 0, "failed": 0, "since": None}
    rows = [
        {"system": system, "members": counts.get(system.id, 0), **queues.get(system.id, none)}
        for system in hub.System.select().order_by(hub.System.name)
    ]  # fmt: skip
    return sorted(rows, key=lambda row: row["system"].kind != hub.REMOTE)
