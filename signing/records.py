"""The values that go in and out of signing; all plain data, the report also as JSON."""

from dataclasses import asdict, dataclass, field, fields
from datetime import date, datetime

VERDICTS = ("valid", "look", "invalid", "unchecked")
INTEGRITIES = ("intact", "intact_later_allowed", "changed", "broken", "partial", "unverifiable", "unsigned")
WHOLE = ("intact", "intact_later_allowed")  # nothing unlawful has happened to the signed content
_OLD_INTEGRITIES = {"extended": "intact_later_allowed", "unreadable": "unverifiable"}
LEADER_FIELD = "ChuKyLanhDao"
SEAL_FIELD = "DauCoQuan"
NUMBER_FIELD, DAY_FIELD, MONTH_FIELD, YEAR_FIELD = "so", "ngay", "thang", "nam"
FILLED_FIELDS = (NUMBER_FIELD, DAY_FIELD, MONTH_FIELD, YEAR_FIELD)


@dataclass(frozen=True)
class Place:
    """A spot on a page, in PDF points from the lower left corner of the page as it is shown.

    `baseline` is where the text stands; `size` the font size in points; `with_notation` says the number's blank
    lacks the notation after the slash, so the field takes both. `cover`: dots stand there, the text gets a white ground.
    """

    name: str
    page: int
    x0: float
    y0: float
    x1: float
    y1: float
    baseline: float = 0.0
    size: float = 13.0
    italic: bool = False
    with_notation: bool = False
    cover: bool = False


@dataclass(frozen=True)
class Prepared:
    """A draft with its empty fields: `pdf` to be signed, `places` where they are, `page_amount` of the file.

    `note` tells when a number or date of an old letter was taken out; `notation` is what page 1 prints behind the number.
    """

    pdf: bytes
    places: tuple[Place, ...]
    page_amount: int
    note: str = ""
    notation: str = ""


@dataclass(frozen=True)
class Pending:
    """A signature half made: `work` is the file with the hole, `digest` (32 or 48 bytes) what the token signs.

    `mechanism` is "rsa" (PKCS#1 v1.5 over the named hash) or "ecdsa"; `hash` "sha256" or "sha384".
    `state` is plain JSON (about 3 KB) that `finish_signature` needs, with the SHA-256 of `work` inside.
    """

    work: bytes
    digest: bytes
    mechanism: str
    hash: str
    state: dict


@dataclass(frozen=True)
class Signed:
    """The finished file; `timestamped` and, when no time stamp could be had, the sentence saying why."""

    pdf: bytes
    timestamped: bool
    note: str = ""


@dataclass(frozen=True)
class CertificateInfo:
    """What a person recognises of a certificate. `kind` is "person", "organisation" or "other"."""

    serial: str
    subject: str
    name: str
    organisation: str
    kind: str
    issuer: str
    not_before: datetime
    not_after: datetime
    sha256: str
    algorithm: str
    title: str = ""


@dataclass(frozen=True)
class Trust:
    """Roots that are trusted and intermediates that may help to build a chain, DER each.

    `crls` and `ocsps` are revocation data brought along. `periods`: (SHA-256 of a root, from, until), ISO moments or "",
    for roots that count only for signatures made within.
    """

    roots: tuple[bytes, ...] = ()
    intermediates: tuple[bytes, ...] = ()
    tsa_roots: tuple[bytes, ...] = ()
    crls: tuple[bytes, ...] = ()
    ocsps: tuple[bytes, ...] = ()
    periods: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True)
class Expectation:
    """What the file is said to be, to compare with what is signed; empty values are not compared.

    `organisations`: names under which the sending agency may sign; `parents`: of the agencies above it, since a
    certificate may say «Sở Y tế» of «Tỉnh X»; `attachment`: an annex, only the seal is needed; `issued`: a văn bản phát
    hành, so both signatures in their order are a must (12.1) and not only expected;
    `copy`: a certified copy, which only the copying agency signs (12.5); `leader_only`: not sealed yet.
    """

    issued_day: date | None = None
    organisations: tuple[str, ...] = ()
    number: int | None = None
    attachment: bool = False
    parents: tuple[str, ...] = ()
    issued: bool = False
    copy: bool = False
    leader_only: bool = False


