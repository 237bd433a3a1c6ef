"""One line to the axis: kept alive from order to order, closed when it failed or its declaration changed."""

import threading

import pytest
from axis_double import AxisDouble

from jobs import axis, lines, own_hub
from models import config, db, exchange_axis, outbox


@pytest.fixture
def double(office):
    with AxisDouble() as one:
        exchange_axis.connect(office.quantri, one.url, "H99.10", "khóa")
        yield one
        lines.close()


def test_orders_reuse_one_connection(double):
    ports = set()
    double.answers["getAgenciesList"] = [lambda handler: seen(handler, ports)]
    for _ in range(5):
        with lines.line() as line:
            line.agencies()
    assert len(ports) == 1


def seen(handler, ports):
    from_port = handler.client_address[1]
    ports.add(from_port)
    body = b'{"status":"OK","ErrorCode":"0","data":[]}'
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def test_two_workers_have_a_line_each(double):
    with lines.line() as one, lines.line() as other:
        assert one is not other
    with lines.line() as again:
        assert again in (one, other)


def test_a_line_that_failed_is_hung_up(double):
    with pytest.raises(axis.LineFault), lines.line() as broken:
        raise axis.LineFault("đứt")
    assert broken.http.is_closed
    with (
        pytest.raises(outbox.GiveUp),
        lines.line() as whole,
    ):  # an answer, whatever it says, is no fault of the line
        raise outbox.GiveUp("sai mã")
    with lines.line() as again:
        assert again is whole and not again.http.is_closed


def test_a_new_declaration_is_a_new_line(double, office):
    with lines.line() as old:
        pass
    exchange_axis.connect(office.quantri, double.url, "H99.20", "khóa")
    with lines.line() as new:
        assert new.system_id == "H99.20" and old.http.is_closed


def test_no_more_lines_lie_idle_than_are_worth_it(double):
    gate, held = threading.Barrier(lines.MOST_IDLE + 3), []

    def hold():
        with db.connection(), lines.line() as one:
            held.append(one)
            gate.wait(10)
        db.database.close()

    workers = [threading.Thread(target=hold) for _ in range(lines.MOST_IDLE + 3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sum(not one.http.is_closed for one in held) == lines.MOST_IDLE


def test_nothing_declared_is_said_in_words(office):
    with pytest.raises(axis.NotSent, match="Kết nối trục"), lines.line():
        pass
    assert not lines.is_declared()


def test_a_hub_is_its_own_axis_and_the_declared_one_lies_above(double, data):
    config.use(config.Config(data=data.data, mode="demo", hub=True))
    with lines.line() as line, lines.upper() as upper:
        assert isinstance(line, own_hub.OwnHub) and isinstance(upper, axis.Client)


def test_an_axis_without_parts_is_remembered_for_a_day(double):
    with lines.line() as line:
        assert line.parts
        line.on_plain()
    with lines.line() as line:
        assert not line.parts
    row = exchange_axis.AxisConnection.get()
    assert not exchange_axis.knows_parts(row)
