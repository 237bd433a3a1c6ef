"""The embedded queue (D8, J1, J2): the order row is the record, a fault neither stops the worker nor loses the order."""

import os
import signal
import threading
import time

import pytest
from conftest import open_in

import jobs
from jobs import runner
from models import agencies, clock, db, journal, outbox


@pytest.fixture
def carries_out(data):
    """Register handlers for one test only."""
    before = dict(runner._handlers), set(runner._heavy), dict(runner._gave_up)
    longest = dict(runner._longest)
    runner._handlers.clear()
    yield runner.carries_out
    runner._handlers.clear(), runner._heavy.clear(), runner._gave_up.clear()
    runner._longest.clear(), runner._longest.update(longest)
    runner._handlers.update(before[0]), runner._heavy.update(before[1]), runner._gave_up.update(before[2])


def place(kind, key, **rest):
    with db.write():
        return outbox.place(kind, 1, key, **rest)


def test_an_order_is_carried_out_once(carries_out):
    done = []
    carries_out("send")(lambda order: done.append(order.key))
    place("send", "a")
    place("send", "a")
    assert runner.run_due() == 1 and done == ["a"]
    assert outbox.Order.get(key="a").state == "done"


def test_urgent_orders_come_first(carries_out):
    done = []
    carries_out("send")(lambda order: done.append(order.key))
    place("send", "thuong")
    place("send", "hoa toc", priority=3)
    runner.run_due()
    assert done == ["hoa toc", "thuong"]


def test_a_passing_fault_is_tried_again_later_with_growing_waits(carries_out):
    def fail(order):
        raise outbox.Retry("trục không trả lời")

    carries_out("send")(fail)
    waits = []
    with clock.freeze("2026-03-02 08:00"):
        order = place("send", "a")
        for _ in range(4):
            with db.write():
                order.set(due_at=clock.now())
            runner.run_due()
            order = outbox.Order.get_by_id(order.id)
            waits.append((order.due_at - clock.now()).total_seconds())
    assert waits == sorted(waits) and waits[0] < waits[-1] and order.last_error == "trục không trả lời"


def test_after_the_last_try_a_person_is_told_once(carries_out):
    told = []

    def fail(order):
        raise outbox.Retry("trục không trả lời")

    carries_out("send", gave_up=lambda order, reason: told.append(reason))(fail)
    order = place("send", "a")
    for _ in range(outbox.MOST_ATTEMPTS + 2):
        with db.write():
            outbox.Order.update(due_at=clock.now()).where(outbox.Order.id == order.id).execute()
        runner.run_due()
    assert outbox.Order.get_by_id(order.id).state == "dead" and told == ["trục không trả lời"]


def test_a_refusal_is_not_tried_again(carries_out):
    calls, told = [], []

    def refuse(order):
        calls.append(1)
        raise outbox.GiveUp("đơn vị nhận không tồn tại")

    carries_out("send", gave_up=lambda order, reason: told.append(reason))(refuse)
    place("send", "a")
    assert runner.run_due() == 1 and runner.run_due() == 0
    assert calls == [1] and told == ["đơn vị nhận không tồn tại"]


def test_a_fault_of_our_own_keeps_the_order_and_the_worker(carries_out):
    done = []

    def work(order):
        if order.key == "hong":
            raise ZeroDivisionError("x")
        done.append(order.key)

    carries_out("send")(work)
    place("send", "hong", priority=1)
    place("send", "tot")
    runner.run_due()
    assert done == ["tot"] and "ZeroDivisionError" in outbox.Order.get(key="hong").last_error


def test_a_dead_workers_order_is_due_again_when_its_lease_ends(carries_out):
    done = []
    carries_out("send")(lambda order: done.append(order.key))
    with clock.freeze("2026-03-02 08:00"):
        place("send", "a")
        assert outbox.claim({"send"}).key == "a"
        assert not runner.run_one()
    with clock.freeze("2026-03-02 08:16"):
        assert runner.run_one() and done == ["a"]


