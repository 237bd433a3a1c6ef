"""Revocation lists brought in as files, and the addresses certificates name: read only, nothing is fetched here."""

from dataclasses import dataclass
from datetime import datetime

from asn1crypto import pem
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtensionOID

from signing.errors import SigningError

LARGEST = 30_000_000
_FAULTS = (ValueError, TypeError, UnsupportedAlgorithm, x509.UnsupportedGeneralNameType)


class BadList(SigningError):
    """A file that is no revocation list, or not one of the named authorities."""


@dataclass(frozen=True)
class ListInfo:
    """A revocation list whose signature was checked. `issuer` is the SHA-256 of the authority's certificate."""

    issuer: str
    number: str
    made_at: datetime
    next_at: datetime | None
    entries: int
    der: bytes


def read_list(content: bytes, authorities) -> ListInfo:
    """The list, signed by one of the authorities (DER each). Raises BadList with the sentence why not."""
    if len(content) > LARGEST:
        raise BadList("Tệp lớn hơn 30 MB nên không nhận. Hãy lấy danh sách thu hồi của riêng nơi cấp này.")
    try:
        if pem.detect(content):
            content = pem.unarmor(content)[2]
        found = x509.load_der_x509_crl(content)
        made, following = found.last_update_utc, found.next_update_utc
        number, entries = _number(found), len(found)
    except _FAULTS as problem:
        raise BadList(
            "Tệp này không phải danh sách thu hồi chứng thư (CRL). Hãy tải đúng tệp .crl từ trang của nơi cấp."
        ) from problem
    if _has(found, ExtensionOID.DELTA_CRL_INDICATOR):
        raise BadList("Đây là danh sách thu hồi phần thêm (delta CRL). Hãy nạp danh sách đầy đủ.")
    return ListInfo(
        _issuer(found, authorities), number, made, following, entries, found.public_bytes(Encoding.DER)
    )


def addresses_of(der: bytes) -> list[tuple[str, str]]:
    """(kind, address) of what a certificate names: crl, ocsp, certificate. Empty for one that cannot be read."""
    try:
        extensions = x509.load_der_x509_certificate(der).extensions
    except _FAULTS:
        return []
    found = []
    for extension in extensions:
        value = extension.value
        if isinstance(value, x509.CRLDistributionPoints):
            names = [name for point in value for name in point.full_name or ()]
            found += [("crl", name.value) for name in names if _is_web(name)]
        elif isinstance(value, x509.AuthorityInformationAccess):
            kinds = {
                AuthorityInformationAccessOID.OCSP: "ocsp",
                AuthorityInformationAccessOID.CA_ISSUERS: "certificate",
            }
            found += [
                (kinds[item.access_method], item.access_location.value)
                for item in value
                if item.access_method in kinds and _is_web(item.access_location)
            ]
    return found


def _issuer(found, authorities) -> str:
    """The authority that signed the list, by its own key, not by its name alone."""
    named = False
    for der in authorities:
        certificate = x509.load_der_x509_certificate(bytes(der))
        if certificate.subject != found.issuer:
            continue
        named = True
        try:
            if found.is_signature_valid(certificate.public_key()):
                return certificate.fingerprint(hashes.SHA256()).hex()
        except (InvalidSignature, *_FAULTS):
            continue
    if named:
        raise BadList("Chữ ký trên danh sách thu hồi không khớp với khóa của nơi cấp. Tệp không được nhận.")
    raise BadList(
        f"Danh sách này do «{_name(found.issuer)}» ký, nơi cấp đó chưa có trong danh sách tin cậy. "
        "Hãy thêm nơi cấp trước, rồi nạp lại."
    )


def _number(found) -> str:
    try:
        return str(found.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number)
    except x509.ExtensionNotFound:
        return ""


def _has(found, oid) -> bool:
    return any(extension.oid == oid for extension in found.extensions)


def _name(name) -> str:
    parts = [item.value for item in name if item.rfc4514_attribute_name == "CN"]
    return str(parts[0] if parts else name.rfc4514_string())[:200]


def _is_web(name) -> bool:
    value = getattr(name, "value", "")
    return isinstance(value, str) and value.lower().startswith(("http://", "https://")) and len(value) < 500
