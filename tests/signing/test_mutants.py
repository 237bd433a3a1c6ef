"""The tests can fail: each part of the checker is broken on purpose once, and the hostile files notice (V1)."""

import pytest
from pyhanko.sign.diff_analysis import DEFAULT_DIFF_POLICY, DiffResult

from signing import card, certificates, changes, integrity, sight, trust, verdict, verify
from signing.records import Line
from tests.signing import hostile
from tests.signing.test_hostile import objections

hostile.kinds()


def by_the_library(embedded, pdf, sealed_until):
    """What changed after a signature, as the library's own default policy has it (and nothing drawn)."""
    outcome = embedded.evaluate_modifications(DEFAULT_DIFF_POLICY)
    allowed = isinstance(outcome, DiffResult)
    return changes.Finding(
        "filled" if allowed and outcome.changed_form_fields else "signed" if allowed else "changed"
    )


def believing(*given, **named):
    """Every chain is good, whatever the lists say."""
    return trust.Chain(trust="trusted", revocation="good")


def one_day(report, expect):
    return Line("Ngày ký", "ok", "")


def any_agency(report, expect):
    return Line("Cơ quan", "ok", "")


MUTANTS = [
    ("the library's default policy", changes, "review", by_the_library, "shadow: replace"),
    ("the library's default policy", changes, "review", by_the_library, "fields that were left open"),
    ("nothing after is looked at", changes, "review", lambda *_: changes.Finding("none"), "page content"),
    ("bytes not hashed", integrity, "_fits", lambda item: (True, True), "signature of another file"),
    ("key not checked", integrity, "_fits", lambda item: (True, True), "algorithms confused"),
    ("weak hashes allowed", integrity, "weak_hash", lambda item: "", "weak algorithms"),
    ("certificate's use not read", certificates, "may_sign", lambda der: True, "certificates that may not sign"),
    ("every chain believed", trust, "check_chain", believing, "roots that only look like ours"),
    ("every chain believed", trust, "check_chain", believing, "revoked"),
    ("every chain believed", trust, "check_chain", believing, "certificates out of their time"),
    ("any agency will do", card, "is_sender", lambda seal, expect: True, "another agency"),
    ("any order will do", card, "_agency", any_agency, "order and number of signatures"),
    ("days not compared", card, "_dates", one_day, "signing day is not the day of issue"),
    ("attachments not counted", verdict, "combine", lambda report, annexes: report, "attachments"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("module", "name", "broken", "kind"),
    [row[1:] for row in MUTANTS],
    ids=[f"{row[0]}: {row[4]}" for row in MUTANTS],
)
def test_v1_a_broken_checker_is_noticed(monkeypatch, module, name, broken, kind):
    monkeypatch.setattr(module, name, broken)
    assert any(objections(attack) for attack in hostile.of_kind(kind)), "the mutant survives"


def test_v1_without_the_drawing_the_structure_still_refuses(monkeypatch):
    """Two walls: with the pictures taken away, the shadow files are refused by structure alone."""
    monkeypatch.setattr(sight, "compare", lambda before, after, boxes: ())
    for kind in ("shadow: hide", "shadow: replace", "page content"):
        assert [words for attack in hostile.of_kind(kind) for words in objections(attack)] == []


def test_v1_an_exception_of_the_checker_is_no_acceptance(monkeypatch):
    """What falls over in the middle ends in a verdict."""

    def fall(*_):
        raise ValueError("a fault of a library")

    attack = next(iter(hostile.of_kind("page content")))
    for module, name in ((changes, "review"), (integrity, "judge"), (trust, "check_chain")):
        with monkeypatch.context() as patched:
            patched.setattr(module, name, fall)
            report = verify.examine(
                attack.pdf, attack.trust, moment=attack.moment, answers={}, expect=attack.expect
            ).report
        assert report.verdict != "valid"
        assert report.reasons
