"""Packets between the two agencies of one installation, for proofs that need no processes."""

from types import SimpleNamespace

import letters

from jobs import deliver
from models import exchange, exchange_sending


def file_of(stored):
    """Where a stored packet lies."""
    return exchange.files.place(stored.sha256)


def sent_letter(office, number="12", **more) -> SimpleNamespace:
    """A letter of A that is on its way to B: `doc`, `line`, and its `packet`."""
    doc = letters.issued(office.lan, [office.b], number=number, **more)
    line = exchange.sent(doc)[0]
    stored, name = deliver._document_packet([line])
    exchange_sending.attempt([line], stored, name)
    exchange_sending.mark_sent(line, f"truc-{number}")
    return SimpleNamespace(doc=doc, line=line, packet=file_of(stored))


def packet_of(message):
    """The packet of a status message."""
    if message.packet is None:
        stored, name = deliver._status_packet(message)
        exchange_sending.bind_packet(message, stored, name)
    return message.packet.path()


def arrival(office):
    """B's consignment."""
    return exchange.Consignment.get_or_none(
        exchange.Consignment.direction == "in", exchange.Consignment.agency == office.b
    )
