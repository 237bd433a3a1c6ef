"""Chứng cứ kiểm tra ký số (TT 41 Điều 9; Q16.4): kept, shown, taken along, proved again; the file as it was signed."""

import io
import re
import zipfile
from datetime import timedelta

import signed_letters
from signed_letters import fields, words

from jobs import runner
from models import (
    checks,
    checks_evidence,
    clock,
    db,
    documents,
    files,
    incoming,
    recalls,
    signatures,
)


def test_q16_4_the_check_of_its_day_stays_and_can_be_proved_again_offline(
    browser, office, desk_keys, paper, no_line
):
    no_line()
    doc, mai = signed_letters.send(office, paper.sealed), browser("mai")
    assert mai.post(f"/incoming/{doc.id}/registration", data=fields(doc)).status_code == 303
    with db.connection():
        kept = checks_evidence.of(signatures.newest_check(doc))
        assert kept.of_kind("crl") or kept.of_kind("ocsp")
        assert kept.of_kind("certificate") and kept.authorities and kept.engine and kept.files
    signed_letters.forget_authorities()  # the authority is gone, its services too
    with clock.freeze(f"{clock.now() + timedelta(days=7300):%Y-%m-%d} 09:00"):
        late = browser("mai")
        page = words(late.get(f"/documents/{doc.id}/verification"))
        assert "Kết quả tại thời điểm nhận" in page and "HỢP LỆ" in page
        answer = late.post(f"/documents/{doc.id}/verification/repetition")
        assert answer.status_code == 200 and "giống hệt" in answer.text, words(answer)
        with db.connection():
            checks.order_check(doc, office.mai)
            runner.run_due()
        page = words(late.get(f"/documents/{doc.id}/verification"))
        assert "Kết quả tại thời điểm nhận" in page


def test_q16_4_a_later_check_without_a_result_changes_nothing(office, desk_keys, paper, no_line):
    no_line()
    doc = signed_letters.send(office, paper.sealed)
    with db.connection():
        incoming.register(doc, office.mai)
        report = signatures.newest_check(doc).facts | {"verdict": "unchecked", "sentence": "mất mạng"}
        signatures.checked(doc, report)
        assert signed_letters.again(doc).verdict == "valid"


def test_the_evidence_travels_as_one_pack(browser, office, desk_keys, paper):
    doc = signed_letters.send(office, paper.sealed)
    mai = browser("mai")
    pack = mai.get(f"/documents/{doc.id}/verification/pack.zip")
    names = zipfile.ZipFile(io.BytesIO(pack.content)).namelist()
    for start in ("bao-cao.pdf", "bao-cao.json", "chung-cu.json", "chung-thu/", "tep/01-"):
        assert any(name.startswith(start) for name in names), names
    report = mai.get(f"/documents/{doc.id}/verification/report.pdf")
    assert report.content.startswith(b"%PDF-")
    assert browser("lan").get(f"/documents/{doc.id}/verification/pack.zip").status_code == 404


def test_the_file_as_it_was_signed_beside_what_it_is_now(browser, office, desk_keys, paper):
    doc, mai = signed_letters.send(office, paper.sealed), browser("mai")
    page = mai.get(f"/documents/{doc.id}/verification/signatures/1").text
    place = re.search(r"/documents/\d+/verification/signatures/1/after/\d+\.png", page)[0]
    for url in (place, place.replace("after", "before")):
        assert mai.get(url).content.startswith(b"\x89PNG")
    signed = mai.get(f"/documents/{doc.id}/verification/signatures/1/signed.pdf").content
    assert paper.sealed.startswith(signed) and len(signed) < len(paper.sealed)
    assert "chính là bản lúc ký" in mai.get(f"/documents/{doc.id}/verification/signatures/2").text
    for strange in ("3", "0", "1/after/99.png", "1/../1.png", "1/said/1.png"):
        assert mai.get(f"/documents/{doc.id}/verification/signatures/{strange}").status_code == 404
    assert browser("lan").get(place).status_code == 404


def test_any_file_is_checked_and_nothing_of_it_is_kept(browser, office, desk_keys, paper):
    tuan = browser("tuan")
    with db.connection():
        before = files.File.select().count()
    answer = tuan.post("/verification", data={"issued": "1"}, files={"file": ("thu.pdf", paper.sealed)})
    assert answer.status_code == 200 and "HỢP LỆ" in answer.text and "Phạm Thị Hoa" in answer.text
    answer = tuan.post(
        "/verification", data={"issued": "1"},
        files=[("file", ("thu.pdf", paper.sealed)), ("attachments", ("<i>bang.xlsx", b"PK\x03\x04"))],
    )  # fmt: skip
    assert "CẦN XEM" in answer.text and "6.2.b" in answer.text and "<i>bang" not in answer.text
    for content in (b"", b"khong phai pdf", paper.sealed[:5000], paper.altered):
        answer = tuan.post("/verification", data={}, files={"file": ("x.pdf", content)})
        assert answer.status_code == (422 if content == b"" else 200) or "KHÔNG HỢP LỆ" in answer.text
    with db.connection():
        assert files.File.select().count() == before
    assert tuan.post("/verification", data={}).status_code == 422


def test_t4_a_recalled_document_keeps_what_was_found_and_its_evidence_without_content(
    browser, office, desk_keys, paper
):
    doc, mai = signed_letters.send(office, paper.sealed), browser("mai")
    page = f"/documents/{doc.id}/verification"
    assert mai.get(f"{page}/signatures/1").status_code == 200
    with db.connection():
        sent = documents.Document.get(documents.Document.flow == "outgoing")
        recalls.ask(sent, office.lan, "Sai nội dung", "Giám đốc")
        runner.run_due()
    assert signed_letters.again(doc).is_closed
    assert "HỢP LỆ" in mai.get(page).text and mai.get(f"{page}/evidence.json").status_code == 200
    names = zipfile.ZipFile(io.BytesIO(mai.get(f"{page}/pack.zip").content)).namelist()
    assert "chung-cu.json" in names and not [name for name in names if name.startswith("tep/")]
    assert mai.get(f"{page}/signatures/1").status_code == 409
    assert mai.post(f"{page}/repetition").status_code == 409


def test_an_outgoing_letter_is_checked_on_demand_too(browser, office, desk_keys, paper):
    signed_letters.send(office, paper.sealed)
    with db.connection():
        sent = documents.Document.get(documents.Document.flow == "outgoing")
    lan = browser("lan")
    assert lan.post(f"/documents/{sent.id}/verification").status_code == 303
    with db.connection():
        runner.run_due()
    assert "HỢP LỆ" in words(lan.get(f"/documents/{sent.id}/verification"))
