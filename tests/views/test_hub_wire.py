"""The hub over real HTTP: every captured request of two real clients byte for byte, and what only the wire shows."""

import base64
import hashlib
import json
import socket
from types import SimpleNamespace

import httpx
import hubs
import pytest
from conftest import open_in

from models import config, edxml, hub, vxp

CODES = ("000.00.00.H35", "000.00.00.G22", "000.00.00.G17", "000.00.00.H41", "000.00.00.H14")


@pytest.fixture(scope="module")
def wire(tmp_path_factory):
    """A hub with one system that has every code of the captures, served once for all tests here."""
    folder = tmp_path_factory.mktemp("hub")
    settings = open_in(folder)
    config.use(config.Config(data=settings.data, mode="demo", hub=True))
    system, secret = hubs.system(hubs.OWN, *CODES)
    with hubs.served() as address, httpx.Client(timeout=20) as http:
        yield SimpleNamespace(
            address=address, secret=secret, system=system,
            caller=hubs.Caller(http, hubs.OWN, secret, f"{address}/vxp"),
        )  # fmt: skip


def captured(shared):
    return sorted((shared / "domain" / "exchange" / "captures").glob("**/*.http"))


def raw(wire, data: bytes) -> tuple[int, bytes, bytes]:
    """(status, head, body) of one request sent as it is; where it asks to, we wait for «100 Continue» as Java does."""
    host, port = wire.address.removeprefix("http://").split(":")
    head, _, body = data.partition(b"\r\n\r\n")
    with socket.create_connection((host, int(port)), 10) as line:
        stream = line.makefile("rb")
        line.sendall(head + b"\r\n\r\n")
        if b"expect: 100-continue" in head.lower():
            assert stream.readline().startswith(b"HTTP/1.1 100") and stream.readline() == b"\r\n"
        line.sendall(body)
        status = stream.readline()
        lines = b"".join(iter(stream.readline, b"\r\n"))
        sizes = [
            line.partition(b":")[2]
            for line in lines.splitlines()
            if line.lower().startswith(b"content-length")
        ]
        return int(status.split()[1]), lines, stream.read(int(sizes[0])) if sizes else b""


def signed_anew(path, secret) -> bytes:
    """A capture with our secret's hash and our path; nothing else differs from what the client sent."""
    head, _, body = path.read_bytes().partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    method, target, version = lines[0].split(b" ")
    text = next(line for line in lines if line.startswith(b"XroadVnpt-sign-header: ")).partition(b": ")[2]
    mac = vxp._mac(secret, text).encode()
    lines[0] = b" ".join((method, b"/vxp/" + target.rpartition(b"/")[2], version))
    lines = [
        b"XroadVnpt-hash-header: " + mac if line.startswith(b"XroadVnpt-hash-header: ") else line
        for line in lines
    ]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def test_q3_1_every_captured_request_of_two_clients_is_answered_as_they_read_it(wire, shared):
    answers = {}
    for path in captured(shared):
        status, head, body = raw(wire, signed_anew(path, wire.secret))
        name = f"{path.parent.name}/{path.name}"
        assert status == 200 and body.isascii() and b"null" not in body, name
        assert b"application/json" in head, name
        answers[name] = json.loads(body)
        assert {"status", "ErrorCode", "ErrorDesc"} <= set(answers[name]), name
        if "sendEdoc" in name:
            assert isinstance(answers[name]["DocId"], str)
    refused = {name: reply["ErrorCode"] for name, reply in answers.items() if reply["status"] != "OK"}
    # what they fetched and settled were packets of the captures' own axis; 14 says «status» and carries a document
    assert refused == {
        "captures/07_POST_getEdoc.http": "10", "captures/08_POST_updateStatus.http": "10",
        "captures/10_POST_getEdoc.http": "10", "captures/17_GET_downloadEdoc.http": "10",
        "captures/14_POST_sendEdoc.http": "22", "sdk203/03_POST_XrdAdapter_adapter_getEdoc.http": "10",
        "sdk203/04_POST_XrdAdapter_adapter_updateStatus.http": "10",
    }  # fmt: skip
    assert len(answers) == 23


@pytest.mark.parametrize("count", [300, 500, 1000, 5000])
def test_thousands_of_receivers_in_the_headers(wire, tmp_path, count):
    """The stale `to` of a client that once sent to everybody travels twice with each later call."""
    to = hubs.to_header(
        f"000.{n // 90 % 90 + 10:02d}.{n % 90 + 10:02d}.H{n // 8100 + 35}" for n in range(count)
    )
    data = hubs.packet(tmp_path, receivers=("000.00.00.G22",), document_id=f"nhieu-{count}")
    reply = wire.caller.send(data, to=to, **{"from": hubs.OWN})
    assert reply["status"] == "OK"
    assert [row["toCode"] for row in wire.caller.sent(reply["DocId"])] == ["000.00.00.G22"]


