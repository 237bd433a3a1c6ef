"""Certified copies: the line of box 14, the scan untouched under it, any page, and the paper copy's block."""

import io
import json
import re
import subprocess
from datetime import UTC, datetime, timedelta

import pikepdf
import pytest
from PIL import Image, ImageDraw
from scanned import scan

from signing import copies, copies_pages, verify
from signing.errors import SigningError, WrongOrder
from signing.records import Expectation
from tests.signing.conftest import AGENCY, letter

AT = datetime(2026, 3, 2, 9, 59, 30, tzinfo=UTC)


def certified(hand, pdf, form="Sao y", agency=AGENCY, at=None):
    pending = copies.begin_copy_seal(
        pdf, form, agency, hand.demo.ca.certificate("co-quan"), hand.demo.ca.chain, at or hand.now
    )
    return hand.finish("co-quan", pending)


def words(pdf, tmp_path, *options) -> str:
    path = tmp_path / "copy.pdf"
    path.write_bytes(pdf)
    return subprocess.run(
        ["pdftotext", *options, str(path), "-"], capture_output=True, text=True, check=True
    ).stdout


@pytest.fixture(scope="module")
def base():
    return scan(pages=2)


@pytest.fixture(scope="module")
def copy(hand, base):
    return certified(hand, base)


def test_q12_5_b_the_line_is_the_laws_and_bears_the_time_of_the_signature(copy, demo, now, tmp_path):
    text = words(copy, tmp_path)
    found = re.search(r"^Sao y; (.+); (\d\d/\d\d/\d{4}); (\d\d:\d\d:\d\d)$", text, re.MULTILINE)
    assert found, text
    assert found[1] == AGENCY
    report = verify.verify(
        copy, demo.kept, moment=now, expect=Expectation(organisations=(AGENCY,), attachment=True)
    )
    assert report.verdict == "valid", report.reasons
    written = datetime.strptime(f"{found[2]} {found[3]} +0700", "%d/%m/%Y %H:%M:%S %z")
    assert abs(written - datetime.fromisoformat(report.signatures[0].claimed_at)) <= timedelta(seconds=2)
    assert abs(written - datetime.fromisoformat(report.signatures[0].signed_at)) <= timedelta(minutes=2)


def test_q12_5_b_who_receives_a_digitised_paper_reads_that_it_is_right(copy, demo, now):
    sent = Expectation(
        issued_day=(now - timedelta(days=40)).date(), organisations=(AGENCY,), number=5, issued=True
    )
    report = verify.verify(copy, demo.kept, moment=now, expect=sent)
    assert report.verdict == "valid", report.reasons
    line = next(line for line in report.lines if line.name == "Người ký")
    assert line.mark in ("ok", "none") and "12.5" in line.law
    strange = verify.verify(
        copy, demo.kept, moment=now, expect=Expectation(organisations=("Sở Khác",), issued=True)
    )
    assert strange.verdict != "valid"


def test_a_letter_with_the_seal_alone_is_no_copy(hand, demo, now):
    with_other_name = certified(hand, scan(), agency="Sở Khác")
    report = verify.verify(
        with_other_name, demo.kept, moment=now, expect=Expectation(organisations=(AGENCY,))
    )
    assert report.verdict != "valid"


def test_q12_5_b_the_line_stands_in_box_14_in_times_10_black_without_a_picture(copy, tmp_path):
    path = tmp_path / "copy.pdf"
    path.write_bytes(copy)
    boxes = words(copy, tmp_path, "-bbox", "-l", "1")
    edges = [(float(a), float(b), float(c), float(d)) for a, b, c, d in re.findall(
        r'<word xMin="([\d.]+)" yMin="([\d.]+)" xMax="([\d.]+)" yMax="([\d.]+)">', boxes)]  # fmt: skip
    mm = 25.4 / 72
    assert abs(max(edge[2] for edge in edges) * mm - 201) < 1
    assert all(7 <= edge[1] * mm and edge[3] * mm <= 18 for edge in edges)
    fonts = subprocess.run(["pdffonts", str(path)], capture_output=True, text=True, check=True).stdout
    assert "LiberationSerif" in fonts
    with pikepdf.open(path) as document:
        drawn = document.pages[0].Annots[0].AP.N
        assert b" 10.000 Tf" in drawn.read_bytes()
        assert drawn.read_bytes().startswith(b"q 0 g")
        assert "/XObject" not in drawn.Resources


def test_q12_5_b_the_scan_stays_byte_for_byte(copy, base):
    assert copy.startswith(base)


def test_a_scan_the_checker_would_not_read_is_written_anew_with_its_pictures(hand, demo, now):
    rough = scan(plain=False)
    prepared = copies_pages.prepare_copy(rough)
    assert prepared.pdf != rough and prepared.note
    with pikepdf.open(io.BytesIO(rough)) as before, pikepdf.open(io.BytesIO(prepared.pdf)) as after:
        pictures = [
            next(iter(one.pages[0].get_images().values())).read_raw_bytes() for one in (before, after)
        ]
    assert pictures[0] == pictures[1]
    report = verify.verify(certified(hand, rough), demo.kept, moment=now, expect=Expectation(attachment=True))
    assert report.verdict == "valid", report.reasons


