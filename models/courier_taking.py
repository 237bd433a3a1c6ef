"""Nhận gói mang tay: the signature judged, each packet taken through the same door as from the axis, answers applied.

Every packet is a step of its own: an interrupted taking goes on where it stopped, a bundle taken twice is taken once.
"""

import hashlib
from datetime import datetime
from pathlib import Path

from models import (
    agencies,
    clock,
    courier,
    courier_file,
    db,
    errors,
    exchange,
    exchange_packets,
    exchange_pins,
    exchange_sending,
    files,
    journal,
    outbox,
    quarantine,
    reception,
    reconciliation_partners,
)
from models.courier import CourierBundle, CourierItem

FORGED = (
    "Chữ ký của gói không đúng: gói đã bị sửa hoặc không do nơi gửi lập. Chưa có gì được nhận. "
    "Hãy giữ lại USB và báo người quản trị."
)
CHANGED = (
    "Gói ký bằng khóa khác với khóa đã biết của {name}. Chưa có gì được nhận. Nếu nơi gửi vừa cài lại máy chủ, người "
    "quản trị gọi điện xác nhận với họ rồi chấp nhận khóa mới; nếu không, đây có thể là gói giả."
)
TRUST = {
    "signed": "Chữ ký đúng, khóa đã biết của nơi gửi.",
    "first": "Chữ ký đúng. Đây là lần đầu nhận gói của nơi này; khóa của họ được ghi nhớ từ nay.",
}


def enter(actor, path: Path) -> CourierBundle:
    """Nhận một tệp gói mang tay: judged as a whole, then its packets are taken by a job.

    Raises Invalid for a file that is no bundle, Refused when it is not for this place, forged or our own.
    """
    with courier_file.opened(path) as bundle:
        key = f"in/{hashlib.sha256(bundle.manifest_bytes).hexdigest()}"
        known = CourierBundle.get_or_none(CourierBundle.key == key)
        if known:
            return _known(known, actor)
        manifest = bundle.manifest
        _check_addressed(actor, manifest)
        with db.write():
            partner = agencies.partner(manifest.sender_codes[0], manifest.sender_name)
            trust = exchange_pins.check_bytes(partner, bundle.manifest_bytes, bundle.signed)
            if trust not in TRUST:
                journal.record(
                    "refuse_bundle", actor, None, note=f"{manifest.code}: {trust}", data=bundle.signed
                )
        if trust not in TRUST:
            raise errors.Refused(FORGED if trust == "forged" else CHANGED.format(name=partner.name))
    return _entered(actor, path, key, manifest, partner, trust, bundle.signed)


def _known(known, actor):
    if known.agency_id != actor.agency_id:
        raise errors.Refused("Gói này đã được một cơ quan khác trong hệ thống nhận, không phải nhận lại.")
    return known


def _check_addressed(actor, manifest):
    if not manifest.sender_codes or not (manifest.packets or manifest.answers):
        raise courier_file.unfit("danh mục rỗng.")
    sender = agencies.by_code(manifest.sender_codes[0])
    if sender and sender.hosted:
        raise errors.Refused("Gói này do chính hệ thống này lập để gửi đi. Hãy đưa nó tới nơi nhận.")
    here = [agencies.by_code(code) for code in manifest.receiver_codes]
    if not any(agency and agency.hosted for agency in here):
        raise errors.Refused(
            "Gói này gửi cho nơi khác, không có gì cho các cơ quan của hệ thống này. Không có gì được mở."
        )


def _entered(actor, path, key, manifest, partner, trust, signed):
    stored = files.store(path)
    with db.write():
        known = CourierBundle.get_or_none(CourierBundle.key == key)
        if known:
            return _known(known, actor)
        row = CourierBundle.create(
            key=key, code=manifest.code, agency=actor.agency_id, partner=partner, partner_names=partner.name,
            direction="in", state="taking", made_at=clock.now(), made_by=actor.name, sha256=stored.sha256,
            size=stored.size, file=files.record(stored, f"{manifest.code}.zip", "application/zip"), trust=trust,
            key_id=str(signed.get("key_id", ""))[:128],
        )  # fmt: skip
        for number, packet in enumerate(manifest.packets, 1):
            CourierItem.create(
                bundle=row, number=number, sha256=packet.sha256, size=packet.size, type=packet.type
            )
        outbox.place("courier_take", row.id, f"courier_take:{row.id}", priority=2)
        journal.record("take_bundle", actor, row, to_state="taking", note=f"{manifest.code} của {partner.name}",
                       data={"sha256": stored.sha256, "trust": trust})  # fmt: skip
    return row


