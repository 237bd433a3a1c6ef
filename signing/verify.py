"""Kiểm tra chữ ký số: a signed PDF → Report. It never raises for a file, and every outcome is a verdict.

The order of the checks follows EN 319 102-1: format, integrity, what came after, time, chain, revocation; then the
regulation's own rules in `verdict.py`.
"""

import hashlib
import io
import logging
from dataclasses import dataclass, field
from datetime import datetime

from pyhanko.pdf_utils.generic import parse_pdf_date
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import SuspiciousModification
from pyhanko.sign.general import CMSExtractionError, CMSStructuralError
from pyhanko.sign.general import SigningError as LibrarySigningError
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.generic_cms import (
    extract_self_reported_ts,
    extract_tst_data_iter,
    message_imprint_checker,
    validate_sig_integrity,
)
from pypdfium2 import PdfiumError

from signing import certificates, changes, trust, verdict
from signing.errors import SigningError
from signing.reasons import reason
from signing.records import FILLED_FIELDS, Expectation, Report, SignatureReport, Trust

ROUNDS = 5  # of asking for revocation data: the answers to one may name further ones
FAULTS = (
    PdfError, PdfiumError, SignatureValidationError, LibrarySigningError, CMSExtractionError, CMSStructuralError,
    SuspiciousModification, ValueError, TypeError, KeyError, IndexError, AttributeError, AssertionError, OSError,
    RecursionError, NotImplementedError, ArithmeticError, MemoryError, StopIteration, UnboundLocalError, SigningError,
)  # fmt: skip
logging.getLogger("pyhanko").setLevel(logging.CRITICAL)
logging.getLogger("pyhanko_certvalidator").setLevel(logging.CRITICAL)


@dataclass
class Examination:
    """One pass over a file: the report, what should be fetched for a better one, and the data the report rests on.

    `evidence` holds ("crl" | "ocsp" | "certificate", DER); `answers` what was fetched on the way, by `Wish.key`.
    """

    report: Report
    wishes: list[trust.Wish] = field(default_factory=list)
    evidence: list[tuple[str, bytes]] = field(default_factory=list)
    answers: dict[str, bytes] = field(default_factory=dict)


def verify(
    pdf: bytes, trusted: Trust, *, moment: datetime, online: bool = True, expect: Expectation | None = None
) -> Report:
    """Kiểm tra ký số of a file as of `moment` (aware); `online` lets it fetch revocation lists and answers.

    Files nobody here has made belong into the child process (`signing.check`), which asks its parent to fetch.
    """
    return verify_with_proofs(pdf, trusted, moment=moment, online=online, expect=expect).report


def verify_with_proofs(
    pdf: bytes, trusted: Trust, *, moment: datetime, online: bool = True, expect: Expectation | None = None
) -> Examination:
    """The same, with the revocation data it rests on, to be kept beside the file."""
    answers: dict[str, bytes] = {}
    for _ in range(ROUNDS):
        found = examine(pdf, trusted, moment=moment, answers=answers, expect=expect)
        news = trust.fetch_all(found.wishes, answers) if online else {}
        if not news:
            break
        answers |= news
    return found


def examine(
    pdf: bytes,
    trusted: Trust,
    *,
    moment: datetime,
    answers: dict[str, bytes],
    expect: Expectation | None = None,
) -> Examination:
    """One pass, without network; `answers` are bodies fetched for earlier wishes, by `Wish.key`."""
    report = Report(sha256=hashlib.sha256(pdf).hexdigest(), checked_at=moment.isoformat())
    found = Examination(report)
    expect = expect or Expectation()
    try:
        reader, tolerant = _open(pdf)
        report.page_amount = int(reader.root["/Pages"]["/Count"])
        embedded = list(reader.embedded_signatures)
        _read_fields(report, reader)
    except FAULTS:
        report.integrity = "unverifiable"
        report.reasons = [reason("unreadable")]
        verdict.conclude(report, expect)
        return found
    for item in embedded:
        report.signatures.append(_examine_signature(item, pdf, trusted, moment, answers, found))
    report.integrity = _integrity(report)
    report.retry = any(
        item.trust == "trusted" and item.revocation == "unchecked" for item in report.signatures
    )
    report.reasons = [reason("structure_tolerant")] if tolerant else []
    report.reasons += [] if report.signatures else [reason("unsigned")]
    verdict.conclude(report, expect)
    return found


