"""What is signed looks as Decree 30/2020 says, measured on the rendered page: picture, seal, marks, lines of text."""

import io
import math
import re
import subprocess
from datetime import timedelta

import pikepdf
import pypdfium2
import pytest
from PIL import Image

from signing import appearance, begin, order, places, prepare, printing, verify
from signing.errors import WrongOrder
from signing.records import LEADER_FIELD, SEAL_FIELD, Expectation
from tests.signing.conftest import Hand, letter
from tests.signing.look import DPI, SIGNER, drawn, extent, hand, plain_page, seal, turned, words


@pytest.fixture(scope="module")
def hand_(demo, now):
    """Signs without asking for anything but keys."""
    return Hand(demo, now)


@pytest.fixture(scope="module")
def signed_with(hand_):
    """(draft, picture, seal, diameter) → the letter signed and sealed, without time stamps."""

    def make(draft, picture=None, stamp=None, diameter=36.0, **rest):
        picture, stamp = picture or hand(), stamp or seal()
        size = rest.pop("size", appearance.picture_size(picture))
        prepared = prepare.prepare_draft(draft, SIGNER, diameter, size, **rest)
        ca, now = hand_.demo.ca, hand_.now
        pending = begin.begin_signature(prepared.pdf, ca.certificate("lanh-dao"), ca.chain, now, picture)
        led = hand_.finish("lanh-dao", pending, stamped=False)
        return hand_.sealed(led, stamped=False, image=stamp)

    return make


# ---- signature and seal ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("turn", "unit", "diameter"), [(0, None, 36), (90, None, 32), (270, 2, 42)])
def test_q12_1_c3_the_seal_has_its_true_size_over_a_third_of_the_picture(signed_with, turn, unit, diameter):
    pdf = signed_with(turned(letter("report"), turn, (100, -50), 30, unit), diameter=diameter)
    image = drawn(pdf)
    red, blue = extent(image, "red"), extent(image, "blue")
    millimetre = image.width / 210.0
    assert abs((red[2] - red[0]) / millimetre - diameter) <= 0.5
    assert abs((red[3] - red[1]) / millimetre - diameter) <= 0.5
    share = (red[2] - blue[0]) / (blue[2] - blue[0])
    assert 0.25 <= share <= 0.40, share
    assert red[0] < blue[0]  # on its left


def test_q12_1_c3_both_signatures_are_valid(signed_with, demo, now):
    pdf = signed_with(letter("report"))
    day = now.astimezone(begin.VIETNAM).date()
    report = verify.verify(
        pdf,
        demo.kept,
        moment=now + timedelta(minutes=1),
        online=False,
        expect=Expectation(issued_day=day, number=5),
    )
    assert [item.verdict for item in report.signatures] == ["valid", "valid"], report.reasons


def test_the_picture_keeps_its_proportions_between_post_and_name(signed_with):
    image = drawn(signed_with(letter("report"), picture=hand(900, 200)))
    left, top, right, bottom = extent(image, "blue")
    assert math.isclose((right - left) / (bottom - top), 900 / 200, rel_tol=0.05)
    with places.open_pages(letter("report")) as pages:
        lines = places.read_lines(pages.pages[0])
    name = next(
        line for line in lines if places.fold("".join(c.text for c in line)).endswith("tranthunghiem")
    )
    middle = (name[0].x0 + name[-1].x1) / 2 * DPI / 72
    assert abs((left + right) / 2 - middle) < 6


def test_a_picture_loaded_after_the_submission_keeps_the_third(signed_with):
    pdf = signed_with(letter("report"), picture=hand(300, 300), size=(900, 200))
    red, blue = (extent(drawn(pdf), colour) for colour in ("red", "blue"))
    assert math.isclose((blue[2] - blue[0]) / (blue[3] - blue[1]), 1, rel_tol=0.1)
    assert 0.25 <= (red[2] - blue[0]) / (blue[2] - blue[0]) <= 0.40


