"""Bảng tải về: rows as a CSV file that a spreadsheet opens rightly, and in which no cell is ever a formula (goal W6)."""

import csv as writer
import io

from starlette.responses import Response

from views.files import disposition

STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%")


def csv(name: str, head: list[str], rows) -> Response:
    """Answer with a CSV file in UTF-8 with its mark; `name` is the file name with its ending."""
    out = io.StringIO()
    sheet = writer.writer(out, lineterminator="\r\n")
    for row in [head, *rows]:
        sheet.writerow([neutral(cell) for cell in row])
    headers = {"Content-Disposition": disposition(name), "Cache-Control": "no-store"}
    return Response("\ufeff" + out.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)


def neutral(cell) -> str:
    """The cell as plain words: what a spreadsheet could take for a formula gets an apostrophe before it."""
    words = "" if cell is None else str(cell)
    return (
        f"'{words}" if words.lstrip(" \u00a0\ufeff").startswith(STARTS) or words.startswith(STARTS) else words
    )
