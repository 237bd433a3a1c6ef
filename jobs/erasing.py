"""Thu hồi (Quy chế 12.6): what was recalled is erased, and only then it is said; orders that got no answer go out otherwise."""

from jobs import lines, runner
from models import (
    clock,
    db,
    edxml_write,
    errors,
    exchange,
    exchange_packets,
    exchange_sending,
    failpoints,
    files,
    outbox,
    recalls,
    recalls_contents,
    recalls_decisions,
    recalls_forms,
    recalls_ledger,
    recalls_rows,
)

QUARTER_HOUR, HOUR = 900, 3600
PATIENT_TRIES = 3  # how often a reader that keeps the old log busy is waited for before the answer goes out


@runner.carries_out("erase")
def erase(order: outbox.Order) -> None:
    """Erase the bytes of one recall, note it in the ledger that restores replay, and confirm (15). Raises Retry."""
    recall = recalls_rows.Recall.get_by_id(order.subject_id)
    if recalls_contents.erase(recall):
        raise outbox.Retry(
            "Nội dung đang được một việc khác lưu; xóa ngay khi việc đó xong.", after=2, for_ever=True
        )
    emptied = db.empty_log()
    if not emptied and order.attempts < PATIENT_TRIES:
        raise outbox.Retry(
            "Còn người đọc bản cũ của cơ sở dữ liệu; xóa dấu vết ngay khi họ đọc xong.", after=1
        )
    recalls_ledger.note(recall)
    with db.write():
        recalls.confirm(recall)
        later = recalls_contents.next_due(recall)
        if later is not None:
            outbox.place(
                "erase", recall.id, f"erase:{recall.id}:{later:%Y%m%d%H%M%S}", after_seconds=_until(later)
            )
        outbox.finish(order)
    failpoints.reach("recall.confirm-sent")


def _until(moment) -> int:
    return max(1, int((moment - clock.now()).total_seconds()) + 1)


@runner.carries_out("decide_recall")
def decide(order: outbox.Order) -> None:
    """The head's time to object is over: the document is cancelled by itself."""
    recalls_decisions.accept(recalls_rows.Recall.get_by_id(order.subject_id))


def _packet_failed(order, reason):
    exchange_sending.mark_untold(exchange.StatusMessage.get_by_id(order.subject_id), reason)


@runner.carries_out("recall_packet", gave_up=_packet_failed)
def send_packet(order: outbox.Order) -> None:
    """Send the order as a packet of kind 1. Raises Retry, GiveUp."""
    message = exchange.StatusMessage.get_by_id(order.subject_id)
    if message.packet is None:
        stored, name = _made(message)
        exchange_sending.bind_packet(message, stored, name)
    with lines.line() as line:
        axis_id = line.send_edoc(message.packet.path(), "edoc", message.own_code, [message.partner_code])
    exchange_sending.mark_told(message, axis_id)


def _made(message):
    path = exchange_packets.spooled()
    try:
        edxml_write.encode(recalls_forms.envelope(message), path)
        return files.store(path), exchange_packets.packet_name(message.wire_id or message.code, "thu-hoi")
    except errors.Invalid as error:
        raise outbox.GiveUp(str(error)) from error
    except errors.Refused as error:
        raise outbox.Retry(str(error), for_ever=True) from error
    finally:
        path.unlink(missing_ok=True)


@runner.every(QUARTER_HOUR)
def ask_otherwise() -> None:
    """Partners that did not answer one form of recall get the other, once."""
    for one in recalls_forms.unanswered():
        with db.write():
            recalls_forms.ask_otherwise(one)


@runner.every(HOUR)
def cancel_old() -> None:
    """What an earlier release had only closed is erased as well."""
    model = recalls_rows.Recall
    for recall in list(model.select().where(model.stage == "old").limit(50)):
        recalls_decisions.cancel_old(recall)
