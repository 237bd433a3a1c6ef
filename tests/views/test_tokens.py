"""Trang thiết bị ký số (Quy chế 5): who may look, hand-over with minutes to print, loss, uses, pictures, wrong input."""

import base64
import io
import subprocess
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from custody import used
from PIL import Image, ImageDraw

from models import clock, db, journal, notifications, tokens, tokens_custody, tokens_readers, users
from views import sheets

AGENCY = "Sở Kế hoạch tỉnh Minh Sơn"
DAYS = {"minutes_date": "01/03/2026", "assignment_date": "01/03/2026"}
PAPERS = DAYS | {"minutes_number": "01/BB", "assignment_number": "05/QĐ", "kind": "hand_over"}


@pytest.fixture(scope="module")
def made():
    """Certificates by name, made once."""
    return {name: certificate(name) for name in (AGENCY, "Lê Văn Minh", "Sở Kế hoạch mới")}


def certificate(name, encoding=serialization.Encoding.DER) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    person = name == "Lê Văn Minh"
    parts = [
        (NameOID.COUNTRY_NAME, "VN"),
        (NameOID.ORGANIZATION_NAME, AGENCY if person else name),
        (NameOID.COMMON_NAME, name),
    ]
    subject = x509.Name([x509.NameAttribute(kind, value) for kind, value in parts])
    now = clock.now()
    builder = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
    )
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(days=1))
    return (
        builder.not_valid_after(now + timedelta(days=300)).sign(key, hashes.SHA256()).public_bytes(encoding)
    )


def load(browser, content, whose="", name="ct.cer", **rest):
    return browser.post(
        "/tokens/certificates", data={"whose": str(whose), **rest}, files={"certificate": (name, content)}
    )


@pytest.fixture
def token(browser, office, made):
    """The agency's device, given to Lan by the head on the pages; Khoa is a second clerk."""
    with db.write():
        office.khoa.post.set(roles="form_checker clerk")
    load(browser("quantri"), made[AGENCY], serial="TB-01", place="Két sắt phòng văn thư")
    row = tokens.devices(office.a.id)[0]
    browser("minh").post(f"/tokens/{row.id}/custody", data=PAPERS | {"to": office.lan.post.id})
    act = tokens_custody.awaiting_of(row)
    browser("lan").post(f"/tokens/custody/{act.id}/receipt")
    return tokens.device(row.id)


def png(colour, size=(500, 500), ground=(0, 0, 0, 0)):
    image, out = Image.new("RGBA", size, ground), io.BytesIO()
    ImageDraw.Draw(image).ellipse((10, 10, size[0] - 10, size[1] - 10), outline=colour, width=30)
    image.save(out, "PNG")
    return out.getvalue()


def words_of(answer) -> str:
    assert answer.status_code == 200 and answer.headers["content-type"] == "application/pdf"
    done = subprocess.run(
        ["pdftotext", "-raw", "-", "-"], input=answer.content, capture_output=True, check=True
    )
    return " ".join(done.stdout.decode().split())


@pytest.mark.parametrize("login", ["tuan", "lan", "quantri", "hoa", "khoa"])
def test_q5_1_who_is_not_named_is_told_he_has_no_right_and_sees_no_entry(browser, office, made, login):
    answer = browser(login).get("/tokens")
    assert answer.status_code == 403 and "không có quyền" in answer.text
    assert "Sổ thiết bị ký số" not in browser(login).get("/password").text
    assert "Sổ thiết bị ký số" in browser("minh").get("/password").text


def test_q5_1_the_head_names_a_person_who_then_sees_the_register(browser, office, token):
    minh = browser("minh")
    wrong = minh.post("/tokens/readers", data={"post": office.quantri.post.id, "basis": ""})
    assert (
        wrong.status_code == 422
        and "căn cứ" in wrong.text
        and f'value="{office.quantri.post.id}" selected' in wrong.text
    )
    form = {"post": office.quantri.post.id, "basis": "QĐ 11/QĐ-SKH"}
    assert minh.post("/tokens/readers", data=form).status_code == 303
    assert "TB-01" in browser("quantri").get("/tokens").text
    row = tokens_readers.readers(office.a.id)[0]
    assert browser("quantri").post(f"/tokens/readers/{row.id}/end").status_code == 403
    assert minh.post(f"/tokens/readers/{row.id}/end").status_code == 303
    assert browser("quantri").get("/tokens").status_code == 403


def test_q5_1_each_page_view_is_one_line(browser, token):
    minh, before = (
        browser("minh"),
        journal.Event.select().where(journal.Event.verb == "look_at_tokens").count(),
    )
    for page in (
        "",
        f"/{token.id}",
        f"/{token.id}/uses",
        f"/{token.id}/uses.csv",
        f"/{token.id}/uses.pdf",
        f"/{token.id}/custody",
    ):
        minh.get(f"/tokens{page}")
    assert journal.Event.select().where(journal.Event.verb == "look_at_tokens").count() == before + 6


