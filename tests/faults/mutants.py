"""Faults planted on purpose in one place's process: a proof that does not notice them proves nothing."""

import contextlib
import secrets
import threading
import time

from jobs import axis, axis_parts, axis_replies, deliver
from models import (
    clock,
    db,
    errors,
    exchange,
    exchange_arrivals,
    exchange_attempts,
    exchange_sending,
    files,
    hub_transit,
    outbox,
    reception,
    vxp,
)


def ack_on_any_200():
    """Whatever comes with HTTP 200 is an acknowledgement."""
    judged = axis_replies.judged

    def trusting(answer, data):
        if answer.status_code == 200:
            return vxp.parsed(data) or {"DocId": secrets.token_hex(12)}
        return judged(answer, data)

    axis_replies.judged = trusting


def _fetch_again():
    """No fault: an axis that lists no hash gives a packet again whose report was cut."""
    exchange_attempts.untold = lambda *_: None


def duplicate_is_an_error():
    """What comes a second time is refused as unreadable instead of being answered with the first receipt."""
    take = reception.receive_from_axis
    _fetch_again()

    def strict(path, axis_id, *more, **named):
        receipts = take(path, axis_id, *more, **named)
        if any(receipt.outcome == "duplicate" for receipt in receipts):
            raise errors.Invalid("Đã nhận rồi")
        return receipts

    reception.receive_from_axis = strict


def timeout_is_failure():
    """The line shows what the last try looked like, not what the rows say."""
    tell = deliver.runner._handlers["deliver"]

    def hasty(order):
        try:
            tell(order)
        except outbox.Retry as trouble:
            group = exchange_sending.together(exchange.load(order.subject_id))
            exchange_sending.mark_failed(group, str(trouble))
            raise outbox.GiveUp(str(trouble)) from trouble

    deliver.runner._handlers["deliver"] = hasty


def sent_at_the_try():
    """The document counts as sent when it was tried."""
    attempt = exchange_sending.attempt

    def early(group, *more):
        tried = attempt(group, *more)
        with db.write():
            for one in tried:
                one.set(acknowledged_at=clock.now(), sent_at=one.queued_at)
        return tried

    exchange_sending.attempt = early


def no_duplicate_guard():
    """A packet that comes twice is not recognised."""
    _fetch_again()
    key = exchange_arrivals.arrival_key
    exchange_arrivals.arrival_key = lambda *arguments: f"{key(*arguments)}/{secrets.token_hex(4)}"


def looked_up_by_two(key, renamed):
    """`key`, of which two callers at once each find nothing; the first waits for the second, however busy the machine is."""
    made, both = {}, threading.Barrier(2)

    def racing(*arguments):
        real = key(*arguments)
        if real in made:
            return made[real]
        mine = renamed(real)
        with contextlib.suppress(threading.BrokenBarrierError):
            both.wait(10)
        made[real] = mine
        return mine

    return racing


def select_then_insert_at_the_axis():
    """Whether the packet is known is looked up before the transaction that stores it."""
    hub_transit.packet_key = looked_up_by_two(
        hub_transit.packet_key, lambda real: f"{real[:-8]}{secrets.token_hex(4)}"
    )


def select_then_insert_at_the_receiver():
    """Whether the document is known is looked up before the transaction that stores it."""
    exchange_arrivals.arrival_key = looked_up_by_two(
        exchange_arrivals.arrival_key, lambda real: f"{real}/{secrets.token_hex(4)}"
    )


def last_word_wins():
    """A line shows the status that came last."""

    def last(line, messages):
        mine = "in" if line.direction == "out" else "out"
        heard = [one.status for one in messages if one.direction == mine]
        return heard[-1] if heard else line.state

    exchange.state_of = last


def parked_recall_is_forgotten():
    """A document is not compared with the recalls that overtook it."""
    exchange_arrivals._waiting_recall = lambda *_: None


def words_stay_in_the_index():
    """A recall takes the document away and never deletes its words from the index."""
    execute = db.database.execute_sql

    def forgetful(statement, *arguments, **more):
        if "VALUES ('delete'" not in statement:
            return execute(statement, *arguments, **more)
        return None

    db.database.execute_sql = forgetful


def done_before_the_effect():
    """The order is done when it is taken, as in a queue that deletes the task before it runs."""
    claim = outbox.claim

    def careless(*arguments):
        order = claim(*arguments)
        if order:
            outbox.finish(order)
            time.sleep(0.005)
        return order

    outbox.claim = careless


def effect_without_its_key():
    """The effect is made, and only then the order's end is written, with nothing to know the effect by."""
    db.database.execute_sql("DROP TABLE IF EXISTS j1_old")
    execute = db.database.execute_sql

    def keyless(statement, *arguments, **more):
        statement = statement.replace(", UNIQUE (key) ON CONFLICT IGNORE", "")
        return execute(statement, *arguments, **more)

    db.database.execute_sql = keyless
    finish = outbox.finish

    def late(order):
        if not db.database.in_transaction():
            finish(order)

    outbox.finish = late


def in_one_piece():
    """Large packets go as they are, from the beginning at each try."""
    axis.PART = 1 << 40
    axis_parts.download = lambda *_arguments: False


def synchronous_normal():
    """The database promises before the disk has it."""
    connect = db.Database._add_conn_hooks

    def careless(self, conn):
        connect(self, conn)
        conn.execute("PRAGMA synchronous = NORMAL")

    db.Database._add_conn_hooks = careless
    db._generation += 1  # every thread opens its connection anew


def no_folder_sync():
    """A file's name is not synced into its folder."""
    files._sync_folder = lambda _folder: None
