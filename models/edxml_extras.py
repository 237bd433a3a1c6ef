"""What a packet says beyond the standard: unknown elements are kept by name (QĐ 28 Điều 10.2.q), never an error.

Also the few hints a broken packet gives of where it comes from.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from models import edxml_digests, edxml_proof, text

MOST, LONGEST = 200, 4000
_ORGAN = {"OrganId", "OrganizationInCharge", "OrganName", "OrganAdd", "Email", "Telephone", "Fax", "Website"}
_ANSWERED = {"OrganId", "Code", "DocumentId", "PromulgationDate"}
_STAFF = {"Department", "DepartmentId", "Staff", "StaffId", "Email", "Mobile"}
_HEADER = {
    "From": _ORGAN, "To": _ORGAN, "DocumentId": None, "Code": {"CodeNumber", "CodeNotation"},
    "PromulgationInfo": {"Place", "PromulgationDate"}, "DocumentType": {"Type", "TypeDetail", "TypeName"},
    "Subject": None, "Content": None, "SignerInfo": {"Competence", "Position", "FullName"}, "DueDate": None,
    "OtherInfo": {"Priority", "SphereOfPromulgation", "TyperNotation", "PromulgationAmount", "PageAmount", "Direction",
                  "Appendixes"},
    "ResponseFor": _ANSWERED, "SteeringType": None, "ToPlaces": {"Place"},
}  # fmt: skip
_STATUS = {"From": _ORGAN, "ResponseFor": _ANSWERED, "StaffInfo": _STAFF, "StatusCode": None, "Description": None,
           "Timestamp": None}  # fmt: skip
_TRACES = {
    "TraceHeader": {"OrganId", "Timestamp"},
    "Bussiness": {"DocumentId", "BussinessDocType", "BussinessDocReason", "Paper", "BussinessDocumentInfo",
                  "ReplacementInfoList", "StaffInfo"},
}  # fmt: skip
_IN_HEADER = {"MessageHeader", "Status", "TraceHeaderList", "Signature", "DigitalSignature"}
_IN_ENVELOPE = {"edXMLHeader", "edXMLBody", "edXMLAttachments"}
_IN_ROOT = {"edXMLEnvelope", "AttachmentEncoded", "edXMLAttachments"}
# Told by elements of our own, or a signature of the envelope, which everybody writes and nobody checks.
_PASSED_OVER = {edxml_proof.NAME, edxml_digests.NAME, "Signature", "DigitalSignature"}


def of(root, header, message, is_status: bool) -> tuple[tuple[str, str], ...]:
    """(name, words) of every element the standard does not know; inside a known one as «OtherInfo/Name»."""
    found = list(_below(message, _STATUS if is_status else _HEADER, ""))
    for traces in header.all("TraceHeaderList"):
        found += _below(traces, _TRACES, "TraceHeaderList/")
    for node, known in ((header, _IN_HEADER), (root.first("edXMLEnvelope"), _IN_ENVELOPE), (root, _IN_ROOT)):
        found += _below(node, dict.fromkeys(known), "")
    return tuple(found[:MOST])


def _below(node, known, path):
    for child in node.children:
        if child.name in _PASSED_OVER:
            continue
        if child.name not in known or not child.is_ours:
            yield path + child.name, " ".join(piece.text for piece in child.walk() if piece.text)[:LONGEST]
        elif known[child.name]:
            yield from _below(child, dict.fromkeys(known[child.name]), f"{path}{child.name}/")


def lines(unknown, inside: str = "") -> list[tuple[str, str]]:
    """The unknown elements that stand directly inside a known one, for the writer to pass on."""
    depth = inside.count("/")
    names = [(name, words) for name, words in unknown if name.startswith(inside) and name.count("/") == depth]
    return [
        (name.removeprefix(inside), words) for name, words in names if _NAME.match(name.removeprefix(inside))
    ]


_NAME = re.compile(r"^[A-Za-z_][\w.-]{0,80}$", re.ASCII)


# ---- hints of a packet that cannot be read --------------------------------------------------------------------


@dataclass(frozen=True)
class Hint:
    """What a packet that cannot be read seems to say of itself: no fact, only whom to ask."""

    sender: str = ""
    sender_name: str = ""
    receivers: tuple[str, ...] = ()


_PARTY = re.compile(r"<(?:[\w.-]{1,40}:)?(From|To|ResponseFor)\b[^<>]{0,200}>")
_FIELD = re.compile(r"<(?:[\w.-]{1,40}:)?(OrganId|OrganName)\b[^<>]{0,200}>([^<>]{1,300})<")
_CODE = re.compile(r"^[0-9A-Za-z._-]{1,64}$")
HINT_BYTES, MOST_PARTIES = 1 << 18, 200


def hint(path: Path) -> Hint:
    """Look for sender and receivers in the first bytes of a broken packet; never raises for its content."""
    with path.open("rb") as source:
        head = source.read(HINT_BYTES)
    encoding = "utf-16" if head[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8"
    words = head.decode(encoding, "replace")
    sender, name, receivers = "", "", []
    starts = list(_PARTY.finditer(words))[:MOST_PARTIES]
    for place, start in enumerate(starts):
        end = starts[place + 1].start() if place + 1 < len(starts) else len(words)
        fields = dict(_FIELD.findall(words[start.end() : min(end, start.end() + 2000)]))
        code = fields.get("OrganId", "").strip()
        if not _CODE.match(code):
            continue
        if start[1] == "From" and not sender:
            sender, name = code, text.harmless(fields.get("OrganName", ""))
        elif start[1] != "From":
            receivers.append(code)
    return Hint(sender, name, tuple(dict.fromkeys(receivers)))
