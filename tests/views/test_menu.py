"""The rail: at most eight items, each a page this post may open, the current one marked."""

import re

import pytest
from arrivals import arrive

EVERYBODY = ["lan", "minh", "hoa", "thao", "tuan", "khoa", "dung", "quantri", "mai", "binh", "nam", "admin"]


@pytest.mark.parametrize("login", EVERYBODY)
def test_every_item_opens_for_who_sees_it(browser, login):
    one = browser(login)
    rail = re.search(r'<nav class="rail".*?</nav>', one.get("/").text, re.DOTALL)[0]
    addresses = re.findall(r'<a href="([^"]+)"', rail)
    assert 1 <= len(addresses) <= 8
    for address in addresses:
        answer = one.get(address)
        assert answer.status_code == 200, address
        assert f'href="{address}" aria-current="page"' in answer.text, address


@pytest.mark.parametrize("login", EVERYBODY)
def test_what_stands_under_the_name_opens(browser, login):
    one = browser(login)
    under = re.search(r'<div class="menu">.*?</div>', one.get("/").text, re.DOTALL)[0]
    for address in re.findall(r'<a href="([^"]+)"', under):
        assert one.get(address).status_code == 200, address


def test_the_clerk_sees_what_waits_in_numbers(browser, office):
    arrive(office)
    assert re.search(r'Chờ lưu trữ</span><span class="count">1<', browser("lan").get("/help").text)
