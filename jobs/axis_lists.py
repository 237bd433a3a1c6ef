"""A long list of an axis, read from the disk row by row: memory stays flat, whether it names ten agencies or a million."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

from jobs import axis_replies
from jobs.axis_replies import SAFE, LineFault

CHUNK = 1 << 18  # characters
_START = re.compile(r'"data"\s*:\s*\[')
_GAP = re.compile(r"[\s,]*")
_decoder = json.JSONDecoder()


def rows(answer: Path) -> Iterator[dict]:
    """The rows of a list reply. What comes before a fault counts for nothing: raises LineFault, Retry or GiveUp."""
    with answer.open(encoding="utf-8-sig", errors="replace") as source:
        head = source.read(CHUNK)
        found = _START.search(head)
        if found is None:
            axis_replies.judged(axis_replies.Whole, head.encode())
            return
        rest = yield from _rows(source, head[found.end() :])
        tail = rest + source.read(CHUNK)
    axis_replies.judged(axis_replies.Whole, f'{head[: found.start()]}"data":[]{tail}'.encode())


def _rows(source, held):
    """Yields the rows; returns what follows the list."""
    place = 0
    while True:
        place = _GAP.match(held, place).end()
        if held[place : place + 1] == "]":
            return held[place + 1 :]
        try:
            row, place = _decoder.raw_decode(held, place)
        except json.JSONDecodeError:
            more = source.read(CHUNK)
            if not more:
                raise LineFault("Danh sách của trục bị cắt giữa chừng." + SAFE) from None
            held, place = held[place:] + more, 0
            continue
        if isinstance(row, dict):
            yield row
