"""Every order of some packets at one installation, sharing what the orders have in common; runs in a process of place.py."""

import random

from jobs import runner
from models import db, documents, errors, exchange, exchange_packets, reception


class Undone:
    """`with Undone():` what happens inside never happened."""

    def __enter__(self):
        self.point = db.database.savepoint()
        self.point.__enter__()

    def __exit__(self, *_failure):
        self.point.rollback()
        return self.point.__exit__(None, None, None)


def deliver(packet: bytes, label: str = "x5") -> str:
    """One packet comes by the axis; the outcome."""
    path = exchange_packets.spooled()
    path.write_bytes(packet)
    try:
        return reception.receive_from_axis(path, label)[0].outcome
    finally:
        path.unlink()


def end() -> dict:
    """What the installation shows now."""
    lines = exchange.Consignment.select().order_by(exchange.Consignment.id)
    model, incoming = exchange.StatusMessage, documents.Document.flow == "incoming"
    return {
        "lines": [[one.direction, one.state, bool(one.sent_at)] for one in lines],
        "heard": sorted(one.status for one in model.select().where(model.direction == "in")),
        "parked": [one.parked for one in model.select().where(model.parked != "")],
        "open": documents.Document.select().where(incoming, documents.Document.recalled_at.is_null()).count(),
        "contents": documents.Attachment.select().join(documents.Document).where(incoming).count(),
        "states": sorted(one.state for one in documents.Document.select().where(incoming)),
    }


def after(packets: list[bytes]) -> dict:
    """The end after these packets in this order, for good."""
    outcomes = [deliver(packet) for packet in packets]
    runner.run_due()
    return end() | {"outcomes": outcomes}


def every_order(packets: list[bytes], patterns: int, seed: int) -> dict:
    """Each order of the packets, each with so many patterns of copies behind it: {"orders", "ends": the distinct ends}."""
    walk = Walk(packets, patterns, random.Random(seed))
    with db.write(), Undone():
        walk.go(())
    return {"orders": walk.orders, "ends": list(walk.ends.values())}


class Walk:
    """Depth first; a common beginning is delivered once."""

    def __init__(self, packets, patterns, chance):
        self.packets, self.patterns, self.chance = packets, patterns, chance
        self.orders, self.ends = 0, {}

    def go(self, order):
        if len(order) < len(self.packets):
            for place in set(range(len(self.packets))) - set(order):
                with Undone():
                    deliver(self.packets[place])
                    self.go((*order, place))
            return
        self.orders += 1
        for _ in range(self.patterns):
            again = self.chance.choices(order, k=self.chance.randint(1, 3))
            with Undone():
                for place in again:
                    deliver(self.packets[place])
                found = end()
                self.ends.setdefault(str(found), found | {"order": [*order, *again]})


def once_more(packet: bytes) -> str:
    """A packet comes that the axis had for us before, or has still."""
    try:
        return deliver(packet, "lan-nua")
    except errors.Invalid as error:
        return str(error)
