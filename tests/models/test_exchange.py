"""Sending and receiving: true states, once only, in any order (Quy chế 12; QĐ 28 Điều 6, 8, 9)."""

import itertools
import threading

import letters
import pytest

from jobs import deliver, runner
from models import (
    agencies,
    clock,
    db,
    documents,
    edxml,
    edxml_write,
    errors,
    exchange,
    exchange_arrivals,
    exchange_sending,
    incoming,
    outbox,
    recalls,
    reception,
)

assert deliver and incoming


def settle():
    while runner.run_one():
        pass


@pytest.fixture
def letter(office):
    with clock.freeze("2026-03-02 16:30"):
        return letters.issued(office.lan, [office.b])


def line(doc):
    return exchange.sent(doc)[0]


def packet_of(doc):
    return line(doc).packet.path()


def test_nothing_is_sent_before_the_answer(letter):
    one = line(letter)
    assert (one.state, one.sent_at, one.label) == ("queued", None, "Đang chờ gửi")


def test_a_letter_arrives_next_door_with_the_same_bytes(office, letter):
    with clock.freeze("2026-03-02 17:05"):
        settle()
    got = letters.arrived(office.b)[0]
    one = line(letter)
    assert (got.state, got.subject, got.number_text) == ("arrived", letter.subject, "12/SKH-KH")
    assert (got.organ_id, got.type_code, got.urgency, got.source) == ("H99.10", "CV", 0, "local")
    assert documents.main_file(got).sha256 == documents.main_file(letter).sha256
    assert one.state == "arrived" and one.label == "Đã đến"
    # 12.3: sent at the release, received at the start of the next office hours, the raw time beside it
    assert one.sent_at == clock.at("2026-03-02 16:30") and one.acknowledged_at == clock.at("2026-03-02 17:05")
    assert got.arrived_at == clock.at("2026-03-02 17:05") and got.received_at == clock.at("2026-03-03 07:30")


def test_each_status_reaches_the_sender(office, letter):
    settle()
    got = letters.arrived(office.b)[0]
    for code, state in (("03", "accepted"), ("04", "assigned"), ("05", "in_progress"), ("06", "completed")):
        with db.write():
            exchange.report(got, code, f"Đến bước {code}", office.mai)
        settle()
        assert letters.lines(letter) == {"Xã Suối Mây": state}
    assert exchange.arrival(got).state == "completed"
    told = [message.description for message in line(letter).messages]
    assert told[1:] == ["Đến bước 03", "Đến bước 04", "Đến bước 05", "Đến bước 06"]


def test_the_same_status_is_told_once(office, letter):
    settle()
    got = letters.arrived(office.b)[0]
    with db.write():
        first = exchange.report(got, "03")
        assert exchange.report(got, "03").id == first.id


def test_a_document_on_paper_answers_nobody(office):
    with db.write():
        doc = documents.Document.create(
            agency=office.a, flow="incoming", state="arrived", source="paper", created_at=clock.now()
        )
        assert exchange.report(doc, "03") is None


def test_the_return_carries_its_reason(office, letter):
    settle()
    got = letters.arrived(office.b)[0]
    with db.write():
        exchange.report(got, "02", "Gửi nhầm nơi nhận", office.mai)
    settle()
    assert letters.lines(letter) == {"Xã Suối Mây": "refused"}
    assert (
        line(letter).messages.order_by(exchange.StatusMessage.id.desc()).first().description
        == "Gửi nhầm nơi nhận"
    )


def test_a_second_copy_answers_with_the_first_receipt(office, letter):
    settle()
    first = exchange.arrival(letters.arrived(office.b)[0])
    receipt = reception.receive(office.b, packet_of(letter))
    assert (receipt.outcome, receipt.consignment.id) == ("duplicate", first.id)
    assert receipt.message.status == "arrived" and len(letters.arrived(office.b)) == 1
    settle()
    assert first.messages.count() == 1 and line(letter).messages.count() == 1


