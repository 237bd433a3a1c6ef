"""Files signed by another program: what is brought counts and nothing else, once, and only when it is ours."""

import base64
import json
import re
from urllib.parse import urlsplit

import pytest
from starlette.testclient import TestClient

from models import db, documents, drafts, issuing, journal, signatures, signing_sessions, tokens
from signing import protocol
from tests.signing import office_keys
from tests.signing.conftest import letter
from tests.vgca_double import Double

JSON = {"Accept": "application/json"}
STATES = {"leader": "signed", "seal": "sealed"}


class Pc:
    """A PC with the other program: no cookie, no Origin; `program` signs as the double does."""

    def __init__(self, application, ca):
        self.web, self.program = (
            TestClient(application, base_url="http://testserver"),
            Double(ca.folder, "hoa", 2),
        )

    def fetch(self, frame) -> bytes:
        answer = self.web.get(urlsplit(frame["FileName"]).path)
        assert answer.status_code == 200 and answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "no-referrer" and "set-cookie" not in answer.headers
        return answer.content

    def bring(self, frame, content: bytes) -> dict:
        answer = self.web.post(urlsplit(frame["FileUploadHandler"]).path,
                               files={"uploadfile": ("a.signed.pdf", content, "application/pdf")})  # fmt: skip
        assert answer.status_code == 200 and "set-cookie" not in answer.headers
        told = answer.json()
        assert list(told) == ["Status", "Message", "FileName", "FileServer", "DocumentNumber", "DocumentDate"]
        assert told["Status"] is True or (told["Status"] is False and told["Message"])
        return told

    def play(self, step, scenario="ok", label="hoa", generation=1) -> list[dict]:
        """The whole of an operation for each frame; the answers to what was brought."""
        self.program.scenario, self.program.label = scenario, label
        told = []
        for frame in step["frames"]:
            asked = json.loads(frame["text"])
            told.append(self.bring(asked, self.program.sign(frame["path"], self.fetch(asked))))
        return told


@pytest.fixture
def pc(application, keys):
    return Pc(application, keys)


