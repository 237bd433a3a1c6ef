"""Agencies, their codes in both schemes with history, units and the one contact point (law ID-1…10; Quy chế 7, 14.2, 18.3)."""

import pytest

from models import agencies, agencies_search, clock, db, errors, setup, users


@pytest.mark.parametrize(
    "code", ["H35", "H35.12", "H35.12.03", "A01.B2C", "Z990100109106", "000.00.12.H35", "001.02.03.A99"]
)
def test_codes_of_both_schemes_are_taken(office, code):
    """ID-2, ID-3, ID-4."""
    assert agencies.explain(code) == ""
    assert agencies.add_code(office.b, code).code == code


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("H35.1a.", "ký tự không được dùng: «a»"), ("H35.1.", "dấu chấm ở đầu, ở cuối"), (".H35", "dấu chấm ở đầu"),
        ("H35..1", "hai dấu chấm liền nhau"), ("H35 1", "dấu cách"), ("h35", "«h»"), ("35H", "một chữ cái và hai chữ số"),
        ("H" + "35" + ".12" * 12, "tối đa là 35"), ("", "một chữ cái và hai chữ số"), ("H35.Đ1", "«Đ»"),
    ],
)  # fmt: skip
def test_a_wrong_code_is_told_what_is_wrong(office, code, words):
    """Q18.3.a."""
    with pytest.raises(errors.Invalid) as caught:
        agencies.add_code(office.b, code)
    assert words in caught.value.fields["code"]
    assert "H35.12" in caught.value.fields["code"]


def test_a_new_code_closes_the_old_one_of_its_scheme_and_keeps_it(office):
    """ID-7: opened and closed with decision and day, never deleted."""
    with clock.freeze("2026-07-01 09:00"):
        agencies.add_code(office.b, "H99.21", decision="QĐ 12/QĐ-UBND")
    history = {row.code: (row.valid_to, row.decision) for row in office.b.codes}
    assert history["H99.20.01"][0] is not None
    assert history["H99.21"] == (None, "QĐ 12/QĐ-UBND")
    assert history["000.01.20.H99"][0] is None


def test_the_newer_scheme_is_the_code_in_force(office):
    assert office.a.code == "H99.10"
    agencies.add_code(office.a, "H99.11")
    assert office.a.code == "H99.11"
    assert agencies.codes([office.a.id, office.b.id]) == {office.a.id: "H99.11", office.b.id: "H99.20.01"}


def test_a_message_to_a_former_code_still_arrives(office):
    agencies.add_code(office.b, "H99.21")
    assert agencies.by_code("H99.20.01").id == office.b.id
    assert agencies.by_code("000.01.20.H99").id == office.b.id
    assert agencies.by_code("H99.99") is None


def test_a_code_has_one_holder(office):
    with pytest.raises(errors.Invalid, match="đã thuộc về Sở Kế hoạch"):
        agencies.add_code(office.b, "H99.10")


def test_a_list_of_agencies_reads_their_codes_in_one_query(office):
    rows = agencies.with_codes(agencies.Agency.select())
    statements = []
    db.database.connection().set_exec_trace(lambda cursor, sql, bindings: statements.append(sql) or True)
    assert {row.code for row in rows} >= {"H99.10", "H99.20.01"}
    db.database.connection().set_exec_trace(None)
    assert statements == []


def test_a_code_met_on_the_axis_enters_the_address_book(office):
    found = agencies.partner("K01.2", "Bộ Mẫu")
    assert (found.hosted, found.connection) == (False, "axis")
    assert agencies.partner("K01.2", "tên khác").id == found.id


def test_search_needs_no_marks(office):
    assert office.a.id in [row.id for row in agencies_search.find("so ke hoach")]
    assert [row.id for row in agencies_search.find("H99.20")] == [office.b.id]


def test_an_agency_has_exactly_one_contact_point(office):
    """Quy chế 7.2."""
    agencies.make_contact_point(office.units["Phòng Kế hoạch"])
    points = [unit.name for unit in agencies.units_of(office.a.id) if unit.is_contact_point]
    assert points == ["Phòng Kế hoạch"]


def test_the_first_unit_is_the_contact_point(office):
    assert agencies.open_unit(office.b, "Văn phòng HĐND và UBND").is_contact_point
    assert not agencies.open_unit(office.b, "Phòng Kinh tế").is_contact_point


@pytest.mark.parametrize("name", ["", "  ", "văn  phòng"])
def test_a_unit_needs_a_name_of_its_own(office, name):
    with pytest.raises(errors.Invalid):
        agencies.open_unit(office.a, name)


def test_a_closed_agency_keeps_its_code_for_old_letters_and_locks_its_books(office):
    """ID-7, X14."""
    setup.close_agency(office.b, office.admin, "NQ 1670, nhập vào xã Mây Mới")
    closed = agencies.Agency.get_by_id(office.b.id)
    assert closed.closed_on and closed.code == ""
    assert agencies.by_code("H99.20.01").id == office.b.id
    assert users.posts_of(office.mai.person) == []


def test_an_agency_is_not_closed_without_decision_nor_from_inside(office):
    with pytest.raises(errors.Invalid):
        setup.close_agency(office.b, office.admin, " ")
    with pytest.raises(errors.Refused, match="đang làm việc"):
        setup.close_agency(office.admin.agency, office.admin, "QĐ 1")


def test_the_first_administrator_is_made_once(data):
    """Two first visitors cannot both win."""
    post = setup.first_run("UBND xã Thử", "H98.01", "Người Đầu", "dau", "mot cau that de nho")
    assert post.has("province_admin")
    with pytest.raises(errors.Refused, match="đã có quản trị"):
        setup.first_run("UBND xã Khác", "H98.02", "Người Sau", "sau", "mot cau that de nho")
    assert agencies.Agency.select().count() == 1
