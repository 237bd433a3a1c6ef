"""From findings to the verdict a clerk reads: HỢP LỆ, CẦN XEM, KHÔNG HỢP LỆ, or not yet checked.

The verdict is the gravest of the reasons (`reasons.py`). The regulation's rules: two signatures in order (Quy chế 102
Điều 12.1), both dates equal the issue date (12.2), separate attachments sealed (6.2.b). The lines are in `card.py`.
"""

from signing import card
from signing.reasons import ACTIONS, REASONS, reason
from signing.records import WHOLE, Expectation, Reason, Report
from signing.words import day, who

WORDS = {"valid": "HỢP LỆ", "look": "CẦN XEM", "invalid": "KHÔNG HỢP LỆ", "unchecked": "CHƯA KIỂM TRA ĐƯỢC"}
GOOD = "Chữ ký hợp lệ, nội dung nguyên vẹn từ khi ký; tự động tiếp nhận được (Quy chế 102, Điều 10.2)."
_ORDER = ("valid", "unchecked", "look", "invalid")
_MODIFICATIONS = {
    "": "none", "none": "none", "archive": "archive", "signed": "signature", "filled": "form_filling",
    "foreign": "form_filling", "noted": "annotation", "harmless": "annotation", "changed": "other",
}  # fmt: skip


def conclude(report: Report, expect: Expectation) -> None:
    """Fill `verdict`, `sentence`, `reasons` and the eight lines of the card; `report.reasons` holds those of the file."""
    for item in report.signatures:
        judge_signature(item)
    report.lines = card.lines(report, expect)
    _sum_up(report)
    report.retry = any(
        ACTIONS.get(item.sub_indication) == "unchecked" for item in report.signatures if _may_change(item)
    )


def combine(report: Report, attachments: list[tuple[str, Report | None]]) -> Report:
    """The verdict of a document with its separate attachments: each must carry the agency's signature (6.2.b).

    A report of None is an attachment that can hold no signature we know (not a PDF).
    """
    line = card.annexes(attachments)
    before, sentence = report.verdict, report.sentence
    report.lines = [line if item.name == line.name else item for item in report.lines]
    report.retry = report.retry or any(found.retry for _, found in attachments if found)
    _sum_up(report)
    if worst(before, report.verdict) != report.verdict:  # attachments never make a document better
        report.verdict, report.sentence = before, sentence
    return report


def worst(*verdicts: str) -> str:
    """The gravest of some verdicts."""
    return max(verdicts, key=_ORDER.index)


def verdict_of(reasons: list[Reason]) -> str:
    """The gravest verdict some reasons lead to; valid without any."""
    return worst("valid", *(REASONS[item.code].verdict for item in reasons if item.code in REASONS))


def judge_signature(item) -> None:
    """Add the reasons that follow from what was found of one signature, and its verdict and sub-indication."""
    item.reasons += [reason(code, **facts) for code, is_so, facts in _rules(item) if is_so]
    item.reasons = list(dict.fromkeys(item.reasons))
    item.verdict = verdict_of(item.reasons)
    item.modification = _MODIFICATIONS.get(item.changes, "other")
    gravest = [r for r in item.reasons if REASONS[r.code].sub and REASONS[r.code].verdict == item.verdict]
    item.sub_indication = REASONS[gravest[0].code].sub if gravest else ""


def _may_change(item):
    """True when the next check may know more: only revocation data or a chain was missing."""
    return item.kind != "stamp" and item.verdict == "unchecked"


def _rules(item):
    """(code, whether it is so, facts of the sentence) of what can be wrong with one signature."""
    name, known = {"who": who(item)}, {item.code for item in item.reasons}
    pages = f" (trang {', '.join(map(str, item.changed_pages))})" if item.changed_pages else ""
    fields = f": {', '.join(item.changed_fields)}" if item.changed_fields else ""
    explained = known & {
        "signature_malformed", "signature_unsupported", "signature_forged", "signer_not_found", "stamp_broken",
        "certificate_swapped", "signature_broken",
    }  # fmt: skip
    return (
        ("signature_broken", item.integrity == "broken" and not explained, name),
        ("signature_covers_part", item.integrity == "partial", name),
        ("changed_after", item.changes == "changed", {"pages": pages}),
        ("added_foreign", item.changes in ("foreign", "noted"), {"fields": fields}),
        ("added_harmless", item.changes == "harmless", {"fields": fields}),
        *(_certificate_rules(item, name) if item.kind != "stamp" else ()),
        ("no_signing_time", not item.signed_at and item.integrity == "intact" and item.kind != "stamp", name),
    )


def _certificate_rules(item, name):
    told = {"revocation_stale", "revocation_out_of_bounds"} & {known.code for known in item.reasons}
    trusted = item.trust == "trusted" and not told
    return (
        ("certificate_revoked", item.trust == "revoked", {**name, "day": day(item.revoked_at)}),
        ("certificate_expired", item.trust == "expired", {**name, "day": day(item.not_after)}),
        ("certificate_not_yet", item.trust == "not_yet", name),
        ("chain_invalid", item.trust == "invalid", name),
        ("chain_unclear", item.trust == "unclear", name),
        ("issuer_unknown", item.integrity == "intact" and item.trust == "unknown", {"issuer": item.issuer}),
        ("revocation_unchecked", trusted and item.revocation == "unchecked", name),
    )


def _sum_up(report):
    own = [item for item in report.reasons if item.code in REASONS]
    lines = [Reason(line.code, line.text, line.remedy) for line in report.lines if line.code]
    signatures = [item for found in report.signatures for item in found.reasons]
    reasons = list({(item.code, item.message): item for item in (*own, *lines, *signatures)}.values())
    reasons.sort(key=lambda item: -_ORDER.index(REASONS[item.code].verdict))
    report.reasons, report.verdict = reasons, verdict_of(reasons)
    if report.verdict == "valid" and report.integrity not in WHOLE:
        report.verdict = "invalid"
    broken_off = GOOD if report.verdict == "valid" else REASONS["unreadable"].message
    report.sentence = reasons[0].message if reasons else broken_off
