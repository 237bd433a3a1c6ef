"""Kiểm tra ký số at the clerk's desk (Quy chế 10.2; NĐ 68; TT 41 Điều 9), with real signatures over the real path:
sent by A, arrived at B, checked by the order, shown, taken in or returned."""

import re
from datetime import timedelta

import httpx
import pytest
import signed_letters
from arrivals import arrive, statuses
from signed_letters import fields, words

from jobs import runner
from models import (
    checks,
    checks_evidence,
    clock,
    db,
    documents,
    exchange,
    journal,
    notifications,
    outbox,
    signatures,
    trust,
    trust_hosts,
)
from signing.demo import pki


def test_q10_2_a_a_message_comes_into_cho_luu_tru_and_01_goes_out(browser, office, desk_keys, paper):
    doc = signed_letters.send(office, paper.sealed)
    page = browser("mai").get("/incoming/waiting")
    assert "Chờ lưu trữ" in page.text and "Báo cáo kết quả" in page.text and "Hợp lệ" in page.text
    with db.connection():
        assert statuses(doc)[0] == "arrived"
    assert doc.arrived_at and doc.received_at


@pytest.mark.parametrize(
    "name, verdict, sentence",
    [
        ("sealed", "valid", "hợp lệ"),
        ("altered", "invalid", "thay đổi|không khớp|sửa"),
        ("plain", "invalid", "không có chữ ký số|không phải"),
        ("led", "invalid", "Thiếu chữ ký số của cơ quan"),
        ("revoked", "invalid", "thu hồi"),
        ("expired", "invalid", "hết hạn"),
    ],
)
def test_q10_2_b_each_kind_of_file_gets_its_answer_in_words(
    browser, office, desk_keys, paper, name, verdict, sentence
):
    doc = signed_letters.send(office, getattr(paper, name))
    assert doc.verdict == verdict, doc.verdict_note
    page = browser("mai").get(f"/documents/{doc.id}/verification")
    shown = words(page)
    assert {"valid": "HỢP LỆ", "invalid": "KHÔNG HỢP LỆ"}[verdict] in shown
    assert re.search(sentence, shown, re.IGNORECASE), shown
    for number, title in enumerate(
        ("Nội dung", "Người ký", "Cơ quan", "Ngày ký", "Chứng thư", "Nơi cấp", "Phụ lục", "Sau khi ký"), 1
    ):
        assert f"{number}. {title}" in shown
    if verdict == "invalid":
        assert "Vì sao:" in shown and "Sửa thế nào:" in shown
    with db.connection():
        assert checks_evidence.of(signatures.newest_check(doc)).trust_sha256


def test_q10_2_b_an_authority_nobody_entered_makes_a_person_look(browser, office, desk_keys, paper):
    signed_letters.forget_authorities()
    doc = signed_letters.send(office, paper.sealed)
    assert doc.verdict == "look" and "danh sách tin cậy" in doc.verdict_note
    mai = browser("mai")
    page = mai.get(f"/incoming/waiting?doc={doc.id}").text
    assert "Hỏi quản trị" in page and re.search(r'verification/question"><button[^>]*data-key="Enter', page)
    assert mai.post(f"/documents/{doc.id}/verification/question").status_code == 303
    with db.connection():
        notifications.spread()
        assert any("hỏi về nơi cấp" in notice.words for notice in notifications.newest(office.admin))
    assert signed_letters.again(doc).state == "arrived"


def test_q10_2_c_acceptance_tells_the_sender_by_itself(browser, office, desk_keys, paper):
    doc = signed_letters.send(office, paper.sealed)
    answer = browser("mai").post(f"/incoming/{doc.id}/registration", data=fields(doc))
    assert answer.status_code == 303, answer.text
    with db.connection():
        runner.run_due()
        assert statuses(doc) == ["arrived", "accepted"]
        sent = documents.Document.get(documents.Document.flow == "outgoing")
        assert [one.label for one in exchange.sent(sent)] == ["Đã tiếp nhận"]


def test_q10_2_d_number_and_leader_in_one_act_with_the_fields_of_the_message(
    browser, office, desk_keys, paper
):
    doc = signed_letters.send(office, paper.sealed)
    mai = browser("mai")
    page = mai.get(f"/incoming/waiting?doc={doc.id}").text
    assert 'value="BC-SKT"' in page and "Báo cáo kết quả" in page
    leader = re.search(r'name="leader" value="(\d+)"', page)[1]
    assert (
        mai.post(
            f"/incoming/{doc.id}/registration", data=fields(doc, act="forward", leader=leader)
        ).status_code
        == 303
    )
    now = signed_letters.again(doc)
    assert (now.state, now.arrival_number) == ("forwarded", 1)


