"""The clerk's act: number, seal, release; each guard by its article; the book; prints."""

import dispatches
import pytest

from models import (
    agencies,
    assignments,
    clock,
    db,
    documents,
    drafts,
    errors,
    exchange,
    exchange_summary,
    files,
    issuing,
    journal,
    outbox,
    outgoing,
    registers,
    workdays,
)


@pytest.fixture
def open_office(office):
    """The cast on a working morning."""
    with dispatches.morning():
        yield office


def refused(act, *arguments) -> str:
    """The sentence of a refusal."""
    with pytest.raises(errors.Refused) as error:
        act(*arguments)
    return str(error.value)


def test_number_date_and_identity_are_given_once(open_office):
    doc = dispatches.advance(open_office, dispatches.draft(open_office), "numbered")
    assert (doc.code_number, doc.issued_date) == ("1", clock.today())
    assert doc.document_id == "H99.10,2026/03/02,1/SKH-KH"
    assert doc.number_text == "01/SKH-KH"
    refused(issuing.number, doc, open_office.lan)
    other = dispatches.advance(open_office, dispatches.draft(open_office), "numbered")
    assert other.code_number == "2"


def test_signed_before_midnight_numbered_after_is_refused_and_no_number_goes(open_office):
    with clock.freeze("2026-03-02 23:58"):
        doc = dispatches.advance(open_office, dispatches.draft(open_office), "signed")
    with clock.freeze("2026-03-03 00:05"):
        assert "12.2" in refused(issuing.number, doc, open_office.lan)
        assert registers.Entry.select().count() == 0
        outgoing.ask_again(doc, open_office.lan)
        assert doc.state == "awaiting_signature" and doc.holder_id == open_office.hoa.post.id
        assert documents.main_file(doc).read().endswith(b"% o trong")
        outgoing.sign(doc, open_office.hoa, files.store(b"%PDF ky lai"), clock.now())
        assert issuing.number(doc, open_office.lan) == 1


def test_a_number_of_yesterday_is_not_sealed_but_voided_on_the_way_back(open_office):
    doc = dispatches.advance(open_office, dispatches.draft(open_office), "numbered")
    with clock.freeze("2026-03-03 08:00"):
        assert "12.2" in refused(issuing.seal, doc, open_office.lan, files.store(b"x"), {}, "valid")
        outgoing.ask_again(doc, open_office.lan)
        assert registers.Entry.get().void_reason.startswith("Ngày ký khác ngày ban hành")


def test_a_failed_seal_keeps_the_number_and_can_be_repeated(open_office):
    doc = dispatches.advance(open_office, dispatches.draft(open_office), "numbered")
    said = refused(
        issuing.seal, doc, open_office.lan, files.store(b"hong"), {}, "look", "Chưa lấy được dấu thời gian"
    )
    assert "01/SKH-KH" in said and "dấu thời gian" in said
    assert doc.state == "numbered" and doc.code_number == "1"
    issuing.seal(doc, open_office.lan, files.store(b"%PDF tot"), {}, "valid")
    assert doc.state == "sealed" and doc.code_number == "1"


def test_q6_2_b2_annexes_in_files_of_their_own_are_sealed_before_release(open_office):
    doc = dispatches.draft(open_office)
    annex = drafts.add_annex(doc, open_office.tuan, dispatches.paper("bieu-mau.docx"))
    dispatches.advance(open_office, doc, "numbered")
    issuing.seal(doc, open_office.lan, files.store(b"%PDF tot"), {}, "valid")
    said = refused(issuing.issue, doc, open_office.lan)
    assert "6.2.b" in said and "bieu-mau.pdf" in said
    outgoing.give_back(doc, open_office.lan, "Đóng dấu lại phụ lục")
    dispatches.advance(open_office, doc, "sealed")
    assert documents.Attachment.get_by_id(annex.id).file.read().endswith(b"% dau")
    issuing.issue(doc, open_office.lan)


def test_no_release_without_two_valid_signatures(open_office):
    doc = dispatches.advance(open_office, dispatches.draft(open_office), "sealed")
    dispatches.amend(doc, verdict="invalid")
    assert "13.2" in refused(issuing.issue, doc, open_office.lan)
    dispatches.amend(doc, verdict="valid")
    with db.write():
        documents.Version.delete().where(documents.Version.kind == "signed").execute()
    assert "12.1" in refused(issuing.issue, doc, open_office.lan)
    assert exchange.sent(doc) == []


def test_no_release_for_an_agency_without_a_code(open_office):
    signed = dispatches.advance(open_office, dispatches.draft(open_office), "signed")
    doc = dispatches.advance(open_office, dispatches.draft(open_office), "sealed")
    agencies.AgencyCode.update(valid_to=clock.today()).where(
        agencies.AgencyCode.agency == open_office.a
    ).execute()
    for act, one in ((issuing.number, signed), (issuing.issue, doc)):
        one.agency = agencies.Agency.get_by_id(open_office.a.id)
        assert "14.2" in refused(act, one, open_office.lan)


