"""A release to 455 recipients by an axis: queued, and delivered in packets of their own beside a bare HTTP loop.

Both send to the same endpoint, a hub in a process of its own: the bare loop posts ready packets with ready headers over
one kept-alive httpx connection and does nothing else. `--outage` plays 5,000 letters and an axis away for 72 hours.
"""

import argparse
import hashlib
import os
import subprocess
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from unittest import mock

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import httpx
import letters
import office as cast
from conftest import open_in
from server import answers, free_port

import jobs
from bench import table
from bench.drain import drain
from jobs import axis, collect, runner
from models import agencies, clock, config, db, exchange, exchange_axis, hub, outbox, vxp

RECIPIENTS, DONE = 455, 1_000_000
assert jobs.HANDLERS
LETTER = letters.PDF + os.urandom(120_000)


def hub_process(folder, codes):
    """(process, url, secret) of a hub where the system HE-A may send to these codes of HE-B."""
    open_in(folder)
    with db.connection():
        secret = hub.register_system(None, "HE-A", "Hệ thống A", {"H99.10": "Sở Kế hoạch"})
        hub.register_system(None, "HE-B", "Hệ thống B", {code: f"Xã {code}" for code in codes})
    db.database.close()
    port = free_port()
    settings = {"VANTHU_DATA": str(folder), "VANTHU_PORT": str(port), "VANTHU_HUB": "true"}
    process = subprocess.Popen(
        [sys.executable, "app.py", "serve"], cwd=ROOT, env=os.environ | settings, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    while not answers(port):
        assert process.poll() is None
        time.sleep(0.05)
    return process, f"http://127.0.0.1:{port}/vxp", secret


def bare(url, secret, packets) -> float:
    """Seconds of the bare loop."""
    calls = []
    for packet in packets:
        values = {"servicetype": "eDoc", "messagetype": "edoc", "from": "H99.10",
                  "hash-file": vxp.short_hash(hashlib.sha256(packet).digest())}  # fmt: skip
        calls.append(
            (vxp.signed_headers("HE-A", secret, values, "application/octet-stream"), packet + b"\r\n")
        )
    with httpx.Client() as client:
        before = time.perf_counter()
        for headers, body in calls:
            assert b'"OK"' in client.post(f"{url}/sendEdoc", headers=headers, content=body).content
        return time.perf_counter() - before


def release(office, receivers, number) -> tuple[object, float]:
    """(an issued letter, seconds in which its sending was queued)."""
    with mock.patch.object(exchange, "dispatch", lambda *_: []):
        doc = letters.issued(office.lan, receivers, number, LETTER)
    before = time.perf_counter()
    with db.write():
        exchange.dispatch(doc, office.lan)
    return doc, time.perf_counter() - before


def each_alone(doc):
    """Every recipient gets a packet of his own."""
    lines = exchange.sent(doc)
    with db.write():
        outbox.Order.delete().where(outbox.Order.kind == "deliver").execute()
        for one in lines:
            one.set(alone=True)
            exchange.place_delivery([one], f"{one.id}:alone", 0)


def ready_packets(office, receivers) -> list[bytes]:
    """The bytes of 455 letters for one recipient each, as the product makes them."""
    doc, _ = release(office, receivers, "777")
    made = []
    for one in exchange.sent(doc):
        stored, _ = jobs.deliver._document_packet([one])
        made.append((config.current().data / "files" / stored.sha256[:2] / stored.sha256).read_bytes())
    with db.write():
        outbox.Order.delete().where(outbox.Order.kind == "deliver").execute()
    return made


def finished_orders(many):
    """An outbox with many finished orders."""
    now = outbox.Order.due_at.db_value(clock.now())
    with db.write():
        db.database.execute_sql(
            'INSERT INTO "order" (kind, subject_id, key, state, priority, attempts, due_at, last_error, placed_at, line, '
            "tries, faults) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) "
            "SELECT 'deliver', i, 'old:' || i, 'done', 0, 1, ?, '', ?, 'axis', 0, 0 FROM n",
            (many, now, now),
        )


def queue_cost() -> float:
    """Microseconds to claim and finish one order, with 455 that wait."""
    with db.write():
        for number in range(RECIPIENTS):
            outbox.place("x", number, f"x:{time.perf_counter_ns()}", line="axis", lanes={f"d/{number}": 0})
    before = time.perf_counter()
    for _ in range(RECIPIENTS):
        outbox.finish(outbox.claim(["x"]))
    return (time.perf_counter() - before) / RECIPIENTS * 1e6


def measure(office, receivers, url, secret) -> int:
    """Print the table; 1 when a goal is missed."""
    exchange_axis.connect(office.quantri, url, "HE-A", secret)
    packets = ready_packets(office, receivers)
    loops = [bare(url, secret, packets[: RECIPIENTS // 2])]
    doc, queued = release(office, receivers, "12")
    each_alone(doc)
    delivered = drain({"deliver"})
    assert {one.state for one in exchange.sent(doc)} == {"on_axis"}
    loops.append(bare(url, secret, packets[RECIPIENTS // 2 :]))
    loop = sum(loops)
    together, _ = release(office, receivers, "13")
    one_packet = drain({"deliver"})
    assert {one.state for one in exchange.sent(together)} == {"on_axis"}
    empty = queue_cost()
    finished_orders(DONE)
    full = queue_cost()
    table.show(
        f"{RECIPIENTS} recipients by the axis, packets of {len(packets[0]) >> 10} KiB",
        [
            ("", "seconds", "a second", "ratio"),
            ("release queued", queued, RECIPIENTS / queued, 1 / queued),
            ("bare httpx loop", loop, RECIPIENTS / loop, 1.0),
            ("delivered, a packet each", delivered, RECIPIENTS / delivered, loop / delivered),
            ("delivered, one packet for all", one_packet, RECIPIENTS / one_packet, loop / one_packet),
            ("µs an order, empty outbox", empty / 1e6, 1e6 / empty, 1.0),
            (f"µs an order, {DONE:,} finished", full / 1e6, 1e6 / full, full / empty),
        ],
    )
    return 0 if queued <= 1 and loop / delivered >= 0.8 and full / empty < 1.5 else 1


def at(moment):
    """The clock held at a moment."""
    return clock.freeze(f"{clock.local(moment):%Y-%m-%d %H:%M:%S.%f}")


def while_away(moment, end) -> list:
    """When the axis was called while it was away, from one moment to the other."""
    calls, reply = [], axis.Client.reply

    def counted(self, *arguments):
        calls.append(clock.now())
        return reply(self, *arguments)

    with mock.patch.object(axis.Client, "reply", counted):
        while moment < end:
            with at(moment):
                if exchange_axis.take_probe():
                    collect.probe()
                runner.run_due()
            moment = max(exchange_axis.AxisConnection.get().probe_at or moment, moment + timedelta(seconds=1))
    return calls


def come_back(office, receiver, url, end) -> tuple[float, float]:
    """(seconds after which an express letter was out, seconds in which the rest followed)."""
    with at(end):
        express = letters.issued(office.lan, [receiver], "999999", letters.PDF, urgency=3)
        exchange_axis.line_down("thử")
    back = exchange_axis.AxisConnection.get().probe_at
    with db.write():
        exchange_axis.AxisConnection.update(url=url).execute()
    with at(back):
        assert exchange_axis.take_probe() and collect.probe() and runner.run_one()
        drained = drain({"deliver"})
    return (exchange.sent(express)[0].acknowledged_at - end).total_seconds(), drained


def outage(office, receivers, url, secret, many=5000, hours=72) -> int:
    """5,000 letters, an axis away for 72 hours on a set clock: attempts while it is away, and how it is made up for."""
    exchange_axis.connect(office.quantri, "http://127.0.0.1:9", "HE-A", secret)
    began = clock.at("2026-03-02 08:00")
    end = began + timedelta(hours=hours)
    with at(began):
        for number in range(many):
            letters.issued(office.lan, [receivers[number % 50]], str(number), letters.PDF)
    kept = {kind: runner._handlers[kind] for kind in ("deliver", "status")}
    with mock.patch.dict(runner._handlers, kept, clear=True):
        calls = while_away(began, end)
        tries = outbox.Order.select(db.fn.MAX(outbox.Order.tries)).scalar()
        express, drained = come_back(office, receivers[0], url, end)
    busiest = max(
        sum(other - one < timedelta(seconds=1) for other in calls[n : n + 10]) for n, one in enumerate(calls)
    )
    sent = exchange.Consignment.select().where(exchange.Consignment.state == "on_axis").count()
    rows = [("", "figure"), ("calls while away", float(len(calls)))]
    rows += [
        ("a second, on the average", len(calls) / hours / 3600),
        ("in the busiest second", float(busiest)),
    ]
    rows += [("tries used up", float(tries)), ("express out, seconds after the return", express)]
    rows += [("sent", float(sent)), ("documents a second afterwards", many / drained)]
    table.show(f"{many} letters, axis away {hours} h", rows)
    return 0 if sent == many + 1 and many / drained >= 5 and express <= 10 else 1


def main() -> int:
    """The release, or the outage."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--outage", action="store_true")
    chosen = parser.parse_args()
    codes = [f"H98.{place:03d}" for place in range(RECIPIENTS)]
    with tempfile.TemporaryDirectory() as folder:
        process, url, secret = hub_process(Path(folder) / "hub", codes)
        try:
            open_in(Path(folder) / "data")
            with db.connection():
                cast.build()
                office = cast.Office()
                far = [agencies.create(f"Xã {code}", code=code, connection="axis") for code in codes]
                return (outage if chosen.outage else measure)(office, far, url, secret)
        finally:
            process.terminate()
            process.wait(20)


if __name__ == "__main__":
    sys.exit(main())
