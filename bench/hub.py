"""The hub against a bare Starlette endpoint that stores the same bytes durably and gives them back; and the cost of one
delivery with 1,000 and with 100,000 packets stored.

Both servers run in the same run, in turns; the bare one writes a file, syncs it and its folder, and knows no signature,
no packet and no queue.
"""

import base64
import hashlib
import http.client
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import hubs
from conftest import open_in

from bench import server, table
from models import clock, db, files, hub, hub_transit, vxp

BARE = """
import base64, os, sys, uuid, uvicorn
from pathlib import Path
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.routing import Route
folder = Path(sys.argv[2])

def synced(path, out):
    out.flush()
    os.fsync(out.fileno())
    out.close()
    name = uuid.uuid4().hex
    os.rename(path, folder / name)
    handle = os.open(folder, os.O_RDONLY)
    os.fsync(handle)
    os.close(handle)
    return name

async def store(request):
    path = folder / ("in-" + uuid.uuid4().hex)
    out = path.open("wb")
    async for piece in request.stream():
        out.write(piece)
    name = await run_in_threadpool(synced, path, out)
    return Response('{"status":"OK","ErrorCode":"0","DocId":"%s"}' % name, media_type="application/json")

def serve(request):
    data = base64.b64encode((folder / request.path_params["name"]).read_bytes())
    return Response(b'{"status":"OK","ErrorCode":"0","data":"' + data + b'"}', media_type="application/json")

routes = [Route("/store", store, methods=["POST"]), Route("/serve/{name}", serve, methods=["POST"])]
uvicorn.run(Starlette(routes=routes), host="127.0.0.1", port=int(sys.argv[1]), http="httptools", log_level="critical",
            access_log=False)
"""
HANDS, PACKETS, TURNS = 8, 40, 14
SIZES = (200, 550)  # kB: a packet with a letter of 150 kB, and of 400 kB
SMALL, LARGE, CYCLES = 1_000, 100_000, 120


def packets(folder, count, kilobytes=200) -> list[bytes]:
    """Different packets of the same size."""
    content = b"%PDF-1.7\n" + os.urandom(kilobytes * 750)
    made = hubs.packet(folder, sender="H99.1", receivers=("H99.2",), document_id="SO-000000", content=content)
    return [made.replace(b"SO-000000", f"SO-{number:06d}".encode()) for number in range(count)]


def drive(port, calls) -> tuple[float, list[bytes]]:
    """(calls a second, answers) of these calls (path, headers, body) by a few hands, each with a line of its own."""
    answers, todo, gate = [None] * len(calls), iter(range(len(calls))), threading.Lock()

    def work():
        line = http.client.HTTPConnection("127.0.0.1", port)
        while True:
            with gate:
                number = next(todo, None)
            if number is None:
                return line.close()
            path, headers, body = calls[number]
            line.request("POST", path, body, headers)
            answers[number] = line.getresponse().read()

    before = time.perf_counter()
    hands = [threading.Thread(target=work) for _ in range(HANDS)]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join()
    return len(calls) / (time.perf_counter() - before), answers


def signed(operation, secret, values, body, kind):
    """A call of our hub."""
    headers = vxp.signed_headers("SYS", secret, values, kind)
    return f"/vxp/{operation}", headers, body


class Ours:
    """The hub: takes packets, gives back those that were taken."""

    def __init__(self, port, secret):
        self.port, self.secret = port, secret

    def receive(self, bodies):
        """Packets a second taken in."""
        calls = []
        for body in bodies:
            values = {"servicetype": "eDoc", "messagetype": "edoc", "from": "H99.1",
                      "hash-file": vxp.short_hash(hashlib.sha256(body).digest())}  # fmt: skip
            calls.append(signed("sendEdoc", self.secret, values, body + b"\r\n", "application/octet-stream"))
        rate, answers = drive(self.port, calls)
        assert all(json.loads(answer)["status"] == "OK" for answer in answers)
        return rate, None

    def serve(self, _names, bodies):
        """Packets a second given back."""
        values = {"servicetype": "eDoc", "messagetype": "edoc"}
        call = signed("getReceivedEdocList", self.secret, values, b"", "application/json")
        ids = [row["docId"] for row in json.loads(drive(self.port, [call])[1][0])["data"]][: len(bodies)]
        calls = [signed("getEdoc", self.secret, {"docId": one}, b"{}", "application/json") for one in ids]
        rate, answers = drive(self.port, calls)
        assert len(base64.b64decode(json.loads(answers[0])["data"])) == len(bodies[0])
        for one in ids:
            values = {"docid": one, "status": "done"}
            drive(self.port, [signed("updateStatus", self.secret, values, b"{}", "application/json")])
        return rate


class Bare:
    """The endpoint that only stores."""

    def __init__(self, port):
        self.port = port

    def receive(self, bodies):
        """Bodies a second stored."""
        kind = {"Content-Type": "application/octet-stream"}
        rate, answers = drive(self.port, [("/store", kind, body + b"\r\n") for body in bodies])
        return rate, [json.loads(answer)["DocId"] for answer in answers]

    def serve(self, names, _bodies):
        """Bodies a second given back."""
        return drive(self.port, [(f"/serve/{name}", {}, b"{}") for name in names])[0]