def test_no_secret_leaves_through_its_data(open_office):
    doc = dispatches.advance(open_office, dispatches.draft(open_office), "sealed")
    dispatches.amend(doc, description="TUYỆT MẬT")
    assert "1.2" in refused(issuing.issue, doc, open_office.lan)


def test_release_makes_one_line_per_recipient_and_orders(open_office):
    doc = dispatches.advance(open_office, dispatches.draft(open_office), "issued")
    assert [(one.partner, one.state) for one in exchange.sent(doc)] == [(open_office.b, "queued")]
    assert outbox.Order.select().where(outbox.Order.kind == "deliver").count() == 1
    assert doc.issued_at == clock.now() and doc.holder_id is None
    assert str(exchange_summary.of(doc)) == "0/1 đã tiếp nhận, 1 chưa đến"
    refused(issuing.issue, doc, open_office.lan)


def test_a_released_reply_completes_what_it_answers(open_office):
    arrival = dispatches.arrival(open_office, source="paper")
    doc = drafts.create(open_office.tuan, dispatches.FIELDS | {"signer": open_office.hoa.post}, [open_office.b], (),
                        dispatches.paper(), answers=arrival)  # fmt: skip
    dispatches.advance(open_office, doc, "issued")
    assert documents.Document.get_by_id(arrival.id).state == "completed"
    assert assignments.of(arrival) == []


def test_a_recipient_that_lost_its_connection_gets_paper(open_office):
    doc = dispatches.advance(open_office, dispatches.draft(open_office), "sealed")
    dispatches.amend(open_office.b, connection="none", hosted=False)
    issuing.issue(doc, open_office.lan)
    assert exchange.sent(doc) == [] and next(iter(doc.recipients)).paper_copies == 1


def test_waiting_turns_red_after_the_next_morning(open_office):
    doc = dispatches.advance(open_office, dispatches.draft(open_office), "signed")
    calendar = workdays.calendar(open_office.a.id)
    assert issuing.tell_waiting(doc, calendar).kind == ""
    with clock.freeze("2026-03-03 11:00"):
        assert issuing.tell_waiting(doc, calendar).kind == "soon"
    with clock.freeze("2026-03-03 12:31"):
        assert issuing.tell_waiting(doc, calendar).kind == "late"
    dispatches.amend(doc, urgency=2)
    with clock.freeze("2026-03-02 09:31"):
        assert issuing.tell_waiting(doc, calendar).kind == "late"


def test_prints_are_recorded_and_leave_the_list(open_office):
    doc = dispatches.advance(open_office, dispatches.draft(open_office), "sealed")
    assert list(issuing.unprinted(open_office.lan)) == [doc]
    for copies in (0, 1000):
        with pytest.raises(errors.Invalid):
            issuing.record_print(doc, open_office.lan, copies)
    with pytest.raises(errors.NotAllowed):
        issuing.record_print(doc, open_office.tuan, 1)
    issuing.record_print(doc, open_office.lan, 2)
    assert doc.printed_copies == 2 and list(issuing.unprinted(open_office.lan)) == []
    assert journal.of(doc)[-1].facts["copies"] == 2
    early = dispatches.advance(open_office, dispatches.draft(open_office), "numbered")
    refused(issuing.record_print, early, open_office.lan, 1)


def test_book_pages_by_number_with_voided_ones(open_office, monkeypatch):
    monkeypatch.setattr(outgoing, "PAGE", 2)
    docs = [dispatches.advance(open_office, dispatches.draft(open_office), "numbered") for _ in range(5)]
    outgoing.give_back(docs[2], open_office.lan, "Sai người nhận")
    first = issuing.book(open_office.lan, 2026)
    assert [row.number for row, _ in first.rows] == [5, 4] and first.newer is None
    second = issuing.book(open_office.lan, 2026, before=first.older)
    assert [(row.number, bool(row.void_reason)) for row, _ in second.rows] == [(3, True), (2, False)]
    back = issuing.book(open_office.lan, 2026, after=second.newer)
    assert [row.number for row, _ in back.rows] == [5, 4]
    assert issuing.book(open_office.dung, 2026).rows == []
    assert len(issuing.book(open_office.tuan, 2026).rows) == 2
    assert issuing.book(open_office.lan, 2025).rows == []


def test_checklist_names_what_hinders(open_office):
    doc = dispatches.advance(open_office, dispatches.draft(open_office), "signed")
    assert all(line.mark == "ok" for line in issuing.checklist(doc, open_office.lan))
    with clock.freeze("2026-03-03 08:00"):
        lines = issuing.checklist(doc, open_office.lan)
        assert lines[0].mark == "bad" and "12.2" in lines[0].words
