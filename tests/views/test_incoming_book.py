"""The register of incoming documents: filters, saved views, corrections to be read, the printed book (C12, C14–C16)."""

import io
from datetime import date

import pdfplumber
import pytest
from arrivals import arrive, consigned, morning  # noqa: F401

from models import (
    assignments,
    clock,
    db,
    documents,
    errors,
    incoming,
    incoming_book,
    incoming_corrections,
    incoming_lines,
    receivers,
    registers,
    saved_views,
)

pytestmark = pytest.mark.usefixtures("morning")


def line(office, number, subject, name="Sở Tài chính", day="2026-07-14 09:00", **fields):
    with clock.freeze(day):
        doc = arrive(
            office,
            code_number=str(number),
            organ_name=name,
            subject="",
            issued_date=date(2026, 7, 1),
            **fields,
        )
        incoming.register(doc, office.lan, {"subject": subject})
        return documents.Document.get_by_id(doc.id)


@pytest.fixture
def shelf(office):
    """Five lines of the book of 2026, the third void."""
    rows = [
        line(office, 11, "Báo cáo mưa lũ", "UBND xã Suối Giả", "2026-07-02 08:00", urgency=2),
        line(office, 12, "Mời họp giao ban", type_code="GM", day="2026-07-03 08:00"),
        line(office, 13, "Gửi nhầm", day="2026-07-06 08:00"),
        line(office, 14, "Dự toán ngân sách", day="2026-07-10 08:00"),
        line(office, 15, "Đề nghị bổ sung mưa đá"),
    ]
    with db.write():
        book = registers.of(office.a.id, "incoming")
        registers.void(book.id, 2026, 3, office.lan, "Gửi nhầm nơi nhận")
    incoming.forward(rows[3], office.lan, office.minh.post)
    assignments.assign(rows[3], office.minh, receivers.of(office.minh)[0], due_on=date(2026, 7, 20))
    return rows


def numbers(office, actor=None, **asked):
    found = incoming_book.page(actor or office.lan, incoming_book.Filter(2026, **asked))
    return [entry.number for entry, _ in found.lines]


def test_c16_each_filter_narrows_the_register(office, shelf):
    assert numbers(office) == [5, 4, 3, 2, 1]
    assert numbers(office, since=date(2026, 7, 3), until=date(2026, 7, 10)) == [4, 3, 2]
    assert numbers(office, words="mua") == [5, 1] and numbers(office, words="mưa đá") == [5]
    assert numbers(office, words="14") == [4] and numbers(office, sender="stc") == [5, 4, 3, 2]
    assert numbers(office, sender="Ủy ban nhân dân xã Suối Giả") == [1]
    assert numbers(office, type_code="GM") == [2] and numbers(office, urgency=1) == [1]
    unit = receivers.of(office.minh)[0].unit
    assert numbers(office, unit_id=unit.id) == [4] and numbers(office, holder_id=office.lan.post.id) == [
        5,
        3,
        2,
        1,
    ]
    assert numbers(office, tab="working") == [4] and numbers(office, tab="void") == [3]
    assert numbers(office, tab="registered", sender="so tai chinh", since=date(2026, 7, 14)) == [5]
    assert numbers(office, office.dung) == [] and numbers(office, office.mai) == []
    head = next(one for one in (office.thao, office.son) if one.unit_id == unit.id)
    assert numbers(office, head) == [4] and numbers(office, head, words="du toan") == [4]
    counts = incoming_book.counts(office.lan, incoming_book.Filter(2026))
    assert (counts["registered"], counts["working"], counts["late"]) == (4, 1, 0)
    with clock.freeze("2026-07-21 09:00"):
        assert numbers(office, tab="late") == [4]
        assert incoming_book.counts(office.lan, incoming_book.Filter(2026))["late"] == 1


