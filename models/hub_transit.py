"""Packets in transit on the hub: taken once, queued for each receiver they name, listed until the receiver says done.

A packet is routed by what it says, never by the call's headers, which real clients leave stale. The same packet sent
twice is one packet with one id. The same id with other content passes, since offices here correct and re-send so and
the receiver decides; where the receiver has the first one, people are told (Clash).
"""

import hashlib
import secrets
import uuid
from datetime import datetime
from pathlib import Path

from models import (
    clock,
    db,
    db_together,
    edxml,
    errors,
    exchange_axis,
    failpoints,
    files,
    hub,
    hub_figures,
    hub_glance,
    hub_members,
    hub_rows,
    journal,
    outbox,
    vxp,
)

OLD_CODE_TWIN = (
    "TLTVBQG_CDMDD_QD20"  # how senders mark the second address of one receiver, under its former code
)
STATES = {"initial": "Chưa lấy", "processing": "Đang lấy", "done": "Đã nhận", "fail": "Nhận lỗi"}
QUEUES = {"initial": "waiting", "processing": "waiting", "done": "", "fail": "failed"}
SAID = ("processing", "done", "fail")  # what a receiver may say
LONGEST_LIST = 1000
NOT_HERE = "Không có gói tin này trong hàng đợi của hệ thống"
_WRITERS = db_together.Together()
UP = "upper_send"  # kind of order: carry a packet to the axis above


class Returned(Exception):
    """A packet of our own that the axis above brought back: all receivers here have it."""


def accept(system: hub.System, message_type: str, body: Path, claimed: str = "", sha256: str = "") -> str:
    """Nhận một gói tin vào trục and queue it for every receiver it names; its id. The same packet again: the same id.

    `claimed` is the sender named beside the packet, "" for none; with `sha256` of the body known, the file itself goes
    into the store. Raises Rejected.
    """
    content = _read(body, message_type)
    if system.kind != hub.UPPER:
        _check_sender(system, content.sender.organ_id, claimed)
    receivers = _receivers(system, content)
    stored = files.adopt(body, sha256) if sha256 else files.store(body)
    key = packet_key(system, message_type, stored.sha256)
    failpoints.reach("hub.stored")
    return _WRITERS.run(lambda: _taken_in(system, message_type, content, stored, key, receivers))


def _taken_in(system, message_type, content, stored, key, receivers) -> str:
    known = hub_rows.known(key)
    if known:
        _again(hub.Packet.get_by_id(known[0]), stored)
        return known[1]
    axis_id = _queue(system, message_type, content, stored, key, receivers)
    failpoints.reach("hub.commit")
    return axis_id


def packet_key(system: hub.System, message_type: str, sha256: str) -> str:
    """What makes two calls the same packet: who sends, which kind, which bytes."""
    return hashlib.sha256(f"{system.id}|{message_type}|{sha256}".encode()).hexdigest()


def _check_sender(system, sender, claimed):
    for code in {sender, claimed or sender}:
        if not hub_members.may_send_as(system, code):
            raise hub.Rejected(
                vxp.NO_SENDER, f"Don vi gui {code} khong dung voi ma da dang ky: {system.system_id}"
            )


def _again(known, stored):
    """Sent again after a receiver could not take it: that receiver gets another try."""
    if known.file is None and known.deliveries.where(hub.Delivery.queue != "").exists():
        known.set(file=files.record(stored, f"{known.message_type}.edxml", "application/xml"))
    for failed in known.deliveries.where(hub.Delivery.state == "fail"):
        offer(failed)


def _read(body, message_type):
    try:
        content = hub_glance.glance(body)
    except errors.Invalid as error:
        raise hub.Rejected(vxp.BAD_EDXML, str(error)) from error
    if isinstance(content, edxml.Status) != (message_type == "status"):
        raise hub.Rejected(vxp.BAD_EDXML, f"Nội dung gói tin không phải loại «{message_type}» như đã khai")
    return content


