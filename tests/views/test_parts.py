"""The page of parts renders, without anything a strict content policy would refuse."""

import re


def test_all_parts_render(browser):
    answer = browser("lan").get("/_parts")
    assert answer.status_code == 200
    assert not re.search(r"<script(?![^>]+src=)|style=|\son\w+=|https?://", answer.text)


def test_the_page_stays_small(browser):
    page = browser("lan").get("/incoming").text
    for address in re.findall(r'(?:src|href)="(/static/[^"#]+)', page):
        assert browser("lan").get(address).status_code == 200
