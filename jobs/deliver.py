"""Carries consignments and status messages to the axis, or to a neighbour in this installation: same packet, same way in.

A packet is made once and kept; each further try sends the same bytes. Nothing counts as sent before the answer.
"""

from jobs import axis, lines, runner
from models import (
    db,
    edxml_write,
    errors,
    exchange,
    exchange_axis,
    exchange_packets,
    exchange_sending,
    failpoints,
    files,
    outbox,
    reception,
)


def _delivery_failed(order, reason):
    for one in exchange_sending.together(exchange.load(order.subject_id)):
        exchange_sending.mark_failed(one, reason)


@runner.carries_out("deliver", gave_up=_delivery_failed)
def deliver(order):
    """Send a document to one recipient, or to all that share a packet. Raises Retry, GiveUp."""
    failpoints.reach("send.worker-claim")
    group = exchange_sending.together(exchange.load(order.subject_id))
    if not group:
        return  # sent, recalled or withdrawn meanwhile
    packet, name = _document_packet(group)
    group = exchange_sending.attempt(group, packet, name)
    if not group:
        return
    path = group[0].packet.path()
    if group[0].transport == "local":
        _hand_over(group[0], path)
        return
    try:
        axis_id = _send(path, "edoc", group[0].own_code, [one.partner_code for one in group])
    except axis.NotSent:
        exchange_sending.did_not_leave(group)
        raise
    except outbox.GiveUp:
        if len(group) == 1:
            raise
        exchange_sending.separate(group)
        return
    failpoints.reach("send.begin2")
    with db.write():
        for one in group:
            exchange_sending.mark_sent(one, axis_id)
    failpoints.reach("send.outbox-done")


def _hand_over(consignment, path):
    """The neighbour's own reception is the positive answer."""
    try:
        receipt = reception.receive(consignment.partner, path)
    except errors.Invalid as error:
        raise outbox.GiveUp(str(error)) from error
    except errors.Refused as error:
        raise outbox.Retry(str(error), for_ever=True) from error
    if receipt.outcome == "conflict":
        raise outbox.GiveUp(receipt.sentence)
    exchange_sending.mark_sent(consignment, f"noi-bo-{receipt.consignment.id}")


def _status_failed(order, reason):
    exchange_sending.mark_untold(exchange.StatusMessage.get_by_id(order.subject_id), reason)


@runner.carries_out("status", gave_up=_status_failed)
def tell(order):
    """Send a status message. Raises Retry, GiveUp."""
    message = exchange.StatusMessage.get_by_id(order.subject_id)
    if message.packet is None:
        stored, name = _status_packet(message)
        exchange_sending.bind_packet(message, stored, name)
    path = message.packet.path()
    failpoints.reach("status.send")
    if message.consignment.transport == "local":
        axis_id = _tell_neighbour(message, path)
    else:
        axis_id = _send(path, "status", message.own_code, [message.partner_code])
    exchange_sending.mark_told(message, axis_id)


def _tell_neighbour(message, path):
    try:
        receipt = reception.receive(message.consignment.partner, path)
    except errors.Invalid as error:
        raise outbox.GiveUp(str(error)) from error
    except errors.Refused as error:
        raise outbox.Retry(str(error), for_ever=True) from error
    return f"noi-bo-{receipt.message.id}"


def _send(path, message_type, own_code, receivers):
    try:
        with lines.line() as line:
            axis_id = line.send_edoc(path, message_type, own_code, receivers)
    except outbox.Retry as error:
        exchange_axis.note_trouble(str(error))
        raise
    exchange_axis.note_trouble("")
    return axis_id


def _document_packet(group):
    """The packet of the group: the one already made, else a new one on the disk for good."""
    bound = next((one.packet for one in group if one.packet), None)
    name = exchange_packets.packet_name(group[0].wire_id)
    if bound:
        return files.Stored(bound.sha256, bound.size), name
    return _stored(edxml_write.encode, exchange_packets.envelope_of(group), name)


def _status_packet(message):
    name = exchange_packets.packet_name(message.wire_id or message.code, message.status)
    return _stored(edxml_write.encode, exchange_packets.status_of(message), name)


def _stored(encode, content, name):
    path = exchange_packets.spooled()
    try:
        encode(content, path)
        failpoints.reach("send.packet-built")
        stored = files.store(path)
        failpoints.reach("send.packet-fsync")
    except errors.Invalid as error:
        raise outbox.GiveUp(str(error)) from error
    except errors.Refused as error:
        raise outbox.Retry(str(error), for_ever=True) from error
    except OSError as error:
        raise outbox.Retry(axis.DISK, for_ever=True) from error
    finally:
        path.unlink(missing_ok=True)
    return stored, name
