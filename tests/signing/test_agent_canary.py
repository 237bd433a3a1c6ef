"""V10: after 200 signings and every forced failure the PIN is nowhere but in the token: output, files, environment, messages."""

import contextlib
import hashlib
import json
import logging
import os
import re
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from pkcs11 import exceptions
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from signing import protocol
from signing.agent import door, keys
from signing.agent.library import Library
from signing.demo.tokens import PIN, SOFTHSM
from tests.signing.agent_process import Agent, Tickets
from tests.signing.test_agent import pending_for
from tests.signing.token_double import Double, Token

KEY = rsa.generate_private_key(65537, 2048)
CANARY = "chim-hoang-yen-7381905264"
CHANGE = """
import sys, pkcs11
token = pkcs11.lib(sys.argv[1]).get_token(token_label="lanh-dao")
with token.open(rw=True, user_pin=sys.argv[2]) as session:
    session.set_pin(sys.argv[2], sys.argv[3])
"""


@pytest.fixture(scope="module")
def tickets():
    found = Tickets()
    yield found
    found.shutdown()


@pytest.fixture(scope="module")
def nest(demo, tmp_path_factory):
    """A folder with copies of the tokens, the leader's with the canary as PIN, and room for whatever the agent writes."""
    folder = tmp_path_factory.mktemp("canary")
    shutil.copytree(Path(demo.facts["softhsm2_conf"]).parent / "tokens", folder / "tokens")
    conf = folder / "softhsm2.conf"
    conf.write_text(f"directories.tokendir = {folder}/tokens\nobjectstore.backend = file\nlog.level = INFO\n")
    environment = {**demo.environment, "SOFTHSM2_CONF": str(conf), "TMPDIR": str(folder), "HOME": str(folder)}
    subprocess.run([sys.executable, "-c", CHANGE, SOFTHSM, PIN, CANARY], env=environment, check=True)
    return folder, environment


def traces(place) -> list[str]:
    """Files below a folder that hold the canary."""
    return [
        str(path)
        for path in Path(place).rglob("*")
        if path.is_file() and CANARY.encode() in path.read_bytes()
    ]


@pytest.mark.skipif(not os.path.exists(SOFTHSM), reason="softhsm2 is not installed")
def test_v10_after_200_signings_the_pin_is_nowhere(nest, tickets, now):
    folder, environment = nest
    with (folder / "stderr.txt").open("w") as errors_:
        agent = Agent(environment, tickets.origin, stderr=errors_)
        said = [json.dumps(agent.ask(do="list"))]
        leader = next(one for one in json.loads(said[0])["certificates"] if one["token"] == "lanh-dao")
        signed, printed = 0, []
        for amount, typed in [(100, CANARY), (1, CANARY + "x"), (100, CANARY), (3, ""), (2, CANARY)]:
            pending = pending_for(leader, now)
            answer = agent.ask(typed, do="sign", nonce=tickets.put(leader["sha256"], *[pending] * amount))
            signed += len(answer.get("signatures", []))
            said.append(json.dumps([answer, agent.progress]))
            printed += agent.seen
        assert signed == 202
        for nonce in ("x" * 43, tickets.put("0" * 64, pending), tickets.put(leader["sha256"], items=[])):
            said.append(json.dumps(agent.ask(do="sign", nonce=nonce)))
        own = Path(f"/proc/{agent.process.pid}")
        if own.exists():
            for name in ("environ", "cmdline", "status", "limits", "maps"):
                assert CANARY.encode() not in (own / name).read_bytes(), name
            assert re.search(r"Max core file size\s+0\s+0", (own / "limits").read_text())
        agent.process.stdin.close()
        agent.process.terminate()
        printed.append(agent.process.stdout.read())
        agent.process.wait(10)
    assert CANARY not in "".join(said)
    assert CANARY not in "".join(printed)
    assert traces(folder) == []


class Hand:
    """Types the canary whatever is asked."""

    def __init__(self):
        self.said = []

    def ask(self, _question, _is_open):
        return CANARY

    def say(self, text):
        self.said.append(text)


FAILURES = [
    exceptions.DeviceRemoved(CANARY), exceptions.GeneralError(CANARY), exceptions.FunctionFailed(CANARY),
    exceptions.UserNotLoggedIn(CANARY), exceptions.MechanismInvalid(CANARY), exceptions.PinIncorrect(CANARY), TypeError("broken"),
]  # fmt: skip


@pytest.mark.parametrize("problem", FAILURES, ids=lambda problem: type(problem).__name__)
@pytest.mark.parametrize("step", ["log in", "first signature", "later signature"])
def test_v10_no_failure_tells_the_pin(tickets, problem, step, caplog, capfd):
    """Even a library that repeats what was typed is not passed on; a bug's traceback shows no value."""
    caplog.set_level(logging.DEBUG)
    token = Token(pin=CANARY)
    der = token.put(KEY)
    if step == "log in":
        token.at_login = problem
    else:
        token.at_sign = {1 if step == "first signature" else 3: problem}
    hand = Hand()
    office = door.Door(
        [tickets.origin], keys.Keys([Library("/x.so", open=lambda _path: Double(token))]), hand
    )
    server = office.open((0,))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    item = {
        "name": "a",
        "document": "A",
        "pages": 1,
        "mechanism": "rsa",
        "hash": "sha256",
        "digest": hashlib.sha256(b"").hexdigest(),
    }
    frames = []
    nonce = tickets.put(hashlib.sha256(der).hexdigest(), items=[item] * 5)
    url = f"ws://127.0.0.1:{server.socket.getsockname()[1]}"
    with connect(url, origin=tickets.origin, compression=None, proxy=None) as socket:
        socket.send(protocol.encode(do="sign", nonce=nonce))
        with contextlib.suppress(ConnectionClosed):
            while not frames or "progress" in json.loads(frames[-1]):
                frames.append(socket.recv(timeout=20))
    server.shutdown()
    told = capfd.readouterr()
    everything = "\n".join([*map(str, frames), *hand.said, caplog.text, told.out, told.err])
    assert CANARY not in everything
    if not isinstance(problem, TypeError):
        assert "error" in json.loads(frames[-1])
