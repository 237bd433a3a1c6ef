"""Điều 12.1 and 12.2 as a table: which days the leader, the seal and the paper bear, and who signed (V5)."""

from dataclasses import replace
from datetime import date, datetime, timedelta, timezone

import pytest

from signing import verdict
from signing.records import Expectation, Report, SignatureReport

HOME = timezone(timedelta(hours=7))
DAY = date(2026, 3, 2)
NOON = datetime(2026, 3, 2, 12, tzinfo=HOME)


def signature(kind, at, revision):
    """One that is good in every other way."""
    names = {"person": ("Trần Thử Nghiệm", "Sở Kiểm thử"), "organisation": ("Sở Kiểm thử", "Sở Kiểm thử")}
    signer, organisation = names[kind]
    return SignatureReport(
        field_name=f"S{revision}", kind=kind, signer=signer, organisation=organisation, issuer="CA", revision=revision,
        not_before="2025-01-01T00:00:00+00:00", not_after="2028-01-01T00:00:00+00:00", claimed_at=at.isoformat(),
        signed_at=at.isoformat(), integrity="intact", trust="trusted", revocation="good", changes="none",
        revocation_source="danh sách thu hồi", revocation_as_of=NOON.isoformat(), covers_whole_file=True,
    )  # fmt: skip


def judged(signatures, written="", **expect):
    report = Report(
        integrity="intact_later_allowed",
        page_amount=1,
        signatures=signatures,
        day=written,
        checked_at=NOON.isoformat(),
    )
    verdict.conclude(report, Expectation(**{"issued": True, **expect}))
    return report


def codes(report):
    return {reason.code for reason in report.reasons}


HOURS = timedelta(hours=1)
# (what, leader's moment, seal's moment, day in the packet, day in the file's fields, does it hold)
PAIRS = [
    ("same hour", NOON, NOON, DAY, "", True), ("morning and evening", NOON - 5 * HOURS, NOON + 10 * HOURS, DAY, "", True),
    ("first and last minute", NOON.replace(hour=0, minute=0), NOON.replace(hour=23, minute=59), DAY, "", True),
    ("first second", NOON.replace(hour=0), NOON.replace(hour=0), DAY, "", True),
    ("last second", NOON.replace(hour=23, minute=59, second=59), NOON.replace(hour=23, minute=59, second=59), DAY, "", True),
    ("no day known", NOON, NOON, None, "", True), ("day of the fields", NOON, NOON, None, "02/03/2026", True),
    ("day of the fields is another", NOON, NOON, None, "03/03/2026", False), ("packet is a day early", NOON, NOON, DAY - timedelta(1), "", False),
    ("packet is a day late", NOON, NOON, DAY + timedelta(1), "", False), ("packet is a year off", NOON, NOON, DAY.replace(year=2025), "", False),
    ("packet is a month off", NOON, NOON, DAY.replace(month=2), "", False), ("day and month exchanged", NOON, NOON, date(2026, 2, 3), "", False),
    ("leader a day early", NOON - 24 * HOURS, NOON, DAY, "", False), ("leader a minute before midnight", NOON.replace(hour=0) - timedelta(minutes=1), NOON, DAY, "", False),
    ("leader a month early", NOON - 30 * 24 * HOURS, NOON, DAY, "", False), ("seal a day late", NOON, NOON + 24 * HOURS, DAY, "", False),
    ("seal a minute after midnight", NOON, NOON.replace(hour=0) + 24 * HOURS + timedelta(minutes=1), DAY, "", False),
    ("both a day early", NOON - 24 * HOURS, NOON - 24 * HOURS, DAY, "", False), ("both a day late", NOON + 24 * HOURS, NOON + 24 * HOURS, DAY, "", False),
    ("two days, none known", NOON, NOON + 24 * HOURS, None, "", False), ("fields agree, packet not", NOON, NOON, DAY - timedelta(1), "02/03/2026", False),
    ("new year", datetime(2025, 12, 31, 23, 30, tzinfo=HOME), datetime(2026, 1, 1, 0, 30, tzinfo=HOME), date(2026, 1, 1), "", False),
    ("leap day", datetime(2028, 2, 29, 9, tzinfo=HOME), datetime(2028, 2, 29, 10, tzinfo=HOME), date(2028, 2, 29), "", True),
]  # fmt: skip
ZONES = [timezone(timedelta(hours=hours)) for hours in (-8, 0, 7, 9)]
AROUND = [
    (f"{hour:02d}:{minute:02d}", datetime(2026, 3, day, hour, minute, tzinfo=HOME), day == 2)
    for day, hour, minute in ((1, 23, 59), (2, 0, 0), (2, 6, 59), (2, 7, 0), (2, 16, 59), (2, 23, 59), (3, 0, 0))
]  # fmt: skip


@pytest.mark.parametrize(
    ("leader", "seal", "day", "written", "holds"), [row[1:] for row in PAIRS], ids=[row[0] for row in PAIRS]
)
def test_v5_signing_days_are_the_day_of_issue(leader, seal, day, written, holds):
    report = judged(
        [signature("person", leader, 1), signature("organisation", seal, 2)], written, issued_day=day
    )
    assert bool(codes(report) & {"date_mismatch", "two_days"}) is not holds
    assert (report.verdict == "valid") is holds
    if not holds:
        assert "12.2" in report.sentence


@pytest.mark.parametrize("zone", ZONES, ids=str)
@pytest.mark.parametrize(("moment", "holds"), [row[1:] for row in AROUND], ids=[row[0] for row in AROUND])
def test_v5_days_are_days_in_vietnam_whatever_the_zone(zone, moment, holds):
    """The same instant written in any zone is the same day here."""
    at = moment.astimezone(zone)
    report = judged([signature("person", at, 1), signature("organisation", at, 2)], issued_day=DAY)
    assert (report.verdict == "valid") is holds


PERSON, SEAL = "person", "organisation"
SETS = [
    ((PERSON, SEAL), {}, None), ((PERSON, PERSON, SEAL), {}, None), ((PERSON,), {}, "no_seal"), ((SEAL,), {}, "no_person"),
    ((SEAL, PERSON), {}, "order"), ((SEAL,), {"attachment": True}, None), ((PERSON,), {"attachment": True}, "no_seal"),
    ((SEAL,), {"copy": True}, None), ((PERSON,), {"leader_only": True}, None),
]  # fmt: skip


@pytest.mark.parametrize(("kinds", "expect", "missing"), SETS)
def test_v5_person_and_seal_or_the_reason_why_not(kinds, expect, missing):
    found = [signature(kind, NOON + place * HOURS, place + 1) for place, kind in enumerate(kinds)]
    report = judged(found, issued_day=DAY, **expect)
    if missing is None:
        assert report.verdict == "valid", codes(report)
    else:
        assert missing in codes(report)
        assert report.verdict != "valid"
        assert "12." in report.sentence


def test_v5_a_signature_without_a_time_is_no_proof_of_the_day():
    found = [signature(PERSON, NOON, 1), signature(SEAL, NOON, 2)]
    report = judged([replace(item, signed_at="", claimed_at="") for item in found], issued_day=DAY)
    assert report.verdict != "valid"


def test_v5_the_table_has_sixty_rows():
    assert len(PAIRS) + len(ZONES) * len(AROUND) + len(SETS) >= 60
