"""Nhận một gói tin: decode, check at the door, store, hand to the rows; the same for the axis and for neighbours here.

What is wrong with a packet as a whole raises Invalid (the axis is told «fail»); what is wrong with the document is
answered to its sender with 02 and the reason. Packets may come twice, out of order, or for somebody else.
"""

import hashlib
import re
import tempfile
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

from models import (
    agencies,
    clock,
    db,
    edxml,
    edxml_proof,
    edxml_read,
    edxml_write,
    errors,
    exchange_arrivals,
    exchange_matching,
    exchange_packets,
    failpoints,
    files,
    filetypes,
    quarantine,
    recalls,
    recalls_decisions,
    secrecy,
)
from models.exchange_arrivals import Arrived, Receipt

_BRACKETED = re.compile(r"[(\[]([^)\]]{1,30})[)\]]")


class NotHere(errors.Invalid):
    """The packet names no agency of this installation."""


def receive(agency: agencies.Agency, packet: Path, transport: str = "local", axis_id: str = "") -> Receipt:
    """One packet for one agency of this installation. Raises Invalid when it cannot be read."""
    with _opened(packet) as content:
        return _take(agency, content, packet, transport, axis_id)


def receive_each(neighbours, packet: Path):
    """One packet for several agencies of this installation, read once: yields (agency, a call that takes it in there).

    The call raises Refused when the disk is full. Raises Invalid when the packet cannot be read.
    """
    with _opened(packet) as content:
        for agency in neighbours:
            yield agency, partial(_take, agency, content, packet, "local", "")


def receive_from_axis(packet: Path, axis_id: str) -> list[Receipt]:
    """A packet as the axis gave it, for every agency of this installation it names.

    Raises Invalid when it cannot be taken; it then lies in quarantine with the sentence, whoever it is for.
    """
    try:
        return _receive_from_outside(packet, axis_id)
    except errors.Invalid as error:
        quarantine.keep(packet, str(error), "axis", axis_id)
        raise


def receive_from_courier(packet: Path, label: str, sender: agencies.Agency) -> list[Receipt]:
    """A packet that a bundle of `sender` carried: the same checks, and it must be of that sender.

    Raises NotHere when it is for another place (nothing is kept of it), Invalid when it cannot be taken (quarantined).
    """
    try:
        return _receive_from_outside(packet, label, sender)
    except NotHere:
        raise
    except errors.Invalid as error:
        quarantine.keep(packet, str(error), "courier", label)
        raise


def retry(row: quarantine.QuarantinedPacket, actor) -> list[Receipt]:
    """Thử đọc lại một gói đang cách ly, e.g. after an upgrade. Raises Refused when it still cannot be taken."""
    if row.state != "held":
        raise errors.Refused(f"Gói tin này đã ở trạng thái «{row.label}».")
    if row.file is None:
        raise errors.Refused("Nội dung gói tin này không còn được giữ; chỉ nơi gửi gửi lại được.")
    try:
        receipts = _receive_from_outside(row.file.path(), row.axis_id)
    except errors.Invalid as error:
        quarantine.still_unreadable(row, actor, str(error))
        raise errors.Refused(f"Vẫn chưa nhận được gói tin: {error}") from error
    outcomes = ", ".join(OUTCOMES[receipt.outcome] for receipt in receipts)
    quarantine.taken(row, actor, f"Đã đọc được: {outcomes}.")
    return receipts


OUTCOMES = {
    "received": "đã vào Chờ lưu trữ", "duplicate": "đã nhận từ trước", "conflict": "trùng mã, khác nội dung",
    "refused": "đã trả lại nơi gửi", "recalled": "văn bản đã bị thu hồi", "status": "đã ghi trạng thái",
    "recall": "đã thu hồi văn bản", "parked": "phản hồi chưa khớp văn bản nào",
}  # fmt: skip


def _receive_from_outside(packet, axis_id, carried_from=None):
    with _opened(packet) as content:
        ours = _addressees(content)
        if not ours:
            raise NotHere(
                "Gói tin không gửi cho cơ quan nào của hệ thống này (không có mã định danh nào khớp). "
                "Nội dung không được mở cho ai xem; đơn vị vận hành trục cần kiểm tra lại danh mục mã."
            )
        _check_sender(content.sender, carried_from)
        return [_take(agency, content, packet, "axis", axis_id) for agency in ours]


