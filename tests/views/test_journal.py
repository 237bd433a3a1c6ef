"""The journal's page: one's own agency, page by page, and the check of the chain (goal L)."""

import re

from models import clock, db, journal, workflow


def write(office, count, note="việc"):
    with db.write():
        for number in range(count):
            journal.record("act", office.lan, office.a, note=f"{note} {number:03d}")


def test_pages_go_back_without_hole_or_double(office, browser):
    write(office, 120)
    admin, url, seen = browser("quantri"), "/journal?verb=act", []
    while url:
        text = admin.get(url).text
        seen += re.findall(r"việc (\d{3})", text)
        found = re.search(r'rel="next" href="([^"]+)"', text)
        url = found[1].replace("&amp;", "&") if found else None
    assert seen == [f"{number:03d}" for number in range(119, -1, -1)]


def test_another_agency_s_lines_are_not_there(office, browser):
    write(office, 3, "bimatcuasoa")
    assert "bimatcuasoa" not in browser("mai").get("/journal").text
    assert "bimatcuasoa" in browser("quantri").get("/journal").text


def test_administrators_read_the_acts_but_not_a_document_s_words(office, browser):
    """Goal Z6."""
    with db.write():
        workflow.begin("outgoing", "draft", office.tuan, note="ykienchidao", agency=office.a, source="draft",
                       created_at=clock.now())  # fmt: skip
    assert "ykienchidao" not in browser("quantri").get("/journal").text
    assert "ykienchidao" in browser("lan").get("/journal").text


def test_a_whole_chain_is_confirmed_and_the_check_is_written_down(office, browser):
    answer = browser("quantri").post("/journal/verification")
    assert answer.status_code == 303
    assert journal.Event.select().where(journal.Event.verb == "verify_journal").count() == 1


def test_a_broken_chain_is_told_with_its_line(office, browser):
    write(office, 2)
    number = journal.head()[0]
    with db.write():
        db.database.execute_sql("UPDATE event SET note = 'sửa' WHERE id = ?", (number,))
    answer = browser("quantri").post("/journal/verification")
    assert answer.status_code == 409 and f"dòng {number}" in answer.text


def test_a_head_noted_before_is_compared(office, browser):
    number, _ = journal.head()
    answer = browser("quantri").post("/journal/verification", data={"number": number, "hash": "a" * 64})
    assert answer.status_code == 409 and "làm lại" in answer.text


def test_an_odd_address_is_no_fault(office, browser):
    for query in ("before=x", "before=-1", "before=²", "verb=khongco", "before=99999999999999999999"):
        assert browser("quantri").get(f"/journal?{query}").status_code == 200
