"""Reading of scans: a drawn letter through real OCRmyPDF, broken files, cancelling, running twice."""

import io
import shutil
from types import SimpleNamespace

import pytest
from PIL import Image, ImageDraw, ImageFont

from jobs import ocr, reading, reading_places, runner
from models import db, files, outbox, readings_queue, scans

FONTS = "/usr/share/fonts/truetype/"
REGULAR, BOLD = FONTS + "dejavu/DejaVuSerif.ttf", FONTS + "dejavu/DejaVuSerif-Bold.ttf"
DPI = 200


def point(size):
    return round(size * DPI / 72)


def drawn(stamp: str = "", ink: str = "black") -> Image.Image:
    """A letter of an invented office as a scanner would give it."""
    sheet = Image.new("RGB", (point(595), point(842)), "white")
    pen = ImageDraw.Draw(sheet)

    def write(x, y, words, size=13, bold=False, anchor="la", fill="black"):
        pen.text((point(x), point(y)), words, font=ImageFont.truetype(BOLD if bold else REGULAR, point(size)),
                 fill=fill, anchor=anchor)  # fmt: skip

    write(160, 60, "UBND TỈNH MINH SƠN", 12, anchor="ma")
    write(160, 76, "SỞ KẾ HOẠCH", 10, True, anchor="ma")
    write(415, 60, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", 10, True, anchor="ma")
    write(415, 76, "Độc lập - Tự do - Hạnh phúc", 10, True, anchor="ma")
    write(160, 108, "Số: 125/SKH-VP", 13, anchor="ma")
    write(415, 108, "Minh Sơn, ngày 14 tháng 7 năm 2025", 13, anchor="ma")
    write(160, 130, "V/v rà soát kế hoạch năm 2025", 12, anchor="ma")
    write(250, 170, "Kính gửi: Ủy ban nhân dân các xã.", 13)
    for row, words in enumerate(BODY):
        write(85, 210 + 20 * row, words)
    write(85, 400, "Nơi nhận:", 12, True)
    write(85, 416, "- Như trên;", 11)
    write(85, 430, "- Lưu: VT, VP.", 11)
    write(430, 400, "GIÁM ĐỐC", 10, True, anchor="ma")
    write(430, 500, "Lò Văn Mẫu", 10, True, anchor="ma")
    if stamp:
        write(130, 190, stamp, 14, True, anchor="ma", fill=ink)
    return sheet


BODY = (
    "Thực hiện chương trình công tác năm 2025, Sở Kế hoạch đề nghị Ủy ban nhân dân",
    "các xã rà soát kế hoạch, gửi báo cáo về Sở Kế hoạch trước ngày 25/7/2025 để tổng",
    "hợp, báo cáo Ủy ban nhân dân tỉnh theo quy định.",
)


def as_bytes(picture, kind="PNG", **how):
    held = io.BytesIO()
    picture.save(held, kind, dpi=(DPI, DPI), **how)
    return held.getvalue()


def given(office, content, name, media_type):
    with db.connection():
        return scans.upload(office.lan, files.store(content), name, media_type)


@pytest.fixture
def letter(office):
    return given(office, as_bytes(drawn()), "thu.png", "image/png")


def test_a_drawn_letter_is_read(letter):
    with db.connection():
        assert runner.run_due()
        scan = scans.Scan.get_by_id(letter.id)
        assert scan.state == "read", scan.note
        fields = scan.fields
        assert fields["code_number"]["value"] == "125"
        assert fields["code_notation"]["value"] == "SKH-VP"
        assert fields["issued_date"]["value"] == "2025-07-14"
        assert fields["organ_name"]["value"] == "SỞ KẾ HOẠCH"
        assert fields["type_name"]["value"] == "Công văn"
        assert "rà soát kế hoạch" in fields["subject"]["value"]
        assert (scan.pages_done, scan.pages_total) == (1, 1)
        assert scan.file.read() == as_bytes(drawn())  # the received file is as it came
        assert scan.rendition.read().startswith(b"%PDF-")
        assert "rà soát" in scan.text_file.read().decode()


def test_an_order_run_twice_reads_once(letter):
    with db.connection():
        runner.run_due()
        before = scans.Scan.get_by_id(letter.id).read_at
        ocr.read_scan(outbox.Order.get(outbox.Order.subject_id == letter.id))
        assert scans.Scan.get_by_id(letter.id).read_at == before


@pytest.mark.parametrize("ink", ["black", "red"])
def test_a_secret_letter_is_refused_and_its_content_given_up(office, ink):
    scan = given(office, as_bytes(drawn("TỐI MẬT", ink)), "mat.png", "image/png")
    path = scan.file.path()
    with db.connection():
        runner.run_due()
        scan = scans.Scan.get_by_id(scan.id)
        assert scan.state == "refused"
        assert "độ mật" in scan.note
        assert scan.file is None
    assert not path.exists()


@pytest.mark.parametrize(
    ("content", "name", "media_type"),
    [
        (b"%PDF-1.4\nnothing here", "hong.pdf", "application/pdf"),
        (b"\x89PNG\r\n\x1a\nnothing", "hong.png", "image/png"),
    ],
)
def test_a_broken_file_is_quarantined_with_a_sentence(office, content, name, media_type):
    scan = given(office, content, name, media_type)
    with db.connection():
        runner.run_due()
        scan = scans.Scan.get_by_id(scan.id)
        assert scan.state == "quarantined"
        assert "quét lại" in scan.note
        assert scan.file.read() == content


def test_a_reader_whose_folder_was_taken_away_is_replaced(data, tmp_path, monkeypatch):
    """It reads on with another child; content that was recalled meanwhile is gone, and nothing else fails by it."""
    source, started = tmp_path / "thu.pdf", []
    silent = SimpleNamespace(
        poll=lambda: None, pid=1 << 30, wait=lambda: 0, stdin=io.BytesIO(), stdout=io.BytesIO()
    )
    monkeypatch.setattr(
        reading_places.sandbox, "start", lambda _, folder, **__: started.append(folder) or silent
    )
    monkeypatch.setattr(reading_places.Place, "_talk", lambda *_: b"t")
    place = reading_places.Place()
    assert place.read(source, "a", 1).reason == "gone"
    source.write_bytes(b"%PDF-")
    assert place.read(source, "a", 1).reason == "time"
    place._start()
    shutil.rmtree(place.folder)
    assert place.read(source, "a", 2).reason == "time"
    assert len(set(started)) == 4


def test_frames_of_a_tiff_are_pages(data, tmp_path):
    path, sheet = tmp_path / "hai.tif", drawn()
    first, second = (sheet.crop((0, 0, sheet.width, sheet.height * part // 20)) for part in (6, 2))
    path.write_bytes(as_bytes(first, "TIFF", save_all=True, append_images=[second], compression="tiff_lzw"))
    heard = []
    with reading.read(path, "image/tiff", told=lambda done, total: heard.append((done, total))) as found:
        assert found.pages == 2
        assert found.fields["code_number"].value == "125"
    assert heard[-1] == (2, 2)


def test_j2_a_file_that_kills_the_server_each_time_is_quarantined(letter):
    with db.connection():
        row = readings_queue.enlist_scan(letter.id)
        with db.write():
            row.set(looks=readings_queue.MOST_TRIES)
        ocr.read_scan(outbox.claim({"ocr"}))
        scan = scans.Scan.get_by_id(letter.id)
        assert scan.state == "quarantined" and "nhập tay" in scan.note
