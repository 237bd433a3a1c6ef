"""Vietnamese text: one normal form, search without marks, numbers and dates as the decree prints them."""

import unicodedata
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import text


@pytest.mark.parametrize(
    ("typed", "folded"),
    [
        ("Điều", "dieu"),
        ("ĐỀ NGHỊ  về việc", "de nghi ve viec"),
        ("Thưởng ", "thuong"),
        ("", ""),
        ("Ủy ban", "uy ban"),
    ],
)
def test_folding(typed, folded):
    assert text.fold(typed) == folded


@given(st.text())
def test_both_normal_forms_fold_and_clean_alike(words):
    composed, split = unicodedata.normalize("NFC", words), unicodedata.normalize("NFD", words)
    assert text.fold(composed) == text.fold(split)
    assert text.clean(composed) == text.clean(split)
    assert text.clean(text.clean(words)) == text.clean(words)


@pytest.mark.parametrize(("number", "printed"), [(1, "01"), (9, "09"), (10, "10"), (1247, "1247")])
def test_numbers_below_ten_get_a_zero(number, printed):
    """ND30 PL I II.3."""
    assert text.number_words(number) == printed


@pytest.mark.parametrize(
    ("day", "printed"),
    [(date(2026, 2, 3), ("03", "02", "2026")), (date(2026, 3, 12), ("12", "3", "2026")), (date(2026, 12, 1), ("01", "12", "2026"))],
)  # fmt: skip
def test_days_below_ten_and_months_one_and_two_get_a_zero(day, printed):
    """ND30 PL I II.4.b."""
    assert text.day_words(day) == printed


def test_notation_with_and_without_number():
    assert text.notation_words(5, "QĐ-SKT") == "05/QĐ-SKT"
    assert text.notation_words(None, "QĐ-SKT") == "…/QĐ-SKT"
