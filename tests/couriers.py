"""Two installations without a line between them: the department «so» and the commune «xa», each in a folder of its own."""

import shutil
from types import SimpleNamespace

import pytest
from conftest import open_in

from jobs import runner
from models import agencies, clock, courier, db, exchange, users

WHEN = "2026-03-02 16:30"
SO, XA = "H99.10", "H99.20.01"


@pytest.fixture
def place(prepared, tmp_path):
    """`place("so")` opens one of the two: its agency, its clerk, the other one as a partner far away."""
    for name, other in (("so", XA), ("xa", SO)):
        (tmp_path / name).mkdir()
        shutil.copyfile(prepared["cast"], tmp_path / name / "vanthu.db")
        open_in(tmp_path / name)
        with db.connection(), db.write():
            agencies.by_code(other).set(hosted=False, connection="axis")
        db.database.close()

    def go(name):
        if not db.database.is_closed():
            db.database.close()
        open_in(tmp_path / name)
        own, other = (SO, XA) if name == "so" else (XA, SO)
        with db.connection():
            person = users.Person.get(users.Person.login == ("lan" if name == "so" else "mai"))
            return SimpleNamespace(
                agency=agencies.by_code(own), partner=agencies.by_code(other), folder=tmp_path / name,
                clerk=users.Actor(person, users.posts_of(person)[0]),
            )  # fmt: skip

    with clock.freeze(WHEN):
        yield go
    db.database.close()


def settle():
    """Carry out what is due."""
    while runner.run_one():
        pass


def bundle(here, carrier="Ông Vàng A Mẫu, 0200 000 009") -> courier.CourierBundle:
    """A bundle for the partner, made."""
    row = courier.order(here.clerk, [here.partner.id], carrier)
    settle()
    row = courier.load(here.clerk, row.id)
    assert row.state == "travelling", row.failure
    return row


def stick(row, folder, name="usb.zip"):
    """The bundle's file on the stick."""
    return shutil.copyfile(row.file.path(), folder / name)


def outcomes(row) -> list[str]:
    """What became of each packet."""
    return [item.outcome for item in courier.items_of(row)]


def line(doc) -> exchange.Consignment:
    """The only line of a document."""
    return exchange.sent(doc)[0]
