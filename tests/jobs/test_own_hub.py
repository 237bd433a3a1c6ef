"""An installation that is hub and home of agencies (VP UBND's server): both directions without HTTP to itself."""

from datetime import date

import hubs
import letters
import pytest

from jobs import collect, deliver, lines, own_hub, runner
from models import (
    agencies,
    clock,
    config,
    db,
    documents,
    edxml,
    exchange,
    hub,
    hub_members,
    hub_transit,
    outbox,
)

assert deliver


@pytest.fixture
def place(office, data):
    """The cast's installation as a hub, with a commune on a system of its own: (office, system, its agency)."""
    config.use(config.Config(data=data.data, mode="demo", hub=True))
    with db.connection():
        system, _ = hubs.system("HE-XA", "H99.77")
        far = agencies.create("UBND xã Xa", code="H99.77", short_name="Xã Xa", connection="axis")
        yield office, system, far


def packet_from_far(folder, office, kind="new"):
    return hubs.packet(folder, sender="H99.77", receivers=(office.a.code,), document_id="H99.77,2026/03/02,5/UBND",
                       code_number="5", code_notation="UBND", issued_date=date(2026, 3, 2), kind=kind)  # fmt: skip


def test_q3_1_a_hosted_agency_exchanges_with_a_connected_system_without_http(place, tmp_path):
    office, system, far = place
    doc = letters.issued(office.lan, [far])
    assert exchange.sent(doc)[0].transport == "axis"
    runner.run_due()
    assert list(letters.lines(doc).values()) == ["on_axis"]
    row = hub_transit.received(system, "edoc")[0]
    assert (row.to_code, row.packet.system.kind, row.packet.from_code) == ("H99.77", hub.SELF, office.a.code)

    hubs.status(tmp_path, "H99.77", office.a.code, "accepted", exchange.wire_id(doc), clock.now())
    hub_transit.accept(system, "status", tmp_path / "trang-thai.edxml")
    collect.collect()
    assert list(letters.lines(doc).values()) == ["accepted"]

    packet_from_far(tmp_path, office)
    hub_transit.accept(system, "edoc", tmp_path / "goi.edxml")
    collect.collect()
    arrived = letters.arrived(office.a)
    assert len(arrived) == 1 and documents.main_file(arrived[0]).read() == letters.PDF
    runner.run_due()
    told = hub_transit.received(system, "status")
    assert [row.packet.kind for row in told] == ["01"] and told[0].packet.from_code == office.a.code
    assert hub_transit.count(hub.built_in(hub.SELF), "edoc") == 0
    collect.collect()
    assert len(letters.arrived(office.a)) == 1


def test_the_same_bytes_given_twice_are_one_packet(place, tmp_path):
    office = place[0]
    path = tmp_path / "goi.edxml"
    hubs.packet(tmp_path, sender=office.a.code, receivers=("H99.77",))
    with lines.line() as line:
        assert isinstance(line, own_hub.OwnHub)
        first = line.send_edoc(path, "edoc", office.a.code, ["H99.77"])
        assert line.send_edoc(path, "edoc", office.a.code, ["H99.77"]) == first and path.exists()
        assert [row["senderDocId"] for row in line.sent_list("edoc", first)] == [first]
        assert line.sent_list("edoc", "khac") == []
    assert hub.Delivery.select().count() == 1


def test_faults_are_those_of_any_axis(place, tmp_path):
    office = place[0]
    hubs.packet(tmp_path, sender=office.a.code, receivers=("H44.1",))
    line = own_hub.OwnHub()
    with pytest.raises(outbox.GiveUp, match="mã 18"):
        line.send_edoc(tmp_path / "goi.edxml", "edoc", office.a.code, [])
    hubs.packet(tmp_path, sender="H99.77", receivers=(office.a.code,))
    with pytest.raises(outbox.GiveUp, match="mã 19"):
        line.send_edoc(tmp_path / "goi.edxml", "edoc", office.a.code, [])
    with pytest.raises(outbox.GiveUp, match="mã 10"):
        line.get_edoc("khong-co", tmp_path / "x")
    assert hub.Packet.select().count() == 0


def test_members_follow_the_agencies_here(place):
    office = place[0]
    hub_members.keep_own(now=True)
    own = hub.built_in(hub.SELF)
    rows = {row.code: row for row in hub.Member.select().where(hub.Member.system == own)}
    assert {office.a.code, office.b.code} <= set(rows)
    with db.write():
        agencies.add_code(office.b, "000.00.20.H99", decision="QĐ 1")
        new = agencies.create("Trạm mới", code="H99.88", hosted=True)
    assert hub_members.find(["H99.88"])["H99.88"].system == own, "found at once, not at the next minute"
    hub_members.keep_own(now=True)
    assert hub.Member.get(hub.Member.code == office.b.code).old_code == "000.00.20.H99"
    assert hub_members.find(["000.00.20.H99"])["000.00.20.H99"].code == office.b.code
    with db.write():
        new.set(closed_on=clock.today())
    assert hub_members.keep_own(now=True) == 1
    assert hub.Member.get(hub.Member.code == "H99.88").closed_at


def test_a_closed_agency_here_neither_sends_nor_receives(place, tmp_path):
    office, system, _ = place
    hub_members.keep_own(now=True)
    with db.write():
        office.a.set(closed_on=clock.today())
    hub_members.keep_own(now=True)
    packet_from_far(tmp_path, office)
    with pytest.raises(hub.Rejected) as caught:
        hub_transit.accept(system, "edoc", tmp_path / "goi.edxml")
    assert caught.value.code == "23"
    assert not hub_members.may_send_as(hub.built_in(hub.SELF), office.a.code)


def test_a_recall_reaches_a_hosted_agency(place, tmp_path):
    office, system, _ = place
    packet_from_far(tmp_path, office)
    hub_transit.accept(system, "edoc", tmp_path / "goi.edxml")
    collect.collect()
    hubs.status(tmp_path, "H99.77", office.a.code, "recall_asked", "H99.77,2026/03/02,5/UBND", clock.now())
    hub_transit.accept(system, "status", tmp_path / "trang-thai.edxml")
    collect.collect()
    assert letters.arrived(office.a)[0].state == "recalled"
    runner.run_due()
    assert edxml.STATUS_CODES["recalled"] in [
        row.packet.kind for row in hub_transit.received(system, "status")
    ]
