"""Uploads are judged by content; every refusal names the file and says what to do."""

import csv
import io
import time
import zipfile
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import errors, filetypes

PDF = b"%PDF-1.7\n1 0 obj\n<< >>\nendobj\nxref\ntrailer << /Root 1 0 R >>\nstartxref\n9\n%%EOF\n"
EVERY = set(filetypes.KINDS)
PNG_HEAD = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"


def packed(members, **options):
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content, **options)
    return raw.getvalue()


def docx(**more):
    return packed({"[Content_Types].xml": "<Types/>", "word/document.xml": "<w:document/>", **more})


def odt(manifest="<manifest/>", **more):
    kind = "application/vnd.oasis.opendocument.text"
    return packed({"mimetype": kind, "META-INF/manifest.xml": manifest, "content.xml": "<office/>", **more})


def compound(*streams, word_flag=0):
    """A compound file with directory entries of these names; the first stream lies in the first sector."""
    head = bytearray(512)
    head[:8], head[30:32] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", (9).to_bytes(2, "little")
    first = bytearray(512)
    first[11] = word_flag
    entries = b""
    for name in streams:
        entry = bytearray(128)
        encoded = name.encode("utf-16-le") + b"\x00\x00"
        entry[: len(encoded)], entry[64:66], entry[66] = encoded, len(encoded).to_bytes(2, "little"), 2
        entries += entry
    return bytes(head) + bytes(first) + entries


def accept(tmp_path, content, name, allowed=EVERY, most=1):
    path = tmp_path / "upload"
    path.write_bytes(content)
    return filetypes.accept(path, name, allowed, most)


@pytest.mark.parametrize(
    ("content", "name", "kind"),
    [
        (PDF, "Công văn.PDF", "pdf"),
        (b"\xef\xbb\xbf\r\n" + PDF, "a.pdf", "pdf"),
        (PDF + b"\x00" * 2000, "a.pdf", "pdf"),
        (PDF, "khong-duoi", "pdf"),
        (docx(), "a.docx", "docx"),
        (packed({"[Content_Types].xml": "", "xl/workbook.xml": ""}), "a.xlsx", "xlsx"),
        (odt(), "a.odt", "odt"),
        (compound("WordDocument", "1Table"), "a.doc", "doc"),
        (compound("Workbook"), "a.xls", "xls"),
        (b"{\\rtf1 x}", "a.rtf", "rtf"),
        ("Số liệu".encode(), "a.txt", "txt"),
        ("a;b\nế".encode("utf-16"), "a.csv", "csv"),
        (("ế" * 5000).encode(), "a.txt", "txt"),
        (b"\xff\xd8\xff\xc0\x00\x11\x08\x00\x10\x00\x10", "a.jpg", "jpeg"),
        (PNG_HEAD + b"\x00\x00\x00\x10\x00\x00\x00\x10", "a.png", "png"),
        (b"II*\x00\x08\x00\x00\x00", "a.tif", "tiff"),
        (packed({"a.pdf": PDF}), "a.zip", "zip"),
    ],
)
def test_known_kinds(tmp_path, content, name, kind):
    assert accept(tmp_path, content, name).name == kind


@pytest.mark.parametrize(
    ("content", "name", "says"),
    [
        (b"", "a.pdf", "rỗng"),
        (PDF + b"\n" * (1 << 20), "a.pdf", "lớn 1,0 MB"),
        (PDF, "a.docx", "có đuôi .docx nhưng nội dung là PDF"),
        (b"\xff\xd8\xff\xe0", "a.pdf", "nội dung là ảnh JPEG"),
        (PDF, "cong-van.pdf.exe", "đuôi .exe"),
        (b"%PDF-1.7\n", "a.pdf", "bị cắt"),
        (PDF + b"2 0 obj\n<<", "a.pdf", "bị cắt"),
        (b"GIF89a junk\n" + PDF, "a.pdf", "trước phần PDF"),
        (PDF + packed({"a": "b"}), "a.pdf", "ghép vào sau"),
        (PDF.replace(b"/Root 1 0 R", b"/Root 1 0 R /Encrypt 5 0 R"), "a.pdf", "mật khẩu"),
        (b"MZ\x90\x00\x03", "a.pdf", "chương trình"),
        (b"<html><script>", "a.txt", "trang web"),
        (b"<svg onload=x>", "a.svg", "trang web"),
        ('<?xml version="1.0"?><!DOCTYPE a>'.encode("utf-16"), "a.xml", "DTD"),
        (b"\x00\x01\x02\x03", "a.bin", "không thuộc loại nào"),
        (docx(**{"word/vbaProject.bin": "x"}), "a.docx", "macro"),
        (docx(**{"word/a.xml": "<!DOCTYPE x>"}), "a.docx", "DTD"),
        (docx(**{"word/a.xml": '<?xml version="1.0"?><!ENTITY'.encode("utf-16")}), "a.docx", "DTD"),
        (odt(**{"Basic/Standard/script-lb.xml": "x"}), "a.odt", "macro"),
        (odt("<manifest:encryption-data/>"), "a.odt", "mật khẩu"),
        (compound("EncryptedPackage"), "a.docx", "mật khẩu"),
        (compound("WordDocument", word_flag=1), "a.doc", "mật khẩu"),
        (compound("WordDocument", "Macros"), "a.doc", "macro"),
        (docx()[:-30], "a.docx", "hỏng"),
        (packed({"../../etc/cron.d/a": "x"}), "a.zip", "đường dẫn không an toàn"),
        (packed({"C:/a": "x"}), "a.zip", "đường dẫn không an toàn"),
        (packed({"a": "x", "b.zip": "y"}), "a.zip", "gói nén khác"),
        (packed({"a": bytes(60 << 20)}), "a.zip", "bom nén"),
        (packed({str(n): "" for n in range(5001)}), "a.zip", "quá nhiều tệp"),
        (PNG_HEAD + b"\x00\x01\x00\x00\x00\x01\x00\x00", "a.png", "quá lớn"),
        (b"\xff\xd8\xff", "a.jpg", "hỏng"),
    ],
)
def test_refusals(tmp_path, content, name, says):
    with pytest.raises(errors.Invalid, match=says) as caught:
        accept(tmp_path, content, name)
    assert caught.value.fields["file"].startswith(f"Tệp «{name}»")
    assert "Tệp chưa được lưu." in str(caught.value)


