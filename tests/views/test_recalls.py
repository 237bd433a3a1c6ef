"""Thu hồi pages: reason and order needed, the matrix says who has cancelled, nothing of another agency."""

import letters
import pytest

from jobs import deliver, runner
from models import agencies, exchange, recalls

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
    assert "Đã yêu cầu thu hồi" in one.get(f"{url}/matrix").text
    runner.run_due()
    after = one.get(url).text
    assert "Đã hủy văn bản trong hệ thống" in after and "2/2 đã trả lời" in after
    assert recalls.of(letter)[0].ordered_by == "Giám đốc"
    assert one.post(url, data={"reason": "a", "ordered_by": "b", "consignments": chosen}).status_code == 409
