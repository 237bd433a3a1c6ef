"""Sau khi kiểm tra ký số (10.2): nothing is accepted or returned by itself, and who decides when."""

import pytest
from arrivals import arrive, consigned, statuses

from models import checks, clock, db, errors, incoming, journal, outbox, signatures, trust

REPORT = {"verdict": "unchecked", "sentence": "Chưa kiểm được.", "sha256": "a" * 64, "retry": True, "signatures": [],
          "integrity": "intact"}  # fmt: skip


def checked(doc, **more):
    signatures.checked(doc, REPORT | more)
    return doc


def test_q10_2_f_nobody_can_take_in_or_return_before_the_window_has_passed(office):
    with db.connection(), clock.freeze("2026-07-14 09:00"):
        doc = checked(consigned(office, verdict=""))
        assert checks.waiting(doc).tries == 1 and not checks.may_decide(doc)
    for late, may in (("2026-07-14 23:00", False), ("2026-07-15 08:59", False), ("2026-07-15 09:00", True)):
        with db.connection(), clock.freeze(late):
            assert checks.may_decide(doc) is may
            assert (incoming.may_register(doc, office.lan) is None) is may
            assert (incoming.may_refuse(doc, office.lan) is None) is may
    assert statuses(doc) == []


def test_q10_2_f_the_decision_needs_a_reason_and_is_written_down(office):
    with db.connection(), clock.freeze("2026-07-14 09:00"):
        doc = checked(consigned(office, verdict=""))
    with db.connection(), clock.freeze("2026-07-15 10:00"):
        with pytest.raises(errors.Invalid, match="lý do"):
            incoming.register(doc, office.lan)
        incoming.refuse(doc, office.lan, "Nơi gửi xác nhận ký nhầm")
        assert [event.note for event in journal.of(doc) if event.verb == "decide_unchecked"] == [
            "Trả lại: Nơi gửi xác nhận ký nhầm"
        ]
        assert statuses(doc) == ["refused"]


def test_q10_2_f_the_waits_end_after_a_month_and_with_the_return(office):
    with db.connection():
        with clock.freeze("2026-07-14 09:00"):
            doc = checked(arrive(office, verdict=""))
            assert checks.retry_after(doc) == 900
        with clock.freeze("2026-08-10 09:00"):
            assert checks.retry_after(doc) == 86400
        with clock.freeze("2026-08-20 09:00"):
            assert checks.retry_after(doc) is None
        with clock.freeze("2026-07-16 09:00"):
            incoming.refuse(doc, office.lan, "Thôi")
            assert checks.retry_after(doc) is None


def test_a_result_between_starts_the_count_anew(office):
    with db.connection():
        doc = arrive(office, verdict="")
        with clock.freeze("2026-07-14 09:00"):
            checked(checked(doc), verdict="valid", retry=False)
            assert checks.waiting(doc) is None
        with clock.freeze("2026-07-20 09:00"):
            checked(doc)
            found = checks.waiting(doc)
            assert found.tries == 1 and not found.over


def test_the_card_names_the_next_attempt(office):
    with db.connection(), clock.freeze("2026-07-14 09:00"):
        doc = checked(arrive(office, verdict=""))
        with db.write():
            outbox.place("verify", doc.id, "verify:x", after_seconds=900)
        assert clock.local(checks.waiting(doc).next_at).strftime("%H:%M") == "09:15"


def test_in_16_only_a_document_without_any_signature_is_for_reference(office):
    with db.connection():
        trust.set_unsigned_rule(office.admin, "reference")
        bare = checked(arrive(office, verdict=""), verdict="invalid", retry=False, integrity="unsigned")
        broken = checked(arrive(office, verdict=""), verdict="invalid", retry=False, integrity="broken")
        assert incoming.may_register(bare, office.lan) is None and incoming.may_register(broken, office.lan)
        with pytest.raises(errors.Invalid, match="tham khảo"):
            incoming.register(bare, office.lan)
        assert incoming.register(bare, office.lan, reason="Để biết")
        with pytest.raises(errors.Refused):
            incoming.register(broken, office.lan, reason="Cứ nhận")
