"""Signing and checking against plain pyHanko on the same file in one run (software keys, no network)."""

import io
import logging
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from asn1crypto import keys as asn1_keys
from asn1crypto import x509
from cryptography.hazmat.primitives import serialization
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import signers
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore

from bench import table
from signing import begin, embed, prepare, verify
from signing.demo import pki
from signing.records import Trust
from tests.signing.conftest import HOLDERS, letter, raw

ROUNDS = 15
logging.disable(logging.WARNING)


def median(work) -> float:
    """Milliseconds of one run, the median of ROUNDS."""
    return table.middle(table.milliseconds(work, ROUNDS))


def main() -> int:
    """Print the table."""
    now = datetime.now(UTC)
    with tempfile.TemporaryDirectory() as folder:
        ca = pki.make(Path(folder), HOLDERS, 1, now)
        desk = Desk(ca, now)
        led = desk.sign()
        sealed = desk.seal(led)
        trusted = Trust(roots=(ca.root_der,), intermediates=tuple(ca.chain))
        signer = plain_signer(ca)
        signing = median(lambda: plain_sign(desk.draft, signer))
        checking = median(lambda: plain_check(ca, sealed))
        rows = (
            ("the leader's signature, both halves", median(desk.sign), signing),
            ("number, date and seal in one revision", median(lambda: desk.seal(led)), signing),
            (
                "our check: strict, drawn, eight lines",
                median(lambda: verify.examine(sealed, trusted, moment=now, answers={})),
                checking,
            ),
            (
                "prepare: find blanks, write fields",
                median(lambda: prepare.prepare_draft(letter("report"))),
                signing,
            ),
        )
    table.show(
        "Ký số và kiểm tra, một văn bản một trang, hai chữ ký",
        [
            ("", "ms", "so với pyHanko"),
            ("plain pyHanko signs", f"{signing:.0f}", "1.00"),
            ("plain pyHanko checks both signatures", f"{checking:.0f}", "1.00"),
            *((name, f"{taken:.0f}", f"{taken / against:.2f}") for name, taken, against in rows),
        ],
    )
    return 0


class Desk:
    """Signs and seals one letter with the demonstration's keys."""

    def __init__(self, ca, now):
        self.ca, self.now = ca, now
        self.draft = prepare.prepare_draft(letter("report")).pdf

    def sign(self):
        """The leader's signature."""
        certificate = self.ca.certificate("lanh-dao")
        pending = begin.begin_signature(self.draft, certificate, self.ca.chain, self.now)
        return self._finish("lanh-dao", pending)

    def seal(self, led):
        """Number, date and seal."""
        day, certificate = self.now.astimezone(begin.VIETNAM).date(), self.ca.certificate("co-quan")
        pending = begin.begin_seal(led, 5, "BC-SKT", day, certificate, self.ca.chain, self.now)
        return self._finish("co-quan", pending)

    def _finish(self, label, pending):
        answer = raw(self.ca.key(label), pending)
        return embed.finish_signature(pending.work, pending.state, answer).pdf


def plain_check(ca, sealed):
    """Both signatures as the library's documentation checks them."""
    roots, others = [x509.Certificate.load(ca.root_der)], [x509.Certificate.load(der) for der in ca.chain]
    for one in PdfFileReader(io.BytesIO(sealed)).embedded_signatures:
        validate_pdf_signature(
            one, ValidationContext(trust_roots=roots, other_certs=others, allow_fetching=False)
        )


def plain_signer(ca):
    """pyHanko's own signer with the leader's key."""
    key = ca.key("lanh-dao").private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    store = SimpleCertificateStore()
    store.register_multiple([x509.Certificate.load(der) for der in ca.chain])
    return signers.SimpleSigner(
        signing_cert=x509.Certificate.load(ca.certificate("lanh-dao")),
        signing_key=asn1_keys.PrivateKeyInfo.load(key),
        cert_registry=store,
    )


def plain_sign(draft, signer):
    """One signature as the library's documentation shows it."""
    meta = signers.PdfSignatureMetadata(field_name="ChuKyLanhDao", subfilter=SigSeedSubFilter.PADES)
    signers.sign_pdf(IncrementalPdfFileWriter(io.BytesIO(draft)), meta, signer=signer)


if __name__ == "__main__":
    sys.exit(main())
