"""Dấu «ĐẾN» on the first page and on labels, Phiếu giải quyết văn bản đến: form, facts, who may (Q10.1.c, C13, L8)."""

import io
from datetime import date

import arrivals
import pdfplumber
import pypdfium2
import pytest
import weasyprint

from models import assignments, db, documents, files, incoming, receivers

MM = 72 / 25.4
GAP = (85, 150)  # millimetres from the top: the only free band of the crowded page
FULL = "chữ " * 400
PAGE = f"""<style>@page {{ size: A4; margin: 0 }} body {{ font: 24pt/1 serif; margin: 0 }} div {{ overflow: hidden }}</style>
<div style='height: {GAP[0]}mm'>{FULL}</div><div style='height: {GAP[1] - GAP[0]}mm'></div><div style='height: 140mm'>{FULL}</div>"""
morning = arrivals.morning


@pytest.fixture(scope="module")
def crowded():
    return weasyprint.HTML(string=PAGE).write_pdf()


def registered(office, content=None, **fields):
    """A registered letter, presented to the leader; with this file as its first."""
    doc = arrivals.arrive(office, **fields)
    if content:
        stored = files.store(content)
        with db.write():
            documents.attach(doc, files.record(stored, "thu.pdf", "application/pdf"), "main")
    incoming.register_and_forward(doc, office.lan, office.hoa.post)
    return documents.Document.get_by_id(doc.id)


def pages(answer):
    assert answer.status_code == 200, answer.text[:300]
    assert answer.headers["content-type"] == "application/pdf"
    return pdfplumber.open(io.BytesIO(answer.content)).pages


def frame(page):
    """The stamp's outer frame in millimetres: left, top, width, height."""
    lines = [one for one in (*page.rects, *page.lines, *page.curves)]
    left, right = min(one["x0"] for one in lines), max(one["x1"] for one in lines)
    top, bottom = min(one["top"] for one in lines), max(one["bottom"] for one in lines)
    return [round(value / MM, 1) for value in (left, top, right - left, bottom - top)]


def url(kind, *docs, more=""):
    return f"/incoming/prints?kind={kind}&ids={','.join(str(doc.id) for doc in docs)}{more}"


def test_q10_1_c_the_label_is_the_law_s_frame_with_its_fields(morning, browser):
    doc = registered(morning)
    (page,) = pages(browser("lan").get(url("label", doc)))
    assert [round(page.width / MM, 1), round(page.height / MM, 1)] == [50.0, 35.0]
    assert frame(page) == pytest.approx([0, 0, 50, 35], abs=0.3)
    words = page.extract_text()
    for line in (
        morning.a.name.upper(),
        "ĐẾN",
        f"Số: {doc.arrival_number}",
        "Ngày: 14/07/2026",
        "Chuyển: Phạm Thị Hoa",
        "HS:",
    ):
        assert line in words.replace("\n", " ") or line in words, (line, words)


def test_q10_1_c_the_stamp_lies_where_the_page_is_free_and_the_file_stays_as_it_came(
    morning, browser, crowded
):
    doc = registered(morning, crowded)
    before = documents.main_file(doc).sha256
    (page,) = pages(browser("lan").get(url("stamp", doc)))
    left, top, wide, high = frame(page)
    assert (wide, high) == pytest.approx((50, 35), abs=0.3)
    assert GAP[0] <= top and top + high <= GAP[1] and left >= 0
    words = page.crop((0, GAP[0] * MM, page.width, GAP[1] * MM)).extract_text()
    assert "chữ chữ" in page.extract_text() and f"Số: {doc.arrival_number}" in words.replace("\n", " ")
    doc = documents.Document.get_by_id(doc.id)
    assert documents.main_file(doc).sha256 == before and documents.main_file(doc).read() == crowded


def test_c13_the_stamp_is_moved_and_printed_alone_onto_the_paper(morning, browser, crowded):
    doc, lan = registered(morning, crowded), browser("lan")
    (page,) = pages(lan.get(url("stamp", doc, more="&x=120,5&y=30&bare=1")))
    assert frame(page) == pytest.approx([120.5, 30, 50, 35], abs=0.3)
    assert "chữ" not in page.extract_text()
    shown = lan.get(f"/incoming/{doc.id}/stamp?x=20&y=20").text
    assert "Chỗ này có chữ" in shown and "translate(20" in shown
    assert "Chỗ này có chữ" not in lan.get(f"/incoming/{doc.id}/stamp").text
    assert "không phải số mi-li-mét" in lan.get(url("stamp", doc, more="&x=a&y=1")).text


