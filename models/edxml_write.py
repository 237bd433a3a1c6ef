"""Writes edXML packets exactly in the layout of the official builder.

Some receivers check the literal prefix and the order, so both are kept. What is written depends on the input alone: a
packet built twice has the same bytes. Memory stays flat whatever the size of the attachments.
"""

import base64
import uuid
import zipfile
from pathlib import Path

from models import edxml_digests, edxml_extras, edxml_proof, filetypes
from models.edxml import KINDS, NAMESPACE, REASONS, STATUS_CODES, Envelope, Status, day, moment
from models.errors import Invalid


def encode(packet: Envelope | Status, path: Path) -> Path:
    """Write the packet to `path`. Raises Invalid when a field the standard requires is empty.

    Memory stays flat whatever the size of the attachments.
    """
    with path.open("wb") as out:
        _Writer(out).packet(packet)
    return path


def _status_tree(status):
    about = status.about
    _required({"người gửi": status.sender.organ_id, "cơ quan nhận phản hồi": about.organ_id})
    if status.at is None:
        raise Invalid("Phản hồi trạng thái thiếu thời điểm.")
    header = (
        "MessageHeader",
        [
            ("From", _organ(status.sender)),
            ("ResponseFor", _answered(about)),
            ("StaffInfo", _staff(status.staff)),
            ("StatusCode", STATUS_CODES[status.status]),
            ("Description", status.description),
            ("Timestamp", moment(status.at)),
        ],
    )
    return [("edXMLHeader", [header])]


def _envelope_tree(envelope):
    _required(
        {
            "cơ quan gửi": envelope.sender.organ_id,
            "mã định danh văn bản": envelope.document_id,
            "trích yếu": envelope.subject,
            "nơi nhận": envelope.recipients,
        }
    )
    header = [
        ("MessageHeader", _message(envelope)),
        ("TraceHeaderList", _traces(envelope)),
    ]
    references = [("Reference", _reference(item, number)) for number, item in _numbered(envelope)]
    body = [("edXMLManifest", references)]
    return [("edXMLHeader", header), ("edXMLBody", body)]


def _message(envelope):
    return [
        ("From", _organ(envelope.sender)),
        *(("To", _organ(organ)) for organ in envelope.recipients),
        ("DocumentId", envelope.document_id),
        ("Code", [("CodeNumber", envelope.code_number), ("CodeNotation", envelope.code_notation)]),
        ("PromulgationInfo", [("Place", envelope.place), ("PromulgationDate", day(envelope.issued_date))]),
        ("DocumentType", _type(envelope)),
        ("Subject", envelope.subject),
        ("Content", envelope.content or envelope.subject),
        ("SignerInfo", _signer(envelope)),
        ("DueDate", day(envelope.due_date)),
        ("OtherInfo", _other(envelope)),
        *(("ResponseFor", _answered(item)) for item in envelope.answers),
        ("SteeringType", _number(envelope.steering or 0)),
        ("ToPlaces", [("Place", place) for place in envelope.to_places]),
        *edxml_extras.lines(envelope.unknown),
    ]


def _type(envelope):
    return [
        ("Type", _number(envelope.type_code)),
        ("TypeDetail", _number(envelope.type_detail or 0)),
        ("TypeName", envelope.type_name),
    ]


def _signer(envelope):
    return [
        ("Competence", envelope.competence),
        ("Position", envelope.signer_position),
        ("FullName", envelope.signer_name),
    ]


def _other(envelope):
    return [
        ("Priority", _number(envelope.urgency)),
        ("SphereOfPromulgation", envelope.sphere),
        ("TyperNotation", envelope.typist),
        ("PromulgationAmount", _number(envelope.issued_amount)),
        ("PageAmount", _number(envelope.page_amount)),
        ("Direction", _truth(envelope.direction)),
        ("Appendixes", [("Appendix", name) for name in envelope.appendixes]),
        *edxml_extras.lines(envelope.unknown, "OtherInfo/"),
    ]


