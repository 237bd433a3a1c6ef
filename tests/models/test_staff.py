"""Who may open, change and close accounts and posts (Quy chế 5.2, 12.1; NĐ30 Điều 32; goals I5, I6)."""

import pytest

from models import clock, db, documents, errors, journal, staff, users, workflow


def open_account(office, actor="quantri", login="moi", roles=("officer",), agency=None):
    return staff.open_account(
        getattr(office, actor), agency or office.a, login, "Người Mới", "Chuyên viên", list(roles)
    )


def test_a_new_person_signs_in_with_the_given_password_once(office):
    person, password = open_account(office)
    with pytest.raises(users.PasswordExpired):
        users.sign_in("moi", password)
    assert password not in str(list(users.Person.select().dicts())) + str(
        list(journal.Event.select().dicts())
    )
    assert len(password.replace("-", "")) == 16
    assert staff.get(office.quantri, person.id).id == person.id


def test_signer_and_keeper_of_the_seal_are_two_people(office):
    """Quy chế 5.2, 12.1: even in a commune of three accounts."""
    with pytest.raises(errors.Invalid, match="hai người"):
        open_account(office, roles=("leader", "clerk"))
    assert users.Person.get_or_none(users.Person.login == "moi") is None
    with pytest.raises(errors.Invalid, match="hai người"):
        staff.appoint(office.quantri, office.lan.person, office.a, "Phó Giám đốc", ["leader"])
    staff.appoint(office.admin, office.lan.person, office.b, "Phó Chủ tịch", ["leader"])


def test_an_agency_s_administrator_rules_his_agency_alone(office):
    with pytest.raises(errors.NotFound):
        staff.get(office.quantri, office.binh.id)
    with pytest.raises(errors.NotAllowed):
        open_account(office, agency=office.b)
    with pytest.raises(errors.NotAllowed):
        staff.end_post(office.quantri, office.nam.post)
    assert staff.get(office.admin, office.binh.id)


def test_nobody_gives_himself_the_province(office):
    with pytest.raises(errors.NotAllowed):
        staff.appoint(office.quantri, office.quantri.person, office.a, "Quản trị", ["province_admin"])


def test_people_who_also_serve_elsewhere_belong_to_the_province(office):
    """An agency's administrator who could give them a password could enter the other agency."""
    staff.appoint(office.admin, office.lan.person, office.b, "Kiêm nhiệm", ["officer"])
    for act in (staff.give_password, staff.close_account, staff.reopen_account):
        with pytest.raises(errors.Refused, match="cơ quan khác"):
            act(office.quantri, office.lan.person)
    assert staff.give_password(office.admin, office.lan.person)


def test_the_provincial_administrator_is_out_of_reach(office):
    staff.appoint(office.admin, office.admin.person, office.a, "Hỗ trợ", ["admin"])
    with pytest.raises(errors.Refused, match="toàn tỉnh"):
        staff.give_password(office.quantri, office.admin.person)


def test_the_last_administrator_stays(office):
    for actor in (office.quantri, office.admin):
        with pytest.raises(errors.Refused, match="quản trị cuối cùng"):
            staff.end_post(actor, office.quantri.post)
    with pytest.raises(errors.Refused, match="quản trị cuối cùng"):
        staff.close_account(office.admin, office.quantri.person)
    staff.appoint(office.quantri, office.lan.person, office.a, "Quản trị", ["admin"])
    staff.close_account(office.admin, office.quantri.person)
    assert users.sessions_of(office.quantri.person) == []


def test_the_last_provincial_administrator_stays(office):
    second, _ = open_account(office, actor="admin", roles=("admin",), agency=office.admin.agency)
    assert second
    with pytest.raises(errors.Refused, match="toàn tỉnh cuối cùng"):
        staff.end_post(office.admin, office.admin.post)


def test_nobody_closes_his_own_account(office):
    staff.appoint(office.quantri, office.lan.person, office.a, "Quản trị", ["admin"])
    with pytest.raises(errors.Refused, match="chính mình"):
        staff.close_account(office.quantri, office.quantri.person)


def test_a_leaver_with_documents_is_named_with_them(office):
    with db.write():
        doc = workflow.begin("outgoing", "draft", office.tuan, agency=office.a, source="draft", created_at=clock.now(),
                             drafter=office.tuan.post)  # fmt: skip
        documents.describe(doc, subject="Báo cáo quý I")
        documents.hand_to(doc, office.tuan.post)
    for act, thing in ((staff.end_post, office.tuan.post), (staff.close_account, office.tuan.person)):
        with pytest.raises(errors.Refused, match=f"Đỗ Anh Tuấn.*dự thảo {doc.id}") as caught:
            act(office.quantri, thing)
        assert "Báo cáo" not in str(caught.value)  # administrators read no document
    with db.write():
        documents.hand_to(doc, office.thao.post)
        doc.set(drafter=office.thao.post)
    staff.close_account(office.quantri, office.tuan.person)
    staff.reopen_account(office.quantri, office.tuan.person)
    assert users.sign_in("tuan", "mot cau that de nho")


def test_an_ended_post_is_not_ended_again(office):
    staff.end_post(office.quantri, office.dung.post)
    with pytest.raises(errors.Refused, match="đã kết thúc"):
        staff.end_post(office.quantri, office.dung.post)


def test_every_change_leaves_its_line_in_the_agency_s_journal(office):
    person, _ = open_account(office)
    staff.change(office.quantri, person, "Người Mới Hơn", "", "")
    staff.close_account(office.quantri, person)
    verbs = [event.verb for event in journal.of(person)]
    assert verbs == ["appoint", "reset_password", "change_person", "disable"]
    assert all(
        event.agency_id == office.a.id and event.person_id == office.quantri.id
        for event in journal.of(person)
    )
