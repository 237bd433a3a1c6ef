"""Issued letters for the tests of exchange: a document with its released PDF, sent as outgoing.issue sends it."""

from datetime import date

from models import clock, db, documents, exchange, files, outgoing

assert outgoing  # declares the steps of the flow
PDF = b"%PDF-1.7\n% thu mau\n%%EOF\n"


def issued(sender, receivers, number="12", content=PDF, annex=None, **fields) -> documents.Document:
    """An issued letter of the Actor `sender` to these agencies, dispatched (consignments and orders placed)."""
    main = files.put(content, "cong-van.pdf", "application/pdf")
    extra = files.put(annex, "bang-ke.xlsx", "application/vnd.ms-excel") if annex else None
    values = {
        "subject": "Về việc báo cáo kết quả quý I", "type_code": "CV", "code_number": number, "code_notation": "SKH-KH",
        "issued_date": date(2026, 3, 2), "organ_name": sender.agency.name, "organ_id": sender.agency.code,
        "place": sender.agency.place, "signer_name": "Lê Văn Minh", "signer_position": "Giám đốc", "page_amount": 2,
        "to_places": "Như trên\nLưu: VT", "document_id": f"{sender.agency.code},2026/03/02,{number}/SKH-KH",
    }  # fmt: skip
    with db.write():
        doc = documents.Document.create(
            agency=sender.agency, flow="outgoing", state="issued", source="draft", created_at=clock.now(),
            issued_at=clock.now(), **(values | fields),
        )  # fmt: skip
        documents.add_version(doc, main, "sealed", sender)
        if extra:
            documents.attach(doc, extra, "annex", "Bảng kê")
        for agency in receivers:
            documents.Recipient.create(document=doc, agency=agency, name=agency.name)
        exchange.dispatch(doc, sender)
    return doc


def lines(doc) -> dict[str, str]:
    """Recipient's short name → state, as the ledger shows it."""
    return {one.partner.short_name: one.state for one in exchange.sent(doc)}


def arrived(agency) -> list[documents.Document]:
    """Incoming documents of an agency, oldest first."""
    model = documents.Document
    return list(model.select().where(model.agency == agency, model.flow == "incoming").order_by(model.id))
