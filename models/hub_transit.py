"""Packets in transit on the hub: taken once, queued for each receiver they name, listed until the receiver says done."""

import hashlib
import secrets
import uuid
from datetime import datetime
from pathlib import Path

from models import clock, db, edxml, edxml_read, errors, failpoints, files, hub, vxp

OLD_CODE_TWIN = (
    "TLTVBQG_CDMDD_QD20"  # how senders mark the second address of one receiver, under its former code
)
STATES = {"initial": "Chưa lấy", "processing": "Đang lấy", "done": "Đã nhận", "fail": "Nhận lỗi"}
WAITING = ("initial", "processing")
LONGEST_LIST = 1000


def accept(system: hub.System, call: vxp.Call, body: Path) -> str:
    """Nhận một gói tin vào trục and queue it for every receiver it names; its id. The same packet again: the same id.

    Raises Rejected.
    """
    content = _read(body, call.message_type())
    sender = content.sender.organ_id
    for code in {sender, call.get("from") or sender}:
        if code not in _codes_of(system):
            raise hub.Rejected(
                vxp.NO_SENDER, f"Don vi gui {code} khong dung voi ma da dang ky: {system.system_id}"
            )
    receivers = _receivers(content)
    stored = files.store(body)
    key = hashlib.sha256(f"{system.id}|{call.message_type()}|{stored.sha256}".encode()).hexdigest()
    failpoints.reach("hub.stored")
    with db.write():
        known = hub.Packet.get_or_none(hub.Packet.key == key)
        if known:
            _offer_again(known)
            return known.axis_id
        packet = _queue(system, call.message_type(), content, stored, key, receivers)
        failpoints.reach("hub.commit")
    return packet.axis_id


def _offer_again(packet):
    """Sent again after a receiver could not take it: that receiver gets another try."""
    hub.Delivery.update(state="initial", updated_at=clock.now()).where(
        hub.Delivery.packet == packet, hub.Delivery.state == "fail"
    ).execute()


def _read(body, message_type):
    try:
        content = edxml_read.glance(body)
    except errors.Invalid as error:
        raise hub.Rejected(vxp.BAD_EDXML, str(error)) from error
    if isinstance(content, edxml.Status) != (message_type == "status"):
        raise hub.Rejected(vxp.BAD_EDXML, f"Nội dung gói tin không phải loại «{message_type}» như đã khai")
    return content


def _codes_of(system):
    open_codes = hub.Member.select(hub.Member.code).where(
        hub.Member.system == system, hub.Member.closed_at.is_null()
    )
    return {member.code for member in open_codes} | {system.system_id}


def _receivers(content):
    """code as addressed → Member, one a member. Raises Rejected for a stranger or a closed one."""
    if isinstance(content, edxml.Status):
        wanted = {content.about.organ_id: False}
    else:
        wanted = {organ.organ_id: organ.in_charge == OLD_CODE_TWIN for organ in content.recipients}
    found, unknown = {}, []
    for code, is_twin in wanted.items():
        member = _member(code)
        if member is None:
            unknown += [] if is_twin else [code]
        elif member.closed_at or not member.system.enabled:
            raise hub.Rejected(vxp.RECEIVER_CLOSED, f"Đơn vị nhận {code} đã khóa trên trục")
        elif member.id not in {known.id for known in found.values()}:
            found[code] = member
    if unknown or not found:
        names = ", ".join(unknown) or "(không ghi)"
        raise hub.Rejected(vxp.NO_RECEIVER, f"Đơn vị nhận không tồn tại trên trục: {names}")
    return found


def _member(code):
    found = hub.Member.get_or_none(hub.Member.code == code)
    return found or hub.Member.get_or_none(hub.Member.old_code == code, hub.Member.old_code != "")


def _queue(system, message_type, content, stored, key, receivers):
    now = clock.now()
    is_status = isinstance(content, edxml.Status)
    packet = hub.Packet.create(
        axis_id=secrets.token_hex(12), key=key, system=system, message_type=message_type,
        from_code=content.sender.organ_id, created_at=now,
        wire_id=(content.about.document_id if is_status else content.document_id)[:250],
        title=(edxml.STATUS_CODES[content.status] if is_status else content.subject)[:250],
        notation=(content.about.code if is_status else content.code)[:250],
        file=files.record(stored, f"{message_type}.edxml", "application/xml"),
    )  # fmt: skip
    for code, member in receivers.items():
        hub.Delivery.create(
            axis_id=str(uuid.uuid4()), packet=packet, system=member.system, message_type=message_type,
            to_code=code, created_at=now, updated_at=now,
        )  # fmt: skip
    return packet


def received(system: hub.System, message_type: str, since: datetime | None = None, until: datetime | None = None,
             page: int = 1, size: int = LONGEST_LIST) -> list[hub.Delivery]:  # fmt: skip
    """What waits for this system, the oldest first; it stays until the system says done or fail."""
    query = (
        hub.Delivery.select(hub.Delivery, hub.Packet)
        .join(hub.Packet)
        .where(
            hub.Delivery.system == system,
            hub.Delivery.message_type == message_type,
            hub.Delivery.state.in_(WAITING),
        )
        .order_by(hub.Delivery.id)
    )
    if since:
        query = query.where(hub.Delivery.created_at >= since)
    if until:
        query = query.where(hub.Delivery.created_at <= until)
    return list(query.paginate(max(1, page), min(max(1, size), LONGEST_LIST)))


def count(system: hub.System, message_type: str) -> int:
    """How many packets wait."""
    return (
        hub.Delivery.select()
        .where(
            hub.Delivery.system == system,
            hub.Delivery.message_type == message_type,
            hub.Delivery.state.in_(WAITING),
        )
        .count()
    )


def delivery(system: hub.System, axis_id: str) -> hub.Delivery:
    """A packet addressed to this system. Raises Rejected for any other id, existing or not."""
    found = hub.Delivery.get_or_none(hub.Delivery.axis_id == axis_id, hub.Delivery.system == system)
    if found is None:
        raise hub.Rejected(vxp.BAD_FILE, "Không có gói tin này trong hàng đợi của hệ thống")
    return found


def update(system: hub.System, axis_id: str, state: str, description: str = "") -> None:
    """processing, done or fail, as the receiver says; what is done stays done. Raises Rejected."""
    found = delivery(system, axis_id)
    if state not in STATES:
        raise hub.Rejected(
            vxp.BAD_FILE, f"Trạng thái «{state}» không dùng được; chỉ nhận processing, done, fail"
        )
    if found.state == "done" or found.state == state:
        return
    with db.write():
        found.set(state=state, description=description[:500], updated_at=clock.now())


def sent(system: hub.System, message_type: str, axis_id: str = "") -> list[hub.Delivery]:
    """What this system sent, one row a receiver, the newest first."""
    query = (
        hub.Delivery.select(hub.Delivery, hub.Packet)
        .join(hub.Packet)
        .where(hub.Packet.system == system, hub.Packet.message_type == message_type)
        .order_by(hub.Delivery.id.desc())
        .limit(LONGEST_LIST)
    )
    wanted = query.where(hub.Packet.axis_id == axis_id) if axis_id else query
    # Clients leave the id of another call in the header: an id we never gave out is no filter.
    return list(wanted) or list(query)


def overview() -> list[dict]:
    """Each system with its open agencies and what waits for it, for the page of the hub."""
    return [
        {
            "system": system,
            "members": [
                member for member in system.members.order_by(hub.Member.code) if member.closed_at is None
            ],
            "documents": count(system, "edoc"),
            "statuses": count(system, "status"),
        }
        for system in list(hub.System.select().order_by(hub.System.name))
    ]
