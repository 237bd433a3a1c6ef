"""The journal's promise: a changed, removed or inserted line is found and its place named (goals L2, L4, L5)."""

import pytest

from models import db, journal


@pytest.fixture
def chain(office):
    with db.write():
        for number in range(8):
            journal.record("act", office.lan, office.a, note=f"việc {number}", data={"n": number})
    return [event.id for event in journal.Event.select().order_by(journal.Event.id)]


def sql(text, *values):
    with db.write():
        db.database.execute_sql(text, values)


def test_a_chain_is_whole_as_written(chain):
    assert journal.verify() == []


@pytest.mark.parametrize(
    "column", ["at", "verb", "agency_id", "person_id", "who", "subject_kind", "subject_id", "from_state", "to_state", "note", "data"]
)  # fmt: skip
def test_an_edit_of_any_column_is_named(chain, column):
    sql(f"UPDATE event SET {column} = '9' WHERE id = ?", chain[4])
    assert journal.verify() == [f"Nhật ký dòng {chain[4]}: nội dung đã bị sửa."]


@pytest.mark.parametrize("place", [0, 4])
def test_a_removed_line_is_named_by_the_line_after_it(chain, place):
    sql("DELETE FROM event WHERE id = ?", chain[place])
    found = journal.verify()
    assert len(found) == 1 and f"dòng {chain[place + 1]}:" in found[0] and "xóa" in found[0]


def test_a_cut_end_is_found_with_a_head_noted_before(chain):
    number, hashed = journal.head()
    sql("DELETE FROM event WHERE id = ?", chain[-1])
    assert journal.verify() == []
    assert f"mất dòng {number}" in journal.verify({number: hashed})[0]


def test_an_inserted_line_is_named(chain):
    sql("UPDATE event SET id = id + 100 WHERE id > ?", chain[4])
    sql(
        "INSERT INTO event (id, at, verb, who, subject_kind, from_state, to_state, note, data, previous, hash) "
        "SELECT id + 1, at, verb, who, subject_kind, from_state, to_state, 'chèn', data, hash, 'x' FROM event WHERE id = ?",
        chain[4],
    )  # fmt: skip
    found = journal.verify()
    assert any(f"dòng {chain[4] + 1}:" in words for words in found)


def test_swapped_lines_are_named(chain):
    first, second = chain[3], chain[4]
    sql("UPDATE event SET id = 9999 WHERE id = ?", first)
    sql("UPDATE event SET id = ? WHERE id = ?", first, second)
    sql("UPDATE event SET id = ? WHERE id = 9999", second)
    assert any(f"dòng {first}:" in words for words in journal.verify())


def test_a_chain_made_anew_is_found_with_a_noted_head(office, chain):
    number, hashed = journal.head()
    sql("DELETE FROM event")
    with db.write():
        for _ in range(number):
            journal.record("act", office.lan, office.a, note="bịa")
    assert journal.verify() == []
    assert "làm lại" in journal.verify({number: hashed})[0]


def test_a_line_lives_and_dies_with_its_act(office):
    """Goal L5: no act without its line, no line without its act."""
    before = journal.head()
    with pytest.raises(ZeroDivisionError), db.write():
        journal.record("act", office.lan, office.a)
        raise ZeroDivisionError
    assert journal.head() == before


def test_pages_of_one_agency_newest_first(office, chain):
    first = journal.of_agency(office.a.id, limit=3)
    second = journal.of_agency(office.a.id, before=first[-1].id, limit=3)
    assert [event.id for event in first] == sorted((event.id for event in first), reverse=True)
    assert second[0].id < first[-1].id
    assert all(event.agency_id == office.a.id for event in first + second)
    assert journal.of_agency(office.b.id, verb="act") == []
