"""Bundles are made and taken by orders; while a stick travels the line carries the same bytes (I10)."""

import zipfile

import letters
import pytest
from axis_double import AxisDouble

from jobs import lines, runner
from models import agencies, clock, courier, courier_taking, db, exchange, exchange_axis, files


@pytest.fixture
def partner(office):
    return agencies.create("Viện Mẫu", code="H98.77", connection="axis")


def test_i10_the_line_carries_the_same_bytes_as_the_stick(office, partner):
    doc = letters.issued(office.lan, [partner])
    row = courier.order(office.lan, [partner.id], "Ông A")
    runner.run_due()
    row = courier.load(office.lan, row.id)
    with zipfile.ZipFile(row.file.path()) as archive:
        carried = archive.read("packets/0001.edxml")
    with AxisDouble() as axis:
        axis.answers["sendEdoc"] = [{"DocId": "ax-1"}]
        axis.answers["uploadState"] = [b"FAIL"]
        exchange_axis.connect(office.quantri, axis.url, "H99.10", "khóa")
        with clock.freeze("2031-01-01 09:00"):
            runner.run_due()
        sent = [body for body in axis.bodies("sendEdoc") if body.removesuffix(b"\r\n") == carried]
    lines.close()
    one = exchange.sent(doc)[0]
    assert len(sent) == 1 and (one.state, one.axis_id) == ("on_axis", "ax-1")
    assert not courier.travelling([one.id]), "it has arrived over the line"


def test_i10_a_bundle_with_nothing_left_says_so_and_ends(office, partner):
    doc = letters.issued(office.lan, [partner])
    row = courier.order(office.lan, [partner.id], "Ông A")
    with db.write():
        exchange.sent(doc)[0].set(state="arrived", acknowledged_at=clock.now())
    runner.run_due()
    row = courier.load(office.lan, row.id)
    assert row.state == "failed" and "Không còn gì để mang" in row.failure


def test_i10_a_full_disk_is_waited_out(office, partner, monkeypatch):
    letters.issued(office.lan, [partner])
    row = courier.order(office.lan, [partner.id], "Ông A")

    def full(_source):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr(files, "_store", full)
        runner.run_due()
    assert courier.load(office.lan, row.id).state == "making"
    with clock.freeze("2031-01-01 09:00"):
        runner.run_due()
    assert courier.load(office.lan, row.id).state == "travelling"


def test_ended_bundles_let_go_of_their_files(office, partner):
    letters.issued(office.lan, [partner])
    row = courier.order(office.lan, [partner.id], "Ông A")
    runner.run_due()
    row = courier.load(office.lan, row.id)
    path = row.file.path()
    with db.write():
        courier.CourierItem.update(outcome="received").execute()
        courier_taking.settle(row)
    assert courier.tidy() == 0 and path.exists()
    with clock.freeze("2031-01-01 09:00"):
        assert courier.tidy() == 1 and not path.exists()
    assert courier.load(office.lan, row.id).state == "answered"
