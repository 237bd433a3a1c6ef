"""Prints a table of figures; every figure that matters is a ratio within one run, since machines differ."""

import statistics
import time


def show(title: str, rows: list[tuple]) -> None:
    """Print rows under a title, columns aligned; the first row names them."""
    cells = [[value if isinstance(value, str) else f"{value:,.2f}" for value in row] for row in rows]
    widths = [max(len(row[place]) for row in cells) for place in range(len(cells[0]))]
    print(title)
    for row in cells:
        first, *rest = row
        print(
            "  " + first.ljust(widths[0]),
            *(cell.rjust(width) for cell, width in zip(rest, widths[1:], strict=True)),
            sep="  ",
        )


def milliseconds(function, times: int) -> list[float]:
    """How long each of `times` calls took, sorted, in milliseconds."""
    taken = []
    for _ in range(times):
        before = time.perf_counter()
        function()
        taken.append((time.perf_counter() - before) * 1000)
    return sorted(taken)


def middle(values) -> float:
    """The median."""
    return statistics.median(values)


def late(values) -> float:
    """The 99th percentile."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]
