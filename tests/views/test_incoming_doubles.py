"""Doubles through the pages (A8, A9; ND30 PL VI III.1.h, 22.2): shown side by side, joined in both directions, kept apart."""

from datetime import date

import pytest
from arrivals import arrive, consigned, morning, statuses  # noqa: F401
from read_letters import PDF, READ, field, read_scan

from models import (
    assignments,
    carriers,
    db,
    documents,
    doubles,
    errors,
    files,
    incoming,
    journal,
    receivers,
    registers,
    scans,
    signatures,
)

pytestmark = pytest.mark.usefixtures("morning")
LETTER = {
    "code_number": "125",
    "code_notation": "SGT-VP",
    "organ_name": "Sở Giả Tưởng",
    "issued_date": date(2026, 7, 10),
}


def electronic(office, content=b"%PDF-1.7 dien tu", **fields):
    doc = consigned(office, **LETTER | fields)
    with db.write():
        documents.attach(doc, files.put(content, "van-ban.pdf", "application/pdf"), "main")
    return doc


def registered(office, doc):
    incoming.register_and_forward(doc, office.lan, office.minh.post)
    return documents.Document.get_by_id(doc.id)


def paper(office, **fields):
    scan = read_scan(office.lan, fields=READ)
    values = LETTER | {"subject": "V/v thử bản quét"} | fields
    return scans.confirm(office.lan, scan, values, office.minh.post), scan


def now(doc):
    return documents.Document.get_by_id(doc.id)


def coming(office):
    return registers.coming(registers.of(office.a.id, "incoming"))


def test_a9_paper_of_an_electronic_document_is_joined_and_takes_no_number(morning, browser):
    doc = registered(morning, electronic(morning))
    scan, lan, before = read_scan(morning.lan, fields=READ), browser("lan"), coming(morning)
    bar = lan.get(f"/scans/{scan.id}/doubles").text
    assert "Có thể đã có văn bản này" in bar and "Số đến" in bar and "/pages/1.png" in bar
    assert "Đây là bản giấy của văn bản này" in bar and "vẫn đăng ký riêng" in bar and "bỏ bản này" in bar
    answer = lan.post(f"/scans/{scan.id}/joining", data={"doc": doc.id, "place": "Tủ 3, hộp 12"})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/incoming/{doc.id}")
    kept = scans.Scan.get_by_id(scan.id)
    assert (kept.state, kept.document_id, coming(morning)) == ("confirmed", doc.id, before)
    page = lan.get(f"/incoming/{doc.id}").text
    assert "điện tử" in page and "giấy" in page and "Tủ 3, hộp 12" in page and "Bản quét của bản giấy" in page
    assert (
        documents.main_file(now(doc)).read() == b"%PDF-1.7 dien tu"
    )  # the signed original stays the document
    later = lan.get("/incoming/paper-copies").text
    assert "Bản giấy đã nhận sau" in later and "Tủ 3, hộp 12" in later
    assert now(doc).state == "forwarded" and statuses(doc) == ["accepted"]
    assert lan.post(f"/scans/{scan.id}/joining", data={"doc": doc.id}).status_code == 409


def test_a9_the_electronic_version_of_a_registered_paper_goes_over_to_its_record(morning, browser):
    record, scan = paper(morning)
    doc, lan, before = electronic(morning), browser("lan"), coming(morning)
    with db.write():
        signatures.SignatureCheck.create(
            document=doc, file_sha256="0" * 64, verdict="valid", report="{}", checked_at=doc.arrived_at
        )
    assert "Đây là bản điện tử của văn bản giấy này" in lan.get(f"/incoming/{doc.id}/doubles").text
    assert lan.post(f"/incoming/{doc.id}/joining", data={"doc": record.id}).status_code == 303
    record = now(record)
    assert (record.source, record.verdict, record.arrival_number, coming(morning)) == (
        "axis",
        "valid",
        1,
        before,
    )
    assert now(doc).state == "joined" and doc not in incoming.waiting(morning.lan)
    assert statuses(doc) == [] and statuses(record) == ["accepted"]
    message = record.consignments.get().messages.get()
    assert message.description.startswith("Số đến 1 ngày")
    assert documents.main_file(record).read() == b"%PDF-1.7 dien tu" and record.checks.count() == 1
    assert [row.kind for row in documents.versions(record)] == ["paper"]
    assert [one.word for one in carriers.card(morning.lan, record).came] == ["giấy", "điện tử"]
    assignments.assign(record, morning.minh, receivers.of(morning.minh)[0])
    assert statuses(record) == ["accepted", "assigned"]  # the sender hears of the work on the paper
    shell = lan.get(f"/incoming/{doc.id}")
    assert shell.headers["location"] == f"/incoming/{record.id}"
    assert [one.document.id for one in doubles.of(morning.lan, LETTER)] == [record.id]
    assert scans.Scan.get_by_id(scan.id).document_id == record.id