def test_c16_the_page_marks_what_was_found_and_keeps_views(office, shelf, browser):
    lan = browser("lan")
    page = lan.get("/incoming?q=mua+lu").text
    assert "Báo cáo <mark>mưa</mark> <mark>lũ</mark>" in page and "Dự toán" not in page
    assert "Số hủy" in lan.get("/incoming").text and "Gửi nhầm nơi nhận" in lan.get("/incoming").text
    wrong = lan.get("/incoming?from=31/31&q=mua").text
    assert "«31/31» không phải là ngày" in wrong and "mưa" in wrong
    saved = lan.post("/incoming/views", data={"name": "Mưa lũ", "query": "q=mua+lu&nonsense=1"})
    assert saved.headers["location"] == "/incoming?q=mua+lu"
    assert (
        ">Mưa lũ</a>" in lan.get("/incoming").text
        and "Mưa lũ</a>" not in browser("minh").get("/incoming").text
    )
    assert lan.post("/incoming/views", data={"name": "", "query": "q=x"}).status_code == 422
    view = saved_views.of(office.lan, "incoming")[0]
    assert browser("minh").post(f"/incoming/views/{view.id}/removal").status_code == 404
    assert lan.post(f"/incoming/views/{view.id}/removal").status_code == 303
    table = lan.get("/incoming/book.csv?q=mua").text.splitlines()
    assert len(table) == 3 and table[0].endswith("Ghi chú") and "Báo cáo mưa lũ" in table[1]


def test_c14_a_corrected_value_stays_to_be_read_in_the_book_and_on_the_page(office, shelf, browser):
    doc, lan = shelf[3], browser("lan")
    form = {"organ_name": "Sở Tài chính", "code_number": "41", "code_notation": "SM-VP", "issued_date": "01/07/2026",
            "subject": "Dự toán ngân sách 2027", "type_code": ""}  # fmt: skip
    refused = lan.post(f"/incoming/{doc.id}/correction", data=form)
    assert (
        refused.status_code == 422
        and "Hãy ghi lý do sửa" in refused.text
        and "ngân sách 2027" in refused.text
    )
    assert (
        lan.post(f"/incoming/{doc.id}/correction", data=form | {"reason": "Đọc nhầm số"}).status_code == 303
    )
    doc = documents.Document.get_by_id(doc.id)
    assert (doc.code_number, doc.arrival_number, doc.state) == ("41", 4, "assigned")
    rows = [(row.field, row.before, row.after, row.corrected_by) for row in incoming_corrections.of(doc)]
    who = f"{office.lan.name} – {office.lan.title}"
    assert rows == [
        ("code_number", "14", "41", who),
        ("subject", "Dự toán ngân sách", "Dự toán ngân sách 2027", who),
    ]
    for page in (lan.get(f"/incoming/{doc.id}").text, lan.get("/incoming").text):
        assert ">14</s>" in page and ">Dự toán ngân sách</s>" in page
    assert "Đọc nhầm số" in lan.get(f"/incoming/{doc.id}").text
    assert "[đã sửa, trước là: 14]" in lan.get("/incoming/book.csv").text
    with pytest.raises(errors.Refused):
        incoming_corrections.correct(arrive(office), office.lan, {"subject": "X"}, "Y")
    with pytest.raises(errors.NotAllowed):
        incoming_corrections.correct(doc, office.minh, {"subject": "X"}, "Y")
    assert incoming_corrections.correct(doc, office.lan, {"subject": doc.subject}, "Không đổi") == []


def test_c14_a_corrected_issuer_is_another_sender(office, shelf):
    incoming_corrections.correct(shelf[0], office.lan, {"organ_name": "UBND xã Suối Thật"}, "Đọc nhầm tên")
    assert numbers(office, sender="Suối Thật") == [1] and numbers(office, sender="UBND xã Suối Giả") == []