def _receivers(system, content) -> dict[str, hub.Member | None]:
    """code as addressed → member, one a member; None goes to the axis above. Raises Rejected for a stranger."""
    is_status = isinstance(content, edxml.Status)
    wanted = {content.about.organ_id: False} if is_status else {
        organ.organ_id: organ.in_charge == OLD_CODE_TWIN for organ in content.recipients
    }  # fmt: skip
    members = hub_members.find(wanted)
    from_above = system.kind == hub.UPPER
    is_all_here = all(code in members and not _is_above(members[code]) for code in wanted)
    has_door = not is_all_here and not from_above and exchange_axis.connected() is not None
    found, unknown, closed = {}, [], []
    for code, is_twin in wanted.items():
        member = members.get(code)
        if _is_above(member) and not (has_door and code and (member or not is_twin)):
            unknown += [] if is_twin else [code]
        elif not _is_above(member) and (member.closed_at or not member.system.enabled):
            closed.append(code)
        else:
            found.setdefault(member.id if member else code, (code, member))
    if closed and not from_above:
        raise hub.Rejected(vxp.RECEIVER_CLOSED, f"Đơn vị nhận {closed[0]} đã khóa trên trục")
    if not found or (unknown and not from_above):
        names = ", ".join(unknown or closed) or "(không ghi)"
        raise hub.Rejected(vxp.NO_RECEIVER, f"Đơn vị nhận không tồn tại trên trục: {names[:400]}")
    found = dict(found.values())
    return _not_yet_here(content, found) if from_above else found


def _not_yet_here(content, found):
    """From above comes back what we ourselves sent up, since its To names our members too: they have it already.

    Raises Returned when nobody is left.
    """
    if isinstance(content, edxml.Status) or not content.document_id:
        return found
    sender = hub_members.find([content.sender.organ_id]).get(content.sender.organ_id)
    if sender is None or sender.system.kind == hub.UPPER:
        return found
    model = hub.Delivery
    held = model.select(model.to_code).join(hub.Packet).switch(model).join(hub.System).where(
        hub.Packet.from_code == content.sender.organ_id, hub.Packet.wire_id == content.document_id[:250],
        hub.Packet.kind == content.kind, hub.System.kind != hub.UPPER,
    )  # fmt: skip
    already = hub_members.find([code for (code,) in held.tuples()])
    ids = {member.id for member in already.values()}
    left = {code: member for code, member in found.items() if member.id not in ids}
    if not left:
        raise Returned()
    return left


def _queue(system, message_type, content, stored, key, receivers) -> str:
    now, axis_id = hub_rows.moment(clock.now()), secrets.token_hex(12)
    is_status = isinstance(content, edxml.Status)
    said = {
        "kind": edxml.STATUS_CODES[content.status] if is_status else content.kind,
        "wire_id": (content.about.document_id if is_status else content.document_id)[:250],
        "title": (edxml.STATUS_CODES[content.status] if is_status else content.subject)[:250],
        "notation": (content.about.code if is_status else content.code)[:250],
    }
    sender = content.sender.organ_id
    is_again = said["kind"] == "new" and said["wire_id"] and hub_rows.is_used(sender, said["wire_id"])
    number = hub_rows.packet({
        "axis_id": axis_id, "key": key, "system_id": system.id, "message_type": message_type, "from_code": sender,
        "created_at": now, "sha256": stored.sha256, "size": stored.size,
        "file_id": hub_rows.file(stored, f"{message_type}.edxml"), **said,
    })  # fmt: skip
    rank = 4 if is_status else 4 - content.urgency
    upper = hub.built_in(hub.UPPER).id if any(_is_above(one) for one in receivers.values()) else None
    hub_rows.deliveries([
        {"axis_id": str(uuid.uuid4()), "packet_id": number, "message_type": message_type, "to_code": code,
         "system_id": upper if _is_above(member) else member.system_id, "state": "initial", "queue": "waiting",
         "rank": rank, "description": "", "upper_id": "", "created_at": now, "updated_at": now}
        for code, member in receivers.items()
    ])  # fmt: skip
    if upper:
        outbox.place(UP, number, f"{UP}:{number}", priority=4 - rank, line=exchange_axis.UPPER)
    if is_again:
        _look_for_clash(hub.Packet.get_by_id(number), set(receivers))
    hub_figures.count_sent(sender, said["kind"] if is_status else "edoc", stored.size, list(receivers))
    return axis_id


