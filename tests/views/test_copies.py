"""Certified copies from the page: paper to electronic with a real key to the other agency, electronic to paper, the book."""

import base64
import re
import subprocess
from datetime import datetime, timedelta

import dispatches
import pytest
import scanned

from models import (
    checks_evidence,
    copies,
    copies_signers,
    db,
    documents,
    exchange,
    exchange_packets,
    files,
    issuing,
    permissions,
    signatures,
)
from signing import copies as certified
from signing import protocol
from tests.signing import office_keys
from tests.signing.conftest import letter

JSON = {"Accept": "application/json"}
AGENCY = "Sở Kế hoạch tỉnh Minh Sơn"
PAPER = {
    "type_code": "CV",
    "code_notation": "SKH-VP",
    "subject": "V/v mời họp",
    "urgency": "0",
    "capacity": "",
    "act": "save",
}


@pytest.fixture(scope="module")
def paper_scan():
    return scanned.scan(pages=2)


@pytest.fixture
def source(office, paper_scan):
    """A paper letter at A, registered, with its scan."""
    with db.connection():
        doc = dispatches.arrival(
            office, source="paper", arrival_number=3, arrival_date=datetime(2026, 3, 2).date()
        )
        with db.write():
            documents.attach(doc, files.put(paper_scan, "den.pdf", "application/pdf"), "main")
            permissions.grant(doc, "Chủ trì", post=office.tuan.post)
        return doc


def upload(content, name="quet.pdf"):
    return {"scan": (name, content, "application/pdf")}


def asked(**more):
    return {"form": "sao_y", "medium": "electronic", "purpose": "Gửi xã thực hiện", "act": "save"} | more


def proposed(browser, **more):
    """The copy a form makes, and its address."""
    answer = browser.post("/copies", data=asked(**more))
    assert answer.status_code == 303, answer.text[:3000]
    return answer.headers["location"]


def press(browser, ca, doc_id):
    """The button «Ký số bản sao» with the seal's key."""
    certificate = base64.b64encode(ca.certificate("seal")).decode()
    content = {"documents": [doc_id], "purpose": "copy", "certificate": certificate}
    opened = browser.post("/signing/sessions", json=content, headers=JSON)
    assert opened.status_code == 200, opened.text
    ticket = protocol.decode_ticket(browser.get(f"/signing/tickets/{opened.json()['nonce']}").content)
    assert ticket["purpose"] == "copy"
    content = {
        "nonce": opened.json()["nonce"],
        "signatures": [office_keys.answer(ca, "seal", one) for one in ticket["items"]],
    }
    done = browser.post(f"/signing/sessions/{opened.json()['session']}", json=content, headers=JSON)
    assert done.status_code == 200, done.text
    return done.json()


def again(doc_id):
    return documents.Document.get_by_id(doc_id)


def text_of(pdf, tmp_path) -> str:
    path = tmp_path / "x.pdf"
    path.write_bytes(pdf)
    return subprocess.run(
        ["pdftotext", "-layout", str(path), "-"], capture_output=True, text=True, check=True
    ).stdout


