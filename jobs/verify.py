"""Kiểm tra chữ ký số văn bản đến (Quy chế 10.2): every file in a limited child, the verdict on the document.

What cannot be had makes the verdict "unchecked": the order is due again after a quarter of an hour, then ever more
seldom, for a day; afterwards the clerk decides with a reason and the leader is told (`signatures.checked` keeps `retry`).
"""

import base64
import json

from jobs import checking, revocation
from jobs.runner import carries_out
from models import agencies, clock, documents, files, outbox, signatures
from signing import Expectation, check, verdict

AGAIN_SECONDS = (900, 1800, 3600, 7200, 14400, 28800, 28800)  # a day in all
MOST_TRIES = len(AGAIN_SECONDS)


@carries_out("verify")
def verify(order: outbox.Order) -> None:
    """Carry out an order "verify": check a document's files and store the verdict."""
    doc = documents.Document.get_by_id(order.subject_id)
    if doc.source == "paper" or doc.is_recalled:
        return
    report, proofs = check_document(doc)
    evidence = files.store(json.dumps(proofs).encode()) if proofs else None
    again = report.retry and report.verdict == "unchecked" and order.attempts <= MOST_TRIES
    if report.verdict == "unchecked" and not again:
        verdict.leave_to_person(report)
    signatures.checked(doc, report.to_dict(), evidence)
    if again:
        after = AGAIN_SECONDS[max(0, min(order.attempts, MOST_TRIES) - 1)]
        raise outbox.Retry(report.sentence, after=after, for_ever=True)


def check_document(doc):
    """(report, [[kind, base64], …]) of the main file with its separate attachments (6.2.b)."""
    here, proofs, answers = revocation.here(), [], {}
    main, annexes = None, []
    for row in documents.attachments(doc):
        if row.kind == "main" and main is None:
            main = check_file(row.file, here, answers, proofs, _expected(doc))
        elif row.kind == "annex":
            sealed = Expectation(organisations=_names(doc), parents=(doc.parent_organ_name,), attachment=True)
            found = check_file(row.file, here, answers, proofs, sealed) if _is_pdf(row.file) else None
            annexes.append((row.file.name, found))
    if main is None:
        return check.unreadable("", clock.now(), "no_main_file"), []
    return verdict.combine(main, annexes), proofs


def check_file(file, here: revocation.Here, answers: dict, proofs: list, expect: Expectation):
    """The report of one file; `answers` and `proofs` grow by what was fetched and used."""
    found = checking.examine(
        file.path(),
        here.trust,
        moment=clock.now(),
        expect=expect,
        answers=answers,
        allowed=here.allowed,
        ask=here.ask,
    )
    answers |= found.answers
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
