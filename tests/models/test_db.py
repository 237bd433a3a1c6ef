"""The one door to writing: nesting joins, a failure undoes all, nothing is written outside (house 2.8)."""

import threading
from datetime import date

import apsw
import pytest
from peewee import Model, ModelSelect

from models import agencies, clock, db, journal, tables


def count() -> int:
    return agencies.Agency.select().count()


def add(name="Cơ quan thử"):
    return agencies.Agency.create(name=name, folded_name=name.lower())


def test_a_row_outside_write_is_refused(data):
    with pytest.raises(RuntimeError, match="outside write"):
        add()
    assert count() == 0


def test_an_inner_write_joins_the_outer(data):
    with pytest.raises(ZeroDivisionError), db.write():
        add("ngoài")
        with db.write():
            add("trong")
        raise ZeroDivisionError
    assert count() == 0


def test_the_outermost_write_is_immediate(data):
    """A second writer waits instead of failing half-way (BUSY_SNAPSHOT)."""
    order, inside = [], threading.Event()

    def other():
        with db.connection(), db.write():
            order.append("second")
        db.database.close()

    with db.write():
        thread = threading.Thread(target=other)
        thread.start()
        inside.wait(0.2)
        count()
        add()
        order.append("first")
    thread.join()
    assert order == ["first", "second"]


def test_after_commit_runs_once_and_not_after_a_rollback(data):
    rung = []
    with db.write():
        with db.write():
            db.after_commit(lambda: rung.append(count()))
            add()
        assert rung == []
    assert rung == [1]
    with pytest.raises(ZeroDivisionError), db.write():
        db.after_commit(lambda: rung.append("no"))
        raise ZeroDivisionError
    assert rung == [1]


def test_set_saves_the_named_fields_only(data):
    with db.write():
        row = add()
    other = agencies.Agency.get_by_id(row.id)
    with db.write():
        other.set(place="Nơi mới")
        row.set(email="moi@mau.example")
    kept = agencies.Agency.get_by_id(row.id)
    assert (kept.place, kept.email) == ("Nơi mới", "moi@mau.example")


def test_a_moment_is_kept_in_utc_and_comes_back_aware(office):
    with clock.freeze("2026-03-02 16:59"), db.write():
        office.lan.person.set(locked_until=clock.now())
    raw = db.database.execute_sql("SELECT locked_until FROM person WHERE login = 'lan'").fetchone()[0]
    assert raw == "2026-03-02T09:59:00.000000Z"


def test_power_cut_settings(data):
    """What is acknowledged survives: WAL, synchronous FULL, foreign keys on, deleted words are overwritten."""
    for pragma, wanted in (
        ("journal_mode", "wal"),
        ("synchronous", 2),
        ("foreign_keys", 1),
        ("secure_delete", 1),
    ):
        assert db.database.execute_sql(f"PRAGMA {pragma}").fetchone()[0] == wanted


def test_an_engine_with_the_wal_fault_is_refused(data, monkeypatch, tmp_path):
    monkeypatch.setattr(apsw, "sqlite_lib_version", lambda: "3.40.1")
    with pytest.raises(db.UnsafeEngine, match="3.40.1"):
        db.open_database(tmp_path / "x.db")


def test_a_row_needs_the_rows_it_names(data):
    with pytest.raises(db.IntegrityError), db.write():
        agencies.Unit.create(agency=4711, name="Mồ côi")


def test_what_is_done_after_a_commit_may_write_itself(data):
    seen = []

    def later():
        with db.write():
            seen.append(journal.record("sau").verb)

    with db.write():
        journal.record("truoc")
        db.after_commit(later)
    assert seen == ["sau"]


def test_writers_come_in_the_order_of_their_asking():
    """Sixty clerks register at once: nobody is passed by those who came later."""
    turn, served, threads = db.Turn(), [], []

    def write(number):
        with turn:
            served.append(number)

    with turn:
        for number in range(20):
            threads.append(threading.Thread(target=write, args=(number,)))
            threads[-1].start()
            while len(turn._waiting) <= number:
                threading.Event().wait(0.001)
    for thread in threads:
        thread.join(10)
    assert served == list(range(20))


def test_columns_put_into_words_once_are_the_same_words(data):
    for table in tables.all_tables():
        plain = ModelSelect(table, table._meta.sorted_fields, is_default=True)
        for _ in range(2):
            assert table.select().sql() == plain.sql()
    rows = journal.Event.select()
    assert (rows | rows).sql()[0].count('"t2"."verb"') == 1  # another name for the second half


# ---- what is said without composing ------------------------------------------------------------------------------


def test_the_short_ways_do_what_peewee_does(data):
    values = {"name": "Sở Mẫu", "folded_name": "so mau", "hosted": True, "closed_on": date(2026, 3, 2)}
    with db.write():
        short = agencies.Agency.create(**values)
        plain = agencies.Agency(**values)
        Model.save(plain, force_insert=True)
        parent = agencies.Agency.create(name="Trên", folded_name="tren")
        short.set(parent=parent, short_name="SM", closed_on=None)
        plain.parent, plain.short_name, plain.closed_on = parent, "SM", None
        Model.save(
            plain, only=[agencies.Agency.parent, agencies.Agency.short_name, agencies.Agency.closed_on]
        )
    one, other = (agencies.Agency.get_by_id(row.id) for row in (short, plain))
    composed = agencies.Agency.select().where(agencies.Agency.id == short.id).first()
    assert one.__data__ == composed.__data__ and not one.is_dirty()
    assert other.__data__ | {"id": one.id} == one.__data__
    assert one.parent.name == "Trên" and short.id and not short.is_dirty()


def test_the_short_ways_leave_what_is_not_plain_to_peewee(data):
    with db.write():
        one = add("Một")
        one.set(short_name=agencies.Agency.name)  # an expression
    assert agencies.Agency.get_by_id(one.id).short_name == "Một"
    assert agencies.Agency.get_or_none(agencies.Agency.hosted == True) is None
    assert agencies.Agency.get_or_none(agencies.Agency.name == "Không có") is None
    with pytest.raises(agencies.Agency.DoesNotExist, match="id = 99"):
        agencies.Agency.get_by_id(99)
    with pytest.raises(db.IntegrityError), db.write():
        agencies.AgencyCode.create(agency=99, code="H1", scheme="other", valid_from=date(2026, 1, 1))


def test_every_table_reads_a_row_as_peewee_does(office):
    compared = 0
    for table in tables.all_tables():
        composed = table.select().first()
        if composed is not None and table._meta.auto_increment:
            assert table.get_by_id(composed._pk).__data__ == composed.__data__
            compared += 1
    assert compared > 5