def test_c13_a_turned_page_and_one_that_cannot_be_read_get_their_stamp_too(morning, browser, crowded):
    turned = pypdfium2.PdfDocument(crowded)
    turned[0].set_rotation(90)
    out = io.BytesIO()
    turned.save(out)
    docs = [registered(morning, out.getvalue()), registered(morning, b"%PDF-1.4 hong"), registered(morning)]
    found = pages(browser("lan").get(url("stamp", *docs)))
    assert [round(page.width / MM) for page in found] == [297, 210, 210]
    assert all(frame(page)[2:] == pytest.approx([50, 35], abs=0.3) for page in found)
    assert [
        f"Số: {doc.arrival_number}" in page.extract_text() for doc, page in zip(docs, found, strict=True)
    ] == [True] * 3


def test_c13_labels_on_a_begun_a4_sheet(morning, browser):
    docs = [registered(morning) for _ in range(3)]
    first, second = pages(
        browser("lan").get(url("label", *docs, more="&sheet=a4&used=30&left=3&top=5&gap_x=2"))
    )
    assert [round(first.width / MM), round(first.height / MM)] == [210, 297]
    assert frame(first) == pytest.approx(
        [3 + 2 * 52, 5 + 7 * 35, 102, 35], abs=0.4
    )  # the last two places of 4 × 8
    assert frame(second) == pytest.approx([3, 5, 50, 35], abs=0.3)


def test_c13_the_slip_is_the_law_s_form_and_says_what_the_screen_says(morning, browser):
    doc, other = registered(morning, type_code="QD", subject="Về việc thử"), registered(morning)
    with db.connection():
        target = receivers.Target(morning.tuan.post, None)
        assignments.assign(doc, morning.hoa, target, instruction="Tham mưu trả lời")
        assignments.start(doc, morning.tuan)
        assignments.report(doc, morning.tuan, "Đã dự thảo trả lời")
    first, second = pages(browser("tuan").get(url("slip", doc))) + pages(
        browser("lan").get(url("slip", other))
    )
    words = " ".join(first.extract_text().split())
    for line in ("PHIẾU GIẢI QUYẾT VĂN BẢN ĐẾN", "Quyết định số 12/SM-VP", "của Sở Mẫu: Về việc thử",
                 "1. Ý kiến của lãnh đạo cơ quan, tổ chức", "2. Ý kiến của lãnh đạo đơn vị",
                 "3. Ý kiến đề xuất của người giải quyết", f"Chủ trì: {morning.tuan.post.label}", "Tham mưu trả lời",
                 "Ngày 14/07/2026, Phạm Thị Hoa", "Đã dự thảo trả lời", f"Số đến {doc.arrival_number}"):  # fmt: skip
        assert line in words, (line, words)
    assert (
        "Giao đơn vị, cá nhân chủ trì" not in words
        and "Giao đơn vị, cá nhân chủ trì" in second.extract_text()
    )


def test_l8_many_documents_are_one_file_of_as_many_sheets(morning, browser):
    many = range(1, 31)
    day = {"arrival_date": date(2026, 7, 14), "state": "forwarded"}
    docs = [arrivals.arrive(morning, subject=f"Việc {one}", arrival_number=one, **day) for one in many]
    lan = browser("lan")
    slips = pypdfium2.PdfDocument(lan.get(url("slip", *docs)).content)
    words = [slips[index].get_textpage().get_text_bounded() for index in range(len(slips))]
    assert [f"Việc {one}" in sheet for one, sheet in zip(many, words, strict=True)] == [True] * 30
    assert "Việc 29" not in words[29] and slips[0].get_size() == pytest.approx((595.28, 841.89), abs=0.1)
    assert len(pypdfium2.PdfDocument(lan.get(url("stamp", *docs)).content)) == 30


def test_c13_who_may_print(morning, browser):
    doc, bare = registered(morning), arrivals.arrive(morning, subject="Chưa vào sổ")
    assert browser("mai").get(url("slip", doc)).status_code == 404
    assert browser("lan").get(f"/incoming/prints?kind=slip&ids={doc.id},999999").status_code == 404
    assert browser("dung").get(url("slip", doc)).status_code == 404
    assert browser("hoa").get(url("label", doc)).status_code == 403
    assert "chưa vào sổ" in browser("lan").get(url("stamp", bare)).text
    assert "ít nhất một" in browser("lan").get("/incoming/prints?kind=label").text
