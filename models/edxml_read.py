"""Reads edXML packets of every real writer, and nothing that could harm.

Generous: any prefix, any order, four ways to write a day, unknown elements kept. Hard: a limit on bytes before
parsing, no DTD, no entities, a budget of elements, files straight to disk. A packet that cannot be read raises
Invalid with the sentence for the clerk; a packet that can be read with one bad file says so at that file, since the
sender is then told which file to send again.
"""

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

from models import clock, edxml_digests, edxml_extras, edxml_parts, edxml_proof, edxml_tree, filetypes, text
from models.edxml import (
    KINDS,
    STATUS_WORDS,
    Answered,
    Attachment,
    Envelope,
    Organ,
    Receiver,
    Replacement,
    Staff,
    Status,
    Trace,
)
from models.edxml_tree import Node, unreadable
from models.errors import Invalid

ORGAN_ID = re.compile(r"^[0-9A-Za-z._-]{1,64}$")
_HOLDS_FILES = {"AttachmentEncoded", "edXMLAttachments"}
_DAYS = ("%Y/%m/%d", "%d/%m/%Y", "%Y-%m-%d", "%d-%m-%Y")
_URGENCY_WORDS = ("thuong", "khan", "thuong khan", "hoa toc", "hoa toc hen gio")


def decode(path: Path, folder: Path) -> Envelope | Status:
    """Read the packet at `path`; its files are written into `folder`. Raises Invalid."""
    root, target = edxml_tree.parse(path, folder)
    try:
        return _packet(root)
    except Invalid:
        target.discard()
        raise


def glance(path: Path) -> Envelope | Status:
    """Who sends what to whom, read without keeping the files. Raises Invalid."""
    root, _ = edxml_tree.parse(path, None)
    return _packet(root)


def said(root: Node) -> Envelope | Status:
    """What a tree that is parsed already says. Raises Invalid."""
    return _packet(root)


def _packet(root):
    header = root.first("edXMLEnvelope", "edXMLHeader")
    if header is None:
        raise unreadable("không có phần đầu (edXMLHeader).")
    message = header.first("MessageHeader") or header.first("Status")
    if message is None:
        raise unreadable("không có phần thông tin văn bản (MessageHeader).")
    if message.first("StatusCode") is not None:
        return _status(root, header, message)
    return _envelope(root, header, message)


def _status(root, header, message):
    given = message.get("StatusCode")
    word = STATUS_WORDS.get(given.zfill(2))
    if word is None:
        raise Invalid(
            f"Phản hồi mang mã trạng thái «{given}», không có trong quy định (01–06, 13, 15, 16). "
            "Trạng thái văn bản giữ nguyên; hãy hỏi lại nơi gửi."
        )
    about = message.first("ResponseFor")
    return Status(
        sender=_organ(message.first("From"), "nơi phản hồi"),
        about=_righted(_answered(about)) if about else Answered(organ_id=""),
        status=word,
        description=message.get("Description"),
        at=moment(message.get("Timestamp")),
        staff=_staff(message.first("StaffInfo")),
        unknown=edxml_extras.of(root, header, message, True),
        proof=next(iter(edxml_proof.read(header)), None),
    )


def _envelope(root, header, message):
    business = header.first("TraceHeaderList", "Bussiness") or Node("Bussiness", True)
    notes = []
    attachments = _attachments(root, notes)
    recipients = tuple(_organ(node, "nơi nhận") for node in message.all("To") if node.children)
    return Envelope(
        sender=_organ(message.first("From"), "nơi gửi"),
        recipients=recipients,
        document_id=message.get("DocumentId"),
        subject=message.get("Subject") or message.get("Content"),
        attachments=attachments,
        traces=_hops(header),
        unknown=edxml_extras.of(root, header, message, False),
        digests=edxml_digests.read(header),
        proofs=edxml_proof.read(header),
        **_about(message, notes),
        **_other(message),
        **_business(business, notes),
        notes=tuple(notes),
    )