def test_q12_5_b_a_paper_goes_out_digitised_as_a_sao_y(office, browser, keys, paper_scan, tmp_path):
    lan = browser("lan")
    fields = PAPER | {"signer": str(office.minh.post.id), "recipients": str(office.b.id), "issued_on": ""}
    answer = lan.post("/outgoing/paper", data=fields)
    assert answer.status_code == 303, answer.text[:3000]
    doc_id = int(answer.headers["location"].rpartition("=")[2])
    desk = lan.get(f"/issuing?doc={doc_id}")
    assert "Tải bản quét lên" in desk.text and "Chưa có bản quét" in desk.text
    assert lan.post(f"/outgoing/{doc_id}/scan", files=upload(paper_scan)).status_code == 303
    assert "Ký số bản sao và gửi" in lan.get(f"/issuing?doc={doc_id}").text
    assert press(lan, keys, doc_id)["url"] == f"/issuing?doc={doc_id}"
    assert (
        'hx-trigger="load, submit"' in lan.get(f"/issuing?doc={doc_id}").text
    )  # the release follows the seal
    assert lan.post(f"/issuing/{doc_id}/issuance").status_code == 303
    with db.connection():
        doc = again(doc_id)
        sealed = documents.main_file(doc).read()
        (one,) = exchange.sent(doc)
        assert doc.state == "issued" and one.state == "queued"
        check = signatures.newest_check(doc)
        assert check.verdict == doc.verdict == "valid"
        assert {line["name"]: line["mark"] for line in check.facts["lines"]}["Người ký"] in ("ok", "none")
        moment = datetime.fromisoformat(check.facts["signatures"][0]["claimed_at"])
        assert [row.kind for row in signatures.of(doc)] == ["organisation"]
    assert sealed.startswith(paper_scan)
    line = re.search(rf"Sao y; {AGENCY}; (\d\d/\d\d/\d{{4}}; \d\d:\d\d:\d\d)", text_of(sealed, tmp_path))
    written = datetime.strptime(f"{line[1]} +0700", "%d/%m/%Y; %H:%M:%S %z")
    assert abs(written - moment) <= timedelta(seconds=2)


def test_q12_5_b_the_packet_carries_the_sealed_copy(office, browser, keys, source):
    place = proposed(browser("minh"), source=str(source.id), recipients=str(office.b.id))
    doc_id = int(place.rpartition("/")[2])
    lan = browser("lan")
    assert 'data-signing="copy"' in lan.get(place).text
    assert "data-signing" not in browser("minh").get(place).text
    assert press(lan, keys, doc_id)["url"] == place
    assert "HỢP LỆ" in lan.get(f"/documents/{doc_id}/verification").text
    assert lan.post(f"{place}/release").status_code == 303
    with db.connection():
        doc = again(doc_id)
        envelope = exchange_packets.envelope_of(exchange.sent(doc))
        assert [one.name for one in envelope.attachments] == [documents.main_file(doc).name]
        assert certified.read_line(envelope.attachments[0].path.read_bytes()).form == "Sao y"
        assert envelope.sender.organ_id == office.a.code
    page = lan.get(place).text
    assert "Đã phát hành" in page and "xã Suối Mây" in page
    repeated = lan.post(f"/documents/{doc_id}/verification/repetition")
    assert (
        "giống hệt" in repeated.text
    )  # the evidence of our own seal proves it again, with what was expected
    with db.connection():
        expected = checks_evidence.of(signatures.newest_check(again(doc_id))).expected
    assert expected["copy"] and expected["organisations"] == [office.a.name]


def test_cop_8_the_seal_is_set_on_copies_made_here_alone(office, browser, keys, source, paper_scan):
    certificate = base64.b64encode(keys.certificate("seal")).decode()
    with db.connection():
        ordinary = dispatches.draft(office)
        paper_copy = copies.propose(office.minh, asked(medium="paper"), None, source)
    for doc in (source, ordinary, paper_copy):
        content = {"documents": [doc.id], "purpose": "copy", "certificate": certificate}
        answer = browser("lan").post("/signing/sessions", json=content, headers=JSON)
        assert answer.status_code in (403, 409), answer.text
    with db.connection():
        assert not signatures.Signature.select().exists()


def test_q12_5_a_a_poor_scan_is_warned_of_and_taken(office, browser, paper_scan):
    lan = browser("lan")
    fields = PAPER | {"signer": str(office.minh.post.id), "recipients": str(office.b.id)}
    answer = lan.post(
        "/outgoing/paper", data=fields, files=upload(scanned.scan(827, 1169, mode="L", dpi=100))
    )
    assert answer.status_code == 303
    page = lan.get(answer.headers["location"]).text
    assert "100 dpi" in page and "không phải ảnh màu" in page and "Ký số bản sao" in page


