"""The register page at 1,000 and at 100,000 documents: it must not slow down with the years."""

import sys
import tempfile
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import office as cast
from conftest import open_in

import app
from bench import table
from models import clock, db, documents, incoming, registers

SMALL, LARGE, PAGES = 1_000, 100_000, 60


def fill(agency, upto: int) -> None:
    """Register documents until the book of this year holds `upto`; each is a copy of a first one, with its own words."""
    model, book, year = documents.Document, registers.of(agency.id, "incoming"), clock.today().year
    have = registers.Entry.select().where(registers.Entry.register == book).count()
    day, now = date(year, 1, 1), clock.now()
    with db.write():
        first = model.create(
            agency=agency, flow="incoming", source="axis", state="completed", created_at=now, arrived_at=now,
            received_at=now, issued_date=day, arrival_date=day, code_notation="UBND-VP", organ_name="Cơ quan mẫu",
            verdict="valid",
        )  # fmt: skip
        own = {
            "arrival_number": "n", "code_number": "n % 900 + 1", "register_id": str(book.id), "register_year": str(year),
            "urgency": "(n % 40 = 0) * 2", "state": "CASE WHEN n % 7 THEN 'completed' ELSE 'registered' END",
            "subject": "'Về việc báo cáo kết quả công tác, số ' || n",
            "folded_subject": "'ve viec bao cao ket qua cong tac, so ' || n",
        }  # fmt: skip
        columns = [field.column_name for field in model._meta.sorted_fields if field.name != "id"]
        series = "WITH RECURSIVE s(n) AS (SELECT ? UNION ALL SELECT n + 1 FROM s WHERE n < ?)"
        db.database.execute_sql(
            f"{series} INSERT INTO document ({', '.join(columns)}) "
            f"SELECT {', '.join(own.get(name, 'd.' + name) for name in columns)} FROM s, document d WHERE d.id = ?",
            (have + 1, upto, first.id),
        )
        db.database.execute_sql(
            "INSERT INTO entry (register_id, year, number, day, document_id, taken_at, void_reason, voided_by) "
            "SELECT register_id, register_year, arrival_number, arrival_date, id, received_at, '', '' FROM document "
            "WHERE arrival_number > ?",
            (have,),
        )
        first.delete_instance()


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
