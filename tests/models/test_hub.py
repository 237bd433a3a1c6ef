"""The hub's rules without HTTP: who may enter which code, one packet however often and however parallel it comes."""

import threading

import letters
import pytest

from models import db, edxml, edxml_write, errors, hub, hub_members, hub_transit, vault


@pytest.fixture
def system(data):
    hub.register_system(
        None, "SYS", "Hệ thống", {"000.00.00.H99": "UBND tỉnh", "H99": "UBND tỉnh", "H98.1": "Sở xa"}
    )
    return hub.System.get()


@pytest.fixture
def packet(tmp_path):
    pdf = tmp_path / "a.pdf"
    pdf.write_bytes(letters.PDF)
    envelope = edxml.Envelope(
        edxml.Organ("H99"), (edxml.Organ("H98.1"),), "x", "y", attachments=(edxml.Attachment("a.pdf", pdf),)
    )
    return edxml_write.encode(envelope, tmp_path / "goi")


@pytest.mark.parametrize(
    "code, may",
    [
        ("H99.10", True), ("H99.10.01", True), ("H990", False), ("H98.2", False), ("000.00.10.H99", True),
        ("000.05.38.H99", True), ("000.00.10.H98", False), ("SYS.1", True), ("", False), ("H98.1.2", True),
    ],
)  # fmt: skip
def test_a_system_enters_codes_below_its_own(system, code, may):
    assert hub_members.may_register(system, code) is may


def test_one_packet_from_many_hands_at_once(system, packet):
    ids = []

    def send():
        with db.connection():
            ids.append(hub_transit.accept(system, "edoc", packet))
            db.database.close()

    threads = [threading.Thread(target=send) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ids) == 10 and len(set(ids)) == 1
    assert hub.Packet.select().count() == hub.Delivery.select().count() == 1


def test_what_is_done_stays_done(system, packet):
    hub_transit.accept(system, "edoc", packet)
    row = hub_transit.received(system, "edoc")[0]
    hub_transit.update(system, row.axis_id, "done")
    hub_transit.update(system, row.axis_id, "fail")
    assert hub_transit.delivery(system, row.axis_id).state == "done"
    with pytest.raises(hub.Rejected):
        hub_transit.update(system, row.axis_id, "lost")


def test_a_code_belongs_to_one_system(system):
    with pytest.raises(errors.Invalid, match="hệ thống khác"):
        hub.register_system(None, "SYS.2", "Khác", {"H98.1": "Sở xa"})
    assert hub.System.select().count() == 1
    hub.close_member(hub.Member.get(hub.Member.code == "H98.1"))
    hub.register_system(None, "SYS.2", "Khác", {"H98.1": "Sở xa"})
    assert hub.Member.get(hub.Member.code == "H98.1").system.system_id == "SYS.2"


def test_secrets_need_the_key_file(system):
    assert vault.unlock(system.locked_secret) not in system.locked_secret
    vault.key_path().unlink()
    with pytest.raises(errors.Refused, match="vault.key"):
        vault.unlock(system.locked_secret)
