"""A certificate authority for the tests' axis: the right certificate, one for another host, one that has run out."""

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


class Authority:
    """`root`: file that a client trusts; `good`, `wrong_host`, `expired`: server contexts."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Goc thu nghiem")])
        certificate = self._made(
            self.name, self.key, now - timedelta(days=900), now + timedelta(days=900), None
        )
        self.root = folder / "root.pem"
        self.root.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        self.good = self._context("localhost", now + timedelta(days=90))
        self.wrong_host = self._context("truc.khac.example", now + timedelta(days=90))
        self.expired = self._context("localhost", now - timedelta(days=1))

    def _context(self, host, until):
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
        certificate = self._made(name, key, until - timedelta(days=400), until, host)
        path = self.folder / f"{host}-{until:%Y%m%d}.pem"
        path.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            + certificate.public_bytes(serialization.Encoding.PEM)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context

    def _made(self, name, key, since, until, host):
        names = [x509.DNSName(host)] if host else []
        made = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self.name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(since)
            .not_valid_after(until)
            .add_extension(x509.BasicConstraints(ca=not host, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False
            )
        )
        if names:
            made = made.add_extension(x509.SubjectAlternativeName(names), critical=False)
        return made.sign(self.key, hashes.SHA256())
