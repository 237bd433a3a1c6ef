"""Signed today, checked in ten years: what was kept with the file decides."""

import dataclasses
from datetime import timedelta

from signing import trust, verify


def evidence(sealed, demo, moment):
    """Revocation data as the office keeps it beside the report of the first check."""
    answers = {}
    for _ in range(3):
        found = verify.examine(sealed, demo.trust, moment=moment, answers=answers)
        answers |= {wish.key: trust.fetch(wish) for wish in found.wishes}
    return trust.with_evidence(demo.trust, found.evidence)


def test_in_ten_years_with_what_was_kept(sealed, demo, now):
    kept = evidence(sealed, demo, now + timedelta(minutes=1))
    report = verify.verify(sealed, kept, moment=now + timedelta(days=3652), online=False)
    assert report.verdict == "valid", report.reasons


def test_in_thirty_years_the_result_is_the_same(sealed, demo, now):
    """Signed and stamped today: what the first check rested on decides in thirty years as it did then."""
    first = verify.verify_with_proofs(sealed, demo.trust, moment=now + timedelta(minutes=1))
    kinds = {kind for kind, _ in first.evidence}
    assert first.report.verdict == "valid" and {"crl", "certificate"} <= kinds
    roots_only = dataclasses.replace(demo.trust, intermediates=())
    kept = trust.with_evidence(roots_only, first.evidence)
    later = verify.examine(sealed, kept, moment=now + timedelta(days=30 * 365), answers={})
    assert later.wishes == []
    then, today = later.report.to_dict(), first.report.to_dict()
    for told in (then, today):
        told["checked_at"] = told["lines"][4]["text"] = ""
    assert then == today


def test_in_ten_years_without(sealed, demo, now):
    report = verify.verify(sealed, demo.trust, moment=now + timedelta(days=3652), online=False)
    assert report.verdict == "unchecked"
    assert report.integrity == "intact_later_allowed"


def test_a_list_made_after_the_certificate_ended_proves_nothing(sealed, demo, now):
    found = verify.examine(sealed, demo.trust, moment=now + timedelta(days=3652), answers={})
    assert found.report.retry
