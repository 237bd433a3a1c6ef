"""Gửi, nhận pages: true words, resend, the axis connection, and nothing of another agency."""

import html
import re

import letters
import pytest

from jobs import deliver, runner
from models import agencies, clock, db, exchange, exchange_axis, exchange_sending, files, outbox
from views import web

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
    assert (answer.status_code, answer.headers["location"]) == (
        303,
        f"/outgoing/{letter.id}/dispatch?show=all",
    )


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


# ---- what the screens promise -----------------------------------------------------------------------------------


@pytest.fixture
def thirty(office):
    """A letter to thirty recipients: two cannot be reached, the others are neighbours and far ones."""
    far = [agencies.create(f"Xã Xa {n:02d}", code=f"H98.60.{n:02d}", connection="axis") for n in range(27)]
    lost = [agencies.create(f"Xã Mất {n}", code=f"H98.61.{n:02d}") for n in range(2)]
    doc = letters.issued(office.lan, [*far, *lost, office.b])
    with db.write():
        for one in exchange.sent(doc)[:27]:
            one.set(attempted_at=clock.now())
            exchange_sending.mark_sent(one, f"truc-{one.id}")
    runner.run_due()
    return doc


def test_q12_1_e_thirty_recipients_two_failing(browser, thirty):
    """28 sent, 2 in «gửi lỗi»: one press, a result for each, the failed shown."""
    lan = browser("lan")
    page = lan.get(f"/outgoing/{thirty.id}/dispatch").text  # of many only those with a problem are opened
    assert page.count('<li id="to-') == 2 and page.count("Xã Mất") == 2
    assert '<span class="count">30</span>' in page and "2 gửi lỗi" in page
    whole = lan.get(f"/outgoing/{thirty.id}/dispatch?show=all").text
    assert whole.count('<li id="to-') == 30
    found = lan.get(f"/outgoing/{thirty.id}/dispatch?show=all&q=xa+xa+05").text
    assert found.count('<li id="to-') == 1
    assert lan.get("/exchange?tab=problems&kind=failed").text.count("Xã Mất") == 2


def test_q12_3_a_the_sending_time_stays_empty_until_the_acknowledgement(browser, letter):
    """Axis down, no sent time; after the answer the time is that of the release, kept for each recipient."""
    lan = browser("lan")
    first = exchange.sent(letter)[0]
    before = lan.get(f"/outgoing/{letter.id}/dispatch").text
    assert first.sent_at is None and "chưa xác nhận" in before
    runner.run_due()
    after = exchange.sent(letter)
    assert after[0].sent_at == after[0].queued_at and after[1].sent_at is None
    shown = lan.get(f"/outgoing/{letter.id}/dispatch").text
    assert web.show_moment(after[0].sent_at) in shown and "chưa gửi" in shown


def test_q14_1_h_all_words_of_the_decision_can_be_read(browser, office):
    partners = [
        agencies.create(f"Nơi {n}", code=f"H98.62.{n:02d}", connection="axis")
        for n in range(len(exchange.STATES))
    ]
    doc = letters.issued(office.lan, partners)
    with db.write():
        for one, state in zip(exchange.sent(doc), exchange.STATES, strict=True):
            one.set(state=state)
    page = browser("lan").get(f"/outgoing/{doc.id}/dispatch?show=all").text
    for words in ("Đã đến", "Từ chối nhận (trả lại)", "Đã tiếp nhận", "Đã chuyển xử lý", "Đang xử lý", "Đã hoàn thành",
                  "Đã thu hồi", "Trục đã nhận"):  # fmt: skip
        assert f"{words}</span>" in page, words


def test_q14_1_n_times_of_sending_and_receiving_raw_and_legal(browser, office):
    with clock.freeze("2026-07-14 17:30"):
        doc = letters.issued(office.lan, [office.b])
        runner.run_due()
        sent = browser("lan").get(f"/outgoing/{doc.id}/dispatch").text
        came = browser("mai").get(f"/incoming/{letters.arrived(office.b)[0].id}").text
    assert "14/07/2026 17:30" in sent
    assert "15/07/2026 07:30" in came and "Tới hệ thống 14/07/2026 17:30" in came and "Đã phản hồi" in came
    assert "Cơ quan trong hệ thống này" in came


