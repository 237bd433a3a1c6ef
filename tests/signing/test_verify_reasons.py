"""Stable codes: documented, told in whole sentences, and never a way to accept what was not proven."""

import re
from pathlib import Path

import pytest

from signing import reasons, verdict
from signing.records import Reason, Report, SignatureReport

ROOT = Path(__file__).resolve().parents[2]
SUB_INDICATIONS = {
    "FORMAT_FAILURE", "HASH_FAILURE", "SIG_CRYPTO_FAILURE", "REVOKED", "EXPIRED", "NOT_YET_VALID",
    "SIG_CONSTRAINTS_FAILURE", "CHAIN_CONSTRAINTS_FAILURE", "CERTIFICATE_CHAIN_GENERAL_FAILURE",
    "CRYPTO_CONSTRAINTS_FAILURE", "CRYPTO_CONSTRAINTS_FAILURE_NO_POE", "POLICY_PROCESSING_ERROR",
    "SIGNATURE_POLICY_NOT_AVAILABLE", "TIMESTAMP_ORDER_FAILURE", "NO_SIGNING_CERTIFICATE_FOUND",
    "NO_CERTIFICATE_CHAIN_FOUND", "NO_CERTIFICATE_CHAIN_FOUND_NO_POE", "REVOKED_NO_POE", "REVOKED_CA_NO_POE",
    "OUT_OF_BOUNDS_NOT_REVOKED", "OUT_OF_BOUNDS_NO_POE", "REVOCATION_OUT_OF_BOUNDS_NO_POE", "NO_POE", "TRY_LATER",
    "SIGNED_DATA_NOT_FOUND",
}  # fmt: skip
HOLES = {
    "who": "A", "pages": "3", "fields": ": so", "day": "01/03/2026", "issuer": "B", "field": "Dau", "names": "PL1.pdf",
    "signed": "02/03/2026", "written": "01/03/2026", "off": 1, "sender": "A", "signer": "B", "sent": 5, "what": "x",
    "megabytes": 200, "algorithm": "SHA-1", "claimed": "01/03/2026", "stamped": "03/03/2026",
}  # fmt: skip


def test_v3_every_sub_indication_has_its_action():
    assert set(reasons.ACTIONS) == SUB_INDICATIONS
    assert set(reasons.ACTIONS.values()) == {"invalid", "unchecked", "look"}


def test_v3_indeterminate_is_neither_accepted_nor_returned():
    """A reason may make a person look where waiting tells nothing new, but never turn an open question into a refusal."""
    for code, meaning in reasons.REASONS.items():
        action = reasons.ACTIONS.get(meaning.sub)
        if action == "invalid":
            assert meaning.verdict in ("invalid", "look"), code
        elif action:
            assert meaning.verdict in ("unchecked", "look", "invalid") and meaning.verdict != "valid", code
            assert meaning.verdict != "invalid", code


@pytest.mark.parametrize("code", list(reasons.REASONS))
def test_u5_a_reason_says_what_to_do(code):
    found, meaning = reasons.reason(code, **HOLES), reasons.REASONS[code]
    assert found.message.endswith((".", ")")) and "{" not in found.message
    assert found.remedy.endswith("."), "what the sender must do"
    assert meaning.why.endswith(".") or code in ("missing", "no_main_file", "too_many_signatures")


def test_the_handbook_names_every_code():
    text = (ROOT / "docs" / "ma-ly-do.md").read_text(encoding="utf-8")
    for code, meaning in reasons.REASONS.items():
        [row] = re.findall(rf"^\| `{code}` \|.*$", text, re.MULTILINE)
        assert meaning.message in row and meaning.remedy in row
    for name in reasons.ACTIONS:
        assert f"| `{name}` |" in text


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        ((), "valid"),
        (("revocation_unchecked",), "unchecked"),
        (("revocation_unchecked", "two_days"), "look"),
        (("two_days", "changed_after", "revocation_unchecked"), "invalid"),
    ],
)
def test_the_gravest_reason_decides(codes, expected):
    assert verdict.verdict_of([reasons.reason(code, **HOLES) for code in codes]) == expected


def test_rows_of_older_versions_still_read():
    report = Report.from_dict(
        {
            "verdict": "look",
            "integrity": "extended",
            "reasons": ["Hai chữ ký khác ngày."],
            "signatures": [{"signer": "A", "reasons": ["Chưa có nơi cấp."], "gone": 1}],
            "lines": [{"name": "Nội dung", "mark": "ok", "text": "Nguyên vẹn."}],
        }
    )
    assert report.integrity == "intact_later_allowed"
    assert report.reasons == [Reason("", "Hai chữ ký khác ngày.")]
    assert str(report.signatures[0].reasons[0]) == "Chưa có nơi cấp."
    assert Report.from_dict(report.to_dict()) == report
    assert Report.from_dict({"integrity": "unreadable"}).integrity == "unverifiable"


def test_a_signature_without_a_reason_passes():
    item = SignatureReport(
        kind="person", integrity="intact", trust="trusted", revocation="good", changes="none",
        signed_at="2026-03-02T09:30:00+00:00",
    )  # fmt: skip
    verdict.judge_signature(item)
    assert (item.verdict, item.sub_indication, item.modification) == ("valid", "", "none")
    item = SignatureReport(
        kind="person", integrity="intact", trust="trusted", revocation="unchecked", changes="signed"
    )
    verdict.judge_signature(item)
    assert (item.verdict, item.modification) == ("look", "signature")
