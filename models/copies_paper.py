"""Văn bản phát hành bản giấy (Quy chế 12.5; ND30 Điều 15.3, 18.6): registered, digitised, sealed as a sao y, released.

It is an outgoing document with the number of the one book paper and electronic ones share (15.1); the steps and the guards
of its release stand with those of all outgoing documents. The number is taken first, so that it can be written on the paper
before it is scanned.
"""

from models import (
    clock,
    copies,
    copies_rules,
    db,
    documents,
    drafts,
    edxml,
    errors,
    journal,
    lookups,
    outgoing,
    permissions,
    registers,
    workdays,
    workflow,
)

CLERK = lookups.CLERK


def register(actor, fields: dict, recipients=(), names=(), day=None, scan: copies_rules.Scan | None = None):
    """Đăng ký văn bản phát hành bản giấy: number and date from the book of outgoing documents (15.1, 15.3).

    `fields`: those of a draft with its `signer`; `day`: the day on the paper, today or since the last working day.
    Raises Invalid, Refused (a day before the last number), NotAllowed; then no number is used.
    """
    permissions.require(actor, CLERK)
    day = day or clock.today()
    values = drafts.described(actor.agency, actor.post.unit, fields)
    drafts.refuse_secrets(values)
    wrong = _wrong(actor, values, recipients, names, day)
    if wrong:
        raise errors.Invalid(wrong)
    with db.write():
        doc = workflow.begin(
            "outgoing", "paper_issued", actor, "Phát hành bản giấy", agency=actor.agency, source="paper",
            created_at=clock.now(), unit=actor.post.unit, organ_name=actor.agency.name,
            parent_organ_name=actor.agency.parent_name, organ_id=actor.agency.code, place=actor.agency.place,
        )  # fmt: skip
        drafts.write(doc, values)
        drafts.address(doc, recipients, names)
        _take_number(doc, actor, day)
        copies.Copy.create(
            document=doc, source=doc, form="sao_y", source_medium=copies_rules.PAPER, medium=copies_rules.ELECTRONIC,
            purpose="Phát hành văn bản điện tử từ văn bản giấy (Quy chế 12.5)", made_by=actor.post, made_at=clock.now(),
        )  # fmt: skip
        if scan:
            copies.keep_scan(doc, actor, scan)
        permissions.grant(doc, "Người ký", post=doc.signer)
        doc.set(printed_copies=1)  # it is on paper, signed and stamped by hand
        documents.hand_to(doc, actor.post)
    return doc


def add_scan(doc, actor, scan: copies_rules.Scan) -> None:
    """Tải bản quét lên (10.1, 12.5); after the seal it goes back one step and is sealed anew. Raises Refused, NotAllowed."""
    permissions.require(actor, CLERK)
    with db.write():
        if documents.Document.get_by_id(doc.id).state == "sealed":
            workflow.step(doc, "rescan", actor, scan.name)
            doc.set(verdict="", verdict_note="")
        elif doc.state != "paper_issued" or doc.source != "paper":
            raise errors.Refused(f"Văn bản đang «{workflow.label(doc)}» nên không thay bản quét được.")
        copies.keep_scan(doc, actor, scan)
        journal.record("new_version", actor, doc, doc.state, doc.state, scan.name)


def void(doc, actor, reason: str) -> None:
    """Hủy đăng ký nhầm: the number stays in the book with its reason and is never used again (ND30 Điều 15)."""
    reason = outgoing.needed_reason(reason)
    with db.write():
        workflow.step(doc, "void_paper", actor, reason)
        outgoing.void_number(doc, actor, reason)
        documents.hand_to(doc, None)


def _take_number(doc, actor, day) -> None:
    book = registers.of(doc.agency_id, "outgoing", doc.type_code)
    taken = registers.take(book, day, doc)
    code = edxml.joined_code(str(taken), doc.code_notation)
    doc.set(code_number=str(taken), issued_date=day, register_id=book.id, register_year=day.year,
            document_id=f"{doc.agency.code},{edxml.day(day)},{code}")  # fmt: skip
    documents.index(doc)
    journal.record("take_number", actor, doc, doc.state, doc.state, f"Số {doc.number_text}",
                   {"number": taken, "year": day.year, "document_id": doc.document_id})  # fmt: skip


def _wrong(actor, values, recipients, names, day) -> dict:
    found = {}
    if not values.get("signer"):
        found["signer"] = "Hãy chọn người đã ký văn bản giấy."
    if not recipients and not any(names):
        found["recipients"] = "Hãy chọn ít nhất một nơi nhận."
    if day > clock.today() or workdays.calendar(actor.agency_id).add(day, 1) < clock.today():
        found["day"] = (
            "Văn bản giấy được cấp số chậm nhất ngày làm việc sau ngày ký: ngày phải là hôm nay hoặc ngày làm việc "
            "trước (ND30 Điều 15.3)."
        )
    return found
