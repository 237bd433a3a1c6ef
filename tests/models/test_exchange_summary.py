"""«12/14 đã tiếp nhận, 1 từ chối, 1 chưa đến» (J4), and that every number equals the list it opens (X11)."""

from datetime import timedelta

import letters
import pytest

from models import agencies, clock, db, exchange, exchange_follow, exchange_ledger, exchange_summary

STATES = list(exchange.STATES)


@pytest.fixture
def many(office):
    """A letter of A with one recipient in each state and two more accepted; Tuesday 14/07/2026, ten o'clock."""
    with clock.freeze("2026-07-14 10:00"):
        partners = [
            agencies.create(f"Xã Số {n}", code=f"H98.30.{n:02d}", connection="axis") for n in range(14)
        ]
        doc = letters.issued(office.lan, partners)
        with db.write():
            for one, state in zip(exchange.sent(doc), [*STATES, "accepted", "accepted"], strict=True):
                one.set(state=state)
        yield doc


def test_j4_one_line_says_how_a_letter_fares(many):
    summary = exchange_summary.of(many)
    assert str(summary) == (
        "6/14 đã tiếp nhận, 1 từ chối, 1 gửi lỗi, 2 chưa đến, 1 đã đến, chờ tiếp nhận, 1 chưa trả lời thu hồi, "
        "1 từ chối thu hồi, 1 đã thu hồi"
    )
    assert sum(getattr(summary, group.key) for group in exchange_summary.GROUPS) == summary.total == 14
    assert summary.moving and summary.problems == 4


def test_j4_every_state_is_counted_in_exactly_one_group():
    grouped = [state for group in exchange_summary.GROUPS for state in group.states]
    assert sorted(grouped) == sorted(exchange.STATES)


def test_j4_each_number_equals_the_list_it_opens(many):
    summary = exchange_summary.of(many)
    for part in summary.parts:
        assert len(exchange_ledger.of_document(many, part.key).rows) == part.many, part
    assert len(exchange_ledger.of_document(many, "problems").rows) == summary.problems
    assert len(exchange_ledger.of_document(many).rows) == summary.total


def test_j4_four_office_hours_make_what_has_not_come_a_problem(many, office):
    assert exchange_summary.of(many).late == 0
    with clock.freeze("2026-07-14 15:29"):  # 10:00–12:00 and 13:30–15:29
        assert exchange_summary.of(many).late == 0
    with clock.freeze("2026-07-14 15:31"):
        summary = exchange_summary.of(many)
        assert (summary.late, summary.problems) == (2, 6)
        assert len(exchange_ledger.of_document(many, "problems").rows) == 6
        kinds = exchange_ledger.by_kind(office.a.id)
        assert kinds == {"failed": 1, "refused": 1, "late": 2, "recall": 2}
        for kind, number in kinds.items():
            assert exchange_ledger.troubled(office.a.id, kind).count() == number
        assert exchange_ledger.troubled(office.a.id).count() == sum(kinds.values())


def test_j4_a_whole_list_takes_one_query_for_its_summaries(many, office):
    docs = [many, *(letters.issued(office.lan, [office.b], number=str(n)) for n in range(20, 24))]
    asked = []
    db.database.execute_sql("SELECT 1")
    execute = db.database.execute_sql

    def counted(sql, *rest, **more):
        asked.append(sql)
        return execute(sql, *rest, **more)

    db.database.execute_sql = counted
    try:
        found = exchange_summary.summaries(docs)
    finally:
        del db.database.execute_sql
    assert len(found) == 5 and sum('FROM "consignment"' in sql for sql in asked) == 1 and len(asked) <= 3


def test_j4_a_recipient_handled_another_way_leaves_the_offices_list_and_returns_when_it_fails_again(
    many, office
):
    failed = next(one for one in exchange.sent(many) if one.state == "failed")
    before = exchange_ledger.troubled(office.a.id).count()
    exchange_follow.close(failed, office.lan, "Đã gửi bản giấy ngày 14/7")
    assert exchange_ledger.troubled(office.a.id).count() == before - 1
    assert exchange_summary.of(many).failed == 1  # what happened stays true
    with db.write():
        exchange.load(failed.id).set(tries=failed.tries + 1)
    assert exchange_ledger.troubled(office.a.id).count() == before


def test_the_ledger_is_paged_by_key_and_searched_by_recipient_and_number(office):
    partner = agencies.create("Ủy ban nhân dân xã Nậm Thử", code="H98.55", connection="axis")
    docs = [letters.issued(office.lan, [partner, office.b], number=str(n)) for n in range(1, 8)]
    first = exchange_ledger.documents_sent(office.a.id, size=3)
    second = exchange_ledger.documents_sent(office.a.id, before=first.older, size=3)
    third = exchange_ledger.documents_sent(office.a.id, before=second.older, size=3)
    assert [doc.id for part in (first, second, third) for doc in part.rows] == [
        doc.id for doc in reversed(docs)
    ]
    assert third.older is None
    waiting = exchange_ledger.waiting(office.a.id)
    assert len(exchange_ledger.part(waiting, office.a.id, "nam thu").rows) == 7
    assert len(exchange_ledger.part(waiting, office.a.id, "H98.55").rows) == 7
    assert len(exchange_ledger.part(waiting, office.a.id, "03").rows) == 2
    assert len(exchange_ledger.part(waiting, office.a.id, "3/SKH").rows) == 2
    assert not exchange_ledger.part(waiting, office.a.id, "3/KHAC").rows
    assert [doc.id for doc in exchange_ledger.documents_sent(office.a.id, "3").rows] == [docs[2].id]
    assert not exchange_ledger.documents_sent(office.b.id).rows


def test_what_is_between_an_office_and_one_partner(office):
    letters.issued(office.lan, [office.b])
    assert exchange_ledger.between(office.a.id, office.b).count() == 1
    assert exchange_ledger.last_contact(office.a.id, office.b) is None
    line = exchange.Consignment.get()
    with db.write():
        exchange.StatusMessage.create(key="x", agency=office.a, direction="in", consignment=line, status="arrived",
                                      at=clock.now(), taken_at=clock.now())  # fmt: skip
    assert clock.now() - exchange_ledger.last_contact(office.a.id, office.b) < timedelta(minutes=5)
