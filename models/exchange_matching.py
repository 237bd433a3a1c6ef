"""Which of our consignments a status message speaks of (QĐ 28 Điều 6.3): ids are not always what was sent."""

from models import agencies, edxml, exchange


def match(agency, status: edxml.Status, direction: str) -> exchange.Consignment | None:
    """The consignment a status speaks of: by exact id; else number and day; else number within a year."""
    about = status.about
    return _match(agency, status.sender.organ_id, direction, about.document_id, about.code, about.issued_date)


def match_message(message: exchange.StatusMessage) -> exchange.Consignment | None:
    """The same for a message that waits, since its document may have come meanwhile."""
    direction = "in" if message.status == "recall_asked" else "out"
    return _match(
        message.agency, message.partner_code, direction, message.wire_id, message.code, message.issued_date
    )


def _match(agency, sender_code, direction, wire_id, code, issued_date):
    model = exchange.Consignment
    sender = agencies.by_code(sender_code)
    theirs = model.partner_code == sender_code
    if sender:
        theirs |= model.partner.in_(agencies.forerunners(sender))
    found = list(
        model.select()
        .where(model.agency == agency, model.direction == direction, theirs)
        .where((model.wire_id == wire_id) | (model.code == code))
        .order_by(model.id.desc())
    )
    exact = [one for one in found if wire_id and one.wire_id == wire_id]
    same_code = [one for one in found if code and one.code == code]
    same_day = [one for one in same_code if one.issued_date == issued_date]
    same_year = [one for one in same_code if _within_a_year(one.issued_date, issued_date)]
    return next((group[0] for group in (exact, same_day, same_year) if group), None)


def holders_of(status: edxml.Status) -> list[agencies.Agency]:
    """The agencies here that hold the document a recall speaks of: some senders swap the roles in message 13."""
    model = exchange.Consignment
    about = status.about
    named = (model.wire_id == about.document_id) if about.document_id else (model.code == about.code)
    rows = model.select(model.agency).where(
        model.direction == "in", model.partner_code == status.sender.organ_id, named, model.wire_id != ""
    )  # fmt: skip
    return (
        list({row.agency_id: row.agency for row in rows}.values()) if about.document_id or about.code else []
    )


def _within_a_year(one, other):
    return one is None or other is None or abs((one - other).days) <= 366