def _open(pdf):
    """(reader, tolerant): a file that only a tolerant reading can open is never accepted by itself."""
    try:
        reader = _read(pdf, strict=True)
        if reader.xrefs.hybrid_xrefs_present:
            raise PdfError("hybrid cross references")
    except FAULTS:
        return _read(pdf, strict=False), True
    return reader, False


def _read(pdf, strict):
    reader = PdfFileReader(io.BytesIO(pdf), strict=strict)
    if reader.encrypted:
        reader.decrypt(b"")  # an owner's password alone does not keep a reader out
    _ = list(reader.embedded_signatures)
    return reader


def _read_fields(report, reader):
    """The number and the day as they stand in our own fields."""
    if "/AcroForm" not in reader.root:
        return
    values = {}
    for reference in changes.entry(reader.root["/AcroForm"], "/Fields", ()):
        item = reference.get_object()
        name = str(changes.entry(item, "/T", ""))
        if name in FILLED_FIELDS and "/V" in item:
            values[name] = str(item["/V"])
    report.number = values.get("so", "")
    report.day = "/".join(values[name] for name in ("ngay", "thang", "nam") if name in values)


def _integrity(report):
    if not report.signatures:
        return "unsigned"
    kinds = {item.integrity for item in report.signatures}
    if kinds != {"intact"}:
        return "broken"
    after = {item.changes for item in report.signatures}
    if "changed" in after:
        return "changed"
    return "intact" if after == {"none"} else "intact_later_allowed"


def _examine_signature(item, pdf, trusted, moment, answers, found):
    report = SignatureReport(field_name=str(item.field_name), revision=int(item.signed_revision))
    try:
        _describe(report, item)
        report.integrity = "intact" if _is_intact(item) else "broken"
        if report.integrity != "intact":
            return report
        item.compute_integrity_info(skip_diff=True)
        finding = changes.review(item, pdf)
        report.changes, report.changed_fields = finding.kind, list(finding.fields)
        report.changed_pages = list(finding.pages)
        if not finding.compared:
            report.note = "Văn bản quá dài, hình ảnh trước và sau khi ký chưa được so sánh."
    except FAULTS:
        report.integrity = report.integrity or "unverifiable"
        report.changes = report.changes or ("changed" if report.integrity == "intact" else "")
        if report.integrity == "intact" and report.changes != "changed":
            report.changes = "changed"
        return report
    try:
        _date_and_trust(report, item, trusted, moment, answers, found)
    except FAULTS:
        report.trust = "invalid"
    return report


def _describe(report, item):
    info = certificates.read_certificate(item.signer_cert.dump())
    stamp = str(item.sig_object_type) == "/DocTimeStamp"
    report.kind, report.signer, report.title = "stamp" if stamp else info.kind, info.name, info.title
    report.organisation, report.serial, report.issuer = info.organisation, info.serial, info.issuer
    report.certificate_sha256 = info.sha256
    report.not_before, report.not_after = info.not_before.isoformat(), info.not_after.isoformat()
    report.weak = item.md_algorithm in trust.WEAK
    claimed = _claimed(item)
    report.claimed_at = claimed.isoformat() if claimed else ""


def _claimed(item):
    """The time the signer's machine wrote; /M first, since some programs label local time as UTC in the CMS."""
    try:
        stated = parse_pdf_date(item.sig_object["/M"], strict=False)
        if stated.tzinfo is not None:
            return stated
    except FAULTS:
        pass
    return extract_self_reported_ts(item.signer_info)


