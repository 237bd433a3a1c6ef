"""Thứ tự trang của một bản quét: which received pages a letter is made of, in what order and how turned; pure.

A list lies in a row as JSON: [page, turn] for a page of the scan's own received file, [page, turn, scan] for one of
another scan's; a fourth item says why a page was left out. Pages count from 1, turns are degrees clockwise.
"""

import json
from dataclasses import dataclass, replace

BLANK, SEPARATOR, REMOVED = "blank", "separator", "removed"
REASONS = {BLANK: "trang trắng", SEPARATOR: "tờ ngăn", REMOVED: "đã bỏ"}


@dataclass(frozen=True)
class Sheet:
    """One page of a received file, turned; `scan` None = of the scan's own file; `why` it was left out, if it was."""

    page: int
    turn: int = 0
    scan: int | None = None
    why: str = ""

    @property
    def key(self) -> str:
        """Names the received page, however it is turned: «12-3» is page 3 of scan 12's file, «0-3» of the own one."""
        return f"{self.scan or 0}-{self.page}"


def parse(said: str) -> list[Sheet]:
    """The list that lies in a row."""
    return [Sheet(*row) for row in json.loads(said or "[]")]


def dump(sheets) -> str:
    """The list as it lies in a row."""
    rows = []
    for sheet in sheets:
        row = [sheet.page, sheet.turn, sheet.scan, sheet.why]
        rows.append(row if sheet.why else row[:3] if sheet.scan else row[:2])
    return json.dumps(rows)


def as_received(total: int, scan: int | None = None) -> list[Sheet]:
    """All pages of a file in the order they came."""
    return [Sheet(page, 0, scan) for page in range(1, total + 1)]


def turned(sheets, places, by: int) -> list[Sheet]:
    """The pages at these places (from 1) turned by so many degrees clockwise."""
    return [
        replace(sheet, turn=(sheet.turn + by) % 360) if place in places else sheet
        for place, sheet in enumerate(sheets, 1)
    ]


def moved(sheets, places, before: int) -> list[Sheet]:
    """The pages at these places put, in their order, before the page that stands at `before` (one past the end: last)."""
    taken = [sheet for place, sheet in enumerate(sheets, 1) if place in places]
    head = [sheet for place, sheet in enumerate(sheets, 1) if place not in places and place < before]
    tail = [sheet for place, sheet in enumerate(sheets, 1) if place not in places and place >= before]
    return head + taken + tail


def put_back(sheets, sheet: Sheet) -> list[Sheet]:
    """A left-out page among the others, where it came from: after the last page of its file that stands before it."""
    place = max(
        (
            place
            for place, other in enumerate(sheets, 1)
            if other.scan == sheet.scan and other.page < sheet.page
        ),
        default=0,
    )
    return [*sheets[:place], replace(sheet, why=""), *sheets[place:]]


def ranges(pages) -> str:
    """«1–3, 7» for page numbers."""
    pages, parts = sorted(set(pages)), []
    for page in pages:
        if parts and page == parts[-1][1] + 1:
            parts[-1][1] = page
        else:
            parts.append([page, page])
    return ", ".join(f"{first}–{last}" if last > first else f"{first}" for first, last in parts)
