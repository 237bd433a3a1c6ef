"""A box drawn on a page (B12): its words come back, wrong boxes get a sentence, other agencies' papers stay unknown."""

import io

import pytest
from arrivals import consigned
from PIL import Image, ImageDraw, ImageFont

from models import db, documents, files, outbox, readings_queue, scans

JSON = {"Accept": "application/json"}
FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSerif.ttf"
DOTS = 150 / 72  # of the picture, a point


def picture():
    """A sheet with one line of letters, as a scanner gives it."""
    sheet = Image.new("RGB", (1240, 1754), "white")
    pen = ImageDraw.Draw(sheet)
    pen.text(
        (100 * DOTS, 100 * DOTS),
        "Số: 125/SKH-VP",
        font=ImageFont.truetype(FONT, int(14 * DOTS)),
        fill="black",
    )
    held = io.BytesIO()
    sheet.save(held, "PDF", resolution=150)
    return held.getvalue()


def printed():
    """A page with a text of its own."""
    content = b"BT /F1 14 Tf 100 700 Td (Ra soat ke hoach nam) Tj ET"
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(content), content),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]  # fmt: skip
    body = b"%PDF-1.4\n" + b"".join(b"%d 0 obj%s endobj\n" % (n, one) for n, one in enumerate(objects, 1))
    return body + b"trailer<</Root 1 0 R>>\n%%EOF\n"


def box(x0, y0, x1, y1, page=1):
    return {"page": str(page), "x0": x0, "y0": y0, "x1": x1, "y1": y1}


@pytest.fixture
def scan(office):
    with db.connection():
        scan = scans.upload(office.lan, files.store(picture()), "thu.pdf", "application/pdf")
        with db.write():
            scans.order_reading(scan)
        return scan


@pytest.fixture
def arrival(office):
    with db.connection():
        doc = consigned(office)
        with db.write():
            documents.attach(doc, files.put(printed(), "den.pdf", "application/pdf"), "main")
            row = readings_queue.enlist_document(doc, documents.main_file(doc))
            readings_queue.looked(
                row, [{"number": 1, "of": 1, "width": 595, "height": 842, "scanned": False}]
            )
        return doc


def test_b12_the_words_in_a_box_come_back(browser, scan):
    answer = browser("lan").post(f"/scans/{scan.id}/box", data=box(92, 94, 240, 124), headers=JSON)
    assert answer.status_code == 200 and answer.json() == {"text": "Số: 125/SKH-VP"}


def test_b12_words_a_page_has_of_its_own_are_taken_as_they_are(browser, arrival):
    lan = browser("lan")
    answer = lan.post(f"/incoming/{arrival.id}/box", data=box(95, 125, 160, 150))
    assert answer.status_code == 200 and answer.text == "Ra soat"
    nothing = lan.post(f"/incoming/{arrival.id}/box", data=box(300, 400, 400, 440), headers=JSON)
    assert nothing.status_code == 422 and "gõ tay" in nothing.json()["error"]


def test_b12_wrong_boxes_are_answered_with_a_sentence(browser, scan):
    lan = browser("lan")
    for wrong, words in (
        (box(10, 10, 11, 12), "quá nhỏ"), (box(0, 0, 595, 842), "quá lớn"), (box(700, 10, 900, 60), "ngoài trang"),
        (box(10, 10, 90, 60, page=7), "ngoài trang"), (box("nan", 1, 2, 3), "vẽ khung"), ({}, "vẽ khung"),
    ):  # fmt: skip
        answer = lan.post(f"/scans/{scan.id}/box", data=wrong, headers=JSON)
        assert answer.status_code == 422 and words in answer.json()["error"], wrong


def test_b12_another_agencys_paper_is_unknown(browser, scan, arrival):
    mai = browser("mai")
    assert mai.post(f"/scans/{scan.id}/box", data=box(92, 94, 240, 124)).status_code == 404
    assert mai.post(f"/incoming/{arrival.id}/box", data=box(92, 94, 240, 124)).status_code == 404


def test_b1_a_press_puts_a_scan_before_all_others(browser, scan):
    answer = browser("lan").post(f"/scans/{scan.id}/reading-first", follow_redirects=False)
    assert answer.status_code == 303
    with db.connection():
        assert outbox.Order.get(outbox.Order.kind == "ocr").priority == readings_queue.FIRST
