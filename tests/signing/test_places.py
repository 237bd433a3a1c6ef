"""The blanks of a letter are found, or a sentence says which one is missing."""

import pytest

from signing import boxes, places, prepare
from signing.errors import BlankNotFound, UnreadablePdf, WrongOrder
from tests.signing.conftest import letter


@pytest.mark.parametrize(
    ("name", "fields", "notation"),
    [
        ("report", ["so", "ngay", "thang"], "BC-SKT"),
        ("dotted", ["so", "ngay", "thang", "nam"], "QĐ-SKT"),
        ("bare", ["so", "ngay", "thang", "nam"], ""),
    ],
)
def test_blanks_are_found(name, fields, notation):
    with places.open_pages(letter(name)) as pages:
        heading = places.find_heading(pages)
    assert [place.name for place in heading.places] == fields
    assert heading.notation == notation
    assert all(place.x1 - place.x0 >= 10 and place.size == 13 for place in heading.places)
    assert heading.places[0].with_notation == (notation == "")


def test_printed_parts_of_the_date_are_read():
    with places.open_pages(letter("report")) as pages:
        heading = places.find_heading(pages)
    assert (heading.day, heading.month, heading.year) == ("", "", "2026")


@pytest.mark.parametrize(
    ("name", "words"),
    [("numbered", "ghi sẵn"), ("narrow", "quá hẹp"), ("dateless", "chỗ ghi ngày"), ("annex", "chỗ ghi ngày")],
)
def test_a_missing_blank_is_named(name, words):
    with pytest.raises(BlankNotFound, match=words):
        prepare.prepare_draft(letter(name))


def test_seal_covers_a_third_of_the_signature_on_its_left():
    with places.open_pages(letter("report")) as pages:
        leader, seal = boxes.find_boxes(pages, "Trần Thử Nghiệm", 36)
    assert abs((seal.x1 - seal.x0) - 36 * boxes.POINTS_A_MM) < 0.01
    assert abs(seal.x1 - (leader.x0 + (leader.x1 - leader.x0) / 3)) < 0.01


@pytest.mark.parametrize("pdf", [b"", b"no pdf", b"%PDF-1.7\n%%EOF", letter("report")[:5000]])
def test_what_is_no_pdf_gets_a_sentence(pdf):
    with pytest.raises((UnreadablePdf, BlankNotFound)):
        prepare.prepare_draft(pdf)


def test_a_signed_file_is_no_draft(led):
    with pytest.raises(WrongOrder, match="đã có chữ ký số"):
        prepare.prepare_draft(led)


def test_real_letters_printed_by_a_word_processor(shared):
    folder = shared / "corpus" / "letters" / "pdf"
    found = 0
    for path in sorted(folder.glob("SET*.pdf")):
        with places.open_pages(path.read_bytes()) as pages:
            try:
                boxes.find_boxes(pages)
                found += 1
            except BlankNotFound:
                continue
    assert found >= 15
