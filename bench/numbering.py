"""Numbering under 64 clerks at once, against the plainest counter SQL that is as durable."""

import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import apsw
import arrivals
import office as cast
from conftest import open_in

from bench import table
from models import clock, config, db, incoming, registers

CLERKS, EACH = 64, 12


def at_once(work) -> tuple[float, list[float], int]:
    """(acts a second, milliseconds of each with its waiting, times refused) of CLERKS doing work(clerk, turn) at once.

    As many work at the same moment as the server has threads for its pages, in the order of their asking, as there; who
    is refused tries again.
    """
    taken, refused, gate = [], [], threading.Barrier(CLERKS + 1)

    def done(number, turn):
        while not succeeds(work, number, turn):
            refused.append(number)

    def clerk(number):
        gate.wait()
        for turn in range(EACH):
            before = time.perf_counter()
            hands.submit(done, number, turn).result()
            taken.append((time.perf_counter() - before) * 1000)

    threads = [threading.Thread(target=clerk, args=(number,)) for number in range(CLERKS)]
    with ThreadPoolExecutor(config.current().threads) as hands:
        for thread in threads:
            thread.start()
        gate.wait()
        before = time.perf_counter()
        for thread in threads:
            thread.join()
        return CLERKS * EACH / (time.perf_counter() - before), taken, len(refused)


def succeeds(work, number, turn) -> bool:
    """Do it once; False when the engine says that it is locked."""
    try:
        work(number, turn)
    except (db.OperationalError, apsw.BusyError) as error:
        assert "locked" in str(error), error
        return False
    return True


def plain(folder):
    """A counter and an insert in BEGIN IMMEDIATE on the same engine with the same durability, no application."""
    path, local = str(folder / "plain.db"), threading.local()

    def connect():
        connection = apsw.Connection(path)
        connection.set_busy_timeout(10_000)
        for pragma in ("journal_mode=wal", "synchronous=2"):
            connection.execute(f"PRAGMA {pragma}")
        return connection

    connect().execute(
        "CREATE TABLE counter(n INTEGER); INSERT INTO counter VALUES(0); CREATE TABLE entry(n UNIQUE)"
    )

    def take(_clerk, _turn):
        if not hasattr(local, "connection"):
            local.connection = connect()
        local.connection.execute("BEGIN IMMEDIATE")
        number = local.connection.execute("UPDATE counter SET n = n + 1 RETURNING n").fetchone()[0]
        local.connection.execute("INSERT INTO entry VALUES(?)", (number,))
        local.connection.execute("COMMIT")

    return take


def taking(office):
    """registers.take in a write() of its own."""
    book = registers.of(office.a.id, "copies")
    doc = arrivals.arrive(office)

    def take(_clerk, _turn):
        with db.write():
            registers.take(book, clock.today(), doc)

    return take


def registering(office):
    """The clerk's whole act: state, number, journal, status to the sender."""
    docs = {(c, t): arrivals.consigned(office) for c in range(CLERKS) for t in range(EACH)}
    return lambda number, turn: incoming.register(docs[number, turn], office.lan)


def main() -> None:
    """Measure the three, and check that no number is missing or doubled."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        open_in(folder / "data")
        with db.connection():
            cast.build()
            office = cast.Office()
            office.lan.post.starts_on = None
            acts = {
                "plain SQL": plain(folder),
                "registers.take": taking(office),
                "incoming.register": registering(office),
            }
        figures = {label: at_once(act) for label, act in acts.items()}
        base = figures["plain SQL"]
        rows = [
            (label, rate, table.middle(taken), table.late(taken), base[0] / rate, table.late(taken) / table.late(base[1]),
             str(refused))
            for label, (rate, taken, refused) in figures.items()
        ]  # fmt: skip
        names = ("", "a second", "median ms", "p99 ms", "times slower", "p99 ratio", "refused")
        table.show(f"{CLERKS} clerks at once, {EACH} numbers each", [names, *rows])
        with db.connection():
            for flow in ("copies", "incoming"):
                book = registers.of(office.a.id, flow)
                assert (
                    registers.Entry.select().where(registers.Entry.register == book).count() == CLERKS * EACH
                )
                assert registers.gaps(book, clock.today().year) == []
        print(f"  no gap and no double in {2 * CLERKS * EACH} numbers")


if __name__ == "__main__":
    main()
