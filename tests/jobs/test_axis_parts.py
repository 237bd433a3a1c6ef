"""A packet in parts over a line that is cut: it arrives whole, little is sent twice, and a strange axis is asked once (X7)."""

import hashlib
import json
import os
import socket
import struct
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import axis_double
import pytest
from axis_double import AxisDouble

from jobs import axis, axis_parts
from models import outbox, vxp

RESET = struct.pack("ii", 1, 0)


class Cut(Exception):
    """This connection has carried what it carries."""


class Hub:
    """A hub that knows parts, behind a line that cuts each connection after so many bytes in either direction."""

    def __init__(self, bytes_a_connection: int):
        self.limit, self.sent, self.stored, self.whole = bytes_a_connection, 0, bytearray(), b""
        self.operations = []
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}/vxp"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def answer(self, operation, call, body):
        """The fields of the reply to a call whose body came whole."""
        self.operations.append(operation)
        if operation == "uploadPart":
            assert vxp.short_hash(hashlib.sha256(body).digest()) == call.get("hash-file")
            assert int(call.get("offset")) == len(self.stored) and len(body) <= axis.PART
            self.stored += body
        if operation == "sendEdoc":
            assert call.get("packet-sha256") == hashlib.sha256(self.stored).hexdigest() and body == b""
            return {"DocId": "a1"}
        return {"offset": len(self.stored)}

    def _handler(self):
        hub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            carried = 0

            def carry(self, many):
                self.carried += many
                if self.carried > hub.limit:
                    if self.command == "POST":  # going down, what was sent before the cut has come
                        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                    raise Cut

            def handle(self):
                try:
                    super().handle()
                except Cut:
                    self.connection.close()

            def finish(self):
                pass

            def do_POST(self):
                body, left = b"", int(self.headers["Content-Length"])
                while left:
                    piece = self.rfile.read(min(left, 4096))
                    hub.sent += len(piece)
                    left -= len(piece)
                    self.carry(len(piece))
                    body += piece
                call = vxp.Call({name.lower(): value for name, value in self.headers.items()})
                self.reply(200, vxp.success(**hub.answer(self.path.rpartition("/")[2], call, body)))

            def do_GET(self):
                start = int(self.headers["Range"].removeprefix("bytes=").removesuffix("-"))
                rest = hub.whole[start:]
                if not rest:
                    self.reply(416, b"")
                    return
                self.reply(206, b"", len(rest), ETag=f'"{hashlib.sha256(hub.whole).hexdigest()}"')
                for place in range(0, len(rest), 4096):
                    self.carry(4096)
                    self.wfile.write(rest[place : place + 4096])
                    hub.sent += 4096

            def reply(self, status, body, length=None, **headers):
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body) if length is None else length))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        return Handler


@pytest.fixture
def packet(tmp_path):
    path = tmp_path / "goi.edxml"
    path.write_bytes(os.urandom(3 << 19))
    return path


def test_x7_a_packet_goes_up_over_a_line_that_is_cut(data, packet):
    with Hub(480_000) as hub, axis.Client(hub.url, "H99", "k") as client:
        assert client.send_edoc(packet, "edoc", "H99", ["H98"]) == "a1"
    assert bytes(hub.stored) == packet.read_bytes()
    assert hub.operations.count("uploadState") > 3  # it was cut
    assert hub.sent <= 1.3 * packet.stat().st_size, hub.sent / packet.stat().st_size


def test_x7_a_packet_comes_down_over_a_line_that_is_cut(data, packet, tmp_path):
    with Hub(480_000) as hub, axis.Client(hub.url, "H99", "k") as client:
        hub.whole = packet.read_bytes()
        assert client.get_edoc("a1", tmp_path / "x").read_bytes() == hub.whole
    assert hub.sent <= 1.3 * len(hub.whole) and list(axis_parts.folder().iterdir()) == []