def _is_intact(item):
    kind = item.signed_data["encap_content_info"]["content_type"].native
    digest = _digest(item, kind)
    intact, valid = validate_sig_integrity(item.signer_info, item.signer_cert, kind, digest)
    return intact and (valid or _is_valid_by_digest(item))


def _digest(item, kind):
    digest, wrapped = item.compute_digest(), item.signed_data["encap_content_info"]["content"]
    if kind == "tst_info":
        if wrapped.parsed["message_imprint"]["hashed_message"].native != digest:
            raise SignatureValidationError("the time stamp is of another file")
        return hashlib.new(item.md_algorithm, bytes(wrapped)).digest()
    if wrapped.native:
        if bytes(wrapped) != item.compute_digest("sha1"):  # adbe.pkcs7.sha1: the CMS wraps the file's SHA-1
            raise SignatureValidationError("the wrapped digest is not this file's")
        return hashlib.new(item.md_algorithm, bytes(wrapped)).digest()
    return digest


def _is_valid_by_digest(item):
    """Signatures over SHA-3, and those whose algorithm names another hash than was used (the library knows neither)."""
    attributes = item.signer_info["signed_attrs"].untag().dump()
    signature, name = item.signer_info["signature"].native, item.md_algorithm
    return certificates.fits(item.signer_cert.dump(), signature, attributes, name)


def _date_and_trust(report, item, trusted, moment, answers, found):
    if report.kind == "stamp":
        report.trust, report.revocation = "stamp", "stamp"
        return
    stamped = _stamped(report, item, trusted, answers, found)
    claimed = _claimed(item)
    signed_at = stamped or claimed or moment
    report.signed_at = signed_at.isoformat() if stamped or claimed else ""
    certificate, others = item.signer_cert, item.other_embedded_certs
    chain = trust.check_chain(certificate, others, trusted, signed_at, answers)
    found.wishes += chain.wishes
    found.evidence += chain.evidence
    report.trust, report.revocation = chain.trust, chain.revocation
    report.weak = report.weak or chain.weak
    report.revoked_at = chain.at.isoformat() if chain.at and chain.trust == "revoked" else ""
    report.revocation_source = chain.source
    report.revocation_as_of = chain.as_of.isoformat() if chain.as_of else ""
    if chain.root:
        report.issuer = report.issuer or chain.root
    if not stamped and chain.revocation == "good":
        _doubt_claimed_time(report, certificate, others, trusted, moment, answers)


def _doubt_claimed_time(report, certificate, others, trusted, moment, answers):
    """Without a time stamp a revoked key could sign for yesterday: a later revocation makes a person look."""
    later = trust.check_chain(certificate, others, trusted, min(moment, certificate.not_valid_after), answers)
    if later.revocation == "revoked":
        report.revoked_at = later.at.isoformat()
        report.note = "revoked_later"


def _stamped(report, item, trusted, answers, found):
    """The moment of a signature time stamp whose authority is trusted, else None."""
    for token in extract_tst_data_iter(item.signer_info, signed=False):
        status = trust.read_stamp(token, message_imprint_checker(item.signer_info))
        if not (status["intact"] and status["valid"]):
            report.note = "stamp_broken"
            continue
        at, authority = status["timestamp"], status["signing_cert"]
        pool = [c.chosen for c in token["certificates"] if c.name == "certificate"]
        believed = Trust(
            (*trusted.roots, *trusted.tsa_roots), trusted.intermediates, (), trusted.crls, trusted.ocsps
        )
        chain = trust.check_chain(authority, pool, believed, at, answers, {"time_stamping"})
        found.wishes += chain.wishes
        found.evidence += chain.evidence
        if chain.trust == "trusted" and chain.revocation == "good":
            report.stamped_at = at.isoformat()
            return at
        report.note = "stamp_unproven"
    return None