def _about(message, notes):
    return {
        "code_number": message.get("Code", "CodeNumber"),
        "code_notation": message.get("Code", "CodeNotation"),
        "place": message.get("PromulgationInfo", "Place"),
        "issued_date": _day(message.get("PromulgationInfo", "PromulgationDate"), "ngày ban hành", notes),
        "type_code": _int(message.get("DocumentType", "Type")),
        "type_detail": _int(message.get("DocumentType", "TypeDetail")),
        "type_name": message.get("DocumentType", "TypeName"),
        "content": message.get("Content"),
        "competence": message.get("SignerInfo", "Competence"),
        "signer_position": message.get("SignerInfo", "Position"),
        "signer_name": message.get("SignerInfo", "FullName"),
        "due_date": _day(message.get("DueDate"), "hạn trả lời", notes),
    }


def _other(message):
    other = message.first("OtherInfo") or Node("OtherInfo", True)
    answers = [_answered(node) for node in message.all("ResponseFor")]
    places = message.first("ToPlaces")
    return {
        "urgency": _urgency(other.get("Priority")),
        "sphere": other.get("SphereOfPromulgation"),
        "typist": other.get("TyperNotation"),
        "issued_amount": _int(other.get("PromulgationAmount")),
        "page_amount": _int(other.get("PageAmount")),
        "direction": other.get("Direction").lower() in ("true", "1"),
        "appendixes": _texts(other.first("Appendixes"), "Appendix"),
        "answers": tuple(item for item in answers if item.document_id or item.code),
        "steering": _int(message.get("SteeringType")),
        "to_places": _texts(places, "Place"),
    }


def _business(business, notes):
    number = _int(business.get("BussinessDocType"))
    if number is not None and not 0 <= number < len(KINDS):
        raise Invalid(
            f"Gói tin mang loại nghiệp vụ «{number}», ngoài bốn loại mới, thu hồi, cập nhật, thay thế."
            + edxml_tree.ASK_AGAIN
        )
    if number is None and business.get("BussinessDocType"):
        notes.append(f"Loại nghiệp vụ ghi «{business.get('BussinessDocType')}», hiểu là văn bản mới.")
    info = business.first("BussinessDocumentInfo") or Node("BussinessDocumentInfo", True)
    receivers = info.first("ReceiverList")
    replaced = business.first("ReplacementInfoList")
    return {
        "kind": KINDS[number or 0],
        "reason": business.get("BussinessDocReason"),
        "paper": business.get("Paper") == "1",
        "changed_document_id": business.get("DocumentId"),
        "content_changed": info.get("DocumentInfo") == "1",
        "receivers_changed": info.get("DocumentReceiver") == "1",
        "receivers": tuple(
            Receiver(node.get("OrganId"), node.get("ReceiverType") == "1")
            for node in (receivers.all("Receiver") if receivers else ())
        ),
        "replacements": tuple(
            Replacement(node.get("DocumentId"), _texts(node.first("OrganIdList"), "OrganId"))
            for node in (replaced.all("ReplacementInfo") if replaced else ())
        ),
        "staff": _staff(business.first("StaffInfo")),
    }


def _attachments(root, notes):
    nodes = [
        node
        for holder in root.walk()
        if holder.name in _HOLDS_FILES and holder.is_ours
        for node in holder.all("Attachment")
    ]
    body = root.first("edXMLEnvelope", "edXMLBody") or Node("edXMLBody", True)
    references = [node for node in body.walk() if node.name == "Reference" and node.is_ours and node.children]
    by_id = {_content_id(node): node for node in references}
    by_name = {node.get("AttachmentName"): node for node in references}
    items = []
    for place, node in enumerate(nodes):
        reference = by_id.get(_content_id(node)) or by_name.get(node.get("AttachmentName"))
        if reference is None and place < len(references):
            reference = references[place]
        items.append(edxml_parts.opened(_attachment(node, reference)))
    named = {item.given_name for item in items}
    if len(items) < len(references):
        lost = [name for name in by_name if name not in named]
        notes.extend(
            f"Tệp «{filetypes.safe_name(name)}» được kê trong gói tin nhưng không gửi kèm." for name in lost
        )
    return tuple(items)


