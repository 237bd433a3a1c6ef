"""«Văn bản giấy, tệp vào»: a file a request, photographs, the quarantine, doubles, what was not let in."""

import io

import pytest
from PIL import Image

from models import clock, db, documents, files, intake, scans, scans_came, workflow

JSON = {"Accept": "application/json"}


def sheet(colour=255, kind="PDF", **how):
    held = io.BytesIO()
    Image.new("L", (120, 170), colour).save(held, kind, **how)
    return held.getvalue()


PDF = sheet()


def sent(person, content=PDF, name="thu.pdf", **fields):
    return person.post("/scans", data=fields, files=[("file", (name, content))], headers=JSON)


def rows():
    with db.connection():
        return list(scans.Scan.select().order_by(scans.Scan.id))


def stopped(office, name="hong.pdf"):
    with db.connection():
        scan = scans.upload(office.lan, files.store(PDF), name, "application/pdf")
        scans.quarantine(scan, "Tệp hỏng nên không đọc được.")
    return scan


def test_a13_a_script_is_told_of_each_file(browser):
    lan = browser("lan")
    said = sent(lan, name="Kế hoạch số 5.pdf").json()
    assert said["name"] == "Kế hoạch số 5.pdf" and said["double"] is None
    wrong = sent(lan, b"MZ\x90\x00 program", "b.pdf")
    assert wrong.status_code == 422 and "b.pdf" in wrong.json()["error"]
    assert [scan.id for scan in rows()] == [said["id"]]
    assert lan.post("/scans", data={"x": "1"}, headers=JSON).status_code == 422


def test_a13_pressing_again_after_a_lost_answer_doubles_nothing(browser, office):
    lan = browser("lan")
    first = sent(lan, key="abc").json()
    assert sent(lan, key="abc").json()["id"] == first["id"]
    assert sent(browser("mai"), key="abc").json()["id"] != first["id"]  # keys are a person's own
    assert len(rows()) == 2


def test_a13_a_large_file_is_named_with_its_limit(browser, data, monkeypatch):
    monkeypatch.setattr(scans, "check_upload", lambda path, name, _: real(path, name, 0))
    answer = sent(browser("lan"))
    assert answer.status_code == 422
    assert "quá mức 0 MB" in answer.json()["error"]


real = scans.check_upload


def test_a8_the_same_bytes_are_taken_and_the_older_one_is_linked(browser, office):
    lan = browser("lan")
    first = sent(lan, name="cũ.pdf").json()
    said = sent(lan, name="mới.pdf").json()
    assert said["double"]["url"] == f"/scans/{first['id']}"
    assert "«cũ.pdf»" in said["double"]["words"]
    page = lan.get("/scans").text
    assert page.count("Giống hệt «cũ.pdf»") == 1
    assert sent(browser("mai")).json()["double"] is None  # another agency's file is none of ours


def test_a8_the_bytes_of_an_electronic_document_are_recognised(browser, office):
    stored = files.store(PDF)
    with db.connection(), db.write():
        held = workflow.begin(
                "incoming", "arrived", office.lan, agency=office.a.id, source="axis", code_number="9",
                code_notation="SGT-VP", organ_name="Sở Giả Tưởng", created_at=clock.now(),
            )  # fmt: skip
        documents.attach(held, files.record(stored, "van-ban.pdf", "application/pdf"), "main")
    said = sent(browser("lan")).json()["double"]
    assert said["url"] == f"/incoming/{held.id}" and "9/SGT-VP Sở Giả Tưởng" in said["words"]


def test_photographs_are_the_pages_of_one_letter_and_stay_as_received(browser, office):
    lan = browser("lan")
    shots = [sheet(colour, "JPEG") for colour in (255, 200, 150)]
    first = sent(lan, shots[0], "image.jpg", photo="1", key="1").json()["id"]
    for number, shot in enumerate(shots[1:], 2):
        said = sent(lan, shot, "image.jpg", photo="1", after=str(first), key=str(number)).json()
        assert said["said"] == ""
    one, *others = rows()
    assert (one.state, one.source, one.pages_total) == ("waiting", "photo", 3)
    assert one.name.startswith("Ảnh ") and [scan.state for scan in others] == ["merged", "merged"]
    with db.connection():
        assert [scan.file.read() for scan in rows()] == shots
    again = sent(lan, shots[2], "image.jpg", photo="1", after=str(first), key="3").json()
    assert again["id"] == others[1].id and len(rows()) == 3  # its answer was lost: nothing is added twice


