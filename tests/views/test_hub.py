"""The hub against every captured call of the real client, and against callers that mean harm."""

import base64
import hashlib
import json

import letters
import pytest
from starlette.testclient import TestClient

import app
from models import clock, config, edxml, edxml_write, files, hub, vxp

CODES = {
    "000.00.00.H35": "UBND tỉnh thử",
    "000.00.00.G22": "Văn phòng thử",
    "000.00.00.G17": "Bộ thử",
    "000.00.00.H41": "UBND tỉnh thử hai",
    "000.00.00.H14": "UBND tỉnh thử ba",
}


@pytest.fixture
def axis(data):
    """A client of the hub's endpoints."""
    config.use(config.Config(data=data.data, mode="demo", hub=True))
    with TestClient(app.application(workers=False)) as client:
        yield client


@pytest.fixture
def secret(axis):
    """The secret of a system with all codes of the captures."""
    return hub.register_system(None, "000.00.00.H35", "Hệ thống thử", CODES)


def post(
    axis, secret, operation, values, body=b"", system="000.00.00.H35", kind="application/json", method="POST"
):
    headers = vxp.signed_headers(system, secret, values, kind)
    answer = axis.request(method, f"/vxp/{operation}", headers=headers, content=body)
    assert answer.status_code == 200
    return answer


def packet(
    tmp_path, sender="000.00.00.H35", receivers=("000.00.00.G22",), document_id="a,2026/03/02,1/B", **more
):
    pdf = tmp_path / "thu.pdf"
    pdf.write_bytes(letters.PDF)
    envelope = edxml.Envelope(
        edxml.Organ(sender, "Nơi gửi"), tuple(edxml.Organ(code, code) for code in receivers), document_id, "Thử",
        attachments=(edxml.Attachment("thu.pdf", pdf),), **more,
    )  # fmt: skip
    return edxml_write.encode(envelope, tmp_path / "goi.edxml").read_bytes()


def send(axis, secret, data, kind="edoc", digest=None, tail=b"\r\n", **values):
    digest = digest or vxp.short_hash(hashlib.sha256(data).digest())
    values = {"servicetype": "eDoc", "messagetype": kind, "hash-file": digest, **values}
    return post(axis, secret, "sendEdoc", values, data + tail, kind="application/octet-stream").json()


def listed(axis, secret, kind="edoc", **rest):
    return post(
        axis, secret, "getReceivedEdocList", {"servicetype": "eDoc", "messagetype": kind}, **rest
    ).json()["data"]


def captured(shared):
    for path in sorted((shared / "domain" / "exchange" / "captures").glob("**/*.http")):
        head, _, body = path.read_bytes().partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        method, target, _ = first.split(" ")
        headers = dict(line.split(": ", 1) for line in lines)
        yield path.name, method, target.rpartition("/")[2], headers, body


def test_every_captured_call_of_the_real_client(axis, secret, shared):
    """Replayed as captured but for the secret, which is ours, and the host."""
    answers = {}
    for name, method, operation, headers, body in captured(shared):
        text = headers["XroadVnpt-sign-header"]
        headers["XroadVnpt-hash-header"] = vxp._mac(secret, text.encode("latin-1"))
        for dropped in ("Host", "Content-Length", "Connection", "Expect"):
            headers.pop(dropped, None)
        answer = axis.request(method, f"/vxp/{operation}", headers=headers, content=body)
        reply = answer.json()
        assert answer.status_code == 200 and answer.content.isascii(), name
        assert {"status", "ErrorCode", "ErrorDesc"} <= set(reply), name
        assert b"null" not in answer.content, name
        answers[name] = reply
    ok = {name for name, reply in answers.items() if reply["status"] == "OK"}
    for operation in ("getAgenciesList", "getAgenciesListQD20", "getSynchronizeUnit", "registerAgency", "deleteAgency",
                      "getReceivedEdocList", "getSentEdocList", "countReceiveEdoc", "countReceiveStatus"):  # fmt: skip
        assert any(operation in name for name in ok), operation
    sends = {name: reply for name, reply in answers.items() if "sendEdoc" in name}
    # 12 and 13 carry one packet, and the older client its own; 14 says «status» and carries a document
    assert sends["12_POST_sendEdoc.http"]["DocId"] == sends["13_POST_sendEdoc.http"]["DocId"] != ""
    assert sends["05_POST_XrdAdapter_adapter_sendEdoc.http"]["status"] == "OK"
    assert sends["14_POST_sendEdoc.http"] | {"ErrorDesc": ""} == {
        "status": "FAIL", "ErrorCode": "22", "ErrorDesc": "", "DocId": "",
    }  # fmt: skip
    # ids of the capture's own axis mean nothing here
    assert answers["07_POST_getEdoc.http"]["ErrorCode"] == "10"