@pytest.mark.parametrize(
    "sheet", [{"rotate": 90}, {"rotate": 180}, {"rotate": 270}, {"crop": 30}, {"width": 1169, "height": 1654},
              {"width": 2339, "height": 3307}, {"width": 2339, "height": 1654, "rotate": 90}],
    ids=str,
)  # fmt: skip
def test_the_line_is_upright_at_the_top_right_of_every_page(hand, sheet, tmp_path):
    made = certified(hand, scan(**sheet))
    assert copies.read_line(made).agency == AGENCY
    path = tmp_path / "copy.pdf"
    path.write_bytes(made)
    subprocess.run(
        ["pdftoppm", "-r", "72", "-png", "-cropbox", "-singlefile", str(path), str(tmp_path / "page")],
        check=True,
    )
    page = Image.open(tmp_path / "page.png").convert("L")
    left, top, right, bottom = page.crop((0, 0, page.width, 60)).point(lambda v: 255 * (v < 140)).getbbox()
    assert page.width - right == pytest.approx(25.5, abs=3)
    assert 20 <= top and bottom <= 51
    assert right - left > 4 * (bottom - top)


def test_the_line_stands_where_the_page_is_white(hand, tmp_path):
    sheet = Image.new("RGB", (1654, 2339), "white")
    ImageDraw.Draw(sheet).rectangle((800, round(11 / 25.4 * 200), 1500, 400), fill=0)
    out = io.BytesIO()
    sheet.save(out, "PDF", resolution=200)
    boxes = words(certified(hand, out.getvalue()), tmp_path, "-bbox", "-l", "1")
    feet = [float(foot) * 25.4 / 72 for foot in re.findall(r'yMax="([\d.]+)">', boxes)]
    assert 7 <= min(feet) and max(feet) <= 11.5


def test_a_long_name_takes_a_second_line_and_keeps_its_size(hand, tmp_path):
    name = "Ban Quản lý các dự án đầu tư xây dựng công trình dân dụng, công nghiệp và phát triển đô thị " * 2
    made = certified(hand, scan(), agency=name.strip())
    found = copies.read_line(made)
    assert found.agency == name.strip()
    assert found.form == "Sao y"


def test_a_page_too_narrow_is_refused_with_a_sentence(hand):
    with pytest.raises(SigningError, match="quá hẹp"):
        certified(hand, scan(width=200, height=2339))


def test_an_electronic_document_is_not_copied_to_an_electronic_one(sealed):
    with pytest.raises(WrongOrder, match="25.1"):
        copies_pages.prepare_copy(sealed)


def test_the_form_is_one_of_the_law(hand):
    with pytest.raises(WrongOrder):
        certified(hand, scan(), form="Bản sao")


def test_a_letter_has_no_line(sealed):
    assert copies.read_line(sealed) is None
    assert copies.read_line(b"%PDF-1.7 nothing") is None


def test_active_content_does_not_travel(hand, demo, now):
    with pikepdf.open(io.BytesIO(scan())) as document:
        document.Root.OpenAction = pikepdf.Dictionary(
            S=pikepdf.Name.JavaScript, JS=pikepdf.String("app.alert(1)")
        )
        out = io.BytesIO()
        document.save(out)
    assert b"app.alert" not in copies_pages.prepare_copy(out.getvalue()).pdf


def test_q12_5_a_the_scan_standard_is_read_from_the_file():
    good = copies_pages.look_at(scan(pages=2))
    assert (good.pages, good.dpi, good.grey, good.drawn, good.odd_sizes) == (2, 200, (), (), ())
    poor = copies_pages.look_at(scan(width=827, height=1169, dpi=100, mode="L"))
    assert (poor.dpi, poor.grey) == (100, (1,))
    assert copies_pages.look_at(scan(width=1169, height=1654)).odd_sizes == (1,)
    assert copies_pages.look_at(letter("report")).drawn


def test_an_extract_holds_the_pages_wanted(sealed):
    part = copies_pages.extract_pages(scan(pages=3), [1, 3])
    with pikepdf.open(io.BytesIO(part)) as document:
        assert len(document.pages) == 2
    plain = copies_pages.extract_pages(sealed, [1])
    assert not copies_pages.prepare_copy(plain).note
    with pytest.raises(SigningError, match="trang 4"):
        copies_pages.extract_pages(scan(pages=3), [4])


def block(down) -> bytes:
    """An A4 page with a black block from 20 mm to `down` mm."""
    sheet = Image.new("RGB", (1654, 2339), "white")
    ImageDraw.Draw(sheet).rectangle((200, 158, 1400, round(down / 25.4 * 200)), fill=0)
    out = io.BytesIO()
    sheet.save(out, "PDF", resolution=200)
    return out.getvalue()


def test_the_block_stands_after_the_text_or_on_the_next_page():
    page = scan()
    made = copies_pages.paper_copy(page, block(60))
    with pikepdf.open(io.BytesIO(made)) as document:
        assert len(document.pages) == 1
    foot = copies_pages._ink(page, 0)[1]
    assert copies_pages._ink(made, 0)[1] == pytest.approx(foot + copies_pages.GAP + 40, abs=1.5)
    with pikepdf.open(io.BytesIO(copies_pages.paper_copy(page, block(180)))) as document:
        assert len(document.pages) == 2


def test_the_program_answers_with_a_sentence(tmp_path, capfdbinary):
    path = tmp_path / "x.pdf"
    path.write_bytes(b"nothing")
    assert copies_pages.main(["take", str(path)]) == 0
    assert "hỏng" in json.loads(capfdbinary.readouterr().out.partition(b"\n")[0])["error"]
