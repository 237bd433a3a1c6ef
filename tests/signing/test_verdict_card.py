"""The eight lines of the card: person and office, order, days, sender, attachments, and what each line asks of the sender."""

from datetime import date

import pytest

from signing import verdict
from signing.records import Expectation, Report, SignatureReport

NAMES = ["Nội dung", "Người ký", "Cơ quan", "Ngày ký", "Chứng thư", "Nơi cấp", "Phụ lục", "Sau khi ký"]
LEADER = {
    "kind": "person", "signer": "Trần Thử Nghiệm", "title": "Giám đốc", "organisation": "Sở Kiểm thử", "revision": 1,
    "changes": "filled", "signed_at": "2026-03-02T09:30:00+07:00",
}  # fmt: skip
SEAL = {
    "kind": "organisation", "signer": "Sở Kiểm thử", "organisation": "Sở Kiểm thử", "revision": 2, "changes": "none",
    "signed_at": "2026-03-02T09:50:00+07:00",
}  # fmt: skip
EXPECT = {"organisations": ("Sở Kiểm thử",), "issued_day": date(2026, 3, 2), "number": 5, "issued": True}


def signature(values, **more):
    usual = {
        "integrity": "intact", "trust": "trusted", "revocation": "good", "issuer": "CA", "not_after": "2028-03-02T00:00:00+00:00",
        "revocation_as_of": "2026-03-02T00:00:00+00:00", "revocation_source": "danh sách thu hồi",
    }  # fmt: skip
    return SignatureReport(**(usual | values | more))


def judged(*signatures, integrity="intact_later_allowed", expect=None, **facts):
    report = Report(
        integrity=integrity, page_amount=4, number="05", day="02/03/2026", checked_at="2026-03-03T00:00:00+00:00",
        signatures=list(signatures), **facts,
    )  # fmt: skip
    verdict.conclude(report, Expectation(**(EXPECT if expect is None else expect)))
    return report


def line(report, name):
    return next(one for one in report.lines if one.name == name)


def codes(report):
    return {reason.code for reason in report.reasons}


def test_q10_2_b_a_lawful_document():
    report = judged(signature(LEADER), signature(SEAL))
    assert (report.verdict, report.sentence) == ("valid", verdict.GOOD)
    assert [one.name for one in report.lines] == NAMES
    assert {one.mark for one in report.lines} <= {"ok", "none"}
    assert line(report, "Nội dung").text == "Nguyên vẹn từ khi ký. 4 trang, 2 chữ ký."
    assert line(report, "Người ký").text.startswith(
        "Trần Thử Nghiệm – Giám đốc – Sở Kiểm thử 02/03/2026 09:30:00 +07"
    )
    assert line(report, "Cơ quan").text == "Sở Kiểm thử = nơi gửi 02/03/2026 09:50:00 +07"
    assert line(report, "Ngày ký").text == "02/03/2026 = ngày văn bản (cả 2 chữ ký)."
    assert "1 ngày trước" in line(report, "Chứng thư").text
    assert line(report, "Sau khi ký").text.startswith("Chỉ ghi số, ngày và thêm chữ ký cơ quan.")


