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
        chain, leader, seal = ca.chain, ca.certificate("lanh-dao"), ca.certificate("co-quan")
        draft = prepare.prepare_draft(letter("report")).pdf
        day = now.astimezone(begin.VIETNAM).date()

        def finish(label, pending):
            return embed.finish_signature(pending.work, pending.state, raw(ca.key(label), pending)).pdf

        led = finish("lanh-dao", begin.begin_signature(draft, leader, chain, now))
        sealed = finish("co-quan", begin.begin_seal(led, 5, "BC-SKT", day, seal, chain, now))
        trusted = Trust(roots=(ca.root_der,), intermediates=tuple(chain))
        plain_context = {"trust_roots": [x509.Certificate.load(ca.root_der)],
                         "other_certs": [x509.Certificate.load(der) for der in chain]}  # fmt: skip
        signer = plain_signer(ca)

        def plain_check():
            for one in PdfFileReader(io.BytesIO(sealed)).embedded_signatures:
                validate_pdf_signature(one, ValidationContext(allow_fetching=False, **plain_context))

        ours = median(lambda: finish("lanh-dao", begin.begin_signature(draft, leader, chain, now)))
        numbered = median(
            lambda: finish("co-quan", begin.begin_seal(led, 5, "BC-SKT", day, seal, chain, now))
        )
        plain = median(lambda: plain_sign(draft, signer))
        checking = median(lambda: verify.examine(sealed, trusted, moment=now, answers={}))
        plain_checking = median(plain_check)
        table.show(
            "Ký số và kiểm tra, một văn bản một trang, hai chữ ký",
            [
                ("", "ms", "so với pyHanko"),
                ("plain pyHanko signs", f"{plain:.0f}", "1.00"),
                ("the leader's signature, both halves", f"{ours:.0f}", f"{ours / plain:.2f}"),
                ("number, date and seal in one revision", f"{numbered:.0f}", f"{numbered / plain:.2f}"),
                ("plain pyHanko checks both signatures", f"{plain_checking:.0f}", "1.00"),
                (
                    "our check: strict, drawn, eight lines",
                    f"{checking:.0f}",
                    f"{checking / plain_checking:.2f}",
                ),
                (
                    "prepare: find blanks, write fields",
                    f"{median(lambda: prepare.prepare_draft(letter('report'))):.0f}",
                    "",
                ),
            ],
        )
    return 0


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