def opened(browser, doc, purpose, way="vgca"):
    answer = browser.post(
        "/signing/sessions", json={"documents": [doc.id], "purpose": purpose, "way": way}, headers=JSON
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


def state(doc):
    with db.connection():
        return documents.Document.get_by_id(doc.id).state


def test_q6_1_q12_1_both_signatures_by_the_other_program(office, browser, pc, doc):
    hoa, lan = browser("hoa"), browser("lan")
    first = opened(hoa, doc, "leader")
    assert [frame["path"] for frame in first["step"]["frames"]] == ["SignApproved"]
    assert pc.play(first["step"]) == [
        {"Status": True, "Message": "", "FileName": f"{first['items'][0]['id']}.pdf",
         "FileServer": str(first["items"][0]["id"]), "DocumentNumber": "", "DocumentDate": ""}
    ]  # fmt: skip
    assert state(doc) == "signed"
    second = opened(lan, doc, "seal")
    frames = [json.loads(frame["text"]) for frame in second["step"]["frames"]]
    assert [frame["path"] for frame in second["step"]["frames"]] == ["SignIssued", "SignAppendix"]
    assert frames[0]["DocNumber"] == "" and frames[1]["DocNumber"].startswith("01/")
    answers = pc.play(second["step"], label="seal")
    assert [one["Message"] for one in answers] == ["", ""]
    assert state(doc) == "sealed"
    with db.connection():
        sealed = documents.Document.get_by_id(doc.id)
        assert [row.kind for row in signatures.of(sealed)] == ["person", "organisation"]
        assert drafts.unsealed(sealed) == [] and sealed.verdict == "valid"
        uses = [row.purpose for row in tokens.KeyUse.select().where(tokens.KeyUse.document == sealed)]
        assert uses == ["leader", "seal", "seal"]
    told = hoa.get(f"/signing/sessions/{first['session']}.json").json()
    assert told["state"] == "done" and told["url"] == f"/outgoing/{doc.id}"


def test_the_other_programs_signature_then_our_seal(office, browser, keys, pc, doc):
    pc.play(opened(browser("hoa"), doc, "leader")["step"])
    assert state(doc) == "signed"
    lan = browser("lan")
    content = {"documents": [doc.id], "purpose": "seal",
               "certificate": base64.b64encode(keys.certificate("seal")).decode()}  # fmt: skip
    first = lan.post("/signing/sessions", json=content, headers=JSON).json()
    ticket = protocol.decode_ticket(lan.get(f"/signing/tickets/{first['nonce']}").content)
    found = [office_keys.answer(keys, "seal", item) for item in ticket["items"]]
    done = lan.post(f"/signing/sessions/{first['session']}", headers=JSON,
                    json={"nonce": first["nonce"], "signatures": found})  # fmt: skip
    assert (done.status_code, state(doc)) == (200, "sealed"), done.text


def test_a_list_in_one_frame_each_file_known_by_its_content(office, browser, pc, submitted):
    docs = [submitted(annex=False, subject=f"V/v việc {n}") for n in (1, 2)]
    with db.connection():
        shown = [documents.main_file(doc).sha256 for doc in docs]
    content = {"documents": [doc.id for doc in docs], "shown": shown, "purpose": "leader", "way": "vgca"}
    step = browser("hoa").post("/signing/sessions", json=content, headers=JSON).json()["step"]
    frame = json.loads(step["together"]["text"])
    assert step["together"]["path"] == "SignFiles"
    for row in reversed(frame["Files"]):
        content = pc.program.sign("SignApproved", pc.fetch({"FileName": row["URL"]}))
        assert pc.bring(frame, content)["Status"] is True
    assert [state(doc) for doc in docs] == ["signed", "signed"]


def test_v7_bytes_checked_are_bytes_stored(office, browser, pc, doc):
    first = opened(browser("hoa"), doc, "leader")
    frame = json.loads(first["step"]["frames"][0]["text"])
    content = pc.program.sign("SignApproved", pc.fetch(frame))
    assert pc.bring(frame, content)["Status"] is True
    with db.connection():
        assert issuing.signed_file(doc).read() == content
        step = next(event for event in journal.of(doc) if event.verb == "sign")
        assert step.facts["way"] == "vgca" and step.facts["sha256"] == [issuing.signed_file(doc).sha256]


@pytest.mark.parametrize(("scenario", "words"), [
    ("tampered", "trang 1"), ("unrelated", "không phải văn bản đã giao ký"), ("wrong_certificate", "6.1.a"),
    ("broken", ""), ("twice", ""),
])  # fmt: skip
def test_q6_1_a_a_file_that_is_not_ours_or_not_his_never_counts(office, browser, pc, doc, scenario, words):
    first = opened(browser("hoa"), doc, "leader")
    told = pc.play(first["step"], scenario)[0]
    assert told["Status"] is False and words in told["Message"], told
    assert state(doc) == "awaiting_signature"
    assert pc.play(first["step"])[0]["Status"] is True, "the right file is still taken"
    assert state(doc) == "signed"


def test_a_program_that_saves_anew_is_compared_page_by_page(office, browser, pc, doc):
    told = pc.play(opened(browser("hoa"), doc, "leader")["step"], "rewritten")[0]
    assert (told["Status"], state(doc)) == (True, "signed"), told


def test_a_replay_and_a_late_file_are_refused(office, browser, pc, doc):
    hoa = browser("hoa")
    first = opened(hoa, doc, "leader")
    frame = json.loads(first["step"]["frames"][0]["text"])
    content = pc.program.sign("SignApproved", pc.fetch(frame))
    assert pc.bring(frame, content)["Status"] is True
    assert pc.bring(frame, content)["Status"] is False
    assert pc.web.get(urlsplit(frame["FileName"]).path).status_code == 404
    told = hoa.post(f"/signing/sessions/{first['session']}", headers=JSON,
                    json={"nonce": first["nonce"], "reply": '{"Status":0}'}).json()  # fmt: skip
    assert told["state"] == "done", "the reply afterwards changes nothing"


@pytest.mark.parametrize("reply", ['{"Status":0,"FileServer":"1"}', "0", '{"Status":true}', "rác", "[]"])
def test_a_reply_without_the_file_never_counts(office, browser, pc, doc, reply):
    hoa = browser("hoa")
    first = opened(hoa, doc, "leader")
    pc.fetch(json.loads(first["step"]["frames"][0]["text"]))
    told = hoa.post(f"/signing/sessions/{first['session']}", headers=JSON,
                    json={"nonce": first["nonce"], "reply": reply}).json()  # fmt: skip
    assert told["state"] == "handed" and state(doc) == "awaiting_signature"


def test_a_cancelled_session_takes_nothing_more(office, browser, pc, doc):
    hoa = browser("hoa")
    first = opened(hoa, doc, "leader")
    frame = json.loads(first["step"]["frames"][0]["text"])
    content = pc.program.sign("SignApproved", pc.fetch(frame))
    told = hoa.post(f"/signing/sessions/{first['session']}", headers=JSON,
                    json={"nonce": first["nonce"], "reply": '{"Status":11}'}).json()  # fmt: skip
    assert (told["outcome"], told["state"]) == ("cancelled", "cancelled")
    assert pc.bring(frame, content)["Status"] is False
    assert state(doc) == "awaiting_signature"


def test_nonsense_at_the_upload_address_is_answered_in_its_own_way(office, browser, pc, doc):
    frame = json.loads(opened(browser("hoa"), doc, "leader")["step"]["frames"][0]["text"])
    place = urlsplit(frame["FileUploadHandler"]).path
    for content in ({"data": {"x": "1"}}, {"files": {"uploadfile": ("a.exe", b"MZ", "application/pdf")}}, {}):
        answer = pc.web.post(place, **content)
        assert (answer.status_code, answer.json()["Status"]) == (200, False)
    assert pc.web.post("/signing/uploads/" + "x" * 43).json()["Status"] is False


def test_download_sign_elsewhere_upload_without_script(office, browser, pc, doc):
    hoa = browser("hoa")
    page = hoa.post(f"/documents/{doc.id}/signing")
    assert page.status_code == 303
    place = page.headers["location"]
    shown = hoa.get(place)
    link = re.search(r'href="(/signing/sessions/\d+/files/0\.pdf)"', shown.text)[1]
    content = hoa.get(link).content
    assert browser("minh").get(place).status_code == 404 and browser("dung").get(link).status_code == 404
    wrong = hoa.post(f"{place}/files", files={"uploadfile": ("khac.pdf", letter("bare"), "application/pdf")})
    assert wrong.status_code == 422 and "không phải văn bản đã giao ký" in wrong.text
    signed = pc.program.sign("SignApproved", content)
    done = hoa.post(f"{place}/files", files={"uploadfile": ("a.pdf", signed, "application/pdf")})
    assert (done.status_code, done.headers["location"]) == (303, f"/outgoing/{doc.id}")
    assert state(doc) == "signed"


def test_q12_1_c2_the_number_is_ours_and_the_program_only_seals(office, browser, pc, doc):
    """The server fills number and day in a revision of its own; the program's seal covers the whole file."""
    pc.play(opened(browser("hoa"), doc, "leader")["step"])
    step = opened(browser("lan"), doc, "seal")["step"]
    pc.play(step, label="seal")
    with db.connection():
        content = documents.main_file(documents.Document.get_by_id(doc.id)).read()
        item = next(
            row
            for row in signing_sessions.SigningItem.select()
            if row.attachment_id is None and row.digest == ""
        )
        assert content.startswith(item.work.read())
