"""Letters that need no number (A16; ND30 21.1.b): passed on, listed, and read by the clerk and the receiver alone."""

import pytest
from arrivals import consigned, morning, statuses  # noqa: F401
from read_letters import read_scan

from models import db, documents, files, incoming, registers, scans, unregistered

pytestmark = pytest.mark.usefixtures("morning")


def letter(office):
    doc = consigned(office, subject="Thư riêng gửi anh Tuấn")
    with db.write():
        documents.attach(doc, files.put(b"%PDF-1.7 rieng", "thu.pdf", "application/pdf"), "main")
    return doc


def test_a16_a_private_letter_takes_no_number_and_is_for_its_receiver(morning, browser):
    doc, lan = letter(morning), browser("lan")
    asked = lan.post(f"/incoming/{doc.id}/unregistered", data={"kind": "personal"})
    assert asked.status_code == 422 and "Hãy chọn một người" in asked.text
    data = {"kind": "personal", "target": f"post:{morning.tuan.post.id}", "note": "Thư tay"}
    assert lan.post(f"/incoming/{doc.id}/unregistered", data=data).status_code == 303
    doc = documents.Document.get_by_id(doc.id)
    assert (doc.state, doc.arrival_number) == ("unregistered", None) and statuses(doc) == ["accepted"]
    assert (
        registers.coming(registers.of(morning.a.id, "incoming")) == 1 and incoming.waiting(morning.lan) == []
    )
    file = documents.main_file(doc)
    for login, status in (
        ("lan", 200),
        ("tuan", 200),
        ("minh", 404),
        ("hoa", 404),
        ("dung", 404),
        ("mai", 404),
    ):
        one = browser(login)
        assert one.get(f"/incoming/{doc.id}").status_code == status, login
        assert one.get(f"/files/{file.id}").status_code == status, login
        assert ("Thư riêng" in one.get("/incoming/unregistered").text) == (status == 200), login
        assert "Thư riêng" not in one.get("/incoming").text
        assert ("Thư riêng" in one.get("/search?q=Thu+rieng").text) == (status == 200), login
    assert "Văn bản được chuyển cho bạn, không đăng ký" in browser("tuan").get("/notifications").text
    assert browser("lan").post(f"/incoming/{doc.id}/receipt").status_code == 403
    assert browser("tuan").post(f"/incoming/{doc.id}/receipt").status_code == 303
    assert unregistered.of(doc).taken_by == morning.tuan.name
    assert lan.post(f"/incoming/{doc.id}/registration", data={}).status_code in (409, 422)


def test_a16_a_scan_goes_to_a_mass_organisation_or_a_unit(morning, browser):
    scan, other, lan = read_scan(morning.lan), read_scan(morning.lan, "khac.pdf"), browser("lan")
    data = {"kind": "union", "organisation": "Công đoàn cơ sở", "subject": "Phát động thi đua"}
    assert lan.post(f"/scans/{scan.id}/unregistered", data=data).status_code == 303
    row = unregistered.PassedOn.get()
    assert (row.receiver, row.document.subject, scans.Scan.get_by_id(scan.id).state) == (
        "Công đoàn cơ sở", "Phát động thi đua", "confirmed"
    )  # fmt: skip
    assert lan.post(f"/scans/{scan.id}/unregistered", data=data).status_code == 409
    unit = morning.thao.post.unit
    data = {"kind": "other", "target": f"unit:{unit.id}"}
    assert lan.post(f"/scans/{other.id}/unregistered", data=data).status_code == 303
    page = browser("thao").get("/incoming/unregistered").text
    assert unit.name in page and "Công đoàn" not in page
    assert "Công đoàn cơ sở" in lan.get("/incoming/unregistered").text
    assert lan.get(f"/incoming/{row.document_id}").status_code == 200
