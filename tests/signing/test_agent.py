"""The agent with a SoftHSM token: who may talk to it, what it signs, how each failure is told."""

import base64
import json
import os
import shutil
import socket as socket_module
import subprocess
import sys
from datetime import timedelta

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from signing import begin, embed, prepare, protocol, verify
from signing.demo.tokens import PIN, SOFTHSM
from tests.signing.agent_process import Agent, Tickets
from tests.signing.conftest import ROOT, letter

pytestmark = pytest.mark.skipif(not os.path.exists(SOFTHSM), reason="softhsm2 is not installed")


@pytest.fixture(scope="module")
def server():
    tickets = Tickets()
    yield tickets
    tickets.shutdown()


@pytest.fixture(scope="module")
def agent(demo, server):
    found = Agent(demo.environment, server.origin)
    yield found
    found.process.terminate()
    found.process.wait(10)


@pytest.fixture(scope="module")
def certificates(agent):
    listed = agent.ask(do="list")["certificates"]
    return {item["token"]: item for item in listed}


def pending_for(entry, now):
    draft = prepare.prepare_draft(letter("report")).pdf
    chain = [base64.b64decode(der) for der in entry["chain"]]
    return begin.begin_signature(draft, base64.b64decode(entry["certificate"]), chain, now)


def test_it_lists_what_can_sign(certificates):
    assert set(certificates) >= {"lanh-dao", "co-quan"}
    assert certificates["lanh-dao"]["name"] == "Trần Thử Nghiệm"
    assert certificates["co-quan"]["organisation"] == "Sở Kiểm thử"


def test_it_signs_a_letter_rsa_then_seals_ecdsa(agent, server, certificates, demo, now):
    leader, agency = certificates["lanh-dao"], certificates["co-quan"]
    pending = pending_for(leader, now)
    answer = agent.ask(PIN, do="sign", nonce=server.put(leader["sha256"], pending))
    signed = embed.finish_signature(
        pending.work, pending.state, base64.b64decode(answer["signatures"][0])
    ).pdf
    assert any("Báo cáo" in line for line in agent.seen)
    assert any("Trần Thử Nghiệm" in line for line in agent.seen)
    day = now.astimezone(begin.VIETNAM).date()
    chain, der = demo.ca.chain, base64.b64decode(agency["certificate"])
    pending = begin.begin_seal(signed, 5, "BC-SKT", day, der, chain, now)
    answer = agent.ask(PIN, do="sign", nonce=server.put(agency["sha256"], pending, purpose="seal"))
    sealed = embed.finish_signature(
        pending.work, pending.state, base64.b64decode(answer["signatures"][0])
    ).pdf
    report = verify.verify(sealed, demo.kept, moment=now + timedelta(minutes=1))
    assert report.verdict == "valid", report.reasons


def test_several_digests_under_one_pin(agent, server, certificates, now):
    leader = certificates["lanh-dao"]
    two = [pending_for(leader, now), pending_for(leader, now + timedelta(seconds=1))]
    answer = agent.ask(PIN, do="sign", nonce=server.put(leader["sha256"], *two))
    assert len(answer["signatures"]) == 2
    for pending, raw in zip(two, answer["signatures"], strict=True):
        embed.finish_signature(pending.work, pending.state, base64.b64decode(raw))


def test_wrong_pin_then_right_one(agent, server, certificates, now):
    leader = certificates["lanh-dao"]
    pending = pending_for(leader, now)
    assert agent.ask("999999", do="sign", nonce=server.put(leader["sha256"], pending))["error"] == "wrong_pin"
    assert "signatures" in agent.ask(PIN, do="sign", nonce=server.put(leader["sha256"], pending))
    assert any("Lần trước đã nhập sai mã PIN" in line for line in agent.seen)
    assert "signatures" in agent.ask(PIN, do="sign", nonce=server.put(leader["sha256"], pending))
    assert not any("nhập sai" in line for line in agent.seen)


def test_empty_answer_cancels(agent, server, certificates, now):
    leader = certificates["lanh-dao"]
    nonce = server.put(leader["sha256"], pending_for(leader, now))
    assert agent.ask("", do="sign", nonce=nonce)["error"] == "cancelled"


