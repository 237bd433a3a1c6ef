"""Nơi cấp tin cậy pages: two steps, a period, lists as files, addresses that may be asked; only the province decides."""

import base64
import re
from pathlib import Path

import authorities
import pytest
from cryptography import x509

from jobs import lists, runner
from models import clock, db, journal, trust, trust_hosts, trust_lists

FORM = {"kind": "official", "decision": "QĐ 1/QĐ-MS", "valid_from": "01/01/2026"}


@pytest.fixture(scope="module")
def root():
    points = x509.CRLDistributionPoints(
        [
            x509.DistributionPoint(
                [x509.UniformResourceIdentifier("http://crl.ca.example/goc.crl")], None, None, None
            )
        ]
    )
    return authorities.authority("CA Gốc Mẫu", extensions=[points])


def added(browser, authority, **values):
    admin = browser("admin")
    form = FORM | {"der": base64.b64encode(authority.der).decode(), "compared": "1"} | values
    assert admin.post("/trust/confirmation", data=form).status_code == 303
    return trust.TrustRoot.get(trust.TrustRoot.sha256 == authority.sha256)


def test_q10_2_b_an_authority_comes_in_by_two_steps(browser, root):
    admin = browser("admin")
    page = admin.post("/trust", data=FORM, files={"authority": ("ca.cer", root.der)})
    assert page.status_code == 200 and not trust.trusted()
    shown = re.sub(r"\s", "", page.text)
    assert root.sha256.upper() in shown and "CA Gốc Mẫu" in page.text
    form = FORM | {"der": base64.b64encode(root.der).decode()}
    unseen = admin.post("/trust/confirmation", data=form)
    assert unseen.status_code == 422 and "so vân tay" in unseen.text and not trust.trusted()
    assert admin.post("/trust/confirmation", data=form | {"compared": "1"}).status_code == 303
    [row] = trust.trusted()
    assert (row.purpose, row.decision, bool(row.added_by)) == ("official", "QĐ 1/QĐ-MS", True)
    assert clock.local(row.valid_from).strftime("%d/%m/%Y") == "01/01/2026"
    again = admin.post("/trust/confirmation", data=form | {"compared": "1"})
    assert again.status_code == 422 and "đã có trong danh sách" in again.text


def test_only_the_province_decides_whom_to_trust(browser, root):
    for path in ("/trust", "/trust/confirmation", "/trust/lists", "/trust/addresses", "/trust/rule"):
        assert browser("quantri").post(path, data=FORM).status_code == 403
    assert browser("lan").get("/trust").status_code == 200
    assert "Thêm nơi cấp" not in browser("lan").get("/trust").text


def test_what_is_no_authority_is_refused_in_words(browser, root):
    admin = browser("admin")
    person = authorities.authority("Người Mẫu", root, ca=False)
    for content, sentence in (
        (b"<html>", "không phải chứng thư số"),
        (person.der, "không phải chứng thư của một nơi cấp"),
    ):
        answer = admin.post("/trust", data=FORM, files={"authority": ("ca.cer", content)})
        assert answer.status_code == 422 and sentence in answer.text
        assert "QĐ 1/QĐ-MS" in answer.text, "typed values are kept"


def test_a_period_is_changed_with_a_ground_and_a_removal_stays_to_be_read(browser, root):
    row, admin = added(browser, root), browser("admin")
    assert admin.post(f"/trust/{row.id}/period", data={"valid_until": "01/06/2026"}).status_code == 422
    good = {"valid_from": "01/01/2026", "valid_until": "01/06/2026", "why": "QĐ 7/QĐ-MS"}
    assert admin.post(f"/trust/{row.id}/period", data=good).status_code == 303
    row = trust.load(row.id)
    assert row.is_trusted(clock.at("2026-05-31 23:59")) and not row.is_trusted(clock.at("2026-06-01 00:00"))
    assert admin.post(f"/trust/{row.id}/end", data={}).status_code == 422
    assert admin.post(f"/trust/{row.id}/end", data={"why": "Thêm nhầm"}).status_code == 303
    assert not trust.trusted() and "Thêm nhầm" in admin.get("/trust").text
    assert {event.verb for event in journal.of(row)} == {"trust", "trust_period", "distrust"}


def test_the_practice_statement_lies_with_the_authority(browser, root):
    row, admin = added(browser, root), browser("admin")
    assert admin.get(f"/trust/{row.id}/statement").status_code == 404
    wrong = admin.post(f"/trust/{row.id}/statement", files={"statement": ("a.pdf", b"GIF89a")})
    assert wrong.status_code == 422
    pdf = (Path(__file__).parents[1] / "signing" / "letters" / "report.pdf").read_bytes()
    assert admin.post(f"/trust/{row.id}/statement", files={"statement": ("cps.pdf", pdf)}).status_code == 303
    assert browser("lan").get(f"/trust/{row.id}/statement").content == pdf


