"""Tìm kiếm (ND30 PL VI III.6): words with or without marks, within what the person may see."""

import pytest

from models import clock, db, documents, permissions, workflow


@pytest.fixture
def letter(office):
    def write(agency, subject, flow="outgoing", **fields):
        with db.write():
            document = workflow.begin(
                flow,
                "draft" if flow == "outgoing" else "arrived",
                agency=agency,
                source="draft",
                created_at=clock.now(),
            )
            return documents.describe(document, subject=subject, **fields)

    return write


def test_a_word_without_marks_finds_the_document(browser, office, letter):
    letter(office.a, "Báo cáo điều tra rừng phòng hộ")
    assert "điều tra rừng" in browser("lan").get("/search?q=dieu tra rung").text


def test_number_and_notation_find_the_document(browser, office, letter):
    letter(office.a, "Giấy mời họp", code_number="7", code_notation="GM-SKH")
    assert "Giấy mời họp" in browser("lan").get("/search?q=07/GM-SKH").text


def test_another_agency_finds_nothing(browser, office, letter):
    letter(office.a, "Báo cáo điều tra rừng phòng hộ")
    assert "phòng hộ" not in browser("mai").get("/search?q=dieu tra rung").text


def test_an_officer_finds_only_what_was_granted(browser, office, letter):
    document = letter(office.a, "Báo cáo điều tra rừng phòng hộ")
    assert "phòng hộ" not in browser("dung").get("/search?q=rung").text
    with db.write():
        permissions.grant(document, "phối hợp", post=office.dung.post)
    assert "phòng hộ" in browser("dung").get("/search?q=rung").text


@pytest.mark.parametrize("typed", ['"', "NEAR(", "a AND", "*", "coquan1", "-- ;", "đ" * 300, "\x00", "()"])
def test_operators_are_words_not_syntax(browser, letter, typed):
    assert browser("lan").get("/search", params={"q": typed}).status_code == 200


def test_a_changed_subject_is_found_by_the_new_words_only(browser, office, letter):
    document = letter(office.a, "Kế hoạch cũ")
    with db.write():
        documents.describe(document, subject="Phương án mới")
    lan = browser("lan")
    assert "Phương án mới" in lan.get("/search?q=phuong an").text
    assert "Phương án mới" not in lan.get("/search?q=ke hoach cu").text
