"""Nhận: what comes in, once. A second copy answers with the first receipt; the same id with other content is loud.

The row that guards against doubles, the document, its files, the receipt (01) and the journal line commit together.
"""

import hashlib
from dataclasses import dataclass

from models import (
    agencies,
    clock,
    db,
    documents,
    edxml,
    edxml_read,
    exchange,
    exchange_judging,
    exchange_matching,
    exchange_proofs,
    failpoints,
    files,
    journal,
    lookups,
    outbox,
    text,
    workdays,
    workflow,
)  # fmt: skip


class PacketExtra(db.Base):
    """An element of a document's packet that the standard does not know, by its name (QĐ 28 Điều 10.2.q)."""

    document = db.ForeignKeyField(documents.Document, backref="+")
    name = db.CharField()
    words = db.TextField(default="")


TABLES = (PacketExtra,)


@dataclass(frozen=True)
class Receipt:
    """What became of a packet: received, duplicate, conflict, refused, recalled, status, recall, parked."""

    outcome: str
    consignment: exchange.Consignment | None = None
    message: exchange.StatusMessage | None = None
    sentence: str = ""


@dataclass(frozen=True)
class Arrived:
    """A file of the packet that is safely in the store and has no row yet."""

    name: str
    stored: files.Stored
    media_type: str
    note: str = ""


def arrive(agency, envelope: edxml.Envelope, contents: list[Arrived], packet: files.Stored, *, transport: str,
           axis_id: str = "") -> Receipt:  # fmt: skip
    """Tiếp nhận gói tin văn bản: Document in state arrived with 01 by itself, or the first receipt again.

    Raises nothing for doubles; the receipt says what happened.
    """
    digest = content_hash(envelope, contents)
    key = arrival_key(agency, envelope, digest)
    with db.write():
        failpoints.reach("receive.begin")
        known = exchange.Consignment.get_or_none(exchange.Consignment.key == key)
        returned = known if known and _sent_anew(known, envelope, packet) else None
        if returned:
            key = _next_key(key, envelope)
            known = exchange.Consignment.get_or_none(exchange.Consignment.key == key)
        if known:
            return _again(known, digest, packet)
        consignment = _consignment(agency, envelope, key, digest, transport, axis_id)
        failpoints.reach("receive.dedupe-row")
        recall = _waiting_recall(consignment)
        if recall:
            return _born_recalled(consignment, recall)
        doc = _document(consignment, envelope, transport)
        failpoints.reach("receive.incoming-row")
        _keep(doc, contents)
        row = files.record(packet, f"{consignment.id}.edxml", "application/xml")
        consignment.set(document=doc, packet=row)
        failpoints.reach("receive.files-rows")
        _link(doc, envelope)
        if returned and returned.document:
            documents.Link.create(source=doc, target=returned.document, kind="resent")
        for name, words in envelope.unknown:
            PacketExtra.create(document=doc, name=name, words=words)
        message = exchange.tell(consignment, "arrived", "Phần mềm đã nhận, văn thư chưa xử lý")
        failpoints.reach("receive.receipt-row")
        outbox.place("verify", doc.id, f"verify:{doc.id}", priority=doc.urgency)
        outbox.place("pages", doc.id, f"pages:{doc.id}", priority=doc.urgency)
        failpoints.reach("receive.commit")
    return Receipt("received", consignment, message)


