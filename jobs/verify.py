"""Kiểm tra ký số của văn bản (Quy chế 10.2): every file in a limited child, the verdict on the document.

What cannot be had makes the verdict "unchecked": the order is due again after growing waits (models/checks.py). What the
result rests on is kept beside it as evidence (models/checks_evidence.py).
"""

from typing import NamedTuple

from jobs import checking, revocation
from jobs.runner import carries_out
from models import (
    agencies,
    checks,
    checks_evidence,
    clock,
    db,
    documents,
    files,
    outbox,
    signatures,
    trust_aliases,
)
from signing import Expectation, Report, check, verdict


class Checked(NamedTuple):
    """The check of a document: the report, (kind, bytes) it rests on, what was expected, which files."""

    report: Report
    proofs: list
    expected: dict
    files: list


@carries_out("verify")
def verify(order: outbox.Order) -> None:
    """Carry out an order "verify": check a document's files and store the verdict with its evidence."""
    doc = documents.Document.get_by_id(order.subject_id)
    if doc.source == "paper" or doc.is_recalled:
        return
    found = check_document(doc)
    report = checks_evidence.harmless(found.report.to_dict())
    evidence = checks_evidence.pack(doc, report, found.proofs, found.expected, found.files)
    with db.write():
        is_recalled = documents.state_now(doc).is_recalled
        if not is_recalled:
            signatures.checked(doc, report, evidence)
    if is_recalled:  # asked back while it was checked: nothing of it is kept
        unneeded = evidence.sha256
        del evidence
        files.erase([unneeded])
        return
    if report["retry"] and report["verdict"] == "unchecked":
        after = checks.retry_after(doc)
        if after:
            raise outbox.Retry(report["sentence"], after=after, for_ever=True)


def check_document(doc) -> Checked:
    """The main file with its separate attachments (6.2.b); of a document of ours the newest sealed state."""
    here, proofs = revocation.here(), []
    answers = dict(here.known)
    expect, report, annexes, seen = _expected(doc), None, [], []
    for file, kind in _files(doc):
        seen.append((file.name, file.sha256, kind))
        if kind == "main":
            report = check_file(file, here, answers, proofs, expect)
        else:
            sealed = Expectation(organisations=expect.organisations, parents=expect.parents, attachment=True)
            found = check_file(file, here, answers, proofs, sealed) if _is_pdf(file) else None
            annexes.append((file.name, found))
    if report is None:
        report = check.unreadable("", clock.now(), "no_main_file")
    else:
        report = verdict.combine(report, annexes)
    plain = {
        name: getattr(expect, name) for name in ("issued_day", "organisations", "number", "parents", "issued")
    }
    return Checked(report, proofs, plain, seen)


def _files(doc) -> list:
    """(file, "main" or "annex"): what travels with the document, the main file first."""
    rows = [row for row in documents.attachments(doc) if row.kind in ("main", "annex")]
    main = next((row.file for row in rows if row.kind == "main"), None)
    if doc.flow != "incoming":
        main = documents.main_file(doc)
    annexes = [(row.file, "annex") for row in rows if row.kind == "annex"]
    return [(main, "main"), *annexes] if main else annexes


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
    proofs += found.evidence
    return found.report


def _expected(doc) -> Expectation:
    number = int(doc.code_number) if doc.code_number.isdecimal() else None
    above = (doc.parent_organ_name,)
    return Expectation(
        issued_day=doc.issued_date, organisations=_names(doc), number=number, parents=above, issued=True
    )


def _names(doc) -> tuple[str, ...]:
    """Names under which the sender may sign: on the document, in the address book, and as the clerk accepted."""
    sender = agencies.holder(doc.organ_id) if doc.organ_id else None
    names = [doc.organ_name, *((sender.name, sender.short_name) if sender else ())]
    names += trust_aliases.names_of(doc.agency_id, doc.organ_id)
    return tuple(dict.fromkeys(name for name in names if name))


def _is_pdf(file) -> bool:
    with open(file.path(), "rb") as opened:
        return b"%PDF-" in opened.read(1024)
