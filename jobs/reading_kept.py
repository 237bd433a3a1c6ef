"""What was read of a page is kept until its letter is registered: page operations have only the changed pages read anew.

A page is known by the received file it came from, its number there and its turn (sheets.py), never by its place.
"""

import contextlib
import json
import os

from jobs.reading_places import Page
from models import previews, scans
from models.readings_rows import Reading

ENDINGS = ("pdf", "json")


def keep(row: Reading, number: int) -> None:
    """Lay aside what was just read of a scan's page; never a reason to fail."""
    place = _place(row, number)
    if place is None:
        return
    for ending in ENDINGS:
        kept = previews.read_page(*place, ending)
        with contextlib.suppress(OSError):  # kept already, or the content was recalled meanwhile
            kept.parent.mkdir(parents=True, exist_ok=True)
            os.link(row.page_file(number, ending), kept)


def found(row: Reading, number: int) -> Page | None:
    """What was read of this page when it stood elsewhere, or before others were turned; None when it must be read."""
    place = _place(row, number)
    if place is None:
        return None
    try:
        pdf, said = (previews.read_page(*place, ending).read_bytes() for ending in ENDINGS)
    except (FileNotFoundError, NotADirectoryError):
        return None
    words = json.loads(said) | {"number": number, "of": row.pages_total}
    return Page("", pdf, words)


def _place(row, number):
    """(content, page, turn) of a page of a scan that still waits for the clerk."""
    scan = scans.Scan.get_by_id(row.scan_id) if row.scan_id else None
    if scan is None or scan.state not in scans.OPEN:
        return None
    pages = scans.sources(scan)
    if number > len(pages) or not pages[number - 1][0]:
        return None
    sha256, sheet = pages[number - 1]
    return sha256, sheet.page, sheet.turn
