"""Sign-in, first run, password and post, through the pages (goals I2, I5, W1)."""

import office as cast
import pytest

import app
from models import seed, users
from views import web

RIGHT = {"login": "lan", "password": seed.PASSWORD}


def test_the_right_password_leads_to_the_page_asked_for(browser):
    answer = browser().post("/sign-in", data={**RIGHT, "next": "/incoming"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/incoming")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=lax" in cookie


@pytest.mark.parametrize(
    "target", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/\nx"]
)
def test_nobody_is_sent_elsewhere_after_signing_in(browser, target):
    assert browser().post("/sign-in", data={**RIGHT, "next": target}).headers["location"] == "/"


def test_unknown_and_wrong_get_the_same_page(browser):
    """Goal I2: the same bytes, but for the name typed."""
    pages = [
        browser().post("/sign-in", data={"login": login, "password": "khong dung"})
        for login in ("lan", "xyz")
    ]
    assert pages[0].status_code == pages[1].status_code == 422
    assert pages[0].text.replace('value="lan"', "") == pages[1].text.replace('value="xyz"', "")
    assert "khong dung" not in pages[0].text


def test_empty_fields_are_named(browser):
    answer = browser().post("/sign-in", data={})
    assert (
        answer.status_code == 422
        and "Hãy nhập tên đăng nhập." in answer.text
        and "Hãy nhập mật khẩu." in answer.text
    )


def test_a_token_brought_along_is_not_taken_over(browser):
    """No fixation: signing in makes a new token."""
    one = browser()
    one.cookies.set(web.COOKIE, "co-dinh")
    one.post("/sign-in", data=RIGHT)
    assert users.actor_of("co-dinh") is None


def test_signing_out_ends_the_session(browser):
    lan = browser("lan")
    token = lan.cookies[web.COOKIE]
    assert lan.post("/sign-out").headers["location"] == "/sign-in"
    assert users.actor_of(token) is None


def test_a_given_password_leads_to_choosing_one_s_own(office, browser):
    users.set_password(office.lan.person, "cap cho dung tam", must_change=True)
    stranger = browser()
    answer = stranger.post("/sign-in", data={"login": "lan", "password": "cap cho dung tam"})
    assert (
        answer.status_code == 200
        and 'action="/password/renewal"' in answer.text
        and web.COOKIE not in answer.cookies
    )
    form = {
        "login": "lan",
        "old": "cap cho dung tam",
        "password": "cau cua rieng toi",
        "again": "cau cua rieng to",
    }
    assert stranger.post("/password/renewal", data=form).status_code == 422
    assert stranger.post("/password/renewal", data={**form, "again": "cau cua rieng toi"}).status_code == 303
    assert (
        stranger.post("/sign-in", data={"login": "lan", "password": "cau cua rieng toi"}).status_code == 303
    )


def test_changing_the_password_ends_every_session(browser):
    here, there = browser("lan"), browser("lan")
    form = {"old": seed.PASSWORD, "password": "mot cau khac han", "again": "mot cau khac han"}
    assert here.post("/password", data={**form, "old": "sai"}).status_code == 422
    assert here.post("/password", data=form).headers["location"] == "/sign-in"
    assert there.get("/incoming").status_code == 303


def test_other_sessions_are_seen_and_ended(browser):
    here, there = browser("lan"), browser("lan")
    assert "Kết thúc các phiên khác" in here.get("/password").text
    here.post("/sessions/end")
    assert there.get("/help").status_code == 303 and here.get("/help").status_code == 200


def test_switching_the_post_changes_agency_and_rights(office, browser):
    post = users.appoint(office.lan.person, office.b, "Công chức kiêm nhiệm", "officer")
    lan = browser("lan")
    assert lan.get("/incoming/waiting").status_code == 200
    assert lan.post("/post", data={"post": post.id}).status_code == 303
    assert lan.get("/incoming/waiting").status_code == 403
    assert office.b.name in lan.get("/help").text


@pytest.fixture
def visitor(data):
    with cast.Browser(app.application(workers=False)) as opened:
        yield opened


FIRST = {"agency_name": "UBND xã Thử", "agency_code": "H98.01", "full_name": "Người Đầu", "login": "dau",
         "password": "mot cau that de nho", "password_again": "mot cau that de nho"}  # fmt: skip


def test_the_first_visit_makes_the_administrator_once(visitor):
    assert visitor.get("/sign-in").headers["location"] == "/first-run"
    assert visitor.post("/first-run", data=FIRST).headers["location"] == "/sign-in"
    assert visitor.get("/first-run").headers["location"] == "/sign-in"
    assert visitor.post("/first-run", data={**FIRST, "login": "ke"}).status_code == 409
    assert visitor.post("/sign-in", data={"login": "dau", "password": FIRST["password"]}).status_code == 303
    assert visitor.get("/admin").status_code == 200


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [("agency_code", "H98.1a.", "ký tự không được dùng"), ("agency_name", "", "Hãy nhập tên cơ quan"), ("password", "ngan", "từ 10"),
     ("password_again", "khac", "không giống nhau")],
)  # fmt: skip
def test_a_wrong_field_of_the_first_run_is_named_and_nothing_is_made(visitor, field, value, words):
    typed = {**FIRST, field: value, **({"password_again": value} if field == "password" else {})}
    answer = visitor.post("/first-run", data=typed)
    assert answer.status_code == 422 and words in answer.text
    assert not users.anyone()
    assert "Người Đầu" in answer.text and "mot cau that de nho" not in answer.text
