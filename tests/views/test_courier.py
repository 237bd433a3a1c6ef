"""The pages of bundles: making, taking, what became of each packet; nobody else's (I10)."""

import io
import zipfile

import couriers
import letters
import pytest
from couriers import place
from office import Browser

import app
from jobs import runner
from models import agencies, courier, exchange

assert place


@pytest.fixture
def partner(office):
    return agencies.create("Xã Nậm Mẫu", code="H98.44", connection="axis")


def settle():
    while runner.run_one():
        pass


def made_bundle(browser, partner):
    answer = browser.post(
        "/exchange/courier/bundles", data={"partners": partner.id, "carrier": "Ông Vàng A Mẫu"}
    )
    settle()
    return answer.headers["location"]


def test_i10_a_clerk_makes_a_bundle_and_takes_its_file_away(office, partner, browser):
    doc = letters.issued(office.lan, [partner], subject="V/v mưa lũ")
    lan = browser("lan")
    page = lan.get("/exchange/courier").text
    assert "Xã Nậm Mẫu" in page and "1 văn bản" in page
    url = made_bundle(lan, partner)
    page = lan.get(url).text
    assert (
        "Đang đi bằng USB" in page
        and "Ông Vàng A Mẫu" in page
        and "V/v mưa lũ" in page
        and "Chờ trả lời" in page
    )
    file = lan.get(f"{url}/file")
    assert "vanthu-usb_" in file.headers["content-disposition"]
    with zipfile.ZipFile(io.BytesIO(file.content)) as archive:
        assert "packets/0001.edxml" in archive.namelist() and "USB" in archive.read("DOC-TOI.txt").decode()
    assert exchange.sent(doc)[0].state == "queued"


@pytest.mark.parametrize("form, word", [
    ({"carrier": "Ông A"}, "Hãy chọn ít nhất một nơi nhận"),
    ({"partners": "1"}, "Hãy ghi ai mang gói đi"),
    ({"partners": "99999999999999999999", "carrier": "x" * 300}, "Dài quá 200 ký tự"),
])  # fmt: skip
def test_i10_a_wrong_form_keeps_what_was_typed(office, partner, browser, form, word):
    letters.issued(office.lan, [partner])
    answer = browser("lan").post("/exchange/courier/bundles", data=form)
    assert answer.status_code == 422 and word in answer.text
    assert not courier.CourierBundle.select().count()


def test_i10_another_agency_knows_nothing_of_it(office, partner, browser):
    letters.issued(office.lan, [partner], subject="V/v chuyện riêng")
    url = made_bundle(browser("lan"), partner)
    mai = browser("mai")
    for path in (url, f"{url}/items", f"{url}/file"):
        assert mai.get(path).status_code == 404
    assert (
        mai.post(f"{url}/loss").status_code == 404 and "chuyện riêng" not in mai.get("/exchange/courier").text
    )


def test_i10_a_lost_stick_is_told_and_its_documents_wait_again(office, partner, browser):
    letters.issued(office.lan, [partner])
    lan = browser("lan")
    url = made_bundle(lan, partner)
    assert lan.post(f"{url}/loss").headers["location"] == "/exchange/courier"
    page = lan.get("/exchange/courier").text
    assert "Không mang nữa" in page and "1 văn bản" in page
    assert lan.get(f"{url}/file").status_code == 404 and lan.post(f"{url}/loss").status_code == 409


def test_i10_what_is_no_bundle_is_refused_beside_the_field(office, browser):
    lan = browser("lan")
    nothing = lan.post("/exchange/courier/arrivals", data={})
    assert nothing.status_code == 422 and "Hãy chọn tệp gói" in nothing.text
    wrong = lan.post("/exchange/courier/arrivals", files={"file": ("a.zip", b"khong phai zip")})
    assert wrong.status_code == 422 and "không phải tệp ZIP đọc được" in wrong.text


def test_i10_the_other_side_takes_it_and_makes_the_receipts(place, tmp_path):
    here = place("so")
    letters.issued(here.clerk, [here.partner], subject="V/v mưa lũ")
    path = couriers.stick(couriers.bundle(here), tmp_path)
    there = place("xa")
    mai = Browser(app.application(workers=False), "mai")
    answer = mai.post("/exchange/courier/arrivals", files={"file": ("usb.zip", path.read_bytes())})
    url = answer.headers["location"]
    assert "Chờ nhận" in mai.get(url).text
    assert "hx-trigger" in mai.get(f"{url}/items").text
    settle()
    page = mai.get(url).text
    assert (
        "Chữ ký đúng" in page
        and "V/v mưa lũ" in page
        and "Đã nhận" in page
        and "Gói biên nhận mang về" in page
    )
    assert mai.get(f"{url}/items", headers={"HX-Request": "true"}).headers["HX-Redirect"] == url
    again = mai.post("/exchange/courier/arrivals", files={"file": ("usb.zip", path.read_bytes())})
    assert again.headers["location"] == url
    back = mai.post(
        "/exchange/courier/bundles", data={"partners": there.partner.id, "carrier": "Bà Lò Thị Thử"}
    )
    settle()
    assert "Đang đi bằng USB" in mai.get(back.headers["location"]).text
    mai.close()
