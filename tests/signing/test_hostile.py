"""Nothing of what is made to deceive is called valid, and each refusal says why (tests/signing/hostile)."""

import time

import pytest

from signing import verdict, verify
from signing.reasons import REASONS
from signing.records import WHOLE
from tests.signing import hostile, workshop

SECONDS = 8  # of processor time for one file
FEWEST_FILES, FEWEST_CLASSES = 240, 24


def examined(attack):
    """(report, seconds of processor time)."""
    before = time.process_time()
    report = _report(attack.pdf, attack, attack.expect)
    if attack.annexes:
        found = [(name, pdf and _report(pdf, attack, expect)) for name, pdf, expect in attack.annexes]
        verdict.combine(report, found)
    return report, time.process_time() - before


def _report(pdf, attack, expect):
    return verify.examine(pdf, attack.trust, moment=attack.moment, answers={}, expect=expect).report


def objections(attack):
    """What the check did wrong with this file, in words; empty when it did well."""
    report, seconds = examined(attack)
    found = []
    if report.verdict not in attack.verdicts:
        found.append(f"verdict {report.verdict}, expected {'/'.join(sorted(attack.verdicts))}")
    if report.integrity not in attack.integrity:
        found.append(f"integrity {report.integrity}, expected {'/'.join(sorted(attack.integrity))}")
    if not report.reasons or any(
        reason.code not in REASONS or not reason.message for reason in report.reasons
    ):
        found.append(f"reasons {[reason.code for reason in report.reasons]}")
    if not report.sentence or len(report.lines) != 8:
        found.append("no sentence or no card")
    if seconds > SECONDS:
        found.append(f"{seconds:.1f} seconds")
    return [f"{attack.kind} / {attack.name}: {'; '.join(found)}"] if found else []


@pytest.mark.parametrize("kind", hostile.kinds())
def test_v1_no_attack_is_called_valid(kind):
    attacks = hostile.of_kind(kind)
    assert attacks
    assert [words for attack in attacks for words in objections(attack)] == []


def test_v1_the_honest_file_of_the_same_workshop_is_valid():
    """Else all refusals would prove nothing."""
    for pdf in (workshop.sealed(), workshop.long_sealed()):
        report = verify.examine(
            pdf, workshop.trusted(), moment=workshop.MOMENT_OF_CHECK, answers={}, expect=workshop.EXPECTED
        ).report
        assert (report.verdict, report.reasons) == ("valid", [])
        assert report.integrity in WHOLE


def test_v1_there_are_enough_of_them():
    """Counted as they were made above; a class that was not is made now."""
    assert len(hostile.kinds()) >= FEWEST_CLASSES
    assert sum(hostile.amount(kind) for kind in hostile.kinds()) >= FEWEST_FILES
