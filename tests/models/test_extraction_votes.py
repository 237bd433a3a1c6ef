"""Votes of readings: what is sure, what stays empty, what the language may set right."""

import pytest

from models import extraction, extraction_language
from models.extraction_votes import vote, vote_notation, vote_words


@pytest.mark.parametrize(
    ("usual", "other", "sure"),
    [
        (["12"] * 5, ["12"] * 3, True),
        (["12"] * 5, ["12", "13", "12"], False),  # the second model doubts
        (["12"] * 5, [], False),  # nobody else looked
        (["12"] * 4 + ["17"], ["12"] * 3, False),
    ],
)
def test_b4_a_number_is_sure_only_when_both_models_agree_on_it(usual, other, sure):
    value, score = vote(usual, other)
    assert value == "12"
    assert (score >= extraction.SURE) is sure


def test_b8_readings_that_differ_much_leave_a_day_empty():
    assert vote(["2025-02-15", "2025-02-13", "2025-02-15"], ["2025-02-13"])[1] < extraction.BAR


def test_b4_a_known_abbreviation_breaks_a_tie_of_notations():
    assert vote_notation(["QĐ-SYT", "OĐ-SYT", "QĐ-SYT", "OĐ-SYT"], [], {"qd"})[0] == "QĐ-SYT"


def test_b4_words_all_readings_agree_on_are_never_changed():
    assert vote_words(["trường điện từ và bổ xung"] * 3, "")[0] == "trường điện từ và bổ xung"
    assert vote_words(["về kê hoạch năm 2018", "về kế hoạch năm 2018", "về kê hoạch năm 2018"], "")[0] == (
        "về kế hoạch năm 2018"
    )


def test_b4_marks_are_set_right_only_in_known_pairs_and_case_is_kept():
    assert (
        extraction_language.with_marks("SỞ Y TÊ và ông Bán, Thông tư sô 5")
        == "SỞ Y TẾ và ông Bán, Thông tư số 5"
    )
    assert extraction_language.with_marks("chăm sóc sức khoẻ") == "chăm sóc sức khoẻ"


def test_b7_the_box_of_a_skewed_page_lies_on_its_words():
    fall = 0.03
    rows = []
    for row in range(6):
        words = [f"chữ{n}" for n in range(9)]
        rows += [
            [word, 60 + 50 * n, 300 + 20 * row + fall * 50 * n, 100 + 50 * n, 312 + 20 * row + fall * 50 * n]
            for n, word in enumerate(words)
        ]
    page = extraction.page_of({"number": 1, "width": 595, "height": 842, "scanned": True, "words": rows})
    assert extraction.slope_of(page) == pytest.approx(fall, abs=0.004)
    level = extraction._level(page)
    first, last = level.words[0], level.words[8]
    assert first.y0 == pytest.approx(last.y0, abs=1.5)
    x0, y0, x1, _ = extraction._moved([last.x0, last.y0, last.x1, last.y1], extraction.slope_of(page), 297.5)
    assert (x0, x1) == (last.x0, last.x1)
    assert y0 == pytest.approx(rows[8][2], abs=1.5)
