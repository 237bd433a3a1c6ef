"""Xác nhận khóa của nơi liên thông: an administrator has compared a fingerprint by telephone; what waited for it counts now."""

from models import (
    agencies,
    db,
    exchange,
    exchange_judging,
    exchange_keys,
    exchange_pins,
    exchange_proofs,
    parked,
)

NOT_FOUND = "Khóa đã được xác nhận; không tìm thấy văn bản «{about}» đã trao đổi với {name}."
REFUSED = (
    "Chữ ký KHÔNG ĐÚNG: quản trị đã gọi {name} và không công nhận khóa đã ký tin này, nên tin không được tính. "
    "Trạng thái văn bản giữ nguyên."
)


def waiting_of(row: exchange_pins.PartnerKey) -> list[exchange.StatusMessage]:
    """Messages signed with this key that wait for its confirmation, in the order of their chain."""
    message, proof = exchange.StatusMessage, exchange_proofs.Proof
    codes = agencies.AgencyCode.select(agencies.AgencyCode.code).where(
        agencies.AgencyCode.agency == row.partner_id
    )
    query = (
        message.select(message, proof)
        .join(proof)
        .where(
            message.proved_by == exchange_judging.UNKNOWN_KEY,
            proof.key_id == row.key_id,
            message.partner_code.in_(codes),
        )
    )
    return list(query.order_by(proof.seq, message.id))


def confirm(row: exchange_pins.PartnerKey, actor, read: str) -> int:
    """Xác nhận khóa; `read`: first and last group of the fingerprint as the other side read them out.

    Returns how many waiting messages count now. Raises Invalid, Refused, NotAllowed.
    """
    exchange_pins.compare(row, read)
    with db.write():
        exchange_pins.confirm(row, actor)
        waiting = waiting_of(row)
        for message in waiting:
            about = message.code or message.wire_id
            message.set(
                proved_by=exchange_judging.SIGNED,
                proof_note="",
                parked=NOT_FOUND.format(about=about, name=row.partner.name),
            )
        parked.rematch()
    return len(waiting)


def refuse(row: exchange_pins.PartnerKey, actor) -> int:
    """Không công nhận khóa: what it signed is forged. Returns how many messages that concerns. Raises Refused, NotAllowed."""
    with db.write():
        exchange_pins.refuse(row, actor)
        waiting = waiting_of(row)
        for message in waiting:
            message.set(
                proved_by=exchange_judging.FORGED,
                proof_note=f"ký bằng khóa không được công nhận ({exchange_keys.fingerprint(row.key_id)}).",
                parked=REFUSED.format(name=row.partner.name),
            )
    return len(waiting)
