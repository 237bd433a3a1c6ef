"""Signed receipts (J5, I7): made with the fact, chained, judged; keys pinned, announced, confirmed by telephone."""

import base64
import json
import stat
from dataclasses import replace

import letters
import proofs
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from jobs import deliver, runner
from models import (
    agencies,
    clock,
    db,
    edxml,
    edxml_read,
    edxml_write,
    errors,
    exchange,
    exchange_chains,
    exchange_keys,
    exchange_packets,
    exchange_pins,
    exchange_proofs,
    incoming,
    journal,
    notifications,
    parked,
    parked_keys,
    recalls,
    reception,
)

assert deliver and incoming
LONG = "Trả lại: sai  thể thức\n(mục 5), thiếu chữ ký số của cơ quan \x07 – đề nghị gửi lại"


def settle():
    while runner.run_one():
        pass


def far(office, code=proofs.FROM, name="UBND xã Mẫu"):
    """A letter of A that a partner elsewhere has received, and that partner's statements about it."""
    there = proofs.partner(code, name)
    with clock.freeze("2026-03-02 09:00"):
        doc = letters.issued(office.lan, [there])
        with db.write():
            exchange.sent(doc)[0].set(acknowledged_at=clock.now(), sent_at=clock.now(), state="on_axis")
    return there, doc


def told(doc, word="arrived", at="2026-03-02 10:00", **changed):
    """The status message a partner elsewhere makes of our letter, signed by whatever key this installation has now."""
    one = exchange.sent(doc)[0]
    stands_for = {
        "key": f"far/{one.id}",
        "direction": "in",
        "own_code": one.partner_code,
        "partner_code": one.own_code,
    }
    with db.write(), clock.freeze(at):
        row = _speaking(one, stands_for, word, changed)
    return proofs.status(row)


def _speaking(one, stands_for, word, changed):
    facts = {
        name: getattr(one, name) for name in ("wire_id", "code", "issued_date", "content_hash", "agency")
    }
    facts |= {"document_id": None, "arrived_at": clock.now(), "received_at": clock.now(), "agency_id": None}
    receiver = type("Receiver", (), facts | stands_for)()
    parts = changed.get("parts") or exchange_proofs.parts_of(one.document)
    return exchange_proofs.of_status(receiver, word, changed.get("reason", "Đã nhận"), "", clock.now(), parts)


class Elsewhere:
    """Within it this installation speaks with the key of another one."""

    def __init__(self, tmp_path, name="far"):
        self.key, self.private = f"{name}", Ed25519PrivateKey.generate()
        self.public = base64.b64encode(self.private.public_key().public_bytes_raw()).decode()

    def resigned(self, status: edxml.Status, changes=(), **changed) -> edxml.Status:
        """The same message, its statement signed by this key, with facts changed."""
        said = json.loads(status.proof.body) | changed
        body = exchange_keys.canonical(said)
        signature = base64.b64encode(self.private.sign(body)).decode()
        return replace(status, proof=edxml.Proof(body, signature, self.public, tuple(changes)))

    def announces(self, other, since="2026-03-02T09:30:00+07:00") -> edxml.KeyChange:
        """The statement by which this key names the next one."""
        body = exchange_keys.canonical(
            {"format": exchange_keys.CHANGE, "old": self.public, "new": other.public, "from": since}
        )
        return edxml.KeyChange(body, base64.b64encode(self.private.sign(body)).decode())


@pytest.fixture
def keys(tmp_path):
    return Elsewhere(tmp_path, "one"), Elsewhere(tmp_path, "two"), Elsewhere(tmp_path, "three")


def take(office, status):
    """The message as it comes from the axis."""
    path = exchange_packets.spooled()
    edxml_write.encode(status, path)
    return reception.receive_from_axis(path, "ax")[0]


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
    _, doc = far(office)
    status = told(doc, reason=reason)
    status = replace(status, description=reason)
    receipt = take(office, status)
    assert (receipt.outcome, receipt.message.proved_by, receipt.message.proof_note) == (
        "status",
        "signed",
        "",
    )


def test_the_statement_stands_last_in_the_header_and_other_readers_pass_over_it(office, tmp_path):
    _, doc = far(office)
    path = edxml_write.encode(told(doc), tmp_path / "p.edxml")
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
    _, doc = far(office)
    receipt = take(office, replace(told(doc), proof=None))
    assert (receipt.outcome, receipt.message.proved_by, receipt.message.proof_note) == (
        "status",
        "by_axis",
        "",
    )
    assert exchange.sent(doc)[0].state == "arrived"


def test_j5_a_partner_that_signs_and_suddenly_does_not_is_noted(office):
    _, doc = far(office)
    take(office, told(doc))
    receipt = take(office, replace(told(doc, "accepted", "2026-03-02 11:00"), proof=None))
    assert receipt.message.proved_by == "by_axis" and "không có chữ ký" in receipt.message.proof_note
    assert exchange.sent(doc)[0].state == "accepted"