def test_q10_2_e_an_invalid_document_can_only_be_returned_with_its_causes(browser, office, desk_keys, paper):
    doc = signed_letters.send(office, paper.led)
    mai = browser("mai")
    page = mai.get(f"/incoming/waiting?doc={doc.id}").text
    assert "Vào sổ và trình" not in page
    box = re.search(r"<textarea[^>]*name=\"reason\"[^>]*>([^<]*)<", page)[1]
    assert "Thiếu chữ ký số của cơ quan" in box and "Đề nghị nơi gửi" in box
    assert re.search(r'main-act" data-key="Enter[^>]*>(?:(?!</button>).)*Trả lại', page, re.DOTALL)
    assert mai.post(f"/incoming/{doc.id}/registration", data=fields(doc, reason="cứ nhận")).status_code == 409
    assert mai.post(f"/incoming/{doc.id}/refusal", data={"reason": f"{box} Xin cảm ơn."}).status_code == 303
    now = signed_letters.again(doc)
    assert (now.state, now.arrival_number) == ("refused", None)
    with db.connection():
        runner.run_due()
        told = exchange.StatusMessage.get(
            exchange.StatusMessage.status == "refused", exchange.StatusMessage.direction == "in"
        )
        assert "Thiếu chữ ký số của cơ quan" in told.description and "Xin cảm ơn." in told.description
    assert "Báo cáo kết quả" in mai.get("/incoming/waiting?tab=refused").text


def test_q10_2_f_what_cannot_be_checked_waits_and_is_tried_again(browser, office, desk_keys, paper, no_line):
    doc = signed_letters.send(office, paper.sealed)
    assert doc.verdict == "unchecked"
    mai = browser("mai")
    page = words(mai.get(f"/incoming/waiting?doc={doc.id}"))
    assert "CHƯA KIỂM ĐƯỢC" in page and "Đã thử 1 lần" in page and "Sẽ kiểm lại lúc" in page
    for path, data in (("registration", fields(doc, reason="x")), ("refusal", {"reason": "x"})):
        assert mai.post(f"/incoming/{doc.id}/{path}", data=data).status_code == 409
    assert signed_letters.again(doc).state == "arrived"
    no_line()
    with db.connection():
        order = outbox.Order.get(outbox.Order.kind == "verify", outbox.Order.subject_id == doc.id)
        assert timedelta(minutes=14) < order.due_at - clock.now() <= timedelta(minutes=15)
        with db.write():
            order.set(due_at=clock.now())
        runner.run_due()
    assert signed_letters.again(doc).verdict == "valid"


def test_q10_2_f_after_a_day_the_clerk_decides_with_a_reason_and_the_leader_is_told(
    browser, office, desk_keys, paper, no_line
):
    doc, mai = signed_letters.send(office, paper.sealed), browser("mai")
    waits = []
    with db.connection():
        with db.write():
            signatures.SignatureCheck.update(checked_at=clock.now() - timedelta(hours=25)).execute()
        found = checks.waiting(doc)
        assert found.over and found.tries == 1
        waits.append(checks.retry_after(doc))
        checks.retry_after(doc)
        assert [event.verb for event in journal.of(doc)].count("check_window_over") == 1
    assert waits == [86400]
    page = words(mai.get(f"/incoming/waiting?doc={doc.id}"))
    assert "văn thư quyết định" in page and "Tiếp nhận có theo dõi" in page
    assert mai.post(f"/incoming/{doc.id}/registration", data=fields(doc)).status_code == 422
    assert (
        mai.post(
            f"/incoming/{doc.id}/registration", data=fields(doc, reason="Đã gọi nơi gửi xác nhận")
        ).status_code
        == 303
    )
    with db.connection():
        notifications.spread()
        told = [notice.words for notice in notifications.newest(office.binh)]
        assert any("quyết định khi chưa kiểm được" in one for one in told), told
    assert signed_letters.again(doc).state == "registered"


def test_q10_2_f_the_waits_grow_from_a_quarter_of_an_hour(office, desk_keys, paper, no_line):
    doc, waits = signed_letters.send(office, paper.sealed), []
    with db.connection():
        for _ in range(6):
            waits.append(checks.retry_after(doc))
            report = signatures.newest_check(doc).facts
            signatures.checked(doc, report)
    assert waits == [900, 1800, 3600, 7200, 14400, 28800]


def test_in_16_an_unsigned_document_is_taken_for_reference_only_where_the_province_says_so(
    browser, office, desk_keys, paper
):
    doc, mai = signed_letters.send(office, paper.plain), browser("mai")
    assert (
        mai.post(f"/incoming/{doc.id}/registration", data=fields(doc, reason="tham khảo")).status_code == 409
    )
    assert browser("admin").post("/trust/rule", data={"unsigned": "reference"}).status_code == 303
    page = mai.get(f"/incoming/waiting?doc={doc.id}").text
    assert "chỉ để biết, tham khảo" in page and re.search(
        r'main-act" data-key="Enter[^>]*>(?:(?!</button>).)*Trả lại', page, re.DOTALL
    )
    assert mai.post(f"/incoming/{doc.id}/registration", data=fields(doc)).status_code == 422
    assert (
        mai.post(f"/incoming/{doc.id}/registration", data=fields(doc, reason="Chỉ tham khảo")).status_code
        == 303
    )


