"""Who gets in, what the self-test page says, what a batch and a closed page come to; over a real loopback socket."""

import contextlib
import hashlib
import json
import os
import re
import ssl
import threading
import urllib.error
import urllib.request

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from pkcs11 import exceptions
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from signing import protocol
from signing.agent import door, keys, peers, selftest
from signing.agent.library import Library
from tests.signing import token_double
from tests.signing.agent_process import Tickets
from tests.signing.token_double import Double, Token

ITEM = {"name": "a.pdf", "document": "Báo cáo", "pages": 3, "mechanism": "rsa", "hash": "sha256",
        "digest": hashlib.sha256(b"a").hexdigest()}  # fmt: skip
PIN = "135790"


class Hand:
    """Answers each question with the PIN, or with what `says` raises; keeps what it was asked."""

    def __init__(self):
        self.asked, self.said, self.problem, self.hold = [], [], None, None

    def ask(self, question, is_open):
        self.asked.append(question)
        if self.hold:
            while is_open():
                self.hold.wait(0.05)
            raise protocol.ProtocolError("closed")
        if self.problem:
            raise self.problem
        return PIN

    def say(self, text):
        self.said.append(text)


class Office:
    """A door in this process over a stand-in token."""

    def __init__(self, tickets, token, der, contact=""):
        self.token, self.hand, self.tickets = token, Hand(), tickets
        self.sha256 = hashlib.sha256(der).hexdigest()
        self.keys = keys.Keys([Library("/lib/x.so", "Thiết bị thử", open=lambda _path: Double(token))])
        self.door = door.Door([tickets.origin], self.keys, self.hand, contact, {"/lib/crash.so": "hỏng"})
        self.server = self.door.open((0,))
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.port = self.server.socket.getsockname()[1]
        self.url = f"ws://127.0.0.1:{self.port}"

    def connect(self):
        return connect(self.url, origin=self.tickets.origin, compression=None, proxy=None)

    def sign(self, *items):
        """(progress messages, last message)"""
        nonce = self.tickets.put(self.sha256, items=list(items) or [ITEM])
        told = []
        with self.connect() as socket:
            socket.send(protocol.encode(do="sign", nonce=nonce))
            while "progress" in (answer := json.loads(socket.recv(timeout=20))):
                told.append(answer["progress"])
        return told, answer

    def get(self, path="/", **headers):
        """(status, headers, text) of a plain GET."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, answer.headers, answer.read().decode()
        except urllib.error.HTTPError as problem:
            return problem.code, problem.headers, problem.read().decode()


@pytest.fixture(scope="module")
def tickets():
    found = Tickets()
    yield found
    found.shutdown()


@pytest.fixture(scope="module")
def pair():
    key = rsa.generate_private_key(65537, 2048)
    return key, token_double.made(key)


@pytest.fixture
def office(tickets, pair):
    token = Token()
    token.put(pair[0], der=pair[1])
    found = Office(tickets, token, pair[1], contact="Tổ chứng thực số, 0222 000 000")
    yield found
    found.server.shutdown()


# ---- batches over the socket -------------------------------------------------------------------------------------


def test_h5_thirty_items_with_progress(office):
    told, answer = office.sign(*[ITEM] * 30)
    assert [one["done"] for one in told] == list(range(1, 31))
    assert told[-1] == {"done": 30, "of": 30, "say": "Đã ký 30/30 tệp."}
    assert set(answer) == {"v", "certificate", "machine", "signatures"}
    assert all(answer["signatures"])
    assert office.token.logins == [PIN]
    assert any("30 tệp" in note for note in office.hand.asked[0].notes)


def test_h5_pulled_out_at_item_17_delivers_16(office):
    office.token.at_sign = {17: exceptions.DeviceRemoved()}
    told, answer = office.sign(*[ITEM] * 30)
    assert len(told) == 16
    assert [bool(raw) for raw in answer["signatures"]] == [True] * 16 + [False] * 14
    assert answer["error"] == "removed"
    assert answer["message"].startswith("Đã ký 16/30 tệp")


def test_h4_a_wrong_pin_in_a_batch_ends_it(office):
    office.token.pin = "other"
    told, answer = office.sign(*[ITEM] * 30)
    assert (told, answer["error"]) == ([], "wrong_pin")
    assert "signatures" not in answer
    assert len(office.token.logins) == 1


def test_h4_whom_to_call_is_said(office):
    office.token.attempts = 1
    _, answer = office.sign()
    assert (answer["error"], answer["attempts_left"]) == ("last_attempt", 1)
    assert answer["message"].endswith("Nơi liên hệ: Tổ chứng thực số, 0222 000 000.")
    assert office.hand.asked == []


def test_no_token_does_not_spend_the_nonce(office):
    office.token.gone = True
    nonce = office.tickets.put(office.sha256, items=[ITEM])
    with office.connect() as socket:
        socket.send(protocol.encode(do="sign", nonce=nonce))
        assert json.loads(socket.recv(timeout=10))["error"] == "no_token"
    assert nonce in office.tickets.tickets


@pytest.mark.parametrize(("reason", "code"), [
    (ConnectionRefusedError(), "no_server"), (TimeoutError(), "no_server"),
    (urllib.error.URLError(ssl.SSLCertVerificationError(1, "self-signed")), "bad_tls"),
    (urllib.error.URLError("no host"), "no_server"), (urllib.error.HTTPError("", 404, "", {}, None), "bad_ticket"),
])  # fmt: skip
def test_a_server_that_does_not_answer(office, monkeypatch, reason, code):
    def broken(*_args, **_more):
        raise reason

    monkeypatch.setattr(office.door._web, "open", broken)
    assert office.sign()[1]["error"] == code
    assert office.hand.asked == []


def test_a_redirect_to_another_place_is_not_followed(office):
    nonce = office.tickets.put(office.sha256, items=[ITEM])
    office.tickets.elsewhere = f"{office.tickets.origin}{protocol.TICKET_PATH}{nonce}"
    with office.connect() as socket:
        socket.send(protocol.encode(do="sign", nonce="y" * 43))
        assert json.loads(socket.recv(timeout=10))["error"] == "bad_ticket"
    office.tickets.elsewhere = None
    assert nonce in office.tickets.tickets


@pytest.mark.parametrize("change", [{"items": []}, {"items": [ITEM] * 101}, {"purpose": "anything"}, {"extra": 1}, {"title": 3},
                                    {"items": [ITEM | {"pages": -1}]}, {"items": [ITEM | {"pages": True}]},
                                    {"items": [ITEM | {"path": "/etc/passwd"}]}, {"certificate": "A" * 64}])  # fmt: skip
def test_strict_tickets(office, change):
    content = {"certificate": office.sha256, "items": [ITEM]} | change
    nonce = office.tickets.put(content.pop("certificate"), **content)
    with office.connect() as socket:
        socket.send(protocol.encode(do="sign", nonce=nonce))
        assert json.loads(socket.recv(timeout=10))["error"] == "bad_ticket"
    assert office.hand.asked == []


def test_the_mechanism_must_be_the_keys(office):
    _, answer = office.sign(ITEM | {"mechanism": "ecdsa"})
    assert answer["error"] == "unfit_key"
    assert office.hand.asked == []


def test_h6_the_question_names_everything(office):
    office.sign()
    text = "\n".join(office.hand.asked[0].lines())
    for part in (office.tickets.origin, "Báo cáo", "a.pdf", "3 trang", protocol.fingerprint(ITEM["digest"]),
                 "Trần Thử Nghiệm", "Sở Kiểm thử", "the-thu", "0123456789abcdef"):  # fmt: skip
        assert part in text


def test_a_closed_page_ends_the_question_and_frees_the_agent(office):
    office.hand.hold = threading.Event()
    with office.connect() as socket:
        socket.send(protocol.encode(do="sign", nonce=office.tickets.put(office.sha256, items=[ITEM])))
        while not office.hand.asked:
            office.hand.hold.wait(0.02)
        with office.connect() as other:
            other.send(protocol.encode(do="list"))
            assert json.loads(other.recv(timeout=10))["error"] == "busy"
        assert "đang chờ trả lời" in office.get()[2]
    office.hand.hold, until = None, 100
    while office.door._turn.locked() and until:
        threading.Event().wait(0.05)
        until -= 1
    assert office.sign()[1]["signatures"][0]
    assert len(office.token.logins) == 1


def test_too_large_a_message_ends_the_connection(office):
    with office.connect() as socket:
        socket.send("x" * (protocol.LARGEST_MESSAGE + 1))
        with pytest.raises(Exception, match="1009"):
            socket.recv(timeout=10)


def test_more_connections_than_a_page_needs(office):
    with contextlib.ExitStack() as held:
        for _ in range(door.MOST_CONNECTIONS):
            held.enter_context(office.connect())
        with office.connect() as socket, pytest.raises(Exception, match="1013"):
            socket.recv(timeout=10)


# ---- who gets in -------------------------------------------------------------------------------------------------


def test_another_users_program_is_refused(office, monkeypatch):
    monkeypatch.setattr(peers, "is_same_user", lambda *_: False)
    with pytest.raises(InvalidStatus) as refused:
        office.connect()
    assert refused.value.response.status_code == 403
    assert office.get()[0] == 403


@pytest.mark.parametrize("headers", [
    {"Host": "vanthu.example"}, {"Host": "127.0.0.1"}, {"Host": "127.0.0.1:1"}, {"Origin": "http://evil.example"},
    {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"},
    {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"},
    {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"},
])  # fmt: skip
def test_the_self_test_page_is_for_the_person_alone(office, headers):
    status, _, text = office.get(**headers)
    assert status == 403
    assert "Thử Nghiệm" not in text


@pytest.mark.parametrize("headers", [{}, {"Sec-Fetch-Site": "none"}, {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate",
                                                                      "Sec-Fetch-Dest": "document"}])  # fmt: skip
def test_the_person_sees_it(office, headers):
    status, found, text = office.get(**headers)
    assert status == 200
    assert found["Content-Security-Policy"].startswith("default-src 'none'")
    assert (found["X-Frame-Options"], found["Cache-Control"]) == ("DENY", "no-store")
    assert "Access-Control-Allow-Origin" not in found
    assert "/lib/crash.so" in text


@pytest.mark.parametrize("path", ["/x", "/signing/tickets/1", "/../etc/passwd"])
def test_nothing_else_is_there(office, path):
    assert office.get(path)[0] == 404


# ---- the one sentence (H1) ---------------------------------------------------------------------------------------


def sentence(text):
    return re.search(r'<p class="say([^"]*)">(.*?)</p>', text).groups()


def told(*tokens, libraries=None):
    found = keys.Keys(
        [Library("/lib/x.so", "Thử", open=lambda _path: Double(*tokens))] if libraries is None else libraries
    )
    return sentence(selftest.page(found, {}, ["http://x"], ""))


def test_h1_the_self_test_says_in_one_sentence_what_is_missing(pair):
    key, der = pair
    plugged = Token()
    plugged.put(key, der=der)
    ended = Token()
    ended.put(key, der=token_double.made(key, days=(-400, -30)))
    locked, last = Token(attempts=0), Token(attempts=1)
    locked.put(key, der=der)
    last.put(key, der=der)
    broken = [Library("/lib/x.so", "Thử", open=lambda _path: Double(problem=exceptions.DeviceError()))]
    for found, ready, words in [
        (told(libraries=[]), "", "chưa có trình điều khiển"),
        (told(), "", "Không thấy thiết bị ký"),
        (told(Token()), "", "chưa có chứng thư nào"),
        (told(ended), "", "đã hết hạn ngày"),
        (told(locked), "", "đã bị khóa"),
        (told(last), "", "chỉ còn một lần nhập"),
        (told(libraries=broken), "", "lỗi phần cứng"),
        (told(plugged), " ready", "Sẵn sàng ký: Trần Thử Nghiệm (dùng đến "),
        (told(ended, plugged), " ready", "Sẵn sàng ký"),
    ]:
        assert (found[0], words in found[1]) == (ready, True), found


def test_what_a_token_says_is_text_and_never_markup(pair):
    key, _ = pair
    token = Token(label="<script>alert(1)</script>")
    token.put(key, der=token_double.made(key, "<img src=x onerror=alert(1)>"))
    text = selftest.page(
        keys.Keys([Library("/lib/x.so", open=lambda _path: Double(token))]), {}, ["http://x"], ""
    )
    assert "<script" not in text
    assert "<img" not in text


@pytest.mark.skipif(not os.path.exists("/proc/net/tcp"), reason="this system does not tell")
def test_the_connections_user_is_known_here(office):
    assert office.get("/ready")[2] == door.READY.decode()
    assert door.is_running(office.port)
