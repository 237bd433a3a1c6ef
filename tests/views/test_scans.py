"""Pages of scans: upload with and without mistakes, progress, the registration screen, another agency's clerk."""

import io

import pytest
from PIL import Image

from models import db, documents, extraction, files, scans


def sheet():
    held = io.BytesIO()
    Image.new("L", (120, 170), 255).save(held, "PDF")
    return held.getvalue()


PDF = sheet()
BOX = [100, 100, 200, 112]


def field(value, sure=True):
    return extraction.Field(value, 0.97 if sure else 0.7, sure, 1, BOX)


READ = dict.fromkeys(extraction.FIELDS) | {
    "code_number": field("125"), "code_notation": field("SGT-VP"), "issued_date": field("2025-03-02"),
    "organ_name": field("SỞ GIẢ TƯỞNG"), "type_name": field("Công văn"), "subject": field("V/v thử bản quét", False),
    "signer_name": field("Lò Văn Mẫu"), "signer_position": field("GIÁM ĐỐC"),
}  # fmt: skip


def read_scan(actor, name="thu.pdf", fields=READ, content=PDF):
    with db.connection():
        scan = scans.upload(actor, files.store(content), name, "application/pdf")
        scan = scans.begin_reading(scan.id)
        scans.finish_reading(scan, 1, "thử bản quét", fields, None, [(595, 842)])
        return scan


def typed(office, **changed):
    with db.connection():
        leader = next(post for post in office.lan.agency.posts if post.has("leader"))
    return {
        "organ_name": "Sở Giả Tưởng", "code_number": "125", "code_notation": "SGT-VP", "issued_date": "2/3/2025",
        "subject": "V/v thử bản quét", "type_code": "CV", "urgency": "0", "leader": str(leader.id), "page_amount": "1",
        "act": "forward",
    } | changed  # fmt: skip


def test_many_files_are_taken_and_the_wrong_one_is_named(browser, office):
    lan = browser("lan")
    answer = lan.post(
        "/scans",
        files=[("file", ("a.pdf", PDF)), ("file", ("b.pdf", b"MZ\x90 program")), ("file", ("c.pdf", PDF))],
    )
    assert answer.status_code == 422
    assert "b.pdf" in answer.text
    with db.connection():
        assert [scan.name for scan in scans.Scan.select().order_by(scans.Scan.id)] == ["a.pdf", "c.pdf"]


def test_an_upload_without_files_says_so(browser):
    answer = browser("lan").post("/scans", data={"x": "1"})
    assert answer.status_code == 422
    assert "ít nhất một tệp" in answer.text


def test_the_list_asks_again_only_while_something_is_read(browser, office):
    lan = browser("lan")
    assert "Hết tệp chờ" in lan.get("/scans/new").text
    lan.post("/scans", files=[("file", ("a.pdf", PDF))])
    assert 'hx-get="/scans/rows"' in lan.get("/scans").text
    with db.connection():
        scan = scans.begin_reading(scans.Scan.get().id)
        scans.progress(scan, 2, 7)
    assert "2/7" in lan.get("/scans/rows").text
    page = lan.get(lan.get(f"/scans/{scan.id}").headers["location"]).text
    assert f'hx-get="/scans/{scan.id}/progress"' in page
    with db.connection():
        scans.finish_reading(scan, 7, "", dict.fromkeys(extraction.FIELDS), None)
    assert "hx-get" not in lan.get("/scans/rows").text
    answer = lan.get(f"/scans/{scan.id}/progress", headers={"HX-Request": "true"})
    assert answer.headers["HX-Redirect"] == f"/scans/{scan.id}"


