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
from models import clock, db, documents, incoming_book, registers

SMALL, LARGE, PAGES = 1_000, 100_000, 60


def fill(agency, upto: int) -> None:
    """Fill the empty book of this year with `upto` documents; each is a copy of a first one, with its own words."""
    model, book, year = documents.Document, registers.of(agency.id, "incoming"), clock.today().year
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
            (1, upto, first.id),
        )
        db.database.execute_sql(
            "INSERT INTO entry (register_id, year, number, day, document_id, taken_at, void_reason, voided_by) "
            "SELECT register_id, register_year, arrival_number, arrival_date, id, received_at, '', '' FROM document "
            "WHERE register_id = ?",
            (book.id,),
        )
        first.delete_instance()


def measure(acts: dict) -> dict[str, float]:
    """Median milliseconds of each act, taken in turns so that what else the machine does weighs on all alike."""
    taken = {name: [] for name in acts}
    for _ in range(PAGES):
        for name, act in acts.items():
            taken[name] += table.milliseconds(act, 1)
    return {name: table.middle(values) for name, values in taken.items()}


def page(browser, url):
    """The act of opening a page."""

    def act():
        answer = browser.get(url)
        assert answer.status_code == 200, (url, answer.status_code)

    return act


def main() -> None:
    """A small and a large agency in one installation; each reads its own book."""
    with tempfile.TemporaryDirectory() as folder:
        open_in(Path(folder))
        with db.connection():
            cast.build()
            office = cast.Office()
            fill(office.a, SMALL)
            fill(office.b, LARGE)
        application = app.application(workers=False)
        readers = ((SMALL, office.lan, "lan"), (LARGE, office.mai, "mai"))
        acts = {}
        for count, actor, login in readers:
            browser = cast.Browser(application, login)
            acts["newest page", count] = page(browser, "/incoming")
            acts["page in the middle", count] = page(browser, f"/incoming?before={count // 2}")
            acts["query alone", count] = lambda actor=actor: incoming_book.book(actor, clock.today().year)
        with db.connection():
            figures = measure(acts)
        names = dict.fromkeys(name for name, _ in acts)
        rows = [(name, figures[name, SMALL], figures[name, LARGE], figures[name, LARGE] / figures[name, SMALL])
                for name in names]  # fmt: skip
        table.show("Register page, median milliseconds", [("", f"{SMALL:,}", f"{LARGE:,}", "ratio"), *rows])
        db.database.close()


if __name__ == "__main__":
    main()