FORGERIES = {
    "status": lambda status: replace(status, status="completed"),
    "reason": lambda status: replace(status, description="Nội dung khác"),
    "time": lambda status: replace(status, at=clock.at("2026-03-02 12:00")),
    "document": lambda status: replace(status, about=replace(status.about, document_id="H99.10,2026/03/02,13/SKH-KH")),
    "person": lambda status: replace(status, staff=edxml.Staff(name="Người Khác")),
    "signature": lambda status: replace(status, proof=replace(status.proof, signature=status.proof.signature[:-4] + "AA==")),
}  # fmt: skip


@pytest.mark.parametrize("name", FORGERIES)
def test_j5_a_forged_message_is_not_applied_but_parked_with_an_alarm(office, name):
    _, doc = far(office)
    receipt = take(office, FORGERIES[name](told(doc)))
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
    _, doc = far(office)
    other = [{"role": "main", "sha256": "ab" * 32, "size": 4}]
    receipt = take(office, told(doc, parts=other))
    assert receipt.message.proved_by == "forged" and "tệp khác" in receipt.message.parked
    assert exchange.sent(doc)[0].state == "on_axis"


def test_j5_a_forgery_that_comes_first_does_not_keep_the_true_message_out(office):
    _, doc = far(office)
    true = told(doc)
    take(office, FORGERIES["signature"](true))
    assert take(office, true).message.proved_by == "signed"
    assert exchange.sent(doc)[0].state == "arrived"


def test_j5_a_forged_recall_does_not_kill_a_document_that_comes_later(office, keys):
    """Parked recalls wait for their documents; a forged one must not."""
    proofs.partner()
    with db.write(), clock.freeze("2026-03-02 09:00"):
        ask = proofs.talk(3, ("recall_asked",))[0]
    true = proofs.status(ask)
    forged = replace(true, description="Thu hồi gấp")
    assert take(office, forged).message.proved_by == "forged"
    assert not list(exchange.StatusMessage.select().where(exchange.StatusMessage.proved_by == "signed"))


# ---- keys -----------------------------------------------------------------------------------------------------


def test_our_key_is_a_file_for_the_service_alone_and_rotation_is_announced(office):
    with db.write():
        first = exchange_keys.current()
        signed = exchange_keys.sign(b"x")[1]
    path = exchange_keys.folder() / f"proof-{first.key_id[:32]}.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600 and stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert exchange_keys.holds(first.public, b"x", signed) and not exchange_keys.holds(
        first.public, b"y", signed
    )
    second = exchange_keys.rotate(office.admin)
    assert (second.key_id != first.key_id, exchange_keys.history()[1].until) == (True, second.since)
    change = exchange_keys.changes()[0]
    assert exchange_keys.holds(first.public, change.body, change.signature)
    with db.write():
        row = proofs.talk(1, ("arrived",))[0]
    assert row.key == second.public and exchange_proofs.on_wire(row).changes == (change,)


def test_a_restored_database_takes_up_the_newer_key_whose_file_is_here(office):
    with db.write():
        exchange_keys.current()
    second = exchange_keys.rotate(office.admin)
    with db.write():
        exchange_keys.OwnKey.delete_by_id(second.id)
        exchange_keys.OwnKey.update(until=None).execute()
    exchange_keys._looked.clear()
    with db.write():
        assert exchange_keys.current().key_id == second.key_id


def test_a_lost_key_file_never_stops_the_office_and_is_loud(office):
    with db.write():
        first = exchange_keys.current()
    next(exchange_keys.folder().glob("proof-*.key")).unlink()
    exchange_keys._private.clear()
    with db.write():
        row = proofs.talk(1, ("arrived",))[0]
    assert row.key_id != first.key_id and journal.Event.get(journal.Event.verb == "proof_key_lost")


def test_the_first_key_is_pinned_and_a_strange_one_waits_for_the_telephone(office, keys):
    there, doc = far(office)
    one, two, _ = keys
    assert take(office, one.resigned(told(doc))).message.proved_by == "signed"
    assert exchange_pins.pinned_of(there).public == one.public
    receipt = take(office, two.resigned(told(doc, "accepted", "2026-03-02 11:00")))
    assert (receipt.outcome, receipt.message.proved_by) == ("parked", "unknown_key")
    assert exchange.sent(doc)[0].state == "arrived"
    notifications.spread()
    assert any("Khóa mới" in notice.words for notice in notifications.newest(office.admin))
    return there, doc, two


