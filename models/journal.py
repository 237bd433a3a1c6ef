"""Nhật ký: append-only rows, each carrying the hash of the one before (ND30 PL VI III.5.a, 10.2.p of QĐ 28).

One chain an installation. A changed, removed or inserted row breaks `verify()` from that place on; a chain cut off at
its end, or made anew as a whole, is found by comparing with a head noted elsewhere before (`head()`).
"""

import hashlib
import json

from models import clock, db, failpoints

GENESIS = "0" * 64


class Event(db.Base):
    """Who did what to which thing, when; `data` is a JSON object of further facts."""

    at = db.MomentField()
    verb = db.CharField()
    agency_id = db.IntegerField(null=True, index=True)
    person_id = db.IntegerField(null=True)
    who = db.CharField(default="")
    subject_kind = db.CharField(default="")
    subject_id = db.IntegerField(null=True)
    from_state = db.CharField(default="")
    to_state = db.CharField(default="")
    note = db.TextField(default="")
    data = db.TextField(default="{}")
    previous = db.CharField(max_length=64)
    hash = db.CharField(max_length=64, unique=True)

    class Meta:
        indexes = ((("subject_kind", "subject_id"), False), (("agency_id", "verb"), False))

    @property
    def facts(self) -> dict:
        """The further facts as a dict."""
        return json.loads(self.data)


TABLES = (Event,)
_CHAINED = (
    Event.at, Event.verb, Event.agency_id, Event.person_id, Event.who, Event.subject_kind, Event.subject_id,
    Event.from_state, Event.to_state, Event.note, Event.data,
)  # fmt: skip
CHAINED_NAMES = tuple(field.name for field in _CHAINED)


def record(
    verb, actor=None, subject=None, from_state="", to_state="", note="", data=None, agency_id=None
) -> Event:
    """Write one act; inside the write() of the act itself, so that no act is without its line.

    `actor` is a users.Actor or None for the system; `subject` any row.
    """
    last = Event.select(Event.hash).order_by(Event.id.desc()).first()
    event = Event(
        at=clock.now(),
        verb=verb,
        agency_id=agency_id or getattr(actor, "agency_id", None) or getattr(subject, "agency_id", None),
        person_id=getattr(actor, "id", None),
        who=f"{actor.name} – {actor.title}" if actor else "Hệ thống",
        subject_kind=subject._meta.name if subject is not None else "",
        subject_id=subject.id if subject is not None else None,
        from_state=from_state,
        to_state=to_state,
        note=note,
        data=json.dumps(data or {}, ensure_ascii=False, sort_keys=True),
        previous=last.hash if last else GENESIS,
    )
    event.hash = _digest(event.previous, [field.db_value(getattr(event, field.name)) for field in _CHAINED])
    event.save(force_insert=True)
    failpoints.reach("audit")
    return event


def telling(posts, words: str, url: str, urgent: bool = False) -> dict:
    """Facts for `data` that make notifications.spread() tell these posts (rows or ids) so, with a link to `url`."""
    ids = sorted({getattr(post, "id", post) for post in posts})
    return {"tell": ids, "words": words, "url": url, "urgent": urgent}


def of(subject) -> list[Event]:
    """The history of one thing, oldest first."""
    return list(
        Event.select()
        .where(Event.subject_kind == subject._meta.name, Event.subject_id == subject.id)
        .order_by(Event.id)
    )


def of_agency(agency_id: int, before: int | None = None, verb: str = "", limit: int = 50) -> list[Event]:
    """Lines of one agency, the newest first; `before` is the id of the last line already seen."""
    query = Event.select().where(Event.agency_id == agency_id).order_by(Event.id.desc()).limit(limit)
    if before:
        query = query.where(Event.id < before)
    return list(query.where(Event.verb == verb) if verb else query)


def verbs_of(agency_id: int) -> list[str]:
    """Verbs that occur in an agency's journal."""
    rows = Event.select(Event.verb).where(Event.agency_id == agency_id).distinct().tuples()
    return sorted(verb for (verb,) in rows)


def head() -> tuple[int, str]:
    """Id and hash of the newest line; noted outside the machine it proves later that no line before it changed."""
    last = Event.select(Event.id, Event.hash).order_by(Event.id.desc()).first()
    return (last.id, last.hash) if last else (0, GENESIS)


def lines_about(subjects: dict[str, list[int]]):
    """Yield lines about these things (kind → ids) as they are hashed: id, previous, values, hash; oldest first.

    `values` stand in the order of CHAINED_NAMES; hash = SHA-256 of previous and their JSON, as `verify` counts it.
    """
    wanted = None
    for kind, ids in subjects.items():
        one = (Event.subject_kind == kind) & Event.subject_id.in_(ids)
        wanted = one if wanted is None else wanted | one
    fields = (Event.id, Event.previous, Event.hash, *_CHAINED)
    for row in Event.select(*fields).where(wanted).order_by(Event.id).iterator():
        values = [field.db_value(getattr(row, field.name)) for field in _CHAINED]
        yield {"id": row.id, "previous": row.previous, "values": values, "hash": row.hash}


def verify(noted: dict[int, str] | None = None) -> list[str]:
    """Walk the chain; returns a sentence for each break, an empty list when it is whole.

    `noted` are heads kept elsewhere (id → hash): they also find a chain cut at its end or made anew.
    """
    breaks, previous, expected_id, noted = [], GENESIS, 1, dict(noted or {})
    for row_id, before, hashed, *values in _raw():
        if before != previous or row_id != expected_id:
            breaks.append(f"Nhật ký dòng {row_id}: không nối với dòng trước (có dòng bị xóa hoặc chèn).")
        if hashed != _digest(before, values):
            breaks.append(f"Nhật ký dòng {row_id}: nội dung đã bị sửa.")
        if noted.pop(row_id, hashed) != hashed:
            breaks.append(f"Nhật ký dòng {row_id}: khác với mã đã ghi lại trước đây; nhật ký đã bị làm lại.")
        previous, expected_id = hashed, row_id + 1
    breaks += [
        f"Nhật ký mất dòng {row_id} đã ghi lại trước đây: phần cuối bị cắt." for row_id in sorted(noted)
    ]
    return breaks


def _raw():
    """Rows as stored, without making objects of them: a million lines take seconds."""
    names = ", ".join(f'"{field.column_name}"' for field in (Event.id, Event.previous, Event.hash, *_CHAINED))
    return db.database.execute_sql(f'SELECT {names} FROM "{Event._meta.table_name}" ORDER BY id')


def _digest(previous: str, values: list) -> str:
    return hashlib.sha256((previous + json.dumps(values, ensure_ascii=False)).encode()).hexdigest()
