"""Honest files are called valid: of every key, level, length and structure, ours and other programs' (V2)."""

import pytest

from signing import verify
from signing.records import WHOLE
from tests.signing import genuine, services, workshop

FEWEST = 120
EXPLAINED: dict[str, str] = {}  # name → why an honest file may be refused; empty as long as none is


@pytest.fixture(scope="module")
def outcomes():
    found = []
    with services.serving() as served:
        for item in genuine.all_files(served):
            report = verify.examine(
                item.pdf, workshop.trusted(), moment=workshop.MOMENT_OF_CHECK, answers={}, expect=item.expect
            ).report
            found.append((item.name, item.verdict, report))
    return found


def test_v2_honest_files_are_valid(outcomes):
    refused = {
        name: (report.verdict, [reason.code for reason in report.reasons])
        for name, verdict, report in outcomes
        if report.verdict != verdict
    }
    assert {name: words for name, words in refused.items() if name not in EXPLAINED} == {}
    assert len(outcomes) >= FEWEST
    assert len(outcomes) - len(refused) >= 0.99 * len(outcomes)


def test_v2_honest_files_are_whole(outcomes):
    assert [(name, report.integrity) for name, _, report in outcomes if report.integrity not in WHOLE] == []


def test_v2_a_valid_file_has_no_reasons_and_a_full_card(outcomes):
    for name, _, report in outcomes:
        if report.verdict == "valid":
            assert report.reasons == [], name
            assert len(report.lines) == 8, name
            assert all(item.covers_whole_file or item.modification != "none" for item in report.signatures), (
                name
            )
