"""Rows → packets: what an outgoing document or a status message says on the wire."""

import uuid
from pathlib import Path

from models import agencies, documents, edxml, exchange, exchange_proofs, files, lookups, paper


def envelope_of(group: list[exchange.Consignment]) -> edxml.Envelope:
    """The packet of a document for these recipients: the released file first, then its annexes."""
    first = group[0]
    doc = first.document
    kind = lookups.document_type(doc.type_code)
    replaced, corrected = _links(doc, "replace"), _links(doc, "correct")
    return edxml.Envelope(
        sender=organ(doc.agency, first.own_code),
        recipients=tuple(organ(one.partner, one.partner_code) for one in group),
        document_id=first.wire_id,
        subject=doc.subject,
        code_number=doc.code_number,
        code_notation=doc.code_notation,
        place=doc.place or doc.agency.place,
        issued_date=doc.issued_date,
        type_code=kind.wire if kind else None,
        type_name=kind.name if kind else "",
        competence=lookups.CAPACITIES.get(doc.capacity, ""),
        signer_position=doc.signer_position,
        signer_name=doc.signer_name,
        due_date=doc.due_date,
        urgency=doc.urgency,
        issued_amount=doc.issued_amount,
        page_amount=doc.page_amount,
        answers=tuple(_answered(target) for target in _links(doc, "reply")),
        to_places=tuple(line.strip() for line in doc.to_places.splitlines() if line.strip()),
        paper=paper.goes_along(doc, [one.partner_id for one in group]),
        kind="replace" if replaced else "update" if corrected else "new",
        changed_document_id=exchange.wire_id(corrected[0]) if corrected and not replaced else "",
        content_changed=bool(corrected and not replaced),
        replacements=tuple(
            edxml.Replacement(exchange.wire_id(old), tuple(one.partner_code for one in group))
            for old in replaced
        ),
        traces=(edxml.Trace(first.own_code, edxml.moment(first.queued_at)),),
        attachments=tuple(_attachments(doc)),
    )


def status_of(message: exchange.StatusMessage) -> edxml.Status:
    """The packet of a status message."""
    return edxml.Status(
        sender=organ(message.agency, message.own_code),
        about=edxml.Answered(message.partner_code, message.code, message.wire_id, message.issued_date),
        status=message.status,
        description=message.description,
        at=message.at,
        staff=edxml.Staff(name=message.staff) if message.staff else None,
        proof=exchange_proofs.on_wire(message.proof),
    )


def organ(agency: agencies.Agency, code: str) -> edxml.Organ:
    """An agency as packets name it, under the code given."""
    return edxml.Organ(
        organ_id=code or agency.code, name=agency.name, in_charge=agency.parent_name, address=agency.address,
        email=agency.email, telephone=agency.telephone, fax=agency.fax, website=agency.website,
    )  # fmt: skip


def packet_name(wire_id: str, status: str = "") -> str:
    """A file name for a stored packet."""
    return f"{wire_id.replace('/', '-').replace(',', '_')}{'-' + status if status else ''}.edxml"[-150:]


def spooled() -> Path:
    """A fresh path in the spool for a packet being made or fetched; a killed process's one is removed at the start."""
    return files.spool() / f"box-{uuid.uuid4().hex}"


def _attachments(doc):
    main = documents.main_file(doc)
    if main:
        yield edxml.Attachment(main.name, main.path(), doc.subject[:200], sha256=main.sha256)
    for item in documents.attachments(doc):
        if item.kind == "annex":
            yield edxml.Attachment(item.file.name, item.file.path(), item.note, sha256=item.file.sha256)


def _links(doc, kind):
    return [link.target for link in documents.Link.select().where(
        documents.Link.source == doc, documents.Link.kind == kind)]  # fmt: skip


def _answered(target):
    return edxml.Answered(
        organ_id=target.organ_id, code=exchange.doc_code(target), document_id=target.document_id,
        issued_date=target.issued_date,
    )  # fmt: skip