def refuse_at_door(
    agency, envelope: edxml.Envelope, reason: str, *, transport: str, axis_id: str = "", parts=None
) -> Receipt:
    """Trả lại ngay ở cửa (1.2 and broken files): 02 with the reason; neither content nor packet is kept.

    `parts`: role, SHA-256 and size of each file, so that the answer says which bytes it refuses.
    """
    digest = content_hash(envelope, [])
    key = f"door/{arrival_key(agency, envelope, digest)}/{hashlib.sha256(reason.encode()).hexdigest()[:16]}"
    with db.write():
        known = exchange.Consignment.get_or_none(exchange.Consignment.key == key)
        if known and _sent_anew(known, envelope, None):
            key = _next_key(key, envelope)
            known = exchange.Consignment.get_or_none(exchange.Consignment.key == key)
        if known:
            return _again(known, digest, None)
        first = exchange.Consignment.get_or_none(
            exchange.Consignment.key == arrival_key(agency, envelope, digest)
        )
        if (
            first
        ):  # a spoilt copy of what is here: a refusal would make its sender believe that it was sent back
            return _conflict(first, "")
        consignment = _consignment(agency, envelope, key, digest, transport, axis_id)
        message = exchange.tell(consignment, "refused", reason, parts=parts)
        consignment.set(failure=reason)
        journal.record("refuse_at_door", None, consignment, to_state="refused", note=reason)
    return Receipt("refused", consignment, message, reason)


def content_hash(envelope: edxml.Envelope, contents: list[Arrived]) -> str:
    """A hash of what the packet says; the axis may write the XML anew, so its bytes do not count."""
    said = [
        envelope.subject,
        envelope.code,
        str(envelope.issued_date),
        envelope.kind,
        envelope.changed_document_id,
    ]
    said += [f"{item.name} {item.stored.sha256}" for item in contents]
    return hashlib.sha256("\n".join(said).encode()).hexdigest()


def arrival_key(agency, envelope: edxml.Envelope, digest: str) -> str:
    """The guard against doubles: receiver, sender and the sender's id of the document; updates by content too."""
    sender = envelope.sender.organ_id
    identity = envelope.identity or f"sha256:{digest}"
    more = f"/{envelope.kind}/{digest}" if envelope.kind == "update" else ""
    return f"in/{agency.id}/{sender}/{identity}{more}"


def _sent_anew(known, envelope, packet) -> bool:
    """True when this is no double but a new sending: we sent it back, and its sender released it after that."""
    if known.state != "refused":
        return False
    model = exchange.StatusMessage
    back = known.messages.where(model.status == "refused").order_by(model.id.desc()).first()
    released = _released(envelope)
    same_bytes = packet is not None and known.packet is not None and known.packet.sha256 == packet.sha256
    # Packets tell whole seconds.
    return bool(back and released and not same_bytes and released >= back.at.replace(microsecond=0))


def _released(envelope):
    """When its sender let it go: the first hop of the packet's trace."""
    return edxml_read.moment(envelope.traces[0].at) if envelope.traces else None


def _next_key(key, envelope):
    return f"{key}/again/{_released(envelope):%Y%m%d%H%M%S}"


def _again(known, digest, packet):
    if packet is not None and known.content_hash != digest:
        return _conflict(known, packet.sha256)
    first = known.messages.order_by(exchange.StatusMessage.id).first()
    if first and packet is not None:
        exchange.tell_again(first, f"again:{packet.sha256[:16]}")
    return Receipt("duplicate", known, first)


def _conflict(known, sha256):
    sentence = (
        f"Gói tin mang mã văn bản «{known.wire_id}» của {known.partner_name} đã nhận trước đó, nhưng nội dung "
        "khác. Bản đã nhận giữ nguyên, gói mới không được lưu. Hãy liên hệ nơi gửi để làm rõ."
    )
    journal.record("conflict", None, known, note=sentence, data={"packet_sha256": sha256})
    return Receipt("conflict", known, sentence=sentence)


def _consignment(agency, envelope, key, digest, transport, axis_id):
    now = clock.now()
    partner = agencies.partner(envelope.sender.organ_id, envelope.sender.name)
    return exchange.Consignment.create(
        key=key, agency=agency, direction="in", partner=partner, partner_code=envelope.sender.organ_id,
        partner_name=envelope.sender.name or partner.name, own_code=_called(agency, envelope), transport=transport,
        state="arrived", wire_id=envelope.document_id, code=envelope.code, issued_date=envelope.issued_date,
        content_hash=digest, axis_id=axis_id, arrived_at=now,
        received_at=workdays.calendar(agency.id).received_at(now),
    )  # fmt: skip


