"""Keys of receipts: ours in a file, announced when changed; partners' pinned, announced, or confirmed by telephone."""

import base64
import stat
from dataclasses import replace

import letters
import proofs
import pytest

from jobs import deliver, runner
from models import (
    agencies,
    clock,
    db,
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
    parked_keys,
    reception,
)

assert deliver and incoming


def settle():
    while runner.run_one():
        pass


@pytest.fixture
def keys():
    return proofs.Elsewhere(), proofs.Elsewhere(), proofs.Elsewhere()


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


def test_a_start_cut_short_leaves_its_key_to_the_next_one_and_no_scrap(office):
    made = exchange_keys._make(None)
    scrap = exchange_keys.folder() / "proof-x.key.7.new"
    scrap.write_bytes(b"{")
    with db.write():
        assert exchange_keys.current().public == made["public"]
    assert not scrap.exists() and len(list(exchange_keys.folder().glob("proof-*"))) == 1


def test_keys_invented_by_the_hundred_fill_neither_page_nor_notices(office):
    there = proofs.partner()
    with db.write():
        for _ in range(30):
            exchange_pins.weigh(there, proofs.Elsewhere().public, (), clock.now())
    assert len(exchange_pins.of_partners("waiting")) == exchange_pins.MOST_WAITING
    assert (
        journal.Event.select().where(journal.Event.verb == "key_waiting").count()
        == exchange_pins.MOST_WAITING
    )


def test_a_lost_key_file_never_stops_the_office_and_is_loud(office):
    with db.write():
        first = exchange_keys.current()
    next(exchange_keys.folder().glob("proof-*.key")).unlink()
    exchange_keys._private.clear()
    with db.write():
        row = proofs.talk(1, ("arrived",))[0]
    assert row.key_id != first.key_id and journal.Event.get(journal.Event.verb == "proof_key_lost")


def strange_key_waits(office, keys):
    """Agency, document and the second key: the first is pinned, an answer under the second is parked."""
    there, doc = proofs.far(office)
    one, two, _ = keys
    assert proofs.take(one.resigned(proofs.told(doc))).message.proved_by == "signed"
    assert exchange_pins.pinned_of(there).public == one.public
    receipt = proofs.take(two.resigned(proofs.told(doc, "accepted", "2026-03-02 11:00")))
    assert (receipt.outcome, receipt.message.proved_by) == ("parked", "unknown_key")
    assert exchange.sent(doc)[0].state == "arrived"
    notifications.spread()
    assert any("Khóa mới" in notice.words for notice in notifications.newest(office.admin))
    return there, doc, two


def test_the_first_key_is_pinned_and_a_strange_one_waits_for_the_telephone(office, keys):
    strange_key_waits(office, keys)


def test_a_confirmed_key_lets_what_waited_count(office, keys):
    there, doc, two = strange_key_waits(office, keys)
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
    late = proofs.take(keys[0].resigned(proofs.told(doc, "completed", "2040-03-02 12:00")))
    assert late.message.proved_by == "forged" and "đã được thay" in late.message.proof_note


def test_a_refused_key_makes_what_it_signed_forged(office, keys):
    there, doc, two = strange_key_waits(office, keys)
    row = exchange_pins.key_of(there, exchange_keys.key_id(two.public))
    assert parked_keys.refuse(row, office.admin) == 1
    message = exchange.StatusMessage.get(exchange.StatusMessage.proved_by == "forged")
    assert "không công nhận" in message.parked and exchange.sent(doc)[0].state == "arrived"
    assert (
        proofs.take(two.resigned(proofs.told(doc, "assigned", "2026-03-02 12:00"))).message.proved_by
        == "forged"
    )


def test_a_key_the_old_one_announces_counts_at_once_and_an_announcement_by_a_stranger_does_not(office, keys):
    there, doc = proofs.far(office)
    one, two, three = keys
    proofs.take(one.resigned(proofs.told(doc)))
    strange = two.resigned(proofs.told(doc, "accepted", "2026-03-02 10:30"), [three.announces(two)])
    assert proofs.take(strange).message.proved_by == "unknown_key"
    followed = three.resigned(
        proofs.told(doc, "assigned", "2026-03-02 11:00"),
        [one.announces(two), two.announces(three, "2026-03-02T10:50:00+07:00")],
    )
    assert proofs.take(followed).message.proved_by == "signed"
    assert exchange_pins.pinned_of(there).public == three.public
    in_time = one.resigned(proofs.told(doc, "in_progress", "2026-03-02 09:10"))
    assert proofs.take(in_time).message.proved_by == "signed"
    assert (
        proofs.take(one.resigned(proofs.told(doc, "completed", "2026-03-02 12:00"))).message.proved_by
        == "forged"
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
    _, doc = proofs.far(office)
    one = keys[0]
    first = one.resigned(proofs.told(doc))
    proofs.take(first)
    third = one.resigned(
        proofs.told(doc, "accepted", "2026-03-02 11:00"), chain={"seq": 3, "prev": "ab" * 32}
    )
    assert proofs.take(third).message.proved_by == "signed"
    assert exchange_chains.gaps()[f"{proofs.FROM}>H99.10"] == (2, 1)
    again = one.resigned(
        proofs.told(doc, "assigned", "2026-03-02 11:30"), chain={"seq": 3, "prev": "cd" * 32}
    )
    receipt = proofs.take(again)
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
