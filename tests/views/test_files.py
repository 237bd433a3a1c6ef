"""Downloads, page pictures and page text: the right bytes for the right people, and nothing after a recall."""

import hashlib
from pathlib import Path
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import clock, db, documents, files, permissions
from views import files as view

LETTER = Path(__file__).parents[1] / "signing" / "letters" / "annex.pdf"
NAME = "Công văn số 12/UBND: “khẩn”.pdf"


@pytest.fixture
def letter(office):
    """An incoming letter of A that Tuấn may see; with one file."""
    stored = files.store(LETTER)
    with db.write():
        file = files.record(stored, NAME, "application/pdf")
        document = documents.Document.create(
            agency=office.a, flow="incoming", state="registered", source="axis", created_at=clock.now()
        )
        documents.attach(document, file, "main")
        permissions.grant(document, "phân công", post=office.tuan.post)
    document.file = file
    return document


PARTS = ("", "/pages/1.png", "/pages/1.json")


def urls(document):
    return [f"/files/{document.file.id}{part}" for part in PARTS]


def test_download_is_byte_for_byte(letter, browser):
    answer = browser("lan").get(urls(letter)[0])
    assert answer.content == LETTER.read_bytes()
    assert hashlib.sha256(answer.content).hexdigest() == letter.file.sha256
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert answer.headers["content-disposition"].startswith("attachment; filename=")
    assert answer.headers["cache-control"] == "no-store" and "etag" not in answer.headers


def test_page_is_a_picture_and_words(letter, browser):
    lan = browser("lan")
    picture = lan.get(urls(letter)[1] + "?dpi=60")
    assert picture.headers["content-type"] == "image/png" and picture.content.startswith(b"\x89PNG")
    larger = lan.get(urls(letter)[1] + "?dpi=144")
    assert len(larger.content) > len(picture.content)
    assert lan.get(urls(letter)[1] + "?dpi=khong").status_code == 200
    lines = [line[0] for line in lan.get(urls(letter)[2]).json()["lines"]]
    assert "Độc lập - Tự do - Hạnh phúc" in lines


@pytest.mark.parametrize("part", PARTS)
def test_who_may_see_it(letter, browser, part):
    expected = {
        "lan": 200,
        "minh": 200,
        "tuan": 200,
        "dung": 404,
        "quantri": 404,
        "admin": 404,
        "mai": 404,
        "binh": 404,
    }
    for login, status in expected.items():
        assert browser(login).get(f"/files/{letter.file.id}{part}").status_code == status, login
    assert browser().get(f"/files/{letter.file.id}{part}").status_code == 303


@pytest.mark.parametrize("part", PARTS)
def test_unknown_and_strange_files_look_the_same(letter, office, browser, part):
    loose = files.put(b"%PDF-1.4 roi", "roi.pdf", "application/pdf")
    mai = browser("mai")
    answers = {mai.get(f"/files/{number}{part}").text.replace(f"/files/{number}{part}", "N") for number in
               (letter.file.id, loose.id, 99999)}  # fmt: skip
    assert len(answers) == 1


def test_page_that_is_not_there(letter, browser):
    lan = browser("lan")
    for number in (0, 2, 5000):
        assert lan.get(f"/files/{letter.file.id}/pages/{number}.png").status_code == 404


@pytest.mark.parametrize("part", PARTS)
def test_recalled_content_is_closed(letter, browser, part):
    lan = browser("lan")
    assert lan.get(f"/files/{letter.file.id}{part}").status_code == 200
    with db.write():
        letter.set(recalled_at=clock.now())
    answer = lan.get(f"/files/{letter.file.id}{part}")
    assert answer.status_code == 409 and "thu hồi" in answer.text
    assert b"%PDF" not in answer.content and b"PNG" not in answer.content[:8]


def test_versions_are_reached_too(office, browser):
    with db.write():
        document = documents.Document.create(
            agency=office.a, flow="outgoing", state="draft", source="draft", created_at=clock.now()
        )
    file = files.put(LETTER, "du-thao.pdf", "application/pdf")
    with db.write():
        documents.add_version(document, file, "draft", office.tuan)
        permissions.grant(document, "soạn thảo", post=office.tuan.post)
    tuan = browser("tuan")
    first = tuan.get(f"/files/{file.id}")
    assert first.status_code == 200 and first.headers["cache-control"] == "private, no-cache"
    again = tuan.get(f"/files/{file.id}", headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304 and again.content == b""
    other = browser("dung").get(f"/files/{file.id}", headers={"If-None-Match": first.headers["etag"]})
    assert other.status_code == 404


def test_changed_file_is_never_served(letter, browser):
    path = letter.file.path()
    path.chmod(0o600)
    path.write_bytes(LETTER.read_bytes()[:-1] + b"x")
    for url in urls(letter):
        answer = browser("lan").get(url)
        assert answer.status_code == 409 and "không còn giống" in answer.text


def test_label_that_lies_is_served_as_bytes(office, browser):
    stored = files.store(b"<script>alert(1)</script>")
    with db.write():
        document = documents.Document.create(
            agency=office.a, flow="incoming", state="arrived", source="axis", created_at=clock.now()
        )
        file = files.record(stored, "a.html", "text/html")
        documents.attach(document, file, "main")
    lan = browser("lan")
    answer = lan.get(f"/files/{file.id}")
    assert answer.headers["content-type"] == "application/octet-stream"
    shown = lan.get(f"/files/{file.id}/pages/1.png")
    assert shown.status_code == 422 and "tải tệp về" in shown.text


@given(st.text(min_size=1, max_size=60))
def test_any_name_makes_one_honest_header(name):
    header = view.disposition(name)
    assert header.isascii() and header.isprintable() and header.count('"') == 2
    assert unquote(header.partition("UTF-8''")[2]) == view.filetypes.safe_name(name)
