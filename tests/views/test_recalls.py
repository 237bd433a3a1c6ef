"""Thu hồi pages: reason and order needed, the matrix says who has cancelled, nothing of another agency."""

import letters
import pytest

from jobs import deliver, runner
from models import agencies, db, documents, exchange, recalls, recalls_rows

assert deliver


@pytest.fixture
def letter(office):
    stranger = agencies.create("Cơ quan chưa kết nối", code="H98.77")
    return letters.issued(office.lan, [office.b, stranger])


@pytest.mark.parametrize("who", ["mai", "nam", "dung", "quantri"])
@pytest.mark.parametrize("page", ["recall", "recall/matrix"])
def test_a_stranger_sees_nothing(browser, letter, who, page):
    assert browser(who).get(f"/outgoing/{letter.id}/{page}").status_code in (403, 404)


def test_recall_form_and_matrix(browser, letter):
    runner.run_due()
    one = browser("lan")
    url = f"/outgoing/{letter.id}/recall"
    page = one.get(url)
    assert page.status_code == 200 and "Lê Văn Minh" in page.text
    wrong = one.post(url, data={"ordered_by": "Giám đốc", "consignments": [str(exchange.sent(letter)[0].id)]})
    assert wrong.status_code == 422 and "lý do thu hồi" in wrong.text and 'value="Giám đốc"' in wrong.text
    chosen = [str(row.id) for row in exchange.sent(letter)]
    none = one.post(url, data={"ordered_by": "Giám đốc", "reason": "Sai"})
    assert none.status_code == 422 and "ít nhất một nơi nhận" in none.text
    done = one.post(url, data={"reason": "Sai số liệu", "ordered_by": "Giám đốc", "consignments": chosen})
    assert done.status_code == 303
    assert "Chưa nhận lệnh" in one.get(f"{url}/matrix").text
    runner.run_due()
    after = one.get(url).text
    assert "Đã hủy văn bản (mã băm " in after and "2/2 đã trả lời" in after
    assert recalls.of(letter)[0].ordered_by == "Giám đốc"
    minutes = one.get(f"{url}/minutes.pdf")
    assert (
        minutes.status_code == 200
        and minutes.content.startswith(b"%PDF")
        and "bien-ban" in minutes.headers["content-disposition"]
    )
    listed = one.get("/recalls").text
    assert "12/SKH-KH" in listed and "Sai số liệu" in listed and "đã hủy" in listed
    assert "12/SKH-KH" in browser("mai").get("/recalls?tab=in").text
    assert (
        "Thu hồi" in one.get("/search?q=thu+h%E1%BB%93i").text
        and "12/SKH-KH" in one.get("/search?q=thu+h%E1%BB%93i").text
    )
    assert one.post(url, data={"reason": "a", "ordered_by": "b", "consignments": chosen}).status_code == 409


def test_the_rule_is_set_by_a_leader(browser):
    page = browser("minh").get("/recalls?tab=rule")
    assert page.status_code == 200 and "không cho nơi nhận quyền từ chối" in page.text
    wrong = browser("minh").post("/recalls/rule", data={"decision_hours": "99", "keeps_days": "0"})
    assert wrong.status_code == 422 and "từ 0 đến 40" in wrong.text
    assert (
        browser("minh").post("/recalls/rule", data={"decision_hours": "4", "keeps_days": "3"}).status_code
        == 303
    )
    assert "4 giờ làm việc" in browser("lan").get("/recalls?tab=rule").text
    assert browser("lan").post("/recalls/rule", data={"decision_hours": "1"}).status_code == 403


def test_paper_is_ticked_on_its_page(browser, office, letter):
    with db.write():
        documents.Recipient.create(document=letter, name="Ông Đỗ Văn Giấy", electronic=False, paper_copies=2)
    recalls.ask(letter, office.lan, "Sai", "Giám đốc")
    one = browser("lan")
    page = one.get("/recalls?tab=paper")
    assert "Ông Đỗ Văn Giấy" in page.text and "Đã nhận lại" in page.text
    number = recalls_rows.PaperReturn.get().id
    assert one.post(f"/recalls/papers/{number}/receipt", data={"note": "BN 3"}).status_code == 303
    assert "BN 3" in one.get(f"/outgoing/{letter.id}/recall").text