def _attachment(node, reference):
    listed = reference or Node("Reference", True)
    given = node.get("AttachmentName") or listed.get("AttachmentName")
    name = filetypes.safe_name(given)
    sink = next((child.sink for child in node.children if child.sink), None)
    fault = sink.fault if sink else "không có nội dung"
    return Attachment(
        name=name,
        path=None if fault else sink.path,
        description=node.get("Description") or listed.get("Description"),
        given_name=given,
        media_type=node.get("ContentType") or listed.get("ContentType"),
        fault=f"Tệp «{name}»: {fault}." if fault else "",
    )


def _content_id(node):
    return re.sub(r"^(cid:)+", "", node.get("ContentId"))


def _hops(header):
    holder = header.first("TraceHeaderList")
    nodes = holder.all("TraceHeader") if holder else ()
    return tuple(Trace(node.get("OrganId"), node.get("Timestamp")) for node in nodes)


def _organ(node, role):
    organ_id = node.get("OrganId") if node else ""
    if not ORGAN_ID.match(organ_id):
        shown = f"«{organ_id[:64]}» không đúng dạng" if organ_id else "không có"
        raise unreadable(f"mã định danh của {role} {shown}.")
    return Organ(
        organ_id=organ_id,
        name=node.get("OrganName"),
        in_charge=node.get("OrganizationInCharge"),
        address=node.get("OrganAdd"),
        email=node.get("Email"),
        telephone=node.get("Telephone"),
        fax=node.get("Fax"),
        website=node.get("Website"),
    )


def _righted(about):
    """Some writers of message 13 put the number where the agency belongs, and the agency where the number belongs."""
    if not ORGAN_ID.match(about.organ_id) and ORGAN_ID.match(about.code):
        return replace(about, organ_id=about.code, code=about.organ_id)
    return about


def _answered(node):
    return Answered(
        organ_id=node.get("OrganId"),
        code=node.get("Code"),
        document_id=node.get("DocumentId"),
        issued_date=_day(node.get("PromulgationDate"), "", []),
    )


def _staff(node):
    if node is None or not node.children:
        return None
    return Staff(
        name=node.get("Staff"),
        department=node.get("Department"),
        department_id=node.get("DepartmentId"),
        staff_id=node.get("StaffId"),
        email=node.get("Email"),
        mobile=node.get("Mobile"),
    )


def _texts(node, name):
    return tuple(child.text for child in node.all(name) if child.text) if node else ()


def _int(given):
    return int(given) if re.fullmatch(r"-?\d{1,9}", given) else None


def _urgency(given):
    number = _int(given)
    if number is not None:
        return number if 0 <= number <= 4 else 0
    words = text.fold(given)
    return _URGENCY_WORDS.index(words) if words in _URGENCY_WORDS else 0


def _day(given, label, notes):
    found = moment(given)
    if given and found is None:
        notes.append(f"Không đọc được {label} «{given}».")
    return clock.local(found).date() if found else None


def moment(given: str) -> datetime | None:
    """A day or moment in any of the forms met; without a zone it is Vietnam's. None when unreadable."""
    if not given:
        return None
    head, _, tail = given.replace("T", " ").strip().partition(" ")
    for form in _DAYS:
        try:
            day = datetime.strptime(head, form).date()
        except ValueError:
            continue
        return _joined(day, tail)
    return None


def _joined(day: date, tail: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(f"{day.isoformat()}T{tail or '00:00:00'}")
    except ValueError:
        found = datetime(day.year, day.month, day.day)
    try:
        return (found if found.tzinfo else found.replace(tzinfo=clock.VIETNAM)).astimezone(UTC)
    except OverflowError:
        return None
