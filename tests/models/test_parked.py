"""Messages that match nothing: never dropped, tied by a person or by the document that comes late, or closed with a note."""

import letters
import pytest

from models import (
    agencies,
    clock,
    db,
    edxml,
    edxml_write,
    errors,
    exchange,
    exchange_sending,
    journal,
    parked,
    reception,
)


@pytest.fixture
def partner(office):
    return agencies.create("Viện Mẫu", code="H98.77", connection="axis")


def say(
    tmp_path, code="12/SKH-KH", word="accepted", at="2026-03-04 08:00", wire_id="khong-ro", sender="H98.77"
):
    said = edxml.Status(edxml.Organ(sender, "Viện Mẫu"), edxml.Answered("H99.10", code, wire_id), word,
                        description="Vào sổ số 9", at=clock.at(at))  # fmt: skip
    (receipt,) = reception.receive_from_axis(edxml_write.encode(said, tmp_path / "tt"), f"a-{code}-{word}")
    return receipt


def sent(office, partner, number="12", **fields):
    doc = letters.issued(office.lan, [partner], number=number, **fields)
    one = exchange.sent(doc)[0]
    exchange_sending.mark_sent(one, "ax")
    return exchange.load(one.id)


def test_q14_1_h_a_person_ties_a_message_to_its_document(office, partner, tmp_path):
    one = sent(office, partner)
    other = sent(office, partner, number="13")
    receipt = say(tmp_path, code="12-SKH")
    assert receipt.outcome == "parked" and parked.count(office.a.id) == 1
    message = parked.load(office.lan, receipt.message.id)
    assert {line.id for line in parked.candidates(message)} == {one.id, other.id}
    parked.assign(message, one, office.lan)
    assert exchange.load(one.id).state == "accepted" and not parked.count(office.a.id)
    assert journal.of(message)[-1].verb == "assign_parked"
    with pytest.raises(errors.NotFound):
        parked.load(office.lan, message.id)


def test_the_nearest_line_is_proposed_first(office, partner, tmp_path):
    wanted = sent(office, partner, number="12")
    for number in ("45", "46"):
        sent(office, partner, number=number)
    assert parked.candidates(say(tmp_path, code="12/SKH.KH").message)[0].id == wanted.id


def test_a_message_is_tied_to_no_line_of_somebody_else(office, partner, tmp_path):
    doc = letters.issued(office.lan, [office.b])
    message = say(tmp_path, code="99/X").message
    with pytest.raises(errors.Refused, match="không phải văn bản trao đổi"):
        parked.assign(message, exchange.sent(doc)[0], office.lan)
    with pytest.raises(errors.NotFound):
        parked.load(office.mai, message.id)


def test_closing_needs_a_note_and_drops_nothing(office, partner, tmp_path):
    message = say(tmp_path, code="99/X").message
    with pytest.raises(errors.Invalid):
        parked.close(message, office.lan, " ")
    parked.close(message, office.lan, "Văn bản gửi bằng phần mềm cũ")
    kept = exchange.StatusMessage.get_by_id(message.id)
    assert not parked.count(office.a.id) and kept.packet.read() and "phần mềm cũ" in kept.failure
    with pytest.raises(errors.Refused):
        parked.assign(kept, sent(office, partner), office.lan)


def test_a_document_that_comes_late_pulls_its_message_in(office, partner, tmp_path):
    message = say(tmp_path, wire_id="H99.10,2026/03/02,12/SKH-KH").message
    assert parked.rematch() == 0
    one = sent(office, partner)
    assert parked.rematch() == 1
    assert (
        exchange.load(one.id).state == "accepted" and not exchange.StatusMessage.get_by_id(message.id).parked
    )


def test_what_is_not_proved_is_never_tied(office, partner, tmp_path):
    one = sent(office, partner)
    message = say(tmp_path, code="99/X").message
    with db.write():
        message.set(proved_by="forged", code=one.code, wire_id=one.wire_id)
    assert parked.rematch() == 0
    with pytest.raises(errors.Refused, match="chưa tin được"):
        parked.assign(message, one, office.lan)


def test_a_recall_that_swaps_its_roles_still_finds_its_document(office, partner, tmp_path):
    pdf = tmp_path / "a.pdf"
    pdf.write_bytes(letters.PDF)
    came = edxml.Envelope(edxml.Organ("H98.77"), (edxml.Organ("H99.10"),), "w-7", "V/v thử", code_number="7",
                          code_notation="VM", attachments=(edxml.Attachment("a.pdf", pdf),))  # fmt: skip
    reception.receive_from_axis(edxml_write.encode(came, tmp_path / "den"), "1")
    asked = edxml.Status(edxml.Organ("H98.77"), edxml.Answered("7/VM", "H99.10", "w-7"), "recall_asked", at=clock.now(),
                         description="Gửi nhầm")  # fmt: skip
    (receipt,) = reception.receive_from_axis(edxml_write.encode(asked, tmp_path / "thu"), "2")
    assert receipt.outcome == "recall" and letters.arrived(office.a)[0].is_recalled
    own = edxml.Status(
        edxml.Organ("H98.77"), edxml.Answered("H98.77", "7/VM", "w-7"), "recall_asked", at=clock.now()
    )
    (again,) = reception.receive_from_axis(edxml_write.encode(own, tmp_path / "thu"), "3")
    assert again.outcome == "recall"
