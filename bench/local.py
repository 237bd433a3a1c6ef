"""Deliveries inside one installation: a release to 455 recipients, both signatures of each checked in the background.

The reference in the same run is what the rules cost at least: the same number of durable acts (commits) of one row each,
one after the other. The check of one signed file that went to many is done once and reported for each of them.
"""

import sys
import tempfile
import threading
import time
from pathlib import Path
from unittest import mock

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import letters
import office as cast
import signed_letters
from conftest import open_in

import jobs
from bench import table
from jobs import checking, runner
from models import agencies, clock, db, documents, exchange, outbox
from tests.signing import office_keys

RECIPIENTS, WORKERS, LETTERS = 455, 2, 5
assert jobs.HANDLERS


def drain(kinds) -> float:
    """Seconds in which WORKERS workers carry out all orders of these kinds."""
    left = {kind: runner._handlers[kind] for kind in kinds}

    def work():
        with db.connection():
            runner.run_due(1_000_000)
        db.database.close()

    with mock.patch.dict(runner._handlers, left, clear=True):
        before = time.perf_counter()
        hands = [threading.Thread(target=work) for _ in range(WORKERS)]
        for hand in hands:
            hand.start()
        for hand in hands:
            hand.join()
        return time.perf_counter() - before


def commits() -> float:
    """Seconds for RECIPIENTS durable acts of one small row each."""
    before = time.perf_counter()
    for number in range(RECIPIENTS):
        with db.write():
            outbox.Order.create(
                kind="none",
                subject_id=number,
                key=f"bare:{number}",
                state="done",
                due_at=clock.now(),
                placed_at=clock.now(),
            )
    return time.perf_counter() - before


def main() -> int:
    """Print the table; 1 when a goal is missed."""
    with tempfile.TemporaryDirectory() as folder, office_keys.served(Path(folder) / "ca") as ca:
        open_in(Path(folder) / "data")
        with db.connection():
            cast.build()
            office = cast.Office()
            office_keys.bind(office, ca)
            papers = signed_letters.hand(ca)
            neighbours = [
                agencies.create(f"Xã số {place}", code=f"H99.77.{place:03d}", hosted=True)
                for place in range(RECIPIENTS)
            ]
            about = {"code_notation": "BC-SKT", "issued_date": clock.today()}
            with mock.patch.object(exchange, "dispatch", lambda *_: []):
                doc = letters.issued(office.lan, neighbours, "5", papers.sealed, **about)
            before = time.perf_counter()
            with db.write():
                exchange.dispatch(doc, office.lan)
            queued = time.perf_counter() - before
            bare = commits()
        delivered = drain({"deliver"})
        told = drain({"status"})
        checked = drain({"verify"})
        with db.connection():
            states = {row.state for row in exchange.sent(doc)}
            verdicts = {
                row.verdict
                for row in documents.Document.select().where(documents.Document.flow == "incoming")
            }
        checking.stop()
    whole = RECIPIENTS / (delivered + told + checked)
    table.show(
        f"One signed letter to {RECIPIENTS} neighbours ({states}, {verdicts}), {WORKERS} workers",
        [
            ("", "seconds", "a second", "x bare commits"),
            ("release queued", queued, RECIPIENTS / queued, queued / bare),
            ("bare commits", bare, RECIPIENTS / bare, 1.0),
            ("delivered", delivered, RECIPIENTS / delivered, delivered / bare),
            ("answered (01 and 03 back)", told, RECIPIENTS / told, told / bare),
            ("signatures checked", checked, RECIPIENTS / checked, checked / bare),
            ("sustained, all of it", delivered + told + checked, whole, (delivered + told + checked) / bare),
        ],
    )
    return 0 if queued <= 1 and whole >= 50 else 1


if __name__ == "__main__":
    sys.exit(main())
