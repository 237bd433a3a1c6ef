"""The one door to the axis above (Quy chế 18.5), where this hub has one: packets up and down, their states, agency lists.

Up: an order placed with the packet; sending it twice is once, since the axis above knows the same bytes again. Down: what
lies in its list stays there until it lies here for good.
"""

import logging
import threading

from jobs import axis, lines, runner
from models import (
    config,
    db,
    edxml_tree,
    exchange_axis,
    exchange_packets,
    hub,
    hub_members,
    hub_transit,
    hub_upper,
    outbox,
)

log = logging.getLogger("vanthu.upper")
_turn = threading.Lock()


def has_door() -> bool:
    """True when this installation is a hub and the connection to the axis above is on."""
    return config.current().hub and exchange_axis.connected() is not None


def _refused(order, reason):
    hub_upper.refused_above(order.subject_id, reason)


@runner.carries_out(hub_transit.UP, gave_up=_refused)
def send_up(order):
    """Give a packet to the axis above, for its receivers there. Raises Retry, GiveUp."""
    rows = hub_upper.to_send(order.subject_id)
    if not rows:
        return  # gone up already, or given up
    packet = rows[0].packet
    codes = [row.to_code for row in rows]
    path = packet.file.path()
    axis_id = _asked(lambda client: client.send_edoc(path, packet.message_type, packet.from_code, codes))
    with db.write():
        hub_upper.went_up(rows, axis_id)
        outbox.finish(order)


def _asked(call):
    """What the axis above answers; the connection remembers how it went. Raises Retry, GiveUp."""
    try:
        with lines.upper() as client:
            answer = call(client)
    except axis.LineFault as fault:
        exchange_axis.line_down(str(fault), fault.after)
        raise outbox.Retry(str(fault), after=fault.after, for_ever=True, counts=False) from fault
    except outbox.Retry as trouble:
        exchange_axis.note_trouble(str(trouble))
        raise
    exchange_axis.note_trouble("")
    return answer


# ---- by itself ------------------------------------------------------------------------------------------------


@runner.every(lambda: config.current().collect_seconds)
def look() -> None:
    """Ask the axis above, beside whatever else happens by itself; never twice at once."""
    if has_door() and not exchange_axis.closed_lines() and not _turn.locked():
        threading.Thread(target=_in_thread, name="upper", daemon=True).start()


def _in_thread():
    with db.connection():
        try:
            go_round()
        except (outbox.Retry, outbox.GiveUp) as trouble:
            log.warning("axis above: %s", trouble)
        finally:
            db.database.close()


def go_round() -> int:
    """Everything there is to ask the axis above now; how many packets came down. Raises Retry when it is away."""
    if not has_door() or not _turn.acquire(blocking=False):
        return 0
    try:
        count = bring_down()
        ask_states()
        if hub_upper.list_is_due():
            fetch_list()
        register_members()
        return count
    finally:
        _turn.release()


def bring_down() -> int:
    """Fetch what waits above for agencies here; returns how many packets. One bad packet holds up no other."""
    count = 0
    for message_type in ("edoc", "status"):
        for row in _asked(lambda client, kind=message_type: client.received_list(kind)):
            axis_id = row.get("docId") or row.get("DocId")
            if not isinstance(axis_id, str) or not axis_id or row.get("status") == "done":
                continue
            try:
                count += _brought(axis_id, message_type)
            except (outbox.GiveUp, hub.Rejected) as trouble:
                log.warning("packet %r from above: %s", axis_id, trouble)
    return count


def _brought(axis_id, message_type) -> bool:
    path = exchange_packets.spooled()
    try:
        _asked(lambda client: client.get_edoc(axis_id, path))
        if path.stat().st_size > edxml_tree.MOST_BYTES:
            state, words = "fail", "Gói tin lớn hơn mức trục này nhận được"
        else:
            state, words = hub_upper.take_down(path, message_type)
        _asked(lambda client: client.update_status(axis_id, state, words))
    finally:
        path.unlink(missing_ok=True)
    return state == "done"


def fetch_list() -> int:
    """The agency list of the axis above, however long, comes by way of a file; returns how many are open there."""
    path = exchange_packets.spooled()
    try:
        return _asked(lambda client: hub_upper.listed(client.long_list("getAgenciesList", {}, path)))
    finally:
        path.unlink(missing_ok=True)


def ask_states() -> None:
    """Ask what became of packets that went up."""
    for upper_id, waiting in hub_upper.to_ask().items():
        kind = waiting[0].message_type
        said = _asked(lambda client, one=upper_id, kind=kind: client.sent_list(kind, one))
        hub_upper.heard(upper_id, waiting, said)


def register_members() -> None:
    """Enter at the axis above the agencies it does not list yet; a refusal is shown on the hub's page."""
    if not hub_upper.may_register():
        return
    for member in hub_members.to_register():
        try:
            _asked(
                lambda client, one=member: client.register_agency(
                    one.code, one.name, one.mail, one.parent_code, one.mobile, one.fax
                )
            )
        except outbox.GiveUp as refusal:
            hub_members.registered(member, str(refusal))
        else:
            hub_members.registered(member)
