"""X10: who says he is whom he is not, speaks from elsewhere, or writes to a stranger. Refused, and nothing stored."""

import hubs
import pytest

from models import errors, files, hub, hub_transit, vxp

MANY = 20


@pytest.fixture
def systems(data):
    """Twenty systems with one agency each."""
    return [hubs.system(f"SYS.{number:02d}", f"H{number + 10}.1")[0] for number in range(MANY)]


@pytest.fixture
def packets(tmp_path):
    """A packet of each agency to the next one."""
    found = []
    for number in range(MANY):
        folder = tmp_path / str(number)
        folder.mkdir()
        hubs.packet(folder, sender=f"H{number + 10}.1", receivers=(f"H{(number + 1) % MANY + 10}.1",))
        found.append(folder / "goi.edxml")
    return found


def refused(system, path, claimed=""):
    """The code a packet is refused with."""
    with pytest.raises(hub.Rejected) as caught:
        hub_transit.accept(system, "edoc", path, claimed)
    return caught.value.code


def nothing_stored():
    return (
        hub.Packet.select().count() == hub.Delivery.select().count() == hub.Traffic.select().count() == 0
        and files.File.select().count() == 0
        and not any(files.root().glob("??/*"))
    )


def test_x10_nobody_speaks_for_another_in_any_of_400_pairs(systems, packets):
    wrong = [
        (place, number) for place, system in enumerate(systems) for number, path in enumerate(packets)
        if place != number and refused(system, path) != vxp.NO_SENDER
    ]  # fmt: skip
    assert wrong == [] and nothing_stored()
    for system, path in zip(systems, packets):
        hub_transit.accept(system, "edoc", path)
    assert hub.Delivery.select().count() == MANY


def test_x10_the_sender_named_beside_the_packet_counts_too(systems, packets):
    for place, system in enumerate(systems):
        other = f"H{(place + 3) % MANY + 10}.1"
        assert refused(system, packets[place], other) == vxp.NO_SENDER
    assert nothing_stored()


def test_x10_the_words_are_those_of_the_national_axis(systems, packets):
    with pytest.raises(hub.Rejected, match=r"^Don vi gui H11\.1 khong dung voi ma da dang ky: SYS\.00$"):
        hub_transit.accept(systems[0], "edoc", packets[1])


def test_x10_a_closed_agency_neither_sends_nor_receives(systems, packets):
    for number in range(0, MANY, 2):
        hub.close_member(hub.Member.get(hub.Member.code == f"H{number + 10}.1"))
    for number, (system, path) in enumerate(zip(systems, packets)):
        assert refused(system, path) == (vxp.NO_SENDER if number % 2 == 0 else vxp.RECEIVER_CLOSED)
    assert nothing_stored()


def test_x10_a_locked_receiver_and_an_unknown_one(systems, packets, tmp_path):
    for system in systems:
        hub.switch(system, None, enabled=False)
    assert {refused(system, path) for system, path in zip(systems, packets)} == {vxp.RECEIVER_CLOSED}
    hub.switch(systems[0], None, enabled=True)
    hubs.packet(tmp_path, sender="H10.1", receivers=("H10.1", "H77.9"))
    assert refused(systems[0], tmp_path / "goi.edxml") == vxp.NO_RECEIVER
    assert nothing_stored()


def test_x10_a_system_enters_no_code_of_another(systems):
    with pytest.raises(errors.Invalid, match="hệ thống khác"):
        hub.add_member(systems[0], "H11.1", "Chiếm mã")
    with pytest.raises(errors.Invalid, match="hệ thống khác"):
        hub.register_system(None, "SYS.X", "Chiếm mã", {"H12.1": "Chiếm mã"})
    assert hub.System.select().count() == MANY


def test_x10_a_status_is_its_senders_own(systems, tmp_path):
    hubs.status(tmp_path, "H11.1", "H12.1")
    with pytest.raises(hub.Rejected) as caught:
        hub_transit.accept(systems[0], "status", tmp_path / "trang-thai.edxml")
    assert caught.value.code == vxp.NO_SENDER and nothing_stored()
