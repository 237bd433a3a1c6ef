"""Accounts and posts through the pages (Q2.2, SEC-6)."""

import re

import pytest

from models import users

NEW = {"full_name": "Phàn Văn Thử", "login": "thu", "title": "Chuyên viên", "roles": ["officer"]}


def test_a_new_person_s_password_is_shown_once(browser):
    admin = browser("quantri")
    answer = admin.post("/admin/people", data=NEW)
    password = re.search(r"<code>([a-z0-9-]{19})</code>", answer.text)[1]
    person = users.Person.get(users.Person.login == "thu")
    assert password not in admin.get(f"/admin/people/{person.id}").text + admin.get("/journal").text
    with pytest.raises(users.PasswordExpired):
        users.sign_in("thu", password)


@pytest.mark.parametrize(
    ("change", "words"),
    [({"full_name": ""}, "Hãy nhập họ và tên"), ({"roles": []}, "ít nhất một vai trò"), ({"login": "lan"}, "đã được dùng"),
     ({"roles": ["leader", "clerk"]}, "hai người"), ({"roles": ["vua"]}, "không còn trong danh sách")],
)  # fmt: skip
def test_wrong_fields_are_named_and_typed_values_stay(browser, change, words):
    answer = browser("quantri").post("/admin/people", data=NEW | change)
    assert answer.status_code == 422 and words in answer.text and 'value="Chuyên viên"' in answer.text
    assert users.Person.get_or_none(users.Person.login == "thu") is None


def test_a_unit_of_another_agency_cannot_be_chosen(office, browser):
    unit = office.units["Văn phòng"]
    answer = browser("mai").post("/admin/people", data=NEW | {"unit": unit.id})
    assert answer.status_code == 422


@pytest.mark.parametrize("act", ["", "/posts", "/password", "/closure", "/reopening"])
def test_people_of_another_agency_are_not_there(office, browser, act):
    admin = browser("quantri")
    foreign, nothing = (
        admin.post(f"/admin/people/{number}{act}", data=NEW) for number in (office.nam.id, 98765)
    )
    assert foreign.status_code == nothing.status_code == 404 and foreign.text == nothing.text
    assert users.Person.get_by_id(office.nam.id).disabled_at is None


def test_the_province_appoints_in_several_agencies(office, browser):
    form = {"agency": office.b.id, "title": "Kiêm nhiệm", "roles": ["officer"]}
    assert browser("admin").post(f"/admin/people/{office.tuan.id}/posts", data=form).status_code == 303
    assert {post.agency_id for post in users.posts_of(office.tuan.person)} == {office.a.id, office.b.id}
    page = browser("quantri").get(f"/admin/people/{office.tuan.id}").text
    assert "do quản trị toàn tỉnh làm" in page and "Kiêm nhiệm" not in page


def test_a_closed_account_is_out_at_once(office, browser):
    dung = browser("dung")
    assert dung.get("/help").status_code == 200
    browser("quantri").post(f"/admin/people/{office.dung.id}/closure")
    assert dung.get("/help").status_code == 303


def test_the_last_administrator_is_told_why_he_stays(office, browser):
    answer = browser("admin").post(f"/admin/people/{office.quantri.id}/closure")
    assert answer.status_code == 409 and "quản trị cuối cùng" in answer.text


def test_an_ended_post_of_a_person_needs_his_own_post(office, browser):
    url = f"/admin/people/{office.dung.id}/posts/{office.tuan.post.id}/end"
    assert browser("quantri").post(url).status_code == 404
    assert (
        browser("quantri").post(f"/admin/people/{office.dung.id}/posts/{office.dung.post.id}/end").status_code
        == 303
    )
    assert users.posts_of(office.dung.person) == []