def test_a_nonce_signs_once(agent, server, certificates, now):
    leader = certificates["lanh-dao"]
    nonce = server.put(leader["sha256"], pending_for(leader, now))
    agent.ask(PIN, do="sign", nonce=nonce)
    assert agent.ask(do="sign", nonce=nonce)["error"] == "bad_ticket"


def test_a_nonce_of_nobody(agent):
    assert agent.ask(do="sign", nonce="x" * 43)["error"] == "bad_ticket"


def test_a_certificate_that_is_not_there(agent, server, certificates, now):
    nonce = server.put("0" * 64, pending_for(certificates["lanh-dao"], now))
    assert agent.ask(do="sign", nonce=nonce)["error"] == "no_certificate"


def test_a_digest_of_the_wrong_length_is_refused(agent, server, certificates):
    item = {"name": "x", "mechanism": "rsa", "hash": "sha256", "digest": "00"}
    nonce = server.put(certificates["lanh-dao"]["sha256"], items=[item])
    assert agent.ask(do="sign", nonce=nonce)["error"] == "bad_ticket"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("not json", "bad_message"),
        ('{"v": 2, "do": "list"}', "version"),
        ('{"v": 1, "do": "read", "path": "/etc/passwd"}', "bad_message"),
        ('{"v": 1, "do": "list", "url": "http://x"}', "bad_message"),
        ("[" * 5000, "bad_message"),
    ],
)
def test_strict_messages(agent, text, code):
    with connect(agent.url, origin=agent.origin) as socket:
        socket.send(text)
        answer = json.loads(socket.recv(timeout=10))
    assert answer["error"] == code
    assert answer["message"] == protocol.SENTENCES[code]


@pytest.mark.parametrize("headers", [{"Origin": "http://evil.example"}, {}, {"Origin": "null"}])
def test_other_origins_are_refused_before_the_upgrade(agent, headers):
    with pytest.raises(InvalidStatus) as refused:
        connect(agent.url, additional_headers=headers)
    assert refused.value.response.status_code == 403


def test_other_hosts_are_refused(agent):
    port = agent.url.rsplit(":", 1)[1]
    with pytest.raises(InvalidStatus) as refused:
        connect(f"ws://vanthu.localhost:{port}", origin=agent.origin, sock=_socket(port))
    assert refused.value.response.status_code == 403


def _socket(port):
    return socket_module.create_connection(("127.0.0.1", int(port)))


def test_no_answer_in_time(demo, server, certificates, now):
    agent = Agent(demo.environment, server.origin, "--seconds", "0.5")
    leader = certificates["lanh-dao"]
    nonce = server.put(leader["sha256"], pending_for(leader, now))
    assert agent.ask(do="sign", nonce=nonce)["error"] == "timeout"
    agent.process.terminate()
    agent.process.wait(10)


def test_an_unplugged_token(demo, server, tmp_path):
    """The token's folder goes away, as a stick pulled out."""
    shutil.copytree(os.path.dirname(demo.facts["softhsm2_conf"]) + "/tokens", tmp_path / "tokens")
    conf = tmp_path / "softhsm2.conf"
    conf.write_text(
        f"directories.tokendir = {tmp_path / 'tokens'}\nobjectstore.backend = file\nlog.level = ERROR\n"
    )
    agent = Agent({**demo.environment, "SOFTHSM2_CONF": str(conf)}, server.origin)
    assert agent.ask(do="list")["certificates"]
    shutil.rmtree(tmp_path / "tokens")
    (tmp_path / "tokens").mkdir()
    listed = agent.ask(do="list")
    assert listed["certificates"] == []
    assert [problem["code"] for problem in listed["problems"]] == ["no_token"]
    agent.process.terminate()
    agent.process.wait(10)


def test_a_missing_module():
    process = subprocess.Popen(
        [sys.executable, "-m", "signing.agent", "--module", "/nowhere.so", "--origin", "http://127.0.0.1:1", "--port", "0"],
        cwd=ROOT, stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True,
    )  # fmt: skip
    url = process.stdout.readline().split()[1]
    with connect(url, origin="http://127.0.0.1:1") as socket:
        socket.send(protocol.encode(do="list"))
        listed = json.loads(socket.recv(timeout=10))
    assert (listed["certificates"], [p["code"] for p in listed["problems"]]) == ([], ["no_module"])
    process.terminate()
    process.wait(10)