@pytest.mark.parametrize("encoding", [serialization.Encoding.DER, serialization.Encoding.PEM])
def test_a_certificate_is_recorded_for_its_person(browser, office, encoding):
    answer = load(browser("quantri"), certificate("Lê Văn Minh", encoding), office.minh.person.id)
    assert answer.status_code == 303
    assert [row.person.login for row in tokens.certificates(office.a.id)] == ["minh"]


def test_a_certificate_read_off_the_device_by_the_page_is_recorded(browser, office, made):
    text = base64.b64encode(made["Lê Văn Minh"]).decode()
    form = {"read": text, "chain": "khong%phai AAAA", "whose": office.minh.person.id, "serial": "GCA-1"}
    assert browser("quantri").post("/tokens/certificates", data=form).status_code == 303
    assert tokens.devices(office.a.id)[0].serial == "GCA-1"
    wrong = browser("quantri").post("/tokens/certificates", data=form | {"read": "QUJD"})
    assert wrong.status_code == 422 and "không đọc được" in wrong.text


def test_only_the_pages_that_read_a_device_may_talk_to_the_signing_program(browser, office, token):
    minh = browser("minh")
    for page, may in (
        ("certificates/new", True),
        (f"{token.id}/renewal", True),
        ("mine", False),
        (f"{token.id}", False),
    ):
        policy = minh.get(f"/tokens/{page}").headers["content-security-policy"]
        assert ("ws://127.0.0.1" in policy) is may


@pytest.mark.parametrize(
    "content", [b"", b"khong phai chung thu", b"\x30\x82" + b"\x00" * 200, b"x" * 100_000]
)
def test_a_file_that_is_no_certificate_is_answered_in_words(browser, office, content):
    answer = load(browser("quantri"), content, serial="GIU-LAI")
    assert answer.status_code == 422 and "chứng thư" in answer.text and "GIU-LAI" in answer.text
    assert tokens.certificates(office.a.id) == []


def test_q5_2_c_the_page_refuses_a_change_of_keeper_without_minutes(browser, office, token):
    lan = browser("lan")
    form = {"kind": "hand_over", "to": office.khoa.post.id, "condition": "Vỏ xước nhẹ"}
    refused = lan.post(f"/tokens/{token.id}/custody", data=form)
    assert refused.status_code == 422 and "biên bản" in refused.text and "Vỏ xước nhẹ" in refused.text
    assert tokens.device(token.id).keeper_id == office.lan.post.id
    odd = lan.post(
        f"/tokens/{token.id}/custody", data=form | {"to": "abc", "minutes_date": "35/35", "kind": "x"}
    )
    assert odd.status_code == 422 and "không phải là ngày" in odd.text


def test_q5_2_c_two_people_print_the_minutes_and_attach_the_signed_copy(browser, office, token):
    lan, khoa = browser("lan"), browser("khoa")
    form = PAPERS | {"to": office.khoa.post.id, "minutes_number": "02/BB-SKH", "condition": "Vỏ xước <nhẹ>"}
    assert lan.post(f"/tokens/{token.id}/custody", data=form).status_code == 303
    act = tokens_custody.awaiting(office.khoa)[0]
    assert "Tôi đã nhận thiết bị" in khoa.get("/tokens/mine").text
    assert lan.post(f"/tokens/custody/{act.id}/receipt").status_code == 403
    assert browser("tuan").get(f"/tokens/custody/{act.id}/minutes.pdf").status_code == 403
    said = words_of(khoa.get(f"/tokens/custody/{act.id}/minutes.pdf"))
    for words in ("BÊN GIAO", "BÊN NHẬN", "Trần Thị Lan", "Bùi Đăng Khoa", "TB-01", "Vỏ xước <nhẹ>", "02/BB-SKH",
                  "Bàn giao thiết bị lưu khóa bí mật", "05/QĐ", "…… giờ"):  # fmt: skip
        assert words in said, words
    assert khoa.post(f"/tokens/custody/{act.id}/receipt").status_code == 303
    assert "Xác nhận bằng tài khoản của mình" in words_of(khoa.get(f"/tokens/custody/{act.id}/minutes.pdf"))
    page = khoa.get(f"/tokens/{token.id}").text
    assert "Chưa có bản ký" in page
    url = f"/tokens/custody/{act.id}/copy"
    wrong = khoa.post(url, files={"copy": ("bb.pdf", b"MZ\x90khong phai pdf")})
    assert wrong.status_code == 422 and "bb.pdf" in wrong.text
    assert khoa.post(url).status_code == 422
    assert khoa.post(url, files={"copy": ("bb.png", png("black"))}).status_code == 303
    copy = khoa.get(url)
    assert copy.content == png("black") and "attachment" in copy.headers["content-disposition"]
    assert browser("lan").get(f"/tokens/{token.id}").status_code == 403  # no longer hers to see


