"""What people decide on a recall, its two wire forms, paper that comes back (Quy chế 12.6; REC-3; ND30 18.4.a)."""

import asked
import letters
import pytest

from jobs import deliver, erasing, runner
from models import (
    agencies,
    clock,
    db,
    documents,
    errors,
    exchange,
    files,
    incoming,
    journal,
    notifications,
    permissions,
    recalls,
    recalls_decisions,
    recalls_forms,
    recalls_matrix,
    recalls_papers,
    recalls_rows,
)

assert deliver and erasing and incoming


@pytest.fixture
def letter(office):
    with clock.freeze("2026-03-02 09:00"):
        yield letters.issued(office.lan, [office.b], annex=b"PK bang ke")


# ---- exceptions ------------------------------------------------------------------------------------------------


def test_rec_3_only_the_head_objects_and_only_where_the_agency_lets_him(office, letter):
    with clock.freeze("2026-03-02 09:00"):
        recalls_decisions.set_rule(office.binh, 4, 0)
        asked.recall(office, letter)
        got = letters.arrived(office.b)[0]
        one = recalls.of(got)[0]
        assert got.is_closed and one.stage == "waiting" and documents.attachments(got)
        assert clock.local(one.decide_until).hour == 14  # 09:00–12:00, 13:30–14:30
        with pytest.raises(errors.Refused, match="người đứng đầu"):
            recalls_decisions.decline(one, office.mai, "Là chứng cứ theo yêu cầu của cơ quan điều tra")
        with pytest.raises(errors.Invalid, match="không cho quyền từ chối"):
            recalls_decisions.decline(one, office.binh, "Không")
        recalls_decisions.decline(one, office.binh, "Là chứng cứ theo yêu cầu của cơ quan điều tra")
        runner.run_due()
        got = asked.fresh(got)
        assert (got.state, got.is_closed, got.recalled_at) == ("arrived", False, None)
        row = recalls_matrix.of(letter)[0]
        assert row.state == "refused" and "chứng cứ" in row.said


def test_rec_3_silence_is_no_objection(office, letter):
    with clock.freeze("2026-03-02 09:00"):
        recalls_decisions.set_rule(office.binh, 4, 0)
        asked.recall(office, letter)
    with clock.freeze("2026-03-02 14:31"):
        runner.run_due()
        assert letters.lines(letter) == {"Xã Suối Mây": "recalled"}
        assert letters.arrived(office.b)[0].state == "recalled"


def test_k3_an_agency_may_keep_the_closed_bytes_for_a_time(office):
    with clock.freeze("2026-03-02 09:00"):
        doc = letters.issued(office.lan, [office.b], content=b"%PDF-1.7 rieng")
        recalls_decisions.set_rule(office.binh, 0, 30)
        asked.recall(office, doc)
        row = recalls_matrix.of(doc)[0]
        assert row.state == "recalled" and "xóa ngày 01/04/2026" in row.said
        assert all(grave.erased_at is None for grave in recalls_rows.Tombstone.select())
    with clock.freeze("2026-04-02 09:00"):
        runner.run_due()
        assert "đã xóa" in recalls_matrix.of(doc)[0].said
        assert all(grave.erased_at for grave in recalls_rows.Tombstone.select())


def test_t4_a_strangers_recall_is_parked_and_people_are_called(office, letter):
    runner.run_due()
    got = letters.arrived(office.b)[0]
    asked.status_of_stranger(office.b, letter)
    assert not asked.fresh(got).is_recalled
    message = exchange.parked_of(office.b.id)[0]
    assert "KHÔNG được thực hiện" in message.parked
    notifications.spread()
    assert notifications.unseen_at(office.mai, "/exchange?tab=parked")
    assert journal.Event.get(journal.Event.verb == "recall_by_stranger")


def test_rec_6_the_other_form_goes_out_once_after_four_working_hours(office):
    far = agencies.create("Sở Xa", code="H98.77", connection="axis")
    with clock.freeze("2026-03-02 09:00"):
        doc = letters.issued(office.lan, [far])
        one = exchange.sent(doc)[0]
        with db.write():
            one.set(attempted_at=clock.now(), acknowledged_at=clock.now())
        recalls.ask(doc, office.lan, "Sai", asked.HEAD)
        first = one.messages.get()
        with db.write():
            first.set(sent_at=clock.now())
    for at, expected in (("2026-03-02 13:00", 1), ("2026-03-02 15:00", 2), ("2026-03-03 15:00", 2)):
        with clock.freeze(at):
            erasing.ask_otherwise()
            assert one.messages.count() == expected, at
    second = one.messages.order_by(exchange.StatusMessage.id.desc()).get()
    packet = recalls_forms.envelope(second)
    assert (packet.kind, packet.attachments, packet.document_id) == ("recall", (), doc.document_id)
    with clock.freeze("2026-03-03 16:00"), db.write():
        second.set(sent_at=clock.now())
        recalls_forms.learn(one)
    assert recalls_rows.RecallForm.get().form == "packet"


def test_k9_paper_comes_back_with_a_tick(office):
    doc = letters.issued(office.lan, [office.b])
    with db.write():
        documents.Recipient.create(document=doc, name="Ông Đỗ Văn Giấy", electronic=False, paper_copies=2)
    asked.recall(office, doc)
    [row] = recalls_papers.open_of(office.a.id)
    assert (row.holder, row.copies, row.direction) == ("Ông Đỗ Văn Giấy", 2, "out")
    with pytest.raises(errors.NotFound):
        recalls_papers.tick(office.mai, row.id)
    recalls_papers.tick(office.lan, row.id, "biên nhận 12")
    assert recalls_papers.open_of(office.a.id) == []
    with pytest.raises(errors.Refused):
        recalls_papers.tick(office.lan, row.id)


def test_k9_paper_registered_at_the_receiver_is_given_back_and_its_scan_closed(office, letter):
    runner.run_due()
    kept = files.put(b"%PDF-1.7 quet giay", "quet.pdf", "application/pdf")
    with db.write():
        paper = documents.Document.create(
            agency=office.b, flow="incoming", state="registered", source="paper", created_at=clock.now(), arrival_number=9,
            organ_name=letter.organ_name, code_number="12", code_notation="SKH-KH", issued_date=letter.issued_date, subject="V/v giấy",
        )  # fmt: skip
        documents.attach(paper, kept, "main")
    asked.recall(office, letter)
    [row] = recalls_papers.open_of(office.b.id)
    assert (
        row.document_id == paper.id and not asked.fresh(paper).is_closed
    )  # a person says that it is the same
    recalls_papers.tick(office.mai, row.id)
    runner.run_due()
    assert (
        asked.fresh(paper).is_closed and asked.fresh(paper).arrival_number == 9 and not kept.path().exists()
    )


def test_work_already_done_is_cancelled_and_the_leader_warned(office, letter):
    runner.run_due()
    got = letters.arrived(office.b)[0]
    with db.write():
        documents.Document.update(state="completed").where(documents.Document.id == got.id).execute()
    asked.recall(office, letter)
    notifications.spread()
    assert asked.fresh(got).state == "recalled" and notifications.unseen(office.binh) > 0
    assert permissions.get(office.mai, got.id).id == got.id
