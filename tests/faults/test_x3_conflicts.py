"""X3, X4: a known id with other bytes or another sender changes nothing and is loud; a copy after 400 days is answered."""

import re

import pytest
from faults import packets, tier

from models import clock, db, documents, exchange, exchange_arrivals, hub, hub_transit, reception

LATER = "2027-04-06 09:00"  # 400 days on
CHANGES = {
    "subject": (rb"<(edXML:)?Subject>", rb"\g<0>Khac hoan toan: "),
    "number": (rb"<((?:edXML:)?CodeNumber)>[^<]*<", rb"<\1>99<"),
    "notation": (rb"<((?:edXML:)?CodeNotation)>", rb"<\1>X"),
    "day": (rb"<((?:edXML:)?PromulgationDate)>2026/03/02<", rb"<\1>2026/02/27<"),
    "file name": (rb"cong-van\.pdf", rb"cong-van-khac.pdf"),
}


def look(office) -> dict:
    """Everything the receiver holds of the letter."""
    doc = documents.Document.get(documents.Document.agency == office.b)
    return {
        "row": {name: str(value) for name, value in vars(doc)["__data__"].items()},
        "files": [item.file.sha256 for item in documents.attachments(doc)],
        "packet": packets.arrival(office).packet.sha256,
        "documents": documents.Document.select().where(documents.Document.agency == office.b).count(),
        "messages": [one.status for one in exchange.StatusMessage.select()],
    }


def changed(packet: bytes, kind: str) -> bytes:
    """The packet with one thing changed."""
    pattern, new = CHANGES[kind]
    found, many = re.subn(pattern, new, packet, count=2 if kind == "file name" else 1)
    assert many, kind
    return found


def with_other_file(packet: bytes, chance) -> bytes:
    """The packet with one byte of the attached file changed (in its base64)."""
    start = packet.index(b"JVBERi0")
    places = [at for at in range(start + 16, start + 36) if packet[at : at + 1].isalnum()]
    at = chance.choice(places)
    letter = chance.choice(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ".replace(packet[at : at + 1], b""))
    return packet[:at] + bytes([letter]) + packet[at + 1 :]


def test_x3_other_bytes_under_a_known_id_are_refused_loudly(office, tmp_path):
    letter, chance = packets.sent_letter(office), tier.chance("x3")
    reception.receive(office.b, letter.packet, "axis")
    before, data = look(office), letter.packet.read_bytes()
    mutants = [changed(data, kind) for kind in CHANGES]
    mutants += [with_other_file(data, chance) for _ in range(tier.size(40, 20_000))]
    for count, mutant in enumerate(mutants, 1):
        path = tmp_path / "doi.edxml"
        path.write_bytes(mutant)
        receipt = reception.receive(office.b, path, "axis")
        assert receipt.outcome == "conflict", count
        assert look(office) == before
    alarms = exchange.conflicts_of(office.b.id)
    assert len(alarms) == min(100, len(mutants)) and "nội dung" in alarms[0].note
    tier.counted("X3", len(mutants))


def test_x3_another_sender_cannot_use_the_id(office, tmp_path):
    """At the axis a system may name no sender but its own agencies; at the receiver the first document stays as it is."""
    letter = packets.sent_letter(office)
    reception.receive(office.b, letter.packet, "axis")
    before = look(office)
    hub.register_system(None, "HE-C", "Hệ thống C", {"H99.30": "Sở Khác"})
    hub.register_system(None, "HE-B", "Hệ thống B", {"H99.20.01": "Xã Suối Mây"})
    stranger = hub.System.get(hub.System.system_id == "HE-C")
    with pytest.raises(hub.Rejected) as refusal:
        hub_transit.accept(stranger, "edoc", _copy(letter.packet, tmp_path))
    assert refusal.value.code == "19"
    assert look(office) == before and hub.Packet.select().count() == 0


def test_x3_a_guard_that_overwrites_is_noticed(office, tmp_path, monkeypatch):
    letter = packets.sent_letter(office)
    reception.receive(office.b, letter.packet, "axis")
    monkeypatch.setattr(exchange_arrivals, "content_hash", lambda *_: "giong nhau")
    with db.write():
        packets.arrival(office).set(content_hash="giong nhau")
    path = tmp_path / "doi.edxml"
    path.write_bytes(changed(letter.packet.read_bytes(), "subject"))
    assert reception.receive(office.b, path, "axis").outcome != "conflict"


def test_x4_a_copy_after_400_days_is_answered_with_the_first_receipt(office, tmp_path):
    with clock.freeze("2026-03-02 09:00"):
        letter = packets.sent_letter(office)
        first = reception.receive(office.b, letter.packet, "axis")
        receipt = packets.packet_of(first.message).read_bytes()
        with db.write():
            first.message.set(sent_at=clock.now())
        hub.register_system(None, "HE-A", "Hệ thống A", {"H99.10": "Sở"})
        hub.register_system(None, "HE-B", "Hệ thống B", {"H99.20.01": "Xã"})
        system = hub.System.get(hub.System.system_id == "HE-A")
        axis_id = hub_transit.accept(system, "edoc", _copy(letter.packet, tmp_path))
    with clock.freeze(LATER):
        again = reception.receive(office.b, letter.packet, "axis")
        assert again.outcome == "duplicate" and again.message == first.message
        orders = exchange.outbox.Order.select().where(
            exchange.outbox.Order.kind == "status", exchange.outbox.Order.subject_id == first.message.id
        )
        assert orders.count() == 2  # the first answer, and the same once more
        assert packets.packet_of(exchange.StatusMessage.get_by_id(first.message.id)).read_bytes() == receipt
        assert hub_transit.accept(system, "edoc", _copy(letter.packet, tmp_path)) == axis_id
        assert hub.Packet.select().count() == 1
    tier.counted("X4", 2)


def _copy(packet, folder):
    path = folder / "ban-sao.edxml"
    path.write_bytes(packet.read_bytes())
    return path