def test_a_packet_to_a_thousand_agencies(wire, tmp_path):
    other, secret = hubs.system("HE-LON")
    rows = [{"code": f"H90.{n}", "system": other.id, "name": f"Cơ quan {n}", "changed_at": wire.system.created_at}
            for n in range(1000)]  # fmt: skip
    with hub.db.write():
        for start in range(0, 1000, 500):
            hub.Member.insert_many(rows[start : start + 500]).execute()
    reply = wire.caller.send(
        hubs.packet(tmp_path, receivers=[row["code"] for row in rows], document_id="tat-ca")
    )
    assert reply["status"] == "OK"
    receiver = hubs.Caller(wire.caller.http, "HE-LON", secret, wire.caller.base)
    assert receiver.call("countReceiveEdoc", {}, b"{}")["count"] == 1000
    assert len(receiver.listed(pageSize="300", pageIndex="4")) == 100


def test_signed_and_wire_values_may_differ(wire, tmp_path):
    """Stale values stand in the wire's own headers; only the signed ones count, each where its operation knows it."""
    axis_id = wire.caller.send(hubs.packet(tmp_path, document_id="cu-moi"))["DocId"]
    row = next(
        row
        for row in wire.caller.listed()
        if row["docId"] in {one["receiverDocId"] for one in wire.caller.sent(axis_id)}
    )
    stale = {"XroadVnpt-docId": "68ee1c50c2dcb14db773f484", "XroadVnpt-status": "fail"}
    both = {"docId": row["docId"], "docid": "mot-ma-cu", "status": "done", "filePath": "/etc/passwd"}
    answer = wire.caller.answer("getEdoc", both, b"{}", **stale)
    assert base64.b64decode(answer.json()["data"]) == (tmp_path / "goi.edxml").read_bytes()
    both = {"docId": "mot-ma-cu", "docid": row["docId"], "status": "processing", "to": '["000.00.00.H41"]'}
    assert wire.caller.call("updateStatus", both, b"{}", **stale)["status"] == "OK"
    assert wire.caller.sent(axis_id)[0]["receiveStatus"] == "processing"
    # a stale id of a packet received is no filter of what was sent; one of a packet sent is
    assert len(wire.caller.sent("mot-ma-la")) > 1 and len(wire.caller.sent(axis_id)) == 1


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_a_wrong_method_is_a_refusal_in_the_axis_own_form(wire, method):
    reply = wire.caller.answer("getAgenciesList", method=method)
    assert (reply.status_code, reply.json()["status"], reply.json()["ErrorCode"]) == (200, "FAIL", "10")


def test_head_answers_without_a_body(wire, tmp_path):
    wire.caller.send(hubs.packet(tmp_path, document_id="dau"))
    row = wire.caller.listed()[0]
    answer = wire.caller.answer("downloadEdoc", {"docId": row["docId"]}, method="HEAD")
    assert answer.status_code == 200 and answer.content == b"" and int(answer.headers["content-length"]) > 500
    assert wire.caller.answer("sendEdoc", method="HEAD").status_code == 200


@pytest.mark.parametrize("operation", ["getagencieslist", "xoaTatCa", "sendEdoc/../x", "a" * 300, ""])
def test_junk_operations_are_refused_in_the_axis_own_form(wire, operation):
    answer = wire.caller.http.post(f"{wire.address}/vxp/{operation}", content=b"{}")
    assert answer.status_code == 200 and answer.json()["ErrorCode"] == "10"


@pytest.mark.parametrize("address", ["/vxp//getAgenciesList", "/vxp/getAgenciesList/"])
def test_a_slash_too_many_does_no_harm(wire, address):
    headers = vxp.signed_headers(hubs.OWN, wire.secret, {}, "application/json")
    assert wire.caller.http.post(wire.address + address, headers=headers).json()["status"] == "OK"


@pytest.mark.parametrize(
    "text", ["[" * 100_000, '{"a":' * 30_000, '{"XroadVnpt-systemid":"000.00.00.H35"', "\u0000"]
)
def test_hostile_signed_texts_are_refused(wire, text):
    headers = {"XroadVnpt-systemid": hubs.OWN, "XroadVnpt-sign-header": text.replace("\0", "x"),
               "XroadVnpt-hash-header": vxp._mac(wire.secret, text.encode())}  # fmt: skip
    answer = wire.caller.http.post(f"{wire.address}/vxp/countReceiveEdoc", headers=headers)
    assert answer.status_code == 200 and answer.json()["ErrorCode"] == "15"


