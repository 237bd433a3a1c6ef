"""Carries consignments and status messages to the axis, or to neighbours in this installation: same packet, same way in.

A packet is made once and kept; each further try sends the same bytes. Nothing counts as sent before the answer. When the
line is down nothing is tried and no try is used up; what fails for itself is tried as exchange_waits says, then a person
is called.
"""

import threading
from datetime import timedelta

from jobs import axis, lines, runner
from models import (
    clock,
    config,
    db,
    edxml_write,
    errors,
    exchange,
    exchange_attempts,
    exchange_axis,
    exchange_packets,
    exchange_sending,
    exchange_waits,
    failpoints,
    files,
    outbox,
    reception,
)

GIVEN_UP = "Đã thử lại đủ các lần mà chưa gửi được. Lần cuối: "
OTHER_ANSWER = "Trục trả lời bằng mã của gói tin khác, nên chưa coi là đã gửi. Hệ thống tự thử lại."
OTHER_FIRST = "Đường truyền đang bận với gói tin lớn khác; gói này chờ lượt."
URGENT_FIRST = "Nhường đường truyền cho văn bản khẩn; gói này gửi tiếp phần còn lại ngay sau."
EXTENDED_EVERY = timedelta(minutes=2)

_bulk_turn = (
    threading.Lock()
)  # one large packet at a time, so that small and urgent ones always find a worker


def _delivery_failed(order, reason):
    exchange_sending.mark_failed(exchange_sending.together(exchange.load(order.subject_id)), reason)


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
    if group[0].transport == "local":
        _hand_over(order, group)
        return
    try:
        axis_id, started = _send(order, group[0], "edoc", [one.partner_code for one in group])
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
        _note_taken(group[0], "edoc", started, axis_id)
        outbox.finish(order)
    failpoints.reach("send.outbox-done")


def _hand_over(order, group):
    """Each neighbour's own reception is the positive answer; one that cannot take it holds up no other."""
    started, faults, packet = clock.now(), [], group[0].packet
    lines_of = {one.partner_id: one for one in group}
    try:
        for agency, take in reception.receive_each([one.partner for one in group], packet.path()):
            fault = _handed(lines_of[agency.id], take)
            faults += [fault] if fault else []
            outbox.keep(order, EXTENDED_EVERY)
    except errors.Invalid as error:
        exchange_attempts.note("out", "edoc", packet.sha256, started, "refused", str(error))
        raise outbox.GiveUp(str(error)) from error
    outcome, words = ("later", faults[0]) if faults else ("ok", f"{len(group)} nơi nhận trong hệ thống")
    exchange_attempts.note("out", "edoc", packet.sha256, started, outcome, words)
    if faults:
        raise outbox.Retry(faults[0], for_ever=True)


def _handed(one, take):
    """Why this neighbour could not take it for the moment, "" when that is settled."""
    try:
        receipt = take()
    except errors.Invalid as error:
        exchange_sending.mark_failed([one], str(error))
    except errors.Refused as error:
        return str(error)
    else:
        if receipt.outcome == "conflict":
            exchange_sending.mark_failed([one], receipt.sentence)
        else:
            exchange_sending.mark_sent(one, f"noi-bo-{receipt.consignment.id}")
    return ""


def _status_failed(order, reason):
    exchange_sending.mark_untold(exchange.StatusMessage.get_by_id(order.subject_id), reason)


@runner.carries_out("status", gave_up=_status_failed)
def tell(order):
    """Send a status message. Raises Retry, GiveUp."""
    message = exchange.StatusMessage.get_by_id(order.subject_id)
    if message.packet is None:
        stored, name = _status_packet(message)
        exchange_sending.bind_packet(message, stored, name)
    failpoints.reach("status.send")
    if message.consignment.transport == "local":
        axis_id, started = _tell_neighbour(message, message.packet.path()), None
    else:
        axis_id, started = _send(order, message, "status", [message.partner_code])
    with db.write():
        exchange_sending.mark_told(message, axis_id)
        if started:
            _note_taken(message, "status", started, axis_id)
        outbox.finish(order)


