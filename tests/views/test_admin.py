"""The administration's frame: whose agency, and the self-check (Quy chế 23.2)."""

import pytest

PAGES = (
    "/admin",
    "/admin/agency",
    "/admin/people",
    "/admin/people/new",
    "/admin/units",
    "/admin/calendar",
    "/admin/registers",
)


@pytest.mark.parametrize("page", PAGES)
def test_another_agency_is_not_there_for_an_agency_s_administrator(office, browser, page):
    admin = browser("quantri")
    foreign, nothing = admin.get(f"{page}?agency={office.b.id}"), admin.get(f"{page}?agency=987654")
    assert foreign.status_code == nothing.status_code == 404
    assert foreign.text == nothing.text
    assert admin.get(f"{page}?agency={office.a.id}").status_code == 200


@pytest.mark.parametrize("page", PAGES)
def test_the_province_s_administrator_works_on_any_agency(office, browser, page):
    answer = browser("admin").get(f"{page}?agency={office.b.id}")
    assert answer.status_code == 200 and office.b.name in answer.text


@pytest.mark.parametrize("typed", ["0", "-1", "x", "²", "99999999999999999999999"])
def test_an_odd_agency_is_not_there(browser, typed):
    assert browser("admin").get("/admin", params={"agency": typed}).status_code == 404


def test_the_self_check_tells_what_is_missing_and_where(office, browser):
    text = browser("quantri").get("/admin").text
    assert "Chưa ghi chứng thư số của cơ quan" in text and 'href="/tokens/certificates/new"' in text
    assert "H99.10 đang có hiệu lực" in text