@contextmanager
def both(folder):
    """Our hub and the bare endpoint, each a process of its own."""
    data = folder / "data"
    open_in(data)
    with db.connection():
        secret = hubs.system("SYS", "H99.1", "H99.2")[1]
    db.database.close()
    (folder / "bare").mkdir()
    ports = server.free_port(), server.free_port()
    environment = os.environ | {"VANTHU_DATA": str(data), "VANTHU_PORT": str(ports[0]), "VANTHU_HUB": "true"}
    quiet = {"cwd": ROOT, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    running = [
        subprocess.Popen([sys.executable, "app.py", "serve"], env=environment, **quiet),
        subprocess.Popen([sys.executable, "-c", BARE, str(ports[1]), str(folder / "bare")], **quiet),
    ]
    try:
        while not all(server.answers(port) for port in ports):
            time.sleep(0.05)
        yield Bare(ports[1]), Ours(ports[0], secret)
    finally:
        for process in running:
            process.terminate()
            process.wait(20)


def over_http(folder, kilobytes, bare, ours) -> None:
    """Receive, then serve, in short turns, so that what else the machine does weighs on both; medians of the ratios."""
    every = packets(folder, PACKETS * (TURNS + 1), kilobytes)
    turns = [every[turn * PACKETS : (turn + 1) * PACKETS] for turn in range(TURNS + 1)]
    names = []

    def receive(one, bodies):
        rate, stored = one.receive(bodies)
        if stored:
            names.append(stored)
        return rate

    rows = [_compared("receive", [(lambda one, part=part: receive(one, part)) for part in turns], bare, ours)]
    acts = [
        (lambda one, part=part, stored=stored: one.serve(stored, part)) for part, stored in zip(turns, names)
    ]
    rows.append(_compared("serve", acts, bare, ours))
    head = ("", "bare a second", "ours a second", "ratio")
    table.show(f"Hub, packets of {kilobytes} kB, {HANDS} callers", [head, *rows])


def _compared(name, acts, bare, ours):
    """One row: each act by both, first the one, then the other; the first act warms them."""
    pairs = []
    for turn, act in enumerate(acts):
        found = [(one, act(one)) for one in ((bare, ours) if turn % 2 else (ours, bare))]
        rates = {one is ours: rate for one, rate in found}
        pairs += [(rates[False], rates[True])] if turn else []
    middles = [table.middle([pair[place] for pair in pairs]) for place in (0, 1)]
    return (name, *middles, table.middle([mine / theirs for theirs, mine in pairs]))


def fill(system, upto) -> None:
    """Rows of packets that passed: fetched all but each five-hundredth."""
    now = hub.Packet.created_at.db_value(clock.now())
    series = "WITH RECURSIVE s(n) AS (SELECT (SELECT count(*) FROM packet) + 1 UNION ALL SELECT n + 1 FROM s WHERE n < ?)"
    with db.write():
        kept = files.File.get()
        db.database.execute_sql(
            f"{series} INSERT INTO packet (axis_id, key, system_id, message_type, kind, from_code, wire_id, title, notation, "
            "file_id, sha256, size, created_at) SELECT 'p' || n, 'k' || n, ?, 'edoc', 'new', 'H99.1', 'W' || n, 'Tên ' || n, "
            "n || '/MAU', ?, '', 1000, ? FROM s",
            (upto, system.id, kept.id, now),
        )
        db.database.execute_sql(
            "INSERT INTO delivery (axis_id, packet_id, system_id, message_type, to_code, state, queue, rank, description, "
            "upper_id, created_at, updated_at) SELECT 'd' || id, id, system_id, 'edoc', 'H99.2', "
            "CASE WHEN id % 500 THEN 'done' ELSE 'initial' END, CASE WHEN id % 500 THEN '' ELSE 'waiting' END, 4, '', '', "
            "created_at, created_at FROM packet WHERE id NOT IN (SELECT packet_id FROM delivery)"
        )
        db.tune()


def one_delivery(system, folder, number) -> tuple[float, float]:
    """Milliseconds, and milliseconds of the processor, of taking, listing, fetching and settling one packet."""
    path = folder / "spool.edxml"
    data = TEMPLATE["bytes"].replace(b"SO-000000", f"SO-{number:06d}".encode())
    path.write_bytes(data)
    before = time.perf_counter(), time.thread_time()
    axis_id = hub_transit.accept(system, "edoc", path, "H99.1", hashlib.sha256(data).hexdigest())
    row = hub_transit.sent(system, "edoc", axis_id)[0]
    hub_transit.received(system, "edoc", size=10)
    hub_transit.bytes_of(system, row.axis_id).path().read_bytes()
    hub_transit.update(system, row.axis_id, "done")
    return (time.perf_counter() - before[0]) * 1000, (time.thread_time() - before[1]) * 1000


TEMPLATE = {}


def by_size(folder) -> None:
    """The same delivery with few and with many packets stored."""
    open_in(folder / "sizes")
    with db.connection():
        system = hubs.system("SYS", "H99.1", "H99.2")[0]
        TEMPLATE["bytes"] = packets(folder, 1)[0]
        number, figures = 0, []
        for stored in (SMALL, LARGE):
            one_delivery(system, folder, 900_000 + stored % 7)
            fill(system, stored)
            taken = []
            for _ in range(CYCLES):
                number += 1
                taken.append(one_delivery(system, folder, number))
            figures.append([table.middle(values) for values in zip(*taken)])
    (few, few_processor), (many, many_processor) = figures
    rows = [(f"{SMALL:,}", few, few_processor), (f"{LARGE:,}", many, many_processor),
            ("ratio", many / few, many_processor / few_processor)]  # fmt: skip
    table.show("One delivery", [("packets stored", "milliseconds", "of the processor"), *rows])


def main() -> None:
    """Both measurements."""
    with tempfile.TemporaryDirectory() as folder:
        with both(Path(folder)) as (bare, ours):
            for kilobytes in SIZES:
                over_http(Path(folder), kilobytes, bare, ours)
        by_size(Path(folder))


if __name__ == "__main__":
    main()
