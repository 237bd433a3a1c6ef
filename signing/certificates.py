"""What a certificate says, and whether it may sign (TT 15/2025: RSA from 2048 bits, ECDSA from 256)."""

import unicodedata
from datetime import datetime

from asn1crypto import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509 import load_der_x509_certificate

from signing.errors import BadCertificate, BadSignature
from signing.records import CertificateInfo

HASHES = {
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
    "sha3_256": hashes.SHA3_256(),
    "sha3_384": hashes.SHA3_384(),
    "sha3_512": hashes.SHA3_512(),
}
# How the names of offices begin (without marks, with the blank that keeps «Bạn» from being «Ban »)
OFFICES = (
    "ubnd ", "uy ban ", "hdnd ", "hoi dong ", "so ", "bo ", "ban ", "cuc ", "chi cuc ", "tong cuc ", "vu ", "phong ",
    "van phong ", "trung tam ", "cong thong tin ", "chinh phu", "thanh tra ", "kho bac ", "vien ", "truong ", "benh vien ",
    "tinh ", "thanh pho ", "huyen ", "thi xa ", "xa ", "phuong ", "toa an ", "bao hiem ", "ngan hang ", "cong ty ",
    "tong cong ty ", "tap doan ", "dai ", "bao ", "quy ", "hoi ", "lien doan ", "doan ", "dang uy ", "tinh uy ", "cong an ",
    "bo chi huy ", "co quan ", "don vi ", "van thu ", "ministry ", "department ", "office ", "people's committee", "don ", "trung doan ", "hai quan ", "thue ", "thong ke ",
)  # fmt: skip
_NOT_FOR_DOCUMENTS = {"server_auth", "time_stamping", "ocsp_signing", "code_signing"}
_CURVES = {"secp256r1": "sha256", "secp384r1": "sha384"}


def read_certificate(der: bytes) -> CertificateInfo:
    """The certificate as a person recognises it. Raises BadCertificate when it cannot be read."""
    certificate = load(der)
    subject = certificate.subject.native
    name, organisation = _first(subject, "common_name"), _first(subject, "organization_name")
    return CertificateInfo(
        serial=f"{certificate.serial_number:x}",
        subject=certificate.subject.human_friendly,
        name=name,
        organisation=organisation or (_first(subject, "organizational_unit_name")),
        kind=_kind(subject, name, organisation),
        issuer=_first(certificate.issuer.native, "common_name") or certificate.issuer.human_friendly,
        not_before=certificate.not_valid_before,
        not_after=certificate.not_valid_after,
        sha256=certificate.sha256.hex(),
        algorithm=_algorithm(certificate),
        title=_first(subject, "title"),
    )


def load(der: bytes) -> x509.Certificate:
    """The parsed certificate. Raises BadCertificate."""
    try:
        certificate = x509.Certificate.load(der)
        _ = certificate.subject.native, certificate.not_valid_after, certificate.public_key.algorithm
    except (ValueError, TypeError, KeyError, OSError) as problem:
        raise BadCertificate("Không đọc được chứng thư trong thiết bị. Hãy chọn chứng thư khác.") from problem
    return certificate


def is_authority(der: bytes) -> bool:
    """True for a readable certificate of an authority."""
    try:
        return bool(load(der).ca)
    except (BadCertificate, ValueError, TypeError, KeyError):
        return False


def require_usable(der: bytes, moment: datetime) -> tuple[str, str]:
    """(mechanism, hash) to sign with. Raises BadCertificate for an unfit key or a certificate out of its time."""
    certificate = load(der)
    if not certificate.not_valid_before <= moment <= certificate.not_valid_after:
        raise BadCertificate(
            f"Chứng thư số chỉ có hiệu lực từ {certificate.not_valid_before:%d/%m/%Y} đến "
            f"{certificate.not_valid_after:%d/%m/%Y}, không ký được hôm nay. Hãy xin gia hạn chứng thư."
        )
    usage = certificate.key_usage_value
    if usage is not None and not {"digital_signature", "non_repudiation"} & usage.native:
        raise BadCertificate(
            "Chứng thư này không dùng để ký (key usage). Hãy chọn chứng thư ký trong thiết bị."
        )
    key = certificate.public_key
    if key.algorithm == "rsa" and 2048 <= key.bit_size <= 4096:
        return "rsa", "sha256"
    if key.algorithm == "ec" and key.curve[1] in _CURVES:
        return "ecdsa", _CURVES[key.curve[1]]
    raise BadCertificate(
        "Khóa của chứng thư không đạt yêu cầu: cần RSA từ 2048 đến 4096 bit hoặc ECDSA P-256, P-384."
    )


def require_signature(der: bytes, signature: bytes, data: bytes, hash_name: str) -> None:
    """Raises BadSignature unless `signature` over `data` was made with this certificate's key."""
    if not fits(der, signature, data, hash_name):
        raise BadSignature(
            "Chữ ký nhận từ thiết bị không khớp với chứng thư đã chọn, nên không được ghi vào văn bản. "
            "Văn bản còn nguyên; hãy kiểm tra thiết bị rồi ký lại."
        )


def fits(der: bytes, signature: bytes, data: bytes, hash_name: str) -> bool:
    """True when `signature` over `data` was made with this certificate's key (RSA PKCS#1 v1.5 or ECDSA)."""
    try:
        key = load_der_x509_certificate(der).public_key()
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, data, padding.PKCS1v15(), HASHES[hash_name])
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, data, ec.ECDSA(HASHES[hash_name]))
        else:
            return False
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, KeyError):
        return False
    return True


def may_sign(der: bytes) -> bool:
    """True when key usage and purposes of the certificate let it sign documents."""
    certificate = load(der)
    usage, purposes = certificate.key_usage_value, certificate.extended_key_usage_value
    if usage is not None and not {"digital_signature", "non_repudiation"} & usage.native:
        return False
    known = set(purposes.native) if purposes is not None else set()
    return not known or bool(known - _NOT_FOR_DOCUMENTS)


def is_short(der: bytes) -> bool:
    """True for a key below what TT 15/2025 asks: RSA 2048 bits, curves of 256."""
    key = load(der).public_key
    least = {"rsa": 2048, "rsassa_pss": 2048, "dsa": 2048, "ec": 256}
    return key.algorithm in least and key.bit_size < least[key.algorithm]


def _first(names: dict, key: str) -> str:
    value = names.get(key, "")
    return str(value[0] if isinstance(value, list) else value) if value else ""


def _kind(subject, name, organisation):
    """Certificates for state offices name the office in CN and its parent or place in O, so CN's first words decide."""
    numbers = " ".join(_all(subject, "user_id")).lower()
    if {"given_name", "surname", "title"} & set(subject) or numbers.startswith(("cmnd:", "cccd:")):
        return "person"
    if "mst:" in numbers or "mns:" in numbers:  # tax code, budget code
        return "organisation"
    if name and (name == organisation or _plain(name).startswith(OFFICES)):
        return "organisation"
    if organisation and not name:
        return "organisation"
    return "person" if name and organisation else "other"


def _all(names: dict, key: str) -> list[str]:
    value = names.get(key, [])
    return [str(item) for item in (value if isinstance(value, list) else [value])]


def _plain(name):
    marks = "".join(c for c in unicodedata.normalize("NFD", name) if not unicodedata.combining(c))
    return marks.replace("đ", "d").replace("Đ", "d").lower()


def _algorithm(certificate):
    key = certificate.public_key
    if key.algorithm in ("rsa", "ec"):
        return f"{key.algorithm.upper()} {key.bit_size}"
    return key.algorithm
