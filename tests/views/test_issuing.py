"""The clerk's desk: what waits, the checklist, number and release with and without HX, prints, and who may not."""

import base64

import dispatches
import pytest

from models import clock, db, documents, exchange, issuing, seed_letters
from signing import protocol
from tests.signing import office_keys


@pytest.fixture
def doc(office):
    """Tuấn's complete draft."""
    with db.connection():
        return dispatches.draft(office)


def at(office, doc, state):
    """The document in a later state."""
    with db.connection():
        dispatches.advance(office, doc, state)


def again(doc) -> documents.Document:
    """The row as it lies in the database."""
    with db.connection():
        return documents.Document.get_by_id(doc.id)


def test_the_desk_is_the_clerks(browser, office, doc):
    at(office, doc, "signed")
    page = browser("lan").get("/issuing").text
    for words in (doc.subject, "Số kế tiếp: 01/SKH-KH", "đã ký số ngày", "nơi nhận điện tử", "Chỉ cấp số"):
        assert words in page
    for login in ("minh", "tuan", "khoa", "nam", "quantri"):
        assert browser(login).get("/issuing").status_code == 403
    assert doc.subject not in browser("mai").get("/issuing").text


def test_an_empty_desk_says_so(browser, office):
    assert "Hết văn bản chờ phát hành" in browser("lan").get("/issuing?doc=99").text


@pytest.mark.parametrize("hx", [False, True])
def test_number_then_release(browser, office, doc, hx):
    at(office, doc, "signed")
    lan = browser("lan")
    answer = lan.post(f"/issuing/{doc.id}/number", hx=hx)
    assert answer.status_code == (200 if hx else 303)
    if hx:
        assert "01/SKH-KH" in answer.text and 'id="desk-panes"' in answer.text and "<html" not in answer.text
    assert again(doc).code_number == "1"
    early = lan.post(f"/issuing/{doc.id}/issuance", hx=hx)
    assert early.status_code == 409 and again(doc).state == "numbered"
    at(office, doc, "sealed")
    answer = lan.post(f"/issuing/{doc.id}/issuance", hx=hx)
    assert answer.status_code == (200 if hx else 303), answer.text
    assert again(doc).state == "issued"
    with db.connection():
        assert len(exchange.sent(doc)) == 1
    assert lan.post(f"/issuing/{doc.id}/issuance", hx=hx).status_code == 409


def test_a_signature_of_yesterday_is_shown_with_the_way_back(browser, office, doc):
    at(office, doc, "signed")
    with db.connection():
        dispatches.amend(doc, signed_at=clock.at("2026-03-02 16:00"))
    lan = browser("lan")
    answer = lan.post(f"/issuing/{doc.id}/number")
    assert answer.status_code == 409 and "12.2" in answer.text and "Trình ký lại" in answer.text
    assert lan.post(f"/outgoing/{doc.id}/renewal").status_code == 303
    assert again(doc).state == "awaiting_signature"


def test_after_the_seal_the_release_follows_by_itself_but_only_for_this_clerk_and_moment(
    browser, office, doc
):
    at(office, doc, "sealed")
    lan = browser("lan")
    assert 'hx-trigger="load, submit"' in lan.get(f"/issuing?doc={doc.id}").text  # where the signature leads
    assert 'hx-trigger="load, submit"' not in lan.get("/issuing").text
    with db.connection():
        later = clock.local(clock.now() + 2 * issuing.ONE_ACT)
        with clock.freeze(f"{later:%Y-%m-%d %H:%M}"):
            assert not issuing.just_sealed(doc, office.lan)
        assert not issuing.just_sealed(doc, office.mai)


def test_q12_1_d_prints_are_recorded_and_leave_the_list(browser, office, doc):
    at(office, doc, "sealed")
    lan = browser("lan")
    assert "Chưa in lưu" in lan.get("/outgoing?tab=unprinted").text
    wrong = lan.post(f"/outgoing/{doc.id}/prints", data={"copies": "0", "day": "hôm qua"})
    assert wrong.status_code == 422 and "hôm qua" in wrong.text
    assert lan.post(f"/outgoing/{doc.id}/prints", data={"copies": "2"}, hx=True).status_code == 200
    assert again(doc).printed_copies == 2
    assert doc.subject not in lan.get("/outgoing?tab=unprinted").text


