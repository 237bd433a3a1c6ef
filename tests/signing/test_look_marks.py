"""Text, marks of urgency and circulation, pictures at upload (ND30 PL I II.7–8, III.2), measured on the rendered page."""

import io
import unicodedata

import pikepdf
import pytest
from PIL import Image

from signing import appearance, begin, boxes, fonts, marks, prepare, printing
from signing.records import SEAL_FIELD
from tests.signing.conftest import letter
from tests.signing.look import DPI, drawn, extent, hand, plain_page, png, seal, words

# ---- text --------------------------------------------------------------------------------------------------------


def test_vietnamese_text_renders_and_copies_as_it_was_written(tmp_path):
    text = "Ắằẳẵặ Ếềểễệ Ốồổỗộ Ứừửữự Ỹ đĐ 05/QĐ-UBND; ngày"
    writer = begin._open(prepare.prepare_attachment(plain_page(595, 842)).pdf)
    pen, field = appearance.Pen(writer), begin._fields(writer)[SEAL_FIELD]
    begin._show(writer, field, pen.text(unicodedata.normalize("NFD", text), begin._box(field), 4, 10))
    out = io.BytesIO()
    writer.write(out)
    said = words(out.getvalue(), tmp_path, "-raw")
    assert text in said
    assert unicodedata.is_normalized("NFC", said)


def test_every_vietnamese_letter_has_its_glyph():
    for style in fonts.STYLES:
        cut = fonts.face(style, "Ắ")
        assert {"Ễ", "ợ", "đ", "Ỷ"} <= cut.glyphs.keys()
        assert cut.width("Số", 10) > 5


# ---- marks -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("text", "width"), [("KHẨN", 20), ("THƯỢNG KHẨN", 40), ("HOẢ TỐC", 30)])
def test_urgency_stands_red_in_its_frame_and_covers_nothing(text, width, tmp_path):
    prepared = prepare.prepare_draft(letter("report"), marks=(text,))
    before, after = drawn(prepare.prepare_draft(letter("report")).pdf), drawn(prepared.pdf)
    left, top, right, bottom = (value * 25.4 / DPI for value in extent(after, "red"))
    assert abs(right - left - width) < 0.5 and abs(bottom - top - 8) < 0.5
    box = tuple(round(value * DPI / 25.4) for value in (left, top, right, bottom))
    assert before.crop(box).convert("L").getextrema() == (255, 255)  # white before
    assert right < 105 and 30 < top < 140
    assert text in words(prepared.pdf, tmp_path)


def test_circulation_stands_in_the_top_margin_and_a_printed_mark_is_not_doubled(tmp_path):
    once = prepare.prepare_draft(letter("report"), marks=("LƯU HÀNH NỘI BỘ",))
    place = next(place for place in once.places if place.name == marks.CIRCULATION_MARK)
    assert 841.89 - place.y1 < 20 * boxes.POINTS_A_MM
    again = prepare.prepare_draft(printing.print_copy(once.pdf), marks=("LƯU HÀNH NỘI BỘ",))
    assert words(again.pdf, tmp_path).count("LƯU HÀNH NỘI BỘ") == 1
    other = prepare.prepare_draft(printing.print_copy(once.pdf), marks=("XEM XONG TRẢ LẠI",))
    assert "in sẵn «LƯU HÀNH NỘI BỘ»" in other.note


def test_a_full_page_gets_no_mark_and_says_so():
    with pikepdf.open(io.BytesIO(letter("report"))) as made:
        made.pages[0].contents_add(b"q 0.9 g " + b" ".join(
            f"{x} {y} 9 9 re f".encode() for x in range(0, 600, 10) for y in range(400, 842, 10)) + b" Q", prepend=True)  # fmt: skip
        out = io.BytesIO()
        made.save(out)
    prepared = prepare.prepare_draft(out.getvalue(), marks=("KHẨN",))
    assert "không còn chỗ trống" in prepared.note
    assert all(place.name != marks.URGENCY_MARK for place in prepared.places)


# ---- pictures at upload ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("picture", "kind", "word", "refuses"),
    [
        (png(Image.new("RGB", (600, 600), (220, 20, 30))), "organisation", "trong suốt", True),
        (seal(colour=(30, 30, 30, 255)), "organisation", "màu đỏ", True),
        (seal(200), "organisation", "dpi", False),
        (seal(120), "organisation", "dpi", True),
        (hand(600, 400, colour=(220, 20, 30, 255)), "organisation", "méo", True),
        (hand(colour=(20, 20, 20, 255)), "person", "màu xanh", True),
        (hand(120, 60), "person", "mờ", False),
        (b"no picture", "person", "PNG", True),
    ],
)
def test_a_picture_is_judged_at_upload(picture, kind, word, refuses):
    remarks = appearance.judge_picture(picture, kind, 36)
    assert any(word in remark.words and remark.refuses == refuses for remark in remarks), remarks


def test_good_pictures_have_no_remark():
    assert appearance.judge_picture(seal(), "organisation", 36) == []
    assert appearance.judge_picture(hand(), "person") == []
