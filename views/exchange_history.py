"""Diễn biến gửi, nhận: release, tries, the axis's answer, messages both ways and what people did, in one line of time."""

from datetime import datetime
from typing import NamedTuple

from models import exchange, exchange_arrivals, exchange_attempts, exchange_evidence, exchange_follow, files

PROOFS = {
    "signed": "bên nhận ký số",
    "by_axis": "theo trục",
    "forged": "chữ ký sai, không áp dụng",
    "unknown_key": "khóa chưa xác nhận",
    "": "theo trục",
}
MOST_TRIES = 6


class Event(NamedTuple):
    """One thing that happened to a sending; `kind` as the time line draws it, `proof` what shows it is true."""

    at: datetime
    words: str
    who: str = ""
    note: str = ""
    kind: str = ""
    proof: str = ""
    late: bool = False


def of(lines: list[exchange.Consignment]) -> dict[int, list[Event]]:
    """Consignment id → its history, the oldest first; few queries for any number of lines."""
    messages = exchange.messages_of(lines)
    followed, tries = exchange_follow.of(lines), _tries(lines)
    return {
        one.id: sorted(
            [
                *_own(one),
                *tries.get(one.packet_id, ()),
                *_said(one, messages[one.id]),
                *_done(followed.get(one.id)),
            ],
            key=lambda event: event.at,
        )
        for one in lines
    }


def source(actor, doc) -> dict | None:
    """Where an incoming document came from on the wire, and what we have told its sender; None for paper."""
    one = exchange.arrival(doc) if doc.source in ("axis", "local") else None
    if one is None:
        return None
    told = [message for message in exchange.messages_of([one])[one.id] if message.direction == "out"]
    return {
        "one": one,
        "way": "Qua trục liên thông" if one.transport == "axis" else "Cơ quan trong hệ thống này",
        "extras": exchange_arrivals.extras_of(doc),
        "may_prove": actor.has(*exchange_evidence.MAKERS),
        "told": [(exchange.STATES[message.status], message) for message in told],
    }


def _own(one) -> list[Event]:
    found = []
    if one.queued_at:
        found.append(Event(one.queued_at, "Văn thư phát hành, xếp hàng gửi", kind="auto"))
    if one.acknowledged_at:
        taken = "Hệ thống này" if one.transport == "local" else "Trục"
        proof = f"mã {one.axis_id}" if one.axis_id else "nơi nhận đã trả lời"
        found.append(
            Event(one.acknowledged_at, f"{taken} xác nhận đã nhận gói", note=one.axis_id, proof=proof)
        )
    return found


def _said(one, messages) -> list[Event]:
    """Messages of the other side and ours; one that came behind a later state says so and changed nothing."""
    found, furthest = [], -1
    for message in messages:
        words = exchange.STATES[message.status]
        late = False
        if message.direction == "in" and message.status in exchange.PROGRESS:
            rank = exchange.PROGRESS.index(message.status)
            late, furthest = rank < furthest, max(rank, furthest)
        if message.direction == "out":
            words += " (mình gửi)" if message.sent_at else " (mình gửi, chưa chuyển được)"
        if late:
            words += " – tới muộn, không đổi trạng thái"
        bad = message.status in ("refused", "recall_refused") or message.proved_by == "forged"
        proof = PROOFS.get(message.proved_by, message.proved_by) if message.direction == "in" else ""
        if message.direction == "in" and one.transport == "local" and not message.proved_by:
            proof = "trong hệ thống này"
        note = " ".join(part for part in (message.description, message.failure, message.proof_note) if part)
        found.append(Event(message.at, words, message.staff, note, "bad" if bad else "", proof, late))
    return found


def _tries(lines) -> dict[int, list[Event]]:
    """File id of a packet → the tries to send it that failed; of many the first and the latest."""
    packets = {one.packet_id for one in lines if one.packet_id}
    if not packets:
        return {}
    file = files.File
    names = {row.sha256: row.id for row in file.select(file.id, file.sha256).where(file.id.in_(packets))}
    attempt = exchange_attempts.Attempt
    found: dict[int, list[Event]] = {}
    for row in (
        attempt.select().where(attempt.sha256.in_(list(names)), attempt.outcome != "ok").order_by(attempt.id)
    ):
        event = Event(row.ended_at, f"Thử lần {row.n}: {row.label.lower()}", note=row.words, kind="bad")
        found.setdefault(names[row.sha256], []).append(event)
    return {
        key: events if len(events) <= MOST_TRIES else [*events[:2], *events[2 - MOST_TRIES :]]
        for key, events in found.items()
    }


def _done(row) -> list[Event]:
    if row is None:
        return []
    found = []
    for at, words in (
        (row.not_arrived_at, "Đã báo văn thư: chưa đến sau 4 giờ làm việc"),
        (row.not_accepted_at, "Đã báo văn thư: hết ngày chưa tiếp nhận"),
    ):
        if at:
            found.append(Event(at, words, "Hệ thống", kind="auto"))
    if row.closed_at:
        found.append(Event(row.closed_at, "Xử lý cách khác", row.closed_by, row.note))
    return found
