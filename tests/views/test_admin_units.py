"""Units and the contact point through the pages (Quy chế 7.2)."""

from models import agencies


def names(office):
    return [unit.name for unit in agencies.units_of(office.a.id)]


def test_a_unit_is_opened_renamed_and_closed(office, browser):
    admin = browser("quantri")
    admin.post("/admin/units", data={"name": "Thanh tra", "notation": "TTr"})
    unit = next(unit for unit in agencies.units_of(office.a.id) if unit.name == "Thanh tra")
    admin.post(f"/admin/units/{unit.id}", data={"name": "Phòng Thanh tra", "notation": "TTr"})
    assert "Phòng Thanh tra" in names(office)
    assert admin.post(f"/admin/units/{unit.id}/closure").status_code == 303
    assert "Phòng Thanh tra" not in names(office)


def test_a_unit_with_people_names_them(office, browser):
    answer = browser("quantri").post(f"/admin/units/{office.units['Phòng Kỹ thuật'].id}/closure")
    assert answer.status_code == 409 and office.dung.name in answer.text


def test_the_contact_point_is_not_closed(office, browser):
    answer = browser("quantri").post(f"/admin/units/{office.units['Văn phòng'].id}/closure")
    assert answer.status_code == 409 and "đầu mối" in answer.text


def test_a_taken_name_is_told_at_its_unit(office, browser):
    unit = office.units["Phòng Kỹ thuật"]
    answer = browser("quantri").post(f"/admin/units/{unit.id}", data={"name": "văn phòng"})
    assert answer.status_code == 422 and "Đã có đơn vị" in answer.text
    assert "Phòng Kỹ thuật" in names(office)


def test_another_agency_s_unit_is_not_there(office, browser):
    unit = office.units["Phòng Kỹ thuật"]
    for act in ("", "/contact-point", "/closure"):
        assert browser("mai").post(f"/admin/units/{unit.id}{act}", data={"name": "X"}).status_code == 404
    assert "Phòng Kỹ thuật" in names(office)
