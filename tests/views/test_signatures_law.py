"""The regulation's own conditions on the two signatures, shown through the pages: 12.1, 12.2, 12.4, 13.2."""

from datetime import timedelta

import dispatches
import pytest

from models import clock, db, documents, drafts, errors, issuing, signatures, signing_sessions, tokens, users
from tests.views.test_signatures_batch import answer, opened, signed


def by_leader(browser, keys, doc):
    hoa = browser("hoa")
    told = opened(hoa, keys, [doc], "hoa", "leader").json()
    return answer(hoa, told, signatures=signed(hoa, keys, told, "hoa"))


def by_clerk(browser, keys, doc):
    lan = browser("lan")
    told = opened(lan, keys, [doc], "seal", "seal").json()
    return answer(lan, told, signatures=signed(lan, keys, told, "seal"))


def again(doc):
    return documents.Document.get_by_id(doc.id)


def test_q12_2_signed_at_23_58_numbered_at_00_05_is_refused(office, browser, keys, doc):
    by_leader(browser, keys, doc)
    wall = clock.local(clock.now()).replace(hour=23, minute=58) - timedelta(days=1)
    with db.connection():
        dispatches.amend(again(doc), signed_at=wall)
    refused = opened(browser("lan"), keys, [doc], "seal", "seal")
    assert refused.status_code == 409 and "12.2" in refused.json()["error"]
    with db.connection():
        assert again(doc).code_number == "" and again(doc).state == "signed"


def test_q12_2_a_seal_session_of_yesterday_does_not_seal_today(office, browser, keys, doc):
    by_leader(browser, keys, doc)
    lan = browser("lan")
    told = opened(lan, keys, [doc], "seal", "seal").json()
    found = signed(lan, keys, told, "seal")
    with db.connection():
        session = signing_sessions.SigningSession.get_by_id(told["session"])
        dispatches.amend(session, opened_at=clock.now() - timedelta(days=1))
    refused = answer(lan, told, signatures=found)
    assert refused.status_code == 409 and "12.2" in refused.json()["error"]
    with db.connection():
        assert again(doc).state == "numbered"


def test_q12_4_the_whole_act_and_one_hash_all_the_way(office, browser, keys, doc):
    """12.4.a the right person signs, 12.4.b number and seal by one act; what is checked is stored, used and sent."""
    assert by_leader(browser, keys, doc).status_code == 200
    done = by_clerk(browser, keys, doc)
    assert done.status_code == 200, done.text
    assert done.json()["url"] == f"/issuing?doc={doc.id}"
    with db.connection():
        sealed = again(doc)
        main = documents.main_file(sealed)
        check = signatures.newest_check(sealed)
        used = {row.file_sha256 for row in tokens.KeyUse.select().where(tokens.KeyUse.document == sealed)}
        assert main.sha256 == check.file_sha256 and main.sha256 in used
        annexes = {row.file.sha256 for row in drafts.annexes_of(sealed)}
        assert annexes <= used and main.read().startswith(issuing.signed_file(sealed).read())
        sent = issuing.issue(sealed, office.lan)
        assert len(sent) == 1 and documents.main_file(again(doc)).sha256 == main.sha256


def test_q12_4_b1_nobody_types_a_number(office, browser, keys, doc):
    by_leader(browser, keys, doc)
    page = browser("lan").get(f"/issuing?doc={doc.id}")
    assert 'name="code_number"' not in page.text and 'name="issued_date"' not in page.text


@pytest.mark.parametrize("state", ["awaiting_signature", "signed", "sealed"])
def test_q13_2_nothing_leaves_without_both_signatures(office, browser, keys, doc, state):
    lan = browser("lan")
    if state == "signed":
        by_leader(browser, keys, doc)
    if state == "sealed":  # whatever the row says: the check said otherwise
        with db.write():
            documents.Document.update(state="sealed", verdict="").where(
                documents.Document.id == doc.id
            ).execute()
    answered = lan.post(f"/issuing/{doc.id}/issuance")
    assert answered.status_code in (403, 409)
    with db.connection():
        assert again(doc).issued_at is None
        with pytest.raises((errors.Refused, errors.NotAllowed)):
            issuing.issue(again(doc), office.lan)


def test_v8_a_lost_token_signs_nothing(office, browser, keys, doc):
    with db.write():
        tokens.KeyToken.update(state="lost").where(tokens.KeyToken.person == office.hoa.id).execute()
    refused = opened(browser("hoa"), keys, [doc], "hoa", "leader")
    assert refused.status_code == 409 and "báo mất" in refused.json()["error"]
    page = browser("hoa").get(f"/outgoing/{doc.id}/signing")
    assert "data-signing" not in page.text


def test_v8_a_token_lost_while_the_pin_is_typed_signs_nothing(office, browser, keys, doc):
    hoa = browser("hoa")
    told = opened(hoa, keys, [doc], "hoa", "leader").json()
    found = signed(hoa, keys, told, "hoa")
    with db.write():
        tokens.KeyToken.update(state="lost").where(tokens.KeyToken.person == office.hoa.id).execute()
    refused = answer(hoa, told, signatures=found)
    assert refused.status_code == 409
    with db.connection():
        assert again(doc).state == "awaiting_signature"


def test_v8_a_person_who_left_has_nothing_brought_in_his_name(office, browser, keys, doc):
    hoa = browser("hoa")
    told = hoa.post("/signing/sessions", json={"documents": [doc.id], "purpose": "leader", "way": "vgca"},
                    headers={"Accept": "application/json"}).json()  # fmt: skip
    with db.write():
        users.Post.update(ends_on=clock.today()).where(users.Post.person == office.hoa.id).execute()
    place = told["step"]["frames"][0]["text"].split('"FileUploadHandler": "')[1].split('"')[0]
    refused = hoa.post(place, files={"uploadfile": ("a.pdf", b"%PDF-1.7", "application/pdf")})
    assert refused.json()["Status"] is False and "không còn hiệu lực" in refused.json()["Message"]