def test_a9_what_is_recalled_sent_back_or_of_another_agency_is_not_joined(morning, browser):
    scan, lan = read_scan(morning.lan, fields=READ), browser("lan")
    sent_back = electronic(morning, verdict="invalid")
    incoming.refuse(sent_back, morning.lan, "Chữ ký hỏng")
    foreign = arrive(morning, agency=morning.b, **LETTER)
    one = doubles.of(morning.lan, scan=scan)
    assert [(row.document.id, row.joinable) for row in one] == [(sent_back.id, False)]
    assert lan.post(f"/scans/{scan.id}/joining", data={"doc": sent_back.id}).status_code == 409
    assert lan.post(f"/scans/{scan.id}/joining", data={"doc": foreign.id}).status_code == 404
    assert lan.post(f"/scans/{scan.id}/joining", data={}).status_code == 422
    unsure = electronic(morning, verdict="")
    record, _ = paper(morning, code_number="126")
    assert (
        lan.post(f"/incoming/{unsure.id}/joining", data={"doc": record.id}).status_code == 409
    )  # still being checked
    assert scans.Scan.get_by_id(scan.id).state == "read" and now(unsure).state == "arrived"


def test_a8_q10_1_b_same_number_notation_and_issuer_twice_warns_however_the_issuer_is_written(morning):
    doc = registered(morning, electronic(morning, organ_name="UBND tỉnh Mẫu", code_notation="UBND-VP"))
    values = LETTER | {
        "organ_name": "Uỷ ban nhân dân  TỈNH MẪU",
        "code_notation": "ubnd–VP",
        "code_number": "0125",
    }

    def reasons(**changed):
        return [(row.document.id, row.reason) for row in doubles.of(morning.lan, values | changed)]

    assert reasons() == [(doc.id, "number")]
    assert reasons(issued_date=date(2025, 7, 10)) == []  # numbers begin anew each year
    assert reasons(issued_date="2026-07-10") == [(doc.id, "number")]
    assert reasons(code_number="152") == [] and reasons(organ_name="UBND tỉnh Mây") == []
    assert doubles.of(morning.mai, values) == []


def test_a8_the_same_bytes_and_the_same_id_are_found_whatever_the_fields_say(morning, browser):
    doc = registered(morning, electronic(morning, PDF, document_id="H99.20.01-2026-1"))
    other = electronic(morning, PDF, document_id="H99.20.01-2026-1", code_number="999")
    scan = read_scan(morning.lan, fields=READ | {"code_number": field("998")})
    assert [(row.document.id, row.reason) for row in doubles.of(morning.lan, doc=other)] == [
        (doc.id, "bytes")
    ]
    assert {(row.document.id, row.reason) for row in doubles.of(morning.lan, scan=scan)} == {
        (doc.id, "bytes"), (other.id, "bytes")
    }  # fmt: skip
    third = electronic(morning, b"%PDF-1.7 khac", document_id="H99.20.01-2026-1", code_number="997")
    assert {row.reason for row in doubles.of(morning.lan, doc=third)} == {"id"}


def test_a8_another_letter_with_the_same_number_is_registered_with_the_reason(morning):
    doc = registered(morning, electronic(morning))
    other = registered(morning, electronic(morning, b"%PDF-1.7 khac"))
    with pytest.raises(errors.Invalid):
        doubles.keep_apart(morning.lan, other, [doc], " ")
    doubles.keep_apart(morning.lan, other, doubles.of(morning.lan, doc=other), "Nơi gửi cấp trùng số")
    event = next(one for one in journal.of(other) if one.verb == "keep_apart")
    assert event.note.startswith("Nơi gửi cấp trùng số (giống 125/SGT-VP") and event.facts == {
        "others": [doc.id]
    }


def test_l7_where_the_paper_is_and_was_stands_on_the_page(morning, browser):
    record, _ = paper(morning)
    lan, url = browser("lan"), f"/incoming/{record.id}/paper-place"
    assert lan.post(url, data={"place": ""}).status_code == 422
    assert lan.post(url, data={"place": "Tủ 1"}).status_code == 303
    assert lan.post(url, data={"place": "Phòng TC-KH", "post": morning.tuan.post.id}).status_code == 303
    page = lan.get(f"/incoming/{record.id}").text
    assert f"Phòng TC-KH – {morning.tuan.name}" in page and "Nơi giữ trước đây (1)" in page and "Tủ 1" in page
    assert 'name="place"' not in browser("minh").get(f"/incoming/{record.id}").text
    assert lan.post(f"/incoming/{electronic(morning).id}/paper-place", data={"place": "x"}).status_code == 409
