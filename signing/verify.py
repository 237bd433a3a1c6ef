"""Kiểm tra chữ ký số: a signed PDF → Report. It never raises for a file, and every outcome is a verdict.

The order of the checks follows EN 319 102-1: format, integrity, what came after, time, chain, revocation; then the
regulation's own rules in `verdict.py`.
"""

import hashlib
import logging
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from importlib.metadata import version

from signing import certificates, changes, copies, integrity, names, reading, sight, times, trust, verdict
from signing.reading import FAULTS
from signing.reasons import reason
from signing.records import FILLED_FIELDS, WHOLE, Expectation, Report, SignatureReport, Trust
from signing.words import who

RULES = "2"  # raised when the same file could be judged otherwise
ENGINE = (
    f"Văn Thư {RULES}; pyHanko {version('pyhanko')}; certvalidator {version('pyhanko-certvalidator')}; "
    f"PDFium {version('pypdfium2')}; cryptography {version('cryptography')}"
)
ROUNDS = 6  # of asking for revocation data: the answers to one may name further ones
COPY_MINUTES = 5  # between the line of an electronic copy and its signature
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

    Files nobody here has made belong into the child process (`jobs/checking.py`), which asks its parent to fetch.
    """
    return verify_with_proofs(pdf, trusted, moment=moment, online=online, expect=expect).report


def verify_with_proofs(
    pdf: bytes, trusted: Trust, *, moment: datetime, online: bool = True, expect: Expectation | None = None
) -> Examination:
    """The same, with the data it rests on, to be kept beside the file."""
    answers: dict[str, bytes] = {}
    for _ in range(ROUNDS):
        found = examine(pdf, trusted, moment=moment, answers=answers, expect=expect)
        news = trust.fetch_all(found.wishes, answers) if online else {}
        if not news:
            break
        answers |= news
    found.answers = answers
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
    report = Report(sha256=hashlib.sha256(pdf).hexdigest(), checked_at=moment.isoformat(), engine=ENGINE)
    found = Examination(report)
    expect = expect or Expectation()
    try:
        opened = reading.open_pdf(pdf)
    except reading.NotReadable as problem:
        report.integrity = "unverifiable" if problem.signed or problem.code != "encrypted" else "unsigned"
        report.reasons = [reason(problem.code)]
        verdict.conclude(report, expect)
        return found
    _read_fields(report, opened.reader)
    _examine_signatures(report, opened, pdf, trusted, moment, answers, found)
    report.reasons += [reason(code) for code in opened.codes if report.integrity in WHOLE]
    report.reasons += _unsigned_reasons(report, opened, pdf)
    verdict.conclude(report, _as_copy(report, expect, pdf))
    return found


def _read_fields(report, reader):
    """The number of pages; the number and the day as they stand in our own fields."""
    try:
        report.page_amount = int(reader.root["/Pages"]["/Count"])
    except FAULTS:
        report.page_amount = 0
    values = {}
    try:
        for reference in (
            changes.entry(reader.root["/AcroForm"], "/Fields", ()) if "/AcroForm" in reader.root else ()
        ):
            item = reference.get_object()
            name = str(changes.entry(item, "/T", ""))
            if name in FILLED_FIELDS and "/V" in item:
                values[name] = str(item["/V"])
    except FAULTS:
        values = {}
    report.number = values.get("so", "")
    report.day = "/".join(values[name] for name in ("ngay", "thang", "nam") if name in values)


def _examine_signatures(report, opened, pdf, trusted, moment, answers, found):
    judge = times.Judge(opened.reader, trusted, moment, answers, found)
    pairs = [(one, SignatureReport(field_name=one.name)) for one in opened.signatures]
    signers = [one.embedded for one in opened.signatures if one.embedded and not _is_stamp(one.embedded)]
    sealed_until = max((int(item.signed_revision) for item in signers), default=-1)
    for one, item in pairs:
        _examine_bytes(item, one, pdf, sealed_until)
    for wanted in (True, False):  # time stamps first: they prove when the others existed
        for one, item in pairs:
            if item.integrity == "intact" and (item.kind == "stamp") is wanted:
                _examine_time(item, one.embedded, judge)
    report.signatures = [item for _, item in pairs]
    report.integrity = _integrity(report)


def _is_stamp(embedded):
    return str(embedded.sig_object_type) == "/DocTimeStamp"


def _examine_bytes(report, one, pdf, sealed_until):
    """Integrity of one signature and what came after it."""
    report.kind = "other"
    if one.embedded is None:
        report.integrity = "broken" if one.problem == "signature_malformed" else "unverifiable"
        report.reasons.append(reason(one.problem, field=one.name))
        return
    try:
        report.revision = int(one.embedded.signed_revision)
        _describe(report, one.embedded)
    except FAULTS:
        report.integrity = "unverifiable"
        report.reasons.append(reason("signer_not_found", field=one.name))
        return
    try:
        report.integrity, code = integrity.judge(one.embedded, pdf)
    except FAULTS:
        report.integrity, code = "unverifiable", "signature_malformed"
    if code:
        report.reasons.append(reason(code, who=who(report), field=one.name))
    if report.integrity == "intact":
        report.reasons += [reason(code, who=who(report)) for code in integrity.doubts(one.embedded)]
        _examine_later(report, one.embedded, pdf, sealed_until)


def _examine_later(report, embedded, pdf, sealed_until):
    try:
        embedded.compute_integrity_info(skip_diff=True)
        finding = changes.review(embedded, pdf, sealed_until)
    except FAULTS:
        report.changes = "changed"
        return
    if finding.kind == "partial":
        report.integrity = "partial"
        return
    report.changes, report.changed_fields = finding.kind, list(finding.fields)
    report.changed_pages = list(finding.pages)
    report.covers_whole_file = finding.kind == "none"
    if not finding.compared:
        report.note = "Văn bản quá dài, hình ảnh trước và sau khi ký chưa được so sánh."
        report.reasons.append(reason("not_compared"))


def _describe(report, item):
    info = certificates.read_certificate(item.signer_cert.dump())
    report.kind = "stamp" if _is_stamp(item) else info.kind
    report.signer, report.title = info.name, info.title
    report.organisation, report.serial, report.issuer = info.organisation, info.serial, info.issuer
    report.certificate_sha256 = info.sha256
    report.not_before, report.not_after = info.not_before.isoformat(), info.not_after.isoformat()
    claimed = times.claimed_at(item)
    report.claimed_at = claimed.isoformat() if claimed else ""
    if report.kind == "stamp":
        return
    weak = integrity.weak_hash(item)
    report.weak = bool(weak)
    if weak:
        name = weak.upper().replace("SHA1", "SHA-1")
        report.reasons.append(reason("weak_algorithm", who=who(report), algorithm=name))
    if certificates.is_short(item.signer_cert.dump()):
        report.weak = True
        report.reasons.append(reason("weak_key", who=who(report), algorithm=info.algorithm))


def _examine_time(report, embedded, judge):
    try:
        if report.kind == "stamp":
            judge.judge_stamp(report, embedded)
        else:
            judge.judge_signer(report, embedded)
    except FAULTS:
        report.trust, report.revocation = "unclear", "unchecked"


def _integrity(report):
    """The integrity of the file apart from trust: the gravest of its signatures'."""
    kinds = {item.integrity for item in report.signatures}
    for grave in ("broken", "unverifiable", "partial"):
        if grave in kinds:
            return grave
    if not kinds:
        return "unsigned"
    after = {item.changes for item in report.signatures}
    if "changed" in after:
        return "changed"
    return "intact" if after == {"none"} else "intact_later_allowed"


def _as_copy(report, expect, pdf):
    """What is expected of the file, knowing a certified copy by its line: form, agency and time as its one seal says."""
    signers = [item for item in report.signatures if item.kind != "stamp"]
    if expect.copy or expect.attachment or [item.kind for item in signers] != ["organisation"]:
        return expect
    line, seal = copies.read_line(pdf), signers[0]
    if line is None or not seal.signed_at:
        return expect
    apart = abs(line.moment - datetime.fromisoformat(seal.signed_at))
    own = names.is_sender(seal, Expectation(organisations=(line.agency,)))
    is_copy = own and apart <= timedelta(minutes=COPY_MINUTES)
    return replace(expect, copy=True) if is_copy else expect


def _unsigned_reasons(report, opened, pdf):
    if report.signatures:
        return []
    if opened.is_hiding:
        report.integrity = "changed"
        return [reason("signature_removed")]
    try:
        pages = sight.red_seals(pdf)
    except FAULTS:
        pages = ()
    shown = ", ".join(map(str, pages))
    return [reason("seal_picture", pages=shown) if pages else reason("unsigned")]
