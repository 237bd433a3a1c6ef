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
    kept = {"crl": [], "ocsp": []}
    for kind, body in found.evidence:
        kept[kind].append(body)
    return dataclasses.replace(demo.trust, crls=tuple(kept["crl"]), ocsps=tuple(kept["ocsp"]))


def test_in_ten_years_with_what_was_kept(sealed, demo, now):
    kept = evidence(sealed, demo, now + timedelta(minutes=1))
    report = verify.verify(sealed, kept, moment=now + timedelta(days=3652), online=False)
    assert report.verdict == "valid", report.reasons


def test_in_ten_years_without(sealed, demo, now):
    report = verify.verify(sealed, demo.trust, moment=now + timedelta(days=3652), online=False)
    assert report.verdict == "unchecked"
    assert report.integrity == "intact_later_allowed"


def test_a_list_made_after_the_certificate_ended_proves_nothing(sealed, demo, now):
    found = verify.examine(sealed, demo.trust, moment=now + timedelta(days=3652), answers={})
    assert found.report.retry
