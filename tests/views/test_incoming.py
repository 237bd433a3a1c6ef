"""The pages of incoming documents, with and without script; a stranger gets 404."""

import re

import pytest
from arrivals import arrive

from models import documents, incoming


SCRIPT = {"Accept": "application/json"}


def fields(**more):
    known = {"organ_name": "Sở Mẫu", "code_number": "12", "code_notation": "SM-VP", "issued_date": "02/03/2026",
             "subject": "V/v thử", "urgency": "0"}  # fmt: skip
    return known | more


@pytest.fixture
def doc(office):
    return arrive(office)


def state(doc):
    return documents.Document.get_by_id(doc.id).state


def test_the_waiting_page_shows_queue_page_and_fields(browser, office, doc):
    answer = browser("lan").get("/incoming/waiting")
    assert answer.status_code == 200
    for words in ("Chờ lưu trữ", "HỢP LỆ", "Vào sổ và trình", "Số tới", "Sở Mẫu"):
        assert words in answer.text
    assert "style=" not in answer.text and "onclick" not in answer.text


def test_an_empty_queue_says_so(browser):
    assert "Hết văn bản chờ" in browser("lan").get("/incoming/waiting").text


@pytest.mark.parametrize("login", ["minh", "tuan", "quantri"])
def test_chờ_lưu_trữ_is_the_clerks(browser, login, doc):
    assert browser(login).get("/incoming/waiting").status_code == 403


@pytest.mark.parametrize("path", ["", "/registration", "/forwarding", "/refusal"])
@pytest.mark.parametrize("login", ["mai", "tuan", "quantri", "admin"])
def test_a_stranger_gets_404(browser, doc, login, path):
    one = browser(login)
    answer = one.post(f"/incoming/{doc.id}{path}", data=fields()) if path else one.get(f"/incoming/{doc.id}")
    assert answer.status_code == 404 and state(doc) == "arrived"


def test_without_sign_in_one_is_sent_to_the_door(browser, doc):
    answer = browser().get(f"/incoming/{doc.id}")
    assert answer.status_code == 303 and answer.headers["location"].startswith("/sign-in")


@pytest.mark.parametrize("login", ["minh", "hoa"])
def test_a_leader_may_see_but_not_register(browser, doc, login):
    answer = browser(login).post(f"/incoming/{doc.id}/registration", data=fields(act="register"))
    assert answer.status_code == 403 and state(doc) == "arrived"


def test_registering_and_presenting_without_script(browser, office, doc):
    answer = browser("lan").post(f"/incoming/{doc.id}/registration",
                                 data=fields(act="forward", leader=office.minh.post.id, subject="V/v đã sửa"))  # fmt: skip
    assert (answer.status_code, answer.headers["location"]) == (303, f"/incoming/{doc.id}")
    saved = documents.Document.get_by_id(doc.id)
    assert (saved.state, saved.arrival_number, saved.subject) == ("forwarded", 1, "V/v đã sửa")


def test_registering_with_script_answers_the_side_and_the_number(browser, office, doc):
    answer = browser("lan").post(f"/incoming/{doc.id}/registration", hx=True, data=fields(act="register"))
    assert answer.status_code == 200 and 'id="side"' in answer.text and "Số đến 1" in answer.text
    assert "<html" not in answer.text


def test_from_the_desk_the_next_document_follows(browser, office, doc):
    second = arrive(office, code_number="13", subject="Văn bản kế tiếp")
    lan = browser("lan")
    data = fields(act="forward", leader=office.minh.post.id, desk="all", code_number="13")
    answer = lan.post(f"/incoming/{second.id}/registration", headers=SCRIPT, data=data).json()
    assert (answer["number"], answer["done"], answer["undo"]) == ("1", f"doc-{second.id}", f"/incoming/{second.id}/undo")
    assert answer["next"]["key"] == f"doc-{doc.id}" and answer["address"].endswith(f"doc={doc.id}")
    answer = lan.post(f"/incoming/{doc.id}/registration", data=data | {"code_number": "12"})
    assert answer.status_code == 303 and answer.headers["location"].startswith("/incoming/waiting")


