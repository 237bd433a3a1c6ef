"""Custody and signing together (Quy chế 5.2, goal V8): every organisation signature is a line; a hand-over or a loss bites."""

import hashlib
import io

import pytest
from pyhanko.pdf_utils.reader import PdfFileReader

from models import clock, db, documents, tokens, tokens_custody, tokens_loss, tokens_uses
from signing import protocol
from tests.signing import office_keys
from tests.views.test_signatures import JSON, again, open_session, sign


def answered(browser, ca, opened, label):
    """The token's answer to an open session, brought back now."""
    ticket = protocol.decode_ticket(browser.get(f"/signing/tickets/{opened['nonce']}").content)
    found = [office_keys.answer(ca, label, item) for item in ticket["items"]]
    content = {"nonce": opened["nonce"], "signatures": found, "machine": "PC-VANTHU-01"}
    return browser.post(f"/signing/sessions/{opened['session']}", json=content, headers=JSON)


def signed_by(content: bytes, certificate) -> int:
    """Signatures of this certificate in a file, counted by pyHanko."""
    found = PdfFileReader(io.BytesIO(content)).embedded_signatures
    return sum(hashlib.sha256(one.signer_cert.dump()).hexdigest() == certificate.sha256 for one in found)


@pytest.fixture
def seal(office, keys):
    """The agency's device."""
    return next(one for one in tokens.devices(office.a.id) if one.kind == "organisation")


def signed_document(browser, keys, doc):
    assert sign(browser("hoa"), keys, doc, "hoa", "leader").status_code == 200
    return browser("lan")


def test_q5_2_b_the_months_list_equals_the_number_of_organisation_signatures(
    office, browser, keys, doc, seal
):
    lan = signed_document(browser, keys, doc)
    done = answered(lan, keys, open_session(lan, keys, doc, "seal", "seal").json(), "seal")
    assert done.status_code == 200, done.text
    sealed = again(doc)
    files = [documents.main_file(sealed)] + [
        row.file for row in documents.attachments(sealed) if row.kind == "annex"
    ]
    made = sum(signed_by(file.read(), seal.certificate) for file in files)
    uses = tokens_uses.of(seal, clock.today())
    assert len(uses) == made == 2
    assert {use.file_sha256 for use in uses} == {file.sha256 for file in files}
    assert {(use.holder, use.machine, use.document_id) for use in uses} == {
        (office.lan.post.label, "PC-VANTHU-01", doc.id)
    }
    assert f"{made} lần" in lan.get(f"/tokens/{seal.id}/uses").text
    own = next(one for one in tokens.devices(office.a.id) if one.person_id == office.hoa.id)
    assert [use.purpose for use in tokens_uses.of(own, clock.today())] == ["leader"]


def test_q5_2_c_a_hand_over_during_the_signing_ends_the_right_at_once(office, browser, keys, doc, seal):
    lan = signed_document(browser, keys, doc)
    opened = open_session(lan, keys, doc, "seal", "seal").json()
    with db.write():
        office.khoa.post.set(roles="form_checker clerk")
    act = tokens_custody.open_hand_over(
        office.lan, seal, office.khoa.post, minutes_number="02/BB", minutes_date=clock.today(),
        assignment_number="06/QĐ", assignment_date=clock.today(),
    )  # fmt: skip
    tokens_custody.receive(office.khoa, act)
    answer = answered(lan, keys, opened, "seal")
    assert "không còn là người giữ" in answer.text
    assert again(doc).state == "numbered" and tokens_uses.count(seal) == 0
    assert open_session(lan, keys, doc, "seal", "seal").status_code == 409


def test_v8_a_device_reported_lost_during_the_signing_signs_nothing(office, browser, keys, doc):
    hoa = browser("hoa")
    opened = open_session(hoa, keys, doc, "hoa", "leader").json()
    own = next(one for one in tokens.devices(office.a.id) if one.person_id == office.hoa.id)
    tokens_loss.report_lost(office.minh, own, clock.now(), "Người khác cầm thiết bị của bà Hoa")
    with db.connection():
        assert not tokens.usable(office.hoa, "leader")
    again_in = browser("hoa")  # her sessions are over; she signs in anew
    assert hoa.get("/").status_code == 303
    answer = answered(again_in, keys, opened, "hoa")
    assert "báo mất" in answer.text
    assert again(doc).state == "awaiting_signature" and tokens_uses.count(own) == 0
