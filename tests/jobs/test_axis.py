"""The client of the axis: only the full positive answer counts; every fault is Retry or GiveUp, in words."""

import gzip
import os
import re
import subprocess
import sys
from pathlib import Path

import axis_double
import pytest
from axis_double import AxisDouble

from jobs import axis
from models import outbox, vxp


@pytest.fixture
def double():
    with AxisDouble() as axis_:
        yield axis_


@pytest.fixture
def client(double):
    with axis.Client(double.url, "H99", "khóa", read_seconds=0.5) as one:
        yield one


@pytest.fixture
def packet(tmp_path):
    path = tmp_path / "goi.edxml"
    path.write_bytes(b"<edXML/>\r\n" * 1000)
    return path


def test_a_packet_is_sent_as_the_real_client_sends_it(double, client, packet):
    double.answers["sendEdoc"] = [{"DocId": "68edb8c8c2dcb14db773ce44"}]
    assert client.send_edoc(packet, "edoc", "H99.1", ["H98"]) == "68edb8c8c2dcb14db773ce44"
    _, headers, body = double.calls[0]
    call = vxp.Call({name.lower(): value for name, value in headers.items()})
    assert call.is_signed_with("khóa") and call.get("from") == "H99.1" and call.get("to") == '["H98"]'
    assert body == packet.read_bytes() + b"\r\n"
    hashed = vxp.BodyHash()
    hashed.update(body)
    assert hashed.matches(call.get("hash-file")) and "Transfer-Encoding" not in headers


@pytest.mark.parametrize(
    "answer",
    [
        {}, {"DocId": ""}, {"DocId": 5}, b"", b"<html>wifi</html>", b"[]", b'{"status":"OK"}', axis_double.close,
        axis_double.elsewhere, axis_double.torn, axis_double.failing(vxp.SYSTEM_FAULT), axis_double.failing(vxp.FILE_FAULT),
        b'{"status":"OK","ErrorCode":"9","ErrorDesc":"?"}', b'{"status":"FAIL","ErrorCode":"77","ErrorDesc":"?","DocId":""}',
        lambda handler: axis_double.reply(handler, b"busy", 503),
    ],
)  # fmt: skip
def test_what_is_no_acknowledgement_is_tried_again(double, client, packet, answer):
    double.answers["sendEdoc"] = [answer]
    with pytest.raises(outbox.Retry) as error:
        client.send_edoc(packet, "edoc", "H99", [])
    assert re.search(r"\w+ \w+", str(error.value))


@pytest.mark.parametrize("code", ["10", "18", "19", "22", "23"])
def test_a_business_refusal_is_given_up(double, client, packet, code):
    double.answers["sendEdoc"] = [axis_double.failing(code, DocId="")]
    with pytest.raises(outbox.GiveUp) as error:
        client.send_edoc(packet, "edoc", "H99", [])
    assert vxp.MEANINGS[code] in str(error.value)


@pytest.mark.parametrize(
    "answer",
    [
        b'{"status":"OK","ErrorCode":0,"ErrorDesc":"Thanh cong","DocId":"a1"}',
        b'\xef\xbb\xbf{"status":"OK","ErrorCode":"0","DocId":"a1"}',
        b'{\r\n  "status" : "OK",\r\n  "ErrorCode" : "0",\r\n  "docId" : "a1", "la" : null\r\n}\r\n',
        lambda handler: axis_double.reply(handler, vxp.success(DocId="a1"), 201, Content_Type="text/plain"),
        lambda handler: axis_double.reply(handler, vxp.success(DocId="a1"), 500, Content_Type="text/html"),
    ],
)  # fmt: skip
def test_a_positive_reply_in_another_dress_is_taken(double, client, packet, answer):
    double.answers["sendEdoc"] = [answer]
    assert client.send_edoc(packet, "edoc", "H99", []) == "a1"


@pytest.mark.parametrize(
    "answer",
    [
        gzip.compress(bytes(50 << 20)), b'{"status":"OK","ErrorCode":"0","data":[]}',
        b'{"status":"OK","ErrorCode":"0","DocId":"' + b"a" * 65 + b'"}', b'{"status":"OK","ErrorCode":"0","DocId":"a b"}',
        b"[" * 100_000, b" " * (2 << 20), lambda handler: handler.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n"),
        lambda handler: handler.wfile.write(b"SSH-2.0-OpenSSH_9\r\n\r\n"),
        lambda handler: axis_double.reply(handler, vxp.success(DocId="a1"), 301, Location="/x"),
    ],
)  # fmt: skip
def test_a_reply_that_is_bomb_portal_or_somebody_else_s_is_none(double, client, packet, answer):
    double.answers["sendEdoc"] = [answer]
    with pytest.raises(outbox.Retry):
        client.send_edoc(packet, "edoc", "H99", [])


