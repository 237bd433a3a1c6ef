"""Recall from both sides: frozen at the sender, cancelled at the receiver, proved, followed, once only (Quy chế 12.6)."""

import asked
import letters
import pytest
import scanned

from jobs import deliver, erasing, runner
from models import (
    agencies,
    clock,
    copies,
    db,
    documents,
    errors,
    exchange,
    files,
    fulltext,
    incoming,
    notifications,
    outbox,
    recalls,
    recalls_flags,
    recalls_forwards,
    recalls_matrix,
    recalls_rows,
)

assert deliver and erasing and incoming


@pytest.fixture
def letter(office):
    with clock.freeze("2026-03-02 09:00"):
        yield letters.issued(office.lan, [office.b], annex=b"PK bang ke")


# ---- the sender ------------------------------------------------------------------------------------------------


def test_q12_6_b_after_a_recall_nothing_can_be_changed_or_sent_again(office, letter):
    number = letter.number_text
    asked.recall(office, letter)
    doc = asked.fresh(letter)
    assert (doc.state, doc.is_recalled, doc.is_closed, doc.number_text) == ("recalled", True, False, number)
    with pytest.raises(errors.Refused, match="đóng băng"):
        documents.describe(doc, subject="Sửa")
    with pytest.raises(errors.Refused, match="gửi lại"):
        exchange.resend(exchange.sent(doc)[0], office.lan)
    fields = {"form": "sao_y", "medium": "paper", "purpose": "Lưu", "amount": 1}
    with pytest.raises(errors.Invalid, match="thu hồi"):
        copies.propose(office.minh, fields, None, doc)
    assert documents.main_file(doc).read()  # k2: frozen, not gone
    assert recalls.may_ask(doc, office.lan) is not None


def test_k1_one_act_with_reason_orderer_and_replacing_document(office, letter):
    new = letters.issued(office.lan, [office.b], number="13")
    found = asked.recall(office, letter, replacement=new)
    got = letters.arrived(office.b)[0]
    told = recalls_rows.Recall.get(recalls_rows.Recall.direction == "in")
    assert (found.replacement_id, got.recall_reason, told.ordered_by) == (new.id, "Sai số liệu", asked.HEAD)
    assert told.replaced_by.startswith("13/SKH-KH") and told.asked_by == office.a.name
    assert (
        documents.Link.get(documents.Link.source == new, documents.Link.kind == "replace").target_id
        == letter.id
    )
    with pytest.raises(errors.Invalid, match="thay thế"):
        recalls.ask(new, office.lan, "Nhầm", asked.HEAD, replacement=new)


def test_k1_some_recipients_first_and_the_others_later(office):
    third = asked.third()
    doc = letters.issued(office.lan, [office.b, third])
    runner.run_due()
    recalls.ask(doc, office.lan, "Nhầm nơi nhận", asked.HEAD, [exchange.sent(doc)[0]])
    runner.run_due()
    assert asked.fresh(doc).state == "issued" and letters.lines(doc)["Xã Suối Mây"] == "recalled"
    assert fulltext.matching(office.a.id, "thu hoi nham noi nhan") == [doc.id]
    recalls.ask(doc, office.lan, "Bỏ hết", asked.HEAD)
    assert asked.fresh(doc).state == "recalled" and len(recalls.of(doc)) == 2


def test_k8_what_was_not_delivered_is_simply_cancelled(office, letter):
    recalls.ask(letter, office.lan, "Nhầm", asked.HEAD)
    runner.run_due()
    row = recalls_matrix.of(letter)[0]
    assert row.state == "withdrawn" and letters.arrived(office.b) == []
    assert not exchange.StatusMessage.select().exists()


# ---- the receiver ----------------------------------------------------------------------------------------------


def test_q12_6_c_content_closed_tasks_stopped_line_kept(office, letter):
    runner.run_due()
    got = letters.arrived(office.b)[0]
    with db.write():
        got.set(verdict="valid")
    number = incoming.register(got, office.mai)
    asked.recall(office, letter)
    got = asked.fresh(got)
    assert (got.state, got.is_closed, got.arrival_number) == ("recalled", True, number)
    assert (
        documents.attachments(got) == []
        and documents.main_file(got) is None
        and exchange.arrival(got).packet is None
    )
    assert (
        got.subject != letter.subject
        and "Sai số liệu" in got.description
        and got.number_text == letter.number_text
    )
    assert got.id not in fulltext.matching(office.b.id, "bao cao ket qua")
    notifications.spread()
    assert notifications.unseen(office.mai) > 0
    with pytest.raises(errors.Refused):
        incoming.forward(got, office.mai, office.binh.post)


