"""The register page at 1,000 and at 100,000 documents: it must not slow down with the years; its filters at 20,000, and how
the engine looks for each."""

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
from models import clock, db, documents, incoming_book, registers, senders

SMALL, LARGE, PAGES = 1_000, 100_000, 60
MIDDLE, TURNS = 20_000, 20
FILTERS = {
    "newest page": "", "words": "?q=bao+cao", "a number": "?q=1234", "a sender": "?sender=co+quan+mau+7", "urgent": "?urgency=2",
    "a month": "?from=01/03/{year}&to=31/03/{year}", "a type": "?type=GM", "registered only": "?tab=registered", "late": "?tab=late",
    "void": "?tab=void", "all at once": "?q=bao+cao&sender=co+quan+mau&urgency=1&from=01/02/{year}",
}  # fmt: skip


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
        _senders(agency)
        own = _own(agency, book, year, upto)
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
        db.database.execute_sql(
            "INSERT INTO document_words(rowid, words) SELECT id, 'coquan' || agency_id || ' ' || folded_subject FROM document "
            "WHERE register_id = ?", (book.id,)
        )  # fmt: skip
        db.database.execute_sql(
            "UPDATE entry SET voided_at = taken_at, void_reason = 'x' WHERE register_id = ? AND number % 997 = 0",
            (book.id,),
        )
    db.tune()


def _own(agency, book, year, upto) -> dict:
    return {
        "arrival_number": "n", "code_number": "n % 900 + 1", "register_id": str(book.id), "register_year": str(year),
        "urgency": "(n % 40 = 0) * 2", "organ_name": "'Cơ quan mẫu ' || (n % 50)", "type_code": "CASE n % 20 WHEN 0 THEN 'GM' ELSE 'CV' END",
        "sender_id": f"(SELECT id FROM sender WHERE agency_id = {agency.id} AND key = 'co quan mau ' || (n % 50))",
        "arrival_date": f"date('{year}-01-01', '+' || (n * 360 / {upto}) || ' days')", "due_date": f"'{year}-01-02'", "state": "CASE WHEN n % 7 THEN 'completed' ELSE 'registered' END",
        "subject": "'Về việc báo cáo kết quả công tác, số ' || n",
        "folded_subject": "'ve viec bao cao ket qua cong tac, so ' || n",
    }  # fmt: skip


def _senders(agency) -> None:
    rows = [
        {"agency": agency, "name": f"Cơ quan mẫu {n}", "key": f"co quan mau {n}", "uses": 9, "made_at": clock.now(),
         "last_used_at": clock.now(), "search_words": senders.words_of(agency.id, f"Cơ quan mẫu {n}")}
        for n in range(50)
    ]  # fmt: skip
    senders.Sender.insert_many(rows).execute()


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


def plans(actor, year) -> list[tuple]:
    """How each filter is looked for, in the engine's words."""
    day = date(year, 3, 1)
    asked = {
        "newest page": {}, "words": {"words": "bao cao"}, "a sender": {"sender": "co quan mau 7"}, "urgent": {"urgency": 2},
        "a month": {"since": day}, "registered only": {"tab": "registered"}, "late": {"tab": "late"}, "void": {"tab": "void"},
    }  # fmt: skip
    found = []
    for name, values in asked.items():
        query = (
            incoming_book.choose(actor, incoming_book.Filter(year, **values))
            .order_by(registers.Entry.number.desc())
            .limit(51)
        )
        sql, params = query.sql()
        rows = db.database.execute_sql(f"EXPLAIN QUERY PLAN {sql}", params).fetchall()
        found.append((name, "; ".join(row[3] for row in rows)))
    return found


def filters(office, application) -> None:
    """20,000 lines of one year, each filter beside the plain newest page."""
    year, browser = clock.today().year, cast.Browser(application, "mai")
    acts = {name: page(browser, "/incoming" + query.format(year=year)) for name, query in FILTERS.items()}
    taken = {name: [] for name in acts}
    for _ in range(TURNS):
        for name, act in acts.items():
            taken[name] += table.milliseconds(act, 1)
    plain = table.middle(taken["newest page"])
    rows = [
        (name, table.middle(values), table.late(values), table.middle(values) / plain)
        for name, values in taken.items()
    ]
    table.show(
        f"Filters over {MIDDLE:,} lines, milliseconds a page",
        [("", "median", "p99", "to the newest page"), *rows],
    )
    with db.connection():
        for name, words in plans(office.mai, year):
            print(f"  {name}: {words}")


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


def filtered() -> None:
    """The filters in an installation of their own."""
    with tempfile.TemporaryDirectory() as folder:
        open_in(Path(folder))
        with db.connection():
            cast.build()
            office = cast.Office()
            fill(office.b, MIDDLE)
        filters(office, app.application(workers=False))
        db.database.close()


if __name__ == "__main__":
    main()
    filtered()