def _check_sender(sender, carried_from):
    """Who speaks from outside may be neither one of us nor, in a bundle, another than its maker. Raises Invalid."""
    known = agencies.holder(sender.organ_id)  # not its successor: an office merged into ours may still speak
    if known and known.hosted:
        raise errors.Invalid(
            f"Gói tin từ ngoài vào nhưng ghi nơi gửi là {known.name} ({sender.organ_id}), một cơ quan của chính hệ thống "
            "này: gói của mình vọng lại, hoặc có người mạo danh. Không nhận; hãy báo đơn vị vận hành trục."
        )
    if carried_from is not None and (known is None or agencies.current(known).id != carried_from.id):
        raise errors.Invalid(
            f"Gói tin ghi nơi gửi {sender.organ_id} nhưng gói mang tay do {carried_from.name} ký. Không nhận."
        )


@contextmanager
def _opened(packet):
    with tempfile.TemporaryDirectory(dir=files.spool(), prefix="box-nhan-") as folder:
        content = edxml_read.decode(packet, Path(folder))
        failpoints.reach("receive.parse-ok")
        yield content


def _addressees(content):
    if isinstance(content, edxml.Status):
        codes = [content.about.organ_id]
    else:
        codes = [organ.organ_id for organ in content.recipients]
    found = {}
    for code in codes:
        agency = agencies.by_code(code)
        if agency and agency.hosted:
            found[agency.id] = agency  # old and new code of one agency are one receiver
    if not found and isinstance(content, edxml.Status) and content.status == "recall_asked":
        return exchange_matching.holders_of(content)
    return list(found.values())


def _take(agency, content, packet, transport, axis_id):
    if isinstance(content, edxml.Envelope) and content.kind == "recall":
        content = _as_request(agency, content)
        return _take_status(agency, content, _said_alone(content), axis_id)
    if isinstance(content, edxml.Status):
        return _take_status(agency, content, files.store(packet), axis_id)
    return _take_document(agency, content, packet, transport, axis_id)


def _as_request(agency, envelope):
    """A packet of kind «recall» says the same as message 13; one way carries both out."""
    ours = {row.code for row in agency.codes}
    called = next((organ.organ_id for organ in envelope.recipients if organ.organ_id in ours), agency.code)
    return edxml.Status(
        sender=envelope.sender,
        about=edxml.Answered(called, envelope.code, envelope.document_id, envelope.issued_date),
        status="recall_asked",
        description=envelope.reason or edxml.REASONS["recall"],
        at=edxml_read.moment(envelope.traces[0].at) if envelope.traces else None,
        staff=envelope.staff,
        proof=edxml_proof.addressed(envelope.proofs, ours),
    )


def _said_alone(request):
    """The same as a message of its own: what a packet of kind «recall» repeats of the document is never stored."""
    path = exchange_packets.spooled()
    try:
        return files.store(edxml_write.encode(replace(request, at=request.at or clock.now()), path))
    finally:
        path.unlink(missing_ok=True)


def _take_status(agency, status, stored, axis_id):
    with db.write():
        receipt = exchange_arrivals.take_status(agency, status, stored, axis_id)
        if receipt.outcome == "recall" or _is_repeated_recall(receipt):
            recalls.carry_out(receipt.consignment, receipt.message)
        elif receipt.outcome == "status" and receipt.message.status in ("recalled", "recall_refused"):
            recalls.answered(receipt.consignment, receipt.message)
        elif receipt.outcome == "parked" and receipt.message.status == "recall_asked":
            recalls_decisions.alarm(agency, receipt.message)
    return receipt


def _is_repeated_recall(receipt):
    # Asked again: our answer may not have arrived, it goes out once more.
    return receipt.outcome == "duplicate" and receipt.message.status == "recall_asked" and receipt.consignment


