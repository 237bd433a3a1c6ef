"""Many documents under one PIN: each with its own outcome, what is left can be signed later; and whose key signs what."""

import base64

import dispatches
import pytest

from models import clock, db, documents, journal, notifications, registers, signing_sessions, tokens, users
from signing import protocol, providers
from tests.signing import office_keys

JSON = {"Accept": "application/json"}


def opened(browser, ca, docs, label, purpose, **more):
    with db.connection():
        shown = [documents.main_file(doc).sha256 for doc in docs]
    content = {"documents": [doc.id for doc in docs], "purpose": purpose, "shown": shown,
               "certificate": base64.b64encode(ca.certificate(label)).decode(), **more}  # fmt: skip
    return browser.post("/signing/sessions", json=content, headers=JSON)


def signed(browser, ca, told, label):
    """The agent's signatures for an opened session, one a file."""
    ticket = protocol.decode_ticket(browser.get(f"/signing/tickets/{told['nonce']}").content)
    return [office_keys.answer(ca, label, item) for item in ticket["items"]]


def answer(browser, told, **content):
    return browser.post(
        f"/signing/sessions/{told['session']}", json={"nonce": told["nonce"], **content}, headers=JSON
    )


def states(docs):
    with db.connection():
        return [documents.Document.get_by_id(doc.id).state for doc in docs]


@pytest.fixture
def three(submitted):
    return [submitted(annex=False, subject=f"V/v việc thứ {n}") for n in (1, 2, 3)]


def test_q12_1_b_many_documents_one_pin_stop_and_go_on(office, browser, keys, three):
    hoa = browser("hoa")
    page = hoa.get("/signing/batch/leader")
    assert (
        page.text.count("data-document-tick") == 3
        and "ws://127.0.0.1:9448" in page.headers["content-security-policy"]
    )
    told = opened(hoa, keys, three, "hoa", "leader").json()
    raws = signed(hoa, keys, told, "hoa")
    removed = {"error": "removed", "message": "Thiết bị ký bị rút ra giữa chừng.", "machine": "PC-01"}
    found = answer(hoa, told, signatures=[raws[0], None, None], **removed).json()
    assert [item["state"] for item in found["items"]] == ["done", "failed", "failed"]
    assert "rút ra" in found["items"][1]["reason"] and found["state"] == "done"
    assert states(three) == ["signed", "awaiting_signature", "awaiting_signature"]
    assert answer(hoa, told, signatures=raws).json()["items"] == found["items"], (
        "sent again it changes nothing"
    )
    told = opened(hoa, keys, three[1:], "hoa", "leader").json()
    answer(hoa, told, signatures=signed(hoa, keys, told, "hoa"))
    assert states(three) == ["signed"] * 3
    with db.connection():
        assert tokens.KeyUse.select().where(tokens.KeyUse.purpose == "leader").count() == 3
        assert {row.machine for row in tokens.KeyUse.select()} == {"PC-01", ""}


def test_q12_1_c1_the_clerk_seals_many_each_with_its_own_number(office, browser, keys, three):
    hoa, lan = browser("hoa"), browser("lan")
    told = opened(hoa, keys, three, "hoa", "leader").json()
    answer(hoa, told, signatures=signed(hoa, keys, told, "hoa"))
    with db.connection():
        dispatches.amend(documents.Document.get_by_id(three[1].id), code_notation="KHÁC-TRANG")
        dispatches.amend(documents.Document.get_by_id(three[1].id), signed_at=clock.now() - 2 * _day())
    page = lan.get("/signing/batch/seal")
    assert "12.2" in page.text and page.text.count(" checked><span") == 2
    told = opened(lan, keys, three, "seal", "seal").json()
    assert [one["document"] for one in told["refused"]] == [three[1].id] and "12.2" in told["refused"][0][
        "reason"
    ]
    found = answer(lan, told, signatures=signed(lan, keys, told, "seal")).json()
    assert [item["state"] for item in found["items"]] == ["done", "done"], found
    assert states(three) == ["sealed", "signed", "sealed"]
    with db.connection():
        numbers = [documents.Document.get_by_id(doc.id).code_number for doc in three]
        assert numbers == ["1", "", "2"], "no number is taken for what does not go on"
        assert registers.coming(registers.of(office.a.id, "outgoing", three[0].type_code)) == 3


def _day():
    return signing_sessions.timedelta(days=1)


@pytest.mark.parametrize(("label", "words"), [("minh", "6.1.a"), ("seal", "6.1.a")])
def test_q6_1_a_only_his_own_personal_key(office, browser, keys, doc, label, words):
    refused = opened(browser("hoa"), keys, [doc], label, "leader")
    assert refused.status_code == 409 and words in refused.json()["error"]


