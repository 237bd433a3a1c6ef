"""Paper through the pages (Quy chế 8, 9; ND30 PL IV): the proposal and its change, the ways of a copy, envelopes, books."""

import dispatches
import pytest

from models import agencies, clock, db, documents, issuing, paper, paper_rows, paper_rules

PARTY = {"name": "Tỉnh ủy Minh Sơn", "code": "A99", "connection": "axis"}


@pytest.fixture
def morning(office):
    with dispatches.morning():
        yield office


def sealed(office, *partners, **fields):
    rows = [agencies.create(**one) for one in partners]
    return dispatches.advance(
        office, dispatches.draft(office, recipients=[office.b, *rows], **fields), "sealed"
    )


def released(office, *partners, **fields):
    doc = sealed(office, *partners, **fields)
    issuing.issue(doc, office.lan)
    return doc


def test_q8_1_paper_alone_asks_why_and_stands_in_the_report(morning, browser):
    doc, lan = sealed(morning), browser("lan")
    row = doc.recipients.get()
    wish = {"recipient": [row.id], f"copies_{row.id}": "1"}
    refused = lan.post(f"/outgoing/{doc.id}/paper", data=wish)
    assert refused.status_code == 422 and "Hãy ghi lý do" in refused.text
    assert (
        lan.post(f"/outgoing/{doc.id}/paper", data=wish | {"reason": "Máy nơi nhận đang hỏng"}).status_code
        == 303
    )
    issuing.issue(documents.Document.get_by_id(doc.id), morning.lan)
    page = lan.get("/paper?tab=unsent").text
    assert "Máy nơi nhận đang hỏng" in page and doc.subject in page
    assert "Máy nơi nhận đang hỏng" in lan.get("/paper/unsent.csv").text


def test_q9_2_b_paper_for_an_invitation_asks_why(morning, browser):
    doc, lan = sealed(morning, type_code="GM"), browser("lan")
    row = doc.recipients.get()
    page = lan.get(f"/outgoing/{doc.id}/paper").text
    assert "Chỉ điện tử" in page and "Điều 9.2.b" in page
    wish = {"recipient": [row.id], f"electronic_{row.id}": "1", f"copies_{row.id}": "2"}
    assert lan.post(f"/outgoing/{doc.id}/paper", data=wish).status_code == 422
    lan.post(f"/outgoing/{doc.id}/paper", data=wish | {"reason": "Nơi nhận xin thêm bản giấy"})
    assert paper.plan(doc)[0].copies == 2
    assert "Nơi nhận xin thêm bản giấy" in lan.get(f"/outgoing/{doc.id}/paper").text


def test_q9_3_c_a_copy_is_printed_sent_by_registered_mail_and_received(morning, browser):
    doc, lan = released(morning, PARTY), browser("lan")
    copy = doc.paper.get()
    assert ">2 bản<" in lan.get("/paper?tab=to_print").text
    lan.post(f"/outgoing/{doc.id}/prints", data={"copies": "2"})
    page = lan.get("/paper?tab=to_send").text
    assert PARTY["name"] in page
    form = {"rows": [copy.id], "way": "registered", "sent_on": "2/3/2026", f"envelopes_{copy.id}": "1"}
    refused = lan.post("/paper/sendings", data=form)
    assert refused.status_code == 422 and "Hãy nhập số bưu gửi" in refused.text
    assert lan.post("/paper/sendings", data=form | {f"number_{copy.id}": "RR123VN"}).status_code == 303
    assert "RR123VN" in lan.get("/paper?tab=under_way").text
    assert lan.post(f"/paper/{copy.id}/reception", data={}).status_code == 303
    assert paper_rows.PaperCopy.get().state == "received"
    shown = lan.get(f"/outgoing/{doc.id}/paper").text
    assert "Đã nhận" in shown and doc.number_text in shown


def test_i15_envelopes_and_the_postal_book_come_from_the_same_rows(morning, browser):
    doc, lan = released(morning, PARTY, urgency=1), browser("lan")
    copy = doc.paper.get()
    issuing.record_print(doc, morning.lan, 2)
    form = {"rows": [copy.id], "way": "express", f"number_{copy.id}": "EE9", "note": "Giao giờ hành chính"}
    lan.post("/paper/sendings", data=form)
    for size in ("220x109", "307x220"):
        answer = lan.get(f"/paper/envelopes.pdf?rows={copy.id}&size={size}")
        assert answer.headers["content-type"] == "application/pdf" and answer.content.startswith(b"%PDF")
    assert lan.get(f"/paper/slips.pdf?rows={copy.id}").content.startswith(b"%PDF")
    assert lan.get("/paper/slips.pdf").status_code == 409
    assert lan.get("/paper/post-book.pdf").content.startswith(b"%PDF")
    table = lan.get("/paper/post-book.csv").text
    assert "Số lượng bì" in table and f"{doc.number_text},{PARTY['name']},1" in table and "EE9" in table
    assert lan.get("/paper/envelopes.pdf?rows=99").status_code == 409


