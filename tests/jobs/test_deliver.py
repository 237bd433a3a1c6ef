"""Delivery: what the axis answers decides the line; the same bytes each time; nothing green before the answer."""

from datetime import timedelta

import axis_double
import letters
import pytest
from axis_double import AxisDouble

from jobs import collect, deliver, runner
from models import agencies, clock, db, edxml_read, errors, exchange, exchange_axis, outbox, recalls

assert deliver


@pytest.fixture
def axis(office):
    with AxisDouble() as one:
        exchange_axis.connect(office.quantri, one.url, "H99.10", "khóa")
        yield one


@pytest.fixture
def far(office):
    return [
        agencies.create(f"Sở xa {place}", code=f"H98.{place}", connection="axis", short_name=f"xa {place}")
        for place in range(3)
    ]


def run():
    """Everything that is due, and what would be due within the hour, on a line that is looked at in time."""
    if exchange_axis.take_probe():
        collect.probe()
    count = runner.run_due()
    with db.write():
        exchange_axis.AxisConnection.update(probe_at=None).execute()
        outbox.Order.update(due_at=clock.now()).where(outbox.Order.state == "due").execute()
    return count


def test_one_packet_for_all_recipients_of_the_axis(office, axis, far, tmp_path):
    axis.answers["sendEdoc"] = [{"DocId": "a1"}]
    doc = letters.issued(office.lan, far)
    run()
    assert set(letters.lines(doc).values()) == {"on_axis"}
    assert {one.axis_id for one in exchange.sent(doc)} == {"a1"} and len(axis.calls) == 1
    assert all(one.sent_at == one.queued_at for one in exchange.sent(doc))
    path = tmp_path / "goi"
    path.write_bytes(axis.bodies("sendEdoc")[0])
    envelope = edxml_read.decode(path, tmp_path)
    assert [organ.organ_id for organ in envelope.recipients] == ["H98.0", "H98.1", "H98.2"]
    assert (envelope.sender.organ_id, envelope.type_code, envelope.type_name) == ("H99.10", 18, "Công văn")
    assert envelope.attachments[0].path.read_bytes() == letters.PDF
    assert exchange.sent(doc)[0].label == "Trục đã nhận"


def test_each_try_sends_the_same_bytes_and_stays_waiting(office, axis, far):
    axis.answers["sendEdoc"] = [
        axis_double.close,
        b"<html>",
        axis_double.failing("20", DocId=""),
        {"DocId": "a1"},
    ]
    doc = letters.issued(office.lan, far[:1])
    for _ in range(3):
        run()
        one = exchange.sent(doc)[0]
        assert (one.state, one.sent_at) == ("queued", None)
        assert exchange_axis.AxisConnection.get().trouble
    run()
    bodies = axis.bodies("sendEdoc")
    assert letters.lines(doc) == {"xa 0": "on_axis"} and len(bodies) == 4 and len(set(bodies)) == 1
    assert exchange_axis.AxisConnection.get().trouble == ""


def test_one_bad_recipient_stops_no_other(office, axis, far):
    axis.answers["sendEdoc"] = [
        axis_double.failing("18", DocId=""), {"DocId": "a1"}, axis_double.failing("18", DocId=""), {"DocId": "a3"},
    ]  # fmt: skip
    doc = letters.issued(office.lan, far)
    run()
    assert letters.lines(doc) == {"xa 0": "on_axis", "xa 1": "failed", "xa 2": "on_axis"}
    assert "không tồn tại" in exchange.sent(doc)[1].failure
    exchange.resend(exchange.sent(doc)[1], office.lan)
    axis.answers["sendEdoc"] = [{"DocId": "a2"}]
    run()
    assert letters.lines(doc) == {"xa 0": "on_axis", "xa 1": "on_axis", "xa 2": "on_axis"}


def test_without_a_declared_axis_it_waits_and_says_so(office, far):
    doc = letters.issued(office.lan, far[:1])
    run()
    assert letters.lines(doc) == {"xa 0": "queued"}
    assert "Chưa khai báo kết nối trục" in exchange_axis.why_waiting() and outbox.Order.get().attempts == 0


