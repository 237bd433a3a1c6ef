"""The daily comparison over real HTTP: the list, the packets it leaves out, an axis that is away (I7, X11)."""

from datetime import timedelta

import letters
import pytest
from axis_double import AxisDouble

from jobs import lines, reconcile, runner
from models import agencies, clock, db, exchange, exchange_axis, reconciliation, vxp


@pytest.fixture
def axis(office):
    with AxisDouble() as one:
        exchange_axis.connect(office.quantri, one.url, "H99.10", "khóa")
        yield one
    lines.close()


@pytest.fixture
def sent(office):
    """Three letters the axis has acknowledged two days ago: a0, a1, a2."""
    partner = agencies.create("Viện Mẫu", code="H98.77", connection="axis")
    found, at = [], clock.now() - timedelta(days=2)
    for number in range(3):
        one = exchange.sent(letters.issued(office.lan, [partner], number=str(30 + number)))[0]
        with db.write():
            one.set(state="on_axis", acknowledged_at=at, sent_at=at, axis_id=f"a{number}")
        found.append(one)
    return found


def row(axis_id, state="initial"):
    return {"senderDocId": axis_id, "toCode": "H98.77", "fromCode": "H99.10", "receiveStatus": state}


def test_x11_what_the_list_leaves_out_is_asked_one_by_one(axis, sent):
    axis.answers["getSentEdocList"] = [{"data": [row("a0")]}, {"data": [row("a1")]}, {"data": [row("a0")]}]
    run = reconcile.run()
    asked = [vxp.Call({key.lower(): value for key, value in headers.items()}).get("docId")
             for name, headers, _ in axis.calls if name == "getSentEdocList"]  # fmt: skip
    assert asked == ["", "a1", "a2"], "an answer about another packet proves nothing"
    (difference,) = reconciliation.Difference.select()
    assert (difference.kind, difference.consignment_id, run.found) == ("lost", sent[2].id, 1)


def test_x11_an_axis_that_is_away_accuses_nobody_and_is_asked_again(axis, sent):
    axis.answers["getSentEdocList"] = [b"<html>bao tri</html>"]
    run = reconcile.run()
    assert run.trouble and not run.complete and not reconciliation.Difference.select().count()


def test_x11_the_clerk_may_ask_for_it_now(axis, sent, office):
    axis.answers["getSentEdocList"] = [{"data": [row("a0"), row("a1"), row("a2")]}]
    exchange_axis.ask(office.lan, "reconcile")
    runner.run_due()
    assert reconciliation.last_run().compared == 3 and not reconciliation.count(office.a.id)


def test_without_an_axis_nothing_is_asked(office):
    reconcile.reconcile()
    assert reconciliation.last_run() is None
