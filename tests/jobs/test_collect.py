"""Fetching from the axis: stored first, «done» afterwards; what is broken is told, what is away is tried again."""

import hashlib

import axis_double
import letters
import pytest
from axis_double import AxisDouble

from jobs import collect, runner
from models import (
    agencies,
    clock,
    documents,
    edxml,
    edxml_write,
    exchange_attempts,
    exchange_axis,
    files,
    incoming,
    outbox,
    vxp,
)

assert incoming


@pytest.fixture
def axis(office):
    with AxisDouble() as one:
        exchange_axis.connect(office.quantri, one.url, "H99.10", "khóa")
        one.answers["getReceivedEdocList"] = [{"data": [{"docId": "r1", "status": "initial"}]}, {"data": []}]
        yield one


def packet(tmp_path, **changes):
    pdf = tmp_path / "a.pdf"
    pdf.write_bytes(changes.pop("content", letters.PDF))
    values = {
        "sender": edxml.Organ("H98.01", "Sở xa"), "recipients": (edxml.Organ("H99.10"), edxml.Organ("H99.20.01")),
        "document_id": "H98.01,2026/03/01,5/SX", "subject": "Thử", "attachments": (edxml.Attachment("a.pdf", pdf),),
    }  # fmt: skip
    return edxml_write.encode(edxml.Envelope(**(values | changes)), tmp_path / "goi").read_bytes()


def told(axis):
    """docid → status, as told to the axis."""
    found = {}
    for name, headers, _ in axis.calls:
        if name == "updateStatus":
            call = vxp.Call({key.lower(): value for key, value in headers.items()})
            found[call.wanted_id(name)] = call.get("status")
    return found


def test_a_packet_for_two_agencies_here(office, axis, tmp_path):
    axis.answers["getEdoc"] = [axis_double.with_packet(packet(tmp_path), escaped=True)]
    assert collect.collect() == 1
    assert [len(letters.arrived(agency)) for agency in (office.a, office.b)] == [1, 1]
    got = letters.arrived(office.a)[0]
    assert got.source == "axis" and documents.main_file(got).read() == letters.PDF
    assert told(axis) == {"r1": "done"} and list(files.spool().iterdir()) == []
    kinds = [order.kind for order in outbox.Order.select().order_by(outbox.Order.id)]
    assert sorted(kinds) == ["pages", "pages", "status", "status", "verify", "verify"]


def test_a_crash_before_done_takes_it_again_and_changes_nothing(office, axis, tmp_path):
    axis.answers["getEdoc"] = [axis_double.with_packet(packet(tmp_path))]
    axis.answers["updateStatus"] = [axis_double.close, {}]
    with pytest.raises(outbox.Retry):
        collect.collect()
    assert exchange_axis.AxisConnection.get().trouble
    axis.answers["getReceivedEdocList"] = [{"data": [{"docId": "r1"}]}, {"data": []}]
    assert collect.collect() == 1
    assert len(letters.arrived(office.a)) == 1 and told(axis) == {"r1": "done"}


def test_x7_what_was_stored_is_not_fetched_again_when_the_report_is_cut(office, axis, tmp_path):
    data = packet(tmp_path)
    row = {
        "docId": "r1",
        "status": "initial",
        "hash": hashlib.sha256(data).hexdigest(),
    }  # as our own hubs list it
    axis.answers["getReceivedEdocList"] = [{"data": [row]}, {"data": [row]}, {"data": []}]
    axis.answers["getEdoc"] = [axis_double.with_packet(data)]
    axis.answers["updateStatus"] = [axis_double.close, {}]
    with pytest.raises(outbox.Retry):
        collect.collect()
    fetched = len(axis.bodies("getEdoc"))
    assert collect.collect() == 1 and told(axis) == {"r1": "done"}
    assert fetched == len(axis.bodies("getEdoc")) == 1 and len(letters.arrived(office.a)) == 1
    tries = exchange_attempts.Attempt.select().order_by(exchange_attempts.Attempt.id)
    assert [one.outcome for one in tries] == ["untold", "ok"]