def test_a_dead_axis_never_makes_a_letter_fail(office, axis, far):
    exchange_axis.connect(office.quantri, "http://127.0.0.1:9", "H99.10", "khóa")
    doc = letters.issued(office.lan, far[:1])
    for _ in range(outbox.MOST_ATTEMPTS + 2):
        run()
    order = outbox.Order.get()
    assert letters.lines(doc) == {"xa 0": "queued"} and (order.state, order.attempts, order.tries) == (
        "due",
        1,
        0,
    )
    exchange_axis.connect(office.quantri, axis.url, "H99.10", "khóa")
    axis.answers["sendEdoc"] = [{"DocId": "a1"}]
    run()
    assert letters.lines(doc) == {"xa 0": "on_axis"}


def test_a_recall_follows_a_letter_whose_answer_was_lost(office, axis, far):
    axis.answers["sendEdoc"] = [axis_double.close, {"DocId": "s1"}]
    doc = letters.issued(office.lan, far[:1])
    run()
    recalls.ask(doc, office.lan, "Sai", "Giám đốc")
    run()
    assert letters.lines(doc) == {"xa 0": "recall_asked"}
    assert b"<edXML:StatusCode>13<" in axis.bodies("sendEdoc")[-1]


def test_the_secret_is_not_readable_in_the_database(office, axis, data):
    db.database.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    assert "khóa".encode() not in (data.data / "vanthu.db").read_bytes()
    assert (data.data / "keys" / "vault.key").stat().st_mode & 0o077 == 0


def test_an_order_of_a_dead_worker_is_done_again(office, axis, far):
    axis.answers["sendEdoc"] = [{"DocId": "a1"}]
    doc = letters.issued(office.lan, far[:1])
    outbox.claim(["deliver"])  # and dies
    run()
    assert letters.lines(doc) == {"xa 0": "queued"}
    outbox.release_leases()
    run()
    assert letters.lines(doc) == {"xa 0": "on_axis"}


def test_a_recall_while_the_axis_was_away_means_it_never_left(office, axis, far):
    exchange_axis.connect(office.quantri, "http://127.0.0.1:9", "H99.10", "khóa")
    doc = letters.issued(office.lan, far[:1])
    run()
    assert "Không kết nối được" in exchange_axis.why_waiting()
    recalls.ask(doc, office.lan, "Sai", "Giám đốc")
    assert letters.lines(doc) == {"xa 0": "recalled"} and exchange.StatusMessage.select().count() == 0
    exchange_axis.connect(office.quantri, axis.url, "H99.10", "khóa")
    run()
    assert axis.calls == []


def test_a_receiver_that_cannot_read_the_packet(office, axis, far):
    axis.answers["sendEdoc"] = [{"DocId": "a1"}]
    doc = letters.issued(office.lan, far[:2])
    run()
    row = {"senderDocId": "a1", "toCode": "H98.0", "receiveStatus": "fail", "receiveStatusDesc": "sai XML"}
    axis.answers["getSentEdocList"] = [{"data": [row, row | {"toCode": "H98.1", "receiveStatus": "done"}]}]
    collect.ask_about_sent()
    assert letters.lines(doc) == {"xa 0": "on_axis", "xa 1": "on_axis"}
    with db.write():
        exchange.Consignment.update(acknowledged_at=clock.now() - timedelta(hours=1)).execute()
    collect.ask_about_sent()
    assert letters.lines(doc) == {"xa 0": "failed", "xa 1": "on_axis"}
    assert "sai XML" in exchange.sent(doc)[0].failure and exchange.sent(doc)[0].sent_at is None


@pytest.mark.parametrize(
    "url, is_safe",
    [
        ("https://truc.example/vxp", True), ("http://10.1.2.3:8080/XrdAdapter/adapter", True), ("http://127.0.0.1/x", True),
        ("http://truc.example", False), ("http://8.8.8.8/x", False), ("ftp://10.0.0.1", False), ("", False), ("http://", False),
        ("http://127.0.0.1.evil.example/", False),
    ],
)  # fmt: skip
def test_which_addresses_may_be_an_axis(office, url, is_safe):
    try:
        exchange_axis.connect(office.quantri, url, "H99", "k")
    except errors.Invalid as error:
        assert not is_safe and set(error.fields) == {"url"}
    else:
        assert is_safe
