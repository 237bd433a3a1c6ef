"""The register page at 1,000 and at 100,000 documents: it must not slow down with the years."""

import sys
import tempfile
from datetime import date, timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import office as cast
from conftest import open_in

import app
from bench import table
from models import clock, db, documents, incoming, registers

SMALL, LARGE, PAGES = 1_000, 100_000, 60
ROWS_AT_ONCE = 400


def fill(agency, upto: int) -> None:
    """Register documents until the book of this year holds `upto`."""
    model, book, year = documents.Document, registers.of(agency.id, "incoming"), clock.today().year
    have = registers.Entry.select().where(registers.Entry.register == book).count()
    day, now = date(year, 1, 1), clock.now()
    with db.write():
        for start in range(have, upto, ROWS_AT_ONCE):
            numbers = range(start + 1, min(start + ROWS_AT_ONCE, upto) + 1)
            ids = model.insert_many([_row(agency, book, year, day, now, n) for n in numbers]).execute()
            first = ids if isinstance(ids, int) else None
            last = first or model.select(db.fn.MAX(model.id)).scalar()
            registers.Entry.insert_many(
                [
                    {"register": book, "year": year, "number": n, "day": day, "document_id": last - numbers[-1] + n,
                     "taken_at": now}
                    for n in numbers
                ]
            ).execute()  # fmt: skip


def _row(agency, book, year, day, now, number) -> dict:
    return {
        "agency": agency, "flow": "incoming", "source": "axis", "state": "completed" if number % 7 else "registered",
        "code_number": str(number % 900 + 1), "code_notation": "UBND-VP", "issued_date": day, "created_at": now,
        "arrival_number": number, "arrival_date": day + timedelta(days=number % 300), "arrived_at": now,
        "received_at": now, "register_id": book.id, "register_year": year, "verdict": "valid",
        "organ_name": f"Cơ quan mẫu {number % 40}", "subject": f"Về việc báo cáo kết quả công tác tháng, số {number}",
        "folded_subject": f"ve viec bao cao ket qua cong tac thang, so {number}", "urgency": number % 4 == 0,
    }  # fmt: skip


def measure(browser, middle_number) -> dict[str, float]:
    """Median milliseconds of the newest page, a page in the middle, and the query alone."""
    addresses = {"newest page": "/incoming", "page in the middle": f"/incoming?before={middle_number}"}
    found = {}
    for name, url in addresses.items():
        answer = browser.get(url)
        assert answer.status_code == 200, (url, answer.status_code)
        found[name] = table.middle(table.milliseconds(lambda url=url: browser.get(url), PAGES))
    return found


def main() -> None:
    """Fill, measure, fill more, measure again."""
    with tempfile.TemporaryDirectory() as folder:
        open_in(Path(folder))
        with db.connection():
            cast.build()
            office = cast.Office()
        browser = cast.Browser(app.application(workers=False), "lan")
        figures = {}
        for count in (SMALL, LARGE):
            with db.connection():
                fill(office.a, count)
                query = table.milliseconds(lambda: incoming.book(office.lan, clock.today().year), PAGES)
            figures[count] = measure(browser, count // 2) | {"query alone": table.middle(query)}
        rows = [(name, figures[SMALL][name], figures[LARGE][name], figures[LARGE][name] / figures[SMALL][name])
                for name in figures[SMALL]]  # fmt: skip
        table.show("Register page, median milliseconds", [("", "1,000", "100,000", "ratio"), *rows])
        db.database.close()


if __name__ == "__main__":
    main()