def _is_above(member):
    return member is None or member.system.kind == hub.UPPER


def _look_for_clash(packet, codes):
    """Told to people: a receiver that has this document gets another content under the same id (X3)."""
    model = hub.Packet
    first = (
        model.select()
        .where(model.from_code == packet.from_code, model.wire_id == packet.wire_id, model.kind == "new",
               model.id != packet.id)
        .order_by(model.id).first()
    )  # fmt: skip
    if first is None:
        return
    had = hub.Delivery.select(hub.Delivery.to_code).join(model).where(
        model.from_code == packet.from_code, model.wire_id == packet.wire_id, model.kind == "new",
        model.id != packet.id, hub.Delivery.state != "fail",
    )  # fmt: skip
    twice = sorted(codes & {code for (code,) in had.tuples()})
    if twice:
        hub.Clash.create(packet=packet, first=first, noticed_at=clock.now())
        journal.record(
            "hub_clash", None, packet, note=f"{packet.from_code}: {packet.wire_id}", data={"to": twice[:50]}
        )


# ---- what receivers ask and say -------------------------------------------------------------------------------


def received(system: hub.System, message_type: str, since: datetime | None = None, until: datetime | None = None,
             page: int = 1, size: int = LONGEST_LIST) -> list[hub.Delivery]:  # fmt: skip
    """What waits for this system, urgent first, then the oldest; it stays until the system says done or fail."""
    model = hub.Delivery
    query = (
        model.select(model, hub.Packet).join(hub.Packet)
        .where(model.queue == "waiting", model.system == system, model.message_type == message_type)
        .order_by(model.rank, model.id)
    )  # fmt: skip
    return _page(query, model.created_at, since, until, page, size)


def _page(query, moment, since, until, page, size):
    if since:
        query = query.where(moment >= since)
    if until:
        query = query.where(moment <= until)
    return list(query.paginate(max(1, page), min(max(1, size), LONGEST_LIST)))


def count(system: hub.System, message_type: str) -> int:
    """How many packets wait."""
    model = hub.Delivery
    return (
        model.select()
        .where(model.queue == "waiting", model.system == system, model.message_type == message_type)
        .count()
    )


def delivery(system: hub.System, axis_id: str) -> hub.Delivery:
    """A packet addressed to this system. Raises Rejected for any other id, existing or not."""
    found = hub.Delivery.get_or_none(hub.Delivery.axis_id == axis_id, hub.Delivery.system == system)
    if found is None:
        raise hub.Rejected(vxp.BAD_FILE, NOT_HERE)
    return found


def bytes_of(system: hub.System, axis_id: str) -> files.File:
    """The packet itself, for the system it is addressed to. Raises Rejected when its bytes are gone."""
    found = hub_rows.bytes_of(system.id, axis_id)
    if found is None:
        raise hub.Rejected(vxp.BAD_FILE, NOT_HERE)
    queue, file = found
    if file is None:
        raise hub.Rejected(
            vxp.FILE_FAULT if queue else vxp.BAD_FILE,
            "Nội dung gói tin đã hết hạn giữ trên trục; nơi nhận đã báo nhận trước đó",
        )
    return file


def update(system: hub.System, axis_id: str, state: str, description: str = "") -> None:
    """processing, done or fail, as the receiver says; what is done stays done. Raises Rejected."""
    found = delivery(system, axis_id)
    if state not in SAID:
        raise hub.Rejected(
            vxp.BAD_FILE, f"Trạng thái «{state[:40]}» không dùng được; chỉ nhận processing, done, fail"
        )
    settle(found, state, description)