def extras_of(doc) -> list[PacketExtra]:
    """What the packet of a document said beyond the standard, in its order."""
    return list(PacketExtra.select().where(PacketExtra.document == doc).order_by(PacketExtra.id))


def forget_extras(doc) -> None:
    """Its descriptive data are cancelled (recall), inside write()."""
    PacketExtra.delete().where(PacketExtra.document == doc).execute()


def _called(agency, envelope):
    """The code under which the sender addressed us: answers go out under the same."""
    ours = {row.code for row in agency.codes}
    return next((organ.organ_id for organ in envelope.recipients if organ.organ_id in ours), agency.code)


def _document(consignment, envelope, transport):
    sender = envelope.sender
    doc = workflow.begin(
        "incoming", "arrived", None, agency=consignment.agency, source="axis" if transport == "axis" else "local",
        created_at=clock.now(), arrived_at=consignment.arrived_at, received_at=consignment.received_at,
        note=f"Từ {consignment.partner_name}",
    )  # fmt: skip
    return documents.describe(
        doc, subject=envelope.subject[:2000] or "(Không ghi trích yếu)", type_code=type_code(envelope),
        code_number=envelope.code_number[:64], code_notation=envelope.code_notation[:64],
        issued_date=envelope.issued_date, organ_id=sender.organ_id, organ_name=sender.name or consignment.partner_name,
        parent_organ_name=sender.in_charge if sender.in_charge != sender.name else "", place=envelope.place,
        page_amount=max(0, envelope.page_amount or 0), signer_position=envelope.signer_position,
        signer_name=envelope.signer_name, urgency=envelope.urgency, asked_due_date=envelope.due_date,
        document_id=envelope.document_id, to_places="\n".join(envelope.to_places),
        description=" ".join(envelope.notes)[:1000],
    )  # fmt: skip


def type_code(envelope: edxml.Envelope) -> str:
    """Our code of the document type: by its name, since the number differs between makers; "" when unknown."""
    wanted = text.fold(envelope.type_name)
    return next((kind.code for kind in lookups.DOCUMENT_TYPES if text.fold(kind.name) == wanted), "")


def _keep(doc, contents):
    """The first PDF is the document itself, everything else its annexes, in the sender's order."""
    main = next((item for item in contents if item.name.lower().endswith(".pdf")), contents[0])
    for item in [main, *(item for item in contents if item is not main)]:
        row = files.record(item.stored, item.name, item.media_type)
        documents.attach(doc, row, "main" if item is main else "annex", item.note[:250])


def _link(doc, envelope):
    """Tie the document to the earlier ones it answers, replaces or corrects, where we hold them."""
    for answered in envelope.answers:
        _tie(doc, "reply", documents.Document.document_id == answered.document_id, "outgoing")
    for old in envelope.replacements:
        _tie(doc, "replace", documents.Document.document_id == old.document_id, "incoming")
    if envelope.kind == "update" and envelope.changed_document_id:
        _tie(doc, "correct", documents.Document.document_id == envelope.changed_document_id, "incoming")


def _tie(doc, kind, condition, flow):
    model = documents.Document
    target = model.get_or_none(
        condition, model.agency == doc.agency_id, model.flow == flow, model.document_id != ""
    )
    if target and target.id != doc.id:
        documents.Link.get_or_create(source=doc, target=target, kind=kind)


# ---- status messages ------------------------------------------------------------------------------------------


