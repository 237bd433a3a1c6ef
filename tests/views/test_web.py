"""The one way in and out: errors in words, forms too large, values on screen (house 2.4, 2.10)."""

from datetime import date

import pytest
from starlette.routing import Route
from starlette.testclient import TestClient

import app
from models import clock, db, errors, users
from views import web


def raises(error):
    def handler(_request):
        raise error

    return handler


@pytest.fixture
def serve(office):
    """serve(handler, **options): a client, signed in as Lan, of one route /x."""

    def open_one(handler, login="lan", **options):
        starlette = app.application(workers=False)
        starlette.router.routes.insert(
            0, Route("/x", web.endpoint(handler, **options), methods=["GET", "POST"])
        )
        client = TestClient(
            starlette, base_url="http://testserver", follow_redirects=False, raise_server_exceptions=False
        )
        if login:
            client.cookies.set(web.COOKIE, users.open_session(users.Person.get(users.Person.login == login)))
        return client

    return open_one


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (errors.Refused("Chưa ký được."), 409, "Chưa ký được."), (errors.Conflict(), 409, "Người khác vừa xử lý"),
        (errors.NotAllowed(), 403, "không có quyền"), (errors.NotFound(), 404, "Không tìm thấy"),
        (errors.Invalid({"a": "Sai ô a."}), 422, "Sai ô a."), (db.OperationalError("disk is full"), 507, "Đĩa của máy chủ đã đầy"),
        (db.OperationalError("database is locked"), 503, "đang bận"), (ZeroDivisionError("bimat"), 500, "mã sự cố"),
    ],
)  # fmt: skip
def test_an_error_is_a_sentence_in_every_kind_of_answer(serve, error, status, words):
    client = serve(raises(error))
    for headers in ({}, {"HX-Request": "true"}, {"Accept": "application/json"}):
        answer = client.get("/x", headers=headers)
        assert answer.status_code == status and "bimat" not in answer.text
        assert words in (answer.json()["error"] if "Accept" in headers else answer.text)
    assert client.get("/x", headers={"HX-Request": "true"}).headers["HX-Retarget"] == "#flash"


def test_a_stranger_is_sent_to_sign_in_and_back(serve):
    client = serve(raises(ZeroDivisionError()), login=None)
    assert client.get("/x").headers["location"] == "/sign-in?next=/x"
    assert client.get("/x", headers={"HX-Request": "true"}).headers["HX-Redirect"] == "/sign-in?next=/x"
    assert client.get("/x", headers={"Accept": "application/json"}).status_code == 401


@pytest.mark.parametrize(
    ("roles", "status"), [(("clerk",), 200), (("leader", "clerk"), 200), (("leader",), 403)]
)
def test_roles_of_a_route(serve, roles, status):
    assert (
        serve(lambda request: web.page(request, "error.html", sentence="ok"), roles=roles)
        .get("/x")
        .status_code
        == status
    )


def test_what_is_typed_comes_back_inert(serve):
    """Goal W4."""
    answer = serve(lambda request: web.page(request, "error.html", sentence=request.query_params["s"])).get(
        "/x", params={"s": "<script>alert(1)</script>"}
    )
    assert "<script>alert" not in answer.text and "&lt;script&gt;" in answer.text


def test_a_sentence_after_an_act_is_shown_once(serve):
    client = serve(lambda request: web.redirect("/help", "Đã vào sổ số 7"))
    assert client.get("/x").status_code == 303
    assert "Đã vào sổ số 7" in client.get("/help").text
    assert "Đã vào sổ số 7" not in client.get("/help").text


@pytest.mark.parametrize(
    ("shown", "words"),
    [(web.show_day(date(2026, 3, 2)), "02/03/2026"), (web.show_day(None), ""), (web.show_moment(clock.at("2026-03-02 16:59")), "02/03/2026 16:59"),
     (web.show_size(10), "1 KB"), (web.show_size(5 << 20), "5,0 MB")],
)  # fmt: skip
def test_days_moments_and_sizes(shown, words):
    assert shown == words


@pytest.mark.parametrize("area", ["incoming", "outgoing", "files", "scans"])
def test_an_id_larger_than_any_is_not_found(browser, area):
    assert browser("lan").get(f"/{area}/{'9' * 22}").status_code == 404


@pytest.mark.parametrize("cookie", ["a", "====", "%%%", "w6x"])
def test_a_flash_cookie_we_did_not_write_is_passed_over(browser, cookie):
    lan = browser("lan")
    lan.cookies.set("vanthu_flash", cookie)
    assert lan.get("/help").status_code == 200


def test_pages_travel_compressed_and_files_do_not(browser, office):
    lan = browser("lan")
    assert lan.get("/help").headers.get("content-encoding") == "gzip"


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/khong-co"), ("POST", "/khong-co"), ("GET", "/incoming/abc"), ("POST", "/incoming/waiting")],
)
def test_an_address_nobody_knows_is_answered_with_our_own_page(serve, method, path):
    client = serve(raises(errors.NotFound()))
    answer = client.request(method, path)
    assert answer.status_code == 404 and "Không tìm thấy nội dung này." in answer.text
    assert "Content-Security-Policy" in answer.headers and "Not Found" not in answer.text
    assert "Việc của tôi" in answer.text, "a person signed in keeps the menu"
    assert client.get("/static/khong-co.css").status_code == 404
