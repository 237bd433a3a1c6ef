"""Printing separator sheets: what is printed is what the scanner's reader finds again."""

import io

import pypdfium2
import pytest
import zxingcpp

from models import agencies, db, separators


def marks_in(content, agency_id):
    found = []
    for page in pypdfium2.PdfDocument(io.BytesIO(content)):
        codes = zxingcpp.read_barcodes(page.render(scale=75 / 72).to_pil())
        with db.connection():
            found.append([separators.read(code.text, agency_id) for code in codes])
    return found


def test_a4_printed_sheets_carry_the_code_thrice_and_name_what_they_propose(browser, office):
    with db.connection():
        sender = agencies.create("Sở Thử Nghiệm", code="H99.77")
        leader = next(post for post in office.lan.agency.posts if post.has("leader"))
    answer = browser("lan").get(
        "/scans/separators.pdf",
        params={"kind": "S", "sender": "sở thử nghiệm", "leader": leader.id, "copies": "2"},
    )
    assert answer.headers["content-type"] == "application/pdf"
    mark = separators.Mark("S", office.a.id, sender.id, leader.id)
    assert marks_in(answer.content, office.a.id) == [[mark] * 3] * 2
    words = pypdfium2.PdfDocument(io.BytesIO(answer.content))[0].get_textpage().get_text_range()
    assert "đặt trước mỗi văn bản" in words
    assert "Sở Thử Nghiệm" in words


def test_a4_the_sheet_at_the_end_of_a_batch_proposes_nothing(browser, office):
    answer = browser("lan").get("/scans/separators.pdf", params={"kind": "E", "leader": "1", "copies": ""})
    assert marks_in(answer.content, office.a.id) == [[separators.Mark("E", office.a.id)] * 3]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"copies": "0"}, "từ 1 đến 100"), ({"copies": "nhiều"}, "từ 1 đến 100"),
        ({"sender": "khong co that"}, "Không có cơ quan nào"), ({"sender": "sở"}, "Hãy chọn một cơ quan"),
    ],
)  # fmt: skip
def test_a4_wrong_values_are_named_and_kept(browser, office, typed, said):
    with db.connection():
        for number in (1, 2):
            agencies.create(f"Sở Thử {number}", code=f"H99.8{number}")
    answer = browser("lan").get("/scans/separators.pdf", params={"copies": "3", **typed})
    assert answer.status_code == 422
    assert said in answer.text
    for value in typed.values():
        assert f'value="{value}"' in answer.text


def test_a4_a_sender_chosen_from_the_list_is_the_one(browser, office):
    with db.connection():
        _, second = (agencies.create(f"Sở Thử {number}", code=f"H99.8{number}") for number in (1, 2))
    page = browser("lan").get("/scans/separators")
    assert "In tờ ngăn" in page.text
    asked = {"sender": "sở thử", "sender_id": second.id, "copies": 1}
    answer = browser("lan").get("/scans/separators.pdf", params=asked)
    assert marks_in(answer.content, office.a.id)[0][0].sender == second.id
