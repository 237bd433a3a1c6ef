"""Faults planted on purpose: a crash test that does not notice them proves nothing.

Each changes the program in one child process and marks, with a failpoint of its own, where it is now vulnerable.
"""

from jobs import collect
from models import db, exchange_arrivals, failpoints, issuing, outbox, reception

POINT = "mutant"


def order_after_commit():
    """The order to send is placed after the commit of the fact, not in it."""
    place = outbox.place

    def later(*arguments, **options):
        def now():
            failpoints.reach(POINT)
            with db.write():
                place(*arguments, **options)

        db.after_commit(now)

    outbox.place = later


def done_before_stored():
    """The axis is told «done» before the packet is in the database."""
    receive, told = reception.receive_from_axis, []

    class Client(collect.axis.Client):
        def get_edoc(self, axis_id, path):
            super().get_edoc(axis_id, path)
            self.update_status(axis_id, "done", "")
            told.append(axis_id)

    def receive_late(*arguments):
        failpoints.reach(POINT)
        return receive(*arguments)

    collect.axis.Client, reception.receive_from_axis = Client, receive_late


def number_apart():
    """The number is taken in a transaction of its own, and bound to the document in the next."""
    number, take = issuing.number, issuing.registers.take

    def twice(doc, actor):
        book = issuing.registers.of(doc.agency_id, "outgoing", doc.type_code)
        with db.write():
            taken = take(book, issuing.clock.today(), doc)
        failpoints.reach(POINT)
        issuing.registers.take = lambda *_arguments: taken
        number(doc, actor)
        issuing.registers.take = take

    issuing.number = twice


def no_duplicate_guard():
    """A packet that comes twice is not recognised."""
    key, count = exchange_arrivals.arrival_key, []

    def fresh(*arguments):
        count.append(1)
        return f"{key(*arguments)}/{failpoints.os.getpid()}/{len(count)}"

    exchange_arrivals.arrival_key = fresh
