"""Cutting of a batch: a duplex pile of 100 sheets at 200 dpi, against drawing and splitting the same pages without us.

Reference in the same run: pypdfium2 draws each page at the same size and pikepdf writes the same pieces, no sandbox, no
looking for codes or emptiness. The memory of the child is told for 100 and for 300 pages: it must not grow with them.
"""

import io
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import pikepdf
import pypdfium2
import sheets_drawn as drawn
from conftest import open_in

from bench import table
from jobs import arrange, child_sheets, reading, sandbox, separate
from models import batches, sheets

PEAK = "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL); " \
    "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"  # fmt: skip
AGENCY, LETTERS = 1, 20  # each: its sheet and the blank back of it, two written pages, a blank one


def pile(times: int) -> bytes:
    """A scanner's file of so many times 100 pages, each a picture of its own."""
    back = drawn.noisy(drawn.blank(), 12).convert("RGB")
    five = (drawn.separator(AGENCY, 2), back, drawn.page(), drawn.page(28), back)
    one = pikepdf.open(io.BytesIO(drawn.pile(*five)))
    made, held = pikepdf.new(), io.BytesIO()
    for _ in range(LETTERS * times):
        with pikepdf.open(io.BytesIO(drawn_bytes(one))) as again:
            made.pages.extend(again.pages)
    made.save(held)
    return held.getvalue()


def drawn_bytes(document) -> bytes:
    held = io.BytesIO()
    document.save(held)
    return held.getvalue()


def plain(path, pieces) -> float:
    """Seconds of drawing every page and writing every piece, nothing else."""
    began = time.monotonic()
    document = pypdfium2.PdfDocument(path)
    for page in document:
        page.render(scale=child_sheets.DPI / 72).to_pil().convert("RGB")
        page.close()
    with pikepdf.open(path) as source:
        for pages in pieces:
            with pikepdf.new() as made:
                made.pages.extend(source.pages[number - 1] for number in pages)
                made.save(io.BytesIO())
    return time.monotonic() - began


def ours(path) -> tuple[float, float, batches.Plan]:
    """(seconds of looking, seconds of writing the pieces, how it is cut), in the sandbox."""
    began = time.monotonic()
    seen, total, _ = separate.look(path)
    assert len(seen) == total
    found = batches.plan(seen, AGENCY)
    looked = time.monotonic() - began
    began = time.monotonic()
    with reading.folder() as box:
        arrange.put_together(
            box, [path], [[(0, sheets.Sheet(page)) for page in piece.pages] for piece in found.pieces]
        )
    return looked, time.monotonic() - began, found


def memory(path) -> float:
    """Megabytes the looking child needs at most; pdfium holds the file itself too."""
    command = [
        sys.executable,
        "-c",
        PEAK,
        *sandbox.PYTHON,
        arrange.CHILD,
        "look",
        path,
        str(batches.MOST_PAGES),
    ]
    return int(subprocess.run(command, check=True, capture_output=True).stdout) / 1024


def main():
    """Print seconds, the ratio, and the memory."""
    with tempfile.TemporaryDirectory() as folder:
        open_in(Path(folder) / "data")
        rows = [
            (
                "pages",
                "ours, s",
                "looking",
                "writing",
                "plain, s",
                "ratio",
                "letters",
                "child, MB",
                "file, MB",
            )
        ]
        for times in (1, 3):
            path = Path(folder) / f"{times}.pdf"
            path.write_bytes(pile(times))
            looked, wrote, found = ours(path)
            reference = plain(path, [piece.pages for piece in found.pieces])
            assert len(found.pieces) == LETTERS * times, len(found.pieces)
            assert all(len(piece.pages) == 2 for piece in found.pieces)
            rows.append((
                str(100 * times), looked + wrote, looked, wrote, reference, (looked + wrote) / reference,
                str(len(found.pieces)), f"{memory(path):.0f}", path.stat().st_size / 1e6,
            ))  # fmt: skip
        table.show("Batches: cut at separator sheets, blank pages left out", rows)


if __name__ == "__main__":
    main()