def take_status(agency, status: edxml.Status, packet: files.Stored, axis_id: str = "") -> Receipt:
    """Nhận phản hồi trạng thái: kept whatever it is; moves its consignment forward, or waits for a person."""
    key = _message_key(agency, status)
    with db.write():
        failpoints.reach("status.receive")
        known = exchange.StatusMessage.get_or_none(exchange.StatusMessage.key == key)
        if known:
            return Receipt("duplicate", known.consignment, known)
        asks_back = status.status == "recall_asked"
        consignment = exchange_matching.match(agency, status, "in" if asks_back else "out")
        failpoints.reach("status.dedupe")
        judged = exchange_judging.judge(agency, status, consignment)
        consignment = consignment if judged.counts else None
        message = _message(agency, status, key, packet, axis_id, consignment, judged)
        if not judged.counts:
            exchange_judging.alarm(agency, message, judged)
            return Receipt("parked", None, message, message.parked)
        if consignment is None:
            journal.record("park", None, message, note=message.parked)
            return Receipt("parked", None, message, message.parked)
        if asks_back:
            return Receipt("recall", consignment, message)
        apply(consignment, message)
        failpoints.reach("status.commit")
    return Receipt("status", consignment, message)


def apply(consignment: exchange.Consignment, message: exchange.StatusMessage) -> None:
    """Let a status message move the consignment it belongs to, inside write()."""
    if consignment.acknowledged_at is None:
        # The receiver speaks of it, so it was sent, whatever became of the axis's own answer.
        consignment.set(acknowledged_at=message.taken_at, sent_at=consignment.queued_at, failure="")
    if message.status == "arrived" and consignment.arrived_at is None:
        raw, legal = exchange_proofs.reception_of(message.proof) if message.proof else (message.at, None)
        consignment.set(arrived_at=raw, received_at=legal)
    exchange.settle(consignment)


def _message_key(agency, status):
    parts = (status.sender.organ_id, status.status, str(status.at), status.about.document_id, status.about.code,
             status.description)  # fmt: skip
    if (
        status.proof
    ):  # whoever sends the same words first, unsigned or ill signed, does not keep the true ones out
        parts += (hashlib.sha256(status.proof.body + status.proof.signature.encode()).hexdigest(),)
    return f"in/{agency.id}/{hashlib.sha256(chr(10).join(parts).encode()).hexdigest()}"


def _message(agency, status, key, packet, axis_id, consignment, judged):
    parked = "" if consignment else (
        f"Không tìm thấy văn bản «{status.about.code or status.about.document_id}» đã trao đổi với "
        f"{status.sender.name or status.sender.organ_id}."
    )  # fmt: skip
    if not judged.counts:
        parked = exchange_judging.sentence(judged, status)
    now = clock.now()
    return exchange.StatusMessage.create(
        key=key, agency=agency, direction="in", consignment=consignment, status=status.status,
        description=status.description[:2000], staff=status.staff.name if status.staff else "",
        at=status.at or now, taken_at=now, partner_code=status.sender.organ_id, own_code=status.about.organ_id,
        wire_id=status.about.document_id, code=status.about.code, issued_date=status.about.issued_date,
        packet=files.record(packet, f"{status.status}.edxml", "application/xml"), axis_id=axis_id, parked=parked,
        proof=judged.proof, proved_by=judged.proved_by, proof_note=judged.note,
    )  # fmt: skip


# ---- a recall that overtook its document ----------------------------------------------------------------------


def _waiting_recall(consignment):
    model = exchange.StatusMessage
    waiting = model.select().where(
        model.agency == consignment.agency, model.status == "recall_asked", model.parked != "",
        model.partner_code == consignment.partner_code,
        model.proved_by.not_in(exchange_judging.NOT_APPLIED),
    )  # fmt: skip
    return next(
        (row for row in waiting if (row.wire_id and row.wire_id == consignment.wire_id)
         or (row.code and row.code == consignment.code and row.issued_date == consignment.issued_date)), None,
    )  # fmt: skip


def _born_recalled(consignment, recall):
    sentence = "Văn bản đã bị nơi gửi thu hồi trước khi tới, nên không lưu nội dung."
    recall.set(consignment=consignment, parked="")
    consignment.set(recall_asked_at=clock.now())
    message = exchange.tell(consignment, "recalled", sentence)
    journal.record("born_recalled", None, consignment, to_state="recalled", note=recall.description)
    return Receipt("recalled", consignment, message, sentence)
