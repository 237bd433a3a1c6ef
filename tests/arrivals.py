"""Incoming documents as the tests of the receiving side need them."""

from datetime import date

import pytest

from models import clock, db, documents, exchange, users, workflow


@pytest.fixture
def morning(office):
    """Tuesday 14/07/2026, nine o'clock; everybody has been in office since January."""
    with db.write():
        users.Post.update(starts_on=date(2026, 1, 1)).execute()
    with clock.freeze("2026-07-14 09:00"):
        yield office


def arrive(office, state="arrived", **fields):
    """A document of agency A in a state, as if it had come so far."""
    now = clock.now()
    known = {"source": "axis", "verdict": "valid", "subject": "V/v thử", "organ_name": "Sở Mẫu", "code_number": "12",
             "code_notation": "SM-VP", "arrived_at": now, "received_at": now, "created_at": now}  # fmt: skip
    with db.write():
        doc = workflow.begin("incoming", state, None, **({"agency": office.a} | known | fields))
        documents.index(doc)
        return doc


def consigned(office, **fields):
    """The same, come by a consignment from agency B."""
    doc = arrive(office, **fields)
    with db.write():
        exchange.Consignment.create(
            key=f"in/{doc.id}", agency=office.a, direction="in", document=doc, partner=office.b, partner_code="H99.20.01",
            partner_name=office.b.name, own_code="H99.10", transport="local", state="arrived", wire_id=f"w{doc.id}",
        )  # fmt: skip
    return doc


def statuses(doc):
    return [row.status for row in exchange.StatusMessage.select().order_by(exchange.StatusMessage.id)
            if row.consignment.document_id == doc.id]  # fmt: skip
