"""The scan standard on what came in (Quy chế 10.1; ND30 PL I Phần II.I.2): words for the clerk, never a stop."""

import io

import pytest
import scanned
from PIL import Image

from jobs import intake_standard
from models import db, files, outbox, scans


def picture(size, kind="JPEG", mode="RGB", **how) -> bytes:
    held = io.BytesIO()
    Image.new(mode, size, "white").save(held, kind, **how)
    return held.getvalue()


def examined(office, content, name, media_type):
    with db.connection():
        scan = scans.upload(office.lan, files.store(content), name, media_type)
        intake_standard.examine(outbox.claim({"examine"}))
        return scans.Scan.get_by_id(scan.id)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (scanned.scan(), ()),
        (scanned.scan(827, 1170, dpi=100), ("100 dpi – thấp hơn quy định (200 dpi).",)),
        (scanned.scan(1240, 1754, mode="L", dpi=150), ("150 dpi", "không phải ảnh màu")),
        (scanned.scan(1654, 1654), ("khổ A4",)),
    ],
)
def test_q10_1_a_what_a_scan_lacks_is_said_and_stops_nothing(office, content, said):
    scan = examined(office, content, "quet.pdf", "application/pdf")
    assert scan.state == "waiting" and len(scan.standard) == len(said)
    assert all(words in " ".join(scan.standard) for words in said)


def test_q10_1_a_an_old_pdf_is_named(office):
    content = scanned.scan().replace(b"%PDF-1.4", b"%PDF-1.3", 1)
    assert examined(office, content, "cu.pdf", "application/pdf").standard == [
        "Tệp PDF phiên bản 1.3, thấp hơn 1.4."
    ]


def test_q10_1_a_a_picture_is_measured_as_a4(office):
    poor = examined(office, picture((827, 1170)), "anh.jpg", "image/jpeg")
    assert poor.standard == ["100 dpi – thấp hơn quy định (200 dpi)."]
    assert examined(office, picture((2480, 3508)), "tot.jpg", "image/jpeg").standard == []


def test_a6_a_document_from_a_computer_and_a_broken_file_are_no_poor_scans(office):
    drawn = b"%PDF-1.4\n" + scanned.scan().partition(b"\n")[2]
    assert examined(office, drawn[: len(drawn) // 2], "hong.pdf", "application/pdf").standard == []
    assert intake_standard.shortcomings(
        {"pages": 2, "version": "1.7", "dpi": 0, "grey": (), "drawn": [1, 2], "odd_sizes": ()}
    ) == ()  # fmt: skip


def test_a_large_photograph_is_made_smaller_upright_and_stays_as_received(office):
    """A phone's 24 megapixels, held sideways: the pages are upright at 300 dpi of A4, the bytes are the phone's."""
    exif = Image.Exif()
    exif[0x0112] = 6  # turn 90° clockwise to stand upright
    shot = picture((5600, 3960), exif=exif)
    scan = examined(office, shot, "image.jpg", "image/jpeg")
    assert scan.file.read() == shot and scan.standard == []
    facts = intake_standard.look(scan.file.path(), "image/jpeg")
    assert facts["pages"] == 1 and 295 <= facts["dpi"] <= 305 and not facts["odd_sizes"]