def _take_document(agency, envelope, packet, transport, axis_id):
    reason = _reason_to_refuse(agency, envelope)
    if reason:
        return exchange_arrivals.refuse_at_door(
            agency, envelope, reason, transport=transport, axis_id=axis_id, parts=_refused_parts(envelope)
        )
    contents = [
        Arrived(item.name, files.store(item.path), media_type(item.path), _note(item))
        for item in envelope.attachments
    ]
    failpoints.reach("receive.file-rename")
    stored = files.store(packet)
    failpoints.reach("receive.dir-fsync")
    receipt = exchange_arrivals.arrive(
        agency, envelope, contents, stored, transport=transport, axis_id=axis_id
    )
    if receipt.outcome != "received" and receipt.consignment and receipt.consignment.recall_asked_at:
        recalls.born(receipt.consignment, [*(item.stored for item in contents), stored])
    return receipt


def _refused_parts(envelope):
    """Role, SHA-256 and size of the files that are sent back; nothing unless every one could be read."""
    found = []
    for item in envelope.attachments:
        if item.path is None:
            return []
        with item.path.open("rb") as source:
            digest = hashlib.file_digest(source, "sha256").hexdigest()
        found.append(
            {"role": "annex" if found else "main", "sha256": digest, "size": item.path.stat().st_size}
        )
    return found


def _reason_to_refuse(agency, envelope):
    """Why the document is sent back at once, "" when it may come in."""
    mark = secrecy_mark(envelope)
    if mark:
        return (
            f"Văn bản mang dấu chỉ độ mật «{mark}» không được gửi qua trục (Quy chế Điều 1 khoản 2). "
            "Nội dung không được lưu tại nơi nhận. Đề nghị gửi theo quy định về bảo vệ bí mật nhà nước."
        )
    if agency.closed_on:
        return (
            f"{agency.name} đã giải thể từ ngày {agency.closed_on:%d/%m/%Y}, không nhận văn bản nữa. "
            "Đề nghị tra lại nơi nhận trong danh mục mã định danh."
        )
    faults = [item.fault for item in envelope.attachments if item.fault]
    if faults:
        return "Tệp kèm theo không mở được, đề nghị gửi lại: " + " ".join(faults)
    if not envelope.attachments:
        return (
            "Gói tin không kèm tệp văn bản nào. Đề nghị gửi lại đủ văn bản và tệp kèm theo (QĐ 28 Điều 10.1)."
        )
    return _unlike_the_list(envelope)


def _unlike_the_list(envelope):
    """Q14.1.a: where the sender lists the SHA-256 of its files, each must be here and be the one listed."""
    if not envelope.digests:
        return ""
    if len(envelope.digests) != len(envelope.attachments):
        return (
            f"Nơi gửi kê {len(envelope.digests)} tệp nhưng gói tin có {len(envelope.attachments)} tệp. "
            "Đề nghị gửi lại đủ văn bản và tệp kèm theo (QĐ 28 Điều 10.1)."
        )
    changed = [
        item.name
        for item, listed in zip(envelope.attachments, envelope.digests)
        if _digest(item.path) != listed
    ]
    if changed:
        return (
            f"Tệp «{'», «'.join(changed)}» khác với mã băm nơi gửi kê: đã hỏng hoặc bị thay trên đường. "
            "Đề nghị gửi lại."
        )
    return ""


def _digest(path):
    hashed = hashlib.sha256()
    with path.open("rb") as source:
        while data := source.read(1 << 20):
            hashed.update(data)
    return hashed.hexdigest()


def secrecy_mark(envelope: edxml.Envelope) -> str:
    """The secrecy mark that the packet's own data carries, "" for none; the pages are looked at by the check after."""
    marks = [
        envelope.sphere,
        envelope.typist,
        *envelope.appendixes,
        *(words for _, words in envelope.unknown),
    ]
    marks += _BRACKETED.findall(envelope.subject)
    levels = [secrecy.found(words.upper()) for words in marks if len(words) < 200]
    return next((secrecy.LEVELS[level] for level in levels if level), "")


def media_type(path: Path) -> str:
    """The type by the content; what we do not know is only offered for download."""
    kind = filetypes.recognised(path)
    return kind.media_type if kind else "application/octet-stream"


def _note(item):
    renamed = f"Tên gốc: {item.given_name}" if item.given_name and item.given_name != item.name else ""
    return "; ".join(part for part in (item.description, renamed) if part)
