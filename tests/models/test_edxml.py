"""edXML: what is written can be read, every real packet can be read, nothing hostile gets through."""

import os
import subprocess
import sys
import time
import zipfile
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from packets import packet_with, read_one, zipped

from models import clock, edxml, edxml_parts, edxml_read, edxml_write
from models.errors import Invalid

SHARED = Path(__file__).parents[2] / ".." / "shared" / "domain" / "exchange"
needs_samples = pytest.mark.skipif(
    not SHARED.exists(), reason="the sample packets lie outside the repository"
)
UNREADABLE = {"28_wrong_ns", "30_doctype", "pvn_edoc_new_junk-prefix"}
WITHOUT_A_FILE = {"23_no_attachment_block", "24_empty_attachment_block"}
WITH_A_BAD_FILE = {
    "vpcp-sdk_edoc_not-ns-wellformed",
    "vpcp-sdk_edoc_not-ns-wellformed_bak",
    "pvn_test_edxml_with_content",
}


def sample_files():
    return sorted(SHARED.glob("**/*.edxml")) if SHARED.exists() else []


@pytest.fixture
def letter(tmp_path):
    def make(**changes):
        pdf, table = tmp_path / "thu.pdf", tmp_path / "bang.xlsx"
        pdf.write_bytes(b"%PDF-1.7\nthu")
        with zipfile.ZipFile(table, "w") as archive:
            archive.writestr("[Content_Types].xml", "<Types/>")
        values = {
            "sender": edxml.Organ("H99.01", "Sở Mẫu", email="vt@example.vn"),
            "recipients": (edxml.Organ("H99.02", "Xã Mẫu"), edxml.Organ("000.00.03.H99", "Sở Thử")),
            "document_id": "H99.01,2026/03/02,12/SM-VP",
            "subject": "Về việc <thử> & kiểm tra “gửi”",
            "code_number": "12",
            "code_notation": "SM-VP",
            "place": "Mẫu",
            "issued_date": date(2026, 3, 2),
            "type_code": 18,
            "type_name": "Công văn",
            "signer_position": "Giám đốc",
            "signer_name": "Nguyễn Văn Mẫu",
            "due_date": date(2026, 3, 10),
            "urgency": 2,
            "page_amount": 3,
            "to_places": ("Như trên", "Lưu: VT"),
            "answers": (edxml.Answered("H99.02", "7/UBND", "H99.02,2026/02/01,7/UBND", date(2026, 2, 1)),),
            "traces": (edxml.Trace("H99.01", "2026/03/02 16:00:00"),),
            "staff": edxml.Staff("Trần Thị Mẫu", "Văn thư"),
            "attachments": (
                edxml.Attachment("thu.pdf", pdf, "Công văn"),
                edxml.Attachment("bảng kê.xlsx", table, "Phụ lục"),
            ),
        }
        return edxml.Envelope(**(values | changes))

    return make


def through(packet, tmp_path):
    path = edxml_write.encode(packet, tmp_path / "goi.edxml")
    folder = tmp_path / "ra"
    folder.mkdir(exist_ok=True)
    return edxml_read.decode(path, folder)


def test_a_letter_comes_out_as_it_went_in(letter, tmp_path):
    sent = letter()
    got = through(sent, tmp_path)
    assert got.subject == sent.subject
    assert [organ.organ_id for organ in got.recipients] == ["H99.02", "000.00.03.H99"]
    assert (got.document_id, got.code, got.issued_date) == (sent.document_id, "12/SM-VP", date(2026, 3, 2))
    assert (got.urgency, got.page_amount, got.due_date, got.type_name) == (
        2,
        3,
        date(2026, 3, 10),
        "Công văn",
    )
    assert got.answers == sent.answers and got.to_places == sent.to_places and got.staff == sent.staff
    assert [item.name for item in got.attachments] == ["thu.pdf", "bảng kê.xlsx"]
    assert [item.path.read_bytes() for item in got.attachments] == [
        item.path.read_bytes() for item in sent.attachments
    ]
    assert got.notes == () and got.unknown == ()


def test_the_same_letter_has_the_same_bytes(letter, tmp_path):
    first = edxml_write.encode(letter(), tmp_path / "1").read_bytes()
    assert edxml_write.encode(letter(), tmp_path / "2").read_bytes() == first


