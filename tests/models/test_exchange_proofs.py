"""Signed receipts (J5, I7): made with the fact, chained, judged; keys pinned, announced, confirmed by telephone."""

from dataclasses import replace

import letters
import proofs
import pytest

from jobs import deliver, runner
from models import (
    clock,
    db,
    edxml,
    edxml_read,
    edxml_write,
    errors,
    exchange,
    exchange_chains,
    exchange_packets,
    exchange_proofs,
    incoming,
    journal,
    notifications,
    parked,
    recalls,
    reception,
)

assert deliver and incoming
LONG = "Trả lại: sai  thể thức\n(mục 5), thiếu chữ ký số của cơ quan \x07 – đề nghị gửi lại"


def settle():
    while runner.run_one():
        pass


@pytest.fixture
def keys():
    return proofs.Elsewhere(), proofs.Elsewhere()


# ---- giving ---------------------------------------------------------------------------------------------------


def test_j5_every_status_refusal_and_confirmation_is_signed_with_its_fact(office):
    with clock.freeze("2026-03-02 16:30"):
        doc = letters.issued(office.lan, [office.b])
    with clock.freeze("2026-03-02 17:05"):
        settle()
        got = letters.arrived(office.b)[0]
        for word in ("03", "04", "05", "06"):
            with db.write():
                exchange.report(got, word, LONG, office.mai)
        recalls.ask(doc, office.lan, "Ban hành nhầm", "Lê Văn Minh")
        settle()
    rows = list(exchange.StatusMessage.select())
    assert {row.status for row in rows} >= {"arrived", "completed", "recall_asked", "recalled"}
    assert all(row.proof_id for row in rows)
    assert {row.proved_by for row in rows if row.direction == "in"} == {"signed"}
    one = exchange.sent(doc)[0]  # the sender has raw entry and legal reception from the receipt (12.3)
    assert (one.arrived_at, one.received_at) == (clock.at("2026-03-02 17:05"), clock.at("2026-03-03 07:30"))
    said = next(row.proof.said for row in rows if row.status == "arrived")
    assert (
        said["received"]["at"] == "2026-03-02T17:05:00+07:00"
        and said["received"]["legal"] == "2026-03-03T07:30:00+07:00"
    )
    assert [part["sha256"] for part in said["document"]["parts"]] == [
        row.sha256 for row in exchange_proofs.travelling(doc)
    ]
    assert said["journal"]["hash"] in {event.hash for event in journal.Event.select(journal.Event.hash)}
    assert not exchange_chains.faults_of([row.proof for row in rows if row.direction == "out"])


def test_j5_a_refusal_at_the_door_says_which_bytes_it_refuses(office):
    with clock.freeze("2026-03-02 09:00"):
        doc = letters.issued(office.lan, [office.b], subject="Báo cáo (TỐI MẬT)")
        settle()
    message = next(
        row for row in exchange.StatusMessage.select() if row.status == "refused" and row.direction == "in"
    )
    assert message.proved_by == "signed" and exchange.sent(doc)[0].state == "refused"
    parts = message.proof.said["document"]["parts"]
    assert [part["sha256"] for part in parts] == [row.sha256 for row in exchange_proofs.travelling(doc)]


def test_j5_the_statement_and_the_fact_are_one_transaction(office):
    with clock.freeze("2026-03-02 09:00"):
        letters.issued(office.lan, [office.b])
        settle()
        got = letters.arrived(office.b)[0]
    before = exchange_proofs.Proof.select().count()
    with pytest.raises(ZeroDivisionError), db.write():
        exchange.report(got, "03", "", office.mai)
        raise ZeroDivisionError
    assert exchange_proofs.Proof.select().count() == before


def test_j5_a_statement_is_never_changed_nor_removed(office):
    with db.write():
        proofs.talk(1, ("arrived",))
    row = exchange_proofs.Proof.get()
    for sql in ("UPDATE proof SET kind = 'refused'", "DELETE FROM proof"):
        with pytest.raises(db.IntegrityError, match="never changed"), db.write():
            db.database.execute_sql(sql)
    assert exchange_proofs.Proof.get().body == row.body


def test_i7_the_same_message_twice_is_the_same_bytes(office):
    with clock.freeze("2026-03-02 09:00"):
        doc = letters.issued(office.lan, [office.b])
        settle()
    message = exchange.StatusMessage.get(exchange.StatusMessage.direction == "out")
    first = message.packet.read()
    again = exchange_packets.spooled()
    assert edxml_write.encode(exchange_packets.status_of(message), again).read_bytes() == first
    assert reception.receive(office.b, exchange.sent(doc)[0].packet.path()).message.id == message.id


@pytest.mark.parametrize(
    "reason", ["", LONG, "a\r\nb\tc", "e\u0302\u0301 <&> «»", "x" * 3000, "\u200b\u200b à", '"\\\n"']
)
def test_j5_words_survive_the_packet_so_that_a_true_statement_stays_true(office, reason):
    _, doc = proofs.far(office)
    status = proofs.told(doc, reason=reason)
    status = replace(status, description=reason)
    receipt = proofs.take(status)
    assert (receipt.outcome, receipt.message.proved_by, receipt.message.proof_note) == (
        "status",
        "signed",
        "",
    )


