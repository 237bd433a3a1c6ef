"""A folder of certificates and revocation lists as a list of trusted authorities (`python app.py verify --trust`)."""

from pathlib import Path

from asn1crypto import crl, pem, x509

from signing.errors import BadCertificate
from signing.records import Trust

ENDINGS = (".cer", ".crt", ".pem", ".der", ".crl", ".p7b", ".p7c")
LARGEST = 64 << 20
_FAULTS = (
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    OSError,
    RecursionError,
    OverflowError,
)


def read_folder(folder: Path) -> tuple[Trust, list[str]]:
    """(trust, names of files that hold nothing readable): self-signed certificates are roots, others intermediates.

    PEM (several blocks in one file too) and DER in any mix. Raises BadCertificate when there is no such folder.
    """
    if not folder.is_dir():
        raise BadCertificate(f"Không có thư mục chứng thư {folder}.")
    roots, others, lists, useless = {}, {}, {}, []
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or path.suffix.lower() not in ENDINGS:
            continue
        found = list(_read(path))
        for kind, body in found:
            (roots if kind == "root" else others if kind == "certificate" else lists)[body] = None
        if not found:
            useless.append(str(path.relative_to(folder)))
    return Trust(tuple(roots), tuple(others), (), tuple(lists)), useless


def _read(path):
    try:
        content = path.read_bytes() if path.stat().st_size <= LARGEST else b""
        blocks = (
            [body for _, _, body in pem.unarmor(content, multiple=True)] if pem.detect(content) else [content]
        )
    except _FAULTS:
        return
    for body in blocks:
        found = _certificate(body) or _list(body)
        if found:
            yield found


def _certificate(body):
    try:
        certificate = x509.Certificate.load(body, strict=True)
        _ = certificate.subject.native, certificate.not_valid_after, certificate.public_key.algorithm
        own = certificate.subject == certificate.issuer and certificate.self_signed != "no"
    except _FAULTS:
        return None
    return ("root" if own else "certificate"), body


def _list(body):
    try:
        found = crl.CertificateList.load(body, strict=True)
        _ = found["tbs_cert_list"]["this_update"].native, found.issuer.native
    except _FAULTS:
        return None
    return "crl", body