def test_k6_a_form_opened_before_the_recall_comes_too_late(office, letter):
    runner.run_due()
    stale = letters.arrived(office.b)[0]
    with db.write():
        stale.set(verdict="valid")
    asked.recall(office, letter)
    with pytest.raises(errors.DomainError):
        incoming.register(stale, office.mai)
    with db.write():
        documents.index(stale, "chu tren trang den muon")  # a job that was reading pages ends now
    assert fulltext.matching(office.b.id, "den muon") == []
    assert not documents.PageWords.select().where(documents.PageWords.document == stale).exists()


def test_k3_tombstones_say_what_was_erased_and_no_word_of_it(office):
    third = asked.third()
    doc = letters.issued(office.lan, [third], annex=b"PK phu luc mat goc")
    runner.run_due()
    got = letters.arrived(third)[0]
    hashes = {row.file.sha256 for row in documents.attachments(got)}
    asked.recall(office, doc)
    graves = list(recalls_rows.Tombstone.select())
    assert hashes <= {grave.sha256 for grave in graves}
    assert all(grave.erased_at and grave.by and grave.file_id is None for grave in graves)
    # the same bytes are the sender's own, in this installation: they stay his
    assert (
        all(grave.shared for grave in graves if grave.sha256 in hashes)
        and documents.main_file(asked.fresh(doc)).read()
    )


def test_q12_6_d_the_answer_comes_after_the_erasing_with_time_and_hashes(office, letter):
    runner.run_due()
    recalls.ask(letter, office.lan, "Sai", asked.HEAD)
    message = exchange.StatusMessage.get(exchange.StatusMessage.status == "recall_asked")
    deliver.tell(outbox.Order.get(outbox.Order.kind == "status", outbox.Order.subject_id == message.id))
    assert exchange.arrival(letters.arrived(office.b)[0]).state == "recall_asked"
    assert not exchange.StatusMessage.select().where(exchange.StatusMessage.status == "recalled").exists()
    runner.run_due()
    row = recalls_matrix.of(letter)[0]
    assert row.state == "recalled" and "Đã hủy văn bản" in row.said and "09:00 ngày 02/03/2026" in row.said
    assert documents.main_file(letter).sha256[:12] in row.said


def test_k4_the_matrix_shows_who_has_the_order_and_for_how_long(office):
    far = agencies.create("Sở Xa", code="H98.77", connection="axis", telephone="0213 000 111")
    with clock.freeze("2026-03-02 09:00"):
        doc = letters.issued(office.lan, [office.b, far])
        runner.run_due()
        with db.write():
            exchange.sent(doc)[1].set(attempted_at=clock.now())
        recalls.ask(doc, office.lan, "Sai", asked.HEAD)
        runner.run_due()
    with clock.freeze("2026-03-02 12:00"):
        first, second = recalls_matrix.of(doc)
        assert (first.one.partner_name, first.state, first.age, first.telephone) == (
            "Sở Xa",
            "untold",
            "3 giờ",
            "0213 000 111",
        )
        assert second.state == "recalled" and first.may_press
        recalls_matrix.press(office.lan, first.one.id)
        with pytest.raises(errors.Refused):
            recalls_matrix.press(office.lan, first.one.id)
        with pytest.raises(errors.NotFound):
            recalls_matrix.press(office.mai, first.one.id)


def test_q12_6_e_a_year_later_the_word_finds_it_on_both_sides(office, letter):
    asked.recall(office, letter)
    with clock.freeze("2027-03-02 09:00"):
        assert fulltext.matching(office.a.id, "thu hồi") == [letter.id]
        assert fulltext.matching(office.b.id, "thu hồi sai số liệu") == [letters.arrived(office.b)[0].id]
        [(row, far)] = recalls_matrix.lists(office.a.id, "out")
        assert (row.reason, row.ordered_by, far) == ("Sai số liệu", asked.HEAD, "1/1 đã hủy")
        [(row, far)] = recalls_matrix.lists(office.b.id, "in")
        assert (row.asked_by, far) == (office.a.name, "Đã hủy, đã báo nơi gửi")