@runner.carries_out("offer_again")
def offer_again(order):
    """The same packet once more to a recipient who has not fetched it; nothing else changes. Raises Retry, GiveUp."""
    one = exchange.load(order.subject_id)
    if one.state == "on_axis":
        axis_id, started = _send(order, one, "edoc", [one.partner_code])
        _note_taken(one, "edoc", started, axis_id)


def _tell_neighbour(message, path):
    try:
        receipt = reception.receive(message.consignment.partner, path)
    except errors.Invalid as error:
        raise outbox.GiveUp(str(error)) from error
    except errors.Refused as error:
        raise outbox.Retry(str(error), for_ever=True) from error
    return f"noi-bo-{receipt.message.id}"


# ---- by the axis ------------------------------------------------------------------------------------------------


def _send(order, row, message_type, receivers):
    """One try by the axis; returns (the axis's id, when it began). A failure is written down here.

    Raises Retry, NotSent, GiveUp.
    """
    packet, started = row.packet, clock.now()

    def ended(outcome, words):
        exchange_attempts.note("out", message_type, packet.sha256, started, outcome, words)

    try:
        axis_id = _by_line(order, packet, message_type, row.own_code, receivers)
        _check_own(axis_id, row)
    except axis.NotSent as error:
        exchange_axis.line_down(str(error), error.after)
        ended("no_line", str(error))
        raise
    except axis.LineFault as error:
        exchange_axis.line_down(str(error), error.after)
        ended("later", str(error))
        raise _later(order, row, error) from error
    except outbox.GiveUp as error:
        ended("refused", str(error))
        raise
    except outbox.Retry as error:
        if error.counts:
            if not config.current().hub:
                exchange_axis.note_trouble(str(error))
            ended("later", str(error))
        raise _later(order, row, error) from error
    if not config.current().hub:
        exchange_axis.note_trouble("")
    return axis_id, started


def _note_taken(row, message_type, started, axis_id):
    words = f"Trục nhận, cấp mã {axis_id}"
    exchange_attempts.note("out", message_type, row.packet.sha256, started, "ok", words, axis_id)


def _check_own(axis_id, row):
    """An answer that a confused proxy took from another call is none."""
    is_document = isinstance(row, exchange.Consignment)
    document, message = (row.document_id, None) if is_document else (None, row.id)
    if exchange_sending.belongs_elsewhere(axis_id, document, message):
        raise outbox.Retry(OTHER_ANSWER)


def _by_line(order, packet, message_type, own_code, receivers):
    path = packet.path()
    if packet.size <= axis.PART:
        with lines.line() as line:
            return line.send_edoc(path, message_type, own_code, receivers)
    if not _bulk_turn.acquire(blocking=False):
        raise outbox.Retry(OTHER_FIRST, after=3, counts=False)
    try:
        with lines.line(lambda: _between_parts(order)) as line:
            return line.send_edoc(path, message_type, own_code, receivers)
    finally:
        _bulk_turn.release()


def _between_parts(order):
    """A long transfer still lives; it steps aside for what is more urgent and goes on from there afterwards."""
    outbox.keep(order, EXTENDED_EVERY)
    if (outbox.waits_for(exchange_axis.LINE) or 0) > order.priority:
        raise outbox.Retry(URGENT_FIRST, after=1, counts=False)


def _later(order, row, error):
    """When this failure is tried again; GiveUp when it is a person's turn."""
    if not error.counts:
        return error
    wait = exchange_waits.next_wait(order, row.agency_id)
    if wait is None:
        return outbox.GiveUp(GIVEN_UP + str(error))
    return outbox.Retry(str(error), after=wait)


@runner.every(600)
def call_people() -> None:
    """Tell the clerks of documents that wait longer than the law leaves."""
    exchange_sending.call_for_waiting()


# ---- packets ----------------------------------------------------------------------------------------------------


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
