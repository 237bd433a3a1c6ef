"""200 letters wait for their check: how long both cores take, and how the pages do meanwhile against an idle server.

The server runs as it is installed, with its own workers; this program places the orders and reads a register page as a
clerk does, first while the server is idle, then while the letters are checked.
"""

import http.client
import os
import subprocess
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import office as cast
from conftest import open_in

from bench import table
from bench.server import answers, free_port
from models import clock, db, documents, files, outbox, trust, users
from signing import certificates, verify
from tests.signing import authority, workshop
from views import web

LETTERS, PAGES, PAUSE = 200, 200, 0.02


def letters(count: int):
    """Sealed letters with numbers of their own, as one agency sends them."""
    led = workshop.led()
    for number in range(1, count + 1):
        yield number, workshop.seal(led, number=number)


def wait_for_check(office, number, pdf):
    """A letter that has arrived; returns its id."""
    values = {
        "agency": office.b, "flow": "incoming", "state": "arrived", "source": "axis", "created_at": clock.now(),
        "arrived_at": clock.now(), "received_at": clock.now(), "organ_name": authority.AGENCY, "code_number": str(number),
        "code_notation": workshop.NOTATION, "issued_date": workshop.DAY, "subject": f"Báo cáo số {number}",
    }  # fmt: skip
    stored = files.put(pdf, f"{number}.pdf", "application/pdf")
    with db.write():
        doc = documents.Document.create(**values)
        documents.attach(doc, stored, "main")
    return doc.id


def prepare(folder: Path):
    """An installation with the letters, trusting their authority; returns (ids, a session's token)."""
    open_in(folder)
    people = authority.usual()
    with db.connection():
        cast.build()
        office = cast.Office()
        for role, der in (("root", people.root.der), ("intermediate", people.issuer.der)):
            trust.trust(None, der, certificates.read_certificate(der), role, demo=True)
        ids = [wait_for_check(office, number, pdf) for number, pdf in letters(LETTERS)]
        token = users.open_session(office.mai.person)
    db.database.close()
    return ids, token


class Reader:
    """A clerk's browser on one kept connection."""

    def __init__(self, port, token):
        self.line = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self.headers = {"Cookie": f"{web.COOKIE}={token}"}

    def page(self) -> float:
        """Milliseconds until the register page has been read."""
        before = time.perf_counter()
        self.line.request("GET", "/incoming", headers=self.headers)
        answer = self.line.getresponse()
        body = answer.read()
        assert answer.status == 200 and len(body) > 2000, answer.status
        return (time.perf_counter() - before) * 1000


def order_all(folder, ids) -> None:
    """Place the orders as an arrival does."""
    open_in(folder)
    with db.connection(), db.write():
        for doc_id in ids:
            outbox.place("verify", doc_id, f"verify:{doc_id}")


def left() -> int:
    """Letters that have not been looked at yet."""
    orders = outbox.Order
    with db.connection():
        waiting = (orders.state == "running") | ((orders.state == "due") & (orders.attempts == 0))
        return orders.select().where(orders.kind == "verify", waiting).count()


def measure(folder, port, ids, token):
    """(idle, busy, seconds): page times alone and beside the checks, and how long the checks took."""
    reader = Reader(port, token)
    for _ in range(20):
        reader.page()
    idle = []
    for _ in range(PAGES):
        idle.append(reader.page())
        time.sleep(PAUSE)
    order_all(folder, ids)
    started, busy, asked = time.perf_counter(), [], 0.0
    while time.perf_counter() - started < 600:
        busy.append(reader.page())
        time.sleep(PAUSE)
        if time.perf_counter() - asked > 0.5:
            asked = time.perf_counter()
            if not left():
                break
    return idle, busy, time.perf_counter() - started


def alone(pdf, times: int = 10) -> float:
    """Milliseconds of one check in a process of nothing else."""
    moment = authority.MOMENT + timedelta(hours=3)

    def check():
        verify.examine(pdf, workshop.trusted(), moment=moment, answers={}, expect=workshop.EXPECTED)

    return table.middle(table.milliseconds(check, times))


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ids, token = prepare(folder)
        one, port = alone(workshop.sealed()), free_port()
        environment = os.environ | {"VANTHU_DATA": name, "VANTHU_PORT": str(port), "VANTHU_MODE": "demo"}
        server = subprocess.Popen(
            [sys.executable, "app.py", "serve"],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            while not answers(port):
                assert server.poll() is None, f"the server ended with {server.returncode}"
                time.sleep(0.1)
            idle, busy, seconds = measure(folder, port, ids, token)
        finally:
            server.terminate()
            server.wait(30)
            db.database.close()
    cores = os.cpu_count() or 1
    table.show(
        f"{LETTERS} letters waiting for their check",
        [("", ""), ("seconds", seconds), ("letters a second", LETTERS / seconds), ("one check in a process, ms", one),
         (f"ideal seconds on {cores} cores", LETTERS * one / 1000 / cores), ("ratio to ideal", seconds / (LETTERS * one / 1000 / cores))],
    )  # fmt: skip
    rows = [
        (name, table.middle(times), table.late(times))
        for name, times in (("idle", idle), ("beside the checks", busy))
    ]
    rows.append(("ratio", rows[1][1] / rows[0][1], rows[1][2] / rows[0][2]))
    table.show("The register page meanwhile, milliseconds", [("", "median", "99th percentile"), *rows])


if __name__ == "__main__":
    main()