def _traces(envelope):
    business = [
        ("DocumentId", envelope.changed_document_id),
        ("BussinessDocType", str(KINDS.index(envelope.kind))),
        ("BussinessDocReason", envelope.reason or REASONS[envelope.kind]),
        ("Paper", _bit(envelope.paper)),
        ("BussinessDocumentInfo", _changes(envelope)),
        (
            "ReplacementInfoList",
            [("ReplacementInfo", _replacement(item)) for item in envelope.replacements],
        ),
        ("StaffInfo", _staff(envelope.staff)),
    ]
    hops = [("TraceHeader", [("OrganId", hop.organ_id), ("Timestamp", hop.at)]) for hop in envelope.traces]
    return [("Bussiness", business), *hops]


def _changes(envelope):
    if envelope.kind != "update":
        return []
    receivers = [
        ("Receiver", [("OrganId", item.organ_id), ("ReceiverType", _bit(item.added))])
        for item in envelope.receivers
    ]
    return [
        ("DocumentInfo", _bit(envelope.content_changed)),
        ("DocumentReceiver", _bit(envelope.receivers_changed)),
        ("ReceiverList", receivers),
    ]


def _replacement(item):
    return [
        ("DocumentId", item.document_id),
        ("OrganIdList", [("OrganId", code) for code in item.organ_ids]),
    ]


def _organ(organ):
    return [
        ("OrganId", organ.organ_id),
        ("OrganizationInCharge", organ.in_charge or organ.name),
        ("OrganName", organ.name),
        ("OrganAdd", organ.address),
        ("Email", organ.email),
        ("Telephone", organ.telephone),
        ("Fax", organ.fax),
        ("Website", organ.website),
    ]


def _answered(item):
    return [
        ("OrganId", item.organ_id),
        ("Code", item.code),
        ("DocumentId", item.document_id),
        ("PromulgationDate", day(item.issued_date)),
    ]


def _staff(staff):
    if staff is None:
        return []
    return [
        ("Department", staff.department),
        ("DepartmentId", staff.department_id),
        ("Staff", staff.name),
        ("StaffId", staff.staff_id),
        ("Email", staff.email),
        ("Mobile", staff.mobile),
    ]


def _reference(item, number):
    return [
        ("ContentId", f"cid:att{number}"),
        ("ContentType", _carried_type(item)),
        ("Description", item.description),
        ("AttachmentName", _sent_name(item)),
    ]


def _numbered(envelope):
    return enumerate(envelope.attachments, 1)


def _carried_type(item):
    return "application/pdf" if item.name.lower().endswith(".pdf") else "application/zip"


def _travels_raw(item):
    # Every known reader takes a PDF as it is and leaves «.zip» shut; anything else called zip it opens.
    return item.name.lower().endswith((".pdf", ".zip"))


def _sent_name(item):
    # Readers compare the extension letter by letter: «.ZIP» would be opened.
    return f"{item.name[:-4]}.zip" if item.name.lower().endswith(".zip") else item.name


def _number(value):
    return "" if value is None else str(value)


def _truth(value):
    return "true" if value else "false"


def _bit(value):
    return "1" if value else "0"


def _required(values):
    for label, value in values.items():
        if not value:
            raise Invalid(f"Chưa lập được gói tin gửi đi: thiếu {label}.")


def _escaped(text):
    """Text as XML: the three marks escaped, characters XML forbids left out."""
    kept = "".join(
        c for c in text if c in "\t\n" or " " <= c <= "\ud7ff" or "\ue000" <= c <= "\ufffd" or c > "\uffff"
    )
    return kept.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


