"""The receiver's page of a recall: closed to all, whose order, what went, the head's decision, pages that turn (K7)."""

import letters
import pytest

from jobs import deliver, erasing, runner
from models import clock, db, documents, recalls, recalls_decisions

assert deliver and erasing


@pytest.fixture
def got(office):
    with clock.freeze("2026-03-02 09:00"):
        letter = letters.issued(office.lan, [office.b])
        runner.run_due()
        yield letters.arrived(office.b)[0], letter


def ask(office, letter):
    recalls.ask(letter, office.lan, "Sai số liệu", "Giám đốc Lê Văn Minh")
    runner.run_due()


def test_k7_an_open_page_turns_within_ten_seconds(browser, office, got):
    doc, letter = got
    one = browser("mai")
    page = one.get(f"/incoming/{doc.id}").text
    assert f'hx-get="/documents/{doc.id}/recalled" hx-trigger="every 8s"' in page
    assert one.get(f"/documents/{doc.id}/recalled").status_code == 204
    file = documents.attachments(doc)[0].file_id
    ask(office, letter)
    turned = one.get(f"/documents/{doc.id}/recalled")
    assert turned.status_code == 200 and turned.headers["hx-refresh"] == "true"
    page = one.get(f"/incoming/{doc.id}").text
    assert "Văn bản đã bị thu hồi" in page and 'hx-trigger="every 8s"' not in page
    assert one.get(f"/files/{file}").status_code == 404
    assert one.post(f"/incoming/{doc.id}/registration", data={"act": "register"}).status_code in (
        403,
        409,
        422,
    )
    assert browser("lan").get(f"/documents/{doc.id}/recalled").status_code == 404


def test_watching_keeps_no_session_alive(browser, office, got):
    doc, _ = got
    one = browser("mai")
    for minute in range(10, 40, 10):
        with clock.freeze(f"2026-03-02 09:{minute}"):
            last = one.get(f"/documents/{doc.id}/recalled")
    assert last.status_code == 204
    with clock.freeze("2026-03-02 09:45"):
        assert one.get(f"/documents/{doc.id}/recalled", headers={"HX-Request": "true"}).status_code == 401


def test_the_page_says_whose_order_and_what_was_erased(browser, office, got):
    doc, letter = got
    assert browser("mai").get(f"/incoming/{doc.id}/recall").status_code == 404
    ask(office, letter)
    page = browser("mai").get(f"/incoming/{doc.id}/recall").text
    assert "Giám đốc Lê Văn Minh" in page and "Sai số liệu" in page and "Nội dung đã hủy" in page
    assert documents.main_file(letter).sha256 in page and letter.subject not in page
    assert browser("lan").get(f"/incoming/{doc.id}/recall").status_code == 404


def test_rec_3_the_head_is_warned_before_he_objects(browser, office, got):
    doc, letter = got
    recalls_decisions.set_rule(office.binh, 4, 0)
    ask(office, letter)
    clerk = browser("mai").get(f"/incoming/{doc.id}/recall").text
    assert "người đứng đầu" in clerk and "Từ chối thu hồi</button>" not in clerk
    head = browser("binh")
    page = head.get(f"/incoming/{doc.id}/recall").text
    assert "không cho nơi nhận quyền từ chối" in page and "Xác nhận hủy ngay" in page
    wrong = head.post(f"/incoming/{doc.id}/recall/objection", data={"reason": "Không"})
    assert wrong.status_code == 422 and "Không" in wrong.text
    done = head.post(f"/incoming/{doc.id}/recall/cancellation")
    assert done.status_code == 303
    runner.run_due()
    assert "Nội dung đã hủy" in head.get(f"/incoming/{doc.id}/recall").text
    late = head.post(
        f"/incoming/{doc.id}/recall/objection", data={"reason": "Là chứng cứ theo yêu cầu cơ quan điều tra"}
    )
    assert late.status_code == 409


def test_16_opens_the_document_again(browser, office, got):
    doc, letter = got
    recalls_decisions.set_rule(office.binh, 4, 0)
    ask(office, letter)
    file = documents.attachments(doc)[0].file_id
    assert browser("mai").get(f"/files/{file}").status_code == 409
    said = {"reason": "Là chứng cứ theo yêu cầu cơ quan điều tra"}
    assert browser("binh").post(f"/incoming/{doc.id}/recall/objection", data=said).status_code == 303
    assert browser("mai").get(f"/files/{file}").status_code == 200
    runner.run_due()
    assert "chứng cứ" in browser("lan").get(f"/outgoing/{letter.id}/recall").text
    with db.write():
        assert not documents.Document.get_by_id(doc.id).is_recalled
