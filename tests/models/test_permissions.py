"""Who may see which document: a row with a reason, or a duty in the same agency; another agency's does not exist (goal Z)."""

import pytest

from models import clock, db, documents, errors, permissions, workflow


@pytest.fixture
def doc(office):
    with db.write():
        return workflow.begin(
            "outgoing", "draft", office.tuan, agency=office.a, source="draft", created_at=clock.now()
        )


def sees(actor, doc) -> bool:
    return permissions.visible(actor).where(documents.Document.id == doc.id).exists()


@pytest.mark.parametrize("who", ["lan", "minh", "hoa"])
def test_clerk_and_heads_see_all_of_their_agency(office, doc, who):
    assert sees(getattr(office, who), doc)


@pytest.mark.parametrize(
    "who", ["tuan", "dung", "thao", "son", "khoa", "quantri", "admin", "binh", "mai", "nam"]
)
def test_nobody_else_sees_it_without_a_reason(office, doc, who):
    """Administrators keep the system and read no document (goal Z6)."""
    assert not sees(getattr(office, who), doc)
    with pytest.raises(errors.NotFound):
        permissions.get(getattr(office, who), doc.id)


def test_a_granted_post_sees_it_and_only_that_post(office, doc):
    with db.write():
        permissions.grant(doc, "Được giao", post=office.dung.post)
    assert sees(office.dung, doc) and not sees(office.tuan, doc)


def test_a_granted_unit_is_its_head_not_its_officers(office, doc):
    with db.write():
        permissions.grant(doc, "Đơn vị", unit=office.units["Phòng Kế hoạch"])
    assert sees(office.thao, doc)
    assert not sees(office.tuan, doc) and not sees(office.son, doc)


def test_the_form_checker_sees_what_waits_for_him(office, doc):
    with db.write():
        documents.Document.update(state="form_review").where(documents.Document.id == doc.id).execute()
    assert sees(office.khoa, doc)


def test_a_right_granted_to_another_agency_s_post_shows_nothing(office, doc):
    with db.write():
        permissions.grant(doc, "Nhầm", post=office.nam.post)
    assert not sees(office.nam, doc)


def test_the_same_right_twice_is_one_row(office, doc):
    with db.write():
        for _ in range(2):
            permissions.grant(doc, "Được giao", post=office.dung.post)
    assert permissions.Access.select().where(permissions.Access.post == office.dung.post).count() == 1


def test_foreign_and_nonexistent_are_told_alike(office, doc):
    """Goal Z5."""
    told = []
    for number in (doc.id, 987654):
        with pytest.raises(errors.NotFound) as caught:
            permissions.get(office.mai, number)
        told.append(str(caught.value))
    assert told[0] == told[1]


def test_a_flow_is_not_entered_by_the_other_s_door(office, doc):
    with pytest.raises(errors.NotFound):
        permissions.get(office.lan, doc.id, "incoming")


def test_a_step_of_another_agency_s_document_is_refused(office, doc):
    step = workflow.Step("x", {"draft"}, "y", ("clerk",), "X", "Y", "")
    assert permissions.may(office.lan, step, doc) is None
    assert "cơ quan khác" in permissions.may(office.mai, step, doc)
    assert "Văn thư" in permissions.may(office.tuan, step, doc)
    assert permissions.may(None, step, doc)


def test_require(office):
    permissions.require(office.lan, "clerk")
    with pytest.raises(errors.NotAllowed):
        permissions.require(office.tuan, "clerk")
