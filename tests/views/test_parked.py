"""Cần xem xét: parked messages, unreadable packets and differences with the axis, each for those who answer for it."""

import letters
import pytest

from models import (
    agencies,
    clock,
    db,
    edxml,
    edxml_write,
    errors,
    exchange,
    exchange_sending,
    quarantine,
    reception,
    reconciliation,
)


@pytest.fixture
def partner(office):
    return agencies.create("Viện Mẫu", code="H98.77", connection="axis")


@pytest.fixture
def one(office, partner):
    doc = letters.issued(office.lan, [partner], subject="V/v mưa lũ")
    exchange_sending.mark_sent(exchange.sent(doc)[0], "ax")
    return exchange.sent(doc)[0]


@pytest.fixture
def message(office, one, tmp_path):
    said = edxml.Status(edxml.Organ("H98.77", "Viện Mẫu"), edxml.Answered("H99.10", "99/LA", "la"), "accepted",
                        at=clock.now(), description="Vào sổ số 9")  # fmt: skip
    return reception.receive_from_axis(edxml_write.encode(said, tmp_path / "tt"), "1")[0].message


@pytest.fixture
def held(office, tmp_path):
    path = tmp_path / "goi"
    path.write_text("<To><OrganId>H99.10</OrganId></To>rac")
    with pytest.raises(errors.Invalid):
        reception.receive_from_axis(path, "ax-9")
    return quarantine.QuarantinedPacket.get()


def test_a_parked_message_is_shown_with_its_likely_documents_and_tied(office, one, message, browser):
    lan = browser("lan")
    page = lan.get("/exchange/parked").text
    assert "99/LA" in page and "Vào sổ số 9" in page and "03 · Đã tiếp nhận" in page and "V/v mưa lũ" in page
    url = f"/exchange/parked/{message.id}"
    nothing = lan.post(f"{url}/assignment", data={"consignment": ""})
    assert nothing.status_code == 422 and "Hãy chọn văn bản" in nothing.text
    assert lan.post(f"{url}/assignment", data={"consignment": one.id}).status_code == 303
    assert (
        exchange.load(one.id).state == "accepted"
        and "Không có phản hồi nào chờ" in lan.get("/exchange/parked").text
    )


def test_a_parked_message_is_closed_with_a_note(office, message, browser):
    lan = browser("lan")
    url = f"/exchange/parked/{message.id}/closing"
    empty = lan.post(url, data={"note": ""})
    assert empty.status_code == 422 and "Hãy ghi vì sao đóng" in empty.text
    assert lan.post(url, data={"note": "Phần mềm cũ"}).status_code == 303
    assert browser("mai").post(url, data={"note": "x"}).status_code == 404


def test_i11_an_unreadable_packet_is_shown_with_its_reason_and_what_to_do(office, held, browser):
    lan = browser("lan")
    page = lan.get("/exchange/quarantine").text
    assert held.reason in page and "Việc cần làm" in page and held.sha256 in page and "Tải gói về" not in page
    url = f"/exchange/quarantine/{held.id}"
    retry = lan.post(f"{url}/retry")
    assert retry.status_code == 409 and "Vẫn chưa nhận được" in retry.text
    assert lan.post(f"{url}/file").status_code == 403
    file = browser("quantri").post(f"{url}/file")
    assert file.content == held.file.read() and "attachment" in file.headers["content-disposition"]
    assert lan.post(f"{url}/closing", data={"note": " "}).status_code == 422
    assert lan.post(f"{url}/closing", data={"note": "Đã gửi lại"}).status_code == 303
    assert "Đã gửi lại" in lan.get("/exchange/quarantine").text
    assert browser("mai").post(f"{url}/closing", data={"note": "x"}).status_code == 404
    assert held.sha256 not in browser("admin").get("/exchange/quarantine").text


def test_x11_a_difference_is_a_task_with_one_press(office, one, browser):
    with clock.freeze("2030-01-02 08:00"), db.write():
        one.set(acknowledged_at=clock.now())
    with clock.freeze("2030-01-03 08:00"):
        reconciliation.compare([{"senderDocId": "khac", "fromCode": "H1"}])
        lan = browser("lan")
        page = lan.get("/exchange/differences").text
        assert "Trục không có gói này" in page and "Gửi lại" in page and "Viện Mẫu" in page
        url = f"/exchange/differences/{reconciliation.Difference.get().id}"
        assert browser("mai").post(f"{url}/resending").status_code == 404
        assert lan.post(f"{url}/closing", data={"note": ""}).status_code == 422
        assert lan.post(f"{url}/resending").status_code == 303
        assert exchange.load(one.id).state == "queued"
        assert "Không có điểm nào khác" in lan.get("/exchange/differences").text
        assert lan.post("/exchange/differences/runs").status_code == 409  # no axis is declared