def test_there_is_no_print_copy_before_the_seal_or_of_a_broken_file(browser, office, doc):
    at(office, doc, "signed")
    assert browser("lan").get(f"/outgoing/{doc.id}/print-copy").status_code == 409
    at(office, doc, "sealed")
    answer = browser("lan").get(f"/outgoing/{doc.id}/print-copy")
    assert answer.status_code == 409 and "application/pdf" not in answer.headers["content-type"]


def test_others_cannot_number_release_or_print(browser, office, doc):
    at(office, doc, "signed")
    for login, status in (("tuan", 403), ("minh", 403), ("mai", 404), ("nam", 403), ("dung", 403)):
        other = browser(login)
        for path in (
            f"/issuing/{doc.id}/number",
            f"/issuing/{doc.id}/issuance",
            f"/outgoing/{doc.id}/prints",
        ):
            assert other.post(path).status_code == status, (login, path)
        assert other.get(f"/outgoing/{doc.id}/print-copy").status_code == status


@pytest.fixture(scope="module")
def ca(tmp_path_factory):
    """The demonstration's certificate authority, with its services on loopback."""
    with office_keys.served(tmp_path_factory.mktemp("ca")) as found:
        yield found


def test_a_word_letter_lives_its_whole_life_under_real_keys(browser, office, ca):
    office_keys.bind(office, ca)
    letter = seed_letters.Letter(
        agency="Sở Kế hoạch", parent="UBND tỉnh Minh Sơn", notation="SKH-KH", place="Minh Sơn",
        subject="báo cáo kết quả", body=("Nội dung thử nghiệm./.",), signer_title="Phó Giám đốc",
        signer_name="Phạm Thị Hoa", year=clock.today().year,
    )  # fmt: skip
    files_ = [
        ("file", ("cong-van.docx", seed_letters.docx(letter))),
        ("annexes", ("bieu.docx", seed_letters.docx(letter))),
    ]
    typed = {"type_code": "CV", "subject": "V/v báo cáo kết quả", "signer": office.hoa.post.id,
             "recipients": office.b.id, "urgency": "0", "act": "save"}  # fmt: skip
    place = browser("tuan").post("/outgoing", data=typed, files=files_).headers["location"]
    number = int(place.rsplit("/", 1)[1])
    for login, act in (("tuan", "submission"), ("thao", "approval"), ("khoa", "form-check")):
        answer = browser(login).post(f"{place}/{act}")
        assert answer.status_code == 303, answer.text
    signed(browser("hoa"), ca, number, "hoa", "leader")
    lan = browser("lan")
    assert "Lấy số, đóng dấu và gửi" in lan.get(f"/issuing?doc={number}").text
    signed(lan, ca, number, "seal", "seal")
    copy = lan.get(f"{place}/print-copy")
    assert (
        copy.status_code == 200
        and copy.content.startswith(b"%PDF-")
        and "attachment" in copy.headers["content-disposition"]
    )
    assert lan.post(f"/issuing/{number}/issuance").status_code == 303
    with db.connection():
        doc = documents.Document.get_by_id(number)
        released = documents.main_file(doc).read()
        line = exchange.sent(doc)[0]
    assert (doc.state, doc.verdict, doc.number_text) == ("issued", "valid", "01/SKH-KH")
    assert copy.content != released and line.wire_id == doc.document_id


def signed(person, ca, doc_id, label, purpose):
    """Sign as page and agent do together."""
    accept = {"Accept": "application/json"}
    certificate = base64.b64encode(ca.certificate(label)).decode()
    asked = {"documents": [doc_id], "purpose": purpose, "certificate": certificate}
    opened = person.post("/signing/sessions", json=asked, headers=accept)
    assert opened.status_code == 200, opened.text
    nonce = opened.json()["nonce"]
    ticket = protocol.decode_ticket(person.get(f"/signing/tickets/{nonce}").content)
    found = [office_keys.answer(ca, label, item) for item in ticket["items"]]
    done = person.post(f"/signing/sessions/{opened.json()['session']}", json={"nonce": nonce, "signatures": found},
                       headers=accept)  # fmt: skip
    assert done.status_code == 200, done.text