def test_heavy_orders_take_one_turn_and_light_ones_pass_them(carries_out):
    running, most, light = [], [], []
    gate = threading.Event()

    def scan(order):
        running.append(1)
        most.append(len(running))
        gate.wait(5)
        running.pop()

    carries_out("scan", heavy=True)(scan)
    carries_out("send")(lambda order: light.append(order.key))
    for number in range(3):
        place("scan", f"s{number}")
    workers = [threading.Thread(target=runner.run_due) for _ in range(3)]
    for worker in workers:
        worker.start()
    time.sleep(0.3)
    place("send", "khan")
    assert runner.run_due() == 1 and light == ["khan"]
    gate.set()
    for worker in workers:
        worker.join(10)
    runner.run_due()
    assert max(most) == 1 and outbox.Order.select().where(outbox.Order.state == "done").count() == 4


def test_started_workers_answer_the_bell_and_stop(carries_out):
    done = threading.Event()
    carries_out("send")(lambda order: done.set())
    runner.start()
    try:
        place("send", "a")
        runner.wake("send")
        assert done.wait(3)
    finally:
        runner.stop()


# ---- J1: nothing is lost, J2: poison, J3: what the start refuses ------------------------------------------------


def killed_at(point: int, folder) -> None:
    """A process of its own that works off the orders and is killed at the n-th moment at which it could be."""
    child = os.fork()
    if child == 0:
        passed = []

        def reached():
            passed.append(1)
            if len(passed) == point:
                os.kill(os.getpid(), signal.SIGKILL)

        open_in(folder)
        with db.connection():
            outbox.release_leases()
            runner._handlers.clear()

            @runner.carries_out("send")
            def send(order):
                reached()
                with db.write():
                    agencies.Agency.create(
                        name=order.key, folded_name=order.key
                    )  # the effect, with the order's end
                    reached()
                    outbox.finish(order)
                reached()

            runner.run_due()
        os._exit(0)
    os.waitpid(child, 0)


def test_j1_no_order_is_lost_or_done_twice_by_killed_workers(data):
    with db.write():
        for number in range(30):
            outbox.place("send", number, f"j{number}")
    db.database.close()
    for point in (1, 2, 3, 4, 5, 8, 17, 100):
        killed_at(point, data.data)
    open_in(data.data)
    with db.connection():
        done = [row.name for row in agencies.Agency.select()]
        assert sorted(done) == sorted(f"j{number}" for number in range(30))
        assert outbox.Order.select().where(outbox.Order.state == "done").count() == 30


def test_j2_poison_is_put_aside_and_told_and_others_go_on(carries_out):
    done, told = [], []

    def work(order):
        if order.key == "doc":
            raise RecursionError("gói hỏng")
        done.append(order.key)

    carries_out("send", gave_up=lambda order, reason: told.append(reason))(work)
    place("send", "doc", priority=1)
    for number in range(outbox.MOST_FAULTS + 2):
        place("send", f"tot{number}")
        runner.run_due()
        with db.write():
            outbox.Order.update(due_at=clock.now()).where(outbox.Order.state == "due").execute()
    order = outbox.Order.get(key="doc")
    assert (order.state, order.attempts) == ("dead", outbox.MOST_FAULTS) and len(
        done
    ) == outbox.MOST_FAULTS + 2
    assert len(told) == 1 and "RecursionError" in told[0]
    assert [event.verb for event in journal.of(order)] == ["put_aside"]


def test_j2_a_fault_in_the_telling_stops_no_worker(carries_out):
    def refuse(order):
        raise outbox.GiveUp("sai")

    def tell(order, reason):
        raise ZeroDivisionError

    carries_out("send", gave_up=tell)(refuse)
    place("send", "a")
    place("send", "b")
    assert runner.run_due() == 2


def test_j3_a_lease_shorter_than_the_work_is_refused(carries_out):
    carries_out("scan", seconds=int(outbox.LEASE.total_seconds()))(lambda order: None)
    with pytest.raises(runner.Unready, match="scan"):
        runner.start()


def test_j3_orders_that_nobody_carries_out_are_refused(carries_out):
    carries_out("send")(lambda order: None)
    place("gui-cach-khac", "a")
    with pytest.raises(runner.Unready, match="gui-cach-khac"):
        runner.start()


def test_j3_two_processes_on_one_folder_are_refused(carries_out):
    runner.start()
    try:
        with pytest.raises(runner.Unready, match="máy chủ khác"):
            runner.start()
    finally:
        runner.stop()
    runner.start()
    runner.stop()


def test_every_kind_of_the_program_ends_before_its_lease():
    assert jobs.HANDLERS
    runner.check_limits()
