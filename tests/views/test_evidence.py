"""The page of one document's evidence and its pack (I16): who may have it, what it says, a line for each made."""

import io
import zipfile

import letters
import pytest

from jobs import deliver, runner
from models import clock, exchange, files, incoming, journal

assert deliver and incoming


@pytest.fixture
def sent(office):
    with clock.freeze("2026-03-02 16:30"):
        doc = letters.issued(office.lan, [office.b])
        while runner.run_one():
            pass
    return doc


def test_i16_clerk_leader_and_archivist_make_the_pack_and_the_journal_keeps_its_hash(sent, browser):
    lan = browser("lan")
    page = lan.get(f"/outgoing/{sent.id}/evidence")
    assert page.status_code == 200 and "Có chữ ký của hệ thống nơi gửi tin" in page.text
    assert "dãy tin liền mạch" in page.text and "văn bản vào hệ thống 02/03/2026 16:30" in page.text
    answer = lan.post(f"/outgoing/{sent.id}/evidence/pack.zip")
    assert (
        answer.headers["content-type"] == "application/zip"
        and "chung-cu-12-SKH-KH.zip" in answer.headers["content-disposition"]
    )
    names = zipfile.ZipFile(io.BytesIO(answer.content)).namelist()
    assert {"tom-tat.pdf", "kiem-tra.py", "goi.json", "goi.chu-ky.json", "van-ban/01-cong-van.pdf"} <= set(
        names
    )
    assert len(list(journal.Event.select().where(journal.Event.verb == "make_evidence"))) == 1
    assert not list(files.spool().iterdir())  # the pack leaves nothing behind
    assert browser("minh").get(f"/outgoing/{sent.id}/evidence").status_code == 200


def test_i16_another_agency_finds_nothing_and_an_officer_makes_none(sent, office, browser):
    got = letters.arrived(office.b)[0]
    assert browser("mai").get(f"/outgoing/{sent.id}/evidence").status_code == 404
    assert browser("mai").post(f"/outgoing/{sent.id}/evidence/pack.zip").status_code == 404
    assert browser("lan").get(f"/incoming/{got.id}/evidence").status_code == 404
    assert browser("tuan").get(f"/outgoing/{sent.id}/evidence").status_code == 403
    assert browser("mai").get(f"/incoming/{got.id}/evidence").status_code == 200


def test_q14_2_a_no_pack_is_made_of_an_altered_file(sent, browser):
    row = exchange.sent(sent)[0].packet
    row.path().chmod(0o640)
    row.path().write_bytes(b"<edXML/>")
    answer = browser("lan").post(f"/outgoing/{sent.id}/evidence/pack.zip")
    assert answer.status_code == 409 and "không còn giống bản đã lưu" in answer.text
    assert not list(files.spool().iterdir()) and journal.Event.get(journal.Event.verb == "damaged_file")
