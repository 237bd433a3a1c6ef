"""Gói tin không đọc được: kept with its bytes, where it came from, why it cannot be read and what to do about it.

Nothing that reaches this installation is lost, whatever is wrong with it. A packet waits here until a newer program can
read it, or a person closes it with a note. Who answers for it: the agency it seems to be for, else the administrators
of the installation. What the packet says of itself is a hint, no fact.
"""

import hashlib
from datetime import timedelta
from pathlib import Path

from models import (
    agencies,
    clock,
    db,
    edxml_extras,
    errors,
    exchange_attempts,
    files,
    journal,
    lookups,
    text,
    users,
)

MOST_HELD = 1 << 30  # bytes of unreadable packets on the disk; beyond it only their line is kept
TOLD_AGAIN_AFTER = timedelta(hours=24)  # its sender may have sent it again
KEPT_DAYS = 180  # a waiting packet's bytes
KEPT_AFTER_DAYS = 30  # bytes of a packet that was taken or closed
KEEPERS = (lookups.CLERK, lookups.ADMIN, lookups.PROVINCE_ADMIN)
DOWNLOADERS = (lookups.ADMIN, lookups.PROVINCE_ADMIN)
STATES = {"held": "Chờ xử lý", "taken": "Đã đọc được", "closed": "Đã đóng"}
PAGE = "/exchange/quarantine"


class QuarantinedPacket(db.Base):
    """One packet that could not be taken; the same bytes again are the same row."""

    sha256 = db.CharField(max_length=64, unique=True)
    agency = db.ForeignKeyField(agencies.Agency, null=True)
    transport = db.CharField()  # axis | courier
    axis_id = db.CharField(default="", index=True)
    sender_code = db.CharField(default="")
    sender_name = db.CharField(default="")
    size = db.IntegerField()
    file = db.ForeignKeyField(files.File, null=True)
    reason = db.TextField()
    state = db.CharField(default="held", index=True)
    times = db.IntegerField(default=1)
    arrived_at = db.MomentField()
    seen_at = db.MomentField()
    tried_at = db.MomentField(null=True)
    ended_at = db.MomentField(null=True)
    ended_by = db.CharField(default="")
    note = db.TextField(default="")

    @property
    def label(self) -> str:
        """The state in words."""
        return STATES[self.state]

    @property
    def advice(self) -> str:
        """What to do about it."""
        sender = self.sender_name or self.sender_code
        ask = f"Hãy gọi cho {sender}" if sender else "Hãy hỏi đơn vị vận hành trục gói này của ai"
        again = "" if self.file_id else " Nội dung gói không còn được giữ nên chỉ nơi gửi gửi lại được."
        return (
            f"{ask}, đề nghị kiểm tra và gửi lại. Sau khi nâng cấp phần mềm có thể bấm «Thử đọc lại». "
            f"Gói không phải của mình thì đóng kèm ghi chú.{again}"
        )


TABLES = (QuarantinedPacket,)


def keep(packet: Path, reason: str, transport: str, axis_id: str = "") -> QuarantinedPacket:
    """Giữ lại một gói không đọc được; the same packet again only counts up. The file is stored before the row."""
    hint = edxml_extras.hint(packet)
    size, digest = packet.stat().st_size, _digest(packet)
    known = QuarantinedPacket.get_or_none(QuarantinedPacket.sha256 == digest)
    stored = None if known or held_bytes() + size > MOST_HELD else files.store(packet)
    agency = _concerned(hint.receivers)
    now = clock.now()
    with db.write():
        known = QuarantinedPacket.get_or_none(QuarantinedPacket.sha256 == digest)
        if known:
            return known.set(times=known.times + 1, seen_at=now, axis_id=axis_id or known.axis_id)
        sender = agencies.by_code(hint.sender) if hint.sender else None
        row = QuarantinedPacket.create(
            sha256=digest, agency=agency, transport=transport, axis_id=axis_id, sender_code=hint.sender,
            sender_name=sender.name if sender else text.harmless(hint.sender_name), size=size, reason=reason[:1000],
            file=files.record(stored, f"{digest[:12]}.edxml", "application/octet-stream") if stored else None,
            arrived_at=now, seen_at=now,
        )  # fmt: skip
        words = "Có gói tin điện tử không đọc được, đã giữ lại"
        journal.record("quarantine", None, row, to_state="held", note=reason, agency_id=agency and agency.id,
                       data={"sha256": digest} | journal.telling(_watchers(agency), words, PAGE))  # fmt: skip
    return row


def _digest(packet):
    hashed = hashlib.sha256()
    with packet.open("rb") as source:
        while data := source.read(1 << 20):
            hashed.update(data)
    return hashed.hexdigest()


def _concerned(codes):
    found = (agencies.by_code(code) for code in codes)
    return next((agency for agency in found if agency and agency.hosted), None)


def _watchers(agency):
    if agency:
        return users.holders(agency.id, lookups.CLERK)
    hosted = agencies.Agency.select().where(agencies.Agency.hosted)
    return [post for one in hosted for post in users.holders(one.id, lookups.PROVINCE_ADMIN)]


