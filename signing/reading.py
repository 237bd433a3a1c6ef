"""Opening a signed file: strictly, or with a second, tolerant reading that no acceptance may rest on.

Finds every signature the form shows, those nobody can read too, and signatures that were taken out of the form.
"""

import binascii
import io
import re
import struct
import zlib
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from PIL import Image
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.crypt import AuthStatus
from pyhanko.pdf_utils.misc import PdfError, PdfReadError, PdfStreamError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import SuspiciousModification
from pyhanko.sign.fields import enumerate_sig_fields
from pyhanko.sign.general import CMSExtractionError, CMSStructuralError
from pyhanko.sign.general import SigningError as LibrarySigningError
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko_certvalidator.errors import PathError, ValidationError
from pypdfium2 import PdfiumError

from signing.errors import SigningError

FAULTS = (
    ValidationError, PathError, UnsupportedAlgorithm, InvalidSignature, struct.error, zlib.error, EOFError, LookupError,
    RuntimeError, Image.DecompressionBombError, PdfError, PdfiumError, SignatureValidationError, LibrarySigningError, CMSExtractionError, CMSStructuralError,
    SuspiciousModification, ValueError, TypeError, AttributeError, AssertionError, OSError, ArithmeticError, StopIteration, UnboundLocalError, SigningError,
)  # fmt: skip
MOST_SIGNATURES, MOST_REVISIONS = 60, 120
_SIGNED = re.compile(
    rb"/SubFilter\s*/(?:adbe\.pkcs7\.(?:detached|sha1)|adbe\.x509\.rsa_sha1|ETSI\.(?:CAdES\.detached|RFC3161))"
)
_FILLED = re.compile(rb"/Contents\s*<0*[1-9A-Fa-f][0-9A-Fa-f]{40}")
_X509 = "/adbe.x509.rsa_sha1"


def read_hex_string(stream):
    """A string in hex digits at once: the library reads the 40,000 digits of a signature one by one, a third of a check."""
    stream.read(1)
    parts = []
    while True:
        part = stream.read(1 << 14)
        if not part:
            raise PdfStreamError("Stream has ended unexpectedly")
        digits, end, rest = part.partition(b">")
        parts.append(digits)
        if end:
            stream.seek(-len(rest), io.SEEK_CUR)
            break
    digits = b"".join(parts).translate(None, b" \n\r\t\v\f\0")
    if len(digits) % 2:
        digits += b"0"
    try:
        return generic.pdf_string(binascii.unhexlify(digits))
    except binascii.Error as problem:
        raise PdfStreamError("Unexpected token in hex string") from problem


generic.read_hex_string_from_stream = read_hex_string


class NotReadable(Exception):
    """The file cannot be opened; `code` of the reason, `signed` whether it shows signs of a signature."""

    def __init__(self, code: str, signed: bool = True):
        super().__init__(code)
        self.code, self.signed = code, signed


@dataclass
class Found:
    """One signature of the form: `embedded` as the library reads it, or `problem`, the code of why it cannot."""

    name: str
    embedded: EmbeddedPdfSignature | None = None
    problem: str = ""


@dataclass
class Opened:
    """An opened file. `codes`: structure_tolerant or structure_hybrid; `signatures` in signing order, unreadable last."""

    reader: PdfFileReader
    codes: list[str] = field(default_factory=list)
    signatures: list[Found] = field(default_factory=list)
    is_hiding: bool = False


def open_pdf(pdf: bytes) -> Opened:
    """The file with its signatures. Raises NotReadable."""
    if not pdf.strip():
        raise NotReadable("empty", False)
    if b"%PDF-" not in pdf[:1024]:
        raise NotReadable("not_pdf", False)
    signed = bool(_SIGNED.search(pdf))
    try:
        found = _read(pdf, strict=True)
        if found.reader.xrefs.hybrid_xrefs_present:
            found = _read(pdf, strict=False)
            found.codes.append("structure_hybrid")
    except NotReadable:
        raise
    except FAULTS:
        try:
            found = _read(pdf, strict=False)
        except FAULTS as problem:
            raise NotReadable("unreadable", signed) from problem
        found.codes.append("structure_tolerant")
    if not found.signatures:
        found.is_hiding = signed and bool(_FILLED.search(pdf)) and not _has_usage_rights(found.reader)
    return found


def _read(pdf, strict):
    reader = PdfFileReader(io.BytesIO(pdf), strict=strict)
    if reader.encrypted:
        _unlock(reader, pdf)
    return Opened(reader, [], _signatures(reader, strict))


def _unlock(reader, pdf):
    """An owner's password alone does not keep a reader out; anything else does."""
    signed = bool(_SIGNED.search(pdf))
    try:
        opened = reader.decrypt(b"").status != AuthStatus.FAILED
    except FAULTS as problem:
        raise NotReadable("encrypted", signed or b"/Adobe.PubSec" not in pdf) from problem
    if not opened:
        raise NotReadable("encrypted", signed)


def _signatures(reader, strict):
    good, bad, empty = [], [], []
    for name, value, item in enumerate_sig_fields(reader, filled_status=True):
        if len(good) + len(bad) >= MOST_SIGNATURES:
            bad.append(Found(str(name), problem="too_many_signatures"))
            break
        if _is_placeholder(value):
            empty.append(Found(str(name), problem="signature_malformed"))
            continue
        try:
            good.append(Found(str(name), EmbeddedPdfSignature(reader, item, name)))
        except FAULTS as problem:
            if strict and isinstance(problem, PdfReadError):
                raise
            bad.append(Found(str(name), problem=_problem(value)))
    good.sort(key=lambda found: found.embedded.signed_revision)
    return (
        [*good, *bad, *empty] if good or bad else []
    )  # beside real ones an emptied one has been emptied by somebody


def _is_placeholder(value):
    """True for a signature nobody has made yet: no contents but zeros."""
    found = value.get_object() if isinstance(value, generic.IndirectObject) else value
    if not isinstance(found, generic.DictionaryObject):
        return False
    if "/Contents" not in found:
        return "/ByteRange" not in found
    contents = found.raw_get("/Contents", decrypt=generic.EncryptedObjAccess.RAW)
    contents = contents.get_object() if isinstance(contents, generic.IndirectObject) else contents
    if not isinstance(contents, (generic.ByteStringObject, generic.TextStringObject)):
        return False
    raw = contents.original_bytes if isinstance(contents, generic.TextStringObject) else bytes(contents)
    return not raw.strip(b"\0")


def _problem(value):
    found = value.get_object() if isinstance(value, generic.IndirectObject) else value
    known = isinstance(found, generic.DictionaryObject) and found.get("/SubFilter") == _X509
    return "signature_unsupported" if known else "signature_malformed"


def _has_usage_rights(reader):
    """True for a file of a reader extension: its signature says what a program may do, not who signed."""
    try:
        return bool({"/UR", "/UR3"} & set(reader.root["/Perms"]))
    except FAULTS:
        return False
