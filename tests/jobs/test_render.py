"""Word to PDF, pages to pictures and text, in children that may fail without harm."""

import io
import os
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pikepdf
import pypdfium2
import pytest
from PIL import Image

from jobs import render
from models import errors, files, previews

LETTERS = Path(__file__).parents[1] / "signing" / "letters"
DOCX = {
    "[Content_Types].xml": (
        '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.'
        'wordprocessingml.document.main+xml"/></Types>'
    ),
    "_rels/.rels": (
        '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        '<Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"'
        ' Target="word/document.xml"/></Relationships>'
    ),
    "word/document.xml": (
        '<?xml version="1.0"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
        "<w:body><w:p><w:r><w:t>Đề nghị báo cáo định kỳ</w:t></w:r></w:p></w:body></w:document>"
    ),
}


def docx() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in DOCX.items():
            archive.writestr(name, content)
    return packed.getvalue()


@pytest.fixture(autouse=True)
def _folder(data):
    yield
    assert list(files.spool().glob("box-*")) == []


@pytest.fixture
def letter(tmp_path):
    """A two-page PDF with a text field holding the number."""
    pdf = pikepdf.new()
    for words in ("So:", "2."):
        page = pdf.add_blank_page(page_size=(595, 842))
        font = pdf.make_indirect(pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1,
                                                    BaseFont=pikepdf.Name.Helvetica))  # fmt: skip
        page.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=font))
        page.Contents = pdf.make_stream(f"BT /F1 12 Tf 72 770 Td ({words}) Tj ET".encode())
    appearance = pdf.make_stream(b"BT /F1 12 Tf 2 4 Td (1234) Tj ET")
    appearance.Type, appearance.Subtype = pikepdf.Name.XObject, pikepdf.Name.Form
    appearance.BBox, appearance.Resources = [0, 0, 60, 18], pdf.pages[0].Resources
    field = pdf.make_indirect(pikepdf.Dictionary(
        Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Widget, FT=pikepdf.Name.Tx, T="so", V="1234", F=4,
        Rect=[100, 766, 160, 784], DA="/F1 12 Tf 0 g", AP=pikepdf.Dictionary(N=appearance),
    ))  # fmt: skip
    pdf.pages[0].Annots = pdf.make_indirect(pikepdf.Array([field]))
    pdf.Root.AcroForm = pikepdf.Dictionary(Fields=[field], DA="/F1 12 Tf 0 g")
    path = tmp_path / "letter.pdf"
    pdf.save(path)
    return path


def stored(path):
    return files.put(path, path.name, "application/pdf")


def test_word_becomes_pdf_with_its_words():
    content = render.to_pdf(docx(), "docx", "to-trinh.docx")
    text = pypdfium2.PdfDocument(content)[0].get_textpage().get_text_range()
    assert "Đề nghị báo cáo định kỳ" in text


@pytest.mark.parametrize(
    ("content", "kind"),
    [(b"PK\x03\x04 hong", "docx"), (b"", "docx"), (docx()[:400], "docx"), (b"\xd0\xcf\x11\xe0", "doc")],
)
def test_broken_word_is_refused_in_words(content, kind):
    with pytest.raises(errors.Invalid, match="«hong.docx».*PDF"):
        render.to_pdf(content, kind, "hong.docx")


def test_what_is_no_text_is_not_converted():
    with pytest.raises(errors.Invalid, match="không phải văn bản"):
        render.to_pdf(b"x", "xlsx", "bang.xlsx")


def test_word_document_is_shown_by_its_rendition_made_once(monkeypatch):
    file = files.put(docx(), "a.docx", "application/octet-stream")
    assert "Đề nghị báo cáo định kỳ" in render.page_text(file, 1)["lines"][0][0]
    monkeypatch.setattr(render, "to_pdf", None)
    assert render.kept_page(file, 1, 96).read_bytes().startswith(b"\x89PNG")


def test_sheet_that_cannot_be_drawn_says_so():
    with pytest.raises(errors.Invalid, match="Hãy tải tệp về"):
        render.kept_page(files.put(b"a;b", "bang.csv", "text/csv"), 1, 96)


def test_changed_file_is_never_shown(letter):
    file = files.put(letter, "a.pdf", "application/pdf")
    os.chmod(file.path(), 0o600)
    file.path().write_bytes(letter.read_bytes().replace(b"1234", b"9999"))
    with pytest.raises(errors.Refused, match="không còn giống"):
        render.kept_page(file, 1, 96)


