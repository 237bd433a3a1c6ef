"""Lists of agencies for machines: right in both schemes, and flat in memory with a national list."""

import tracemalloc

import hubs
import pytest
from starlette.testclient import TestClient

import app
from models import config, db, hub, hub_members
from views import hub_lists

FEW, MANY = 2_000, 8_000


@pytest.fixture
def caller(data):
    config.use(config.Config(data=data.data, mode="demo", hub=True))
    with TestClient(app.application(workers=False)) as http, db.connection():
        system, secret = hubs.system("SYS", "H35", "000.00.00.G22")
        hub.add_member(system, "H35.13", "Sở thử", old_code="000.00.13.H35", mail="a@b.vn")
        hub.add_member(system, "000.05.38.H35", "Phòng thử", old_code="H35.38.05")
        yield hubs.Caller(http, "SYS", secret)


def test_agencies_with_their_parents_and_former_codes(caller):
    rows = {row["code"]: row for row in caller.call("getAgenciesList")["data"]}
    assert set(rows) == {"H35", "000.00.00.G22", "H35.13", "000.05.38.H35"}
    assert rows["H35.13"]["pid"] == rows["H35"]["id"] and rows["H35"]["pid"] == ""
    assert (rows["H35.13"]["oldCode"], rows["H35.13"]["mail"]) == ("000.00.13.H35", "a@b.vn")
    assert all(isinstance(value, str) for row in rows.values() for value in row.values())


def test_codes_of_both_schemes_stand_each_in_its_place(caller):
    rows = {row["code"]: row["code102"] for row in caller.call("getAgenciesListQD20", {"level": "9"})["data"]}
    assert rows == {
        "H35": "",
        "000.00.00.G22": "000.00.00.G22",
        "H35.13": "000.00.13.H35",
        "H35.38.05": "000.05.38.H35",
    }


@pytest.mark.parametrize(
    ("level", "codes"),
    [
        ("1", {"H35", "000.00.00.G22"}),
        ("2", {"H35.13"}),
        ("3", {"H35.38.05"}),
        ("", 4),
        ("0", 4),
        ("x", 4),
        ("-1", 4),
        ("4", 4),
    ],
)
def test_level_chooses_where_it_means_something(caller, level, codes):
    found = {row["code"] for row in caller.call("getAgenciesListQD20", {"level": level})["data"]}
    assert found == codes if isinstance(codes, set) else len(found) == codes


def test_units_tell_versions_and_what_was_closed(caller):
    hub.close_member(hub.Member.get(hub.Member.code == "H35.13"))
    rows = {row["code"]: row for row in caller.call("getSynchronizeUnit")["data"]}
    closed = rows["H35.13"]
    assert (closed["deleted"], closed["version"], closed["isAgency"], closed["centerCode"]) == (
        True,
        2,
        True,
        "SYS",
    )
    assert rows["H35"]["deleted"] is False and len(closed["modifyDate"]) == 19
    assert "H35.13" not in {row["code"] for row in caller.call("getAgenciesList")["data"]}


@pytest.mark.parametrize(
    ("body", "code"),
    [('{"code":"H35.20","name":"Sở","mail":"a@b.vn","id":7,"mobile":84912345678,"fax":null}', "0"), ("", "10"), ("[]", "10"),
     ("null", "10"), ("{", "10"), ("[" * 20_000, "10"), ('{"code":["H35.1"],"name":{}}', "19"), ('{"code":true}', "19"),
     ('{"code":"H35.21","name":"\\ud800\\u0000x"}', "0"), ('{"code":"H35.' + "9" * 70 + '","name":"x"}', "10"),
     ('{"code":"H35.22","name":"' + "x" * 5000 + '"}', "0"), ('{"code":"H36.1","name":"x"}', "19")],
)  # fmt: skip
def test_whatever_comes_as_an_agency_is_answered(caller, body, code):
    assert caller.call("registerAgency", {"level": "1"}, body.encode())["ErrorCode"] == code
    if code == "0":
        member = hub.Member.select().order_by(hub.Member.id.desc()).get()
        assert (
            len(member.name) <= 200 and member.mobile in ("", "84912345678") and member.parent_code == "H35"
        )


def test_delete_is_for_ones_own_and_twice_is_once(caller):
    for expected in ("0", "0"):
        assert caller.call("deleteAgency", {"AgencyCode": "H35.13"}, b"{}")["ErrorCode"] == expected
    assert caller.call("deleteAgency", {"AgencyCode": "H77"}, b"{}")["ErrorCode"] == "18"
    assert (
        caller.call("registerAgency", {}, b'{"code":"H35.13","name":"M\\u1edf l\\u1ea1i"}')["ErrorCode"]
        == "0"
    )
    assert hub.Member.get(hub.Member.code == "H35.13").closed_at is None


def test_a_national_list_goes_out_with_flat_memory(caller):
    system, peaks = hub.System.get(hub.System.system_id == "SYS"), []
    for first, last in ((1, FEW), (FEW + 1, MANY)):
        with db.write():
            db.database.execute_sql(
                "WITH RECURSIVE s(n) AS (SELECT ? UNION ALL SELECT n + 1 FROM s WHERE n < ?) INSERT INTO member (code, "
                "system_id, name, folded_name, mail, mobile, fax, parent_code, old_code, version, changed_at, "
                "registered_version, registration) SELECT 'H50.' || n, ?, 'Ủy ban nhân dân xã ' || n, 'uy ban', '', '', '', "
                "'H50', '', 1, ?, 0, '' FROM s",
                (first, last, system.id, hub.Member.changed_at.db_value(system.created_at)),
            )
        tracemalloc.start()
        parts = sum(1 for _ in hub_lists.pieces(hub_members.pages(), hub_members.as_agency))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert parts > last / 1000
    assert peaks[1] < 1.5 * peaks[0], peaks
    assert len(caller.call("getAgenciesList")["data"]) == MANY + 4
