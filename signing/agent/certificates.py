"""Certificates on a token as a person recognises them: holder, agency, serial, until when."""

import base64
import hashlib
import unicodedata
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone

from asn1crypto import x509
from pkcs11 import Attribute, ObjectClass

VIETNAM = timezone(timedelta(hours=7))
CURVES = {"secp256r1": "sha256", "secp384r1": "sha384"}
# First words of offices' names; only a hint for the page, the server judges by the certificate itself
_OFFICES = (
    "ubnd ",
    "uy ban ",
    "hdnd ",
    "so ",
    "bo ",
    "cuc ",
    "chi cuc ",
    "phong ",
    "van phong ",
    "ban ",
    "trung tam ",
)


@dataclass(frozen=True)
class Entry:
    """A certificate of a holder on a token; `identity` is its CKA_ID, `chain` the authorities' on the same token."""

    identity: bytes
    label: str
    der: bytes
    certificate: x509.Certificate
    chain: list[bytes] = field(default_factory=list)

    @property
    def sha256(self) -> str:
        """Its fingerprint, by which a ticket names it."""
        return hashlib.sha256(self.der).hexdigest()

    @property
    def serial(self) -> str:
        """Serial number in hex."""
        return f"{self.certificate.serial_number:x}"

    @property
    def name(self) -> str:
        """Holder: a person or an agency."""
        return self._subject("common_name") or self.certificate.subject.human_friendly

    @property
    def organisation(self) -> str:
        """Agency of the holder."""
        return self._subject("organization_name") or self._subject("organizational_unit_name")

    @property
    def title(self) -> str:
        """Position of the holder."""
        return self._subject("title")

    @property
    def kind(self) -> str:
        """person | organisation: a hint."""
        if self.name and (self.name == self.organisation or _plain(self.name).startswith(_OFFICES)):
            return "organisation"
        return "person"

    @property
    def until(self) -> str:
        """The last day, dd/mm/yyyy in Vietnam."""
        return f"{self.certificate.not_valid_after.astimezone(VIETNAM):%d/%m/%Y}"

    @property
    def is_in_force(self) -> bool:
        """True within its dates by this PC's clock."""
        moment = datetime.now(UTC)
        return self.certificate.not_valid_before <= moment <= self.certificate.not_valid_after

    @property
    def left(self) -> timedelta:
        """How long it is still good for; negative afterwards."""
        return self.certificate.not_valid_after - datetime.now(UTC)

    @property
    def algorithm(self) -> str:
        """RSA 2048, EC 256 …"""
        key = self.certificate.public_key
        return f"{key.algorithm.upper()} {key.bit_size}"

    def takes(self, mechanism: str, hash_name: str) -> bool:
        """True when this key signs so: RSA 2048–4096, ECDSA P-256 with SHA-256 and P-384 with SHA-384."""
        key = self.certificate.public_key
        if mechanism == "rsa":
            return key.algorithm == "rsa" and 2048 <= key.bit_size <= 4096
        return key.algorithm == "ec" and CURVES.get(key.curve[1]) == hash_name

    def listed(self, held) -> dict:
        """What the page is told, with the token it lies on."""
        return {
            "sha256": self.sha256,
            "name": self.name,
            "title": self.title,
            "organisation": self.organisation,
            "kind": self.kind,
            "serial": self.serial,
            "subject": self.certificate.subject.human_friendly,
            "not_before": self.certificate.not_valid_before.isoformat(),
            "not_after": self.certificate.not_valid_after.isoformat(),
            "algorithm": self.algorithm,
            "token": held.label,
            "token_serial": held.serial,
            "module": held.library.device or held.library.path,
            "certificate": base64.b64encode(self.der).decode(),
            "chain": [base64.b64encode(der).decode() for der in self.chain],
        }

    def _subject(self, key):
        value = self.certificate.subject.native.get(key, "")
        return str(value[0] if isinstance(value, list) else value or "")


def read(token) -> list[Entry]:
    """The holders' certificates on a token, without a PIN. Raises PKCS11Error; one that cannot be read is passed over."""
    found = []
    with token.open() as session:
        for item in session.get_objects({Attribute.CLASS: ObjectClass.CERTIFICATE}):
            der = bytes(item[Attribute.VALUE])
            certificate = _parsed(der)
            if certificate is not None:
                found.append(Entry(bytes(item[Attribute.ID]), _label(item), der, certificate))
    chain = [entry.der for entry in found if entry.certificate.ca]
    return [
        Entry(entry.identity, entry.label, entry.der, entry.certificate, chain)
        for entry in found
        if not entry.certificate.ca
    ]


def _parsed(der):
    """The certificate with the parts that are used later taken once, so that a broken one fails here; None for that."""
    try:
        certificate = x509.Certificate.load(der)
        key = certificate.public_key
        _ = (
            certificate.subject.native,
            certificate.not_valid_before,
            certificate.not_valid_after,
            key.bit_size,
        )
        _ = certificate.ca, certificate.serial_number, key.algorithm == "ec" and key.curve
    except (ValueError, TypeError, KeyError, AttributeError, OSError):
        return None
    return certificate


def _label(item):
    try:
        return str(item[Attribute.LABEL] or "")
    except (KeyError, RuntimeError):
        return ""


def _plain(name):
    marks = "".join(c for c in unicodedata.normalize("NFD", name) if not unicodedata.combining(c))
    return marks.replace("đ", "d").replace("Đ", "d").lower()
