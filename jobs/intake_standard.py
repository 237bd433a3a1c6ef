"""The order "examine": what a received scan lacks of the scan standard (Quy chế 10.1; ND30 PL I Phần II.I.2).

Looked at in the sandbox, on the file as it was received; the same words as for a copy (copies_rules).
"""

import json
import sys
from pathlib import Path

from jobs import reading, runner, sandbox
from models import copies_rules, scans

ROOT = Path(__file__).resolve().parents[1]
COMMAND = (sys.executable, "-B", "-m", "signing.copies_pages", "look")
PICTURE = ROOT / "jobs" / "child_picture.py"
SECONDS, MEGABYTES = 60, 1536


@runner.carries_out("examine")
def examine(order) -> None:
    """Look at the scan and write down what it lacks; a file that cannot be looked at lacks nothing we know of."""
    scan = scans.Scan.get_or_none(scans.Scan.id == order.subject_id)
    if scan is None or scan.file is None:
        return
    facts = look(scan.file.path(), scan.file.media_type)
    if facts:
        scans.note_lacks(scan, shortcomings(facts))


def look(path: Path, media_type: str) -> dict | None:
    """signing.copies_pages.Facts of a scan as a dict, a picture's as of a PDF of its pages; None for a broken one."""
    with reading.folder() as box:
        source = path.resolve()
        if media_type != "application/pdf":
            source = box / "in.pdf"
            made = sandbox.run(
                [*sandbox.PYTHON, PICTURE, path.resolve(), source], seconds=SECONDS, megabytes=2048,
                readable=(PICTURE, path.resolve()), writable=box,
            )  # fmt: skip
            if not made.ok or not source.exists():
                return None
        result = sandbox.run(
            [*COMMAND, source], seconds=SECONDS, megabytes=MEGABYTES, readable=(source, ROOT / "signing"),
            environment={"PYTHONPATH": str(ROOT), "PYTHONNOUSERSITE": "1"},
        )  # fmt: skip
    if not result.ok:
        return None
    facts = json.loads(result.stdout.partition(b"\n")[0]).get("facts")
    if facts and media_type != "application/pdf":
        facts["version"] = str(
            copies_rules.LEAST_VERSION
        )  # a picture is no PDF yet; the one we make of it fits
    return facts


def shortcomings(facts: dict) -> tuple[str, ...]:
    """Sentences for the clerk. A file without any page picture is a document from a computer, which is no scan."""
    if len(facts["drawn"]) == facts["pages"]:
        return ()
    return copies_rules.shortcomings(facts)
