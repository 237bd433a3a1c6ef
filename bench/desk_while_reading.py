"""The desk's pages while scans are read by OCR in the background: p95 against the same pages of an idle server (≤ 1.5)."""

import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "jobs")]

import office as cast
from arrivals import arrive
from conftest import open_in
from test_ocr import as_bytes, drawn

import app
from bench import table
from jobs import reading_places, runner
from models import db, files, scans
from models.readings_rows import ReadPage

WAITING, BATCH, ROUNDS = 100, 12, 40
PAGES = ("/incoming/waiting", "/scans", "/incoming")


def asked(browser, pages, until=None) -> dict[str, list[float]]:
    """Milliseconds of each page, asked in turns with a breath between, for ROUNDS rounds or as long as `until` says."""
    taken = {url: [] for url in pages}
    while until() if until else len(taken[pages[0]]) < ROUNDS:
        for url in pages:
            began = time.perf_counter()
            answer = browser.get(url)
            taken[url].append((time.perf_counter() - began) * 1000)
            assert answer.status_code == 200, (url, answer.status_code)
        time.sleep(0.1)
    return taken


def p95(values) -> float:
    """The value that 95 in 100 do not exceed."""
    return sorted(values)[min(len(values) - 1, int(len(values) * 0.95))]


def main():
    """Idle, then with a batch of scans being read by the same process."""
    with tempfile.TemporaryDirectory() as name:
        open_in(Path(name))
        with db.connection():
            cast.build()
            office = cast.Office()
            for _ in range(WAITING):
                arrive(office)
            runner.run_due()
        browser = cast.Browser(app.application(workers=False), "lan")
        asked(browser, PAGES)  # warm
        idle = asked(browser, PAGES)
        with db.connection():
            sheet = as_bytes(drawn(), "PDF", save_all=True, append_images=[drawn()] * (BATCH - 1))
            scan = scans.upload(office.lan, files.store(sheet), "quet.pdf", "application/pdf")
            with db.write():
                scans.order_reading(scan)
        worker = threading.Thread(target=runner.run_due)
        worker.start()
        busy = asked(browser, PAGES, until=worker.is_alive)
        with db.connection():
            read = ReadPage.select().where(ReadPage.state == "read").count()
        reading_places.stop()
    table.show(
        f"The desk with {WAITING} waiting: p95 in milliseconds, idle and while {read} pages are read",
        [("", "idle", "reading", "ratio", "asked")]
        + [
            (url, p95(idle[url]), p95(busy[url]), p95(busy[url]) / p95(idle[url]), len(busy[url]))
            for url in PAGES
        ],
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
