"""Đối soát với nơi liên thông: the books of two of our installations laid beside each other, each signed by its keeper.

A bundle carries its maker's list of the last weeks: what it sent and has a receipt for, and what it received. Losses
that neither side can see alone come out: a receipt for a document that is not there, other content under one number.
"""

from datetime import datetime, timedelta

from models import clock, documents, exchange, exchange_proofs, reconciliation
from models.reconciliation import Found

WINDOW = timedelta(days=40)
MARGIN = timedelta(hours=24)  # what was under way when the list was made says nothing


def books(agency_id: int, partner_id: int) -> tuple[list[tuple], datetime]:
    """([(way, wire id, hashes of the files)], since when) of one agency with one partner, the newest first."""
    since = clock.now() - WINDOW
    lines = []
    for one in _between(agency_id, partner_id):
        if one.direction == "in" and one.arrived_at and one.arrived_at >= since:
            lines.append(("received", one.wire_id, _hashes(one)))
        elif one.direction == "out" and one.arrived_at and one.queued_at >= since:
            lines.append(("sent", one.wire_id, _hashes(one)))
    return lines, since


def _between(agency_id, partner_id):
    model = exchange.Consignment
    rows = model.select(model, documents.Document).join(documents.Document)
    return rows.where(model.agency == agency_id, model.partner == partner_id, model.wire_id != "").order_by(
        model.id.desc()
    )


def _hashes(one):
    if one.document.is_recalled:
        return ()
    return tuple(sorted(part["sha256"] for part in exchange_proofs.parts_of(one.document)))


def compare(agency, partner, lines, since: datetime, made_at: datetime):
    """Lay the partner's list beside our lines with it; returns the run. What both agree on is silent."""
    theirs = {"sent": {}, "received": {}}
    for way, wire_id, hashes in lines:
        theirs[way].setdefault(wire_id, set()).add(tuple(hashes))
    ours = list(_between(agency.id, partner.id))
    found = [one for line in ours if line.direction == "out"
             for one in _sent_by_us(line, theirs["received"], since, made_at)]  # fmt: skip
    model = exchange.Consignment
    came = model.select(model.wire_id).where(
        model.agency == agency, model.partner == partner, model.direction == "in"
    )
    here = {one.wire_id for one in came}
    for wire_id in theirs["sent"].keys() - here:
        found.append(Found("not_here", f"not_here/{agency.id}/{partner.id}/{wire_id}", (
            f"{partner.name} có biên nhận của mình cho văn bản «{wire_id[:200]}», nhưng ở đây không có văn bản đó."
        ), agency.id, None, ""))  # fmt: skip
    return reconciliation.note(len(ours), found, f"partner:{agency.id}:{partner.id}")


def _sent_by_us(line, received, since, made_at):
    if (
        line.acknowledged_at is None
        or not since + MARGIN <= line.queued_at <= line.acknowledged_at < made_at - MARGIN
    ):
        return
    if line.state in ("failed", "refused", "queued"):
        return
    if line.wire_id not in received:
        yield reconciliation.difference("not_there", line, (
            f"Sổ của {line.partner_name} (ký lúc {clock.local(made_at):%H:%M %d/%m/%Y}) không có văn bản {line.code}, "
            f"trong khi ở đây ghi «{line.label}»."
        ))  # fmt: skip
        return
    mine = _hashes(line)
    if mine and () not in received[line.wire_id] and mine not in received[line.wire_id]:
        yield reconciliation.difference("other_content", line, (
            f"{line.partner_name} giữ văn bản {line.code} với tệp khác tệp đã gửi (mã băm không khớp)."
        ))  # fmt: skip
