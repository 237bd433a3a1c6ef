"""OCR of 20 mixed pages: through the queue, from the upload to the proposed fields, against plain ocrmypdf on the same pages.

Plain means one run of ocrmypdf with the same options over the whole file, once without and once with our plugin.

bench/ocr.py [SHARE]   of the 20 pages only this share is read: 0.5 for ten
"""

import io
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pikepdf

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "jobs")]

import office as cast
from conftest import open_in
from test_ocr import DPI, drawn

from bench import table
from jobs import reading_pages, reading_places, render, runner
from models import db, files, scans, seed_letters

PLUGIN = ["--plugin", str(reading_pages.PLUGIN)]
SCANNED, TURNED, PRINTED = 12, (90, 180), 6
BODY = ("Rà soát kế hoạch năm 2025 của các xã.",) * 8


def pages_of_a_morning(folder, share: float) -> tuple[Path, int]:
    """(one file, its pages): 20 at a share of 1, scans, two of them turned, and pages with a text of their own."""
    sheets = [drawn("KHẨN" if n % 4 == 0 else "", "red") for n in range(round(SCANNED * share))]
    sheets += [drawn().rotate(turn, expand=True) for turn in TURNED]
    held = io.BytesIO()
    sheets[0].save(held, "PDF", save_all=True, append_images=sheets[1:], resolution=DPI)
    letter = seed_letters.Letter("Sở Mẫu", "SM-VP", "Minh Sơn", "thử", BODY, "Giám đốc", "Người Mẫu")
    path = folder / "quet.pdf"
    with (
        pikepdf.open(io.BytesIO(held.getvalue())) as scanned,
        pikepdf.open(io.BytesIO(render.to_pdf(seed_letters.docx(letter), "docx"))) as printed,
    ):
        for _ in range(round(PRINTED * share)):
            scanned.pages.append(printed.pages[0])
        scanned.save(path)
        return path, len(scanned.pages)


def measured(function) -> float:
    """Seconds of a call, the start of its children included."""
    began = time.monotonic()
    function()
    taken = time.monotonic() - began
    reading_places.stop()
    return taken


def plain(path, target, options) -> None:
    """ocrmypdf by itself, as many pages at a time as we read."""
    command = [sys.executable, "-m", "ocrmypdf", "-q", "--mode", "redo", *options]
    subprocess.run(
        [*command, "--jobs", str(reading_pages.workers()), path, target], check=True, capture_output=True
    )


def ours(actor, path) -> None:
    """Through the queue: what a clerk waits for."""
    with db.connection():
        scan = scans.upload(actor, files.store(path), path.name, "application/pdf")
        while runner.run_due():
            pass
        assert scans.Scan.get_by_id(scan.id).state == "read"


def main():
    """Print seconds a page and the ratios."""
    share = float(sys.argv[1]) if len(sys.argv) > 1 else 1.0
    bare = [word for word in reading_pages.OPTIONS if word not in PLUGIN]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        open_in(folder / "data")
        with db.connection():
            cast.build()
            office = cast.Office()
            path, total = pages_of_a_morning(folder, share)
        rows = [
            ("ocrmypdf", measured(lambda: plain(path, folder / "1.pdf", bare))),
            ("ocrmypdf + plugin", measured(lambda: plain(path, folder / "2.pdf", reading_pages.OPTIONS))),
            ("the queue, with fields", measured(lambda: ours(office.lan, path))),
        ]
    first = rows[0][1]
    table.show(
        f"OCR of {total} mixed pages (some with a text of their own), {reading_pages.workers()} at a time",
        [("", "s/page", "ratio")] + [(label, seconds / total, seconds / first) for label, seconds in rows],
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
