"""The order "separate": look at a received file for separator sheets and blank pages, cut it, then have it read.

Looking and cutting happen in the sandbox; what came of it is written in one transaction, so that a server killed at any
moment does it again from the beginning and nothing is lost or there twice.
"""

import json
import threading

from jobs import arrange, reading, runner, sandbox
from models import batches, errors, files, outbox, scans, sheets

LEAST_SECONDS, SECONDS_A_PAGE = 30, 0.5
MOST_KILLS = 3
_turn = threading.Lock()  # one batch at a time: the other worker goes on with letters to be sent


def _gave_up(order, _reason):
    scan = scans.Scan.get_or_none(scans.Scan.id == order.subject_id)
    if scan:
        batches.keep_whole(scan)


@runner.carries_out("separate", gave_up=_gave_up)
def separate(order: outbox.Order) -> None:
    """Carry out an order "separate"; a file that cannot be looked at goes on to the reading, which says why."""
    scan = scans.Scan.get_or_none(scans.Scan.id == order.subject_id)
    if scan is None or scan.state != "waiting" or scan.file is None:
        return
    if order.attempts > MOST_KILLS:
        batches.keep_whole(scan)
        return
    if not _turn.acquire(blocking=False):
        raise outbox.Retry("Đang tách một lô khác.", after=2, counts=False)
    try:
        with reading.folder() as box:
            _separate(order, scan, box)
    finally:
        _turn.release()


def _separate(order, scan, box):
    try:
        source = arrange.as_pdf(scan.file, box)
    except errors.Invalid:
        batches.keep_whole(scan)
        return
    seen, total, signed = look(source, lambda: outbox.keep(order, outbox.LEASE / 2))
    if len(seen) < total or not seen:
        batches.keep_whole(scan, total, arrange.SIGNED_WORDS if signed else "")
        return
    found = batches.plan(seen, scan.agency_id)
    if found.changes_nothing:
        batches.keep_whole(scan, total)
        return
    if not found.pieces:
        batches.nothing_in_it(scan, found, total)
        return
    made = arrange.make(box, [[sheets.Sheet(page) for page in piece.pages] for piece in found.pieces], scan)
    stored = [files.store(path) for path in made]
    if len(stored) == 1:
        batches.leave_out(scan, found, total, stored[0])
    else:
        batches.divide(scan, found, total, stored)


def look(path, alive=None) -> tuple[list[batches.Page], int, bool]:
    """(what is on each page, number of pages, signed by somebody); fewer pages when the file cannot be read whole.

    `alive` is called after each page.
    """
    told = []

    def hear(line):
        told.append(json.loads(line))
        if alive:
            alive()

    result = sandbox.run(
        [*sandbox.PYTHON, arrange.CHILD, "look", path, batches.MOST_PAGES],
        seconds=LEAST_SECONDS + SECONDS_A_PAGE * batches.MOST_PAGES, megabytes=1024, readable=(arrange.CHILD, path),
        progress=hear,
    )  # fmt: skip
    total = told[0]["of"] if told else 0
    if not result.ok or not told or "signed" in told[0]:
        return [], total, bool(told) and "signed" in told[0]
    return [batches.Page(one["page"], tuple(one["codes"]), one["blank"]) for one in told], total, False
