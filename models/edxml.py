"""edXML packets of QCVN 102:2016: what a packet says, and the strict writer.

A packet is one XML file that a document, or the status of a document, travels in. This file holds the shapes, the
words of the status codes: codes exist only here and on the wire. `edxml_read` and `edxml_write` are the two ways.
Nothing here knows a table.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from models import clock

NAMESPACE = "http://www.mic.gov.vn/TBT/QCVN_102_2016"

# QĐ 28/2018 Điều 10.2.h, Quy chế 12.6: trạng thái xử lý
STATUS_CODES = {
    "arrived": "01",
    "refused": "02",
    "accepted": "03",
    "assigned": "04",
    "in_progress": "05",
    "completed": "06",
    "recall_asked": "13",
    "recalled": "15",
    "recall_refused": "16",
}
STATUS_WORDS = {code: word for word, code in STATUS_CODES.items()} | {
    "14": "recalled"
}  # 14: một số phần mềm ghi thay 15
KINDS = ("new", "recall", "update", "replace")  # BussinessDocType 0–3
REASONS = {
    "new": "Văn bản điện tử mới",
    "recall": "Thu hồi văn bản điện tử",
    "update": "Cập nhật văn bản điện tử",
    "replace": "Văn bản thay thế",
}


@dataclass(frozen=True)
class Organ:
    """An agency as a packet names it."""

    organ_id: str
    name: str = ""
    in_charge: str = ""
    address: str = ""
    email: str = ""
    telephone: str = ""
    fax: str = ""
    website: str = ""


@dataclass(frozen=True)
class Staff:
    """Who, at the sending side, answers for the message."""

    name: str = ""
    department: str = ""
    department_id: str = ""
    staff_id: str = ""
    email: str = ""
    mobile: str = ""


@dataclass(frozen=True)
class Answered:
    """The document a packet answers (ResponseFor)."""

    organ_id: str
    code: str = ""
    document_id: str = ""
    issued_date: date | None = None


@dataclass(frozen=True)
class Receiver:
    """One line of an update's list of receivers: removed (0) or added (1)."""

    organ_id: str
    added: bool


@dataclass(frozen=True)
class Replacement:
    """One replaced document and the agencies concerned."""

    document_id: str
    organ_ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class Trace:
    """One hop the packet made, as the axis wrote it; not validated, only kept."""

    organ_id: str = ""
    at: str = ""


@dataclass(frozen=True)
class Attachment:
    """A file in the packet. `name` is safe to show and to use; `given_name` is what the sender wrote.

    Reading: `path` holds the bytes, or is None when they cannot be had and `fault` says why.
    """

    name: str
    path: Path | None
    description: str = ""
    given_name: str = ""
    media_type: str = ""
    fault: str = ""
    sha256: str = ""  # writing: of the file itself, told to the receiver when every file has one


@dataclass(frozen=True)
class KeyChange:
    """A statement by which one signing key names the next: exact bytes, and the older key's signature in base64."""

    body: bytes
    signature: str


@dataclass(frozen=True)
class Proof:
    """The signed statement a message carries: exact bytes, signature and public key in base64, changes of that key."""

    body: bytes
    signature: str
    key: str
    changes: tuple[KeyChange, ...] = ()


@dataclass(frozen=True)
class Envelope:
    """A document on its way: its data, its attachments, and what it does to earlier ones (`kind`)."""

    sender: Organ
    recipients: tuple[Organ, ...]
    document_id: str
    subject: str
    code_number: str = ""
    code_notation: str = ""
    place: str = ""
    issued_date: date | None = None
    type_code: int | None = None
    type_detail: int | None = None
    type_name: str = ""
    content: str = ""
    competence: str = ""
    signer_position: str = ""
    signer_name: str = ""
    due_date: date | None = None
    urgency: int = 0
    sphere: str = ""
    typist: str = ""
    issued_amount: int | None = None
    page_amount: int | None = None
    direction: bool = False
    appendixes: tuple[str, ...] = ()
    answers: tuple[Answered, ...] = ()
    steering: int | None = None
    to_places: tuple[str, ...] = ()
    kind: str = "new"
    reason: str = ""
    paper: bool = False
    changed_document_id: str = ""
    content_changed: bool = False
    receivers_changed: bool = False
    receivers: tuple[Receiver, ...] = ()
    replacements: tuple[Replacement, ...] = ()
    staff: Staff | None = None
    traces: tuple[Trace, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    unknown: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = field(default=())
    digests: tuple[str, ...] = ()  # reading: SHA-256 of each file in order, when the sender lists them
    proofs: tuple[Proof, ...] = ()  # of a recall, one for each recipient

    @property
    def code(self) -> str:
        """«số/ký hiệu» as status messages quote it."""
        return joined_code(self.code_number, self.code_notation)

    @property
    def identity(self) -> str:
        """What makes the document one of its sender's: its id, else its number, notation and year; "" if neither."""
        if self.document_id:
            return self.document_id
        if not self.code or not self.issued_date:
            return ""
        return f"{self.code},{self.issued_date.year}"


@dataclass(frozen=True)
class Status:
    """What a receiver says became of a document (or a sender asking it back: `recall_asked`)."""

    sender: Organ
    about: Answered
    status: str
    description: str = ""
    at: datetime | None = None
    staff: Staff | None = None
    unknown: tuple[tuple[str, str], ...] = ()
    proof: Proof | None = None


def joined_code(number: str, notation: str) -> str:
    """«7816/VPCP-TTĐT» from its two halves, either of which may be missing."""
    return f"{number}/{notation}" if number and notation else number or notation


def day(value: date | None) -> str:
    """A day as the standard writes it."""
    return value.strftime("%Y/%m/%d") if value else ""


def moment(value: datetime) -> str:
    """A moment as the standard writes it: Vietnam's wall clock, without zone."""
    return clock.local(value).strftime("%Y/%m/%d %H:%M:%S")