@pytest.mark.parametrize("kind", edxml.KINDS)
def test_each_kind_survives(letter, tmp_path, kind):
    got = through(
        letter(
            kind=kind,
            reason="Lý do",
            changed_document_id="H99.01,2026/02/02,9/SM" if kind == "update" else "",
            content_changed=kind == "update",
            receivers=(edxml.Receiver("H99.02", added=True),) if kind == "update" else (),
            replacements=(edxml.Replacement("H99.01,2026/01/02,3/SM", ("H99.02",)),)
            if kind == "replace"
            else (),
        ),
        tmp_path,
    )
    assert (got.kind, got.reason) == (kind, "Lý do")
    assert got.content_changed is (kind == "update")
    assert len(got.receivers) == (kind == "update") and len(got.replacements) == (kind == "replace")


@pytest.mark.parametrize("word", edxml.STATUS_CODES)
def test_each_status_survives(tmp_path, word):
    sent = edxml.Status(
        sender=edxml.Organ("H99.02", "Xã Mẫu"),
        about=edxml.Answered("H99.01", "12/SM-VP", "H99.01,2026/03/02,12/SM-VP", date(2026, 3, 2)),
        status=word,
        description="Vào sổ số 5",
        at=clock.at("2026-03-02 16:59"),
    )
    got = through(sent, tmp_path)
    assert (got.status, got.description, got.at) == (word, "Vào sổ số 5", sent.at)
    assert got.about == sent.about