def test_d6_the_clerk_accepts_once_that_another_name_is_the_senders(browser, office, desk_keys, paper):
    doc, mai = signed_letters.send(office, paper.evil), browser("mai")
    assert doc.verdict == "look", doc.verdict_note
    page = mai.get(f"/documents/{doc.id}/verification").text
    assert "Đúng là tên của nơi gửi" in page and "<b>Phòng" not in page and "\u202e" not in page
    assert browser("binh").post(f"/documents/{doc.id}/verification/alias").status_code == 403
    assert mai.post(f"/documents/{doc.id}/verification/alias").status_code == 303
    with db.connection():
        runner.run_due()
        assert signed_letters.again(doc).verdict == "valid", signed_letters.again(doc).verdict_note
    other = signed_letters.send(
        office, paper.evil, number="5", subject="Báo cáo lần hai", document_id="H99.10,lan2"
    )
    assert other.verdict == "valid"
    assert mai.post(f"/documents/{doc.id}/verification/alias").status_code in (409, 422)
    assert "Phòng" in mai.get("/verification").text


def test_the_list_shows_the_verdict_before_opening_and_filters_by_it(browser, office, desk_keys, paper):
    good = signed_letters.send(office, paper.sealed)
    bad = signed_letters.send(
        office, paper.plain, number="6", subject="Không ký", document_id="H99.10,khongky"
    )
    page = browser("mai").get("/incoming/waiting?tab=invalid").text
    queue = page[page.index('id="queue"') :]
    assert "Không ký" in queue and "Báo cáo kết quả" not in queue and f"doc={bad.id}" in queue and good.id
    assert "Không hợp lệ" in words(browser("mai").get("/incoming/waiting"))


def test_a_document_that_is_not_there(browser):
    assert browser("lan").get("/documents/987654/verification").status_code == 404


def test_q10_2_b_an_authority_counts_for_signatures_made_within_its_period(browser, office, desk_keys, paper):
    with db.connection():
        for row in trust.trusted():
            if row.role == "root":
                trust.set_period(office.admin, row, None, clock.now() - timedelta(days=2), "Ngừng cấp")
    doc = signed_letters.send(office, paper.sealed)
    assert doc.verdict == "look" and "danh sách tin cậy" in doc.verdict_note
    with db.connection():
        for row in trust.trusted():
            if row.role == "root":
                trust.set_period(office.admin, row, None, clock.now() + timedelta(seconds=1), "Ngừng cấp")
        with clock.freeze(f"{clock.local(clock.now() + timedelta(days=30)):%Y-%m-%d} 09:00"):
            checks.order_check(doc, office.mai)
            runner.run_due()
    assert signed_letters.again(doc).verdict == "valid", signed_letters.again(doc).verdict_note


def test_q10_2_b_a_list_brought_in_as_a_file_serves_where_there_is_no_line(
    browser, office, desk_keys, paper, no_line
):
    base = f"{desk_keys.config.external_url_prefix}/{pki.ARCHITECTURE}/crls"
    for name in ("root", "issuer"):
        content = httpx.get(f"{base}/{name}/latest.crl", trust_env=False).content
        assert browser("admin").post("/trust/lists", files={"list": ("a.crl", content)}).status_code == 303
    assert signed_letters.send(office, paper.sealed).verdict == "valid"


def test_v6_a_host_nobody_approved_is_not_asked_but_proposed(browser, office, desk_keys, paper, monkeypatch):
    monkeypatch.setattr(trust_hosts, "allowed", lambda: frozenset({"ca.example"}))
    doc = signed_letters.send(office, paper.sealed)
    assert doc.verdict == "unchecked"
    assert "127.0.0.1:" in words(browser("admin").get("/trust/addresses")).split("Chờ quyết định")[1]


def test_the_list_asks_no_more_for_many_than_for_few(browser, office, monkeypatch):
    """V: two hundred waiting cost what two cost: no question a row."""

    def asked(many):
        with db.connection():
            for _ in range(many):
                arrive(office, verdict="invalid", source="local")
        mai = browser("lan")
        counted = []
        execute = db.database.execute_sql
        monkeypatch.setattr(db.database, "execute_sql", lambda *a, **k: counted.append(a) or execute(*a, **k))
        assert mai.get("/incoming/waiting?tab=invalid").status_code == 200
        monkeypatch.undo()
        return len(counted)

    few = asked(2)
    assert asked(60) <= few + 2
