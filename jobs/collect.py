"""Fetches waiting packets from the axis: list → get → store and receive → only then «done».

Whatever breaks in between, the packet stays in the axis's list and comes again; the rows make the second time harmless.
"""

import hashlib
import logging
import threading
from datetime import timedelta

from jobs import axis, axis_parts, lines, runner
from models import (
    clock,
    config,
    db,
    errors,
    exchange_attempts,
    exchange_axis,
    exchange_packets,
    exchange_sending,
    failpoints,
    outbox,
    quarantine,
    reception,
    vault,
    vxp,
)

log = logging.getLogger("vanthu.collect")
STATUSES = {"status", "recall", "parked"}
OTHER_PACKET = "Trục trả về một gói tin khác với gói đã hỏi; không nhận gói này, hệ thống tự hỏi lại."
_turn = threading.Lock()


@runner.every(lambda: config.current().collect_seconds)
def look() -> None:
    """Ask the axis, beside whatever else happens by itself; never twice at once."""
    if lines.is_declared() and not _turn.locked():
        threading.Thread(target=_in_thread, name="collect", daemon=True).start()


def _in_thread():
    with db.connection():
        try:
            collect()
        except outbox.Retry as trouble:
            log.warning("axis: %s", trouble)
        finally:
            db.database.close()


def collect() -> int:
    """Fetch everything that waits now; returns how many packets were taken. Raises Retry when the axis is away."""
    if not lines.is_declared() or not _turn.acquire(blocking=False):
        return 0
    try:
        with lines.line() as client:
            count = sum(_fetch_all(client, message_type) for message_type in ("edoc", "status"))
        if not config.current().hub:
            exchange_axis.note_trouble("")
        return count
    except axis.LineFault as fault:
        if fault.for_ever or fault.after is not None:
            exchange_axis.line_down(str(fault), fault.after)
        else:
            exchange_axis.note_trouble(str(fault))
        raise
    except (outbox.Retry, outbox.GiveUp, errors.Refused) as trouble:
        if not config.current().hub:
            exchange_axis.note_trouble(str(trouble))
        raise outbox.Retry(str(trouble)) from trouble
    except (OSError, db.OperationalError) as trouble:
        log.error("collect: %s", trouble)
        raise outbox.Retry(axis.DISK) from trouble
    finally:
        _turn.release()


@runner.every(900)
def ask_about_sent() -> None:
    """Sendings nobody has confirmed: a receiver that could not take the packet has told the axis so."""
    waiting = exchange_sending.unconfirmed(timedelta(minutes=10)) if lines.is_declared() else []
    if not waiting:
        return
    with lines.line() as client:
        for axis_id in dict.fromkeys(one.axis_id for one in waiting):
            rows = [row for row in client.sent_list("edoc", axis_id) if row.get("senderDocId") == axis_id]
            failed = {
                row.get("toCode"): row.get("receiveStatusDesc")
                for row in rows
                if row.get("receiveStatus") == "fail"
            }
            for one in waiting:
                if one.axis_id == axis_id and one.partner_code in failed:
                    exchange_sending.mark_unread(
                        one, f"Nơi nhận không đọc được gói tin: {failed[one.partner_code]}"
                    )


def _fetch_all(client, message_type):
    """One packet that cannot be fetched holds up no other; an axis that is away ends the round."""
    count, troubles = 0, []
    for row in client.received_list(message_type):
        axis_id = row.get("docId") or row.get("DocId")
        if not isinstance(axis_id, str) or not axis_id or row.get("status") == "done":
            continue
        if quarantine.refused_before(axis_id):
            continue  # it lies here, and the axis was told
        try:
            _fetch(client, axis_id, str(row.get("hash") or ""))
            count += 1
        except (outbox.Retry, outbox.GiveUp) as trouble:
            if getattr(trouble, "for_ever", False):
                raise
            log.warning("packet %s: %s", axis_id, trouble)
            troubles.append(trouble)
    if troubles:
        raise troubles[0]
    return count