def test_x7_another_packet_under_the_same_number_of_the_axis_is_fetched(office, axis, tmp_path):
    first, second = packet(tmp_path), packet(tmp_path, subject="Khác", document_id="H98.01,2026/03/01,6/SX")
    rows = [{"docId": "r1", "hash": hashlib.sha256(data).hexdigest()} for data in (first, second)]
    axis.answers["getReceivedEdocList"] = [{"data": [rows[0]]}, {"data": [rows[1]]}, {"data": []}]
    axis.answers["getEdoc"] = [axis_double.with_packet(first), axis_double.with_packet(second)]
    axis.answers["updateStatus"] = [axis_double.close, {}]
    with pytest.raises(outbox.Retry):
        collect.collect()
    assert collect.collect() == 1 and len(letters.arrived(office.a)) == 2


def test_a_broken_packet_is_told_and_the_next_one_taken(office, axis, tmp_path):
    axis.answers["getReceivedEdocList"] = [{"data": [{"docId": "r1"}, {"docId": "r2"}]}, {"data": []}]
    axis.answers["getEdoc"] = [axis_double.with_packet(b"<broken"), axis_double.with_packet(packet(tmp_path))]
    assert collect.collect() == 2
    assert told(axis) == {"r1": "fail", "r2": "done"} and len(letters.arrived(office.a)) == 1


def test_the_same_id_with_other_content_is_told(office, axis, tmp_path):
    axis.answers["getReceivedEdocList"] = [{"data": [{"docId": "r1"}, {"docId": "r2"}]}, {"data": []}]
    axis.answers["getEdoc"] = [
        axis_double.with_packet(packet(tmp_path)), axis_double.with_packet(packet(tmp_path, content=b"%PDF-khac")),
    ]  # fmt: skip
    collect.collect()
    assert told(axis) == {"r1": "done", "r2": "fail"} and len(letters.arrived(office.a)) == 1


def test_statuses_come_too(office, axis, tmp_path):
    far = agencies.create("Sở xa", code="H98.01", connection="axis", short_name="Sở xa")
    with clock.freeze("2026-03-02 09:00"):
        doc = letters.issued(office.lan, [far])
    status = edxml.Status(
        edxml.Organ("H98.01"),
        edxml.Answered("H99.10", "12/SKH-KH", doc.document_id),
        "accepted",
        at=clock.now(),
    )
    data = edxml_write.encode(status, tmp_path / "s").read_bytes()
    axis.answers["getReceivedEdocList"] = [{"data": []}, {"data": [{"docId": "s1"}]}]
    axis.answers["getEdoc"] = [axis_double.with_packet(data)]
    collect.collect()
    assert letters.lines(doc) == {"Sở xa": "accepted"} and told(axis) == {"s1": "done"}


def test_an_axis_away_is_noted(office, axis):
    axis.answers["getReceivedEdocList"] = [axis_double.close]
    with pytest.raises(outbox.Retry):
        collect.collect()
    assert "tự thử lại" in exchange_axis.AxisConnection.get().trouble


def test_nothing_to_do_without_a_connection(office):
    assert collect.collect() == 0


def test_a_packet_that_cannot_be_fetched_holds_up_no_other(office, axis, tmp_path):
    axis.answers["getReceivedEdocList"] = [{"data": [{"docId": "r1"}, {"docId": "r2"}]}, {"data": []}]
    axis.answers["getEdoc"] = [axis_double.failing("10"), axis_double.with_packet(packet(tmp_path))]
    with pytest.raises(outbox.Retry):
        collect.collect()
    assert told(axis) == {"r2": "done"} and len(letters.arrived(office.a)) == 1


def test_checking_the_connection(office, axis):
    axis.answers["getReceivedEdocList"] = [axis_double.failing("15"), {"data": []}]
    exchange_axis.ask(office.quantri, "check_axis")
    runner.run_due()
    assert "Sai mã hệ thống" in exchange_axis.AxisConnection.get().trouble
    with clock.freeze("2036-01-01 08:00"):
        exchange_axis.ask(office.quantri, "check_axis")
        runner.run_due()
    assert exchange_axis.AxisConnection.get().trouble == ""


def test_a_full_disk_keeps_the_packet_on_the_axis(office, axis, tmp_path, monkeypatch):
    axis.answers["getEdoc"] = [axis_double.with_packet(packet(tmp_path))]
    real = files.spool()
    monkeypatch.setattr(files, "spool", lambda: real / "khong-co")
    with pytest.raises(outbox.Retry, match="Đĩa của máy chủ"):
        collect.collect()
    monkeypatch.undo()
    axis.answers["getReceivedEdocList"] = [{"data": [{"docId": "r1"}]}, {"data": []}]
    assert told(axis) == {} and not letters.arrived(office.a)
    assert collect.collect() == 1 and told(axis) == {"r1": "done"}