def test_a_confirmed_key_lets_what_waited_count(office, keys):
    there, doc, two = test_the_first_key_is_pinned_and_a_strange_one_waits_for_the_telephone(office, keys)
    row = exchange_pins.key_of(there, exchange_keys.key_id(two.public))
    with pytest.raises(errors.Invalid):
        parked_keys.confirm(row, office.admin, "00000 00000")
    groups = exchange_keys.fingerprint(row.key_id).split()
    with pytest.raises(errors.NotAllowed):
        parked_keys.confirm(row, office.lan, f"{groups[0]} {groups[-1]}")
    assert parked_keys.confirm(row, office.admin, f"{groups[0]} {groups[-1]}") == 1
    assert exchange.sent(doc)[0].state == "accepted" and exchange_pins.pinned_of(there).public == two.public
    event = journal.Event.get(journal.Event.verb == "confirm_key")
    assert event.who.startswith(office.admin.name)
    late = take(office, keys[0].resigned(told(doc, "completed", "2040-03-02 12:00")))
    assert late.message.proved_by == "forged" and "đã được thay" in late.message.proof_note


def test_a_refused_key_makes_what_it_signed_forged(office, keys):
    there, doc, two = test_the_first_key_is_pinned_and_a_strange_one_waits_for_the_telephone(office, keys)
    row = exchange_pins.key_of(there, exchange_keys.key_id(two.public))
    assert parked_keys.refuse(row, office.admin) == 1
    message = exchange.StatusMessage.get(exchange.StatusMessage.proved_by == "forged")
    assert "không công nhận" in message.parked and exchange.sent(doc)[0].state == "arrived"
    assert take(office, two.resigned(told(doc, "assigned", "2026-03-02 12:00"))).message.proved_by == "forged"


def test_a_key_the_old_one_announces_counts_at_once_and_an_announcement_by_a_stranger_does_not(office, keys):
    there, doc = far(office)
    one, two, three = keys
    take(office, one.resigned(told(doc)))
    strange = two.resigned(told(doc, "accepted", "2026-03-02 10:30"), [three.announces(two)])
    assert take(office, strange).message.proved_by == "unknown_key"
    followed = three.resigned(
        told(doc, "assigned", "2026-03-02 11:00"),
        [one.announces(two), two.announces(three, "2026-03-02T10:50:00+07:00")],
    )
    assert take(office, followed).message.proved_by == "signed"
    assert exchange_pins.pinned_of(there).public == three.public
    in_time = one.resigned(told(doc, "in_progress", "2026-03-02 09:10"))
    assert take(office, in_time).message.proved_by == "signed"
    assert (
        take(office, one.resigned(told(doc, "completed", "2026-03-02 12:00"))).message.proved_by == "forged"
    )


def test_a_neighbour_here_is_known_by_our_own_key_alone(office, keys):
    with clock.freeze("2026-03-02 09:00"):
        doc = letters.issued(office.lan, [office.b])
        settle()
    status = proofs.status(exchange_proofs.Proof.get(exchange_proofs.Proof.direction == "out"))
    path = exchange_packets.spooled()
    said = keys[0].resigned(replace(status, status="accepted"), kind="accepted")
    edxml_write.encode(said, path)
    receipt = reception.receive(office.a, path)
    assert receipt.message.proved_by == "forged" and exchange.sent(doc)[0].state == "arrived"


def test_a_gap_and_a_fork_are_noted_and_block_nothing(office, keys):
    _, doc = far(office)
    one = keys[0]
    first = one.resigned(told(doc))
    take(office, first)
    third = one.resigned(told(doc, "accepted", "2026-03-02 11:00"), chain={"seq": 3, "prev": "ab" * 32})
    assert take(office, third).message.proved_by == "signed"
    assert exchange_chains.gaps()[f"{proofs.FROM}>H99.10"] == (2, 1)
    again = one.resigned(told(doc, "assigned", "2026-03-02 11:30"), chain={"seq": 3, "prev": "cd" * 32})
    receipt = take(office, again)
    assert receipt.message.proved_by == "signed" and "hai tin khác nhau" in receipt.message.proof_note
    assert exchange.sent(doc)[0].state == "assigned" and journal.Event.get(journal.Event.verb == "proof_fork")


def test_other_bytes_are_signed_and_checked_by_the_same_keys(office, keys):
    there = agencies.create("Viện Mẫu", code="H98.77", connection="axis")
    signed = exchange_keys.sign_bytes(b"danh sach")
    with db.write():
        assert exchange_pins.check_bytes(there, b"danh sach", signed) == "first"
        assert exchange_pins.check_bytes(there, b"danh sach", signed) == "signed"
        assert exchange_pins.check_bytes(there, b"danh sacH", signed) == "forged"
        body = exchange_keys.BYTES + b"z"
        other = {"public_key": keys[0].public, "key_id": exchange_keys.key_id(keys[0].public),
                 "signature": base64.b64encode(keys[0].private.sign(body)).decode()}  # fmt: skip
        assert exchange_pins.check_bytes(there, b"z", other) == "changed"
        assert exchange_pins.check_bytes(there, b"z", {}) == "forged"
