"""Pages of outgoing documents: forms keep what was typed, acts with and without HX, strangers get 404."""

import dataclasses
import io
import zipfile

import dispatches
import pytest

from models import agencies, agencies_mergers, clock, db, documents, drafts, outgoing, seed_letters

LETTER = seed_letters.Letter(
    agency="Sở Kế hoạch", parent="UBND tỉnh Minh Sơn", notation="SKH-KH", place="Minh Sơn",
    subject="báo cáo kết quả thực hiện kế hoạch", body=("Nội dung thử nghiệm./.",), signer_title="Phó Giám đốc",
    signer_name="Phạm Thị Hoa", addressees=("UBND xã Suối Mây",),
)  # fmt: skip
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def typed(office, **changed) -> dict:
    """The draft form filled in."""
    return {
        "type_code": "CV", "subject": "V/v báo cáo kết quả", "urgency": "1", "signer": str(office.hoa.post.id),
        "capacity": "for_head", "recipients": str(office.b.id), "act": "save",
    } | changed  # fmt: skip


def letter(content=None, name="cong-van.docx"):
    """The upload of a letter."""
    return {"file": (name, seed_letters.docx(LETTER) if content is None else content, DOCX)}


def without_blank() -> bytes:
    """The letter with its number line missing."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(seed_letters.docx(LETTER))) as source,
        zipfile.ZipFile(out, "w") as package,
    ):
        for name in source.namelist():
            package.writestr(name, source.read(name).replace("Số:          /SKH-KH".encode(), b""))
    return out.getvalue()


def only() -> documents.Document:
    """The one outgoing document there is."""
    with db.connection():
        return documents.Document.get(documents.Document.flow == "outgoing")


@pytest.fixture
def doc(office):
    """Tuấn's complete draft."""
    with db.connection():
        return dispatches.draft(office)


def at(office, doc, state):
    """The document in a later state."""
    with db.connection():
        dispatches.advance(office, doc, state)


def state_of(doc) -> str:
    with db.connection():
        return documents.Document.get_by_id(doc.id).state


@pytest.mark.parametrize("hx", [False, True])
def test_a_word_letter_becomes_a_draft_and_is_submitted_with_its_blanks_found(browser, office, hx):
    tuan = browser("tuan")
    answer = tuan.post("/outgoing", data=typed(office), files=letter(), hx=hx)
    doc = only()
    assert answer.headers["HX-Redirect" if hx else "location"] == f"/outgoing/{doc.id}"
    assert doc.page_amount == 1 and doc.code_notation == "SKH-KH" and doc.urgency == 1
    answer = tuan.post(f"/outgoing/{doc.id}/submission", hx=hx)
    assert answer.status_code == (200 if hx else 303), answer.text
    with db.connection():
        kinds = [(v.kind, v.file.media_type) for v in documents.versions(doc)]
        assert kinds == [("source", DOCX), ("draft", "application/pdf"), ("draft", "application/pdf")]
        assert b"/AcroForm" in outgoing.signable_file(doc).read()
    assert state_of(doc) == "content_review"


def test_a_missing_blank_is_told_to_the_drafter_in_words(browser, office):
    tuan = browser("tuan")
    tuan.post("/outgoing", data=typed(office), files=letter(without_blank()))
    doc = only()
    answer = tuan.post(f"/outgoing/{doc.id}/submission")
    assert answer.status_code == 422 and "chỗ trống ghi số" in answer.text
    assert state_of(doc) == "draft"


def test_the_notation_printed_on_the_page_is_taken_and_a_contrary_one_is_told(browser, office):
    tuan = browser("tuan")
    content = seed_letters.docx(dataclasses.replace(LETTER, notation="BC-SKH"))
    tuan.post("/outgoing", data=typed(office), files=letter(content))
    doc = only()
    assert doc.code_notation == "BC-SKH"
    tuan.post(f"/outgoing/{doc.id}/description", data=typed(office, code_notation="TB-SKH"))
    answer = tuan.post(f"/outgoing/{doc.id}/submission")
    assert answer.status_code == 422 and "«BC-SKH»" in answer.text and "«TB-SKH»" in answer.text
    assert state_of(doc) == "draft"


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (b"", "rong.docx", "rỗng"),
        (b"MZ" + b"\0" * 400, "thu.docx", "chương trình"),
        (b"%PDF-1.7\nhong", "hong.pdf", "hong.pdf"),
        (b"PK\x03\x04" + b"\0" * 100, "hong.docx", "hong.docx"),
    ],
)
def test_a_bad_file_costs_nobody_what_was_typed(browser, office, content, name, words):
    answer = browser("tuan").post(
        "/outgoing", data=typed(office, subject="V/v giữ nguyên"), files=letter(content, name)
    )
    assert answer.status_code == 422
    assert "V/v giữ nguyên" in answer.text and words in answer.text
    assert f'value="{office.b.id}" checked' in answer.text
    with db.connection():
        assert documents.Document.select().count() == 0