@dataclass(frozen=True)
class Reason:
    """Why a file is not simply valid: a stable `code` (signing/reasons.py), the sentence, what the sender must do."""

    code: str
    message: str
    remedy: str = ""

    def __str__(self) -> str:
        return self.message


@dataclass
class SignatureReport:
    """One signature. `verdict` as of the document; moments are ISO 8601 with offset, "" when unknown.

    `integrity`: intact, broken (the signed bytes or the signature itself), partial (bytes left out of it that the file
    shows), unverifiable (a form nobody here can check). `covers_whole_file`: nothing was appended after it.
    `modification`: what was appended: none, archive, signature, form_filling, annotation, other.
    `sub_indication`: of EN 319 102-1, "" when the signature passes.
    """

    field_name: str = ""
    kind: str = "other"
    signer: str = ""
    title: str = ""
    organisation: str = ""
    serial: str = ""
    issuer: str = ""
    certificate_sha256: str = ""
    not_before: str = ""
    not_after: str = ""
    claimed_at: str = ""
    stamped_at: str = ""
    signed_at: str = ""
    integrity: str = ""
    trust: str = ""
    revocation: str = ""
    revoked_at: str = ""
    revocation_source: str = ""
    revocation_as_of: str = ""
    changes: str = ""
    changed_fields: list[str] = field(default_factory=list)
    changed_pages: list[int] = field(default_factory=list)
    revision: int = 0
    weak: bool = False
    note: str = ""
    verdict: str = "invalid"
    reasons: list[Reason] = field(default_factory=list)
    covers_whole_file: bool = False
    modification: str = "none"
    sub_indication: str = ""


@dataclass
class Line:
    """One line of the card Kiểm tra ký số: `mark` is ok, look, bad or none; `text` the Vietnamese sentence."""

    name: str
    mark: str
    text: str
    law: str = ""
    why: str = ""
    remedy: str = ""
    code: str = ""


@dataclass
class Report:
    """The check of one file.

    `integrity`, apart from trust: intact, intact_later_allowed (only lawful later additions, a second signature too),
    changed, broken, partial (part of the file is in no signature), unverifiable (cannot be read or judged), unsigned.
    `verdict`: valid, look, invalid, unchecked; `sentence` the first reason; `lines` the eight lines of the card.
    `retry`: revocation or time data could not be reached, so the check should be done again.
    `engine`: the versions of what judged, and of the rules.
    """

    verdict: str = "invalid"
    sentence: str = ""
    integrity: str = "unverifiable"
    page_amount: int = 0
    sha256: str = ""
    checked_at: str = ""
    retry: bool = False
    signatures: list[SignatureReport] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    reasons: list[Reason] = field(default_factory=list)
    number: str = ""
    day: str = ""
    engine: str = ""

    def to_dict(self) -> dict:
        """Plain data for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict) -> "Report":
        """The report from its plain data; unknown keys are dropped and old words replaced, so that older rows read."""
        report = _only(cls, data)
        report.integrity = _OLD_INTEGRITIES.get(report.integrity, report.integrity)
        report.signatures = [_only(SignatureReport, item) for item in data.get("signatures", [])]
        report.lines = [_only(Line, item) for item in data.get("lines", [])]
        for item in (report, *report.signatures):
            item.reasons = [_reason(reason) for reason in item.reasons]
        return report


def _reason(data):
    return Reason("", data) if isinstance(data, str) else _only(Reason, data)


def _only(kind, data):
    known = {item.name for item in fields(kind)}
    return kind(**{key: value for key, value in data.items() if key in known})