def test_a_packet_goes_through_byte_for_byte(axis, secret, tmp_path):
    data = packet(tmp_path)
    axis_id = send(axis, secret, data)["DocId"]
    assert len(axis_id) == 24
    row = listed(axis, secret)[0]
    assert (row["from"], row["to"], row["status"]) == ("000.00.00.H35", "000.00.00.G22", "initial")
    got = post(axis, secret, "getEdoc", {"docId": row["docId"]}, b"{}").json()
    assert base64.b64decode(got["data"]) == data
    raw = post(axis, secret, "downloadEdoc", {"docId": row["docId"]}, method="GET")
    assert raw.content == data
    assert post(axis, secret, "countReceiveEdoc", {}, b"{}").json()["count"] == 1
    post(axis, secret, "updateStatus", {"docid": row["docId"], "status": "done"}, b"{}")
    assert listed(axis, secret) == []
    sent = post(axis, secret, "getSentEdocList", {"messagetype": "edoc", "docId": axis_id}).json()["data"][0]
    assert (sent["senderDocId"], sent["receiveStatus"]) == (axis_id, "done") and sent["receivedTime"]


def test_the_same_packet_twice_is_one(axis, secret, tmp_path):
    data = packet(tmp_path)
    assert send(axis, secret, data)["DocId"] == send(axis, secret, data)["DocId"]
    assert len(listed(axis, secret)) == 1


def test_one_receiver_under_two_codes_gets_one_copy(axis, secret, tmp_path):
    system = hub.System.get()
    hub.add_member(system, "H41", "UBND tỉnh thử hai", old_code="000.00.99.H41")
    send(axis, secret, packet(tmp_path, receivers=("H41", "000.00.99.H41")))
    assert [row["to"] for row in listed(axis, secret)] == ["H41"]


@pytest.mark.parametrize("form", ["padded", "short", "without-line-end", "base64"])
def test_every_way_to_hash_and_send_a_body(axis, secret, tmp_path, form):
    data = packet(tmp_path)
    whole = hashlib.sha256(data)
    if form == "padded":
        reply = send(axis, secret, data, digest=whole.hexdigest())
    elif form == "short":
        reply = send(axis, secret, data, digest=vxp.short_hash(whole.digest()))
    elif form == "without-line-end":
        reply = send(axis, secret, data, tail=b"")
    else:
        reply = send(axis, secret, base64.b64encode(data))
    assert reply["status"] == "OK", reply
    row = listed(axis, secret)[0]
    got = post(axis, secret, "getEdoc", {"docId": row["docId"]}, b"{}").json()
    assert base64.b64decode(got["data"]).rstrip() == data.rstrip()


def fail(reply):
    assert reply["status"] == "FAIL" and reply["DocId"] == ""
    assert hub.Packet.select().count() == 0
    return reply["ErrorCode"]


def test_a_wrong_hash_is_refused(axis, secret, tmp_path):
    assert fail(send(axis, secret, packet(tmp_path), digest="0" * 64)) == "10"


def test_an_unknown_receiver_is_named(axis, secret, tmp_path):
    reply = send(axis, secret, packet(tmp_path, receivers=("000.00.00.G22", "H77")))
    assert fail(reply) == "18" and "H77" in reply["ErrorDesc"] and "G22" not in reply["ErrorDesc"]


def test_a_closed_receiver(axis, secret, tmp_path):
    hub.close_member(hub.Member.get(hub.Member.code == "000.00.00.G22"))
    assert fail(send(axis, secret, packet(tmp_path))) == "23"


def test_nobody_speaks_for_another(axis, secret, tmp_path):
    other = hub.register_system(None, "H88", "Hệ thống khác", {"H88.1": "Khác"})
    data = packet(tmp_path, sender="000.00.00.H35")
    headers = vxp.signed_headers(
        "H88",
        other,
        {"messagetype": "edoc", "hash-file": hashlib.sha256(data).hexdigest()},
        "application/octet-stream",
    )
    reply = axis.post("/vxp/sendEdoc", headers=headers, content=data).json()
    assert fail(reply) == "19" and "khong dung voi ma da dang ky: H88" in reply["ErrorDesc"]


