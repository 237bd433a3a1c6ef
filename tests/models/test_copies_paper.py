"""Papers that go out digitised (Quy chế 12.5; ND30 15.3, 18.6, 25.1.c): number, scan, seal, release, and what stops them."""

from datetime import date

import dispatches
import pytest
import scanned

from models import (
    clock,
    copies,
    copies_paper,
    db,
    documents,
    errors,
    files,
    issuing,
    journal,
    registers,
    workflow,
)

FIELDS = {"form": "sao_y", "medium": "paper", "purpose": "Lưu hồ sơ dự án"}
PAPER = {"type_code": "CV", "subject": "V/v mời họp", "code_notation": "SKH-VP"}


@pytest.fixture
def working(office):
    with dispatches.morning():
        yield office


def registered(office, **more):
    return copies_paper.register(office.lan, PAPER | {"signer": office.minh.post} | more, [office.b], ())


def test_q12_5_a_a_paper_takes_its_number_of_the_one_book(working):
    first = dispatches.advance(working, dispatches.draft(working), "numbered")
    doc = registered(working)
    assert doc.state == "paper_issued"
    assert [first.code_number, doc.code_number] == ["1", "2"]
    assert doc.document_id.endswith("2/SKH-VP") and doc.signer_name == working.minh.person.full_name
    assert doc in issuing.waiting(working.lan)
    assert doc not in issuing.unprinted(working.lan)


def test_q12_5_a_the_day_on_the_paper_is_today_or_the_last_working_day(working):
    with clock.freeze("2026-03-09 09:00"):  # a Monday
        fields = PAPER | {"signer": working.minh.post}
        assert copies_paper.register(
            working.lan, fields, [working.b], (), date(2026, 3, 6)
        ).issued_date == date(2026, 3, 6)
        for day in (date(2026, 3, 5), date(2026, 3, 10)):
            with pytest.raises(errors.Invalid, match="15.3"):
                copies_paper.register(working.lan, fields, [working.b], (), day)
        copies_paper.register(working.lan, fields, [working.b], (), date(2026, 3, 9))
        with pytest.raises(errors.Refused, match="lùi ngày"):
            copies_paper.register(working.lan, fields, [working.b], (), date(2026, 3, 6))
    assert registers.gaps(registers.of(working.a.id, "outgoing"), 2026) == []


def test_q12_5_a_signer_and_recipient_are_needed(working):
    with pytest.raises(errors.Invalid) as told:
        copies_paper.register(working.lan, PAPER)
    assert set(told.value.fields) == {"signer", "recipients"}
    with pytest.raises(errors.NotAllowed):
        copies_paper.register(working.tuan, PAPER | {"signer": working.minh.post}, [working.b])


def test_q12_5_b_a_digitised_paper_goes_out_with_the_seal_alone(working):
    doc = registered(working)
    with pytest.raises(errors.Refused, match="Chưa có bản quét"):
        workflow.step(doc, "seal_copy", working.lan)
    copies_paper.add_scan(doc, working.lan, scanned.taken())
    with pytest.raises(errors.Refused):
        issuing.issue(doc, working.lan)
    scanned.seal(doc, working.lan)
    assert doc.state == "sealed" and issuing.just_sealed(doc, working.lan)
    assert issuing.issue(doc, working.lan)
    assert [made.document_id for made in copies.book(working.lan, 2026)] == [doc.id]
    assert "seal_copy" in {event.verb for event in journal.of(doc)}


def test_q13_2_the_guard_of_ordinary_documents_is_not_weakened(working):
    doc = dispatches.advance(working, dispatches.draft(working), "numbered")
    with pytest.raises(errors.Refused):
        workflow.step(doc, "seal_copy", working.lan)
    dispatches.advance(working, doc, "sealed")
    with pytest.raises(errors.Refused):
        copies_paper.add_scan(doc, working.lan, scanned.taken())
    with db.write():
        documents.Version.delete().where(
            documents.Version.document == doc, documents.Version.kind == "signed"
        ).execute()
        documents.add_version(doc, files.put(b"%PDF-1.7 q", "q.pdf", "application/pdf"), "scan", working.lan)
        documents.add_version(
            doc, files.put(b"%PDF-1.7 s", "s.pdf", "application/pdf"), "sealed", working.lan
        )
    with pytest.raises(errors.Refused, match="hai chữ ký số"):
        issuing.issue(doc, working.lan)


def test_q13_2_a_paper_without_a_proven_seal_does_not_leave(working):
    doc = registered(working)
    copies_paper.add_scan(doc, working.lan, scanned.taken())
    scanned.seal(doc, working.lan)
    copies_paper.add_scan(doc, working.lan, scanned.taken(b"%PDF-1.7\n% quet lai\n%%EOF\n"))
    assert (doc.state, doc.verdict) == ("paper_issued", "")
    with pytest.raises(errors.Refused):
        issuing.issue(doc, working.lan)
    with db.write():  # as if somebody had set the state past the seal
        workflow.step(doc, "seal_copy", working.lan)
        doc.set(verdict="valid")
    with pytest.raises(errors.Refused, match="12.5, 13.2"):
        issuing.issue(doc, working.lan)


def test_an_issued_paper_is_copied_from_its_scan(working):
    doc = registered(working)
    copies_paper.add_scan(doc, working.lan, scanned.taken())
    scanned.seal(doc, working.lan)
    issuing.issue(doc, working.lan)
    made = copies.propose(working.minh, FIELDS | {"medium": "electronic"}, None, doc)
    assert copies.scan_of(made).file.sha256 == scanned.taken().stored.sha256


def test_a_paper_is_not_sent_back_to_be_drafted(working):
    doc = registered(working)
    copies_paper.add_scan(doc, working.lan, scanned.taken())
    scanned.seal(doc, working.lan)
    offer = workflow.offered(doc, working.lan, "return")
    assert "Thay bản quét" in offer.reason


def test_a_wrong_registration_leaves_its_number_in_the_book(working):
    doc = registered(working)
    with pytest.raises(errors.Invalid):
        copies_paper.void(doc, working.lan, "x")
    copies_paper.void(doc, working.lan, "Đăng ký nhầm loại")
    assert doc.state == "discarded" and not doc.code_number
    assert [
        entry.void_reason for entry in registers.voided(registers.of(working.a.id, "outgoing"), 2026)
    ] == ["Đăng ký nhầm loại"]
    assert registered(working).code_number == "2"
