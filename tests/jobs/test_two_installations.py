"""A → hub → B and back over real HTTP: three data folders, the hub a process of its own."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import letters
import pytest
from conftest import open_in

from jobs import collect, deliver, runner
from models import agencies, db, documents, exchange, exchange_axis, hub, incoming, recalls, seed, vxp

assert deliver and incoming
ROOT = Path(__file__).parents[2]


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@pytest.fixture
def place(tmp_path, prepared):
    """Opens one of the three installations in this process."""
    here = {}

    def go(name):
        open_in(tmp_path / name)
        if name not in here:
            here[name] = {"a": seed.so_a, "b": seed.xa_b}.get(name, dict)()
        return here[name]

    yield go
    db.database.close()


@pytest.fixture
def network(place, tmp_path):
    """The hub running, A and B connected to it."""
    place("hub")
    secret_a = hub.register_system(None, "SYS.A", "Nơi gửi", {"H99.10": "Sở Kế hoạch"})
    secret_b = hub.register_system(None, "SYS.B", "Nơi nhận", {"H99.20.01": "Xã Suối Mây"})
    db.database.close()
    port = free_port()
    environment = {
        **os.environ,
        "VANTHU_DATA": str(tmp_path / "hub"),
        "VANTHU_PORT": str(port),
        "VANTHU_HUB": "true",
    }
    process = subprocess.Popen([sys.executable, "app.py", "serve"], cwd=ROOT, env=environment)
    try:
        url = f"http://127.0.0.1:{port}/vxp"
        wait_for(url, process)
        for name, secret in (("a", secret_a), ("b", secret_b)):
            there = place(name)
            exchange_axis.connect(None, url, f"SYS.{name.upper()}", secret)
            other = ("UBND xã Suối Mây", "H99.20.01") if name == "a" else ("Sở Kế hoạch", "H99.10")
            agencies.create(other[0], code=other[1], connection="axis", short_name=other[0])
            assert there
        yield place
    finally:
        process.terminate()
        process.wait(15)


def wait_for(url, process):
    headers = vxp.signed_headers("x", "y", {}, "application/json")
    for _ in range(200):
        assert process.poll() is None
        try:
            httpx.post(f"{url}/getAgenciesList", headers=headers, timeout=2)
            return
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError("the hub did not start")


def work():
    """What the installation does by itself: fetch, then carry out orders."""
    collect.collect()
    runner.run_due()


def test_a_letter_its_statuses_and_its_recall(network):
    a = network("a")
    doc = letters.issued(a.lan, [agencies.by_code("H99.20.01")], annex=b"PK\x05\x06" + b"\0" * 18)
    runner.run_due()
    assert list(letters.lines(doc).values()) == ["on_axis"]
    sha = documents.main_file(doc).sha256

    b = network("b")
    work()
    got = letters.arrived(b.agency)[0]
    assert documents.main_file(got).sha256 == sha and len(documents.attachments(got)) == 2
    assert got.source == "axis" and got.state == "arrived"
    for code in ("03", "04", "05"):
        with db.write():
            exchange.report(got, code, f"Bước {code}", b.mai)
    runner.run_due()

    a = network("a")
    work()
    assert list(letters.lines(doc).values()) == ["in_progress"]
    assert [message.status for message in exchange.sent(doc)[0].messages.order_by(exchange.StatusMessage.id)] == [
        "arrived", "accepted", "assigned", "in_progress",
    ]  # fmt: skip
    recalls.ask(documents.Document.get_by_id(doc.id), a.lan, "Sai số liệu", "Giám đốc")
    runner.run_due()
    assert list(letters.lines(doc).values()) == ["recall_asked"]

    network("b")
    work()
    got = documents.Document.get_by_id(got.id)
    assert (got.state, got.recall_reason) == ("recalled", "Sai số liệu")

    network("a")
    work()
    assert list(letters.lines(doc).values()) == ["recalled"]
    work()
    assert exchange.StatusMessage.select().where(exchange.StatusMessage.parked != "").count() == 0
