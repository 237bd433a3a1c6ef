"""The statements a hub carries out for every packet, written once as SQL: putting a query into words costs more than it.

Pages and everything seldom use the models' own queries.
"""

from functools import cache

from models import clock, db, files, hub, previews

BATCH = 200
TRAFFIC = ("day", "code", "kind", "sent", "received", "taken", "size")
_MEMBER = (
    "SELECT m.id, m.code, m.old_code, m.closed_at, m.name, s.id, s.system_id, s.kind, s.enabled "
    "FROM member m JOIN system s ON s.id = m.system_id WHERE m.{column} IN ({marks}) ORDER BY m.closed_at IS NULL, m.id DESC"
)
_BYTES = (
    "SELECT d.queue, f.id, f.sha256, f.size FROM delivery d JOIN packet p ON p.id = d.packet_id "
    "LEFT JOIN file f ON f.id = p.file_id WHERE d.axis_id = ? AND d.system_id = ?"
)
_MAY_SEND = (
    "SELECT 1 FROM member WHERE code = ? AND system_id = ? AND closed_at IS NULL UNION ALL "
    "SELECT 1 FROM member WHERE old_code = ? AND system_id = ? AND closed_at IS NULL LIMIT 1"
)


def _first(sql, *values):
    return db.database.execute_sql(sql, values).fetchone()


def moment(value) -> str:
    """A moment as it lies in the database."""
    return hub.Packet.created_at.db_value(value)


@cache
def _all_of(model):
    table, names = model._meta.table_name, [field.column_name for field in model._meta.sorted_fields]
    return f"SELECT {', '.join(names)} FROM {table}", model._meta.sorted_fields


def system(system_id: str) -> hub.System | None:
    """The connected system with this id."""
    sql, fields = _all_of(hub.System)
    row = _first(f"{sql} WHERE system_id = ? AND kind = ?", system_id, hub.REMOTE)
    return (
        hub.System(**{field.name: field.python_value(value) for field, value in zip(fields, row)})
        if row
        else None
    )


def may_send(system_key: int, code: str) -> bool:
    """True when an open member of the system has, or had, this code."""
    return _first(_MAY_SEND, code, system_key, code, system_key) is not None


def members(codes: list[str]) -> dict[str, hub.Member]:
    """code → member that has it; else the one that had it, an open one before a closed one."""
    found = {}
    for start in range(0, len(codes), BATCH):
        part = tuple(codes[start : start + BATCH])
        marks = ", ".join("?" * len(part))
        for column, place in (("old_code", 2), ("code", 1)):
            for row in db.database.execute_sql(_MEMBER.format(column=column, marks=marks), part).fetchall():
                if row[place]:
                    found[row[place]] = _member(row)
    return found


def _member(row):
    number, code, old_code, closed_at, name, system_key, system_id, kind, enabled = row
    way = hub.System(id=system_key, system_id=system_id, kind=kind, enabled=bool(enabled))
    closed_at = hub.Member.closed_at.python_value(closed_at)
    return hub.Member(id=number, code=code, old_code=old_code, name=name, closed_at=closed_at, system=way)


def known(key: str) -> tuple[int, str] | None:
    """(id, axis id) of the packet with this key."""
    return _first("SELECT id, axis_id FROM packet WHERE key = ?", key)


def is_used(from_code: str, wire_id: str) -> bool:
    """True when the sender used this id for a new document before."""
    sql = "SELECT 1 FROM packet WHERE from_code = ? AND wire_id = ? AND kind = 'new' LIMIT 1"
    return _first(sql, from_code, wire_id) is not None


def file(stored: files.Stored, name: str) -> int:
    """The row of a stored packet; its id."""
    previews.open_again(stored.sha256)
    sql = "INSERT INTO file (sha256, name, media_type, size, stored_at) VALUES (?, ?, 'application/xml', ?, ?) RETURNING id"
    return _first(sql, stored.sha256, name, stored.size, moment(clock.now()))[0]


def packet(values: dict) -> int:
    """A new packet; its row's id."""
    sql = f"INSERT INTO packet ({', '.join(values)}) VALUES ({', '.join('?' * len(values))}) RETURNING id"
    return _first(sql, *values.values())[0]


def deliveries(rows: list[dict]) -> None:
    """New deliveries, all with the same columns."""
    names = ", ".join(rows[0])
    marks = f"({', '.join('?' * len(rows[0]))})"
    for start in range(0, len(rows), BATCH):
        part = rows[start : start + BATCH]
        sql = f"INSERT INTO delivery ({names}) VALUES {', '.join([marks] * len(part))}"
        db.database.execute_sql(sql, tuple(value for row in part for value in row.values()))


def traffic(rows: list[tuple]) -> None:
    """Add to the figures of the day; a row is as TRAFFIC names it."""
    sums = ", ".join(f"{name} = traffic.{name} + excluded.{name}" for name in TRAFFIC[3:])
    marks = f"({', '.join('?' * len(TRAFFIC))})"
    for start in range(0, len(rows), BATCH):
        part = rows[start : start + BATCH]
        sql = (
            f"INSERT INTO traffic ({', '.join(TRAFFIC)}) VALUES {', '.join([marks] * len(part))} "
            f"ON CONFLICT (day, code, kind) DO UPDATE SET {sums}"
        )
        db.database.execute_sql(sql, tuple(value for row in part for value in row))


def bytes_of(system_key: int, axis_id: str) -> tuple[str, files.File | None] | None:
    """(queue, file or None when it is erased) of a delivery to this system, None when there is none."""
    row = _first(_BYTES, axis_id, system_key)
    if row is None:
        return None
    queue, number, sha256, size = row
    return queue, files.File(id=number, sha256=sha256, size=size) if number else None


def settled(delivery: hub.Delivery, **values) -> None:
    """Write these columns of a delivery."""
    names = ", ".join(f"{name} = ?" for name in values)
    db.database.execute_sql(f"UPDATE delivery SET {names} WHERE id = ?", (*values.values(), delivery.id))
    for name, value in values.items():
        if name != "updated_at":
            setattr(delivery, name, value)
