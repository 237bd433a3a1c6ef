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


def test_i12_a_merger_is_entered_shown_and_undone(browser):
    admin = browser("admin")
    admin.post("/admin/partners", data=AXIS)
    admin.post("/admin/partners", data=AXIS | {"name": "Sở Kế Nhiệm", "code": "H98.06"})
    old = agencies.by_code("H98.05")
    form = {"code": "H98.06", "decision": "NQ 3/NQ-HĐND", "day": "1/1/2026"}
    at = f"/admin/partners/{old.id}/merger"
    assert "Không có cơ quan nào" in admin.post(at, data=form | {"code": "H98.99"}).text
    assert admin.post(at, data=form | {"decision": ""}).status_code == 422
    assert admin.post(at, data=form).status_code == 303
    page = admin.get(f"/admin/partners/{old.id}").text
    assert "NQ 3/NQ-HĐND" in page and "Sở Kế Nhiệm" in page and "Hủy ghi sáp nhập" in page
    assert agencies.by_code("H98.05").name == "Sở Kế Nhiệm"
    assert admin.post(f"{at}/undoing", data={"reason": ""}).status_code == 422
    admin.post(f"{at}/undoing", data={"reason": "Ghi nhầm"})
    assert agencies.by_code("H98.05").id == old.id


def test_q9_1_not_connected_has_its_reason_and_its_day(browser):
    admin = browser("admin")
    form = {"name": "HTX Mẫu", "connection": "none", "connection_note": "Chưa có máy", "unconnected_since": "5/1/2026",
            "recipient_class": "outside", "telephone": "0200 1", "clerk_name": "Bà Mẫu"}  # fmt: skip
    admin.post("/admin/partners", data=form)
    row = agencies.Agency.get(agencies.Agency.name == "HTX Mẫu")
    assert (f"{row.unconnected_since:%d/%m/%Y}", row.recipient_class, row.clerk_name) == (
        "05/01/2026",
        "outside",
        "Bà Mẫu",
    )
    assert "từ 05/01/2026" in admin.get("/admin/partners?q=htx").text


def test_q7_1_another_agency_may_receive_for_it(browser):
    admin = browser("admin")
    wrong = admin.post("/admin/partners", data=AXIS | {"contact_code": "H98.99"})
    assert wrong.status_code == 422 and "đầu mối" in wrong.text
    admin.post("/admin/partners", data=AXIS | {"contact_code": "H99.10"})
    assert agencies.by_code("H98.05").contact_agency.code == "H99.10"
