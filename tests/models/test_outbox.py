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
        order.set(tries=outbox.MOST_ATTEMPTS - 1)
    outbox.postpone(claim(), outbox.Retry("trục không trả lời"))
    assert (again(order).state, again(order).last_error) == ("dead", "trục không trả lời")
    assert claim() is None
    assert [row.id for row in outbox.stale()] == [order.id]


def test_some_orders_never_give_up(order):
    with db.write():
        order.set(tries=99)
    outbox.postpone(claim(), outbox.Retry("trục tắt", for_ever=True))
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


# ---- what takes nothing off the tries, what is put aside -------------------------------------------------------


def test_a_wait_for_the_line_takes_no_try(order):
    with db.write():
        order.set(line="axis")
    for _ in range(3 * outbox.MOST_ATTEMPTS):
        outbox.postpone(claim(), outbox.Retry("trục tắt", after=0, counts=False))
    kept = again(order)
    assert (kept.state, kept.tries, kept.failing_since) == ("due", 0, None)


def test_j2_a_poison_order_is_put_aside_after_five_tries_within_ten_minutes(data):
    began = clock.at("2026-03-02 08:00")
    with clock.freeze("2026-03-02 08:00"), db.write():
        order = outbox.place("deliver", 1, "doc", lanes={"d/1/2": 0})
        outbox.place("deliver", 2, "sau", lanes={"d/1/2": 0})
    for number in range(outbox.MOST_FAULTS):
        at = again(order).due_at
        with clock.freeze(f"{clock.local(at):%Y-%m-%d %H:%M:%S}"):
            held = outbox.claim(["deliver"])
            assert held.key == "doc"
            assert outbox.put_back(held, "Lỗi phần mềm: X") is (number < outbox.MOST_FAULTS - 1)
        if number == 0:  # it holds up nobody behind it
            with clock.freeze("2026-03-02 08:00:01"):
                follower = outbox.claim(["deliver"])
                assert follower.key == "sau"
                outbox.finish(follower)
    assert again(order).state == "dead" and (at - began) <= timedelta(minutes=10)
    assert claim() is None and [row.key for row in outbox.stale()] == ["doc"]


def test_j2_an_order_that_ends_the_process_again_and_again_is_told_from_the_others(order):
    with db.write():
        outbox.place("deliver", 2, "khac")
    for _ in range(outbox.MOST_FAULTS):
        with db.write():
            outbox.Order.update(due_at=clock.now()).where(outbox.Order.state == "due").execute()
        assert claim().id == order.id
        outbox.release_leases()
    assert again(order).faults == outbox.MOST_FAULTS and outbox.Order.get(key="khac").faults == 0


def test_a_worker_that_lost_its_lease_writes_nothing(order):
    with clock.freeze("2026-03-02 08:00"):
        slow = claim()
    with clock.freeze("2026-03-02 08:16"):
        quick = claim()
        assert quick.id == slow.id
        outbox.finish(slow)
        assert slow.state == "lost" and again(order).state == "running"
        outbox.postpone(slow, outbox.Retry("chậm"))
        outbox.give_up(slow, "chậm")
        assert again(order).state == "running"
        outbox.finish(quick)
    assert again(order).state == "done"


# ---- lanes and lines -------------------------------------------------------------------------------------------


def placed(key, lanes, priority=0, **rest):
    with db.write():
        return outbox.place("deliver", 1, key, priority, lanes=lanes, **rest)


def test_x6_what_goes_to_one_recipient_keeps_its_order(data):
    with clock.freeze("2026-03-02 08:00"):
        placed("a1", {"d/1/1": 0})
        placed("a2", {"d/1/1": 0})
        placed("b1", {"d/1/2": 0})
    with clock.freeze("2026-03-02 08:01"):
        first, other = claim(), claim()
        assert (first.key, other.key, claim()) == (
            "a1",
            "b1",
            None,
        )  # two workers, never two of one recipient
        outbox.postpone(first, outbox.Retry("bận", after=600))
        assert claim() is None  # a2 waits behind a1
    with clock.freeze("2026-03-02 08:12"):
        held = claim()
        assert held.key == "a1"
        outbox.finish(held)
        assert claim().key == "a2"


def test_x6_what_is_more_urgent_overtakes_but_not_while_one_is_under_way(data):
    placed("thuong", {"d/1/1": 0})
    running = claim()
    placed("sau", {"d/1/1": 0})
    placed("hoa toc", {"d/1/1": 3}, priority=3)
    assert claim() is None
    outbox.finish(running)
    assert claim().key == "hoa toc"


def test_x6_a_message_never_goes_before_its_document_however_urgent(data):
    document = placed("vb", {"d/1/1": 0, "c/7": 0})
    placed("thu hoi", {"c/7": 0}, priority=3)
    assert claim().key == "vb" and claim() is None
    outbox.finish(again(document))
    assert claim().key == "thu hoi"


def test_a_dead_order_holds_up_nobody(data):
    placed("a1", {"d/1/1": 0})
    placed("a2", {"d/1/1": 0})
    outbox.give_up(claim(), "sai mã")
    assert claim().key == "a2"


def test_an_order_that_takes_another_s_place_keeps_its_turn(data):
    placed("chung", {"d/1/1": 0, "c/1": 0})
    placed("sau", {"d/1/1": 0})
    held = claim()
    placed("rieng", {"d/1/1": 0, "c/1": 0}, turn=outbox.turn_in("c/1"))
    outbox.finish(held)
    assert claim().key == "rieng" and claim() is None


def test_orders_of_a_closed_line_wait_untouched(data):
    placed("truc", {}, line="axis", priority=3)
    placed("noi bo", {})
    assert outbox.claim(["deliver"], ["axis"]).key == "noi bo"
    assert outbox.claim(["deliver"], ["axis"]) is None
    assert outbox.Order.get(key="truc").attempts == 0 and outbox.waits_for("axis") == 3
    assert claim().key == "truc"


def test_looking_for_the_next_order_reads_no_finished_one(data):
    sql = outbox._NEXT.format(kinds="?", lines="AND o.line NOT IN (?)")
    now = outbox.Order.due_at.db_value(clock.now())
    plan = db.database.execute_sql(f"EXPLAIN QUERY PLAN {sql}", (now, "deliver", "axis")).fetchall()
    words = [row[3] for row in plan]
    assert any("order_waiting (state=?)" in line for line in words), words
    assert not any("TEMP B-TREE" in line or line.startswith("SCAN") and "o " in line for line in words), words
