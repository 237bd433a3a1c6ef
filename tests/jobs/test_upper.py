"""The one door to the axis above (Quy chế 18.5): against a false axis that cuts and lies, and a hub of our own as the
upper one over real HTTP."""

import hubs
import pytest
from axis_double import AxisDouble, close, failing, with_packet

from jobs import runner, upper
from models import (
    agencies,
    clock,
    config,
    db,
    exchange_axis,
    hub,
    hub_callers,
    hub_members,
    hub_transit,
    outbox,
)

FAR = "H01.5"


@pytest.fixture
def double(data):
    """This installation as a hub with one system below and a false axis above."""
    config.use(config.Config(data=data.data, mode="demo", hub=True))
    with AxisDouble() as axis, db.connection():
        exchange_axis.connect(None, axis.url, "H99", "khoa-tren")
        axis.answers["sendEdoc"] = [{"DocId": "tren-1"}]
        axis.answers["getReceivedEdocList"] = [{"data": []}]
        axis.answers["getSentEdocList"] = [{"data": []}]
        axis.answers["getAgenciesList"] = [
            {"data": [{"code": FAR, "name": "Bộ Mẫu", "oldCode": "000.00.05.H01"}]}
        ]
        yield axis
        upper.lines.close()


@pytest.fixture
def below(double):
    return hubs.system("SYS", "H99.1", "H99.2")[0]


def up(below, folder, *receivers, document_id="d1"):
    """A packet of H99.1 given to the hub; its id."""
    hubs.packet(folder, sender="H99.1", receivers=receivers, document_id=document_id)
    return hub_transit.accept(below, "edoc", folder / "goi.edxml")


def states(below, axis_id):
    return {row.to_code: (row.state, row.description) for row in hub_transit.sent(below, "edoc", axis_id)}


def work():
    """Due orders, also those that wait."""
    with db.write():
        outbox.Order.update(due_at=clock.now()).where(outbox.Order.state == "due").execute()
    runner.run_due()


def test_q18_5_what_is_no_member_goes_up_and_its_true_state_comes_back(double, below, tmp_path):
    axis_id = up(below, tmp_path, "H99.2", FAR)
    assert states(below, axis_id)[FAR][0] == "initial"
    work()
    assert double.bodies("sendEdoc") == [(tmp_path / "goi.edxml").read_bytes() + b"\r\n"]
    assert states(below, axis_id) == {
        "H99.2": ("initial", ""),
        FAR: ("processing", "Trục cấp trên đã nhận, nơi nhận chưa lấy"),
    }
    work()
    assert len(double.bodies("sendEdoc")) == 1
    double.answers["getSentEdocList"] = [
        {"data": [{"senderDocId": "tren-1", "toCode": FAR, "receiveStatus": "processing"}]},
        {"data": [{"senderDocId": "khac", "toCode": FAR, "receiveStatus": "fail"}]},
        {"data": [{"senderDocId": "tren-1", "toCode": FAR, "receiveStatus": "DONE", "receiveStatusDesc": "x"}]},
    ]  # fmt: skip
    seen = []
    for _ in range(3):
        upper.go_round()
        seen.append(states(below, axis_id)[FAR][0])
    assert seen == ["processing", "processing", "done"]


@pytest.mark.parametrize(
    "loss", [close, b"<html>portal</html>", failing("20", DocId="")], ids=["cut", "portal", "busy"]
)
def test_a_lost_answer_is_asked_for_again_with_the_same_bytes(double, below, tmp_path, loss):
    double.answers["sendEdoc"] = [loss, {"DocId": "tren-1"}]
    axis_id = up(below, tmp_path, FAR)
    work()
    assert states(below, axis_id)[FAR][0] == "initial"
    exchange_axis.line_up()
    work()
    bodies = double.bodies("sendEdoc")
    assert len(bodies) == 2 and bodies[0] == bodies[1] and states(below, axis_id)[FAR][0] == "processing"


def test_a_worker_that_died_after_the_answer_sends_the_same_again(double, below, tmp_path, monkeypatch):
    axis_id = up(below, tmp_path, FAR)
    with monkeypatch.context() as patched:
        patched.setattr(upper.hub_upper, "went_up", lambda *_: 1 / 0)
        work()
    assert states(below, axis_id)[FAR][0] == "initial"
    work()
    assert len(set(double.bodies("sendEdoc"))) == 1 and states(below, axis_id)[FAR][0] == "processing"


def test_a_refusal_above_comes_back_with_its_reason_and_may_be_offered_again(double, below, tmp_path):
    double.answers["sendEdoc"] = [failing("18", DocId=""), {"DocId": "tren-2"}]
    axis_id = up(below, tmp_path, "H99.2", FAR)
    work()
    state, words = states(below, axis_id)[FAR]
    assert state == "fail" and "Đơn vị nhận không tồn tại" in words and "mã 18" in words
    assert states(below, axis_id)["H99.2"][0] == "initial"
    failed = hub.Delivery.get(hub.Delivery.state == "fail")
    hub_transit.offer(failed)
    work()
    assert (
        states(below, axis_id)[FAR][0] == "processing"
        and hub.Delivery.get_by_id(failed.id).upper_id == "tren-2"
    )


def test_a_line_that_is_down_is_not_tried_for_each_packet(double, below, tmp_path):
    double.answers["sendEdoc"] = [close]
    for number in range(5):
        up(below, tmp_path, FAR, document_id=f"d{number}")
    work()
    assert len(double.bodies("sendEdoc")) <= 2 and exchange_axis.closed_lines() == ("upper",)
    double.answers["sendEdoc"] = [{"DocId": "tren"}]
    exchange_axis.line_up()
    work()
    assert hub.Delivery.select().where(hub.Delivery.state == "processing").count() == 5


