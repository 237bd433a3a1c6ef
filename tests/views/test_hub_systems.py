"""Systems of the hub: secrets shown once and changed without a gap, agencies; for the provincial administrator alone."""

import re
from datetime import timedelta

import pytest
from office import Browser

import app
from models import clock, config, db, hub, hub_keeping, vxp

GOOD = {
    "system_id": "SYS.A",
    "name": "Hệ thống Sở",
    "codes": "H98.10 Sở Kế hoạch\n\n000.00.10.H98 - Sở Kế hoạch",
}


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


def added(one, **more):
    """A system entered on the page: (row, secret)."""
    answer = one.post("/admin/hub/systems", data=GOOD | more)
    assert answer.status_code == 200
    return hub.System.get(hub.System.system_id == (GOOD | more)["system_id"]), re.search(
        r"<code>(\S+)</code>", answer.text
    )[1]


def code(one, secret, system_id="SYS.A"):
    """What a call with this secret is answered."""
    headers = vxp.signed_headers(system_id, secret, {}, "application/json")
    return one.post("/vxp/countReceiveEdoc", headers=headers).json()["ErrorCode"]


def test_a_system_gets_a_secret_that_works_and_is_shown_once(page):
    one = page()
    assert "Cơ quan trên máy chủ này" in one.get("/admin/hub").text
    system, secret = added(one)
    for address in ("/admin/hub", f"/admin/hub/systems/{system.id}"):
        assert secret not in one.get(address).text
    assert code(one, secret) == "0"
    shown = one.get(f"/admin/hub/systems/{system.id}").text
    assert "H98.10" in shown and "000.00.10.H98" in shown and "Đang hoạt động" in shown


def test_a_secret_is_changed_without_a_gap(page):
    one = page()
    system, old = added(one)
    at = f"/admin/hub/systems/{system.id}"
    answer = one.post(f"{at}/secret", data={"overlap": "24"})
    new, until = (
        re.search(r"<code>(\S+)</code>", answer.text)[1],
        hub.System.get_by_id(system.id).former_until,
    )
    shown = f"{clock.local(until):%d/%m/%Y %H:%M}"
    assert (
        new != old
        and shown in answer.text
        and timedelta(hours=23) < until - clock.now() < timedelta(hours=25)
    )
    assert code(one, old) == code(one, new) == "0"
    text = one.get(at).text
    assert "Khóa hiện tại" in text and "Khóa cũ<" in text and shown in text and "chưa dùng" not in text
    with db.write():
        hub.System.update(former_until=clock.now() - timedelta(seconds=1)).execute()
    assert (code(one, old), code(one, new)) == ("15", "0")
    assert hub.forget_former() == 1 and hub.System.get_by_id(system.id).former_secret == ""
    assert "Khóa cũ<" not in one.get(at).text


def test_a_leaked_secret_dies_at_once(page):
    one = page()
    system, old = added(one)
    new = re.search(
        r"<code>(\S+)</code>", one.post(f"/admin/hub/systems/{system.id}/secret", data={"overlap": "0"}).text
    )[1]
    assert (code(one, old), code(one, new)) == ("15", "0")
    newest = re.search(
        r"<code>(\S+)</code>", one.post(f"/admin/hub/systems/{system.id}/secret", data={"overlap": "72"}).text
    )[1]
    assert code(one, new) == "0"
    assert one.post(f"/admin/hub/systems/{system.id}/secret/end").status_code == 303
    assert (code(one, new), code(one, newest)) == ("15", "0")


def test_secrets_lie_sealed(page, data):
    _, secret = added(page())
    assert secret.encode() not in (data.data / "vanthu.db").read_bytes()


def test_a_wrong_overlap_changes_nothing(page):
    one = page()
    system, secret = added(one)
    assert one.post(f"/admin/hub/systems/{system.id}/secret", data={"overlap": "9999"}).status_code == 409
    assert code(one, secret) == "0"


def test_wrong_fields_keep_what_was_typed(page):
    one = page()
    wrong = one.post("/admin/hub/systems", data=GOOD | {"codes": "H98.10"})
    assert wrong.status_code == 422 and 'value="SYS.A"' in wrong.text and "cần có mã rồi tên" in wrong.text
    added(one)
    again = one.post("/admin/hub/systems", data=GOOD)
    assert again.status_code == 422 and "đã đăng ký" in again.text
    taken = one.post("/admin/hub/systems", data=GOOD | {"system_id": "SYS.B"})
    assert taken.status_code == 422 and "hệ thống khác" in taken.text
    assert hub.System.select().where(hub.System.kind == hub.REMOTE).count() == 1


