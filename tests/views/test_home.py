"""Việc của tôi and the notices for every role."""

import pytest
from arrivals import arrive

from models import incoming, notifications


@pytest.mark.parametrize(
    "login", ["lan", "minh", "hoa", "thao", "tuan", "khoa", "dung", "quantri", "mai", "binh", "nam", "admin"]
)
def test_every_role_has_a_first_page(browser, login):
    answer = browser(login).get("/")
    assert (
        answer.status_code == 200 and "Việc của tôi" in answer.text and "Không có việc chờ bạn" in answer.text
    )


def test_the_leader_finds_what_waits_and_its_notice(browser, office):
    doc = arrive(office, urgency=3)
    incoming.register_and_forward(doc, office.lan, office.minh.post, {"subject": "V/v phòng chống lũ"})
    notifications.spread()
    minh = browser("minh")
    page = minh.get("/").text
    assert "Phân công" in page and "V/v phòng chống lũ" in page and "Hỏa tốc" in page
    assert "Văn bản trình bạn phân công" in minh.get("/notifications").text
    assert minh.post("/notifications/seen").status_code == 303
    assert "unread" not in minh.get("/notifications").text
    assert "V/v phòng chống lũ" not in browser("mai").get("/").text


def test_a_stranger_is_sent_to_sign_in(browser):
    assert browser().get("/").headers["location"] == "/sign-in"


def test_10_3_an_urgent_arrival_shows_on_every_page_of_who_must_act(browser, office):
    lan, minh = browser("lan"), browser("minh")
    assert "banner" not in lan.get("/urgent").text
    doc = arrive(office, urgency=3, subject="V/v mưa lũ")
    assert "V/v mưa lũ" in lan.get("/urgent").text and "banner" not in minh.get("/urgent").text
    assert (
        "banner" not in browser("mai").get("/urgent").text
        and "banner" not in browser("tuan").get("/urgent").text
    )
    incoming.register_and_forward(doc, office.lan, office.minh.post)
    assert "banner" not in lan.get("/urgent").text and f"/incoming/{doc.id}" in minh.get("/urgent").text
    assert 'hx-get="/urgent"' in lan.get("/incoming").text