@pytest.mark.parametrize("hx", [False, True])
@pytest.mark.parametrize("desk", ["", "all"])
def test_a_wrong_field_keeps_what_was_typed(browser, doc, hx, desk):
    script = {"headers": SCRIPT} if hx and desk else {"hx": hx}
    answer = browser("lan").post(f"/incoming/{doc.id}/registration", **script,
                                 data=fields(issued_date="31/02", subject="Chữ đã gõ", desk=desk))  # fmt: skip
    assert answer.status_code == 422
    said = answer.json()["html"] if hx and desk else answer.text
    for words in (
        "Chữ đã gõ",
        "«31/02» không phải là ngày",
        "Những gì bạn đã nhập vẫn còn",
        'aria-invalid="true"',
    ):
        assert words in said
    assert ("<html" in said) is not hx and state(doc) == "arrived"


def test_a_missing_leader_is_said_at_its_field(browser, doc):
    answer = browser("lan").post(f"/incoming/{doc.id}/registration", data=fields(act="forward"))
    assert answer.status_code == 422 and "Hãy chọn lãnh đạo" in answer.text and state(doc) == "arrived"


def test_10_2_an_invalid_document_offers_only_the_return(browser, office):
    doc = arrive(office, verdict="invalid", verdict_note="Nội dung đã bị thay đổi sau khi ký (trang 3).")
    lan = browser("lan")
    page = lan.get("/incoming/waiting").text
    assert "KHÔNG HỢP LỆ" in page and "Trả lại nơi gửi" in page and "/registration" not in page
    assert (
        page.count("Nội dung đã bị thay đổi sau khi ký (trang 3).") >= 2
    )  # the card, and the text of the return
    assert lan.post(f"/incoming/{doc.id}/registration", data=fields(act="register")).status_code == 409
    assert state(doc) == "arrived"


def test_a_return_needs_a_reason(browser, office):
    doc = arrive(office, verdict="invalid")
    lan = browser("lan")
    answer = lan.post(f"/incoming/{doc.id}/refusal", hx=True, data={"reason": ""})
    assert answer.status_code == 422 and "lý do trả lại" in answer.text
    assert lan.post(f"/incoming/{doc.id}/refusal", data={"reason": "Sai nơi nhận"}).status_code == 303
    assert state(doc) == "refused"
    assert "Sai nơi nhận" in lan.get(f"/incoming/{doc.id}").text


def test_the_register_book_lists_filters_and_pages(browser, office):
    for n in range(55):
        incoming.register(arrive(office, code_number=str(100 + n)), office.lan, {"subject": f"Việc thứ {n}"})
    lan = browser("lan")
    page = lan.get("/incoming").text
    assert "Việc thứ 54" in page and "Việc thứ 4<" not in page and "Cũ hơn" in page
    older = re.search(r'rel="next" href="([^"]+)"', page)[1].replace("&amp;", "&")
    assert "Việc thứ 0" in lan.get(older).text
    assert "Việc thứ 7" in lan.get("/incoming?q=107/SM").text
    assert "Không có văn bản nào khớp" in lan.get("/incoming?q=999").text
    assert lan.get("/incoming?year=abc&before=x&tab=?").status_code == 200


def test_an_officer_sees_no_register_lines_of_others(browser, office):
    incoming.register(arrive(office), office.lan, {"subject": "Chuyện riêng"})
    assert "Chuyện riêng" not in browser("tuan").get("/incoming").text
    assert "Chuyện riêng" not in browser("mai").get("/incoming").text


def test_12_3_legal_reception_stands_beside_the_raw_time(browser, office):
    from_evening = {
        "arrived_at": incoming.clock.at("2026-07-10 17:05"),
        "received_at": incoming.clock.at("2026-07-13 07:30"),
    }
    doc = arrive(office, state="forwarded", **from_evening)
    page = browser("lan").get(f"/incoming/{doc.id}").text
    assert "13/07/2026 07:30" in page and "10/07/2026 17:05" in page and "12.3" in page


def test_10_2_the_desk_asks_again_while_the_check_runs(browser, office):
    doc = arrive(office, verdict="")
    lan = browser("lan")
    page = lan.get("/incoming/waiting").text
    assert f"/incoming/{doc.id}/desk" in page and "/registration" not in page
    with incoming.db.write():
        doc.set(verdict="valid")
    part = lan.get(f"/incoming/{doc.id}/desk?desk=all").text
    assert part.lstrip().startswith('<div id="desk">') and "/registration" in part and "<html" not in part
    assert browser("mai").get(f"/incoming/{doc.id}/desk").status_code == 404
