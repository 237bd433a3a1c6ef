"""An axis that can be away, recipients behind it, and the server's work played on a set clock."""

import hashlib
import re
from datetime import timedelta

import axis_double
import pytest
from axis_double import AxisDouble

from jobs import collect, deliver, runner
from models import agencies, clock, db, exchange_axis, outbox

assert deliver
DEAD = "http://127.0.0.1:9"
FAULT = axis_double.failing("20", DocId="")


@pytest.fixture
def axis(office):
    with AxisDouble() as one:
        exchange_axis.connect(office.quantri, one.url, "H99.10", "khóa")
        one.answers["sendEdoc"] = [lambda handler: axis_double.reply(handler, taken(one))]
        yield one


def taken(axis):
    """The acknowledgement of the newest call: the same packet, the same id."""
    return axis_double.vxp.success(DocId=hashlib.sha256(axis.calls[-1][2]).hexdigest()[:24])


@pytest.fixture
def far(office):
    return [
        agencies.create(
            f"Sở xa {place}",
            code=f"H98.{place}",
            connection="axis",
            short_name=f"xa {place}",
            telephone="0213 000 111",
        )
        for place in range(3)
    ]


def at(moment):
    return clock.freeze(f"{clock.local(moment):%Y-%m-%d %H:%M:%S.%f}")


def line_to(url):
    """The network changes, not the declaration."""
    with db.write():
        exchange_axis.AxisConnection.update(url=url).execute()


def work_until(moment, end, stop=lambda: False):
    """What the server does from one moment to another: looks at the line, carries out what is due; the last moment."""
    while moment <= end and not stop():
        with at(moment):
            if exchange_axis.take_probe():
                collect.probe()
            runner.run_due()
            model = outbox.Order
            next_due = [
                row.due_at for row in model.select().where(model.state == "due", model.due_at > moment)
            ]
            row = exchange_axis.AxisConnection.get()
            next_due += [row.probe_at] if row.down_since else []
        moment = max(min(next_due, default=end + timedelta(seconds=1)), moment + timedelta(milliseconds=10))
    return moment


def sent_ids(axis):
    return [re.search(r"DocumentId>([^<]+)<", body.decode())[1] for body in axis.bodies("sendEdoc")]
