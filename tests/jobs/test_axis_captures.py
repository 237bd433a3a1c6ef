"""Our own calls beside captured calls of the real client: header by header, and a body where there is one.

What differs on purpose is named in DIFFERENT; everything else must be the same, letter by letter once the same moment,
secret and ids go in.
"""

import json
import re
import socket
import threading

import pytest

from jobs import axis
from models import clock, vxp

SYSTEM, AGENCY = "000.00.00.H35", "000.00.13.H35"
ID = "e5f4e280-55b3-460f-be38-e57b80bc3b0d"
AT = "2026-11-22 07:56:41.618"
# left over from earlier calls of one object, or places on the client's own disk; compression; how its library connects
STALE = {
    "docId",
    "docid",
    "filePath",
    "status",
    "level",
    "servicetype",
    "messagetype",
    "hash-file",
    "from",
    "to",
    "AgencyCode",
}
DIFFERENT = {"accept", "accept-encoding", "cache-control", "pragma", "connection", "host", "user-agent", "expect",
             "content-length"}  # fmt: skip

CALLS = {
    "01_POST_getAgenciesList": (lambda client, path: client.agencies(), set()),
    "02_POST_getAgenciesListQD20": (lambda client, path: client.agencies_qd20(), {"level"}),
    "03_POST_getSynchronizeUnit": (lambda client, path: client.units(), set()),
    "04_POST_registerAgency": (
        lambda client, path: client.register_agency(AGENCY, "Sở Mẫu", "so@mau.example", SYSTEM), set(),
    ),
    "05_POST_deleteAgency": (lambda client, path: client.delete_agency(AGENCY), {"AgencyCode"}),
    "06_POST_getReceivedEdocList": (lambda client, path: client.received_list("edoc"), {"servicetype", "messagetype"}),
    "07_POST_getEdoc": (lambda client, path: client.get_edoc(ID, path), {"servicetype", "docId"}),
    "08_POST_updateStatus": (lambda client, path: client.update_status(ID, "done"), {"servicetype", "docid", "status"}),
    "09_POST_getReceivedEdocList": (lambda client, path: client.received_list("status"), {"servicetype", "messagetype"}),
    "11_POST_getSentEdocList": (lambda client, path: client.sent_list("edoc", ID), {"servicetype", "messagetype", "docId"}),
    "12_POST_sendEdoc": (
        lambda client, path: client.send_edoc(path, "edoc", SYSTEM, []),
        {"servicetype", "messagetype", "hash-file", "from"},
    ),
    "15_POST_countReceiveEdoc": (lambda client, path: client.count("edoc"), {"servicetype", "messagetype"}),
    "16_POST_countReceiveStatus": (lambda client, path: client.count("status"), {"servicetype", "messagetype"}),
    "17_GET_downloadEdoc": (lambda client, path: client.download_edoc(ID, path), {"servicetype", "docId"}),
}  # fmt: skip


def parsed(raw: bytes):
    """(first line, [(name, value)], body) of a call."""
    head, _, body = raw.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    return (
        first,
        [tuple(line.split(": ", 1)) if ": " in line else (line.rstrip(":"), "") for line in lines],
        body,
    )


@pytest.fixture(scope="module")
def made(tmp_path_factory, shared):
    """Capture → our own call, as it goes over the wire."""
    taken, found = [], {}
    server = socket.create_server(("127.0.0.1", 0))

    def take():
        while True:
            connection, _ = server.accept()
            with connection:
                connection.settimeout(5)
                data = b""
                while b"\r\n\r\n" not in data:
                    data += connection.recv(1 << 16)
                length = re.search(rb"(?i)content-length: (\d+)", data)
                wanted = data.index(b"\r\n\r\n") + 4 + (int(length[1]) if length else 0)
                while len(data) < wanted:
                    data += connection.recv(1 << 16)
                taken.append(data)
                body = b"<edXML/>" if b"downloadEdoc" in data else vxp.success(DocId="a1", data="PGE+")
                connection.sendall(
                    b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body
                )

    threading.Thread(target=take, daemon=True).start()
    captures = shared / "domain" / "exchange" / "captures"
    for name, (call, _) in CALLS.items():
        path = tmp_path_factory.mktemp("goi") / "goi"
        path.write_bytes(parsed((captures / f"{name}.http").read_bytes())[2][:-2] or b"-")
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        with clock.freeze(AT), axis.Client(url, SYSTEM, "secret") as client:
            client.parts = False
            call(client, path)
        found[name] = taken[-1]
    server.close()
    return found


