"""Words of a separator sheet's QR code: ours come back, everything else is none."""

import pytest

from models import separators

MARK = separators.Mark(separators.NEXT, 7, sender=345, leader=12, unit=3)


def test_a4_a_sheet_says_again_what_it_was_printed_with(data):
    assert separators.read(separators.text_of(MARK), 7) == MARK
    plain = separators.Mark(separators.END, 7)
    assert separators.read(separators.text_of(plain), 7) == plain


@pytest.mark.parametrize(
    "text", ["https://example.vn/?id=1", "VT1:S:7::AAAAAAAA", "", "VT1:S:7:A1", "0002010102"]
)
def test_a4_a_foreign_code_is_no_sheet(data, text):
    assert separators.read(text, 7) is None


def test_a4_another_agency_s_sheet_and_a_changed_one_are_none(data):
    said = separators.text_of(MARK)
    assert separators.read(said, 8) is None
    assert separators.read(said.replace("A345", "A346"), 7) is None