def test_many_copies_at_once_are_one(office, letter):
    settle()
    path = packet_of(letter)
    outcomes = []

    def take():
        with db.connection():
            outcomes.append(reception.receive(office.admin.agency, path).outcome)
            db.database.close()

    threads = [threading.Thread(target=take) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["duplicate"] * 11 + ["received"]
    assert len(letters.arrived(office.admin.agency)) == 1


def test_the_same_id_with_other_content_is_loud(office, letter):
    settle()
    twin = letters.issued(office.lan, [office.b], content=letters.PDF + b"khac")
    settle()
    assert letters.lines(twin) == {"Xã Suối Mây": "failed"}
    assert "nội dung khác" in line(twin).failure
    got = letters.arrived(office.b)
    assert len(got) == 1 and documents.main_file(got[0]).read() == letters.PDF


def test_a_failed_line_can_be_sent_again(office, letter):
    with db.write():
        line(letter).set(state="failed", failure="thử")
    exchange.resend(line(letter), office.lan)
    settle()
    assert letters.lines(letter) == {"Xã Suối Mây": "arrived"}
    with pytest.raises(errors.Refused):
        exchange.resend(line(letter), office.lan)


def test_an_unconnected_recipient_is_said_at_once(office):
    stranger = agencies.create("Cơ quan chưa kết nối", code="H98.77")
    doc = letters.issued(office.lan, [stranger, office.b])
    settle()
    assert [one.state for one in exchange.sent(doc)] == ["failed", "arrived"]
    assert "bản giấy" in exchange.sent(doc)[0].failure


def status(doc, word, at, description=""):
    one = line(doc)
    return edxml.Status(
        sender=edxml.Organ(one.partner_code, one.partner_name),
        about=edxml.Answered(one.own_code, one.code, one.wire_id, one.issued_date),
        status=word, at=clock.at(at), description=description,
    )  # fmt: skip


def take(tmp_path, agency, packet):
    path = edxml_write.encode(packet, tmp_path / "goi")
    return reception.receive(agency, path)


CONVERSATION = (
    ("arrived", "2026-03-02 08:00"), ("accepted", "2026-03-02 08:10"), ("assigned", "2026-03-02 08:20"),
    ("in_progress", "2026-03-02 08:30"), ("completed", "2026-03-02 08:40"),
)  # fmt: skip


def test_statuses_in_any_order_end_the_same(office, letter):
    one = line(letter)
    for order in itertools.permutations(CONVERSATION):
        heard = [exchange.StatusMessage(direction="in", status=word, at=clock.at(at)) for word, at in order]
        states = [exchange.state_of(one, heard[: count + 1]) for count in range(5)]
        ranks = [exchange.PROGRESS.index(state) for state in states]
        assert ranks == sorted(ranks) and states[-1] == "completed"


def test_a_late_status_is_kept_and_moves_nothing_back(office, letter, tmp_path):
    with db.write():
        exchange_sending.mark_sent(line(letter), "x")
    assert take(tmp_path, office.a, status(letter, "completed", "2026-03-04 08:00")).outcome == "status"
    assert take(tmp_path, office.a, status(letter, "accepted", "2026-03-03 08:00")).outcome == "status"
    assert letters.lines(letter) == {"Xã Suối Mây": "completed"}
    assert take(tmp_path, office.a, status(letter, "accepted", "2026-03-03 08:00")).outcome == "duplicate"
    assert line(letter).messages.count() == 2


def test_a_return_after_acceptance_counts_by_its_time(letter):
    one = line(letter)
    heard = [
        exchange.StatusMessage(direction="in", status=word, at=clock.at(at))
        for word, at in (("accepted", "2026-03-03 08:00"), ("refused", "2026-03-03 09:00"))
    ]
    assert exchange.state_of(one, heard) == exchange.state_of(one, heard[::-1]) == "refused"
    heard[1].at = clock.at("2026-03-03 07:00")
    assert exchange.state_of(one, heard) == exchange.state_of(one, heard[::-1]) == "accepted"


def test_an_unknown_document_is_parked_not_dropped(office, letter, tmp_path):
    packet = status(letter, "accepted", "2026-03-03 08:00")
    other = edxml.Answered("H99.10", "999/XX", "la,2020/01/01,999/XX", None)
    receipt = take(tmp_path, office.a, edxml.Status(packet.sender, other, "accepted", at=packet.at))
    assert receipt.outcome == "parked" and "999/XX" in receipt.sentence
    assert [row.id for row in exchange.parked_of(office.a.id)] == [receipt.message.id]


def test_a_status_with_another_writers_id_is_matched_by_number(office, letter, tmp_path):
    packet = status(letter, "accepted", "2026-03-03 08:00")
    about = edxml.Answered("H99.10", "12/SKH-KH", "H99.10,2026-03-05,12/SKH-KH", packet.about.issued_date)
    receipt = take(tmp_path, office.a, edxml.Status(packet.sender, about, "accepted", at=packet.at))
    assert receipt.outcome == "status" and letters.lines(letter) == {"Xã Suối Mây": "accepted"}


def test_a_stranger_cannot_move_our_line(office, letter, tmp_path):
    packet = status(letter, "completed", "2026-03-03 08:00")
    receipt = take(tmp_path, office.a, edxml.Status(edxml.Organ("H98.66", "Người lạ"), packet.about, "completed",
                                                    at=packet.at))  # fmt: skip
    assert receipt.outcome == "parked" and letters.lines(letter) == {"Xã Suối Mây": "queued"}


def envelope(office, tmp_path, **changes):
    path = tmp_path / "a.pdf"
    path.write_bytes(letters.PDF)
    values = {
        "sender": edxml.Organ("H98.01", "Sở xa"), "recipients": (edxml.Organ("000.00.10.H99", "Sở Kế hoạch"),),
        "document_id": "H98.01,2026/03/01,5/SX", "subject": "Thử", "code_number": "5", "code_notation": "SX",
        "attachments": (edxml.Attachment("a.pdf", path),),
    }  # fmt: skip
    return edxml.Envelope(**(values | changes))


def test_a_secret_document_is_refused_at_the_door(office, tmp_path):
    before = exchange.files.File.select().count()
    receipt = take(tmp_path, office.a, envelope(office, tmp_path, subject="Kế hoạch A (MẬT)"))
    assert receipt.outcome == "refused" and "độ mật" in receipt.sentence
    assert receipt.consignment.document is None and exchange.files.File.select().count() == before
    assert receipt.message.status == "refused"
    assert not letters.arrived(office.a)


def test_a_packet_without_files_is_returned(office, tmp_path):
    receipt = take(tmp_path, office.a, envelope(office, tmp_path, attachments=()))
    assert receipt.outcome == "refused" and "không kèm tệp" in receipt.message.description
    # the corrected packet is welcome
    assert take(tmp_path, office.a, envelope(office, tmp_path)).outcome == "received"


def test_answers_go_out_under_the_code_we_were_called_by(office, tmp_path):
    receipt = take(tmp_path, office.a, envelope(office, tmp_path))
    assert receipt.message.own_code == "000.00.10.H99"


def test_a_packet_from_the_axis_for_nobody_here(office, tmp_path):
    path = edxml_write.encode(envelope(office, tmp_path, recipients=(edxml.Organ("H97"),)), tmp_path / "goi")
    with pytest.raises(errors.Invalid, match="không gửi cho cơ quan nào"):
        reception.receive_from_axis(path, "1")


def test_two_codes_of_one_agency_are_one_receiver(office, tmp_path):
    both = (edxml.Organ("H99.10"), edxml.Organ("000.00.10.H99"))
    path = edxml_write.encode(envelope(office, tmp_path, recipients=both), tmp_path / "goi")
    assert [receipt.outcome for receipt in reception.receive_from_axis(path, "1")] == ["received"]


def test_reply_and_replacement_are_tied(office, tmp_path, letter):
    answers = (edxml.Answered("H99.10", "12/SKH-KH", letter.document_id),)
    take(tmp_path, office.a, envelope(office, tmp_path))
    take(
        tmp_path, office.a,
        envelope(office, tmp_path, document_id="m2", answers=answers, kind="replace",
                 replacements=(edxml.Replacement("H98.01,2026/03/01,5/SX"),)),
    )  # fmt: skip
    first, second = letters.arrived(office.a)
    assert {(link.kind, link.target_id) for link in second.links} == {
        ("reply", letter.id),
        ("replace", first.id),
    }


# ---- recall ---------------------------------------------------------------------------------------------------


def test_recall_closes_the_receiver_and_is_confirmed(office, letter):
    settle()
    got = letters.arrived(office.b)[0]
    recalls.ask(letter, office.lan, "Sai số liệu", "Giám đốc Lê Văn Minh")
    assert letters.lines(letter) == {"Xã Suối Mây": "recall_asked"}
    assert documents.Document.get_by_id(letter.id).is_recalled
    settle()
    got = documents.Document.get_by_id(got.id)
    assert (got.state, got.is_recalled, got.recall_reason) == ("recalled", True, "Sai số liệu")
    assert letters.lines(letter) == {"Xã Suối Mây": "recalled"}
    assert not recalls.waiting(letter) and recalls.of(got)[0].state_before == "arrived"


def test_recall_before_sending_never_leaves(office, letter):
    recalls.ask(letter, office.lan, "Nhầm", "Giám đốc")
    settle()
    assert letters.lines(letter) == {"Xã Suối Mây": "recalled"}
    assert not letters.arrived(office.b) and exchange.StatusMessage.select().count() == 0


def test_recall_that_overtakes_its_document(office, letter, tmp_path):
    request = edxml.Status(
        edxml.Organ("H99.10", "Sở Kế hoạch"),
        edxml.Answered("H99.20.01", "12/SKH-KH", letter.document_id, letter.issued_date), "recall_asked",
        "Sai số liệu", clock.at("2026-03-02 16:40"),
    )  # fmt: skip
    assert take(tmp_path, office.b, request).outcome == "parked"
    settle()
    assert not letters.arrived(office.b)
    arrival = exchange.Consignment.get(exchange.Consignment.direction == "in")
    assert (arrival.state, arrival.document) == ("recalled", None)


def test_recall_asked_twice_is_answered_twice(office, letter, tmp_path):
    settle()
    request = edxml.Status(
        edxml.Organ("H99.10", "Sở Kế hoạch"),
        edxml.Answered("H99.20.01", "12/SKH-KH", letter.document_id, letter.issued_date), "recall_asked",
        "Sai", clock.at("2026-03-02 16:40"),
    )  # fmt: skip
    assert take(tmp_path, office.b, request).outcome == "recall"
    settle()
    assert take(tmp_path, office.b, request).outcome == "duplicate"
    orders = outbox.Order.select().where(outbox.Order.kind == "status", outbox.Order.state == "due")
    assert orders.count() == 1
    settle()
    assert len(recalls.of(letters.arrived(office.b)[0])) == 1


def test_a_recall_packet_of_the_other_kind(office, tmp_path):
    assert take(tmp_path, office.a, envelope(office, tmp_path)).outcome == "received"
    assert (
        take(tmp_path, office.a, envelope(office, tmp_path, kind="recall", reason="Bỏ")).outcome == "recall"
    )
    assert letters.arrived(office.a)[0].state == "recalled"


def test_recall_needs_reason_and_order(office, letter):
    settle()
    with pytest.raises(errors.Invalid) as error:
        recalls.ask(letter, office.lan, " ", "")
    assert set(error.value.fields) == {"reason", "ordered_by"}
    with pytest.raises(errors.NotAllowed):
        recalls.ask(letter, office.tuan, "a", "b")
    with pytest.raises(errors.Refused):
        recalls.ask(letter, office.mai, "a", "b")


def test_recall_of_some_recipients_keeps_the_others(office):
    doc = letters.issued(office.lan, [office.b, office.admin.agency])
    settle()
    recalls.ask(doc, office.lan, "Nhầm nơi nhận", "Giám đốc", [exchange.sent(doc)[0]])
    settle()
    assert [one.state for one in exchange.sent(doc)] == ["recalled", "arrived"]
    assert documents.Document.get_by_id(doc.id).state == "issued"
    recalls.ask(doc, office.lan, "Bỏ hết", "Giám đốc")
    settle()
    assert documents.Document.get_by_id(doc.id).state == "recalled"


def test_a_door_key_never_hides_the_conflict(office, tmp_path):
    packet = envelope(office, tmp_path)
    digest = exchange_arrivals.content_hash(packet, [])
    assert (
        exchange_arrivals.arrival_key(office.a, packet, digest)
        == f"in/{office.a.id}/H98.01/{packet.document_id}"
    )


def test_a_very_long_notation_is_no_file_name(office):
    doc = letters.issued(office.lan, [office.b], number="1", code_notation="ỘỘỘ" * 60, document_id="")
    settle()
    assert letters.lines(doc) == {"Xã Suối Mây": "arrived"}