def test_c12_the_printed_book_has_cover_ten_columns_voids_and_corrections(office, shelf, browser):
    incoming_corrections.correct(shelf[0], office.lan, {"code_number": "111"}, "Đọc thiếu số")
    answer = browser("lan").get("/incoming/book.pdf?from=01/07/2026&to=31/07/2026&volume=2")
    assert answer.headers["content-type"] == "application/pdf"
    with pdfplumber.open(io.BytesIO(answer.content)) as book:
        cover, pages = book.pages[0].extract_text(), "\n".join(page.extract_text() for page in book.pages[1:])
        assert len(book.pages) == 2 and book.pages[1].extract_text().rstrip().endswith(
            "\n1"
        )  # the number of the page
    assert b"pdfaid:part" in answer.content
    for words in (office.a.name.upper(), "SỔ ĐĂNG KÝ VĂN BẢN ĐẾN", "Năm: 2026", "Từ ngày 01/07/2026 đến ngày 31/07/2026",
                  "Từ số 1 đến số 5", "Quyển số: 2"):  # fmt: skip
        assert words in cover, words
    flat = " ".join(pages.split())
    assert (
        "(1) (2) (3) (4) (5) (6) (7) (8) (9) (10)" in flat
        and "Cộng 5 số, trong đó 1 số hủy; 1 dòng có sửa" in flat
    )
    assert "SỐ HỦY" in flat and "Đọc thiếu" in flat
    pairs = incoming_book.lines(office.lan, incoming_book.Filter(2026), 100)
    lines = incoming_lines.of(pairs)
    assert incoming_lines.digest(lines)[:16] in pages.replace("\n", "")
    assert [one.cells[1] for one in lines] == [1, 2, 3, 4, 5] and lines[0].former == {3: ["11"]}
    assert lines[3].cells[6:8] == (receivers.of(office.minh)[0].name, "14/07/2026") and lines[2].is_void


def test_c15_a_registered_line_is_never_deleted(application):
    methods = {method for route in application.routes for method in getattr(route, "methods", ()) or ()}
    assert "DELETE" not in methods


def test_nr_1_a_year_opens_by_itself_and_series_are_kept_by_type_or_group(office, browser):
    admin = browser("quantri")
    group = {"flow": "incoming", "type_code": ["DTU", "GM"], "name": "Sổ đơn thư, giấy mời"}
    assert admin.post("/admin/registers", data=group).status_code == 303
    again = admin.post("/admin/registers", data={"flow": "incoming", "type_code": ["GM", "BC"]})
    assert again.status_code == 422 and "Đã có sổ riêng cho giấy mời" in again.text
    assert admin.post("/admin/registers", data={"flow": "outgoing", "type_code": "DTU"}).status_code == 422
    assert admin.post("/admin/registers", data={"flow": "incoming"}).status_code == 422
    last = [
        line(office, 21, "Thường"),
        line(office, 22, "Mời", type_code="GM"),
        line(office, 23, "Đơn", type_code="DTU"),
    ]
    assert [doc.arrival_number for doc in last] == [1, 1, 2] and last[1].register_id == last[2].register_id
    new_year = [
        line(office, 24, "Thường", day="2027-01-01 00:00"),
        line(office, 25, "Mời", type_code="GM", day="2027-01-01 08:00"),
    ]
    assert [(doc.arrival_number, doc.register_year) for doc in new_year] == [(1, 2027), (1, 2027)]
    own = last[1].register_id
    assert numbers(office) == [1] and numbers(office, book_id=own) == [2, 1]
    assert registers.years(office.a.id, "incoming") == [2027, 2026]
    page = browser("lan").get(f"/incoming?book={own}").text
    assert "Sổ đơn thư, giấy mời" in page and " Đơn</a>" in page and "Thường</a>" not in page
    renamed = admin.post(f"/admin/registers/{own}/name", data={"name": "Sổ riêng"})
    assert renamed.status_code == 303 and "Sổ riêng" in admin.get("/admin/registers").text
    foreign = consigned(office)
    assert incoming.register(foreign, office.lan) == 2
