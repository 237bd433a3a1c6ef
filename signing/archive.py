"""Long-term data of a finished file (PAdES B-LTA): certificates, revocation data, and a time stamp over the whole.

What a check needs decades later goes into the file itself, as a revision after the seal that signatures allow
(LTA_UPDATES). Called again on a file that has one, it sets a further stamp on top.
"""

import asyncio
import io
import logging
from datetime import datetime

from asn1crypto import crl, ocsp, x509
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.sign.general import CMSExtractionError, CMSStructuralError
from pyhanko.sign.general import SigningError as LibrarySigningError
from pyhanko.sign.signers.pdf_signer import PdfTimeStamper
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.errors import ValidationInfoReadingError
from pyhanko.sign.validation.generic_cms import extract_tst_data_iter

from signing import embed
from signing.errors import UnreadablePdf
from signing.records import Signed, Trust

RESERVED = 24_000  # hex digits for a time stamp with its certificates: 12 KB of DER
LARGEST_DATA = 8 << 20  # bytes of revocation data a file may grow by
MOST_CERTIFICATES = 60
_UNSTAMPED = "Chưa ghi được dữ liệu lưu trữ lâu dài vì máy chủ cấp dấu thời gian không trả lời; văn bản đã ký vẫn có giá trị."
_UNKNOWN = (
    "Chưa ghi dữ liệu lưu trữ lâu dài vì chưa khai máy chủ cấp dấu thời gian; văn bản đã ký vẫn có giá trị."
)
_TOO_LARGE = "Không ghi dữ liệu lưu trữ lâu dài vào tệp vì danh sách thu hồi quá lớn; bằng chứng kiểm tra giữ bên cạnh tệp."
_FAULTS = (
    PdfError, ValidationInfoReadingError, LibrarySigningError, CMSExtractionError, CMSStructuralError, ValueError, KeyError,
    TypeError, IndexError, AttributeError,
)  # fmt: skip
log = logging.getLogger("vanthu.signing")


def extend(pdf: bytes, trust: Trust, evidence, tsa_url: str, moment: datetime) -> Signed:
    """Ghi dữ liệu lưu trữ lâu dài: the data of all chains and a document time stamp, in one revision after the seal.

    `evidence` are pairs ("crl" | "ocsp" | "certificate", DER) that the check of this file rested on
    (`Examination.evidence`). Without a time stamp the file comes back as it was, and `note` says why: it is signed all
    the same. Raises UnreadablePdf for a file that is no signed PDF.
    """
    if not tsa_url:
        return Signed(pdf, False, _UNKNOWN)
    try:
        writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
        signatures = list(writer.prev.embedded_signatures)
        certificates = _certificates(signatures, trust, evidence)
        name = _free_name(writer.prev, len(signatures))
    except _FAULTS as problem:
        raise UnreadablePdf("Tệp đã ký bị hỏng nên không ghi thêm dữ liệu lưu trữ được.") from problem
    if not signatures:
        raise UnreadablePdf("Tệp chưa có chữ ký số nên không có gì để lưu trữ lâu dài.")
    lists, answers = _revocation(evidence)
    if sum(len(item.dump()) for item in (*lists, *answers)) > LARGEST_DATA:
        return Signed(pdf, False, _TOO_LARGE)
    try:
        DocumentSecurityStore.supply_dss_in_writer(
            writer, None, certs=certificates, ocsps=answers, crls=lists
        )
        stamper = PdfTimeStamper(embed.HttpStamper(tsa_url), field_name=name)
        stamped = asyncio.run(stamper.async_timestamp_pdf(writer, "sha256", bytes_reserved=RESERVED))
    except embed.STAMP_FAULTS as problem:
        log.warning("no document time stamp from %s as of %s: %s", tsa_url, moment.isoformat(), problem)
        return Signed(pdf, False, _UNSTAMPED)
    return Signed(stamped.getvalue(), True)


def _certificates(signatures, trust, evidence):
    """Every certificate on a chain of the file: those of evidence and file, and above them what we trust."""
    found = {der: x509.Certificate.load(der) for kind, der in evidence if kind == "certificate"}
    for signature in signatures:
        for certificate in _within(signature):
            found.setdefault(certificate.dump(), certificate)
    known = [x509.Certificate.load(der) for der in (*trust.intermediates, *trust.roots, *trust.tsa_roots)]
    waiting = list(found.values())
    while waiting and len(found) < MOST_CERTIFICATES:
        lower = waiting.pop()
        for upper in known:
            if upper.subject == lower.issuer and upper.dump() not in found:
                found[upper.dump()] = upper
                waiting.append(upper)
    return list(found.values())[:MOST_CERTIFICATES]


def _within(signature):
    """Certificates that a signature carries, those of its time stamps included."""
    yield signature.signer_cert
    yield from signature.other_embedded_certs
    for token in extract_tst_data_iter(signature.signer_info, signed=False):
        yield from (item.chosen for item in token["certificates"] if item.name == "certificate")


def _revocation(evidence):
    """(lists, answers) of the evidence, each once."""
    kinds = {"crl": crl.CertificateList, "ocsp": ocsp.OCSPResponse}
    unique = dict.fromkeys((kind, bytes(der)) for kind, der in evidence if kind in kinds)
    loaded = [(kind, kinds[kind].load(der)) for kind, der in unique]
    return [item for kind, item in loaded if kind == "crl"], [item for kind, item in loaded if kind == "ocsp"]


def _free_name(reader, count):
    names = {str(signature.field_name) for signature in reader.embedded_signatures}
    return next(name for n in range(1, count + 2) if (name := f"DauThoiGian{n}") not in names)
