"""Ways of signing: what the page is told to do, and what each reply means; pure, so every odd reply is tried here."""

import base64
import json
from datetime import date

import pytest

from signing import providers, providers_vgca

PAPERS = (
    providers.Paper(1, "a.pdf", "seal", "http://x/1.pdf"),
    providers.Paper(2, 'phụ "lục".pdf', "annex", "http://x/2.pdf"),
)
ORDER = providers.Order(7, "n" * 43, PAPERS, "http://x/up", "05/SKH-KH", date(2026, 3, 2))
VGCA, AGENT = providers_vgca.Vgca(), providers.Agent()


def test_vgca_gets_one_frame_a_file_and_our_number_is_in_the_file_already():
    step = VGCA.begin(ORDER)
    assert step.urls == ("wss://127.0.0.1:8987",) and step.permission == "loopback-network"
    seal, annex = (json.loads(frame["text"]) for frame in step.frames)
    assert [frame["path"] for frame in step.frames] == ["SignIssued", "SignAppendix"]
    assert seal == {"FileUploadHandler": "http://x/up", "SessionId": "", "JWTToken": "", "FileName": "http://x/1.pdf",
                    "DocNumber": "", "IssuedDate": ""}  # fmt: skip
    assert annex["DocNumber"] == "05/SKH-KH" and step.together is None


def test_vgca_of_the_newer_generation_takes_a_list_of_one_kind():
    papers = tuple(providers.Paper(n, 'tên "lạ" ' + "x" * 300, "leader", f"http://x/{n}.pdf") for n in (1, 2))
    together = VGCA.begin(providers.Order(7, "n", papers, "http://x/up")).together
    rows = json.loads(together["text"])["Files"]
    assert together["path"] == "SignFiles" and [row["FileID"] for row in rows] == ["1", "2"]
    assert all('"' not in row["FileName"] and len(row["FileName"]) <= 170 for row in rows)


@pytest.mark.parametrize(("reply", "kind", "words"), [
    ('{"Status":0,"Message":"","FileServer":"1"}', "done", "chờ tệp"), ("0", "done", ""), ('"0"', "done", ""),
    ('{"Status":11}', "cancelled", "hủy"), ('{"Status":1,"Message":"Hết hạn"}', "refused", "Hết hạn"),
    ('{"Status":500,"Error":"Lỗi thẻ"}', "refused", "Lỗi thẻ"), ('{"Status":7}', "refused", "mã 7"),
    ('{"Status":true}', "error", "sai quy cách"), ('{"Status":"0"}', "error", ""), ("{}", "error", ""),
    ("[]", "error", ""), ("không phải json", "error", ""), (None, "error", ""), ("x" * 200_000, "error", ""),
    ("[" * 50_000, "error", ""), ('{"Status":5,"Message":{"a":1}}', "refused", "mã 5"),
])  # fmt: skip
def test_what_a_reply_of_vgca_means(reply, kind, words):
    found = VGCA.receive(ORDER, {"reply": reply})
    assert found.kind == kind and words in found.sentence and found.kind in providers.OUTCOMES


def test_vgca_that_closes_without_a_word_may_still_have_signed():
    assert VGCA.receive(ORDER, {"closed": True}).code == "closed"


@pytest.mark.parametrize(("payload", "kind"), [
    ({"signatures": ["AA==", None], "error": "removed", "message": "rút"}, "done"),
    ({"signatures": [None, None], "error": "cancelled", "message": "hủy"}, "cancelled"),
    ({"error": "wrong_pin", "message": "sai", "attempts_left": 3}, "refused"), ({"error": "timeout"}, "expired"),
    ({"error": "no_token", "message": ""}, "unavailable"), ({"signatures": ["AA=="]}, "error"),
    ({"signatures": ["?", "AA=="]}, "error"), ({"signatures": {}}, "error"), ({}, "error"), ({"error": ["x"]}, "error"),
])  # fmt: skip
def test_what_an_answer_of_our_agent_means(payload, kind):
    assert AGENT.receive(ORDER, payload).kind == kind


def test_partial_answers_keep_what_was_signed_and_attempts_are_told():
    found = AGENT.receive(ORDER, {"signatures": [base64.b64encode(b"raw").decode(), None], "machine": "PC"})
    assert (found.signatures, found.machine) == ((b"raw", None), "PC")
    assert AGENT.receive(ORDER, {"error": "wrong_pin", "attempts_left": 3}).attempts_left == 3
    assert AGENT.begin(ORDER).frames == ({"v": 1, "do": "sign", "nonce": "n" * 43},)


def test_a_way_is_added_and_taken_out_by_its_name():
    class Remote(providers.ByHand):
        def capabilities(self):
            return providers.Capabilities(
                "remote", "Từ xa", "digest", "cloud", frozenset({"leader"}), 5, providers.timedelta(1)
            )

    made = providers.register(Remote())
    assert providers.find("remote") is made and [one.name for one in providers.all_of("leader")] == ["remote"]
    assert providers.all_of("seal") == []
    providers.forget("remote")
    assert providers.find("remote") is None
