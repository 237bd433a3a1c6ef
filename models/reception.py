"""Nhận một gói tin: decode, check at the door, store, hand to the rows; the same for the axis and for neighbours here.

What is wrong with a packet as a whole raises Invalid (the axis is told «fail»); what is wrong with the document is
answered to its sender with 02 and the reason. Packets may come twice, out of order, or for somebody else.
"""

import re
import tempfile
from contextlib import contextmanager
from pathlib import Path

from models import (
    agencies,
    db,
    edxml,
    edxml_read,
    errors,
    exchange_arrivals,
    failpoints,
    files,
    filetypes,
    recalls,
    secrecy,
)
from models.exchange_arrivals import Arrived, Receipt

_BRACKETED = re.compile(r"[(\[]([^)\]]{1,30})[)\]]")


def receive(agency: agencies.Agency, packet: Path, transport: str = "local", axis_id: str = "") -> Receipt:
    """One packet for one agency of this installation. Raises Invalid when it cannot be read."""
    with _opened(packet) as content:
        return _take(agency, content, packet, transport, axis_id)


def receive_from_axis(packet: Path, axis_id: str) -> list[Receipt]:
    """A packet as the axis gave it, for every agency of this installation it names. Raises Invalid."""
    with _opened(packet) as content:
        ours = _addressees(content)
        if not ours:
            raise errors.Invalid(
                "Gói tin không gửi cho cơ quan nào của hệ thống này (không có mã định danh nào khớp). "
                "Chưa có gì được lưu; đơn vị vận hành trục cần kiểm tra lại danh mục mã."
            )
        return [_take(agency, content, packet, "axis", axis_id) for agency in ours]


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
    return list(found.values())


def _take(agency, content, packet, transport, axis_id):
    if isinstance(content, edxml.Envelope) and content.kind == "recall":
        content = _as_request(agency, content)
    if isinstance(content, edxml.Status):
        return _take_status(agency, content, packet, axis_id)
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
    )


def _take_status(agency, status, packet, axis_id):
    stored = files.store(packet)
    with db.write():
        receipt = exchange_arrivals.take_status(agency, status, stored, axis_id)
        if receipt.outcome == "recall" or _is_repeated_recall(receipt):
            recalls.carry_out(receipt.consignment, receipt.message)
        elif receipt.outcome == "status" and receipt.message.status in ("recalled", "recall_refused"):
            recalls.answered(receipt.consignment, receipt.message)
    return receipt


def _is_repeated_recall(receipt):
    # Asked again: our answer may not have arrived, it goes out once more.
    return receipt.outcome == "duplicate" and receipt.message.status == "recall_asked" and receipt.consignment


def _take_document(agency, envelope, packet, transport, axis_id):
    reason = _reason_to_refuse(agency, envelope)
    if reason:
        return exchange_arrivals.refuse_at_door(
            agency, envelope, reason, transport=transport, axis_id=axis_id
        )
    contents = [
        Arrived(item.name, files.store(item.path), media_type(item.path), _note(item))
        for item in envelope.attachments
    ]
    failpoints.reach("receive.file-rename")
    stored = files.store(packet)
    failpoints.reach("receive.dir-fsync")
    return exchange_arrivals.arrive(agency, envelope, contents, stored, transport=transport, axis_id=axis_id)


def _reason_to_refuse(agency, envelope):
    """Why the document is sent back at once, "" when it may come in."""
    mark = secrecy_mark(envelope)
    if mark:
        return (
            f"Văn bản mang dấu chỉ độ mật «{mark}» không được gửi qua trục (Quy chế Điều 1 khoản 2). "
            "Nội dung không được lưu tại nơi nhận. Đề nghị gửi theo quy định về bảo vệ bí mật nhà nước."
        )
    faults = [item.fault for item in envelope.attachments if item.fault]
    if faults:
        return "Tệp kèm theo không mở được, đề nghị gửi lại: " + " ".join(faults)
    if not envelope.attachments:
        return (
            "Gói tin không kèm tệp văn bản nào. Đề nghị gửi lại đủ văn bản và tệp kèm theo (QĐ 28 Điều 10.1)."
        )
    return ""


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
