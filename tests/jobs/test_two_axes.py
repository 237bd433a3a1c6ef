"""A hub of our own as the axis above, another process over real HTTP: a letter up, a status down, exactly once."""

import httpx
import hubs
import pytest
from conftest import open_in

from jobs import lines, runner, upper
from models import config, db, exchange_axis, hub, hub_members, hub_transit


@pytest.fixture
def above(tmp_path, prepared):
    """The upper hub served; (address, secret of the province, secret of a ministry)."""
    open_in(tmp_path / "tren")
    with db.connection():
        province = hubs.system("TINH", "H99")[1]
        ministry = hubs.system("BO", "G12")[1]
    db.database.close()
    with hubs.running(tmp_path / "tren") as url:
        yield url, province, ministry


def test_q18_5_up_and_down_through_one_door(above, tmp_path):
    url, province, ministry = above
    settings = open_in(tmp_path / "tinh")
    config.use(config.Config(data=settings.data, mode="demo", hub=True))
    with db.connection(), httpx.Client() as http:
        below = hubs.system("SYS", "H99.1")[0]
        exchange_axis.connect(None, url, "TINH", province)
        minister = hubs.Caller(http, "BO", ministry, url)
        upper.go_round()
        assert hub.Member.get(hub.Member.code == "G12").system.kind == hub.UPPER
        assert hub_members.to_register() == []
        assert {row["code"] for row in minister.call("getAgenciesList")["data"]} == {"G12", "H99", "H99.1"}

        hubs.packet(tmp_path, sender="H99.1", receivers=("G12",), document_id="len")
        sent = hub_transit.accept(below, "edoc", tmp_path / "goi.edxml")
        runner.run_due()
        rows = minister.listed()
        assert [(row["from"], row["to"]) for row in rows] == [("H99.1", "G12")]
        minister.done(rows[0])
        upper.go_round()
        assert hub_transit.sent(below, "edoc", sent)[0].state == "done"

        data = hubs.status(tmp_path, "G12", "H99.1", document_id="len")
        assert minister.send(data, kind="status")["status"] == "OK"
        assert upper.go_round() == 1 and upper.go_round() == 0
        assert [row.packet.kind for row in hub_transit.received(below, "status")] == ["03"]
        lines.close()
    db.database.close()
