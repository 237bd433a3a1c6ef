"""The address book through the pages (law ID-10): reached through the axis, or not connected with a reason."""

import pytest

from models import agencies

AXIS = {"name": "Sở Mẫu tỉnh bạn", "code": "H98.05", "connection": "axis"}


def test_a_partner_is_entered_and_changed(office, browser):
    admin = browser("admin")
    assert admin.post("/admin/partners", data=AXIS).status_code == 303
    partner = agencies.by_code("H98.05")
    form = AXIS | {"connection": "none", "connection_note": "Chỉ nhận văn bản giấy"}
    assert admin.post(f"/admin/partners/{partner.id}", data=form).status_code == 303
    text = browser("quantri").get("/admin/partners").text
    assert "Chưa kết nối" in text and "Chỉ nhận văn bản giấy" in text


@pytest.mark.parametrize(
    ("change", "words"),
    [({"name": ""}, "Hãy nhập tên"), ({"code": ""}, "cần mã định danh"), ({"connection": "none"}, "nêu lý do"),
     ({"code": "H99.10"}, "đã thuộc về"), ({"connection": "bo cau"}, "cách kết nối")],
)  # fmt: skip
def test_wrong_fields_are_named_and_nothing_is_entered(browser, change, words):
    answer = browser("admin").post("/admin/partners", data=AXIS | change)
    assert answer.status_code == 422 and words in answer.text
    assert agencies.Agency.get_or_none(agencies.Agency.name == AXIS["name"]) is None


def test_an_agency_of_this_installation_is_no_partner(office, browser):
    assert browser("admin").get(f"/admin/partners/{office.a.id}").status_code == 404


def test_only_the_province_changes_the_book(browser):
    assert browser("quantri").post("/admin/partners", data=AXIS).status_code == 403


def test_partners_are_found_without_marks(browser):
    browser("admin").post("/admin/partners", data=AXIS)
    assert AXIS["name"] in browser("quantri").get("/admin/partners?q=so mau").text
    assert AXIS["name"] not in browser("quantri").get("/admin/partners?q=khong co").text