def test_a_list_is_taken_from_its_authority_alone_and_the_newest_stays(browser, root):
    admin = browser("admin")

    def load(content):
        return admin.post("/trust/lists", files={"list": ("a.crl", content)})

    unknown = load(authorities.crl(root))
    assert unknown.status_code == 422 and "chưa có trong danh sách tin cậy" in unknown.text
    added(browser, root)
    impostor = authorities.authority("CA Gốc Mẫu")
    assert "không khớp với khóa" in load(authorities.crl(impostor)).text
    assert "không phải danh sách thu hồi" in load(b"khong phai").text
    old = authorities.crl(root, 1, made_days_ago=20, next_days=7, revoked=(5, 6))
    assert load(old).status_code == 303
    assert [row.entries for row in trust_lists.stale()] == [2] and "Quá hạn" in browser("lan").get(
        "/trust/lists"
    ).text
    assert load(authorities.crl(root, 2, made_days_ago=1)).status_code == 303
    assert not trust_lists.stale() and trust_lists.kept()[0].number == "2"
    refused = load(old)
    assert refused.status_code == 422 and "không mới hơn" in refused.text and len(trust_lists.contents()) == 1


def test_addresses_are_proposed_by_certificates_and_approved_by_a_person(browser, root):
    admin = browser("admin")
    added(browser, root)
    assert "crl.ca.example" not in trust_hosts.allowed()
    page = admin.get("/trust/addresses").text
    assert "crl.ca.example" in page and "Chờ quyết định" in page
    assert (
        admin.post("/trust/addresses", data={"host": "crl.ca.example", "why": "Chứng thư"}).status_code == 303
    )
    assert "crl.ca.example" in trust_hosts.allowed() and "crl.ca.example" not in trust_hosts.inside()
    for typed in ("127.0.0.1", "LOCALHOST:8000"):
        local = admin.post("/trust/addresses", data={"host": typed, "why": "Thử"})
        assert local.status_code == 422 and "mạng nội bộ" in local.text
    assert admin.post("/trust/addresses", data={"host": "a b/c", "why": "x"}).status_code == 422
    row = trust_hosts.hosts()[0]
    assert admin.post(f"/trust/addresses/{row.id}/end").status_code == 303
    assert "crl.ca.example" not in trust_hosts.allowed()


def test_names_of_authorities_are_shown_as_text_alone(browser):
    evil = authorities.authority("<script>alert(1)</script>\u202eCA " + "dài" * 200)
    row = added(browser, evil)
    for path in ("/trust", f"/trust/{row.id}", "/trust/lists"):
        page = browser("lan").get(path).text
        assert "<script>alert" not in page and "\u202e" not in page


def test_the_rule_for_unsigned_documents_is_the_provinces(browser):
    assert trust.unsigned_rule().unsigned == "return"
    assert browser("admin").post("/trust/rule", data={"unsigned": "reference"}).status_code == 303
    assert trust.unsigned_rule().unsigned == "reference"
    assert browser("admin").post("/trust/rule", data={"unsigned": "x"}).status_code == 422


def test_trying_the_line_asks_allowed_hosts_alone_and_shows_what_came(browser, office, root, monkeypatch):
    added(browser, root)
    asked = []
    monkeypatch.setattr(lists.asking, "fetch", lambda wish, *_: asked.append(wish.url) or b"CRL")
    admin = browser("admin")

    def trial():
        assert admin.post("/trust/addresses/trial").status_code == 303
        with db.connection():
            runner.run_due()
        return admin.get("/trust/addresses").text

    assert "chưa được phép" in trial() and asked == []
    assert (
        admin.post("/trust/addresses", data={"host": "crl.ca.example", "why": "Chứng thư"}).status_code == 303
    )
    assert "Được" in trial() and asked == ["http://crl.ca.example/goc.crl"]


@pytest.mark.parametrize(
    "url, host",
    [
        ("http://CA.gov.vn/a.crl", "ca.gov.vn"), ("https://ca.gov.vn:443/", "ca.gov.vn"), ("http://ca.gov.vn:8080", "ca.gov.vn:8080"),
        ("ftp://ca.gov.vn", ""), ("http://", ""), ("http://a:b", ""), ("javascript:alert(1)", ""), ("http://ca.gov.vn@127.0.0.1/", "127.0.0.1"),
        ("http://[::1]/", "::1"), ("", ""),
    ],
)  # fmt: skip
def test_the_host_of_an_address_is_what_would_be_asked(url, host):
    assert trust_hosts.host_of(url) == host
    assert not trust_hosts.is_allowed(url, frozenset({"gov.vn", "vn"}))
