"""The VXP dialect against every captured call of the real client."""

import hashlib
import json

import pytest

from models import vxp


def capture(path):
    head, _, body = path.read_bytes().partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")[1:]
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    return headers, body


def captures(shared):
    return sorted((shared / "domain" / "exchange" / "captures").glob("**/*.http"))


def test_our_own_headers_are_understood():
    headers = vxp.signed_headers(
        "H99", "khóa", {"docId": "1", "description": "Lý do «từ chối»"}, "application/json"
    )
    call = vxp.Call({name.lower(): value for name, value in headers.items()})
    assert call.is_signed_with("khóa") and not call.is_signed_with("khác")
    assert call.get("description") == "Lý do «từ chối»"
    assert all(value.isascii() for value in headers.values())


def test_a_changed_value_breaks_the_signature():
    headers = {k.lower(): v for k, v in vxp.signed_headers("H99", "k", {"docId": "1"}, "a/b").items()}
    headers["xroadvnpt-sign-header"] = headers["xroadvnpt-sign-header"].replace('"1"', '"2"')
    assert not vxp.Call(headers).is_signed_with("k")


def test_another_system_id_on_the_wire_is_refused():
    headers = {k.lower(): v for k, v in vxp.signed_headers("H99", "k", {}, "a/b").items()}
    headers["xroadvnpt-systemid"] = "H98"
    with pytest.raises(vxp.Unsigned):
        vxp.Call(headers)


@pytest.mark.parametrize("text", ["", "[]", "{", '{"XroadVnpt-systemid": null}', '{"XroadVnpt-systemid": 1}'])
def test_unreadable_signed_text_is_refused(text):
    with pytest.raises(vxp.Unsigned):
        vxp.Call({"xroadvnpt-sign-header": text, "xroadvnpt-systemid": "1"})


@pytest.mark.parametrize("size", [0, 1, 2, 3, 1000])
@pytest.mark.parametrize("tail", [b"", b"\r\n"])
def test_body_hash_in_pieces(size, tail):
    data = bytes(range(256)) * 4
    data = data[:size]
    for step in (1, 7, 4096):
        body = vxp.BodyHash()
        for at in range(0, size + 2, step):
            body.update((data + tail)[at : at + step])
        digest = hashlib.sha256(data)
        assert body.matches(digest.hexdigest()) and body.matches(vxp.short_hash(digest.digest()))
        assert not body.matches(hashlib.sha256(b"other").hexdigest())


def test_replies_are_plain_ascii_and_keep_vietnamese():
    body = vxp.failure(vxp.NO_RECEIVER, DocId="")
    assert body.isascii()
    assert json.loads(body) == {
        "status": "FAIL", "ErrorCode": "18", "ErrorDesc": "Đơn vị nhận không tồn tại trên trục", "DocId": "",
    }  # fmt: skip


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"status":"OK"}', b'{"ErrorCode":0}'])
def test_what_is_no_reply(body):
    assert vxp.parsed(body) is None


def test_every_capture_has_readable_values(shared):
    seen = set()
    for path in captures(shared):
        headers, body = capture(path)
        call = vxp.Call(headers)
        operation = path.stem.rpartition("_")[2]
        seen.add(operation)
        assert call.system_id == "000.00.00.H35"
        if operation == "sendEdoc":
            hashed = vxp.BodyHash()
            hashed.update(body)
            assert hashed.matches(call.get("hash-file")), path.name
        if operation == "updateStatus":
            assert call.wanted_id(operation) == call.get("docid")
        if operation == "getEdoc":
            assert call.wanted_id(operation) == call.get("docId")
    assert seen == set(vxp.OPERATIONS)