def test_kind_not_wanted_here_names_what_is(tmp_path):
    with pytest.raises(errors.Invalid, match="là bảng CSV; ở đây chỉ nhận PDF, văn bản Word"):
        accept(tmp_path, b"a;b", "a.csv", {"pdf", "docx"})


def test_scripts_in_a_pdf_are_noted_not_hidden(tmp_path):
    notes = accept(tmp_path, PDF.replace(b"<< >>", b"<< /JS (app.alert) /EmbeddedFile 1 >>"), "a.pdf").notes
    assert "mã lệnh" in notes[0] and "tệp khác" in notes[1]


def test_recognised_ignores_the_label(tmp_path):
    (tmp_path / "x.exe").write_bytes(PDF)
    (tmp_path / "y.pdf").write_bytes(b"MZ\x00")
    assert filetypes.recognised(tmp_path / "x.exe").name == "pdf"
    assert filetypes.recognised(tmp_path / "y.pdf") is None


@pytest.mark.parametrize(
    ("given_name", "safe"),
    [
        ("C:\\Users\\lan\\Công văn 12.pdf", "Công văn 12.pdf"),
        ("../../etc/passwd", "passwd"),
        ("cong-van\u202efdp.exe", "cong-van fdp.exe"),
        ("Co\u0302ng.pdf", "Công.pdf"),
        ("a\r\nSet-Cookie: b.pdf", "a Set-Cookie b.pdf"),
        ("  .pdf", "pdf"),
        ("", "tep"),
        ("x" * 300 + ".pdf", "x" * 146 + ".pdf"),
    ],
)
def test_names(given_name, safe):
    assert filetypes.safe_name(given_name) == safe


@given(st.text(max_size=400))
def test_every_name_becomes_safe(name):
    safe = filetypes.safe_name(name)
    assert safe and len(safe) <= 151 and safe.isprintable() and not set(safe) & set('/\\<>:"|?*')
    assert filetypes.safe_name(safe) == safe


@given(st.binary(max_size=300), st.sampled_from([b"", b"PK\x03\x04", b"%PDF-1.4", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
                                                 b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"PK\x05\x06"]))  # fmt: skip
def test_any_bytes_end_in_a_kind_or_a_sentence(tmp_path_factory, rest, start):
    path = tmp_path_factory.getbasetemp() / "bytes"
    path.write_bytes(start + rest + (zlib.compress(rest) if len(rest) > 200 else b""))
    try:
        assert filetypes.accept(path, "a", EVERY, 1).name in EVERY
    except errors.Invalid as error:
        assert str(error).startswith("Tệp «a» ")


def test_hostile_files(shared):
    folder = shared / "corpus" / "hostile"
    must_refuse = {
        "password",
        "encrypted",
        "wrong-type",
        "magic-stub",
        "polyglot",
        "xml-dtd",
        "xml-dos",
        "xml-xxe",
    }
    with open(folder / "INDEX.tsv", encoding="utf-8", newline="") as index:
        rows = list(csv.DictReader(index, delimiter="\t"))
    assert len(rows) > 300
    for row in rows:
        before = time.monotonic()
        try:
            kind = filetypes.accept(folder / row["file"], row["upload_as"], EVERY, 100)
        except errors.Invalid as error:
            assert str(error).startswith("Tệp «")
        else:
            assert row["class"] not in must_refuse, (row["file"], kind.name)
        assert time.monotonic() - before < 2, row["file"]


def test_real_letters_are_taken(shared):
    letters = sorted((shared / "corpus" / "letters").rglob("*.pdf"))
    assert len(letters) > 80
    for path in letters:
        assert filetypes.accept(path, path.name, {"pdf"}, 100).name == "pdf"