def test_q14_1_p_the_history_is_exported_and_nobody_edits_it(browser, letter):
    runner.run_due()
    table = browser("lan").get(f"/outgoing/{letter.id}/dispatch/history.csv")
    assert table.headers["content-type"].startswith("text/csv")
    assert "Văn thư phát hành, xếp hàng gửi" in table.text and "Đã đến" in table.text
    page = browser("lan").get(f"/outgoing/{letter.id}/dispatch").text
    acts = set(re.findall(r'action="([^"]+)"', page)) - {"/sign-out", "/search", "/post"}
    assert {re.sub(r"\d+", "N", act) for act in acts} <= {
        "/outgoing/N/dispatch",
        "/consignments/N/resending",
        "/consignments/N/closing",
    }


def test_j4_impatient_clicks_send_once(browser, office, letter):
    failed = exchange.sent(letter)[1]
    with db.write():
        failed.partner.set(connection="axis")
    for _ in range(4):
        assert browser("lan").post(f"/consignments/{failed.id}/resending", hx=True).status_code == 200
    assert outbox.Order.select().where(outbox.Order.subject_id == failed.id).count() == 1


def test_the_page_asks_again_while_states_move_and_keeps_what_is_open(browser, letter):
    lan = browser("lan")
    page = lan.get(f"/outgoing/{letter.id}/dispatch").text
    poll = html.unescape(
        re.search(r'hx-get="(/outgoing/[^"]+)" hx-trigger="every 15s" hx-swap="outerMorph"', page)[1]
    )
    assert lan.get(poll).status_code == 204  # nothing new: nothing to swap
    runner.run_due()
    part = lan.get(poll)
    assert part.status_code == 200 and "Đã đến" in part.text and "<html" not in part.text
    assert '"morphIgnore":["data-htmx-powered","open"]' in page


def test_i13_one_press_offers_the_same_packet_again(browser, office):
    with clock.freeze("2026-07-14 09:00"):
        doc = letters.issued(office.lan, [agencies.create("Xã Xa", code="H98.70", connection="axis")])
        with db.write():
            one = exchange.sent(doc)[0].set(packet=files.put(b"<x/>", "x.edxml", "application/xml"))
            exchange_sending.mark_sent(one, "truc-1")
    with clock.freeze("2026-07-14 16:00"):
        lan = browser("lan")
        page = lan.get(f"/outgoing/{doc.id}/dispatch").text
        assert "Gửi lại gói cũ" in page and "quá 4 giờ làm việc" in page
        for _ in range(2):
            assert "Đang gửi lại gói cũ" in lan.post(f"/consignments/{one.id}/offering", hx=True).text
        assert outbox.Order.select().where(outbox.Order.kind == "offer_again").count() == 1
        assert browser("mai").post(f"/consignments/{one.id}/offering").status_code == 404


def test_handled_another_way(browser, letter):
    failed = exchange.sent(letter)[1]
    lan = browser("lan")
    assert lan.post(f"/consignments/{failed.id}/closing", data={"note": " "}, hx=True).status_code == 409
    done = lan.post(f"/consignments/{failed.id}/closing", data={"note": "Đã gửi bản giấy"}, hx=True)
    assert done.status_code == 200 and "Đã xử lý cách khác" in done.text
    assert "Không có vấn đề nào" in lan.get("/exchange?tab=problems").text
    assert browser("mai").post(f"/consignments/{failed.id}/closing", data={"note": "x"}).status_code == 404


def test_the_other_clerks_telephone_is_one_press_away(browser, office, letter):
    failed = exchange.sent(letter)[1]
    agencies.change(failed.partner, telephone="0213 3876 543", clerk_name="Chị Mỷ")
    page = browser("lan").get(f"/outgoing/{letter.id}/dispatch").text
    assert 'href="tel:02133876543"' in page and "Chị Mỷ" in page


def test_a_partners_page(browser, office, letter):
    runner.run_due()
    page = browser("lan").get(f"/exchange/partners/{office.b.id}")
    assert page.status_code == 200 and letter.subject in page.text and "Liên lạc gần nhất" in page.text
    nobody = agencies.create("Nơi chưa trao đổi", code="H98.99", connection="axis")
    assert browser("lan").get(f"/exchange/partners/{nobody.id}").status_code == 404
    assert browser("tuan").get(f"/exchange/partners/{office.b.id}").status_code == 403


def test_what_came_shows_what_was_answered(browser, office, letter):
    runner.run_due()
    page = browser("mai").get("/exchange?tab=received").text
    assert letter.subject in page and "Đã đến:" in page
    assert letter.subject not in browser("lan").get("/exchange?tab=received").text


def test_lists_of_outgoing_documents_carry_the_one_line(browser, office, letter):
    page = browser("lan").get("/exchange").text
    assert "0/2 đã tiếp nhận" in page and f"/outgoing/{letter.id}/dispatch?show=failed" in page