def test_wrong_fields_are_said_at_the_field_and_nothing_is_stored(browser, office):
    wrong = typed(office, subject="", due_date="32/13", type_code="", note="x")
    answer = browser("tuan").post("/outgoing", data=wrong)
    assert answer.status_code == 422
    for words in ("Hãy nhập trích yếu", "«32/13» không phải là ngày", "Hãy chọn tên loại"):
        assert words in answer.text
    with db.connection():
        assert documents.Document.select().count() == 0


def test_recipients_are_found_without_script_and_with_it(browser, office):
    tuan = browser("tuan")
    page = tuan.post("/outgoing", data=typed(office, act="search", words="suoi may", recipients=[]))
    assert page.status_code == 200 and "UBND xã Suối Mây" in page.text and "V/v báo cáo kết quả" in page.text
    part = tuan.get(f"/outgoing/recipients?words=&recipients={office.b.id}")
    assert f'value="{office.b.id}" checked' in part.text and "<html" not in part.text


def test_a_reply_starts_filled_in_and_stays_tied(browser, office):
    with db.connection():
        arrival = dispatches.arrival(office, source="paper")
    lan = browser("lan")
    page = lan.get(f"/outgoing/new?reply_to={arrival.id}")
    assert "V/v trả lời văn bản số 07/UBND-VP" in page.text and f'value="{office.b.id}" checked' in page.text
    answer = lan.post("/outgoing", data=typed(office, reply_to=str(arrival.id)))
    assert answer.status_code == 303
    with db.connection():
        assert documents.Link.get(documents.Link.source == only()).target == arrival
    assert browser("dung").get(f"/outgoing/new?reply_to={arrival.id}").status_code == 404


@pytest.mark.parametrize("hx", [False, True])
def test_the_acts_of_the_way_to_the_signature(browser, office, doc, hx):
    at(office, doc, "content_review")
    for login, act, reached in (
        ("thao", "approval", "form_review"),
        ("khoa", "form-check", "awaiting_signature"),
    ):
        answer = browser(login).post(f"/outgoing/{doc.id}/{act}", hx=hx)
        assert answer.status_code == (200 if hx else 303), answer.text
        if hx:
            assert 'id="side"' in answer.text and "<html" not in answer.text and 'id="flash"' in answer.text
        assert state_of(doc) == reached
    assert "Ký số" in browser("hoa").get(f"/outgoing/{doc.id}").text


@pytest.mark.parametrize("hx", [False, True])
def test_a_return_without_reason_keeps_the_page_and_says_so(browser, office, doc, hx):
    at(office, doc, "content_review")
    thao = browser("thao")
    answer = thao.post(f"/outgoing/{doc.id}/return", data={"reason": " "}, hx=hx)
    assert answer.status_code == 422 and "Hãy ghi rõ lý do" in answer.text
    answer = thao.post(f"/outgoing/{doc.id}/return", data={"reason": "Thiếu biểu số 02"}, hx=hx)
    assert answer.status_code == (200 if hx else 303)
    assert "Thiếu biểu số 02" in browser("tuan").get(f"/outgoing/{doc.id}").text


def test_acts_out_of_turn_say_why_and_change_nothing(browser, office, doc):
    at(office, doc, "content_review")
    answer = browser("hoa").post(f"/outgoing/{doc.id}/approval")
    assert answer.status_code == 409 and "13.1" in answer.text
    assert browser("tuan").post(f"/outgoing/{doc.id}/approval").status_code == 403
    assert browser("lan").post(f"/outgoing/{doc.id}/form-check").status_code == 409
    assert browser("tuan").post(f"/outgoing/{doc.id}/submission").status_code == 409
    assert state_of(doc) == "content_review"


