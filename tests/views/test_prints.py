"""Printed forms: nothing but our own files is read, text stays text, letters are Vietnamese and can be copied (D10)."""

import io
import subprocess

import jinja2
import pdfplumber
import pytest

from views import prints, web

FORM = (
    '{% extends "print.html" %}{% block title %}Mẫu thử{% endblock %}'
    "{% block content %}<h1>Biên bản</h1><p>{{ words }}</p>{% block more %}{% endblock %}{% endblock %}"
)


@pytest.fixture
def form(monkeypatch):
    """Draw a form with these words; `more` is markup of a (wrongly) trusted part."""
    loader = jinja2.ChoiceLoader([jinja2.DictLoader({"thu.html": FORM}), web.templates().loader])
    environment = web.templates().overlay(loader=loader)
    monkeypatch.setattr(prints.web, "templates", lambda: environment)

    def draw(words, more=""):
        loader.loaders[0].mapping["thu.html"] = FORM.replace("{% block more %}", "{% block more %}" + more)
        agency = type("Agency", (), {"name": "Sở Kế hoạch tỉnh Minh Sơn", "parent_name": "UBND tỉnh"})
        environment.cache.clear()
        return prints.draw("thu.html", words=words, agency=agency, printed_at=None)

    return draw


def test_a_form_is_a4_in_a_serif_with_vietnamese_text_that_can_be_copied(form):
    made = form("Thiết bị lưu khóa bí mật: ắ ằ ẳ ẵ ặ, Ờ Ở Ỡ Ợ, ữ ự ỹ đ Đ")
    with pdfplumber.open(io.BytesIO(made)) as opened:
        page = opened.pages[0]
        assert (round(page.width), round(page.height)) == (595, 842)
        assert "ắ ằ ẳ ẵ ặ, Ờ Ở Ỡ Ợ, ữ ự ỹ đ Đ" in page.extract_text()
        assert {char["fontname"].partition("+")[2] for char in page.chars} <= {
            "Liberation-Serif", "Liberation-Serif-Bold", "Liberation-Serif-Oblique", "Liberation-Serif-Italic",
        }  # fmt: skip


def test_words_stay_words(form):
    made = form("<script>alert(1)</script> & <img src='file:///etc/hostname'>")
    with pdfplumber.open(io.BytesIO(made)) as opened:
        assert (
            "<script>alert(1)</script> & <img src='file:///etc/hostname'>" in opened.pages[0].extract_text()
        )
    assert b"/JavaScript" not in made and b"/EmbeddedFile" not in made


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "http://127.0.0.1:9/x.css", "https://www.example/x.png", "ftp://h.example/x",
            f"{prints.NOWHERE}static/../app.py", f"{prints.NOWHERE}static/%2e%2e/requirements.txt",
            f"{prints.NOWHERE}static/%2Fetc%2Fpasswd", f"{prints.NOWHERE}data/vanthu.db", f"{prints.NOWHERE}static/app.js",
            "//www.example/static/x.css"],
)  # fmt: skip
def test_no_other_file_and_no_other_host_is_asked(url):
    with pytest.raises(ValueError):
        prints.OwnFilesOnly().fetch(url)


def test_a_hostile_address_in_a_form_leaves_a_form_without_it(form, tmp_path):
    secret = tmp_path / "secret.css"
    secret.write_text("p::after { content: 'lo mat' }")
    made = form("Còn nguyên", f'<link rel="stylesheet" href="file://{secret}"><img src="file://{secret}">')
    said = subprocess.run(
        ["pdftotext", "-", "-"], input=made, capture_output=True, check=True
    ).stdout.decode()
    assert "Còn nguyên" in said and "lo mat" not in said
