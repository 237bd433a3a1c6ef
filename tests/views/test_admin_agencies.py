"""Agencies and their codes through the pages (law ID-1…7; Quy chế 14.2, 18.3)."""

import pytest

from models import agencies, users

OPEN = {"code": "H99.30", "name": "UBND xã Đồi Chè"}


def test_details_for_the_packets_are_kept(office, browser):
    form = {"name": office.a.name, "address": "Số 2 đường Mới", "email": "moi@sokehoach.example"}
    assert browser("quantri").post("/admin/agency", data=form).status_code == 303
    assert agencies.Agency.get_by_id(office.a.id).address == "Số 2 đường Mới"


def test_a_wrong_code_is_told_what_is_wrong_and_stays_typed(browser):
    """Q18.3.a."""
    answer = browser("quantri").post("/admin/agency/codes", data={"code": "H35.1a.", "decision": "QĐ 1"})
    assert answer.status_code == 422
    assert "ký tự không được dùng: «a»" in answer.text and 'value="H35.1a."' in answer.text


def test_a_code_needs_its_decision(office, browser):
    assert browser("quantri").post("/admin/agency/codes", data={"code": "H99.11"}).status_code == 422
    browser("quantri").post("/admin/agency/codes", data={"code": "H99.11", "decision": "QĐ 5/QĐ-UBND"})
    assert agencies.Agency.get_by_id(office.a.id).code == "H99.11"
    assert "QĐ 5/QĐ-UBND" in browser("quantri").get("/admin/agency").text


def test_the_only_code_is_not_closed(office, browser):
    admin = browser("quantri")
    first, second = (row.id for row in office.a.codes)
    assert admin.post(f"/admin/agency/codes/{first}/closure", data={}).status_code == 409
    assert admin.post(f"/admin/agency/codes/{first}/closure", data={"decision": "QĐ 6"}).status_code == 303
    answer = admin.post(f"/admin/agency/codes/{second}/closure", data={"decision": "QĐ 7"})
    assert answer.status_code == 409 and "duy nhất" in answer.text


def test_the_province_opens_and_closes_an_agency(browser):
    admin = browser("admin")
    answer = admin.post("/admin/agencies", data=OPEN)
    agency = agencies.by_code("H99.30")
    assert answer.headers["location"] == f"/admin?agency={agency.id}"
    assert admin.post("/admin/agencies", data=OPEN).status_code == 422
    url = f"/admin/agencies/{agency.id}/closure"
    assert admin.post(url, data={"decision": ""}).status_code == 409
    assert admin.post(url, data={"decision": "NQ 1, nhập vào xã Suối Mây"}).status_code == 303
    assert admin.post(url, data={"decision": "NQ 2"}).status_code == 409


@pytest.mark.parametrize("url", ["/admin/agencies", "/admin/agencies/new"])
def test_agencies_of_the_installation_are_the_province_s(browser, url):
    assert browser("quantri").get(url).status_code == 403


def test_a_post_cannot_name_another_agency(office, browser):
    answer = browser("quantri").post("/admin/agency", data={"agency": office.b.id, "name": "Bị sửa"})
    assert answer.status_code == 404
    assert agencies.Agency.get_by_id(office.b.id).name == office.b.name


def test_the_last_signed_in_people_lose_their_posts(office, browser):
    mai = browser("mai")
    browser("admin").post(f"/admin/agencies/{office.b.id}/closure", data={"decision": "NQ 1"})
    assert mai.get("/help").status_code == 303 and users.posts_of(office.mai.person) == []