def _fetch(client, axis_id, sha256):
    """`sha256`: what our own hubs say of the packet in their list, "" where the axis says nothing."""
    started = clock.now()
    untold = exchange_attempts.untold(axis_id, sha256)
    if untold:  # it is here for good, only the axis has not heard so: not a byte of it comes again
        _tell(client, axis_id, sha256, untold.kind, "", started)
        return
    path = exchange_packets.spooled()
    try:
        client.get_edoc(axis_id, path)
        found = _hash(path)
        if sha256 and found != sha256:
            raise outbox.Retry(OTHER_PACKET)
        failpoints.reach("receive.hash-checked")
        kind, words = _received(path, axis_id)
    finally:
        path.unlink(missing_ok=True)
    failpoints.reach("receive.reply-half")
    _tell(client, axis_id, found, kind, words, started)


def _tell(client, axis_id, sha256, kind, words, started):
    """Report to the axis what became of a packet: done, or fail and why (`words`). That a report was cut is kept."""
    outcome = "fail" if words else "done"
    try:
        client.update_status(axis_id, outcome, words)
    except outbox.Retry:
        if not words:
            exchange_attempts.note("in", kind, sha256, started, exchange_attempts.UNTOLD, "", axis_id)
        raise
    failpoints.reach("receive.reply-sent")
    said = words or f"Đã nhận và báo trục «{outcome}»"
    exchange_attempts.note("in", kind, sha256, started, "refused" if words else "ok", said, axis_id)


def _hash(path):
    hashed = hashlib.sha256()
    with path.open("rb") as source:
        while piece := source.read(1 << 20):
            hashed.update(piece)
    return hashed.hexdigest()


def _received(path, axis_id):
    """(kind, why it can never be taken): "" once it is in our database."""
    try:
        receipts = reception.receive_from_axis(path, axis_id)
    except errors.Invalid as error:
        log.error("packet %s: %s", axis_id, error)
        return "edoc", str(error) or "Gói tin không đọc được."
    conflict = next((receipt.sentence for receipt in receipts if receipt.outcome == "conflict"), "")
    kind = "status" if any(receipt.outcome in STATUSES for receipt in receipts) else "edoc"
    return kind, conflict


@runner.carries_out("check_axis")
def check(_order):
    """One harmless call; the connection remembers how it went."""
    _asked(lambda client: client.received_list("edoc"))


def _asked(call):
    """What the axis answers, None when it did not; the connection remembers which."""
    if exchange_axis.connected() is None:
        return None
    try:
        with lines.upper() as client:
            answer = call(client)
    except axis.LineFault as fault:
        exchange_axis.line_down(str(fault), fault.after)
        return None
    except (outbox.Retry, outbox.GiveUp, errors.Refused) as trouble:
        exchange_axis.note_trouble(str(trouble))
        return None
    exchange_axis.note_trouble("")
    return answer


@runner.every(86400)
def sweep_transfers() -> None:
    """Begun downloads that nobody goes on with are taken away."""
    axis_parts.sweep()


# ---- whether the line is back -----------------------------------------------------------------------------------


@runner.every(1)
def watch() -> None:
    """Look whether a line that was down is back: one look at a time, in a thread of its own."""
    if exchange_axis.take_probe():
        threading.Thread(target=_watching, name="probe", daemon=True).start()


def _watching():
    with db.connection():
        try:
            probe()
        finally:
            db.database.close()


def probe() -> bool:
    """One look; True when the line is up. What waited is carried out at once."""
    try:
        with lines.upper() as client:
            client.is_there()
    except axis.LineFault as fault:
        exchange_axis.line_down(str(fault), fault.after)
        return False
    except (outbox.Retry, outbox.GiveUp) as trouble:
        log.warning("axis answers, but not as it should: %s", trouble)
    exchange_axis.line_up()
    runner.wake("deliver", "status")
    return True


@runner.carries_out("next_secret")
def try_next_secret(_order):
    """Nhập khóa bí mật mới: the old one works on until the axis has accepted the new one."""
    row = exchange_axis.connected()
    if row is None or not row.locked_next_secret:
        return
    with axis.Client(row.url, row.system_id, vault.unlock(row.locked_next_secret)) as client:
        try:
            client.is_there()
        except axis.NotSent as fault:
            if fault.code != vxp.BAD_SECRET:
                raise outbox.Retry(str(fault), after=60, counts=False) from fault
            exchange_axis.refuse_next_secret(row, str(fault))
            return
    exchange_axis.adopt_next_secret(row)
