"""An axis that is away for days, a recipient that does not get his letter, and who is told (I6, Q12.3, X6)."""

import re
from datetime import timedelta
from itertools import pairwise

import axis_double
import letters
import outages
import pytest
from outages import DEAD, FAULT, at, line_to, sent_ids, work_until

from jobs import collect, deliver, runner
from models import (
    agencies,
    clock,
    exchange,
    exchange_attempts,
    exchange_axis,
    exchange_sending,
    exchange_waits,
    journal,
    notifications,
    outbox,
)

axis, far = outages.axis, outages.far


# ---- X6 ---------------------------------------------------------------------------------------------------------


def test_x6_an_axis_away_for_days_is_looked_at_and_not_stormed(office, axis, far, monkeypatch):
    calls = []
    reply = collect.axis.Client.reply

    def counted(self, *arguments):
        calls.append(clock.now())
        return reply(self, *arguments)

    monkeypatch.setattr(collect.axis.Client, "reply", counted)
    began = clock.at("2026-03-02 08:00")
    line_to(DEAD)
    with at(began):
        docs = [
            letters.issued(office.lan, [far[n % 3]], number=str(n + 1), document_id=f"vb{n:02d}")
            for n in range(18)
        ]
    back = began + timedelta(hours=1)
    work_until(began, back)
    assert len(calls) <= 3600 / 20 and max(  # far below one a second, and never two looks in one second
        sum(1 for other in calls if timedelta(0) <= other - one < timedelta(seconds=1)) for one in calls
    ) <= 2  # fmt: skip
    orders = list(outbox.Order.select().where(outbox.Order.kind == "deliver"))
    assert {(order.state, order.tries) for order in orders} == {("due", 0)} and sum(
        one.attempts for one in orders
    ) <= 2
    assert all(exchange.sent(doc)[0].attempted_at is None for doc in docs)
    with at(back):
        urgent = letters.issued(office.lan, [far[0]], number="99", document_id="hoatoc", urgency=3)
    work_until(back, back + timedelta(seconds=20))  # from now on somebody urgent waits
    line_to(axis.url)
    returned = back + timedelta(seconds=20)
    work_until(returned, returned + timedelta(seconds=10))
    order = sent_ids(axis)
    assert order[0] == "hoatoc" and exchange.sent(urgent)[0].acknowledged_at - returned <= timedelta(
        seconds=10
    )
    assert len(order) == len(set(order)) == 19
    for place in range(3):
        mine = [name for name in order if name[2:].isdigit() and int(name[2:]) % 3 == place]
        assert mine == sorted(mine)
    assert {exchange.sent(doc)[0].state for doc in docs} == {"on_axis"}
    assert exchange_axis.why_waiting() == "" and exchange_axis.AxisConnection.get().probes == 0


def test_x6_a_stuck_recipient_stops_no_other_and_is_not_overtaken(office, axis, far):
    axis.answers["sendEdoc"] = [FAULT, {"DocId": "b"}, {"DocId": "c"}, {"DocId": "d"}]
    began = clock.at("2026-03-02 08:00")
    with at(began):
        letters.issued(office.lan, [far[0]], number="1", document_id="dau")
        letters.issued(office.lan, [far[0]], number="2", document_id="sau")
        letters.issued(office.lan, [far[1]], number="3", document_id="khac")
    work_until(began, began)
    assert sent_ids(axis) == ["dau", "khac"]
    work_until(began, began + timedelta(minutes=1))
    assert sent_ids(axis) == ["dau", "khac", "dau", "sau"]


def test_x6_an_axis_that_asks_for_rest_gets_it(office, axis, far):
    axis.answers["sendEdoc"] = [
        lambda handler: axis_double.reply(handler, b"", 503, Retry_After="120"),
        {"DocId": "a"},
    ]
    began = clock.at("2026-03-02 08:00")
    with at(began):
        letters.issued(office.lan, far[:1])
    work_until(began, began + timedelta(seconds=119))
    assert [name for name, _, _ in axis.calls] == ["sendEdoc"]
    work_until(began + timedelta(seconds=120), began + timedelta(seconds=150))
    assert [name for name, _, _ in axis.calls] == ["sendEdoc", "countReceiveEdoc", "sendEdoc"]


# ---- I6: then a human -------------------------------------------------------------------------------------------


def test_i6_retries_grow_then_mornings_then_a_person_with_the_telephone(office, axis, far):
    axis.answers["sendEdoc"] = [FAULT]
    began = clock.at("2026-03-02 08:00")  # a Monday
    with at(began):
        doc = letters.issued(office.lan, far[:1])
    work_until(began, began + timedelta(days=8), lambda: letters.lines(doc) == {"xa 0": "failed"})
    one = exchange.sent(doc)[0]
    tries = exchange_attempts.of(one)
    waits = [(later.started_at - earlier.ended_at).total_seconds() for earlier, later in pairwise(tries)]
    for wait, wanted in zip(waits, exchange_waits.WAITS, strict=False):
        assert 0.79 * wanted <= wait <= 1.21 * wanted
    mornings = [clock.local(row.started_at) for row in tries[7:]]
    assert [(moment.day, moment.hour, moment.minute < 32) for moment in mornings] == [
        (3, 7, True), (4, 7, True), (5, 7, True),
    ]  # fmt: skip
    assert {row.outcome for row in tries} == {"later"} and "mã 20" in tries[0].words
    assert len(set(axis.bodies("sendEdoc"))) == 1 and one.sent_at is None
    assert exchange_sending.needs_person(one) and "0213 000 111" in exchange_sending.call_words(one)
    called = [event for event in journal.of(doc) if event.verb == "call_partner"]
    assert len(called) == 1 and "0213 000 111" in called[0].note
    with at(began + timedelta(days=3)):
        notifications.spread()
    told = list(notifications.Notice.select().where(notifications.Notice.post == office.lan.post))
    assert any("gọi văn thư bên nhận" in notice.words for notice in told)
    axis.answers["sendEdoc"] = [{"DocId": "a2"}]
    with at(began + timedelta(days=4)):
        exchange.resend(one, office.lan)  # one press
        runner.run_due()
    assert letters.lines(doc) == {"xa 0": "on_axis"}


