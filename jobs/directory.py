"""Danh bạ của trục: the three lists are fetched to the disk, then compared with the address book batch by batch.

A round that was cut off goes on where it stood: the fetched rows lie in the spool until it is done.
"""

import hashlib
import json
import logging
from collections.abc import Iterator
from pathlib import Path

from jobs import axis, lines, own_hub, runner
from models import clock, config, errors, exchange_axis, files, outbox
from models import directory as book

log = logging.getLogger("vanthu.directory")
# What speaks first for a code: the list with versions and closed ones, then both codes, then the plain one.
LISTS = (("getSynchronizeUnit", {}), ("getAgenciesListQD20", {"level": "1"}), ("getAgenciesList", {}))
NIGHT = range(1, 5)  # hours in Vietnam


@runner.every(900)
def at_night() -> None:
    """Synchronise once a night, by itself."""
    if exchange_axis.connected() and clock.local(clock.now()).hour in NIGHT and book.ask_nightly():
        runner.wake("directory")


@runner.carries_out("directory")
def synchronise(order) -> None:
    """One round, or the rest of the round that was cut off."""
    row = book.begin()
    if row.state == "comparing" and not _place(row).exists():
        book.failed(row, "Tệp danh bạ đã tải không còn; lần đồng bộ sau tải lại từ đầu.")
        row = book.begin()
    if row.state == "fetching" and not _fetch(row):
        return
    if row.state == "comparing":
        with _place(row).open(encoding="utf-8") as source:
            book.compare(row, source, on_batch=lambda: outbox.extend(order))
    _place(row).unlink(missing_ok=True)


def _place(row) -> Path:
    return files.spool() / f"directory-{row.id}.jsonl"


def _fetch(row) -> bool:
    """The rows of all lists in one file; False when the axis did not give them, and the round says why."""
    digest, total = hashlib.sha256(), 0
    try:
        with _place(row).open("w", encoding="utf-8") as out:
            for one in _rows(_place(row).with_suffix(".reply")):
                line = json.dumps(one, ensure_ascii=False) + "\n"
                digest.update(line.encode())
                out.write(line)
                total += 1
    except axis.LineFault as fault:
        exchange_axis.line_down(str(fault), fault.after)
        return _failed(row, fault)
    except (outbox.Retry, outbox.GiveUp, errors.Refused) as trouble:
        exchange_axis.note_trouble(str(trouble))
        return _failed(row, trouble)
    exchange_axis.note_trouble("")
    book.fetched(row, digest.hexdigest(), total)
    return True


def _failed(row, trouble) -> bool:
    book.failed(row, str(trouble))
    _place(row).unlink(missing_ok=True)
    return False


def _rows(reply: Path) -> Iterator[dict]:
    """Our own hub's agencies where this is one, then the axis's lists; one it does not know is passed over."""
    hub = config.current().hub
    if hub:
        yield from own_hub.OwnHub().agencies()
        if exchange_axis.connected() is None:
            return
    refused = []
    with lines.upper() as client:
        for operation, values in LISTS:
            try:
                yield from client.long_list(operation, values, reply)
            except outbox.GiveUp as trouble:
                log.info("%s: %s", operation, trouble)
                refused.append(trouble)
            finally:
                reply.unlink(missing_ok=True)
    if len(refused) == len(LISTS):
        raise refused[-1]