def test_the_statement_stands_last_in_the_header_and_other_readers_pass_over_it(office, tmp_path):
    _, doc = proofs.far(office)
    path = edxml_write.encode(proofs.told(doc), tmp_path / "p.edxml")
    words = path.read_text()
    assert (
        words.index("</edXML:MessageHeader>")
        < words.index("<VanThuProof")
        < words.index("</edXML:edXMLHeader>")
    )
    assert edxml_read.decode(path, tmp_path).unknown == ()
    # as an axis writes it anew: other prefix, other blanks
    path.write_text(words.replace("<VanThuProof", "<v:VanThuProof xmlns:v").replace(" xmlns:v xmlns=", " xmlns:v=")
                    .replace("</VanThuProof", "</v:VanThuProof").replace("<Body>", "<v:Body>\n  ").replace("</Body>", "\n</v:Body>")
                    .replace("<Signature>", "<v:Signature>").replace("</Signature>", "</v:Signature>")
                    .replace("<Key>", "<v:Key>").replace("</Key>", "</v:Key>"))  # fmt: skip
    assert reception.receive_from_axis(path, "ax")[0].message.proved_by == "signed"


# ---- judging --------------------------------------------------------------------------------------------------


def test_j5_an_unsigned_message_is_shown_as_by_the_axis_and_counts(office):
    _, doc = proofs.far(office)
    receipt = proofs.take(replace(proofs.told(doc), proof=None))
    assert (receipt.outcome, receipt.message.proved_by, receipt.message.proof_note) == (
        "status",
        "by_axis",
        "",
    )
    assert exchange.sent(doc)[0].state == "arrived"


def test_j5_a_partner_that_signs_and_suddenly_does_not_is_noted(office):
    _, doc = proofs.far(office)
    proofs.take(proofs.told(doc))
    receipt = proofs.take(replace(proofs.told(doc, "accepted", "2026-03-02 11:00"), proof=None))
    assert receipt.message.proved_by == "by_axis" and "không có chữ ký" in receipt.message.proof_note
    assert exchange.sent(doc)[0].state == "accepted"


FORGERIES = {
    "status": lambda status: replace(status, status="completed"),
    "reason": lambda status: replace(status, description="Nội dung khác"),
    "time": lambda status: replace(status, at=clock.at("2026-03-02 12:00")),
    "document": lambda status: replace(status, about=replace(status.about, document_id="H99.10,2026/03/02,13/SKH-KH")),
    "person": lambda status: replace(status, staff=edxml.Staff(name="Người Khác")),
    "signature": lambda status: replace(
        status, proof=replace(status.proof, signature=("B" if status.proof.signature[0] == "A" else "A") + status.proof.signature[1:])
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FORGERIES)
def test_j5_a_forged_message_is_not_applied_but_parked_with_an_alarm(office, name):
    _, doc = proofs.far(office)
    receipt = proofs.take(FORGERIES[name](proofs.told(doc)))
    message = receipt.message
    assert (receipt.outcome, message.proved_by, message.consignment) == ("parked", "forged", None)
    assert "KHÔNG ĐÚNG" in message.parked and "gọi điện" in message.parked
    assert exchange.sent(doc)[0].state == "on_axis"
    assert journal.of(message)[-1].verb == "forged"
    notifications.spread()
    assert any("KHÔNG ĐÚNG" in notice.words for notice in notifications.newest(office.lan))
    parked.rematch()
    assert exchange.sent(doc)[0].state == "on_axis"
    with pytest.raises(errors.Refused):
        parked.assign(exchange.StatusMessage.get_by_id(message.id), exchange.sent(doc)[0], office.lan)


def test_j5_a_receipt_for_other_bytes_than_we_sent_is_an_alarm(office):
    _, doc = proofs.far(office)
    other = [{"role": "main", "sha256": "ab" * 32, "size": 4}]
    receipt = proofs.take(proofs.told(doc, parts=other))
    assert receipt.message.proved_by == "forged" and "tệp khác" in receipt.message.parked
    assert exchange.sent(doc)[0].state == "on_axis"


def test_j5_a_forgery_that_comes_first_does_not_keep_the_true_message_out(office):
    _, doc = proofs.far(office)
    true = proofs.told(doc)
    proofs.take(FORGERIES["signature"](true))
    assert proofs.take(true).message.proved_by == "signed"
    assert exchange.sent(doc)[0].state == "arrived"


def test_j5_a_forged_recall_does_not_kill_a_document_that_comes_later(office, keys):
    """Parked recalls wait for their documents; a forged one must not."""
    proofs.partner()
    with db.write(), clock.freeze("2026-03-02 09:00"):
        ask = proofs.talk(3, ("recall_asked",))[0]
    true = proofs.status(ask)
    forged = replace(true, description="Thu hồi gấp")
    assert proofs.take(forged).message.proved_by == "forged"
    assert not list(exchange.StatusMessage.select().where(exchange.StatusMessage.proved_by == "signed"))