@pytest.mark.parametrize(
    "status, asked, after", [(503, "7", 7), (429, "90", 90), (503, "999999", 3600), (503, "later", None)]
)
def test_an_axis_that_asks_to_be_left_alone_is(double, client, status, asked, after):
    double.answers["getReceivedEdocList"] = [
        lambda handler: axis_double.reply(handler, b"", status, Retry_After=asked)
    ]
    with pytest.raises(axis.LineFault) as error:
        client.received_list("edoc")
    assert error.value.after == after


def test_a_wrong_secret_closes_the_line_and_refuses_no_document(double, client, packet):
    double.answers["sendEdoc"] = [axis_double.failing("15", DocId="")]
    with pytest.raises(axis.NotSent, match="quản trị") as error:
        client.send_edoc(packet, "edoc", "H99", [])
    assert not error.value.counts


def test_an_older_axis_without_counting_is_there(double, client):
    double.answers["countReceiveEdoc"] = [axis_double.failing("20")]
    client.is_there()
    double.answers["getReceivedEdocList"] = [b"<html>wifi</html>"]
    with pytest.raises(axis.LineFault):
        client.is_there()


def test_a_hanging_axis(double, client, packet):
    double.answers["sendEdoc"] = [axis_double.hang(double)]
    with pytest.raises(outbox.Retry, match="không trả lời") as error:
        client.send_edoc(packet, "edoc", "H99", [])
    assert error.value.for_ever


def test_a_dead_axis(packet):
    with axis.Client("http://127.0.0.1:9", "H99", "k") as client, pytest.raises(outbox.Retry) as error:
        client.send_edoc(packet, "edoc", "H99", [])
    assert error.value.for_ever and "Không kết nối được" in str(error.value)


def test_no_redirect_is_followed(double, client):
    double.answers["getReceivedEdocList"] = [axis_double.elsewhere]
    with pytest.raises(outbox.Retry, match="chuyển hướng"):
        client.received_list("edoc")
    assert len(double.calls) == 1


def test_lists(double, client):
    double.answers["getReceivedEdocList"] = [{"data": [{"docId": "1"}, 5]}]
    double.answers["getSentEdocList"] = [{}]
    double.answers["getAgenciesList"] = [{"data": [{"code": "H98"}]}]
    assert client.received_list("edoc") == [{"docId": "1"}]
    assert client.sent_list("edoc", "7") == [] and client.agencies() == [{"code": "H98"}]


@pytest.mark.parametrize("escaped", [False, True])
@pytest.mark.parametrize("size", [1, 2, 3, 70_000, 196_605, 196_606, 1_000_000])
def test_a_packet_is_fetched(double, client, tmp_path, size, escaped):
    data = os.urandom(size)
    double.answers["getEdoc"] = [axis_double.with_packet(data, escaped)]
    assert client.get_edoc("1", tmp_path / "x").read_bytes() == data
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


@pytest.mark.parametrize(
    "answer, kind",
    [
        (axis_double.failing("10"), outbox.GiveUp), (axis_double.failing("20"), outbox.Retry), ({}, outbox.Retry),
        (b"", outbox.Retry), ({"data": ""}, outbox.Retry), (axis_double.torn, outbox.Retry),
        (b'{"status":"OK","ErrorCode":"0","data":"QUJD', outbox.Retry),
        (b'{"data":"QUJD","status":"FAIL","ErrorCode":"20"}', outbox.Retry),
        (b'{"status":"OK","ErrorCode":"0","data":"Q"}', outbox.Retry),
        (lambda handler: axis_double.reply(handler, b"no", 500), outbox.Retry),
    ],
)  # fmt: skip
def test_a_packet_that_cannot_be_fetched(double, client, tmp_path, answer, kind):
    double.answers["getEdoc"] = [answer]
    with pytest.raises(kind):
        client.get_edoc("1", tmp_path / "x")


def test_done_is_told(double, client):
    client.update_status("7", "fail", "Không đọc được")
    call = vxp.Call({name.lower(): value for name, value in double.calls[0][1].items()})
    assert (call.wanted_id("updateStatus"), call.get("status"), call.get("description")) == (
        "7",
        "fail",
        "Không đọc được",
    )


def test_memory_stays_flat_both_ways(double, tmp_path):
    data = os.urandom(50 << 20)
    double.answers["getEdoc"] = [axis_double.with_packet(data)]
    double.answers["sendEdoc"] = [{"DocId": "1"}]
    code = """
import re, sys
from pathlib import Path
from jobs import axis
def peak():
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
client, target = axis.Client(sys.argv[1], "H99", "k"), Path(sys.argv[2])
before = peak()
client.get_edoc("1", target)
assert client.send_edoc(target, "edoc", "H99", []) == "1"
print(peak() - before)
"""
    done = subprocess.run(
        [sys.executable, "-c", code, double.url, str(tmp_path / "x")], check=False, capture_output=True, text=True,
        cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "x").read_bytes() == data and int(done.stdout) < 24 * 1024
    print(f"{int(done.stdout)} KB above the start")