def settle(found: hub.Delivery, state: str, description: str = "", **more) -> None:
    """Write the state of a delivery; what is done stays done, the same state twice is once."""
    description = description[:500]
    if found.state == "done" or ((found.state, found.description) == (state, description) and not more):
        return
    _WRITERS.run(lambda: _settled(found.id, state, description, more))


def _settled(number, state, description, more):
    found = hub.Delivery.get_by_id(number)
    if found.state == "done" or ((found.state, found.description) == (state, description) and not more):
        return
    now = hub_rows.moment(clock.now())
    failpoints.reach("hub.told")
    hub_rows.settled(found, state=state, queue=QUEUES[state], description=description, updated_at=now, **more)
    if state == "done":
        hub_figures.count_taken(found)


def offer(found: hub.Delivery, actor=None) -> None:
    """Giao lại: a failed delivery waits for its receiver once more. Raises Refused."""
    with db.write():
        found = hub.Delivery.get_by_id(found.id)
        if found.state != "fail":
            raise errors.Refused("Gói tin này không ở trạng thái lỗi nên không cần giao lại.")
        if found.packet.file_id is None:
            raise errors.Refused("Nội dung gói tin đã hết hạn giữ; nơi gửi cần gửi lại văn bản.")
        found.set(state="initial", queue="waiting", description="", upper_id="", updated_at=clock.now())
        if found.system.kind == hub.UPPER:
            again = f"{UP}:{found.packet_id}:{found.id}:{clock.now():%Y%m%d%H%M%S%f}"
            outbox.place(UP, found.packet_id, again, priority=4 - found.rank, line=exchange_axis.UPPER)
        if actor:
            journal.record(
                "offer_again", actor, found, "fail", "initial", note=f"{found.to_code}: {found.packet.title}"
            )


def sent(system: hub.System, message_type: str, axis_id: str = "", since: datetime | None = None,
         until: datetime | None = None, page: int = 1, size: int = LONGEST_LIST) -> list[hub.Delivery]:  # fmt: skip
    """What this system sent, one row a receiver, the newest first."""
    model = hub.Delivery
    query = (
        model.select(model, hub.Packet).join(hub.Packet)
        .where(hub.Packet.system == system, hub.Packet.message_type == message_type)
        .order_by(hub.Packet.id.desc(), model.id)
    )  # fmt: skip
    if axis_id:
        wanted = list(query.where(hub.Packet.axis_id == axis_id))
        if wanted:
            return wanted
    # Clients leave the id of another call in the header: an id we never gave out is no filter.
    return _page(query, hub.Packet.created_at, since, until, page, size)


def as_waiting(row: hub.Delivery) -> dict:
    """A row of getReceivedEdocList; no value is ever null."""
    return {
        "docId": row.axis_id,
        "serviceType": "eDoc",
        "messageType": row.message_type,
        "created_time": vxp.stamp(row.created_at),
        "updated_time": vxp.stamp(row.updated_at),
        "from": row.packet.from_code,
        "to": row.to_code,
        "status": row.state,
        "status_desc": STATES[row.state],
        "hash": row.packet.sha256,  # ours: of the packet as getEdoc gives it
    }


def as_sent(row: hub.Delivery) -> dict:
    """A row of getSentEdocList: what the hub, and the receiver's system, say of one delivery."""
    return {
        "serviceType": "eDoc",
        "messageType": row.message_type,
        "senderDocId": row.packet.axis_id,
        "receiverDocId": row.axis_id,
        "fromCode": row.packet.from_code,
        "toCode": row.to_code,
        "title": row.packet.title,
        "notation": row.packet.notation,
        "sentTime": vxp.stamp(row.packet.created_at),
        "receivedTime": vxp.stamp(row.updated_at) if row.state == "done" else "",
        "sendStatus": "done",
        "sendStatusDesc": "Trục đã nhận",
        "receiveStatus": row.state,
        "receiveStatusDesc": row.description or STATES[row.state],
    }