@pytest.mark.parametrize("label", ["seal-b", "hoa"])
def test_q6_1_b_only_the_seal_of_the_agency(office, browser, keys, doc, label):
    hoa, lan = browser("hoa"), browser("lan")
    told = opened(hoa, keys, [doc], "hoa", "leader").json()
    answer(hoa, told, signatures=signed(hoa, keys, told, "hoa"))
    refused = opened(lan, keys, [doc], label, "seal")
    assert refused.status_code == 409 and "6.1.b" in refused.json()["error"]
    with db.connection():
        assert documents.Document.get_by_id(doc.id).code_number == "", "no number for a wrong key"


def test_q6_1_b_a_clerk_who_does_not_keep_the_seal_cannot_use_it(office, browser, keys, doc):
    hoa = browser("hoa")
    told = opened(hoa, keys, [doc], "hoa", "leader").json()
    answer(hoa, told, signatures=signed(hoa, keys, told, "hoa"))
    with db.write():
        other = users.Post.select().where(users.Post.person == office.khoa.id).first()
        other.set(roles=f"{other.roles} clerk")
    refused = opened(browser("khoa"), keys, [doc], "seal", "seal")
    assert refused.status_code == 409 and "5.2" in refused.json()["error"]


def test_v7_a_draft_changed_since_it_was_shown_is_not_signed(office, browser, keys, doc):
    hoa = browser("hoa")
    with db.connection():
        shown = documents.main_file(doc).sha256
    assert opened(hoa, keys, [doc], "hoa", "leader", shown=["0" * 64]).status_code == 409
    assert opened(hoa, keys, [doc], "hoa", "leader", shown=[shown]).status_code == 200


@pytest.mark.parametrize(("content", "outcome"), [
    ({"error": "wrong_pin", "message": "Mã PIN không đúng.", "attempts_left": 4}, "Mã PIN"),
    ({"error": "cancelled", "message": "Bạn đã hủy việc ký."}, "hủy"),
    ({"signatures": "rác"}, "thiếu chữ ký"), ({"signatures": []}, "thiếu chữ ký"), ({}, "thiếu chữ ký"),
])  # fmt: skip
def test_what_the_agent_says_is_told_and_nothing_changes(office, browser, keys, doc, content, outcome):
    hoa = browser("hoa")
    told = opened(hoa, keys, [doc], "hoa", "leader").json()
    hoa.get(f"/signing/tickets/{told['nonce']}")
    refused = answer(hoa, told, **content)
    assert refused.status_code == 409 and outcome in refused.json()["error"]
    assert states([doc]) == ["awaiting_signature"]


def test_v8_signing_at_night_is_flagged_and_told(office, browser, keys, doc, monkeypatch):
    monkeypatch.setattr(signing_sessions, "is_out_of_hours", lambda agency_id, moment: True)
    hoa = browser("hoa")
    told = opened(hoa, keys, [doc], "hoa", "leader").json()
    answer(hoa, told, signatures=signed(hoa, keys, told, "hoa"))
    with db.connection():
        notifications.spread()
        assert next(event for event in journal.of(doc) if event.verb == "sign").facts["out_of_hours"] is True
        assert any("NGOÀI GIỜ" in notice.words for notice in notifications.newest(office.hoa))


class Remote:
    """A remote-signing service as one more way: the person confirms on his phone."""

    signature = None

    def capabilities(self):
        return providers.Capabilities(
            "remote",
            "Ký từ xa",
            "digest",
            "cloud",
            frozenset({"leader"}),
            10,
            signing_sessions.LIFE,
            needs_certificate=True,
        )

    def begin(self, order):
        return providers.Wait(3, "Hãy xác nhận trên điện thoại.")

    def receive(self, order, payload):
        return providers.Outcome("error")

    def poll(self, order):
        return providers.Outcome("done", signatures=(self.signature,)) if self.signature else None

    def cancel(self, order):
        """Nothing was sent."""


def test_a_remote_signing_service_fits_the_same_session(office, browser, keys, doc):
    """Digests go out, the outcome is polled: no page and no table knows of it."""
    remote = Remote()
    providers.register(remote)
    try:
        hoa = browser("hoa")
        told = opened(hoa, keys, [doc], "hoa", "leader", way="remote").json()
        assert told["step"] == {"kind": "wait", "every": 3, "say": "Hãy xác nhận trên điện thoại."}
        assert hoa.get(f"/signing/sessions/{told['session']}.json").json()["state"] == "prepared"
        with db.connection():
            row = signing_sessions.items_of(signing_sessions.SigningSession.get_by_id(told["session"]))[0]
            remote.signature = base64.b64decode(
                office_keys.answer(keys, "hoa", {"digest": row.digest, "hash": row.hash})
            )
        assert hoa.get(f"/signing/sessions/{told['session']}.json").json()["state"] == "done"
        assert states([doc]) == ["signed"]
    finally:
        providers.forget("remote")
