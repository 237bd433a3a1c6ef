"""Trục cấp trên (Quy chế 18.5): what goes up through the one door, what is known of it there, what comes down.

A delivery to the system «upper» is «processing» once the axis above has the packet, and what that axis says of it after;
so the sender here reads the true state in its own list.
"""

from datetime import timedelta
from pathlib import Path

from models import clock, db, errors, exchange_axis, hub, hub_members, hub_transit, vxp

LISTED_EVERY = timedelta(hours=24)
ASKED_FOR = timedelta(days=31)
TAKEN = "Trục cấp trên đã nhận, nơi nhận chưa lấy"


def to_send(packet_id: int) -> list[hub.Delivery]:
    """Deliveries of a packet that still have to go up."""
    model = hub.Delivery
    upper = hub.built_in(hub.UPPER)
    return list(
        model.select(model, hub.Packet).join(hub.Packet)
        .where(model.packet == packet_id, model.system == upper, model.state == "initial").order_by(model.id)
    )  # fmt: skip


def went_up(rows: list[hub.Delivery], upper_id: str) -> None:
    """The axis above has the packet and gave it this id."""
    with db.write():
        for row in rows:
            hub_transit.settle(row, "processing", TAKEN, upper_id=upper_id[:64])


def refused_above(packet_id: int, reason: str) -> None:
    """The axis above does not take the packet: a failure of every receiver there, with its reason."""
    with db.write():
        for row in to_send(packet_id):
            hub_transit.settle(row, "fail", f"Trục cấp trên không nhận: {reason}")


def to_ask(limit: int = 20) -> dict[str, list[hub.Delivery]]:
    """The axis above's id → deliveries whose end is not known; those not asked about for longest."""
    model, now = hub.Delivery, clock.now()
    upper = hub.built_in(hub.UPPER)
    rows = (
        model.select()
        .where(model.queue == "waiting", model.system == upper, model.state == "processing",
               model.created_at > now - ASKED_FOR)
        .order_by(model.updated_at).limit(limit)
    )  # fmt: skip
    found = {}
    for row in rows:
        found.setdefault(row.upper_id, [])
    for row in model.select().where(model.upper_id.in_(list(found)), model.state == "processing"):
        found[row.upper_id].append(row)
    return found


def heard(upper_id: str, waiting: list[hub.Delivery], said: list[dict]) -> None:
    """What the axis above says of one packet becomes the state of its deliveries."""
    said = [row for row in said if row.get("senderDocId") == upper_id]
    by_code = {str(row.get("toCode") or ""): row for row in said}
    members = hub_members.find([*by_code, *(row.to_code for row in waiting)])
    by_member = {members[code].id: row for code, row in by_code.items() if code in members}
    for one in waiting:
        row = by_code.get(one.to_code)
        if row is None and one.to_code in members:
            row = by_member.get(members[one.to_code].id)
        if row is None and len(said) == len(waiting) == 1:
            row = said[0]
        _settle(one, row or {})


def _settle(one, row):
    state, words = str(row.get("receiveStatus") or "").lower(), str(row.get("receiveStatusDesc") or "")
    if state in ("done", "fail"):
        hub_transit.settle(one, state, vxp.storable(words) if state == "fail" else "")
        return
    with db.write():
        one.set(updated_at=clock.now())  # asked about now; nothing new


def take_down(path: Path, message_type: str) -> tuple[str, str]:
    """A packet of the axis above for agencies here: (what to tell it, words). Raises Rejected for what may pass."""
    try:
        hub_transit.accept(hub.built_in(hub.UPPER), message_type, path)
    except hub_transit.Returned:
        return "done", ""
    except hub.Rejected as rejected:
        if rejected.code in vxp.PASSING:
            raise
        return "fail", str(rejected)
    except errors.Refused as refused:
        raise hub.Rejected(vxp.SYSTEM_FAULT, str(refused)) from refused
    return "done", ""


def list_is_due() -> bool:
    """True when the agency list of the axis above was not fetched within a day."""
    seen = hub.built_in(hub.UPPER).seen_at
    return seen is None or clock.now() - seen > LISTED_EVERY


def listed(rows) -> int:
    """The agency list of the axis above came; returns how many are open."""
    count = hub_members.enter_upper(rows)
    upper = hub.built_in(hub.UPPER)
    with db.write():
        upper.set(
            seen_at=clock.now(), last_operation="getAgenciesList", last_code=vxp.OK, last_words=f"{count} mã"
        )
    return count


def ask_list_again() -> None:
    """Lấy lại danh bạ trục cấp trên at the next round. Raises Refused without a connection."""
    if exchange_axis.connected() is None:
        raise errors.Refused("Chưa khai báo kết nối tới trục cấp trên, hoặc kết nối đang tắt.")
    upper = hub.built_in(hub.UPPER)
    with db.write():
        upper.set(seen_at=None)


def may_register() -> bool:
    """Members are registered above only once its own list is known: what stands there already is not entered again."""
    return hub.built_in(hub.UPPER).seen_at is not None