def test_x7_both_ways_go_on_after_a_restart(data, packet, tmp_path):
    with Hub(1 << 30) as hub:
        hub.stored += packet.read_bytes()[: 1 << 20]
        with axis.Client(hub.url, "H99", "k") as client:
            client.send_edoc(packet, "edoc", "H99", [])
        assert hub.sent < 1.1 * (1 << 19)
        hub.whole, hub.sent, hub.limit = packet.read_bytes(), 0, 2 << 20

        def begun():
            return sum(path.stat().st_size for path in axis_parts.folder().iterdir())

        def stop():  # by what is here: how much comes at a time is the machine's own
            if begun() > 1 << 18:
                raise outbox.Retry("máy chủ dừng", counts=False)

        with axis.Client(hub.url, "H99", "k") as client, pytest.raises(outbox.Retry):
            client.progress = stop
            client.get_edoc("a1", tmp_path / "x")
        kept = begun()
        hub.sent, hub.limit = 0, 1 << 30
        with axis.Client(hub.url, "H99", "k") as client:
            client.get_edoc("a1", tmp_path / "x")
    assert (tmp_path / "x").read_bytes() == hub.whole and kept > 1 << 18
    assert hub.sent < len(hub.whole) - (1 << 17)


def test_a_download_that_is_not_what_its_hash_says_is_thrown_away(data, packet, tmp_path):
    with Hub(1 << 30) as hub, axis.Client(hub.url, "H99", "k") as client:
        hub.whole = packet.read_bytes()
        with axis.Client(hub.url, "H99", "k") as broken, pytest.raises(outbox.Retry):
            broken.progress = lambda: (_ for _ in ()).throw(outbox.Retry("dừng"))
            broken.get_edoc("a1", tmp_path / "x")
        begun = next(path for path in axis_parts.folder().iterdir() if not path.suffix)
        begun.write_bytes(b"x" * begun.stat().st_size)
        with pytest.raises(outbox.Retry, match="mã băm"):
            client.get_edoc("a1", tmp_path / "x")
        assert client.get_edoc("a1", tmp_path / "x").read_bytes() == hub.whole


def test_an_axis_that_does_not_know_parts_is_asked_once(data, packet, tmp_path):
    plain = []
    with AxisDouble() as double, axis.Client(double.url, "H99", "k") as client:
        client.on_plain = lambda: plain.append(1)
        double.answers["uploadState"] = [vxp.failure("20")]
        double.answers["sendEdoc"] = [{"DocId": "a1"}]
        for _ in range(2):
            assert client.send_edoc(packet, "edoc", "H99", []) == "a1"
        assert [name for name, _, _ in double.calls] == ["uploadState", "sendEdoc", "sendEdoc"]
        assert double.bodies("sendEdoc")[0] == packet.read_bytes() + b"\r\n" and plain == [1]


@pytest.mark.parametrize(
    "answer", [axis_double.close, lambda handler: axis_double.reply(handler, b"", 503, Retry_After="7")]
)
def test_an_axis_that_is_away_is_not_taken_for_one_without_parts(data, packet, answer):
    with AxisDouble() as double, axis.Client(double.url, "H99", "k") as client:
        double.answers["uploadState"] = [answer]
        with pytest.raises(axis.LineFault):
            client.send_edoc(packet, "edoc", "H99", [])
        assert client.parts


def test_a_begun_download_is_kept_for_a_week(data):
    (axis_parts.folder() / "moi").write_bytes(b"x")
    old = axis_parts.folder() / "cu"
    old.write_bytes(b"x")
    os.utime(old, (0, 0))
    assert axis_parts.sweep() == 1 and [path.name for path in axis_parts.folder().iterdir()] == ["moi"]


def test_small_packets_go_in_one_call(data, tmp_path):
    small = tmp_path / "nho"
    small.write_bytes(b"<edXML/>" * 1000)
    with AxisDouble() as double, axis.Client(double.url, "H99", "k") as client:
        double.answers["sendEdoc"] = [{"DocId": "a1"}]
        client.send_edoc(small, "edoc", "H99", [])
        assert [name for name, _, _ in double.calls] == ["sendEdoc"]


@pytest.mark.parametrize("offset", [-1, "x", 1 << 40, None])
def test_an_offset_that_cannot_be_is_no_answer(data, packet, offset):
    with AxisDouble() as double, axis.Client(double.url, "H99", "k") as client:
        double.answers["uploadState"] = [{"offset": 0}]
        double.answers["uploadPart"] = [
            json.dumps({"status": "OK", "ErrorCode": "0", "offset": offset}).encode()
        ]
        with pytest.raises(outbox.Retry, match="từng phần"):
            client.send_edoc(packet, "edoc", "H99", [])