def test_withdrawal_disposal_and_a_new_version(browser, office, doc):
    at(office, doc, "form_review")
    tuan = browser("tuan")
    assert tuan.post(f"/outgoing/{doc.id}/versions", files=letter()).status_code == 409
    assert tuan.post(f"/outgoing/{doc.id}/withdrawal").status_code == 303
    assert (
        tuan.post(f"/outgoing/{doc.id}/versions", data={"note": "Sửa số liệu"}, files=letter()).status_code
        == 303
    )
    with db.connection():
        assert [v.kind for v in documents.versions(doc)] == ["source", "draft", "draft", "source", "draft"]
    answer = tuan.post(f"/outgoing/{doc.id}/annexes", files=letter(name="bieu-mau.docx"))
    assert answer.status_code == 303
    with db.connection():
        annex = drafts.annexes_of(doc)[0]
    assert annex.file.name == "bieu-mau.pdf"
    assert tuan.post(f"/outgoing/{doc.id}/annexes/{annex.id}/removal", hx=True).status_code == 200
    assert tuan.post(f"/outgoing/{doc.id}/disposal").status_code == 303
    assert state_of(doc) == "discarded"


def test_description_of_a_draft_is_changed_by_its_drafter_alone(browser, office, doc):
    tuan = browser("tuan")
    assert doc.subject in tuan.get(f"/outgoing/{doc.id}/description").text
    answer = tuan.post(f"/outgoing/{doc.id}/description", data=typed(office, subject="V/v tên mới"))
    assert answer.status_code == 303
    with db.connection():
        assert documents.Document.get_by_id(doc.id).subject == "V/v tên mới"
    assert browser("lan").post(f"/outgoing/{doc.id}/description", data=typed(office)).status_code == 409
    assert tuan.post(f"/outgoing/{doc.id}/description", data=typed(office, subject="")).status_code == 422


def test_strangers_get_404_on_every_route(browser, office, doc):
    for login in ("dung", "son", "binh", "mai", "nam", "quantri"):
        stranger = browser(login)
        for path in ("", "/description"):
            assert stranger.get(f"/outgoing/{doc.id}{path}").status_code == 404, (login, path)
        for path in ("description", "versions", "annexes", "annexes/1/removal", "submission", "approval", "form-check",
                     "return", "renewal", "withdrawal", "disposal"):  # fmt: skip
            assert stranger.post(f"/outgoing/{doc.id}/{path}").status_code == 404, (login, path)
    assert browser().get(f"/outgoing/{doc.id}").status_code == 303


def test_lists_show_to_each_what_waits_for_him(browser, office, doc):
    at(office, doc, "content_review")
    assert doc.subject in browser("thao").get("/outgoing?tab=review").text
    assert doc.subject in browser("tuan").get("/outgoing?tab=mine").text
    assert doc.subject in browser("lan").get("/outgoing?tab=running").text
    assert doc.subject not in browser("dung").get("/outgoing").text
    assert doc.subject not in browser("binh").get("/outgoing").text


def test_the_book_shows_numbers_and_voided_ones(browser, office, doc):
    now = clock.local(clock.now())
    with db.connection():
        dispatches.advance(office, doc, "numbered")
        outgoing.give_back(doc, office.lan, "Sai nơi nhận")
        dispatches.advance(office, doc, "issued")
    page = browser("lan").get(f"/outgoing?tab=book&year={now.year}").text
    assert "02/SKH-KH" in page and "Số hủy" in page and "0/1 đã tiếp nhận" in page
    assert "không có" not in browser("lan").get("/outgoing?tab=book&q=khong+co+dau").text
    assert browser("lan").get("/outgoing?tab=book&year=xx&before=yy").status_code == 200


def test_pl_vi_iii_8_a_recalled_document_is_frozen_at_its_sender_and_stays_to_be_read(browser, office, doc):
    with db.connection():
        dispatches.advance(office, doc, "issued")
        dispatches.amend(doc, recalled_at=clock.now(), recall_reason="Sai thẩm quyền", state="recalled")
    page = browser("lan").get(f"/outgoing/{doc.id}").text
    assert "Sai thẩm quyền" in page and "/pages/1.png" in page and "Các bản đã lưu" in page
    assert f'action="/outgoing/{doc.id}/' not in page


def test_i12_a_closed_agency_is_answered_with_its_successor(office, browser):
    old, new = (agencies.create(f"Chi cục Mẫu {word}", code=code, connection="axis") for word, code in
                (("cũ", "H98.41"), ("mới", "H98.42")))  # fmt: skip
    agencies_mergers.merge(old, new, "NQ 1", clock.today(), office.quantri)
    part = browser("tuan").get("/outgoing/recipients?words=chi+cuc+mau").text
    assert f'value="{new.id}"' in part and f'value="{old.id}"' not in part
    assert "đã sáp nhập vào Chi cục Mẫu mới" in part
    gone = agencies.create("Ban Giải Thể", code="H98.43", connection="axis")
    with db.write():
        gone.set(closed_on=clock.today())
    part = browser("tuan").get("/outgoing/recipients?words=ban+giai").text
    assert "đã giải thể" in part and "disabled" in part