def test_photographs_without_script(browser, office):
    shots = [("file", (f"{number}.jpg", sheet(250 - number, "JPEG"))) for number in range(3)]
    assert browser("lan").post("/scans", data={"photo": "1"}, files=shots).status_code == 303
    one, *others = rows()
    assert one.pages_total == 3 and {scan.state for scan in others} == {"merged"}


def test_another_agency_s_scan_takes_no_photograph(browser, office):
    first = sent(browser("lan")).json()["id"]
    assert sent(browser("mai"), sheet(9, "JPEG"), "a.jpg", photo="1", after=str(first)).status_code == 404


@pytest.mark.parametrize(("act", "words"), [("return", "Trả lại nơi đưa tới"), ("drop", "Bỏ")])
def test_a12_the_quarantine_says_why_and_is_emptied_by_one_press(browser, office, act, words):
    scan, lan = stopped(office), browser("lan")
    page = lan.get("/scans").text
    assert "Cách ly: không đọc được" in page and "Tệp hỏng nên không đọc được." in page
    answer = lan.post(f"/scans/{scan.id}/setting-aside", data={"act": act}, hx=True)
    assert answer.status_code == 200 and "Cách ly" not in answer.text
    with db.connection():
        now = scans.Scan.get_by_id(scan.id)
        assert now.state == "refused" and now.note == f"{words}: Tệp hỏng nên không đọc được."
        assert now.file.read() == PDF  # the original stays
    assert lan.post(f"/scans/{scan.id}/setting-aside", data={"act": act}).status_code == 409


def test_a12_what_stopped_can_be_read_again(browser, office):
    scan = stopped(office)
    assert browser("lan").post(f"/scans/{scan.id}/new-reading").status_code == 303
    assert rows()[0].state == "waiting"


def test_a_waiting_one_can_be_cancelled_and_a_read_one_not(browser, office):
    lan = browser("lan")
    scan = sent(lan).json()["id"]
    assert lan.post(f"/scans/{scan}/setting-aside", data={"act": "drop"}).status_code == 409
    assert lan.post(f"/scans/{scan}/setting-aside", data={"act": "x"}).status_code == 404
    assert lan.post(f"/scans/{scan}/setting-aside", data={"act": "cancel"}).status_code == 303
    assert rows()[0].state == "refused"


def test_a12_what_was_not_let_in_stands_there_until_it_is_seen(browser, office):
    with db.connection():
        channel = scans.Channel(office.a.id, "mail", "a@vidu.vn")
        for _ in range(2):
            intake.refuse(channel, "bảng.xlsx", "là bảng tính", "k1")
        row = intake.IntakeRefusal.get()
    lan = browser("lan")
    assert "Hộp thư: a@vidu.vn" in lan.get("/scans").text and "bảng.xlsx" in lan.get("/scans").text
    assert "bảng.xlsx" not in browser("mai").get("/scans").text
    assert browser("mai").post(f"/scans/refused/{row.id}/seen").status_code == 404
    assert lan.post(f"/scans/refused/{row.id}/seen").status_code == 303
    assert "bảng.xlsx" not in lan.get("/scans/rows").text


def test_q10_1_a_the_chip_of_the_standard_stands_on_the_list(browser, office):
    lan = browser("lan")
    scan = sent(lan).json()["id"]
    with db.connection():
        scans.note_lacks(
            scans.Scan.get_by_id(scan),
            ["150 dpi – thấp hơn quy định (200 dpi).", "Trang 1 không phải ảnh màu."],
        )
    assert "150 dpi – thấp hơn quy định (200 dpi). (+1)" in lan.get("/scans").text.replace("\n", "")


@pytest.mark.parametrize(
    ("name", "hinted"),
    [
        ("CV_MAT_12.pdf", True),
        ("tối mật.pdf", True),
        ("mat khau.pdf", False),
        ("mặt bằng.pdf", False),
        ("thu.pdf", False),
    ],
)
def test_a_name_that_speaks_of_secrecy_is_only_a_hint(browser, office, name, hinted):
    sent(browser("lan"), name=name)
    scan = rows()[0]
    assert bool(scans_came.hint(scan)) is hinted
    assert scan.state == "waiting" and scan.file_id


def test_the_list_is_read_without_other_agencies(browser, office):
    sent(browser("lan"), name="rieng.pdf")
    assert "rieng.pdf" not in browser("mai").get("/scans").text
