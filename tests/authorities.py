"""Certificate authorities for tests of the trust store, made on the spot: roots, issuers, revocation lists."""

from dataclasses import dataclass
from datetime import timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from models import clock


@dataclass
class Authority:
    """A key with its certificate."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def sha256(self) -> str:
        return self.certificate.fingerprint(hashes.SHA256()).hex()


def authority(
    name: str, above: Authority | None = None, ca: bool = True, extensions=(), days=3650
) -> Authority:
    """A self-signed authority, or one below `above`; `ca` False makes the certificate of a person or machine."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Cơ quan mẫu"),
            x509.NameAttribute(NameOID.COMMON_NAME, name, _validate=False),
        ]
    )
    now = clock.now()
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(above.certificate.subject if above else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=30))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    )
    for extension in extensions:
        made = made.add_extension(extension, critical=False)
    return Authority(key, made.sign(above.key if above else key, hashes.SHA256()))


def crl(
    issuer: Authority, number: int = 1, made_days_ago: float = 0, next_days: float = 7, revoked=()
) -> bytes:
    """A revocation list of the issuer; `revoked` are serial numbers."""
    made = clock.now() - timedelta(days=made_days_ago)
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.certificate.subject)
        .last_update(made)
        .next_update(made + timedelta(days=next_days))
        .add_extension(x509.CRLNumber(number), critical=False)
    )
    for serial in revoked:
        builder = builder.add_revoked_certificate(
            x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(made).build()
        )
    return builder.sign(issuer.key, hashes.SHA256()).public_bytes(Encoding.DER)
