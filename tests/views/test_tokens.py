"""Thiết bị ký số pages: who may look (5.1), minutes needed (5.2), wrong files answered in words."""

import io
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from PIL import Image

from models import clock, tokens

DAY = {"minutes_number": "01/BB", "minutes_date": "01/03/2026"}


def certificate(organisation: bool, encoding=serialization.Encoding.DER) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    parts = [(NameOID.COUNTRY_NAME, "VN"), (NameOID.ORGANIZATION_NAME, "Sở Kế hoạch tỉnh Minh Sơn")]
    parts.append((NameOID.COMMON_NAME, "Sở Kế hoạch tỉnh Minh Sơn" if organisation else "Lê Văn Minh"))
    name = x509.Name([x509.NameAttribute(kind, value) for kind, value in parts])
    now = clock.now()
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=300))
        .sign(key, hashes.SHA256())
        .public_bytes(encoding)
    )


def load(browser, content, person="", name="ct.cer"):
    return browser.post(
        "/tokens/certificates", data={"person": str(person)}, files={"certificate": (name, content)}
    )


def test_5_1_an_ordinary_officer_may_not_look(browser):
    assert browser("tuan").get("/tokens").status_code == 403


@pytest.mark.parametrize("encoding", [serialization.Encoding.DER, serialization.Encoding.PEM])
def test_a_certificate_is_recorded_for_its_person(browser, office, encoding):
    answer = load(browser("quantri"), certificate(False, encoding), office.minh.person.id)
    assert answer.status_code == 303
    assert [row.person.login for row in tokens.certificates(office.a.id)] == ["minh"]


@pytest.mark.parametrize(
    "content", [b"", b"khong phai chung thu", b"\x30\x82" + b"\x00" * 200, b"x" * 100_000]
)
def test_a_file_that_is_no_certificate_is_answered_in_words(browser, office, content):
    answer = load(browser("quantri"), content)
    assert answer.status_code == 422 and "chứng thư" in answer.text
    assert tokens.certificates(office.a.id) == []


def test_5_2_the_device_changes_hands_only_with_minutes(browser, office):
    admin = browser("quantri")
    load(admin, certificate(True))
    row = tokens.certificates(office.a.id)[0]
    form = {"certificate": row.id, "keeper": office.lan.post.id, "place": "Két sắt phòng văn thư"}
    refused = admin.post("/tokens/custody", data=form)
    assert (
        refused.status_code == 422 and "biên bản" in refused.text and "Két sắt phòng văn thư" in refused.text
    )
    assert admin.post("/tokens/custody", data=form | DAY).status_code == 303
    assert "Trần Thị Lan" in browser("minh").get("/tokens").text


def test_another_agency_neither_sees_nor_ends_it(browser, office):
    load(browser("quantri"), certificate(True))
    row = tokens.certificates(office.a.id)[0]
    mai = browser("mai")
    assert row.serial[:16] not in mai.get("/tokens").text
    assert mai.post(f"/tokens/certificates/{row.id}/end").status_code == 404
    assert tokens.certificates(office.a.id)


def test_a_seal_is_a_png_with_its_diameter(browser, office):
    made = io.BytesIO()
    Image.new("RGBA", (40, 40), (200, 0, 0, 120)).save(made, "PNG")
    lan = browser("lan")
    wrong = lan.post(
        "/tokens/pictures",
        data={"whose": "seal", "diameter_mm": "36"},
        files={"picture": ("a.png", b"GIF89a")},
    )
    assert wrong.status_code == 422
    good = lan.post(
        "/tokens/pictures",
        data={"whose": "seal", "diameter_mm": "36"},
        files={"picture": ("a.png", made.getvalue())},
    )
    assert good.status_code == 303 and tokens.picture(office.a.id).diameter_mm == 36