@needs_samples
@pytest.mark.parametrize("path", sample_files(), ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_real_packets(path, tmp_path):
    if path.stem in UNREADABLE:
        with pytest.raises(Invalid) as error:
            edxml_read.decode(path, tmp_path)
        assert "gửi lại" in str(error.value)
        assert not list(tmp_path.iterdir())
        return
    packet = edxml_read.decode(path, tmp_path)
    if isinstance(packet, edxml.Status):
        assert packet.status in edxml.STATUS_CODES and packet.at
        return
    assert packet.document_id or packet.identity
    assert packet.recipients and packet.subject
    assert bool(packet.attachments) is (path.stem not in WITHOUT_A_FILE)
    assert all(item.path for item in packet.attachments) is (path.stem not in WITH_A_BAD_FILE)


@needs_samples
def test_the_layout_is_the_official_builders(tmp_path):
    path = SHARED / "captures" / "built_by_sdk" / "edoc_type0.edxml"
    packet = edxml_read.decode(path, tmp_path)
    ours = edxml_write.encode(packet, tmp_path / "ours").read_bytes()

    def envelope(data):
        text = data.decode().split("<AttachmentEncoded>")[0]
        return text.replace(">application/pdf<", ">application/zip<")  # the builder writes zip for each

    assert envelope(ours) == envelope(path.read_bytes())


@needs_samples
def test_each_attachment_reads_the_same_after_our_writer(tmp_path):
    path = SHARED / "captures" / "built_by_sdk" / "edoc_type0.edxml"
    packet = edxml_read.decode(path, tmp_path)
    again = through(packet, tmp_path)
    before = [(item.name, item.path.read_bytes()) for item in packet.attachments]
    assert before == [(item.name, item.path.read_bytes()) for item in again.attachments]


def test_a_zip_called_pdf_is_opened(tmp_path):
    item = read_one(tmp_path, "a.pdf", zipped([("x.pdf", b"%PDF-1")]), "application/pdf")
    assert item.path.read_bytes() == b"%PDF-1"


def test_a_word_file_called_zip_is_not_opened(tmp_path):
    docx = zipped([("[Content_Types].xml", "x"), ("word/document.xml", "y")])
    assert read_one(tmp_path, "a.docx", docx).path.read_bytes() == docx


def test_a_wrapped_word_file_is_opened(tmp_path):
    docx = zipped([("[Content_Types].xml", "x")])
    assert read_one(tmp_path, "a.docx", zipped([("1.docx", docx)])).path.read_bytes() == docx


def test_several_files_in_one_wrapper_are_kept_together(tmp_path):
    data = zipped([("1.txt", "a"), ("2.txt", "b")])
    item = read_one(tmp_path, "a.doc", data)
    assert (item.name, item.path.read_bytes()) == ("a.doc.zip", data)


@pytest.mark.parametrize(
    "payload, word",
    [
        (zipped([("x.pdf", b"\0" * (64 << 20))]), "bom nén"),
        (zipped([(f"{n}.txt", "") for n in range(edxml_parts.MOST_ENTRIES + 1)]), "nhiều hơn"),
        (zipped([("x.pdf", b"a" * 999)])[:-30], "hỏng"),
        (b"", "không có nội dung"),
        ("@@@@", "không phải mã base64"),
        ("QUJ", ""),
        ("QUJDR", "hỏng"),
    ],
    ids=["bomb", "many", "torn", "empty", "not-base64", "unpadded", "odd"],
)
def test_a_bad_file_is_named_not_guessed(tmp_path, payload, word):
    item = read_one(tmp_path, "a.pdf", payload)
    assert word in item.fault
    assert (item.path is None) is bool(word)


@pytest.mark.parametrize(
    "text, word",
    [
        ("không phải xml", "sai cú pháp"),
        ("<a/>", "phần tử gốc"),
        (f'<edXML xmlns="{edxml.NAMESPACE}"/>', "edXMLHeader"),
        (f'<!DOCTYPE a SYSTEM "file:///etc/passwd"><edXML xmlns="{edxml.NAMESPACE}"/>', "DTD"),
        (f'<edXML xmlns="{edxml.NAMESPACE}">' + "<a>" * 300, "sai cú pháp"),
        (f'<edXML xmlns="{edxml.NAMESPACE}">' + "<a/>" * 300_000, "quá nhiều"),
        (f'<edXML xmlns="{edxml.NAMESPACE}">' + "x" * (5 << 20), "quá dài"),
        (f'<edXML xmlns="{edxml.NAMESPACE}">&lol;</edXML>', "sai cú pháp"),
    ],
)
def test_hostile_text_is_refused_with_a_sentence(tmp_path, text, word):
    path = tmp_path / "goi.edxml"
    path.write_text(text)
    with pytest.raises(Invalid) as error:
        edxml_read.decode(path, tmp_path)
    assert word in str(error.value) and "Chưa nhận văn bản nào" in str(error.value)


def test_a_bad_organ_id_is_refused(tmp_path):
    path = packet_with(tmp_path, "a.pdf", b"x")
    path.write_text(path.read_text().replace("H99", "../../etc"))
    with pytest.raises(Invalid, match="mã định danh"):
        edxml_read.decode(path, tmp_path)
    assert [item.name for item in tmp_path.iterdir()] == ["goi.edxml"]


@pytest.mark.parametrize("given_name", ["../../x.pdf", "C:\\\\thư\\\\x.pdf", "/x.pdf"])
def test_names_are_made_safe_and_the_given_one_is_kept(tmp_path, given_name):
    item = read_one(tmp_path, given_name, b"%PDF")
    assert (item.name, item.given_name) == ("x.pdf", given_name)


@settings(max_examples=150, deadline=2000)
@given(some.binary(max_size=300), some.integers(0, 2000))
def test_torn_packets_never_surprise(tmp_path_factory, noise, at):
    folder = tmp_path_factory.mktemp("f")
    data = packet_with(folder, "a.pdf", zipped([("a.pdf", b"%PDF")])).read_bytes()
    path = folder / "nhieu"
    path.write_bytes(data[:at] + noise + data[at + len(noise) :])
    try:
        edxml_read.decode(path, folder)
    except Invalid:
        pass


@pytest.mark.parametrize(
    "given_text, day",
    [
        ("2026/01/15", (2026, 1, 15)),
        ("15/01/2026", (2026, 1, 15)),
        ("2026-01-15", (2026, 1, 15)),
        ("2026-01-15T00:00:00+07:00", (2026, 1, 15)),
        ("2026/01/15 08:30:00", (2026, 1, 15)),
        ("2014/02/30", None),
        ("hôm qua", None),
    ],
)
def test_days_in_every_form(given_text, day):
    found = edxml_read.moment(given_text)
    assert (found and clock.local(found).date()) == (day and date(*day))


def test_memory_stays_flat_for_a_large_packet(tmp_path):
    big = tmp_path / "lon.pdf"
    with big.open("wb") as out:
        for _ in range(50):
            out.write(os.urandom(1 << 20))
    code = """
import re, sys
from pathlib import Path
from models import edxml, edxml_read, edxml_write
folder = Path(sys.argv[1])
big = edxml.Attachment("lon.pdf", folder / "lon.pdf")
docx = edxml.Attachment("lon.docx", folder / "lon.pdf")
def peak():
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
before = peak()
packet = edxml.Envelope(edxml.Organ("H9"), (edxml.Organ("H8"),), "x", "y", attachments=(big, docx))
path = edxml_write.encode(packet, folder / "goi")
got = edxml_read.decode(path, folder)
assert all(item.path.stat().st_size == 50 << 20 for item in got.attachments)
print(peak() - before)
"""
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        check=False,
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 24 * 1024, "kilobytes above the start"
    print(f"{int(done.stdout)} KB above the start, {time.monotonic() - started:.1f} s")