def held_bytes() -> int:
    """Bytes of quarantined packets on the disk now."""
    rows = QuarantinedPacket.select(db.fn.SUM(QuarantinedPacket.size))
    return rows.where(QuarantinedPacket.file.is_null(False)).scalar() or 0


def refused_before(axis_id: str) -> bool:
    """True when this packet of the axis lies here and the axis was told so within a day: no need to fetch it again."""
    model, attempt = QuarantinedPacket, exchange_attempts.Attempt
    row = axis_id and model.get_or_none(model.axis_id == axis_id, model.state == "held")
    if not row:
        return False
    told = attempt.select().where(
        attempt.sha256 == row.sha256, attempt.direction == "in", attempt.outcome == "refused",
        attempt.ended_at > clock.now() - TOLD_AGAIN_AFTER,
    )  # fmt: skip
    return told.exists()


def of(actor):
    """Query of what this person answers for: the agency's own; the ownerless for the installation's administrators."""
    model = QuarantinedPacket
    mine = model.agency == actor.agency_id
    if actor.has(lookups.PROVINCE_ADMIN):
        mine |= model.agency.is_null()
    return model.select().where(mine).order_by(model.state != "held", model.id.desc())


def waiting(actor) -> int:
    """How many wait for this person."""
    return of(actor).where(QuarantinedPacket.state == "held").count() if actor.has(*KEEPERS) else 0


def load(actor, packet_id: int) -> QuarantinedPacket:
    """One of them. Raises NotFound for anybody else's."""
    row = of(actor).where(QuarantinedPacket.id == packet_id).first()
    if row is None:
        raise errors.NotFound()
    return row


def content(actor, row: QuarantinedPacket) -> Path:
    """Where the bytes lie, for an administrator to look into. Raises NotAllowed, NotFound."""
    if not actor.has(*DOWNLOADERS):
        raise errors.NotAllowed("Chỉ quản trị tải được gói tin chưa đọc được.")
    if row.file is None:
        raise errors.NotFound("Nội dung gói tin này không còn được giữ.")
    with db.write():
        journal.record("download_quarantined", actor, row, note=row.sha256)
    return row.file.path()


def close(row: QuarantinedPacket, actor, note: str) -> None:
    """Đóng, kèm ghi chú vì sao. Raises Invalid without a note, Refused when it is over already."""
    note = text.clean(note)
    if not note:
        raise errors.Invalid({"note": "Hãy ghi vì sao đóng (ví dụ: nơi gửi đã gửi lại ngày …)."})
    if row.state != "held":
        raise errors.Refused(f"Gói tin này đã ở trạng thái «{row.label}».")
    _end(row, "closed", actor, note[:1000])


def taken(row: QuarantinedPacket, actor, note: str) -> None:
    """It could be read after all; `note` says what became of it."""
    _end(row, "taken", actor, note)


def still_unreadable(row: QuarantinedPacket, actor, reason: str) -> None:
    """Tried again in vain; the newest reason counts."""
    with db.write():
        row.set(tried_at=clock.now(), reason=reason[:1000])
        journal.record("retry_quarantined", actor, row, "held", "held", reason)


def _end(row, state, actor, note):
    now = clock.now()
    with db.write():
        journal.record("end_quarantined", actor, row, row.state, state, note)
        row.set(state=state, note=note, ended_at=now, ended_by=actor.name,
                **({"tried_at": now} if state == "taken" else {}))  # fmt: skip


def forget(partner_code: str, wire_id: str) -> int:
    """A document was recalled: unreadable packets of its sender that name it lose their bytes, inside write().

    Returns how many; erasing from the disk follows the commit.
    """
    model = QuarantinedPacket
    rows = model.select().where(model.sender_code == partner_code, model.file.is_null(False))
    named = [row for row in rows if wire_id and _names(row, wire_id.encode())]
    kept = [row.file for row in named]
    for row in named:
        row.set(
            file=None, state="closed", note="Văn bản trong gói đã bị nơi gửi thu hồi.", ended_at=clock.now()
        )
        journal.record("end_quarantined", None, row, "held", "closed", row.note)
    gone = files.release(kept)
    db.after_commit(lambda: files.erase(gone))
    return len(named)


def _names(row, wire_id):
    with row.file.path().open("rb") as source:
        return wire_id in source.read(edxml_extras.HINT_BYTES)


def tidy() -> int:
    """Let go of bytes kept long enough; their lines stay for good. Returns how many."""
    model, now = QuarantinedPacket, clock.now()
    old = (model.state == "held") & (model.seen_at < now - timedelta(days=KEPT_DAYS))
    over = (model.state != "held") & (model.ended_at < now - timedelta(days=KEPT_AFTER_DAYS))
    rows = list(model.select().where(model.file.is_null(False), old | over))
    if not rows:
        return 0
    with db.write():
        held = [row.file for row in rows]
        for row in rows:
            row.set(file=None)
        gone = files.release(held)
    files.erase(gone)
    return len(rows)
