"""The address book from the axis (ID-1…9, feature I12): streamed, in batches, only what changed, doubts to a person."""

import json

import pytest
from axis_double import AxisDouble, failing

from jobs import axis_lists, directory, lines, runner
from models import (
    agencies,
    agencies_search,
    clock,
    config,
    db,
    directory_rows,
    errors,
    exchange_axis,
    notifications,
    outbox,
)
from models import directory as book

FAR = [
    {"id": "1", "pid": "", "code": "H98.01", "name": "Sở Thử nghiệm tỉnh bạn", "mail": "a@b.example", "oldCode": "000.00.01.H98"},
    {"id": "2", "pid": "", "code": "H98.02", "name": "UBND xã Bản Mẫu", "mail": "", "oldCode": ""},
]  # fmt: skip


@pytest.fixture
def axis(office):
    """An axis double that is declared; its lists are empty until a test fills them."""
    with AxisDouble() as double:
        exchange_axis.connect(office.quantri, double.url, "H99", "khoa")
        for operation in ("getAgenciesList", "getAgenciesListQD20", "getSynchronizeUnit"):
            double.answers[operation] = [{"data": []}]
        yield double
        lines.close()


def synchronised(axis, **lists) -> book.DirectoryRound:
    """A round with these lists."""
    for operation, rows in lists.items():
        axis.answers[operation] = [{"data": rows}]
    with db.write():
        outbox.place("directory", 0, f"directory:{clock.now().timestamp()}")
    runner.run_due()
    return book.last_rounds(1)[0]


def test_i12_the_axis_list_becomes_the_address_book(office, axis):
    row = synchronised(
        axis, getAgenciesList=[*FAR, {"code": "a b", "name": "x"}, {"code": "00.19.W00", "name": "Nút"}, {}]
    )
    assert (row.state, row.total, row.found["new"]) == ("done", 5, 2)
    one = agencies.by_code("000.00.01.H98")
    assert (one.name, one.connection, one.code, one.email) == (
        "Sở Thử nghiệm tỉnh bạn",
        "axis",
        "H98.01",
        "a@b.example",
    )
    assert agencies_search.find("stnt")[0].id == one.id
    assert agencies.by_code("a b") is None and agencies.by_code("00.19.W00") is None


def test_i12_only_what_changed_is_written(office, axis):
    synchronised(axis, getAgenciesList=FAR)
    same = synchronised(axis)
    assert same.state == "done" and same.found == {} and not list(same.changes)
    renamed = synchronised(
        axis,
        getAgenciesList=[FAR[0], FAR[1] | {"name": "UBND xã Bản Mới"}, {"code": "H98.03", "name": "Sở C"}],
    )
    assert [(one.kind, one.before, one.after) for one in renamed.changes] == [
        ("renamed", "UBND xã Bản Mẫu", "UBND xã Bản Mới"), ("new", "", "Sở C"),
    ]  # fmt: skip


def test_i12_the_lists_do_not_contradict_each_other_night_after_night(office, axis):
    """The list with versions speaks first; the others add their codes."""
    lists = {
        "getSynchronizeUnit": [
            {"code": "H98.01", "name": "Sở A", "version": 3, "deleted": False, "isAgency": True}
        ],
        "getAgenciesListQD20": [{"code": "H98.01", "name": "Sở A (tên cũ)", "code102": "000.00.01.H98"}],
        "getAgenciesList": [{"code": "000.00.01.H98", "name": "So A", "oldCode": ""}],
    }
    synchronised(axis, **lists)
    row = synchronised(
        axis,
        getAgenciesList=[
            {"code": "000.00.01.H98", "name": "So A", "oldCode": ""},
            {"code": "H98.09", "name": "Z"},
        ],
    )
    assert agencies.by_code("H98.01").name == "Sở A"
    assert agencies.by_code("000.00.01.H98").id == agencies.by_code("H98.01").id
    assert {one.kind for one in row.changes} == {"new"}


def test_i12_a_code_of_ours_claimed_by_another_waits_for_a_person(office, axis):
    synchronised(axis, getAgenciesList=[{"code": "H98.66", "name": "Kẻ Giả Danh", "oldCode": "H99.10"}])
    assert agencies.by_code("H99.10").id == office.a.id and agencies.by_code("H98.66") is None
    change = book.waiting()[0]
    assert change.kind == "claimed" and "Kẻ Giả Danh" in change.after and change.before == office.a.name
    with pytest.raises(errors.Refused, match="không đổi theo danh bạ"):
        book.decide(change, office.quantri, True)
    book.decide(change, office.quantri, False)
    synchronised(
        axis, getAgenciesList=[{"code": "H98.66", "name": "Kẻ Giả Danh", "oldCode": "H99.10"}, FAR[1]]
    )
    assert book.waiting() == [], "a doubt that was decided does not come again"


