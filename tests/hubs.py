"""Calls of a hub as real clients make them, for its tests: over the test client, or over real HTTP (`base`)."""

import hashlib
import json
import os
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import httpx
import letters
import uvicorn

import app
from models import clock, edxml, edxml_write, hub, vxp

OWN = "000.00.00.H35"
ROOT = Path(__file__).resolve().parents[1]


def system(system_id, *codes):
    """A connected system with these agencies; (row, secret)."""
    secret = hub.register_system(
        None, system_id, f"Hệ thống {system_id}", {code: f"Cơ quan {code}" for code in codes}
    )
    return hub.System.get(hub.System.system_id == system_id), secret


class Caller:
    """One system as its client calls the hub; `http` has `request(method, url, headers=, content=)`."""

    def __init__(self, http, system_id, secret, base="/vxp"):
        self.http, self.system_id, self.secret, self.base = http, system_id, secret, base

    def answer(self, operation, values=None, body=b"", kind="application/json", method="POST", **more):
        """The raw answer of one call; `more` are headers beside the signed ones."""
        headers = vxp.signed_headers(self.system_id, self.secret, values or {}, kind) | more
        return self.http.request(method, f"{self.base}/{operation}", headers=headers, content=body)

    def call(self, operation, values=None, body=b"", **more):
        """The reply's fields; what every reply must be is asserted here."""
        answer = self.answer(operation, values, body, **more)
        assert answer.status_code == 200 and answer.content.isascii() and b"null" not in answer.content
        reply = answer.json()
        assert {"status", "ErrorCode", "ErrorDesc"} <= set(reply)
        return reply

    def send(self, data, kind="edoc", digest=None, tail=b"\r\n", **values):
        """sendEdoc of these bytes."""
        digest = digest or vxp.short_hash(hashlib.sha256(data).digest())
        values = {"servicetype": "eDoc", "messagetype": kind, "hash-file": digest, **values}
        return self.call("sendEdoc", values, data + tail, kind="application/octet-stream")

    def listed(self, kind="edoc", **values):
        """Rows of getReceivedEdocList."""
        return self.call("getReceivedEdocList", {"servicetype": "eDoc", "messagetype": kind, **values})[
            "data"
        ]

    def sent(self, axis_id="", kind="edoc", **values):
        """Rows of getSentEdocList."""
        values = {
            "servicetype": "eDoc",
            "messagetype": kind,
            **({"docId": axis_id} if axis_id else {}),
            **values,
        }
        return self.call("getSentEdocList", values)["data"]

    def done(self, row, status="done", **values):
        """updateStatus of a listed row."""
        return self.call("updateStatus", {"docid": row["docId"], "status": status, **values}, b"{}")


def packet(
    folder,
    sender=OWN,
    receivers=("000.00.00.G22",),
    document_id="a,2026/03/02,1/B",
    content=letters.PDF,
    **more,
):
    """The bytes of a document's packet."""
    pdf = folder / "thu.pdf"
    pdf.write_bytes(content)
    to = tuple(one if isinstance(one, edxml.Organ) else edxml.Organ(one, one) for one in receivers)
    envelope = edxml.Envelope(
        edxml.Organ(sender, "Nơi gửi"), to, document_id, more.pop("subject", "Thử"),
        attachments=(edxml.Attachment("thu.pdf", pdf),), **more,
    )  # fmt: skip
    return edxml_write.encode(envelope, folder / "goi.edxml").read_bytes()


def status(folder, sender, about, word="accepted", document_id="a,2026/03/02,1/B", at=None):
    """The bytes of a status packet, to the agency `about`."""
    message = edxml.Status(
        edxml.Organ(sender, sender), edxml.Answered(about, "1/B", document_id), word, at=at or clock.now()
    )
    return edxml_write.encode(message, folder / "trang-thai.edxml").read_bytes()


@contextmanager
def served():
    """The open installation over real HTTP on the loopback, as `app.listen` serves it; yields its address."""
    config = uvicorn.Config(
        app.application(workers=False), host="127.0.0.1", port=0, http="httptools", log_level="critical",
        server_header=False, access_log=False, lifespan="off",
    )  # fmt: skip
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(5)


def to_header(codes):
    """The header `to` as the SDK writes it."""
    return json.dumps(list(codes), separators=(",", ":"))


@contextmanager
def running(folder):
    """The installation in this folder as a hub in a process of its own; yields the address of its axis."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    settings = {"VANTHU_DATA": str(folder), "VANTHU_PORT": str(port), "VANTHU_HUB": "true"}
    process = subprocess.Popen([sys.executable, "app.py", "serve"], cwd=ROOT, env=os.environ | settings)
    try:
        url = f"http://127.0.0.1:{port}/vxp"
        for _ in range(600):
            assert process.poll() is None, "the hub did not start"
            try:
                httpx.post(f"{url}/getAgenciesList", timeout=2)
                break
            except httpx.TransportError:
                time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait(15)
