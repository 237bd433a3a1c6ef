"""The strip of pages: each act by a plain form and by script, who saw other pages, thumbs, strangers."""

import re

import pytest
import sheets_drawn as drawn

from models import arrangements, batches, db, extraction, files, scans, sheets


@pytest.fixture
def scan(office):
    with db.connection():
        made = scans.upload(office.lan, files.store(CONTENT), "thu.pdf", "application/pdf")
        batches.keep_whole(made, 3)
        made = scans.begin_reading(made.id)
        scans.finish_reading(made, 3, "nội dung", dict.fromkeys(extraction.FIELDS), None)
        return scans.Scan.get_by_id(made.id)


CONTENT = drawn.pile(
    drawn.page(3).resize((300, 424)), drawn.page(9).resize((300, 424)), drawn.page().resize((300, 424))
)
SCRIPT = {"HX-Request": "true"}


def act(lan, scan, name, pages=(), seen=None, **how):
    page = lan.get(f"/scans/{scan.id}/pages/strip").text
    seen = seen or re.search(r'name="seen" value="(\w+)"', page)[1]
    return lan.post(f"/scans/{scan.id}/pages", data={"act": name, "page": list(pages), "seen": seen}, **how)


def now(scan):
    with db.connection():
        return [(one.page, one.turn) for one in arrangements.sheets_of(scans.Scan.get_by_id(scan.id))]


def test_a5_each_button_is_a_plain_form(browser, scan):
    lan = browser("lan")
    page = lan.get(f"/scans/{scan.id}/pages").text
    assert page.count('type="checkbox"') == 3
    for name, pages, after in (
        ("right", [1], [(1, 90), (2, 0), (3, 0)]), ("left", [1, 3], [(1, 0), (2, 0), (3, 270)]),
        ("later", [1], [(2, 0), (1, 0), (3, 270)]), ("earlier", [3], [(2, 0), (3, 270), (1, 0)]),
        ("move:1", [3], [(1, 0), (2, 0), (3, 270)]), ("remove", [2], [(1, 0), (3, 270)]),
        ("put_back:0-2", [], [(1, 0), (2, 0), (3, 270)]), ("undo", [], [(1, 0), (3, 270)]),
    ):  # fmt: skip
        answer = act(lan, scan, name, pages)
        assert (answer.status_code, answer.headers["location"]) == (303, f"/scans/{scan.id}/pages"), name
        assert now(scan) == after, name
    assert "đã bỏ" in lan.get(f"/scans/{scan.id}/pages").text


def test_a5_with_script_the_strip_alone_comes_back(browser, scan):
    answer = act(browser("lan"), scan, "right", [2], headers=SCRIPT)
    assert answer.status_code == 200
    assert answer.text.lstrip().startswith("<section")
    assert "data-pending" in answer.text
    assert "Đã xoay trang 2" in answer.text
    assert "turn-90" in answer.text


def test_a4_cut_and_merge_from_the_strip(browser, office, scan):
    lan = browser("lan")
    assert "một văn bản riêng" in act(lan, scan, "cut", [2], headers=SCRIPT).text
    with db.connection():
        (part,) = batches.parts(scan)
        assert sheets.ranges(one.page for one in sheets.parse(part.arrangement)) == "2–3"
    assert now(scan) == [(1, 0)]
    assert f'value="merge:{part.id}"' in lan.get(f"/scans/{scan.id}/pages").text
    assert act(lan, scan, f"merge:{part.id}").status_code == 303
    assert now(scan) == [(1, 0), (2, 0), (3, 0)]


@pytest.mark.parametrize(
    ("name", "pages", "status", "said"),
    [
        ("right", [], 422, "ít nhất một trang"), ("remove", [1, 2, 3], 422, "hết các trang"),
        ("cut", [1], 422, "từ trang 2 trở đi"), ("nonsense", [1], 422, "bấm một nút"), ("undo", [], 409, "hoàn tác"),
        ("put_back:0-2", [], 409, "thứ tự mới nhất"),
    ],
)  # fmt: skip
def test_a5_a_wrong_act_says_so_and_changes_nothing(browser, scan, name, pages, status, said):
    lan = browser("lan")
    for how in ({}, {"headers": SCRIPT}):
        answer = act(lan, scan, name, pages, **how)
        assert answer.status_code == status
        assert said in answer.text
    assert now(scan) == [(1, 0), (2, 0), (3, 0)]


def test_a5_who_saw_other_pages_sees_the_new_ones_first(browser, scan):
    lan = browser("lan")
    answer = act(lan, scan, "remove", [1], seen="0" * 12, headers=SCRIPT)
    assert answer.status_code == 409
    assert "thứ tự mới nhất" in answer.text
    assert now(scan) == [(1, 0), (2, 0), (3, 0)]


def test_a5_thumbs_are_small_and_only_of_this_scan(browser, scan):
    lan = browser("lan")
    answer = lan.get(f"/scans/{scan.id}/thumbs/0-3.jpg")
    assert answer.headers["content-type"] == "image/jpeg"
    assert len(answer.content) <= 20_000
    assert "max-age" in answer.headers["cache-control"]
    for key in ("0-4", f"{scan.id + 1}-1", "x"):
        assert lan.get(f"/scans/{scan.id}/thumbs/{key}.jpg").status_code == 404


def test_another_agency_s_scan_does_not_exist(browser, office, scan):
    mai = browser("mai")
    for path in ("pages", "pages/strip", "thumbs/0-1.jpg"):
        assert mai.get(f"/scans/{scan.id}/{path}").status_code in (403, 404)
    assert mai.post(f"/scans/{scan.id}/pages", data={"act": "right", "page": 1}).status_code in (403, 404)