def test_signed_numbers_and_nulls_are_understood(wire):
    """A .NET client writes numbers as numbers and what it does not know as null."""
    text = json.dumps({"XroadVnpt-systemid": hubs.OWN, "XroadVnpt-messagetype": "edoc", "XroadVnpt-pageSize": 1,
                       "XroadVnpt-pageIndex": 1, "XroadVnpt-docId": None, "XroadVnpt-x": "\ud800"})  # fmt: skip
    headers = {"XroadVnpt-systemid": hubs.OWN, "XroadVnpt-sign-header": text,
               "XroadVnpt-hash-header": vxp._mac(wire.secret, text.encode())}  # fmt: skip
    answer = wire.caller.http.post(f"{wire.address}/vxp/getReceivedEdocList", headers=headers).json()
    assert answer["status"] == "OK" and len(answer["data"]) == 1


def test_a_large_body_of_a_stranger_is_answered_and_not_kept(wire):
    stranger = hubs.Caller(wire.caller.http, hubs.OWN, "sai", wire.caller.base)
    reply = stranger.send(b"<edXML>" + b"x" * 3_000_000)
    assert (reply["ErrorCode"], reply["DocId"]) == ("15", "")
    assert not any(path.name.startswith("box-truc") for path in (config.current().data / "spool").iterdir())


def test_a_cut_upload_and_a_cut_download_go_on(wire, tmp_path):
    data = hubs.packet(tmp_path, document_id="lon", content=b"%PDF-1.7\n" + b"y" * 500_000)
    sha, caller = hashlib.sha256(data).hexdigest(), wire.caller
    about = {"packet-sha256": sha, "size": str(len(data))}
    offset = caller.call("uploadState", about)["offset"]
    while offset < len(data):
        part = data[offset : offset + (256 << 10)]
        values = about | {"offset": str(offset), "hash-file": hashlib.sha256(part).hexdigest()}
        bad = caller.call("uploadPart", values, part[:-1] + b"#")
        assert bad["ErrorCode"] == "21" and caller.call("uploadState", about)["offset"] == offset
        offset = caller.call("uploadPart", values, part)["offset"]
    reply = caller.send(b"", tail=b"", **{"packet-sha256": sha, "from": hubs.OWN})
    assert reply["status"] == "OK"
    row = caller.sent(reply["DocId"])[0]
    values, half = {"docId": row["receiverDocId"]}, len(data) // 2
    first = caller.answer("downloadEdoc", values, method="GET", Range=f"bytes=0-{half - 1}")
    assert first.status_code == 206 and first.headers["etag"] == f'"{sha}"'
    rest = {"Range": f"bytes={half}-", "If-Range": first.headers["etag"]}
    assert first.content + caller.answer("downloadEdoc", values, method="GET", **rest).content == data
    other = caller.answer("downloadEdoc", values, method="GET", **(rest | {"If-Range": '"khac"'}))
    assert other.status_code == 200 and other.content == data


def test_a_client_may_speak_utf8_in_its_headers(wire, tmp_path):
    wire.caller.send(hubs.packet(tmp_path, document_id="chu-viet"))
    row = wire.caller.listed()[-1]
    text = json.dumps({"XroadVnpt-systemid": hubs.OWN, "XroadVnpt-docid": row["docId"], "XroadVnpt-status": "FAIL",
                       "XroadVnpt-description": "Tệp hỏng"}, ensure_ascii=False)  # fmt: skip
    headers = {"XroadVnpt-systemid": hubs.OWN.encode(), "XroadVnpt-sign-header": text.encode(),
               "XroadVnpt-hash-header": vxp._mac(wire.secret, text.encode()).encode()}  # fmt: skip
    assert (
        wire.caller.http.post(f"{wire.address}/vxp/updateStatus", headers=headers, content=b"{}").json()[
            "status"
        ]
        == "OK"
    )
    assert hub.Delivery.get(hub.Delivery.axis_id == row["docId"]).description == "Tệp hỏng"


def test_the_twin_address_of_one_receiver_is_no_second_copy(wire, tmp_path):
    twin = edxml.Organ("000.00.00.G99", "Cũ", in_charge="TLTVBQG_CDMDD_QD20")
    reply = wire.caller.send(hubs.packet(tmp_path, receivers=("000.00.00.G22", twin), document_id="hai-ma"))
    assert [row["toCode"] for row in wire.caller.sent(reply["DocId"])] == ["000.00.00.G22"]
