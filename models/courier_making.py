"""Lập gói mang tay: the packets of a bundle are made, bound to their consignments, signed for and put into one file."""

from models import (
    clock,
    config,
    courier,
    courier_file,
    db,
    edxml_write,
    errors,
    exchange,
    exchange_keys,
    exchange_packets,
    exchange_sending,
    files,
    journal,
    reconciliation_partners,
)
from models.courier import CourierBundle, CourierItem


def make(bundle: CourierBundle) -> None:
    """Make the file of a bundle that waits for it; made twice it is made once. Raises Invalid when nothing is left.

    From the moment the file is there its documents may have left: a recall then asks instead of cancelling.
    """
    if bundle.state != "making":
        return
    kept, left = _chosen(bundle)
    answers = _answers(bundle)
    if not kept and not answers:
        raise errors.Invalid("Không còn gì để mang: các văn bản trong gói đã tới nơi hoặc đã thu hồi.")
    codes = [row.code for row in bundle.agency.codes if row.valid_to is None]
    own = bundle.agency.code
    manifest = courier_file.Manifest(
        code=bundle.code,
        made_at=clock.local(clock.now()).isoformat(timespec="seconds"),
        sender_codes=tuple(sorted(codes, key=lambda code: code != own)),
        sender_name=bundle.agency.name,
        receiver_codes=tuple(dict.fromkeys(_receivers(bundle, kept))),
        packets=tuple(courier_file.Packet(stored.sha256, stored.size, item.type) for item, stored in kept),
        answers=answers,
        **_books(bundle),
    ).to_bytes()
    signed = exchange_keys.sign_bytes(manifest)
    stored = _file(manifest, signed, kept)
    _finish(bundle, kept, left, stored, signed)


def _chosen(bundle):
    """(items that travel with their packets on the disk, how many did not fit)."""
    most = config.current().upload_megabytes << 20
    kept, size, left = [], 0, 0
    for item in list(bundle.items.order_by(CourierItem.number)):
        stored = _packet(item)
        if stored is None:
            continue
        if kept and size + stored.size > most:
            left += 1
            continue
        size += stored.size
        kept.append((item, stored))
    return kept, left


def _packet(item):
    """The packet of an item, made when it has none yet; None when it need not travel any more."""
    if item.message is not None:
        message = item.message
        if message.sent_at:
            return None
        if message.packet is None:
            name = exchange_packets.packet_name(message.wire_id or message.code, message.status)
            exchange_sending.bind_packet(message, _made(exchange_packets.status_of(message)), name)
        return files.Stored(message.packet.sha256, message.packet.size)
    one = exchange.load(item.consignment_id)
    if one.state not in exchange.UNSENT or one.recall_asked_at:
        return None
    if one.packet is None:
        _bind(one)
        one = exchange.load(one.id)
    return files.Stored(one.packet.sha256, one.packet.size)


def _bind(one):
    """Make the packet that would go over the axis: the same for all who share it, of his own for one who failed."""
    with db.write():
        if not one.partner_code:
            one.set(partner_code=one.partner.code)
        if one.state == "failed":
            one.set(alone=True)
    group = exchange_sending.together(one) or [one]
    bound = next((other.packet for other in group if other.packet), None)
    name = exchange_packets.packet_name(one.wire_id)
    stored = files.Stored(bound.sha256, bound.size) if bound else _made(exchange_packets.envelope_of(group))
    with db.write():
        fresh = [row for row in (exchange.load(other.id) for other in group) if row.packet is None]
        row = bound or (files.record(stored, name, "application/xml") if fresh else None)
        for other in fresh:
            other.set(packet=row)


def _made(content):
    path = exchange_packets.spooled()
    try:
        return files.store(edxml_write.encode(content, path))
    finally:
        path.unlink(missing_ok=True)


def _receivers(bundle, kept):
    if bundle.partner_id:
        yield from sorted(row.code for row in bundle.partner.codes)
    for item, _ in kept:
        yield item.partner_code


def _answers(bundle):
    """What became of every packet of the bundles that came from there and wait for their answer."""
    found = []
    for came in _waiting_for_answer(bundle):
        for item in came.items.order_by(CourierItem.number):
            if item.outcome:
                found.append(courier_file.Answer(item.sha256, item.outcome, _said(item)))
    return tuple(found)


def _books(bundle):
    """What our books say of the last weeks with this partner, for the daily comparison of the other side."""
    if not bundle.partner_id:
        return {}
    lines, since = reconciliation_partners.books(bundle.agency_id, bundle.partner_id)
    held = tuple(courier_file.Held(*line) for line in lines[: courier_file.MOST_HELD])
    complete = len(lines) <= courier_file.MOST_HELD
    return {"held": held, "held_since": since.isoformat() if complete else ""}


def _said(item):
    return item.sentence if item.outcome in courier.REFUSED and item.outcome != "not_ours" else ""


def _waiting_for_answer(bundle):
    rows = CourierBundle.select().where(
        CourierBundle.agency == bundle.agency_id, CourierBundle.direction == "in", CourierBundle.state == "taken",
        CourierBundle.ended_at.is_null(),
    )  # fmt: skip
    mine = rows.where(CourierBundle.partner == bundle.partner_id) if bundle.partner_id else rows
    return list(mine.order_by(CourierBundle.id))


def _file(manifest, signed, kept):
    path = exchange_packets.spooled()
    try:
        packets = [files.place(stored.sha256) for _, stored in kept]
        return files.store(courier_file.write(manifest, signed, packets, path))
    finally:
        path.unlink(missing_ok=True)


def _finish(bundle, kept, left, stored, signed):
    with db.write():
        if CourierBundle.get_by_id(bundle.id).state != "making":
            return  # given up meanwhile
        travelling = {item.id for item, _ in kept}
        for item in list(bundle.items):
            if item.id not in travelling:
                item.delete_instance()
        for number, (item, packet) in enumerate(kept, 1):
            item.set(number=number, sha256=packet.sha256, size=packet.size)
            if item.message_id is None:
                _leaves(exchange.load(item.consignment_id), bundle)
        for came in _waiting_for_answer(bundle):
            came.set(ended_at=clock.now())
        name = f"vanthu-usb_{bundle.code}.zip"
        note = courier._left_over(left) or bundle.failure
        bundle.set(state="travelling", file=files.record(stored, name, "application/zip"), sha256=stored.sha256,
                   size=stored.size, key_id=signed["key_id"], failure=note)  # fmt: skip
        journal.record("bundle_made", None, bundle, "making", "travelling", bundle.code,
                       {"sha256": stored.sha256, "packets": len(kept)})  # fmt: skip


def _leaves(one, bundle):
    one.set(attempted_at=one.attempted_at or clock.now(), tries=one.tries + 1)
    journal.record("by_courier", None, one.document, note=(
        f"{one.partner_name}: đi bằng USB, gói {bundle.code}, người mang: {bundle.carrier}"
    ))  # fmt: skip