CASES = [
    ("no seal", (LEADER,), {}, "invalid", "no_seal", "Cơ quan"),
    ("no leader", (SEAL,), {}, "look", "no_person", "Người ký"),
    ("office first", (SEAL | {"revision": 1}, LEADER | {"revision": 2}), {}, "invalid", "order", "Cơ quan"),
    ("another office", (LEADER, SEAL | {"signer": "Sở Khác"}), {}, "look", "sender_mismatch", "Cơ quan"),
    ("another day", (LEADER, SEAL), {"issued_day": date(2026, 3, 1)}, "look", "date_mismatch", "Ngày ký"),
    ("another number", (LEADER, SEAL), {"number": 6}, "look", "number_mismatch", "Ngày ký"),
    ("revoked", (LEADER | {"trust": "revoked", "revoked_at": "2026-03-01T00:00:00+00:00"}, SEAL), {}, "invalid",
     "certificate_revoked", "Chứng thư"),
    ("expired", (LEADER | {"trust": "expired"}, SEAL), {}, "invalid", "certificate_expired", "Chứng thư"),
    ("not yet", (LEADER, SEAL | {"trust": "not_yet"}), {}, "invalid", "certificate_not_yet", "Chứng thư"),
    ("bad chain", (LEADER, SEAL | {"trust": "invalid"}), {}, "invalid", "chain_invalid", "Chứng thư"),
    ("unknown issuer", (LEADER, SEAL | {"trust": "unknown"}), {}, "look", "issuer_unknown", "Nơi cấp"),
    ("unchecked", (LEADER, SEAL | {"revocation": "unchecked"}), {}, "unchecked", "revocation_unchecked", "Chứng thư"),
    ("changed", (LEADER, SEAL | {"changes": "changed", "changed_pages": [3]}), {}, "invalid", "changed_after", "Sau khi ký"),
    ("foreign field", (LEADER | {"changes": "foreign", "changed_fields": ["SoVB"]}, SEAL), {}, "look", "added_foreign",
     "Sau khi ký"),
    ("no time", (LEADER | {"signed_at": ""}, SEAL), {}, "look", "no_signing_time", None),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "found", "expect", "outcome", "code", "where"), CASES, ids=[case[0] for case in CASES]
)
def test_q10_2_b_each_finding_has_its_line(name, found, expect, outcome, code, where):
    report = judged(*map(signature, found), expect=EXPECT | expect)
    assert report.verdict == outcome, report.reasons
    assert code in codes(report)
    if where:
        shown = line(report, where)
        assert shown.code == code and shown.mark == ("bad" if outcome == "invalid" else "look")
        assert shown.why and shown.remedy, "why it matters and what the sender must do"
    assert report.reasons[0].remedy


def test_q12_1_without_being_told_what_it_is_a_missing_seal_is_looked_at():
    assert judged(signature(LEADER), expect={}).verdict == "look"
    assert (
        judged(signature(SEAL | {"revision": 1}), signature(LEADER | {"revision": 2}), expect={}).verdict
        == "look"
    )
    assert judged(signature(LEADER, changes="none"), expect={"leader_only": True}).verdict == "valid"


def test_q12_5_a_copy_needs_the_seal_alone_and_keeps_the_day_of_its_original():
    report = judged(
        signature(SEAL), expect=EXPECT | {"copy": True, "issued_day": date(2011, 1, 1), "number": 77}
    )
    assert report.verdict == "valid", report.reasons
    assert line(report, "Người ký").text == "Bản sao: chỉ cần chữ ký số của cơ quan sao."


def test_q6_2_b_attachments():
    def fresh():
        return judged(signature(LEADER), signature(SEAL))

    good = judged(signature(SEAL), expect={"attachment": True, "organisations": ("Sở Kiểm thử",)})
    assert good.verdict == "valid", good.reasons
    assert verdict.combine(fresh(), [("PL1.pdf", good)]).verdict == "valid"
    assert verdict.combine(fresh(), []).verdict == "valid"
    bare = judged(integrity="unsigned", expect={"attachment": True})
    report = verdict.combine(fresh(), [("PL1.pdf", good), ("PL2.pdf", bare), ("PL3.xlsx", None)])
    assert report.verdict == "look"
    assert line(report, "Phụ lục").text == "PL2.pdf, PL3.xlsx chưa có chữ ký số của cơ quan (Điều 6.2.b)."
    bad = judged(signature(SEAL, changes="changed"), expect={"attachment": True})
    assert verdict.combine(fresh(), [("PL1.pdf", bad)]).verdict == "invalid"
    waiting = judged(signature(SEAL, revocation="unchecked"), expect={"attachment": True})
    report = verdict.combine(fresh(), [("PL1.pdf", waiting)])
    assert (report.verdict, report.retry) == ("look", True)


def test_q10_2_f_only_what_may_change_is_tried_again():
    assert judged(signature(LEADER), signature(SEAL, revocation="unchecked")).retry
    assert not judged(signature(LEADER), signature(SEAL, trust="unknown")).retry
    assert not judged(signature(LEADER), signature(SEAL)).retry