def test_the_receiver_who_refuses_says_why(browser, office, token):
    browser("lan").post(f"/tokens/{token.id}/custody", data=PAPERS | {"to": office.khoa.post.id})
    act, khoa = tokens_custody.awaiting(office.khoa)[0], browser("khoa")
    assert khoa.post(f"/tokens/custody/{act.id}/refusal", data={"reason": ""}).status_code == 422
    assert (
        khoa.post(f"/tokens/custody/{act.id}/refusal", data={"reason": "Niêm phong rách"}).status_code == 303
    )
    assert "Niêm phong rách" in browser("lan").get(f"/tokens/{token.id}").text
    assert khoa.get("/tokens/mine").text.count("Tôi đã nhận thiết bị") == 0


def test_one_act_reports_a_loss_and_shows_what_was_signed_since(browser, office, token):
    used(office.lan, token.certificate, sha256="a" * 64)
    elsewhere, lan = browser("lan"), browser("lan")
    assert "có hiệu lực ngay" in lan.get(f"/tokens/{token.id}/loss").text
    form = {"since_day": f"{clock.today():%d/%m/%Y}", "since_time": "25:00", "story": "Mất cặp ở bến xe"}
    wrong = lan.post(f"/tokens/{token.id}/loss", data=form)
    assert wrong.status_code == 422 and "14:30" in wrong.text and "Mất cặp ở bến xe" in wrong.text
    done = lan.post(f"/tokens/{token.id}/loss", data=form | {"since_time": ""})
    assert done.headers["location"] == f"/tokens/{token.id}/since"
    assert elsewhere.get("/").status_code == 303  # the other session is over
    page = lan.get(f"/tokens/{token.id}/since").text
    assert "aaaaaaaaaaaa…" in page
    act = tokens_custody.of(token)[0]
    said = words_of(lan.get(f"/tokens/custody/{act.id}/minutes.pdf"))
    assert "Mẫu số 09" in said and "Mất cặp ở bến xe" in said and "a" * 64 in said.replace(" ", "")
    number = {"minutes_number": "03/BB", "minutes_date": f"{clock.today():%d/%m/%Y}"}
    assert lan.post(f"/tokens/custody/{act.id}/minutes", data=number).status_code == 303
    notifications.spread()
    assert "Báo mất" in browser("minh").get("/notifications").text


def test_revocation_return_and_its_minutes(browser, office, token):
    minh, day = browser("minh"), f"{clock.today():%d/%m/%Y}"
    wrong = minh.post(f"/tokens/{token.id}/revocation", data={"reason": "", "notice_number": "12/TB"})
    assert wrong.status_code == 422 and "lý do" in wrong.text and "12/TB" in wrong.text
    form = {"reason": "retired", "notice_number": "12/TB", "notice_date": day}
    assert minh.post(f"/tokens/{token.id}/revocation", data=form).status_code == 303
    page = minh.get(f"/tokens/{token.id}").text
    assert "05 ngày làm việc" in page and f"{tokens.device(token.id).return_due:%d/%m/%Y}" in page
    assert f"{tokens.device(token.id).return_due:%d/%m/%Y}" in minh.get("/tokens").text
    form = {
        "minutes_number": "09/BB",
        "minutes_date": day,
        "receiver": "Ông Mẫu, Cục Mẫu",
        "condition": "Tốt",
    }
    assert minh.post(f"/tokens/{token.id}/return", data=form | {"receiver": ""}).status_code == 422
    assert minh.post(f"/tokens/{token.id}/return", data=form).status_code == 303
    act = tokens_custody.of(token)[0]
    said = words_of(minh.get(f"/tokens/custody/{act.id}/minutes.pdf"))
    assert "Mẫu số 08" in said and "Ông Mẫu, Cục Mẫu" in said and "Trần Thị Lan" in said


def test_a_renewed_certificate_keeps_the_keeper(browser, office, token, made):
    minh = browser("minh")
    wrong = minh.post(f"/tokens/{token.id}/renewal", files={"certificate": ("a.cer", made["Lê Văn Minh"])})
    assert wrong.status_code == 422 and "cơ quan" in wrong.text
    done = minh.post(f"/tokens/{token.id}/renewal", files={"certificate": ("a.cer", made["Sở Kế hoạch mới"])})
    assert done.status_code == 303
    after = tokens.device(token.id)
    assert after.keeper_id == office.lan.post.id and after.certificate.name == "Sở Kế hoạch mới"


