"""Deliveries inside one installation: a release to 455 recipients, both signatures of each checked in the background.

The reference in the same run is what the rules cost at least: the same number of durable acts (commits) of one row each,
one after the other. The check of one signed file that went to many is done once and reported for each of them.
"""

import sys
import tempfile
import time
from contextlib import contextmanager
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
from bench.drain import WORKERS, drain
from jobs import checking
from models import agencies, clock, db, documents, exchange, outbox
from tests.signing import office_keys

RECIPIENTS = 455
assert jobs.HANDLERS


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


def setting(folder):
    """(sender's office, signed letter with 455 neighbours, not yet dispatched, seconds of the bare commits)."""
    ca = office_keys.served(folder / "ca")
    open_in(folder / "data")
    with ca as keys, db.connection():
        cast.build()
        office = cast.Office()
        office_keys.bind(office, keys)
        papers = signed_letters.hand(keys)
        neighbours = [
            agencies.create(f"Xã số {place}", code=f"H99.77.{place:03d}", hosted=True)
            for place in range(RECIPIENTS)
        ]
        about = {"code_notation": "BC-SKT", "issued_date": clock.today()}
        with mock.patch.object(exchange, "dispatch", lambda *_: []):
            doc = letters.issued(office.lan, neighbours, "5", papers.sealed, **about)
        yield office, doc, commits()


def main() -> int:
    """Print the table; 1 when a goal is missed."""
    with (
        tempfile.TemporaryDirectory() as folder,
        contextmanager(setting)(Path(folder)) as (office, doc, bare),
    ):
        before = time.perf_counter()
        with db.write():
            exchange.dispatch(doc, office.lan)
        queued = time.perf_counter() - before
        delivered, told, checked = (drain({kind}) for kind in ("deliver", "status", "verify"))
        states = {row.state for row in exchange.sent(doc)}
        incoming = documents.Document.select().where(documents.Document.flow == "incoming")
        verdicts = {row.verdict for row in incoming}
        checking.stop()
    whole = delivered + told + checked
    rows = [("", "seconds", "a second", "x bare commits")]
    for name, seconds in (
        ("release queued", queued), ("bare commits", bare), ("delivered", delivered), ("answered (01 back)", told),
        ("signatures checked, a report each", checked), ("sustained, all of it", whole),
    ):  # fmt: skip
        rows.append((name, seconds, RECIPIENTS / seconds, seconds / bare))
    table.show(
        f"One signed letter to {RECIPIENTS} neighbours ({states}, {verdicts}), {WORKERS} workers", rows
    )
    return 0 if queued <= 1 and RECIPIENTS / whole >= 50 else 1


if __name__ == "__main__":
    sys.exit(main())