class _Writer:
    """Writes with the official builder's layout: CRLF, two blanks a level, empty elements left out."""

    def __init__(self, out):
        self.out = out

    def packet(self, packet):
        is_status = isinstance(packet, Status)
        tree = _status_tree(packet) if is_status else _envelope_tree(packet)
        self.line(0, '<?xml version="1.0" encoding="UTF-8"?>')
        self.line(0, f'<edXML xmlns="{NAMESPACE}">')
        self.line(1, f'<edXML:edXMLEnvelope xmlns:edXML="{NAMESPACE}">')
        for name, content in tree:
            self.element(2, name, content, keep=True, last=_own(packet) if name == "edXMLHeader" else ())
        self.line(1, "</edXML:edXMLEnvelope>")
        if not is_status and packet.attachments:
            self.line(1, "<AttachmentEncoded>")
            for number, item in _numbered(packet):
                self.attachment(item, number)
            self.line(1, "</AttachmentEncoded>")
        self.line(0, "</edXML>")

    def line(self, level, text):
        self.out.write(("  " * level + text + "\r\n").encode())

    def element(self, level, name, content, keep=False, last=()):
        if isinstance(content, str):
            if content:
                self.line(level, f"<edXML:{name}>{_escaped(content)}</edXML:{name}>")
            return
        if not keep and not any(_is_filled(inner) for _, inner in content):
            return
        version = ' version="1.0"' if name == "edXMLManifest" else ""
        self.line(level, f"<edXML:{name}{version}>")
        for inner_name, inner in content:
            self.element(level + 1, inner_name, inner, keep=inner_name == "edXMLManifest")
        for deeper, line in last:
            self.line(level + 1 + deeper, line)
        self.line(level, f"</edXML:{name}>")

    def attachment(self, item, number):
        self.line(2, "<Attachment>")
        for name, text in _reference_plain(item, number):
            if text:
                self.line(3, f"<{name}>{_escaped(text)}</{name}>")
        self.out.write(f'      <edXML:ContentTransferEncoded xmlns:edXML="{NAMESPACE}">'.encode())
        encoded = _Base64(self.out)
        if _travels_raw(item):
            _copy(item.path, encoded)
        else:
            _wrap(item, number, encoded)
        encoded.finish()
        self.out.write(b"</edXML:ContentTransferEncoded>\r\n")
        self.line(2, "</Attachment>")


def _own(packet):
    """(depth, text) of our own elements, which stand behind all that the standard knows."""
    if isinstance(packet, Status):
        return list(edxml_proof.lines(packet.proof)) if packet.proof else []
    digests = [item.sha256 for item in packet.attachments]
    found = list(edxml_digests.lines(digests)) if all(digests) else []
    for proof in packet.proofs:
        found += edxml_proof.lines(proof)
    return found


def _reference_plain(item, number):
    return [
        ("ContentId", f"cid:att{number}"),
        ("AttachmentName", _sent_name(item)),
        ("Description", item.description),
        ("ContentType", _carried_type(item)),
    ]


def _is_filled(content):
    if isinstance(content, str):
        return bool(content)
    return any(_is_filled(inner) for _, inner in content)


class _Base64:
    """A file-like that writes what it is given as one base64 text without line breaks."""

    def __init__(self, out):
        self.out = out
        self.rest = b""

    def write(self, data):
        given = len(data)
        data = self.rest + bytes(data)
        whole = len(data) - len(data) % 3
        self.out.write(base64.b64encode(data[:whole]))
        self.rest = data[whole:]
        return given

    def flush(self):
        """Nothing is held back but an incomplete group."""

    def finish(self):
        self.out.write(base64.b64encode(self.rest))
        self.rest = b""


CHUNK = 1 << 18
PACKED = {"docx", "xlsx", "pptx", "odt", "ods", "odp", "jpg", "jpeg", "png"}  # compressed already


def _copy(path, out):
    with path.open("rb") as source:
        while data := source.read(CHUNK):
            out.write(data)


def _wrap(item, number, out):
    """One zip entry `<uuid>.<ext>`, as the official builder wraps everything but PDF."""
    name = f"{uuid.uuid5(uuid.NAMESPACE_OID, f'{number}/{item.name}')}{Path(item.name).suffix}"
    entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
    entry.compress_type = (
        zipfile.ZIP_DEFLATED
    )  # a stored entry without its size in front stops Java's readers
    entry._compresslevel = 0 if filetypes.extension_of(item.name) in PACKED else 6
    with (
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open(entry, "w") as target,
    ):
        _copy(item.path, target)
