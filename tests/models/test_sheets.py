"""Lists of pages: turned, moved, put back, and as they lie in a row."""

from models import sheets
from models.sheets import Sheet

FIVE = sheets.as_received(5)


def pages(found):
    return [sheet.page for sheet in found]


def test_a5_a_list_comes_back_from_its_row():
    mixed = [Sheet(1), Sheet(2, 90), Sheet(3, 0, 12), Sheet(4, 0, None, sheets.BLANK)]
    assert sheets.parse(sheets.dump(mixed)) == mixed
    assert sheets.dump([Sheet(1), Sheet(2, 270)]) == "[[1, 0], [2, 270]]"
    assert sheets.parse("") == []


def test_a5_turning_goes_round():
    once = sheets.turned(FIVE, {2, 3}, 270)
    assert [sheet.turn for sheet in once] == [0, 270, 270, 0, 0]
    assert [sheet.turn for sheet in sheets.turned(once, {2}, 90)] == [0, 0, 270, 0, 0]


def test_a5_moving_keeps_every_page():
    assert pages(sheets.moved(FIVE, {4, 5}, 2)) == [1, 4, 5, 2, 3]
    assert pages(sheets.moved(FIVE, {1}, 6)) == [2, 3, 4, 5, 1]
    assert pages(sheets.moved(FIVE, {2}, 2)) == [1, 2, 3, 4, 5]
    assert pages(sheets.moved(FIVE, {2}, 4)) == [1, 3, 2, 4, 5]


def test_a5_a_page_goes_back_to_where_it_came_from():
    assert pages(sheets.put_back([Sheet(1), Sheet(3)], Sheet(2, why=sheets.BLANK))) == [1, 2, 3]
    assert sheets.put_back([Sheet(2)], Sheet(1, why=sheets.REMOVED)) == [Sheet(1), Sheet(2)]


def test_ranges_are_said_shortly():
    assert sheets.ranges([7, 1, 2, 3]) == "1–3, 7"
