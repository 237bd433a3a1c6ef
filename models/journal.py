"""Nhật ký: append-only rows, each carrying the hash of the one before (ND30 PL VI III.5.a, 10.2.p of QĐ 28).

One chain an installation. A changed, removed or inserted row breaks `verify()` from that place on.
"""

import hashlib
import json

from models import clock, db

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
        indexes = ((("subject_kind", "subject_id"), False),)

    @property
    def facts(self) -> dict:
        """The further facts as a dict."""
        return json.loads(self.data)


TABLES = (Event,)
_CHAINED = ("at", "verb", "agency_id", "person_id", "who", "subject_kind", "subject_id", "from_state", "to_state",
            "note", "data")  # fmt: skip


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
    event.hash = _digest(event)
    event.save(force_insert=True)
    return event


def of(subject) -> list[Event]:
    """The history of one thing, oldest first."""
    return list(
        Event.select()
        .where(Event.subject_kind == subject._meta.name, Event.subject_id == subject.id)
        .order_by(Event.id)
    )


def verify() -> list[str]:
    """Walk the chain; returns a sentence for each break, an empty list when it is whole."""
    breaks, previous, expected_id = [], GENESIS, 1
    for event in Event.select().order_by(Event.id).iterator():
        if event.previous != previous or event.id != expected_id:
            breaks.append(f"Nhật ký dòng {event.id}: không nối với dòng trước (có dòng bị xóa hoặc chèn).")
        if event.hash != _digest(event):
            breaks.append(f"Nhật ký dòng {event.id}: nội dung đã bị sửa.")
        previous, expected_id = event.hash, event.id + 1
    return breaks


def _digest(event) -> str:
    row = {name: str(getattr(event, name)) for name in _CHAINED}
    return hashlib.sha256((event.previous + json.dumps(row, sort_keys=True)).encode()).hexdigest()
