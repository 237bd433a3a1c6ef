"""Kiểm tra chữ ký số văn bản đến (Quy chế 10.2): each file in a child process of its own, the answers fetched here.

The child has no network; what it wishes for (revocation lists, OCSP answers) is fetched by this process within limits
and the child runs again. What cannot be had makes the verdict "unchecked", and the order is due again later.
"""

import base64
import json
import sys
from pathlib import Path

from jobs import sandbox
from jobs.runner import carries_out
from models import agencies, clock, documents, files, outbox, signatures
from models import trust as trust_list
from signing import Expectation, Trust, check, trust, verdict

ROOT = Path(__file__).resolve().parents[1]
COMMAND = (sys.executable, "-B", "-m", "signing.check")
SECONDS, MEGABYTES = 60, 1024
ROUNDS = 5  # a list of the root, one of the issuer, and a second place for each
AGAIN_SECONDS = 900


@carries_out("verify")
def verify(order: outbox.Order) -> None:
    """Carry out an order "verify": check a document's files and store the verdict."""
    doc = documents.Document.get_by_id(order.subject_id)
    if doc.source == "paper" or doc.is_recalled:
        return
    report, proofs = check_document(doc)
    evidence = files.store(json.dumps(proofs).encode()) if proofs else None
    signatures.checked(doc, report.to_dict(), evidence)
    if report.retry and report.verdict == "unchecked":
        raise outbox.Retry(report.sentence, after=AGAIN_SECONDS, for_ever=True)


def check_document(doc):
    """(report, [[kind, base64], …]) of the main file with its separate attachments (6.2.b)."""
    trusted = trust.trust_of(trust_list.trusted())
    proofs, answers = [], {}
    main, annexes = None, []
    for row in documents.attachments(doc):
        if row.kind == "main" and main is None:
            main = check_file(row.file, trusted, answers, proofs, _expected(doc))
        elif row.kind == "annex":
            sealed = Expectation(organisations=_names(doc), parents=(doc.parent_organ_name,), attachment=True)
            found = check_file(row.file, trusted, answers, proofs, sealed) if _is_pdf(row.file) else None
            annexes.append((row.file.name, found))
    if main is None:
        return check.unreadable("", clock.now(), "no_main_file"), []
    return verdict.combine(main, annexes), proofs


def check_file(file, trusted: Trust, answers: dict, proofs: list, expect: Expectation):
    """The report of one file; `answers` and `proofs` grow by what was fetched and used."""
    for _ in range(ROUNDS):
        job = check.job_of(file.path(), trusted, moment=clock.now(), answers=answers, expect=expect)
        result = sandbox.run(
            COMMAND, stdin=job, seconds=SECONDS, megabytes=MEGABYTES, readable=(file.path(), ROOT / "signing"),
            environment={"PYTHONPATH": str(ROOT), "PYTHONNOUSERSITE": "1"}, output_cap=64 << 20,
        )  # fmt: skip
        if not result.ok:
            return check.unreadable(file.sha256, clock.now())
        found = check.outcome_of(result.stdout)
        news = trust.fetch_all(found.wishes, answers)
        if not news:
            break
        answers |= news
    proofs += [[kind, base64.b64encode(body).decode()] for kind, body in found.evidence]
    return found.report


def _expected(doc) -> Expectation:
    number = int(doc.code_number) if doc.code_number.isdecimal() else None
    above = (doc.parent_organ_name,)
    return Expectation(
        issued_day=doc.issued_date, organisations=_names(doc), number=number, parents=above, issued=True
    )


def _names(doc) -> tuple[str, ...]:
    """Names under which the sender may sign: as on the document, and as in the address book."""
    sender = agencies.by_code(doc.organ_id) if doc.organ_id else None
    names = [doc.organ_name, *((sender.name, sender.short_name) if sender else ())]
    return tuple(dict.fromkeys(name for name in names if name))


def _is_pdf(file) -> bool:
    with open(file.path(), "rb") as opened:
        return b"%PDF-" in opened.read(1024)
