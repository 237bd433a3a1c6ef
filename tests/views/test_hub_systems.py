"""The page of the hub: systems, agencies, secrets shown once; for the provincial administrator alone."""

import re

import pytest
from office import Browser

import app
from models import config, hub, vxp


@pytest.fixture
def page(office, data):
    config.use(config.Config(data=data.data, mode="demo", hub=True))
    application = app.application(workers=False)
    opened = []

    def open_one(login="admin"):
        opened.append(Browser(application, login))
        return opened[-1]

    yield open_one
    for one in opened:
        one.close()


GOOD = {
    "system_id": "SYS.A",
    "name": "Hệ thống Sở",
    "codes": "H99.10 Sở Kế hoạch\n\n000.00.10.H99 - Sở Kế hoạch",
}


def test_a_system_gets_a_secret_that_works(page):
    one = page()
    assert "Chưa có hệ thống" in one.get("/admin/hub").text
    done = one.post("/admin/hub/systems", data=GOOD)
    secret = re.search(r"<code>(\S+)</code>", done.text)[1]
    assert done.status_code == 200 and secret not in one.get("/admin/hub").text
    headers = vxp.signed_headers("SYS.A", secret, {}, "application/json")
    codes = [row["code"] for row in one.post("/vxp/getAgenciesList", headers=headers).json()["data"]]
    assert codes == ["000.00.10.H99", "H99.10"]
    system = hub.System.get()
    renewed = one.post(f"/admin/hub/systems/{system.id}/secret")
    assert renewed.status_code == 200 and secret not in renewed.text
    assert one.post("/vxp/getAgenciesList", headers=headers).json()["ErrorCode"] == "15"


def test_wrong_fields_keep_what_was_typed(page):
    one = page()
    wrong = one.post("/admin/hub/systems", data=GOOD | {"codes": "H99.10"})
    assert wrong.status_code == 422 and 'value="SYS.A"' in wrong.text and "cần có mã rồi tên" in wrong.text
    one.post("/admin/hub/systems", data=GOOD)
    again = one.post("/admin/hub/systems", data=GOOD)
    assert again.status_code == 422 and "đã đăng ký" in again.text
    taken = one.post("/admin/hub/systems", data=GOOD | {"system_id": "SYS.B"})
    assert taken.status_code == 422 and "hệ thống khác" in taken.text
    assert hub.System.select().count() == 1


def test_members_and_the_lock(page):
    one = page()
    one.post("/admin/hub/systems", data=GOOD)
    system = hub.System.get()
    more = {"code": "H99.11", "name": "Chi cục", "old_code": "000.00.11.H99"}
    assert one.post(f"/admin/hub/systems/{system.id}/members", data=more).status_code == 303
    assert hub.Member.get(hub.Member.code == "H99.11").old_code == "000.00.11.H99"
    assert (
        one.post(f"/admin/hub/systems/{system.id}/members", data={"code": "", "name": ""}).status_code == 409
    )
    one.post(f"/admin/hub/systems/{system.id}/switch")
    assert hub.System.get().enabled is False and "Đã khóa" in one.get("/admin/hub").text
    assert one.post("/admin/hub/systems/999/switch").status_code == 404


@pytest.mark.parametrize("who", ["lan", "minh", "quantri", "mai"])
def test_nobody_else(page, who):
    assert page(who).get("/admin/hub").status_code == 403
    assert page(who).post("/admin/hub/systems", data=GOOD).status_code == 403


def test_no_hub_no_page(browser):
    assert browser("admin").get("/admin/hub").status_code == 404