@pytest.mark.parametrize("name", CALLS)
def test_our_call_is_the_real_client_s_header_by_header(made, shared, name):
    captured = (shared / "domain" / "exchange" / "captures" / f"{name}.http").read_bytes()
    line, theirs, body = parsed(captured)
    own_line, ours, own_body = parsed(made[name])
    wanted = CALLS[name][1]
    assert own_line.split(" ")[0::2] == line.split(" ")[0::2] and own_line.split(" ")[1] == line.split(" ")[1]
    theirs, ours = dict(theirs), dict(ours)
    left = STALE - wanted
    keys = [key for key in theirs["XroadVnpt-sign-header-key"].split(";") if key not in left]
    if name[:2] not in ("02",):  # stale «level» of the one object
        keys = [key for key in keys if key != "level"]
    own_keys = ours["XroadVnpt-sign-header-key"].split(";")
    if name == "08_POST_updateStatus":
        assert own_keys.index("status") > own_keys.index("Content-Type")
    assert own_keys == keys
    for key in keys:  # every signed value has a header of its own, under the same name
        assert f"XroadVnpt-{key}" in ours
        if key not in ("timestamp", "from", "hash-file"):
            assert ours[f"XroadVnpt-{key}"] == theirs[f"XroadVnpt-{key}"] or key in ("docId", "docid")
    fixed = {key.lower() for key in theirs if key.removeprefix("XroadVnpt-") not in STALE} - DIFFERENT
    assert fixed <= {key.lower() for key in ours}
    for key in ("Content-Type", "XroadVnpt-Content-Type", "XroadVnpt-version", "XroadVnpt-systemid"):
        assert ours[key] == theirs[key]
    assert set(ours) - set(theirs) - {"Accept-Encoding", "Accept", "Connection", "Host", "User-Agent"} <= {
        "Content-Length"
    }
    assert ours["User-Agent"].startswith(theirs["User-Agent"])
    assert re.fullmatch(r"\d{8}T\d{6}\+0\d{3}", ours["XroadVnpt-timestamp"])
    if "sendEdoc" in name:
        assert own_body == body and ours["XroadVnpt-hash-file"] == theirs["XroadVnpt-hash-file"]
        assert int(ours["Content-Length"]) == len(body)
    elif "registerAgency" in name:
        assert list(json.loads(own_body)) == list(json.loads(body))
    else:
        assert own_body == body


@pytest.mark.parametrize("name", CALLS)
def test_our_call_is_signed_as_the_real_client_signs(made, name):
    _, headers, _ = parsed(made[name])
    call = vxp.Call({key.lower(): value for key, value in headers})
    assert call.is_signed_with("secret") and not call.is_signed_with("secret ")


def test_the_signed_text_is_written_as_gson_writes_it(data):
    with clock.freeze(AT):
        headers = vxp.signed_headers(
            SYSTEM, "secret", {"to": '["A&B"]', "description": "<a='1'>"}, "application/json"
        )
    assert (
        "\\u0026" in headers["XroadVnpt-sign-header"]
        and "\\u003ca\\u003d\\u00271\\u0027\\u003e" in headers["XroadVnpt-sign-header"]
    )
    assert headers["XroadVnpt-timestamp"] == "22112026T075641+0618"
    call = vxp.Call({key.lower(): value for key, value in headers.items()})
    assert call.get("description") == "<a='1'>" and call.is_signed_with("secret")


def test_all_thirteen_operations_are_spoken(made):
    spoken = {parsed(raw)[0].split(" ")[1].strip("/") for raw in made.values()}
    assert spoken == set(vxp.OPERATIONS)
