"""Signed files of other projects with known outcomes: no changed file called fine, no exception, bounded time."""

import csv
import dataclasses
import time
from datetime import UTC, datetime

import pytest
from asn1crypto import pem

from signing.records import WHOLE, Trust
from signing.verify import examine
from tests.signing import workshop

NOW = datetime(2026, 11, 24, tzinfo=UTC)


@pytest.fixture(scope="module")
def outcomes(shared):
    folder = shared / "corpus" / "signed"
    with open(folder / "INDEX.tsv") as opened:
        rows = list(csv.DictReader(opened, delimiter="\t"))
    found = []
    for row in rows:
        start = time.process_time()
        report = examine((folder / row["file"]).read_bytes(), Trust(), moment=NOW, answers={}).report
        found.append((row["expected_class"], row["file"], report, time.process_time() - start))
    return found


def of(outcomes, *classes):
    return [(name, report) for kind, name, report, _ in outcomes if kind in classes]


def test_v1_no_changed_file_is_called_fine(outcomes):
    fine = [name for name, report in of(outcomes, "CHANGED_AFTER") if report.integrity in WHOLE]
    assert fine == []


def test_v1_no_broken_file_is_called_fine(outcomes):
    wrong = [name for name, report in of(outcomes, "BROKEN", "NOT_SIGNED") if report.verdict != "invalid"]
    assert wrong == []
    assert all(report.integrity == "broken" for _, report in of(outcomes, "BROKEN"))


def test_v2_genuine_files_are_whole(outcomes):
    """All of them, those too that only a tolerant reading opens; these wait for a person."""
    found = of(outcomes, "VALID", "MULTI_SIG_INTACT")
    assert [name for name, report in found if report.integrity not in WHOLE] == []
    assert [name for name, report in found if report.verdict == "invalid"] == []
    for name, report in found:
        if {"structure_tolerant", "structure_hybrid"} & {reason.code for reason in report.reasons}:
            assert report.verdict == "look", name


def test_v2_harmless_additions_are_known(outcomes):
    found = of(outcomes, "VALID_LATER_OK")
    right = [name for name, report in found if report.integrity == "intact_later_allowed"]
    assert len(right) >= 0.7 * len(found)


@pytest.mark.parametrize(
    ("kind", "integrity", "share"),
    [("COVERAGE", "partial", 1), ("UNVERIFIABLE", "unverifiable", 0.9), ("NOT_SIGNED", "unsigned", 0.95)],
)
def test_v1_what_cannot_be_judged_is_named(outcomes, kind, integrity, share):
    found = of(outcomes, kind)
    right = [name for name, report in found if report.integrity == integrity]
    assert len(right) >= share * len(found)
    assert all(report.verdict == "invalid" for _, report in found)


def test_v1_every_outcome_has_its_reasons_in_time(outcomes):
    for kind, name, report, _ in outcomes:
        assert report.verdict in ("look", "invalid", "unchecked"), name
        assert report.sentence and report.reasons, name
        assert kind in ("NOT_SIGNED", "UNVERIFIABLE") or report.lines, name
    assert max(seconds for *_, seconds in outcomes) < 20


def test_real_vietnamese_signatures(outcomes):
    """/M counts, not the local time labelled UTC in the container; SHA-1 is named; the seal is a seal."""
    found = [report for _, name, report, _ in outcomes if "/vn-" in name]
    assert len(found) >= 5
    for report in found:
        assert report.integrity == "intact"
        for item in report.signatures:
            assert item.kind in ("organisation", "person") and item.signed_at.endswith("+07:00")
    weak = [report for report in found if "weak_algorithm" in {reason.code for reason in report.reasons}]
    assert weak and all(report.verdict == "look" for report in weak)


def test_lists_that_parsers_stumbled_over(shared):
    """The 22 revocation lists: each is read or left aside, none hangs, and none clears anybody it does not speak of."""
    folder = shared / "corpus" / "crl"
    bodies = []
    for path in sorted(folder.rglob("*")):
        if path.suffix in (".crl", ".arl", ".pem", ".der") and path.is_file():
            body = path.read_bytes()
            bodies.append(pem.unarmor(body)[2] if pem.detect(body) else body)
    trusted = workshop.trusted()
    start = time.process_time()
    burdened = dataclasses.replace(trusted, crls=(*trusted.crls, *bodies))
    assert (
        examine(workshop.sealed(), burdened, moment=workshop.MOMENT_OF_CHECK, answers={}).report.verdict
        == "valid"
    )
    alone = dataclasses.replace(trusted, crls=tuple(bodies))
    assert (
        examine(workshop.sealed(), alone, moment=workshop.MOMENT_OF_CHECK, answers={}).report.verdict
        == "unchecked"
    )
    assert time.process_time() - start < 20