def test_members_and_the_lock(page):
    one = page()
    system, secret = added(one)
    at = f"/admin/hub/systems/{system.id}"
    more = {"code": "H98.11", "name": "Chi cục", "old_code": "000.00.11.H98"}
    assert one.post(f"{at}/members", data=more).status_code == 303
    member = hub.Member.get(hub.Member.code == "H98.11")
    assert (member.old_code, member.parent_code) == ("000.00.11.H98", "H98")
    wrong = one.post(f"{at}/members", data={"code": "mã sai", "name": "Tên đã gõ"})
    assert wrong.status_code == 422 and 'value="Tên đã gõ"' in wrong.text
    assert one.post(f"/admin/hub/members/{member.id}/closing").status_code == 303
    assert hub.Member.get_by_id(member.id).closed_at and "H98.11<" not in one.get(at).text
    one.post(f"{at}/switch")
    assert code(one, secret) == "15" and "Đã khóa" in one.get("/admin/hub").text
    one.post(f"{at}/switch")
    assert code(one, secret) == "0"
    assert one.post("/admin/hub/systems/999/switch").status_code == 404


def test_what_is_built_in_is_not_changed_by_hand(page):
    one = page()
    own = hub.built_in(hub.SELF)
    one.get("/admin/hub")
    member = hub.Member.get(hub.Member.system == own)
    for address, values in (
        (f"/admin/hub/systems/{own.id}/switch", {}), (f"/admin/hub/systems/{own.id}/secret", {"overlap": "0"}),
        (f"/admin/hub/systems/{own.id}/members", {"code": "H98.1", "name": "x"}),
        (f"/admin/hub/members/{member.id}/closing", {}),
    ):  # fmt: skip
        assert one.post(address, data=values).status_code == 409
    assert one.get(f"/admin/hub/systems/{own.id}").status_code == 200


def test_how_long_the_bytes_are_kept_is_set_here(page):
    one = page()
    assert one.post("/admin/hub/keeping", data={"days": "30"}).status_code == 303 and hub_keeping.days() == 30
    wrong = one.post("/admin/hub/keeping", data={"days": "3"})
    assert wrong.status_code == 422 and "từ 7 đến 3650" in wrong.text and hub_keeping.days() == 30


ADDRESSES = [
    ("GET", "/admin/hub"), ("GET", "/admin/hub/systems/1"), ("GET", "/admin/hub/waiting"), ("GET", "/admin/hub/failures"),
    ("GET", "/admin/hub/agencies"), ("GET", "/admin/hub/packets?code=H98.10"), ("GET", "/admin/hub/figures"),
    ("GET", "/admin/hub/figures/sheet"), ("POST", "/admin/hub/systems"), ("POST", "/admin/hub/systems/1/secret"),
    ("POST", "/admin/hub/systems/1/secret/end"), ("POST", "/admin/hub/systems/1/members"),
    ("POST", "/admin/hub/systems/1/switch"), ("POST", "/admin/hub/members/1/closing"), ("POST", "/admin/hub/keeping"),
    ("POST", "/admin/hub/upper/list"), ("POST", "/admin/hub/deliveries/1/offer"), ("POST", "/admin/hub/clashes/1/settling"),
    ("POST", "/admin/hub/members/1/registration"),
]  # fmt: skip


@pytest.mark.parametrize("who", ["lan", "minh", "quantri"])
def test_nobody_else(page, who):
    one = page(who)
    for method, address in ADDRESSES:
        answer = one.get(address) if method == "GET" else one.post(address, data=GOOD)
        assert answer.status_code == 403, address
    assert hub.System.select().where(hub.System.kind == hub.REMOTE).count() == 0


def test_every_address_of_the_hub_is_listed_here(page):
    page()
    mounted = {re.sub(r"\{[^}]*\}", "1", route.path) for route in app.views.hub.mount()[1:]}
    assert mounted == {address.partition("?")[0] for _, address in ADDRESSES}


def test_no_hub_no_page(browser):
    assert browser("admin").get("/admin/hub").status_code == 404