def test_k7_a_draft_that_answers_or_carries_it_is_flagged(office, letter):
    runner.run_due()
    got = letters.arrived(office.b)[0]
    with db.write():
        draft = documents.Document.create(agency=office.b, flow="outgoing", state="draft", source="draft",
                                          created_at=clock.now(), drafter=office.nam.post)  # fmt: skip
        documents.Link.create(source=draft, target=got, kind="reply")
        same = documents.attachments(got)[1].file
        documents.attach(draft, files.record(files.Stored(same.sha256, same.size), "kem.xlsx", "x"), "annex")
    assert recalls_flags.of(draft) == []
    asked.recall(office, letter)
    words = [flag.words for flag in recalls_flags.of(draft)]
    assert len(words) == 2 and "trả lời" in words[0] and "kem.xlsx" in words[1]
    notifications.spread()
    assert notifications.unseen_at(office.nam, f"/outgoing/{draft.id}")


# ---- forwarding ------------------------------------------------------------------------------------------------


def forwarded(office, doc, to):
    """A certified copy of a received document, sealed and sent on."""
    got = letters.arrived(office.b)[0]
    with db.write():
        got.set(verdict="valid")
    incoming.register(got, office.mai)
    fields = {"form": "sao_y", "medium": "paper", "purpose": "Giao thực hiện", "amount": 1}
    copy = copies.propose(office.binh, fields, None, got)
    with db.write():
        documents.Recipient.create(document=copy, agency=to, name=to.name)
        documents.add_version(
            copy, files.put(b"%PDF-1.7 sao", "sao.pdf", "application/pdf"), "sealed", office.mai
        )
        documents.Document.update(state="issued", document_id="H99.20.01,2026/03/02,01/SY", code_number="1",
                                  code_notation="SY-UBND", issued_date=clock.today()).where(documents.Document.id == copy.id).execute()  # fmt: skip
        copy = asked.fresh(copy)
        exchange.dispatch(copy, office.mai)
    runner.run_due()
    return copy


def test_k5_what_was_passed_on_is_recalled_there_and_the_tree_is_told(office, letter):
    third = asked.third()
    runner.run_due()
    copy = forwarded(office, letter, third)
    assert letters.arrived(third)[0].state == "arrived"
    asked.recall(office, letter)
    assert (
        letters.arrived(third)[0].is_closed
        and asked.fresh(copy).is_closed
        and asked.fresh(copy).state == "recalled"
    )
    row = recalls_matrix.of(letter)[0]
    assert row.state == "recalled"
    assert [(node.level, node.who, node.state) for node in row.below if node.who == third.name] == [
        (1, third.name, "đã hủy")
    ]
    follow = recalls_rows.Recall.get(recalls_rows.Recall.follows.is_null(False))
    assert follow.document_id == copy.id and follow.reason == "Sai số liệu"


def test_k5_copies_of_the_senders_own_document_are_recalled_with_it(office, letter):
    third = asked.third()
    runner.run_due()
    fields = {"form": "sao_y", "medium": "paper", "purpose": "Gửi thêm", "amount": 1}
    copy = copies.propose(office.minh, fields, scanned.taken(), letter)
    with db.write():
        documents.Recipient.create(document=copy, agency=third, name=third.name)
        documents.Document.update(state="issued").where(documents.Document.id == copy.id).execute()
        exchange.dispatch(asked.fresh(copy), office.lan)
    runner.run_due()
    asked.recall(office, letter)
    assert letters.arrived(third)[0].is_closed
    assert (
        asked.fresh(copy).state == "recalled" and not asked.fresh(copy).is_closed
    )  # frozen, as the original
    [(found, rows)] = recalls_matrix.follows_of(letter)
    assert found.id == copy.id and rows[0].state == "recalled"


def test_k5_a_tree_is_written_and_read_back():
    words = recalls_forwards.words
    nodes = [
        words.Node(1, "Sở A – B; C", "đã hủy", "10:02 ngày 02/03/2026"),
        words.Node(2, "Xã D", "chưa nhận lệnh"),
    ]
    said, read = words.read_answer(words.answer("Đã hủy.", nodes))
    assert said == "Đã hủy." and [(node.level, node.state, node.when) for node in read] == [
        (1, "đã hủy", "10:02 ngày 02/03/2026"), (2, "chưa nhận lệnh", ""),
    ]  # fmt: skip
    many = words.answer("Đã hủy.", [words.Node(1, f"Xã {number}", "đã hủy") for number in range(500)])
    assert len(many) <= 2000 and "nơi khác" in words.read_answer(many)[1][-1].who
