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
    [("narrow", "quá hẹp"), ("dateless", "chỗ ghi ngày"), ("annex", "chỗ ghi ngày")],
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


def text_of(pdf):
    with places.open_pages(pdf) as pages:
        return pages.pages[0].extract_text()


def test_an_old_letters_number_and_date_are_taken_out_of_the_page():
    assert "12/BC-SKT" in text_of(letter("numbered"))
    prepared = prepare.prepare_draft(letter("numbered"))
    assert "đã được bỏ" in prepared.note
    text = text_of(prepared.pdf)
    assert "12/BC-SKT" not in text
    assert "02 tháng 3" not in text
    assert [place.name for place in prepared.places[:4]] == ["so", "ngay", "thang", "nam"]
    assert prepared.places[0].with_notation
    assert "Sở Kiểm thử báo cáo kết quả" in text


def test_dots_of_blanks_are_taken_out_too():
    prepared = prepare.prepare_draft(letter("dotted"))
    assert prepared.note == ""
    assert ".." not in text_of(prepared.pdf).split("BÁO CÁO")[0]
    assert "/QĐ-SKT" in text_of(prepared.pdf)


def test_nothing_else_on_the_page_moves():
    with (
        places.open_pages(letter("numbered")) as before,
        places.open_pages(prepare.prepare_draft(letter("numbered")).pdf) as after,
    ):
        old = {
            (c["text"], round(c["x0"]), round(c["top"])) for c in before.pages[0].chars if c["text"].strip()
        }
        new = {
            (c["text"], round(c["x0"]), round(c["top"])) for c in after.pages[0].chars if c["text"].strip()
        }
    assert new < old
    assert len(old - new) <= 16


def test_real_issued_letters_can_be_drafts_again(shared):
    done = 0
    paths = [
        p
        for p in sorted((shared / "corpus" / "letters" / "pdf").glob("*.pdf"))
        if p.name.startswith(("SET", "WORD"))
    ]
    for path in paths:
        try:
            done += bool(prepare.prepare_draft(path.read_bytes()).places)
        except BlankNotFound as problem:
            assert str(problem).endswith(".")
    assert done >= 0.8 * len(paths)