@pytest.mark.parametrize("text", ["<a/>", "x", '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'])
def test_what_is_no_packet(axis, secret, text):
    reply = send(axis, secret, text.encode())
    assert fail(reply) in ("22", "10")


def test_a_wrong_secret_learns_nothing(axis, secret, tmp_path):
    wrong = send(axis, "sai", packet(tmp_path))
    headers = vxp.signed_headers("H00", "sai", {}, "application/json")
    nobody = axis.post("/vxp/getAgenciesList", headers=headers).json()
    assert fail(wrong) == nobody["ErrorCode"] == "15"
    assert wrong["ErrorDesc"] == nobody["ErrorDesc"]
    assert axis.post("/vxp/getAgenciesList").json()["ErrorCode"] == "15"


def test_a_locked_system_is_out(axis, secret):
    hub.switch(hub.System.get(), None, enabled=False)
    assert post(axis, secret, "getAgenciesList", {}).json()["ErrorCode"] == "15"


def test_a_packet_of_another_system_does_not_exist(axis, secret, tmp_path):
    other = hub.register_system(None, "H88", "Hệ thống khác", {"H88.1": "Khác"})
    send(axis, secret, packet(tmp_path))
    axis_id = listed(axis, secret)[0]["docId"]
    for operation, values in (
        ("getEdoc", {"docId": axis_id}),
        ("updateStatus", {"docid": axis_id, "status": "done"}),
    ):
        mine = post(axis, other, operation, values, b"{}", system="H88").json()
        none = post(axis, other, operation, values | {"docId": "x", "docid": "x"}, b"{}", system="H88").json()
        assert mine == none and mine["ErrorCode"] == "10"
    assert listed(axis, other, system="H88") == []


def test_a_status_goes_to_whom_it_answers_and_nowhere_else(axis, secret, tmp_path):
    other = hub.register_system(None, "H88", "Hệ thống khác", {"H88.1": "Khác"})
    status = edxml.Status(
        edxml.Organ("000.00.00.G22"), edxml.Answered("H88.1", "1/B", "a", None), "accepted", at=clock.now()
    )
    data = edxml_write.encode(status, tmp_path / "s").read_bytes()
    reply = send(axis, secret, data, kind="status", to=json.dumps(["000.00.00.H41"]))
    assert reply["status"] == "OK"
    assert (
        len(listed(axis, other, kind="status", system="H88")) == 1
        and listed(axis, secret, kind="status") == []
    )


def test_agencies_below_ones_own_codes_only(axis, secret):
    def register(code):
        body = json.dumps({"code": code, "name": "Sở thử", "mail": "a@b.vn"}).encode()
        return post(axis, secret, "registerAgency", {}, body).json()["ErrorCode"]

    assert register("000.00.13.H35") == "0"
    assert register("000.00.13.H36") == register("H99") == register("") == "19"
    assert register("000.00.13.H35") == "0"
    assert post(axis, secret, "deleteAgency", {"AgencyCode": "000.00.13.H35"}, b"{}").json()["status"] == "OK"


@pytest.mark.parametrize("operation", ["../admin", "sendedoc", "x" * 300])
def test_unknown_operations(axis, secret, operation):
    answer = axis.post(f"/vxp/{operation}", content=b"x")
    assert answer.status_code in (200, 404, 405)


def test_nothing_is_left_in_the_spool(axis, secret, tmp_path):
    send(axis, secret, packet(tmp_path))
    send(axis, "sai", packet(tmp_path))
    send(axis, secret, b"<a/>")
    assert list(files.spool().iterdir()) == []


def test_no_hub_no_endpoint(application):
    with TestClient(application) as client:
        assert client.post("/vxp/getAgenciesList").status_code == 404


def test_what_a_receiver_could_not_take_is_offered_again_when_sent_again(axis, secret, tmp_path):
    data = packet(tmp_path)
    send(axis, secret, data)
    row = listed(axis, secret)[0]
    post(axis, secret, "updateStatus", {"docid": row["docId"], "status": "fail", "description": "sai"}, b"{}")
    assert listed(axis, secret) == []
    send(axis, secret, data)
    assert [again["docId"] for again in listed(axis, secret)] == [row["docId"]]
