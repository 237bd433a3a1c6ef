"""Plain pyHanko checking a file, in a process where nothing of ours is imported: `signing` makes the library's reading
of digits faster for everybody in its process, so a comparison beside it would flatter neither side.

As a program it reads jobs (pickled, a length before each) and answers with the milliseconds each took.
"""

import io
import logging
import pickle
import struct
import subprocess
import sys
import time

from asn1crypto import x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

HEAD = struct.Struct(">Q")


class Checker:
    """The process; `milliseconds(pdf, trust, moment)` is one check in it."""

    def __init__(self):
        self.process = subprocess.Popen(
            [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def milliseconds(self, pdf: bytes, trust, moment) -> float:
        """How long both signatures took, revocation from the lists of `trust` (signing.Trust)."""
        job = pickle.dumps((pdf, trust.roots, trust.intermediates, trust.crls, moment))
        self.process.stdin.write(HEAD.pack(len(job)) + job)
        self.process.stdin.flush()
        return float(self.process.stdout.readline())

    def end(self) -> None:
        """The process ends by itself when it hears nothing more."""
        self.process.stdin.close()
        self.process.wait()


def check(pdf, roots, intermediates, lists, moment) -> None:
    """Every signature as the library's documentation checks them."""
    for one in PdfFileReader(io.BytesIO(pdf)).embedded_signatures:
        context = ValidationContext(
            trust_roots=[x509.Certificate.load(der) for der in roots], crls=list(lists),
            other_certs=[x509.Certificate.load(der) for der in intermediates], allow_fetching=False, moment=moment,
            revocation_mode="require", retroactive_revinfo=True,
        )  # fmt: skip
        validate_pdf_signature(one, context)


def main() -> None:
    """Serve until the other side closes."""
    logging.disable(logging.WARNING)
    while head := sys.stdin.buffer.read(HEAD.size):
        job = pickle.loads(sys.stdin.buffer.read(HEAD.unpack(head)[0]))
        before = time.perf_counter()
        check(*job)
        print((time.perf_counter() - before) * 1000, flush=True)


if __name__ == "__main__":
    main()