def test_a_wrong_registration_keeps_what_was_typed(office, browser, paper_scan):
    lan = browser("lan")
    wrong = lan.post(
        "/outgoing/paper", data=PAPER | {"issued_on": "31/12/2020"}, files=upload(b"GIF89a", "anh.gif")
    )
    assert wrong.status_code == 422 and "V/v mời họp" in wrong.text
    fields = PAPER | {
        "signer": str(office.minh.post.id),
        "recipients": str(office.b.id),
        "issued_on": "31/12/2020",
    }
    wrong = lan.post("/outgoing/paper", data=fields)
    assert wrong.status_code == 422 and "15.3" in wrong.text and "31/12/2020" in wrong.text
    found = lan.post("/outgoing/paper", data=PAPER | {"act": "search", "words": "Suối Mây"})
    assert found.status_code == 200 and "UBND xã Suối Mây" in found.text and "V/v mời họp" in found.text
    with db.connection():
        assert not documents.Document.select().where(documents.Document.state == "paper_issued").exists()


def test_the_officer_asks_the_head_decides(office, browser, source):
    tuan, minh = browser("tuan"), browser("minh")
    assert "Sao văn bản" in tuan.get(f"/incoming/{source.id}").text
    assert tuan.get(f"/copies/new?source={source.id}").status_code == 200
    place = proposed(tuan, source=str(source.id), medium="paper")
    assert "Lê Văn Minh" in tuan.get(place).text
    assert place in minh.get("/").text and "Quyết định sao" in minh.get("/").text
    assert tuan.post(f"{place}/decision").status_code == 409
    assert minh.post(f"{place}/decision").status_code == 303
    assert place in browser("lan").get("/copies").text
    assert "Chờ cấp số bản sao" in tuan.get(place).text


def test_a_refusal_needs_words(office, browser, source):
    place = proposed(browser("tuan"), source=str(source.id), medium="paper")
    minh = browser("minh")
    assert minh.post(f"{place}/refusal", data={"reason": ""}).status_code == 422
    assert minh.post(f"{place}/refusal", data={"reason": "Không cần sao bản này"}).status_code == 303
    assert "Không cần sao bản này" in browser("tuan").get(place).text


def test_cop_1_an_electronic_copy_of_an_electronic_document_is_refused_with_the_way_out(office, browser):
    with db.connection():
        doc = dispatches.arrival(office, source="axis", arrival_number=4)
        with db.write():
            documents.attach(doc, files.put(letter("report"), "den.pdf", "application/pdf"), "main")
    answer = browser("minh").post("/copies", data=asked(source=str(doc.id)))
    assert answer.status_code == 422 and "ND30 Điều 25.1" in answer.text and "Gửi xã thực hiện" in answer.text


def test_cop_5_a_paper_copy_of_an_electronic_document_has_its_block(office, browser, tmp_path):
    with db.connection():
        doc = dispatches.arrival(office, source="axis", arrival_number=4, subject="V/v báo cáo")
        with db.write():
            documents.attach(doc, files.put(letter("report"), "den.pdf", "application/pdf"), "main")
    place = proposed(
        browser("minh"), source=str(doc.id), medium="paper", to_places="Phòng Tổng hợp;\nLưu: VT"
    )
    lan = browser("lan")
    assert lan.get(f"{place}/print.pdf").status_code == 409
    assert lan.post(f"{place}/number").status_code == 303
    printed = lan.get(f"{place}/print.pdf")
    assert printed.headers["content-type"] == "application/pdf"
    said = text_of(printed.content, tmp_path)
    own = office.a.notation or office.a.short_name
    for words in (
        "SAO Y",
        f"Số: 01/SY-{own}",
        "SỞ KẾ HOẠCH",
        "Lê Văn Minh",
        "- Phòng Tổng hợp;",
        "- Lưu: VT.",
    ):
        assert words in said, said
    day = re.search(r"ngày \d\d tháng \d+ năm 20\d\d", said[said.index("SAO Y") :])
    assert day
    assert lan.post(f"{place}/handover").status_code == 303
    book = lan.get("/copies?tab=book").text
    assert f"01/SY-{own}" in book and "V/v báo cáo" in book
    register = lan.get("/copies/register.pdf")
    said = text_of(register.content, tmp_path)
    assert "SỔ ĐĂNG KÝ BẢN SAO" in said and f"01/SY-{own}" in said and "(10)" in said
    assert f"01/SY-{own}" not in browser("mai").get("/copies?tab=book").text
    assert f"01/SY-{own}" not in lan.get("/copies?tab=book&year=2020").text


