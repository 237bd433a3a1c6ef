"""Secrecy marks are found; the same words in running text are not."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import secrecy

LETTER = """ỦY BAN NHÂN DÂN\tCỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM
TỈNH MINH SƠN\tĐộc lập - Tự do - Hạnh phúc
Số: 12/UBND-NC
{mark}
V/v bảo vệ bí mật nhà nước

Kính gửi: Các sở, ban, ngành.
Thực hiện Luật Bảo vệ bí mật nhà nước, đề nghị các cơ quan rà soát tài liệu có độ mật, mật độ dân cư và mật khẩu.
"""


@pytest.mark.parametrize(
    ("mark", "level"),
    [
        ("MẬT", "confidential"),
        ("TỐI MẬT", "secret"),
        ("TUYỆT MẬT", "top_secret"),
        ("| TỐI MẬT |", "secret"),
        ("[MẬT]", "confidential"),
        ("  M Ậ T  ", "confidential"),
        ("T Ố I M Ậ T", "secret"),
        ("MÂT", "confidential"),
        ("TOI MAT", "secret"),
        ("MẬT\tHà Nội, ngày 3 tháng 2 năm 2026", "confidential"),
        ("Số: 5/BC    TỐI MẬT", "secret"),
        ("Độ mật: Mật", "confidential"),
        ("Mức độ mật: TUYỆT MẬT", "top_secret"),
        ("Độ mật - tối mật.", "secret"),
        (unicodedata.normalize("NFD", "TUYỆT MẬT"), "top_secret"),
        ("MẬT\nTUYỆT MẬT", "top_secret"),
    ],
)
def test_marks(mark, level):
    assert secrecy.found(LETTER.format(mark=mark)) == level
    assert secrecy.LEVELS[level] in secrecy.refusal(level)


@pytest.mark.parametrize(
    "words",
    [
        "",
        "BẢO VỆ BÍ MẬT NHÀ NƯỚC",
        "CÔNG TÁC BẢO VỆ BÍ\nMẬT NHÀ NƯỚC",
        "DANH MỤC BÍ MẬT NHÀ NƯỚC ĐỘ TỐI MẬT",
        "DANH MỤC BÍ MẬT NHÀ NƯỚC ĐỘ\nTỐI MẬT",
        "Độ mật: Không",
        "Độ mật: ............",
        "Độ mật: Mật, Tối mật, Tuyệt mật",
        "văn bản có dấu chỉ mức độ mật",
        "Mật ong rừng",
        "MẶT",
        "MẤT",
        "mật",
        "Tuyệt mật, tối mật, mật là ba độ mật.",
        "MẬT ĐỘ XÂY DỰNG",
        "KHÔNG MẬT",
    ],
)
def test_words_that_are_no_mark(words):
    assert secrecy.found(LETTER.format(mark=words)) is None


def test_nothing_is_nothing():
    assert secrecy.found("") is None and secrecy.found(None) is None


@given(st.text())
def test_any_text_has_an_answer(content):
    assert secrecy.found(content) in {None, *secrecy.LEVELS}


def test_no_law_or_record_is_taken_for_secret(shared):
    texts = sorted((shared / "domain" / "legal-texts").glob("*.txt"))
    assert texts
    for path in texts:
        assert secrecy.found(path.read_text(encoding="utf-8")) is None, path.name
