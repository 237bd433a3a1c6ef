"""Orders: one owner at a time, nothing lost with a dead worker, growing waits, a person has the last word (goals J)."""

import threading
from datetime import timedelta

import pytest

from models import clock, db, outbox


@pytest.fixture
def order(data):
    with clock.freeze("2026-03-02 08:00"), db.write():
        return outbox.place("deliver", 1, "1:send")


def again(order):
    return outbox.Order.get_by_id(order.id)


def claim():
    return outbox.claim(["deliver"])


def test_the_same_key_is_one_order(order):
    with db.write():
        assert outbox.place("deliver", 1, "1:send").id == order.id
    assert outbox.Order.select().count() == 1


def test_an_order_dies_with_the_act_that_placed_it(data):
    with pytest.raises(ZeroDivisionError), db.write():
        outbox.place("deliver", 1, "1:send")
        raise ZeroDivisionError
    assert outbox.Order.select().count() == 0


def test_a_claimed_order_is_nobody_else_s(order):
    assert claim().id == order.id
    assert claim() is None


def test_eight_workers_share_forty_orders_without_a_double(data):
    with db.write():
        for number in range(40):
            outbox.place("deliver", number, f"{number}:send")
    taken = []

    def worker():
        with db.connection():
            while found := claim():
                taken.append(found.id)
        db.database.close()

    threads = [threading.Thread(target=worker) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == sorted(set(taken)) and len(taken) == 40


def test_other_kinds_are_left_alone(order):
    assert outbox.claim(["verify"]) is None


def test_urgent_first_then_by_time(data):
    with db.write():
        outbox.place("deliver", 1, "a")
        outbox.place("deliver", 2, "b", priority=3)
    assert [claim().key, claim().key] == ["b", "a"]


def test_not_before_its_time(data):
    with clock.freeze("2026-03-02 08:00"), db.write():
        outbox.place("deliver", 1, "a", after_seconds=60)
    with clock.freeze("2026-03-02 08:00"):
        assert claim() is None
    with clock.freeze("2026-03-02 08:01"):
        assert claim()


@pytest.mark.parametrize(("later", "free"), [("08:14", False), ("08:16", True)])
def test_a_dead_worker_s_order_is_due_after_its_lease(order, later, free):
    with clock.freeze("2026-03-02 08:00"):
        claim()
    with clock.freeze(f"2026-03-02 {later}"):
        assert bool(claim()) is free


def test_a_long_job_keeps_its_lease(order):
    with clock.freeze("2026-03-02 08:00"):
        held = claim()
    with clock.freeze("2026-03-02 08:10"):
        outbox.extend(held)
    with clock.freeze("2026-03-02 08:20"):
        assert claim() is None


def test_at_the_start_orders_of_the_process_before_are_due(order):
    claim()
    assert outbox.release_leases() == 1
    assert claim().attempts == 2


def test_waits_grow_up_to_an_hour(order):
    waits = []
    for _ in range(outbox.MOST_ATTEMPTS):
        with db.write():
            again(order).set(state="due", due_at=clock.now())
        held = claim()
        outbox.postpone(held, outbox.Retry("trục không trả lời"))
        waits.append(again(order).due_at - clock.now())
    assert again(order).state == "dead"
    grown = waits[: outbox.MOST_ATTEMPTS - 1]
    assert grown == sorted(grown) and grown[0] < timedelta(seconds=6) and max(grown) <= timedelta(hours=1)


def test_after_the_last_try_it_is_dead_with_its_reason_and_shown(order):
    with db.write():
        order.set(attempts=outbox.MOST_ATTEMPTS)
    outbox.postpone(order, outbox.Retry("trục không trả lời"))
    assert (again(order).state, again(order).last_error) == ("dead", "trục không trả lời")
    assert claim() is None
    assert [row.id for row in outbox.stale()] == [order.id]


def test_some_orders_never_give_up(order):
    with db.write():
        order.set(attempts=99)
    outbox.postpone(order, outbox.Retry("trục tắt", for_ever=True))
    assert again(order).state == "due"


def test_an_own_wait_wins(order):
    with clock.freeze("2026-03-02 08:00"):
        outbox.postpone(claim(), outbox.Retry("chậm lại", after=90))
        assert again(order).due_at == clock.now() + timedelta(seconds=90)


def test_a_refusal_is_not_repeated(order):
    outbox.give_up(claim(), "nơi nhận từ chối")
    assert claim() is None
    assert again(order).last_error == "nơi nhận từ chối"


def test_done_is_done(order):
    outbox.finish(claim())
    assert again(order).state == "done"
    assert claim() is None and outbox.stale() == []


def test_an_order_waiting_for_an_hour_is_told(order):
    with clock.freeze("2026-03-02 08:59"):
        assert outbox.stale() == []
    with clock.freeze("2026-03-02 09:01"):
        assert [row.id for row in outbox.stale()] == [order.id]