def test_the_number_is_written_and_signature_one_stays_valid_q12_1_c2(signed_with, tmp_path):
    """See test_q12_1_c2_…: the same by poppler, on a turned page."""
    said = words(signed_with(turned(letter("report"), 90)), tmp_path, "-layout")
    assert re.search(r"Số:\s+05\s+/BC-SKT", said)


def test_q12_1_c2_number_and_date_do_not_break_signature_one(hand_, led, tmp_path):
    sealed = hand_.sealed(led)
    path = tmp_path / "sealed.pdf"
    path.write_bytes(sealed)
    said = subprocess.run(
        ["pdfsig", "-nocert", str(path)], capture_output=True, text=True, check=False
    ).stdout
    assert said.count("Signature is Valid") == 2
    alone = begin.fill_number(led, 5, "BC-SKT", hand_.now.astimezone(begin.VIETNAM).date())
    path.write_bytes(alone)
    said = subprocess.run(
        ["pdfsig", "-nocert", str(path)], capture_output=True, text=True, check=False
    ).stdout
    assert said.count("Signature is Valid") == 1
    assert "05" in words(alone, tmp_path, "-layout").split("/BC-SKT")[0]


def test_fill_and_seal_are_one_revision(led, sealed):
    assert sealed.startswith(led)
    assert sealed[len(led) :].count(b"%%EOF") == 1


# ---- order -------------------------------------------------------------------------------------------------------


def elsewhere(hand_, draft, label, lock=None):
    """A draft signed by other software in a field of its own."""
    ca = hand_.demo.ca
    with pikepdf.open(io.BytesIO(draft)) as made:
        page = made.pages[0].obj
        field = made.make_indirect(
            pikepdf.Dictionary(
                Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Widget, FT=pikepdf.Name.Sig, T=pikepdf.String("Signature1"),
                Rect=pikepdf.Array([300, 300, 400, 340]), F=4, P=page,
                Lock=lock or pikepdf.Dictionary(
                    Type=pikepdf.Name.SigFieldLock, Action=pikepdf.Name.Include, Fields=pikepdf.Array([]), P=2
                ),
            )
        )  # fmt: skip
        page.Annots.append(field)
        made.Root.AcroForm.Fields.append(field)
        out = io.BytesIO()
        made.save(out)
    writer = begin._open(out.getvalue())
    pending = begin.begin_in(
        writer, begin._fields(writer)["Signature1"], ca.certificate(label), ca.chain, hand_.now
    )
    return hand_.finish(label, pending, stamped=False)


def test_a_leaders_signature_in_another_programs_field_is_accepted(hand_, demo, now):
    led = elsewhere(hand_, prepare.prepare_draft(letter("report")).pdf, "lanh-dao")
    sealed = hand_.sealed(led, stamped=False)
    report = verify.verify(sealed, demo.kept, moment=now + timedelta(minutes=1), online=False)
    assert [item.field_name for item in report.signatures] == ["Signature1", SEAL_FIELD]
    assert [item.integrity for item in report.signatures] == ["intact", "intact"]
    assert "changed" not in {item.changes for item in report.signatures}


def test_an_organisation_or_a_lock_over_everything_is_no_leader(hand_):
    draft = prepare.prepare_draft(letter("report")).pdf
    with pytest.raises(WrongOrder, match="Cơ quan đã ký số"):
        hand_.sealed(elsewhere(hand_, draft, "co-quan"), stamped=False)
    shut = pikepdf.Dictionary(Type=pikepdf.Name.SigFieldLock, Action=pikepdf.Name.All, P=2)
    with pytest.raises(WrongOrder, match="khóa toàn bộ"):
        hand_.sealed(elsewhere(hand_, draft, "lanh-dao", shut), stamped=False)