def test_doubtful_fields_are_amber_and_the_first_has_the_focus(browser, office):
    scan = read_scan(office.lan)
    lan = browser("lan")
    page = lan.get(lan.get(f"/scans/{scan.id}").headers["location"]).text
    assert 'value="125"' in page
    assert 'value="02/03/2025"' in page
    assert page.count("Hãy xem lại.") == 1
    assert page.count("data-first") == 1
    assert page.index("data-first") > page.index('id="f-subject"')
    assert 'viewBox="0 0 595 842"' in page
    assert "stroke-dasharray" in page
    assert "style=" not in page


def test_confirming_registers_presents_and_opens_the_next(browser, office):
    first, second = read_scan(office.lan), read_scan(office.lan, "hai.pdf", content=PDF + b"\n")
    lan = browser("lan")
    answer = lan.post(f"/scans/{first.id}/registration", data=typed(office))
    assert answer.status_code == 303
    assert answer.headers["location"].endswith(f"&scan={second.id}")
    with db.connection():
        doc = scans.Scan.get_by_id(first.id).document
        assert (doc.state, doc.source, doc.arrival_number, doc.code_number) == (
            "forwarded",
            "paper",
            1,
            "125",
        )
        assert documents.main_file(doc).read() == PDF
    assert lan.get(f"/scans/{first.id}").headers["location"] == f"/incoming/{doc.id}"
    again = lan.post(f"/scans/{first.id}/registration", data=typed(office, known="1"))
    assert again.status_code == 409
    with db.connection():
        assert documents.Document.select().count() == 1


def test_wrong_values_keep_what_was_typed(browser, office):
    scan = read_scan(office.lan)
    answer = browser("lan").post(
        f"/scans/{scan.id}/registration",
        data=typed(office, subject="", organ_name="Ban Thử", issued_date="31/2/2025"),
    )
    assert answer.status_code == 422
    assert 'value="Ban Thử"' in answer.text
    assert 'value="31/2/2025"' in answer.text
    with db.connection():
        assert scans.Scan.get_by_id(scan.id).state == "read"


def test_a_possible_double_must_be_seen(browser, office):
    first, second = read_scan(office.lan), read_scan(office.lan, "lai.pdf")
    lan = browser("lan")
    lan.post(f"/scans/{first.id}/registration", data=typed(office))
    answer = lan.post(f"/scans/{second.id}/registration", data=typed(office))
    assert answer.status_code == 422
    assert "Có thể đã" in answer.text
    assert lan.post(f"/scans/{second.id}/registration", data=typed(office, known="1", apart_reason="Nơi gửi cấp trùng số")).status_code == 303


def test_a_scan_can_be_dropped_with_a_reason_only(browser, office):
    scan = read_scan(office.lan)
    lan = browser("lan")
    assert lan.post(f"/scans/{scan.id}/refusal", data={"reason": " "}).status_code == 422
    assert lan.post(f"/scans/{scan.id}/refusal", data={"reason": "quét nhầm"}).status_code == 303
    assert "quét nhầm" in lan.get(f"/scans/{scan.id}").text


def test_reading_again_puts_it_back(browser, office):
    scan = read_scan(office.lan)
    assert browser("lan").post(f"/scans/{scan.id}/reading").status_code == 303
    with db.connection():
        assert scans.Scan.get_by_id(scan.id).state == "waiting"


def test_the_received_file_comes_back_byte_for_byte(browser, office):
    scan = read_scan(office.lan)
    answer = browser("lan").get(f"/scans/{scan.id}/file")
    assert answer.content == PDF
    assert answer.headers["content-type"] == "application/octet-stream"


@pytest.mark.parametrize("path", ["", "/progress", "/pages/1.png", "/file"])
def test_another_agency_does_not_see_it_and_an_officer_may_not(browser, office, path):
    scan = read_scan(office.lan)
    with db.connection():
        other = next(
            actor
            for actor in office.everybody()
            if getattr(actor, "agency_id", 0) == office.b.id and actor.has("clerk")
        )
    assert browser(other.person.login).get(f"/scans/{scan.id}{path}").status_code == 404
    assert browser("dung").get(f"/scans/{scan.id}{path}").status_code == 403
