"""Hai dạng lệnh thu hồi trên trục: status message 13, and a packet of kind 1; which one a partner answers is learnt.

A partner that has not answered one form for four working hours gets the other as well, once; at a receiver of ours both
are one recall (exchange.md c, c.1).
"""

from dataclasses import replace
from datetime import timedelta

from models import clock, edxml, exchange, exchange_axis, exchange_packets, exchange_proofs, outbox, workdays
from models.recalls_rows import RecallForm

STATUS, PACKET = "status", "packet"
PATIENCE = timedelta(hours=4)  # working hours


def ask(one: exchange.Consignment, said: str, actor=None) -> None:
    """Send the order in the form this partner answers; inside the write() of the recall."""
    if _known(one) == PACKET:
        _by_packet(one, said)
    else:
        exchange.tell(one, "recall_asked", said, actor)


def ask_otherwise(one: exchange.Consignment) -> None:
    """The other form too. Inside write()."""
    first = _asked(one)[0]
    if first.key.endswith(f":{PACKET}"):
        exchange.tell(one, "recall_asked", first.description)
    else:
        _by_packet(one, first.description)


def again(one: exchange.Consignment) -> None:
    """The same order once more, in the form it went out last. Inside write()."""
    last = _asked(one)[-1]
    occasion = f"press:{clock.now():%Y%m%d%H%M%S}"
    if not last.sent_at:
        return  # it is still on its way
    if last.key.endswith(f":{PACKET}"):
        _place_packet(last, f"recall_packet:{last.id}:{occasion}")
    else:
        exchange.tell_again(last, occasion)


def unanswered() -> list[exchange.Consignment]:
    """Recipients on an axis that got one form, have had four working hours for it, and said nothing."""
    model, found = exchange.Consignment, []
    rows = model.select().where(
        model.direction == "out", model.transport == "axis", model.state == "recall_asked",
        model.recall_asked_at < clock.now() - PATIENCE,
    )  # fmt: skip
    limits = {}
    for one in rows:
        asked = _asked(one)
        if one.agency_id not in limits:
            limits[one.agency_id] = workdays.calendar(one.agency_id).before(clock.now(), PATIENCE)
        if len(asked) == 1 and asked[0].sent_at and asked[0].sent_at <= limits[one.agency_id]:
            found.append(one)
    return found


def learn(one: exchange.Consignment) -> None:
    """An answer came: if it came only after the second form, that is the one to begin with next time. Inside write()."""
    asked = _asked(one)
    if len(asked) < 2 or one.partner_id is None or not asked[1].sent_at:
        return
    form = PACKET if asked[1].key.endswith(f":{PACKET}") else STATUS
    row = RecallForm.get_or_none(RecallForm.partner == one.partner_id)
    if row:
        row.set(form=form, noted_at=clock.now())
    else:
        RecallForm.create(partner=one.partner_id, form=form, noted_at=clock.now())


def envelope(message: exchange.StatusMessage) -> edxml.Envelope:
    """The packet of kind 1: the document's data again, with the order as its reason, without its files."""
    one = message.consignment
    proof = exchange_proofs.on_wire(message.proof)
    return replace(
        exchange_packets.envelope_of([one]), kind="recall", reason=message.description, replacements=(), attachments=(),
        answers=(), changed_document_id="", content_changed=False, receivers_changed=False, receivers=(),
        traces=(edxml.Trace(one.own_code, edxml.moment(message.at)),), proofs=(proof,) if proof else (),
    )  # fmt: skip


def _by_packet(one, said):
    key = f"out/{one.id}/recall_asked:{PACKET}"
    if exchange.StatusMessage.get_or_none(exchange.StatusMessage.key == key):
        return
    now = clock.now()
    message = exchange.StatusMessage.create(
        key=key, agency=one.agency, direction="out", consignment=one, status="recall_asked", description=said, at=now,
        taken_at=now, proof=exchange_proofs.of_status(one, "recall_asked", said, "", now),
        partner_code=one.partner_code, own_code=one.own_code, wire_id=one.wire_id, code=one.code,
        issued_date=one.issued_date,
    )  # fmt: skip
    _place_packet(message, f"recall_packet:{message.id}")


def _place_packet(message, key):
    lanes = {exchange.message_lane(message.consignment): 0}
    outbox.place("recall_packet", message.id, key, 1, line=exchange_axis.LINE, lanes=lanes)


def _known(one) -> str:
    if one.transport != "axis" or one.partner_id is None:
        return STATUS
    row = RecallForm.get_or_none(RecallForm.partner == one.partner_id)
    return row.form if row else STATUS


def _asked(one) -> list[exchange.StatusMessage]:
    model = exchange.StatusMessage
    rows = one.messages.where(model.direction == "out", model.status == "recall_asked")
    return list(rows.order_by(model.id))