# ---- attachments -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "turn", "rim", "unit"),
    [((595, 842), 0, 0, None), ((842, 595), 90, 0, None), ((2384, 3370), 270, 40, None), ((298, 420), 180, 20, None),
     ((595, 842), 90, 30, 2)],
)  # fmt: skip
def test_q6_2_b2_the_line_stands_top_right_of_any_page(hand_, tmp_path, size, turn, rim, unit):
    page = turned(plain_page(*size), turn, (50, -70) if rim else (0, 0), rim, unit)
    ca = hand_.demo.ca
    pending = begin.begin_attachment_seal(page, 5, "BC-SKT", ca.certificate("co-quan"), ca.chain, hand_.now)
    made = hand_.finish("co-quan", pending, stamped=False)
    said = words(made, tmp_path)
    local = hand_.now.astimezone(begin.VIETNAM)
    assert f"Số: 05/BC-SKT; {local:%d/%m/%Y}; {local:%H:%M:%S}" in re.sub(r"\s+", " ", said)
    image = drawn(made, dpi=150 if size[0] < 1000 else 60)
    box = Image.eval(image.convert("L"), lambda value: 255 - value).getbbox()
    millimetre = image.width / (size[0] * 25.4 / 72)
    assert box[0] > image.width * 0.3 or size[0] < 400  # on the right
    assert image.width - box[2] >= 3 * millimetre and box[3] < 16 * millimetre  # inside the page, at the top
    height = (box[3] - box[1]) / millimetre
    assert 2 <= height <= 4.5  # one line of size 10
    assert extent(image, "red") is None


def test_q6_2_b1_an_attachment_in_the_same_file_needs_no_second_seal(hand_, demo, now):
    with (
        pikepdf.open(io.BytesIO(letter("report"))) as main,
        pikepdf.open(io.BytesIO(letter("annex"))) as annex,
    ):
        main.pages.extend(annex.pages)
        out = io.BytesIO()
        main.save(out)
    led = hand_.finish(
        "lanh-dao",
        begin.begin_signature(
            prepare.prepare_draft(out.getvalue(), SIGNER).pdf,
            demo.ca.certificate("lanh-dao"),
            demo.ca.chain,
            now,
        ),
        stamped=False,
    )
    sealed = hand_.sealed(led, stamped=False)
    report = verify.verify(sealed, demo.kept, moment=now + timedelta(minutes=1), online=False)
    assert [item.kind for item in report.signatures] == ["person", "organisation"]
    assert report.page_amount == len(pypdfium2.PdfDocument(sealed)) > 1
    assert [item.verdict for item in report.signatures] == ["valid", "valid"]


def test_q6_2_a_no_page_join_mark_and_one_changed_byte_is_found(signed_with, demo, now):
    pdf = signed_with(letter("report"))
    with pikepdf.open(io.BytesIO(pdf)) as made:
        names = {str(field.T) for field in made.Root.AcroForm.Fields}
    assert names == {"so", "ngay", "thang", LEADER_FIELD, SEAL_FIELD}  # nothing joins the pages
    at = pdf.index(b"stream") + 40
    changed = pdf[:at] + bytes([pdf[at] ^ 1]) + pdf[at + 1 :]
    report = verify.verify(changed, demo.kept, moment=now + timedelta(minutes=1), online=False)
    assert report.integrity in ("broken", "changed") and report.verdict == "invalid"


# ---- print -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("turn", [0, 90])
def test_q12_1_d_the_print_shows_everything_but_the_red_picture(signed_with, tmp_path, turn):
    sealed = signed_with(turned(letter("report"), turn))
    paper = printing.print_copy(sealed, "Bản in từ văn bản điện tử")
    image, before = drawn(paper, dpi=200), drawn(sealed, dpi=200)
    assert extent(before, "red") and extent(image, "red") is None
    assert extent(image, "blue") == extent(before, "blue")
    said = words(paper, tmp_path, "-layout")
    assert re.search(r"Số:\s+05\s+/BC-SKT", said) and "Bản in từ văn bản điện tử" in said


def test_the_seal_of_another_program_leaves_the_print_too(hand_):
    led = elsewhere(hand_, prepare.prepare_draft(letter("report")).pdf, "co-quan")
    assert order.seals(begin._open(led).prev) == ["Signature1"]
