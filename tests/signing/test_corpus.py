"""Signed files of other projects with known outcomes: no changed file called fine, no exception, bounded time."""

import csv
import time
from datetime import UTC, datetime

import pytest

from signing.records import WHOLE, Trust
from signing.verify import examine

NOW = datetime(2026, 11, 24, tzinfo=UTC)


@pytest.fixture(scope="module")
def outcomes(shared):
    folder = shared / "corpus" / "signed"
    with open(folder / "INDEX.tsv") as opened:
        rows = list(csv.DictReader(opened, delimiter="\t"))
    found = []
    for row in rows:
        start = time.monotonic()
        report = examine((folder / row["file"]).read_bytes(), Trust(), moment=NOW, answers={}).report
        found.append((row["expected_class"], row["file"], report, time.monotonic() - start))
    return found


def of(outcomes, *classes):
    return [(name, report) for kind, name, report, _ in outcomes if kind in classes]


def test_no_changed_file_is_called_fine(outcomes):
    fine = [name for name, report in of(outcomes, "CHANGED_AFTER") if report.integrity in WHOLE]
    assert fine == []


def test_no_broken_file_is_called_fine(outcomes):
    wrong = [name for name, report in of(outcomes, "BROKEN", "NOT_SIGNED") if report.verdict != "invalid"]
    assert wrong == []


def test_genuine_files_are_whole(outcomes):
    valid = of(outcomes, "VALID")
    right = [name for name, report in valid if report.integrity in WHOLE]
    assert len(right) >= 0.95 * len(valid)


def test_harmless_additions_are_known(outcomes):
    found = of(outcomes, "VALID_LATER_OK")
    right = [name for name, report in found if report.integrity in WHOLE]
    assert len(right) >= 0.4 * len(found)


def test_every_outcome_is_a_verdict_in_time(outcomes):
    assert all(
        report.verdict in ("look", "invalid", "unchecked") and report.sentence for _, _, report, _ in outcomes
    )
    assert max(seconds for *_, seconds in outcomes) < 20
