"""Signing from the page: the whole way with real files and keys, and everything that must stop it."""

import base64

import dispatches
import pytest

from models import clock, db, documents, drafts, errors, signatures, signing_sessions, tokens
from signing import protocol
from tests.signing import office_keys

JSON = {"Accept": "application/json"}


def open_session(browser, ca, doc, label, purpose):
    content = {
        "documents": [doc.id],
        "purpose": purpose,
        "certificate": base64.b64encode(ca.certificate(label)).decode(),
    }
    return browser.post("/signing/sessions", json=content, headers=JSON)


def sign(browser, ca, doc, label, purpose, key=None):
    """What page and agent do together; the last answer."""
    opened = open_session(browser, ca, doc, label, purpose)
    assert opened.status_code == 200, opened.text
    ticket = protocol.decode_ticket(browser.get(f"/signing/tickets/{opened.json()['nonce']}").content)
    found = [office_keys.answer(ca, key or label, item) for item in ticket["items"]]
    content = {"nonce": opened.json()["nonce"], "signatures": found}
    return browser.post(f"/signing/sessions/{opened.json()['session']}", json=content, headers=JSON)


def again(doc):
    with db.connection():
        return documents.Document.get_by_id(doc.id)


def test_q12_1_leader_signs_clerk_numbers_and_seals(office, browser, keys, doc):
    done = sign(browser("hoa"), keys, doc, "hoa", "leader")
    assert done.status_code == 200, done.text
    assert again(doc).state == "signed"
    done = sign(browser("lan"), keys, doc, "seal", "seal")
    assert done.status_code == 200, done.text
    assert done.json()["url"] == f"/issuing?doc={doc.id}"
    sealed = again(doc)
    assert (sealed.state, sealed.verdict, sealed.code_number) == ("sealed", "valid", "1")
    with db.connection():
        assert [row.kind for row in signatures.of(sealed)] == ["person", "organisation"]
        assert drafts.unsealed(sealed) == []
        line = next(
            line for line in signatures.newest_check(sealed).facts["lines"] if line["name"] == "Phụ lục"
        )
    assert line["mark"] == "ok"
    page = browser("lan").get(f"/documents/{doc.id}/verification")
    assert page.status_code == 200
    assert "HỢP LỆ" in page.text
    assert "Phạm Thị Hoa" in page.text


def test_the_button_is_shown_to_who_may_sign(office, browser, keys, doc):
    assert 'data-signing="leader"' in browser("hoa").get(f"/outgoing/{doc.id}/signing").text
    assert "data-signing" not in browser("minh").get(f"/outgoing/{doc.id}/signing").text
    assert browser("dung").get(f"/outgoing/{doc.id}/signing").status_code == 404


def test_somebody_elses_certificate_is_refused_and_noted(office, browser, keys, doc):
    refused = open_session(browser("hoa"), keys, doc, "minh", "leader")
    assert refused.status_code == 409
    assert "5.3, 6.1.a" in refused.json()["error"]


def test_another_agencys_seal_is_refused(office, browser, keys, doc):
    sign(browser("hoa"), keys, doc, "hoa", "leader")
    refused = open_session(browser("lan"), keys, doc, "seal-b", "seal")
    assert refused.status_code == 409
    assert "6.1.b" in refused.json()["error"]
    assert again(doc).code_number == ""


def test_q12_1_sealing_before_the_signature_is_refused(office, browser, keys, doc):
    refused = open_session(browser("lan"), keys, doc, "seal", "seal")
    assert refused.status_code == 409
    assert again(doc).state == "awaiting_signature"


def test_an_answer_of_another_key_changes_nothing(office, browser, keys, doc):
    refused = sign(browser("hoa"), keys, doc, "hoa", "leader", key="minh")
    assert refused.status_code == 409
    assert "không khớp" in refused.json()["error"]
    assert again(doc).state == "awaiting_signature"
    with db.connection():
        assert signing_sessions.SigningSession.get().state == "failed"


def test_a_ticket_is_given_once(office, browser, keys, doc):
    hoa = browser("hoa")
    nonce = open_session(hoa, keys, doc, "hoa", "leader").json()["nonce"]
    assert browser().get(f"/signing/tickets/{nonce}").status_code == 200
    assert browser().get(f"/signing/tickets/{nonce}").status_code == 404
    assert browser().get(f"/signing/tickets/{'x' * 43}").status_code == 404
    assert browser().get("/signing/tickets/short").status_code == 404


def test_a_session_ends_after_ten_minutes(office, browser, keys, doc):
    with db.connection():
        certificate = signing_sessions.certificate_for(office.hoa, "leader", _sha(keys, "hoa"))
        nonce = signing_sessions.open_session(office.hoa, "leader", "agent", certificate, []).nonce
        later = clock.local(clock.now() + signing_sessions.LIFE * 2)
        with clock.freeze(f"{later:%Y-%m-%d %H:%M}"), pytest.raises(errors.NotFound):
            signing_sessions.hand_out(nonce)


def test_a_new_session_ends_the_old_one(office, browser, keys, doc):
    hoa = browser("hoa")
    first = open_session(hoa, keys, doc, "hoa", "leader").json()
    open_session(hoa, keys, doc, "hoa", "leader")
    assert browser().get(f"/signing/tickets/{first['nonce']}").status_code == 404


def test_a_session_of_another_person_does_not_exist(office, browser, keys, doc):
    opened = open_session(browser("hoa"), keys, doc, "hoa", "leader").json()
    content = {"nonce": opened["nonce"], "signatures": []}
    assert (
        browser("minh").post(f"/signing/sessions/{opened['session']}", json=content, headers=JSON).status_code
        == 404
    )


@pytest.mark.parametrize(
    "content", [{}, {"documents": "1"}, {"documents": [10**30]}, {"documents": [1], "purpose": "x"}]
)
def test_nonsense_is_refused(office, browser, keys, doc, content):
    assert browser("hoa").post("/signing/sessions", json=content, headers=JSON).status_code in (404, 409)


def test_strangers_see_no_report(office, browser, keys, doc):
    assert browser("dung").get(f"/documents/{doc.id}/verification").status_code == 404
    assert browser("binh").get(f"/documents/{doc.id}/verification").status_code == 404


def test_a_check_can_be_asked_for_again(office, browser):
    with db.connection():
        found = dispatches.arrival(office, state="arrived")
    lan = browser("lan")
    assert lan.post(f"/documents/{found.id}/verification").status_code == 303
    assert lan.get(f"/documents/{found.id}/verification").status_code == 200


def _sha(ca, label):
    with db.connection():
        return next(
            row.sha256 for row in tokens.Certificate.select() if bytes(row.der) == ca.certificate(label)
        )