def test_info_counts_and_measures(letter):
    info = render.info(letter)
    assert info.pages == render.page_count(letter.read_bytes()) == 2
    assert info.sizes[0] == (595.0, 842.0)


def test_images_show_the_form_field(letter):
    number, blank = (Image.open(io.BytesIO(png)) for png in render.page_images(letter, [1, 2], 72))
    assert number.size == (595, 842)
    box = (100, 842 - 784, 160, 842 - 766)
    assert number.convert("L").crop(box).getextrema()[0] < 128
    assert blank.convert("L").crop(box).getextrema()[0] == 255


def test_text_holds_the_form_field_with_its_place(letter):
    text = render.page_text(stored(letter), 1)
    words, left, top, right, bottom = text["lines"][0]
    assert "1234" in " ".join(line[0] for line in text["lines"]) and words.startswith("So:")
    assert 70 < left < right and 50 < top < bottom < 90


def test_text_of_marked_letters_drawn_apart_is_in_reading_order():
    lines = [line[0] for line in render.page_text(stored(LETTERS / "annex.pdf"), 1)["lines"]]
    assert "Độc lập - Tự do - Hạnh phúc" in lines
    assert "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM" in lines


def test_kept_pages_are_drawn_once_for_many_readers(letter, monkeypatch):
    runs, real = [], render.sandbox.run
    monkeypatch.setattr(render.sandbox, "run", lambda *a, **k: runs.append(1) or real(*a, **k))
    file = stored(letter)
    with ThreadPoolExecutor(4) as pool:
        paths = set(pool.map(lambda n: render.kept_page(file, n, 90), [1, 2] * 4))
    assert len(runs) == 1 and {path.name for path in paths} == {"96-1.png", "96-2.png"}


def test_previews_can_be_forgotten(letter):
    file = stored(letter)
    kept = render.kept_page(file, 1, 96)
    previews.forget(file.sha256)
    assert not kept.exists()


def test_page_that_is_not_there(letter):
    for number in (0, 3, 99):
        with pytest.raises(errors.NotFound):
            render.kept_page(stored(letter), number, 96)


def test_picture_is_a_page_too(tmp_path):
    frames = [Image.new("RGB", (1654, 2339), colour) for colour in ("white", "grey")]
    frames[0].save(tmp_path / "quet.tif", save_all=True, append_images=frames[1:], dpi=(200, 200))
    info = render.info(tmp_path / "quet.tif")
    assert info.pages == 2 and [round(v) for v in info.sizes[0]] == [595, 842]
    drawn = Image.open(io.BytesIO(render.page_images(tmp_path / "quet.tif", [2], 72)[0]))
    assert drawn.getpixel((10, 10)) in (128, (128, 128, 128))


def test_huge_page_is_drawn_smaller(tmp_path):
    pdf = pikepdf.new()
    pdf.add_blank_page(page_size=(14400, 14400))
    pdf.save(tmp_path / "to.pdf")
    drawn = Image.open(io.BytesIO(render.page_images(tmp_path / "to.pdf", [1], 200)[0]))
    assert drawn.width * drawn.height <= 25_000_000


def test_password_is_said(tmp_path, letter):
    with pikepdf.open(letter) as pdf:
        pdf.save(tmp_path / "kin.pdf", encryption=pikepdf.Encryption(owner="a", user="b"))
    with pytest.raises(errors.Invalid, match="mật khẩu"):
        render.info(tmp_path / "kin.pdf", "kin.pdf")


def test_broken_file_is_said(tmp_path):
    (tmp_path / "hong.pdf").write_bytes(b"%PDF-1.7\n\x00\x01")
    with pytest.raises(errors.Invalid, match="hỏng"):
        render.info(tmp_path / "hong.pdf", "hong.pdf")


def test_bombs_end_in_a_sentence(shared):
    made = shared / "corpus" / "hostile" / "made"
    for path in sorted(made.glob("pdf_*.pdf")):
        try:
            pictures = render.page_images(path, [1], 96, path.name)
        except (errors.Invalid, errors.NotFound) as error:
            assert str(error)
        else:
            assert pictures[0].startswith(b"\x89PNG")