def carry_on(bundle: CourierBundle) -> None:
    """Take every packet not taken yet, then what the bundle says of ours; safe to call again at any time."""
    if bundle.state != "taking":
        return
    with courier_file.opened(bundle.file.path()) as file:
        for item in list(bundle.items.where(CourierItem.outcome == "").order_by(CourierItem.number)):
            _take(bundle, file, item)
        manifest = file.manifest
    with db.write():
        for answer in manifest.answers:
            _answered(bundle, answer)
        row = bundle.file
        # Every packet has its own place now; the whole is not kept, since one of them may be recalled.
        bundle.set(
            state="taken", failure="", file=None, ended_at=None if bundle.items.exists() else clock.now()
        )
        gone = files.release([row])
        _compare(bundle, manifest)
        journal.record("bundle_taken", None, bundle, "taking", "taken", bundle.code, data=tally(bundle))
    files.erase(gone)


def _compare(bundle, manifest):
    """The sender's books beside ours: its list is signed with the bundle (I7)."""
    try:
        since, made_at = (datetime.fromisoformat(said) for said in (manifest.held_since, manifest.made_at))
    except ValueError:
        return  # not told
    if since.tzinfo and made_at.tzinfo:
        lines = [(one.way, one.id, one.files) for one in manifest.held]
        reconciliation_partners.compare(bundle.agency, bundle.partner, lines, since, made_at)


def tally(bundle: CourierBundle) -> dict[str, int]:
    """Outcome → how many packets."""
    rows = CourierItem.select(CourierItem.outcome, db.fn.COUNT(CourierItem.id)).where(
        CourierItem.bundle == bundle
    )
    return dict(rows.group_by(CourierItem.outcome).tuples())


def _take(bundle, file, item):
    path = exchange_packets.spooled()
    try:
        fault = file.extract(item.number, path)
        if fault:
            _ended(item, "broken", f"{fault} Hãy đề nghị nơi gửi lập lại gói.")
            return
        _received(bundle, item, path)
    finally:
        path.unlink(missing_ok=True)


def _received(bundle, item, path):
    label = f"usb-{bundle.code}-{item.number}"
    try:
        receipts = reception.receive_from_courier(path, label, bundle.partner)
    except reception.NotHere:
        _ended(item, "not_ours", "Gói tin gửi cho nơi khác, không được mở.")
        return
    except errors.Invalid as error:
        held = quarantine.QuarantinedPacket.get_or_none(quarantine.QuarantinedPacket.sha256 == item.sha256)
        _ended(item, "unreadable", str(error), agency=held.agency if held else None)
        return
    first = receipts[0]
    agency = first.consignment.agency if first.consignment else first.message.agency
    with db.write():
        item.set(consignment=first.consignment, message=first.message if item.type == "status" else None)
        _ended(item, first.outcome, first.sentence, agency=agency)


def _ended(item, outcome, sentence="", agency=None):
    with db.write():
        item.set(
            outcome=outcome, sentence=sentence[:1000], ended_at=clock.now(), agency=agency or item.agency
        )


def _answered(bundle, answer):
    """One of our packets, as the other side says: acknowledged, or refused with the reason."""
    rows = (
        CourierItem.select(CourierItem, CourierBundle)
        .join(CourierBundle)
        .where(CourierItem.sha256 == answer.sha256, CourierBundle.agency == bundle.agency_id,
               CourierBundle.direction == "out", CourierBundle.state != "lost")
    )  # fmt: skip
    for item in list(rows):
        if not _is_of(bundle, item) or answer.outcome not in courier.OUTCOMES:
            continue
        if answer.outcome in courier.ARRIVED:
            _arrived(item, bundle)
        elif answer.outcome in ("conflict", "unreadable") and item.message_id is None:
            exchange_sending.mark_failed(
                item.consignment, answer.sentence or courier.OUTCOMES[answer.outcome]
            )
        if not item.outcome:
            _ended(item, answer.outcome, answer.sentence)
        settle(item.bundle)


def _is_of(bundle, item):
    """The bundle's sender may only speak of what was for it."""
    partner = item.consignment.partner_id if item.consignment_id else None
    return partner == bundle.partner_id


def _arrived(item, bundle):
    if item.message_id:
        message = item.message
        if message.sent_at is None:
            exchange_sending.mark_told(message, f"usb-{bundle.code}")
            _withdraw(message)
        return
    one = exchange.load(item.consignment_id)
    if one.acknowledged_at is None:
        exchange_sending.mark_sent(one, f"usb-{item.bundle.code}")
        journal.record("sent_by_courier", None, one.document, note=(
            f"{one.partner_name}: biên nhận về bằng gói USB {bundle.code}"
        ))  # fmt: skip


def _withdraw(message):
    """It has arrived: what still waits to send it has nothing to do."""
    orders = outbox.Order.select().where(
        outbox.Order.kind == "status", outbox.Order.subject_id == message.id, outbox.Order.state == "due"
    )
    for order in list(orders):
        outbox.finish(order)


def settle(bundle: CourierBundle) -> None:
    """A bundle is over when every packet of it has its outcome."""
    if bundle.state == "travelling" and not bundle.items.where(CourierItem.outcome == "").exists():
        with db.write():
            bundle.set(state="answered", ended_at=clock.now())
            journal.record("bundle_answered", None, bundle, "travelling", "answered", bundle.code)