def test_i12_two_rows_that_are_one_agency_become_one_recipient_when_confirmed(office, axis):
    first = agencies.create("Sở Thử nghiệm", code="H98.01", connection="axis")
    second = agencies.create("Sở Thử nghiệm", code="000.00.01.H98", connection="axis")
    synchronised(axis, getAgenciesList=FAR[:1])
    change = book.waiting()[0]
    assert change.kind == "twin"
    book.decide(change, office.quantri, True)
    assert agencies.by_code("000.00.01.H98").id == first.id
    assert agencies.current(agencies.Agency.get_by_id(second.id)).id == first.id


def test_i12_closed_and_vanished_agencies(office, axis):
    synchronised(axis, getAgenciesList=FAR)
    row = synchronised(
        axis,
        getSynchronizeUnit=[{"code": "H98.01", "name": FAR[0]["name"], "deleted": True}],
        getAgenciesList=[],
    )
    one, two = (agencies.holder(code) for code in ("H98.01", "H98.02"))
    assert one.closed_on and not two.closed_on
    assert {change.kind: change.state for change in row.changes} == {
        "closed": "applied",
        "missing": "waiting",
    }
    book.decide(book.waiting()[0], office.quantri, True)
    assert agencies.holder("H98.02").closed_on


def test_i12_what_a_person_said_of_a_connection_stands(office, axis):
    agencies.create("UBND xã Bản Mẫu", code="H98.02", connection="none", connection_note="Chưa có máy")
    synchronised(axis, getAgenciesList=FAR)
    assert agencies.by_code("H98.02").connection == "none"


def test_i12_a_round_cut_off_goes_on_where_it_stood(office, axis, monkeypatch):
    rows = [{"code": f"H97.{number:04d}", "name": f"Cơ quan {number}"} for number in range(25)]
    monkeypatch.setattr(book, "BATCH", 10)
    stop = iter([None, KeyError("mất điện")])

    def cut(_order):
        trouble = next(stop, None)
        if trouble:
            raise trouble

    monkeypatch.setattr(outbox, "extend", cut)
    row = synchronised(axis, getAgenciesList=rows)
    assert (row.state, row.cursor, row.total) == ("comparing", 20, 25)
    monkeypatch.setattr(outbox, "extend", lambda _order: None)
    calls = len(axis.calls)
    row = synchronised(axis)
    assert (row.state, row.found["new"], len(axis.calls)) == ("done", 25, calls), "nothing is fetched twice"
    assert agencies.AgencyCode.select().where(agencies.AgencyCode.code.startswith("H97.")).count() == 25


def test_i12_an_axis_that_gives_no_list_changes_nothing(office, axis):
    synchronised(axis, getAgenciesList=FAR)
    for operation in ("getAgenciesList", "getAgenciesListQD20", "getSynchronizeUnit"):
        axis.answers[operation] = [failing("20")]
    row = synchronised(axis)
    assert row.state == "failed" and row.trouble and agencies.by_code("H98.01").closed_on is None


def test_i12_a_list_that_breaks_off_is_not_believed(office, axis):
    synchronised(axis, getAgenciesList=FAR)
    whole = json.dumps(
        {
            "status": "OK",
            "ErrorCode": "0",
            "ErrorDesc": "",
            "data": [FAR[0], {"code": "H98.05", "name": "Nửa"}],
        }
    )
    axis.answers["getAgenciesList"] = [whole[:-30].encode()]
    assert synchronised(axis).state == "failed" and agencies.by_code("H98.05") is None


def test_i12_every_night_by_itself_and_once(office, axis):
    with clock.freeze("2026-03-02 12:00"):
        directory.at_night()
    assert not outbox.Order.select().where(outbox.Order.kind == "directory").exists()
    with clock.freeze("2026-03-03 02:10"):
        directory.at_night()
        directory.at_night()
    assert outbox.Order.select().where(outbox.Order.kind == "directory").count() == 1


@pytest.mark.parametrize(
    "tail",
    [
        '], "status": "OK", "ErrorCode": "0", "ErrorDesc": ""}',
        '], "status":"OK","ErrorCode":0,"ErrorDesc":"x","n":1}',
    ],
)
def test_a_long_list_is_read_row_by_row_whatever_the_order_of_its_fields(tmp_path, monkeypatch, tail):
    monkeypatch.setattr(axis_lists, "CHUNK", 64)
    given = [{"code": f"H9{number}", "name": "Cơ quan có tên rất dài " * 3} for number in range(30)]
    path = tmp_path / "reply"
    path.write_text('{"data": [' + ", ".join(json.dumps(row) for row in given) + tail, encoding="utf-8")
    assert list(axis_lists.rows(path)) == given


def test_first_lists_are_told_apart(office):
    assert (
        config.current() and directory_rows.Row.of({"code": "H1", "name": "A", "oldCode": "H1"}).other == ""
    )


def test_i12_a_doubt_is_told_to_the_administrator_of_the_province(office, axis):
    synchronised(axis, getAgenciesList=[{"code": "H98.66", "name": "Kẻ Giả Danh", "oldCode": "H99.10"}])
    notifications.spread()
    told = [row for row in notifications.Notice.select() if row.url == book.PAGE]
    assert len(told) == 1 and told[0].post.has("province_admin")