def test_packets_from_above_come_to_members_once(double, below, tmp_path):
    hubs.packet(tmp_path, sender=FAR, receivers=("H99.1", "H99.2", "H55.1"), document_id="tren")
    data = (tmp_path / "goi.edxml").read_bytes()
    double.answers["getReceivedEdocList"] = [{"data": [{"docId": "t1", "status": "initial"}]}, {"data": []}]
    double.answers["getEdoc"] = [with_packet(data)]
    double.answers["updateStatus"] = [close, {}]
    with pytest.raises(outbox.Retry):
        upper.go_round()  # our «done» did not arrive: it lies in the list above still
    double.answers["getReceivedEdocList"] = [{"data": [{"docId": "t1", "status": "initial"}]}, {"data": []}]
    exchange_axis.line_up()
    assert upper.go_round() == 1
    assert [row.to_code for row in hub_transit.received(below, "edoc")] == ["H99.1", "H99.2"]
    said = [headers for name, headers, _ in double.calls if name == "updateStatus"]
    assert [headers["XroadVnpt-status"] for headers in said] == ["done", "done"]


def test_what_is_for_nobody_here_is_told_above(double, below, tmp_path):
    hubs.packet(tmp_path, sender=FAR, receivers=("H55.1",))
    double.answers["getReceivedEdocList"] = [{"data": [{"docId": "t1"}]}, {"data": []}]
    double.answers["getEdoc"] = [with_packet((tmp_path / "goi.edxml").read_bytes())]
    upper.go_round()
    headers = next(headers for name, headers, _ in double.calls if name == "updateStatus")
    assert headers["XroadVnpt-status"] == "fail" and hub.Delivery.select().count() == 0


def test_our_own_packet_coming_back_from_above_is_no_second_copy(double, below, tmp_path):
    up(below, tmp_path, "H99.2", FAR)
    double.answers["getReceivedEdocList"] = [{"data": [{"docId": "t1"}]}, {"data": []}]
    # the axis above writes the packet anew: other bytes, the same document
    again = (tmp_path / "goi.edxml").read_bytes().replace(b"</edXML>", b"\n</edXML>")
    double.answers["getEdoc"] = [with_packet(again)]
    upper.go_round()
    assert len(hub_transit.received(below, "edoc")) == 1
    assert next(h for name, h, _ in double.calls if name == "updateStatus")["XroadVnpt-status"] == "done"


def test_the_lists_are_merged_and_members_are_entered_above_once(double, below, tmp_path):
    double.answers["getAgenciesList"] = [{"data": [
        {"code": FAR, "name": "Bộ Mẫu", "oldCode": "000.00.05.H01"}, {"code": "H99.1", "name": "Đã có ở trên"},
        {"code": "mã sai!", "name": "x"}, {"name": None},
    ]}]  # fmt: skip
    double.answers["registerAgency"] = [failing("19"), {}]
    upper.go_round()
    assert [row[2] for page in hub_members.pages() for row in page] == [FAR, "H99.1", "H99.2"]
    assert hub.Member.get(hub.Member.code == "H99.1").system.kind == hub.REMOTE
    refused = hub.Member.get(hub.Member.code == "H99.2")
    assert "mã 19" in refused.registration and len(double.bodies("registerAgency")) == 1
    upper.go_round()
    assert len(double.bodies("registerAgency")) == 1, "a refused one waits for a person"
    hub_members.ask_again(refused)
    upper.go_round()
    assert len(double.bodies("registerAgency")) == 2 and hub_members.to_register() == []
    axis_id = up(below, tmp_path, "000.00.05.H01", FAR)
    assert list(states(below, axis_id)) == ["000.00.05.H01"], (
        "both codes of one agency above are one receiver"
    )


def test_a_list_that_lost_most_of_its_rows_closes_nothing(double, below):
    rows = [{"code": f"H01.{n}", "name": f"Bộ {n}"} for n in range(10)]
    assert hub_members.enter_upper(rows) == 10
    assert hub_members.enter_upper(rows[:2]) == 10
    assert hub_members.enter_upper(rows[:8]) == 8
    assert hub_members.enter_upper(rows) == 10


def test_a_code_below_is_taken_over_from_the_list_above(double, below):
    hub_members.enter_upper([{"code": "H99.7", "name": "Ở trên"}])
    hub.add_member(below, "H99.7", "Ở đây")
    hub_members.enter_upper([{"code": "H99.7", "name": "Ở trên"}])
    assert hub.Member.get(hub.Member.code == "H99.7").system == below


def test_without_a_door_a_stranger_is_refused(double, below, tmp_path):
    exchange_axis.connect(None, double.url, "H99", "", enabled=False)
    with pytest.raises(hub.Rejected) as caught:
        up(below, tmp_path, FAR)
    assert caught.value.code == "18"


def test_nobody_signs_in_as_a_built_in_system(double):
    for kind in (hub.SELF, hub.UPPER):
        row = hub.built_in(kind)
        assert not agencies.WIRE_CODE.match(row.system_id)
        headers = hub.vxp.signed_headers(row.system_id, "", {}, "application/json")
        headers = {name.lower(): value for name, value in headers.items()}
        call = hub.vxp.Call(headers | {"xroadvnpt-systemid": row.system_id})
        with pytest.raises(hub.Rejected) as caught:
            hub_callers.authenticate(call)
        assert caught.value.code == "15"