def test_q5_2_b_the_months_uses_on_screen_paper_and_sheet_are_the_same(browser, office, token):
    for number in range(3):
        used(office.lan, token.certificate, sha256=f"{number}" * 64, machine="=cmd|'/c calc'!A1")
    lan, month = browser("lan"), f"{clock.today():%Y-%m}"
    page = lan.get(f"/tokens/{token.id}/uses?month={month}").text
    assert page.count("Ký số của cơ quan") == 3 and "3 lần" in page
    sheet = lan.get(f"/tokens/{token.id}/uses.csv?month={month}")
    lines = sheet.content.decode("utf-8-sig").splitlines()
    assert len(lines) == 4 and ",'=cmd|'" in lines[1] and ",=cmd" not in sheet.text
    paper = words_of(lan.get(f"/tokens/{token.id}/uses.pdf?month={month}"))
    assert "3 lần" in paper and "2" * 64 in paper.replace(" ", "")
    assert "0 lần" in lan.get(f"/tokens/{token.id}/uses?month=2001-01").text
    assert lan.get(f"/tokens/{token.id}/uses?month=rubbish").status_code == 200


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "  =1", "\u00a0=1", "|x", "%x"])
def test_no_cell_of_a_sheet_is_a_formula(cell):
    assert sheets.neutral(cell).startswith("'")
    assert sheets.neutral("Về việc 1+1=2") == "Về việc 1+1=2" and sheets.neutral(None) == ""


def test_nd30_a_seal_is_a_red_png_with_its_diameter(browser, office):
    lan, seal = browser("lan"), {"whose": "seal", "diameter_mm": "36"}
    for wrong, words in (
        (b"GIF89a", "a.png"),
        (png((28, 63, 170, 255)), "đỏ"),
        (png("red", ground=(255, 255, 255, 255)), "trong suốt"),
    ):
        answer = lan.post("/tokens/pictures", data=seal, files={"picture": ("a.png", wrong)})
        assert answer.status_code == 422 and words in answer.text
    good = png((200, 24, 24, 255))
    assert (
        lan.post(
            "/tokens/pictures", data=seal | {"diameter_mm": ""}, files={"picture": ("a.png", good)}
        ).status_code
        == 422
    )
    assert lan.post("/tokens/pictures", data=seal, files={"picture": ("a.png", good)}).status_code == 303
    assert tokens.picture(office.a.id).diameter_mm == 36
    assert lan.get("/tokens/pictures/seal.png").content == good
    assert browser("tuan").get("/tokens/pictures/seal.png").status_code == 403


def test_a_signature_picture_is_ones_own(browser, office):
    blue = png((28, 63, 170, 255), (600, 300))
    minh = browser("minh")
    assert minh.get("/tokens/pictures/mine.png").status_code == 204
    assert (
        minh.post("/tokens/pictures", data={"whose": "mine"}, files={"picture": ("ky.png", blue)}).status_code
        == 303
    )
    assert minh.get("/tokens/pictures/mine.png").content == blue
    assert browser("hoa").get("/tokens/pictures/mine.png").status_code == 204
    other = {"whose": str(office.hoa.person.id)}
    assert minh.post("/tokens/pictures", data=other, files={"picture": ("ky.png", blue)}).status_code == 403
    assert (
        browser("quantri")
        .post("/tokens/pictures", data=other, files={"picture": ("ky.png", blue)})
        .status_code
        == 303
    )
    assert tokens.picture(office.a.id, office.hoa.person.id)


def test_mine_shows_own_devices_and_recent_uses(browser, office, made, token):
    load(browser("quantri"), made["Lê Văn Minh"], office.minh.person.id)
    used(
        users.Actor(office.minh.person, office.minh.post),
        tokens.certificates(office.a.id)[-1],
        "leader",
        "b" * 64,
    )
    page = browser("minh").get("/tokens/mine").text
    assert "Lê Văn Minh" in page and "bbbbbbbbbbbb…" in page and "127.0.0.1" in page
    assert "Chưa có chứng thư nào ghi cho bạn" in browser("tuan").get("/tokens/mine").text


def test_another_agency_neither_sees_nor_touches_it(browser, office, token):
    binh = browser("binh")
    assert "TB-01" not in binh.get("/tokens").text
    for page in ("", "/uses", "/custody", "/loss", "/revocation", "/renewal"):
        assert binh.get(f"/tokens/{token.id}{page}").status_code == 404
    assert (
        binh.post(f"/tokens/{token.id}/loss", data={"since_day": "01/03/2026", "story": "x"}).status_code
        == 404
    )