def test_i6_what_is_urgent_waits_at_most_a_minute_for_two_hours(office, axis, far, monkeypatch):
    axis.answers["sendEdoc"] = [FAULT]
    began = clock.at("2026-03-02 08:00")
    with at(began):
        doc = letters.issued(office.lan, far[:1], urgency=2)
    starts, note = [], exchange_attempts.note
    monkeypatch.setattr(
        exchange_attempts, "note", lambda *arguments: (starts.append(arguments[3]), note(*arguments))
    )
    work_until(began, began + timedelta(minutes=40))
    waits = [(later - earlier).total_seconds() for earlier, later in pairwise(starts)]
    assert max(waits) <= 73 and len(starts) > 33
    assert len(exchange_attempts.of(exchange.sent(doc)[0])) == exchange_attempts.MOST  # bounded
    assert letters.lines(doc) == {"xa 0": "queued"}
    order = outbox.Order.get(kind="deliver")
    for minutes, longest in ((119, 73), (121, 400), (150, 2200), (400, 86400)):
        with at(began + timedelta(minutes=minutes)):
            assert exchange_waits.next_wait(order, office.a.id) <= longest
    with clock.freeze("2026-03-06 08:00"):
        assert exchange_waits.next_wait(order, office.a.id) is None


def test_i6_who_waits_longer_than_the_law_leaves_is_told_once_although_the_line_is_down(office, axis, far):
    line_to(DEAD)
    began = clock.at("2026-03-02 15:00")
    with at(began):
        usual = letters.issued(office.lan, far[:2], number="1")
        urgent = letters.issued(office.lan, far[2:], number="2", urgency=1)
    work_until(began, began + timedelta(seconds=2))

    def told(moment):
        with clock.freeze(moment):
            deliver.call_people()
        called = {one.id for doc in (usual, urgent) for one in exchange.sent(doc) if one.called_at}
        return [sum(one.id in called for one in exchange.sent(doc)) for doc in (usual, urgent)]

    assert told("2026-03-02 16:00") == [0, 0]
    assert told("2026-03-02 17:01") == [0, 1]
    assert told("2026-03-03 11:59") == [0, 1]
    assert told("2026-03-03 12:01") == [2, 1]
    told("2026-03-04 12:01")
    assert journal.Event.select().where(journal.Event.verb == "call_partner").count() == 2


# ---- Q12.3.a, Q12.1.e -------------------------------------------------------------------------------------------


def test_q12_3_a_no_sending_time_before_the_acknowledgement_and_then_the_release(office, axis, far):
    line_to(DEAD)
    began = clock.at("2026-03-02 16:40")
    with at(began):
        doc = letters.issued(office.lan, far[:1])
    work_until(began, began + timedelta(minutes=2))
    one = exchange.sent(doc)[0]
    assert (one.state, one.sent_at, one.acknowledged_at) == ("queued", None, None)
    line_to(axis.url)
    back = clock.at("2026-03-03 08:00")
    work_until(back, back + timedelta(minutes=1))
    one = exchange.sent(doc)[0]
    assert one.state == "on_axis" and one.sent_at == began == one.queued_at and one.acknowledged_at >= back


@pytest.mark.parametrize(
    "answer", [b"", b"<html>wifi</html>", {}, axis_double.torn, FAULT, axis_double.close]
)
def test_q12_3_a_nothing_but_the_full_answer_is_an_acknowledgement(office, axis, far, answer):
    axis.answers["sendEdoc"] = [answer]
    doc = letters.issued(office.lan, far[:1])
    runner.run_due()
    one = exchange.sent(doc)[0]
    assert (one.state, one.sent_at) == ("queued", None)
    assert [row.outcome for row in exchange_attempts.of(one)] == ["later"]


def test_q12_1_e_thirty_recipients_two_failing(office, axis):
    many = [
        agencies.create(f"Xã {place}", code=f"H97.{place:02d}", connection="axis", short_name=f"xã {place}")
        for place in range(30)
    ]
    bad = {"H97.03", "H97.17"}

    def judge(handler):
        codes = re.findall(r"OrganId>(H97[^<]+)<", axis.calls[-1][2].decode())
        axis_double.reply(
            handler,
            axis_double.failing("18", DocId="")
            if bad & set(codes)
            else axis_double.vxp.success(DocId=f"d{codes[0]}"),
        )

    axis.answers["sendEdoc"] = [judge]
    doc = letters.issued(office.lan, many)
    runner.run_due()
    states = letters.lines(doc)
    assert sorted(name for name, state in states.items() if state == "failed") == ["xã 17", "xã 3"]
    assert sum(state == "on_axis" for state in states.values()) == 28