def test_an_envelope_that_comes_back_is_sent_again(morning, browser):
    doc, lan = released(morning, PARTY), browser("lan")
    copy = doc.paper.get()
    issuing.record_print(doc, morning.lan, 2)
    lan.post("/paper/sendings", data={"rows": [copy.id], "way": "post"})
    assert lan.post(f"/paper/{copy.id}/return", data={"words": ""}).status_code == 409
    lan.post(f"/paper/{copy.id}/return", data={"words": "Sai địa chỉ"})
    assert "Sai địa chỉ" in lan.get("/paper?tab=to_send").text
    assert lan.post("/paper/sendings", data={"rows": [copy.id], "way": "hand"}).status_code == 303


def test_q14_2_b_a_merged_recipient_is_sent_to_its_successor(morning, browser):
    doc, lan = sealed(morning, PARTY), browser("lan")
    old = agencies.by_code("A99")
    new = agencies.create("Cơ quan Mới", code="A98", connection="axis")
    with db.write():
        old.set(successor=new, closed_on=clock.today())
    desk = lan.post(f"/issuing/{doc.id}/issuance")
    assert desk.status_code == 409 and "đã sáp nhập vào Cơ quan Mới" in desk.text
    row = doc.recipients.where(documents.Recipient.agency == old).get()
    assert "Gửi tới cơ quan kế nhiệm" in lan.get(f"/outgoing/{doc.id}/paper").text
    lan.post(f"/outgoing/{doc.id}/recipients/{row.id}/successor")
    assert {one.name for one in doc.recipients} == {morning.b.name, "Cơ quan Mới"}
    assert lan.post(f"/issuing/{doc.id}/issuance").status_code == 303


def test_q9_3_e_the_table_is_changed_with_decision_and_days(morning, browser):
    admin = browser("admin")
    form = {
        "type_code": "BC",
        "with_paper": "1",
        "copies": "2",
        "decision": "QĐ 9/QĐ-UBND",
        "valid_from": "5/3/2026",
    }
    assert admin.post("/admin/paper-rules", data=form | {"decision": ""}).status_code == 422
    assert admin.post("/admin/paper-rules", data=form).status_code == 303
    page = admin.get("/admin/paper-rules").text
    assert "Sẽ áp dụng" in page and "QĐ 9/QĐ-UBND" in page
    rule = paper_rules.PaperRule.get(paper_rules.PaperRule.type_code == "BC")
    changed = form | {"copies": "1", "valid_from": "9/3/2026", "decision": "QĐ 10/QĐ-UBND"}
    assert admin.post(f"/admin/paper-rules/{rule.id}", data=changed).status_code == 303
    ended = {"last_day": "31/12/2026", "decision": "QĐ 11/QĐ-UBND"}
    new = paper_rules.PaperRule.get(paper_rules.PaperRule.follows == rule)
    assert admin.post(f"/admin/paper-rules/{new.id}/end", data=ended).status_code == 303
    assert browser("quantri").post("/admin/paper-rules", data=form).status_code == 403
    assert browser("quantri").get("/admin/paper-rules").status_code == 200


def test_q11_1_b_paper_that_follows_is_joined_by_its_number(morning, browser):
    doc, lan = dispatches.arrival(morning, code_number="5", code_notation="QĐ-UBND"), browser("lan")
    page = lan.get("/incoming/paper-copies?number=05/qđ-ubnd").text
    assert f"/incoming/{doc.id}/paper-copy" in page
    lan.post(f"/incoming/{doc.id}/paper-copy", data={"day": "2/3/2026", "copies": "1", "place": "Tủ 3"})
    assert "Tủ 3" in lan.get("/incoming/paper-copies?number=5").text
    assert "Không thấy" in lan.get("/incoming/paper-copies?number=77").text
    bad = lan.post(f"/incoming/{doc.id}/paper-copy", data={"day": "1/1/2020"})
    assert bad.status_code == 422 and "từ ngày ban hành" in bad.text
