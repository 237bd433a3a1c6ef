"""Gửi, nhận pages: true words, resend, the axis connection, and nothing of another agency."""

import letters
import pytest

from jobs import deliver, runner
from models import agencies, db, exchange, exchange_axis, outbox

assert deliver


@pytest.fixture
def letter(office):
    stranger = agencies.create("Cơ quan chưa kết nối", code="H98.77")
    return letters.issued(office.lan, [office.b, stranger])


def test_the_ledger_shows_each_recipient_in_the_decisions_words(browser, letter):
    page = browser("lan").get(f"/outgoing/{letter.id}/dispatch")
    assert page.status_code == 200
    assert (
        "Đang chờ gửi" in page.text and "chưa xác nhận" in page.text and "Gửi không thành công" in page.text
    )
    runner.run_due()
    part = browser("lan").get(f"/outgoing/{letter.id}/dispatch/lines")
    assert "Đã đến" in part.text and "<html" not in part.text


@pytest.mark.parametrize("who", ["mai", "nam", "dung", "quantri"])
@pytest.mark.parametrize("page", ["dispatch", "dispatch/lines"])
def test_a_stranger_sees_nothing(browser, letter, who, page):
    assert browser(who).get(f"/outgoing/{letter.id}/{page}").status_code in (403, 404)


def test_resend(browser, letter):
    failed = exchange.sent(letter)[1]
    one = browser("lan")
    refused = one.post(f"/consignments/{failed.id}/resending", hx=True)
    assert refused.status_code == 409 and "bản giấy" in refused.text
    with db.write():
        failed.partner.set(connection="axis")
    done = one.post(f"/consignments/{failed.id}/resending", hx=True)
    assert done.status_code == 200 and 'id="lines"' in done.text and "Đang gửi lại" in done.text
    assert one.post(f"/consignments/{failed.id}/resending").status_code == 303  # pressed twice: one sending
    orders = outbox.Order.select().where(outbox.Order.subject_id == failed.id, outbox.Order.kind == "deliver")
    assert orders.count() == 1
    assert browser("mai").post(f"/consignments/{failed.id}/resending").status_code == 404
    assert browser("tuan").post(f"/consignments/{failed.id}/resending").status_code == 403


def test_resend_without_script_goes_back_to_the_page(browser, letter):
    failed = exchange.sent(letter)[1]
    with db.write():
        failed.partner.set(connection="axis")
    answer = browser("lan").post(f"/consignments/{failed.id}/resending")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/outgoing/{letter.id}/dispatch")


@pytest.mark.parametrize("tab", ["all", "waiting", "problems", "received", "parked", "x"])
def test_the_agencys_ledger(browser, letter, tab):
    assert browser("lan").get(f"/exchange?tab={tab}").status_code == 200
    mine, theirs = browser("lan").get("/exchange"), browser("mai").get("/exchange")
    assert letter.subject in mine.text and letter.subject not in theirs.text


def test_trouble_with_the_axis_is_said(browser, office):
    exchange_axis.connect(office.quantri, "http://127.0.0.1:9/vxp", "H99", "khóa")
    exchange_axis.note_trouble("Trục không trả lời trong thời gian chờ.")
    assert "Trục không trả lời" in browser("lan").get("/exchange").text


def test_the_connection_page(browser, office):
    one = browser("admin")
    assert one.get("/admin/axis").status_code == 200
    wrong = one.post("/admin/axis", data={"url": "ftp://x", "system_id": "H99"})
    assert wrong.status_code == 422 and "https://" in wrong.text and 'value="ftp://x"' in wrong.text
    good = {
        "url": "https://truc.example/vxp",
        "system_id": "H99",
        "secret": "bi mat cua truc",
        "enabled": "1",
    }
    assert one.post("/admin/axis", data=good).status_code == 303
    assert "bi mat cua truc" not in one.get("/admin/axis").text
    assert one.post("/admin/axis", data=good | {"secret": ""}).status_code == 303
    assert one.post("/admin/axis/check").status_code == one.post("/admin/axis/directory").status_code == 303
    for who in ("lan", "quantri", "minh"):
        assert browser(who).get("/admin/axis").status_code == 403


def test_what_a_person_must_look_at(browser, office, letter):
    runner.run_due()
    letters.issued(office.lan, [office.b], content=letters.PDF + b"khac")
    runner.run_due()
    with db.write():
        told = exchange.tell(exchange.arrival(letters.arrived(office.b)[0]), "03")
        told.set(failure="Đơn vị nhận đã khóa trên trục (mã 23).")
    page = browser("mai").get("/exchange?tab=parked").text
    assert "trùng mã, khác nội dung" in page and "nội dung khác" in page and "đã khóa trên trục" in page
    assert "Không có gì cần xem xét" in browser("lan").get("/exchange?tab=parked").text
