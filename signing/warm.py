"""Before the first file: a page signed twice by nobody is checked, so that each check after it finds the libraries ready.

What a library does on first use (tables, imports, fonts) would else be done again in the fork of every file.
"""

import gc
import io
from datetime import UTC, datetime

import pypdfium2
from asn1crypto import keys
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
from pyhanko_certvalidator.registry import SimpleCertificateStore

from signing import check
from signing.records import Trust

_MOMENT = datetime(2026, 1, 1, tzinfo=UTC)
_FROM, _UNTIL = datetime(2020, 1, 1, tzinfo=UTC), datetime(2120, 1, 1, tzinfo=UTC)


def warm_up() -> None:
    """Check such a page, and keep what is in memory by then out of the collector's way in the forks."""
    pdf, authority = _signed(_page())
    check.carried_out(check.job_of(pdf, Trust(roots=(authority,)), moment=_MOMENT, answers={}))
    gc.collect()
    gc.freeze()


def _page():
    document, out = pypdfium2.PdfDocument.new(), io.BytesIO()
    document.new_page(595, 842)
    document.save(out)
    document.close()
    return out.getvalue()


def _signed(pdf):
    """(the page with two signatures, the certificate) by a key that lives no longer than this call."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "-")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, _FROM, _UNTIL)
    der = builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)
    plain = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    signer = signers.SimpleSigner(
        signing_cert=asn1.Certificate.load(der), signing_key=keys.PrivateKeyInfo.load(plain),
        cert_registry=SimpleCertificateStore(),
    )  # fmt: skip
    for field in ("A", "B"):
        writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
        pdf = signers.sign_pdf(writer, signers.PdfSignatureMetadata(field_name=field), signer).getvalue()
    return pdf, der