def test_cop_3_an_extract_takes_the_pages_wanted(office, browser, source):
    minh = browser("minh")
    wrong = minh.post(
        "/copies", data=asked(source=str(source.id), form="trich_sao", part="Điều 3", pages="7")
    )
    assert wrong.status_code == 422 and "không có trang 7" in wrong.text
    place = proposed(minh, source=str(source.id), form="trich_sao", part="Điều 3", pages="2")
    with db.connection():
        doc = again(int(place.rpartition("/")[2]))
        assert doc.page_amount == 1 and copies.of(doc).part == "Điều 3"


def test_a_paper_outside_the_system_is_copied_from_its_scan(office, browser, paper_scan):
    minh = browser("minh")
    own = {
        "organ_name": "Sở Mẫu",
        "subject": "V/v quyết định đầu tư",
        "code_number": "5",
        "code_notation": "QĐ-SM",
    }
    assert minh.post("/copies", data=asked(**own)).status_code == 422
    answer = minh.post("/copies", data=asked(**own), files=upload(paper_scan))
    assert answer.status_code == 303
    page = minh.get(answer.headers["location"]).text
    assert "05/QĐ-SM" in page and "Sở Mẫu" in page


def test_a_signed_file_is_no_scan(office, browser, ca, paper_scan):
    now = datetime.now().astimezone()
    signed = certified.begin_copy_seal(
        paper_scan, "Sao y", "Sở Mẫu", ca.certificate("seal"), ca.chain, now
    ).work
    own = {"organ_name": "Sở Mẫu", "subject": "V/v quyết định đầu tư"}
    answer = browser("minh").post("/copies", data=asked(**own), files=upload(signed))
    assert answer.status_code == 422 and "25.1" in answer.text


def test_the_scan_is_replaced_and_the_earlier_one_kept(office, browser, source, paper_scan):
    place = proposed(browser("tuan"), source=str(source.id), medium="paper")
    tuan = browser("tuan")
    assert tuan.post(f"{place}/scan").status_code == 422
    assert tuan.post(f"{place}/scan", files=upload(scanned.scan(1654, 2339))).status_code == 303
    assert "Bản 2" in tuan.get(place).text


def test_cop_7_who_signs_copies_is_kept_by_the_head(office, browser):
    minh = browser("minh")
    assert minh.post("/copies/signers", data={"post": "", "capacity": "", "basis": ""}).status_code == 422
    fields = {"post": str(office.thao.post.id), "capacity": "by_order", "basis": "Quy chế làm việc, Điều 12"}
    assert minh.post("/copies/signers", data=fields).status_code == 303
    assert "Quy chế làm việc, Điều 12" in browser("lan").get("/copies/signers").text
    assert browser("lan").post("/copies/signers", data=fields).status_code == 403
    with db.connection():
        (row,) = copies_signers.signers(office.a.id)
    assert browser("binh").post(f"/copies/signers/{row.id}/end").status_code == 404
    assert minh.post(f"/copies/signers/{row.id}/end").status_code == 303


def test_other_people_find_nothing(office, browser, source):
    place = proposed(browser("tuan"), source=str(source.id), medium="paper")
    for login in ("mai", "binh", "dung"):
        assert browser(login).get(place).status_code == 404
        assert browser(login).get(f"/copies/new?source={source.id}").status_code == 404
        assert place not in browser(login).get("/copies").text


def test_a_registration_made_by_mistake(office, browser):
    lan = browser("lan")
    fields = PAPER | {"signer": str(office.minh.post.id), "recipients": str(office.b.id)}
    place = lan.post("/outgoing/paper", data=fields).headers["location"]
    doc_id = int(place.rpartition("=")[2])
    assert lan.post(f"/outgoing/{doc_id}/voiding", data={"reason": ""}).status_code == 409
    assert lan.post(f"/outgoing/{doc_id}/voiding", data={"reason": "Đăng ký nhầm"}).status_code == 303
    with db.connection():
        assert doc_id not in [doc.id for doc in issuing.waiting(office.lan)]
    assert "Đăng ký nhầm" in lan.get("/outgoing?tab=book").text
