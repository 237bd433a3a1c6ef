"""A demonstration CA with its services and tokens, made once; a hand that signs with its keys."""

import base64
import json
import os
import socket
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from signing import begin, embed, prepare, trust
from signing.demo import pki
from signing.records import Trust

ROOT = Path(__file__).resolve().parents[2]
LETTERS = Path(__file__).parent / "letters"
AGENCY = "Sở Kiểm thử"
HOLDERS = (
    pki.Holder("lanh-dao", "person", "Trần Thử Nghiệm", AGENCY, "Phó Giám đốc"),
    pki.Holder("lanh-dao-ec", "person", "Lê Thử Nghiệm", AGENCY, "Giám đốc", key="p384"),
    pki.Holder("co-quan", "organisation", AGENCY, AGENCY, key="p256"),
    pki.Holder("het-han", "person", "Hết Hạn", AGENCY, state="expired"),
    pki.Holder("thu-hoi", "person", "Thu Hồi", AGENCY, state="revoked"),
)


def letter(name: str) -> bytes:
    """A fictional letter of `letters/`."""
    return (LETTERS / f"{name}.pdf").read_bytes()


def raw(key, pending) -> bytes:
    """What a token would answer."""
    data = base64.b64decode(pending.state["attributes"])
    kind = {"sha256": hashes.SHA256(), "sha384": hashes.SHA384()}[pending.hash]
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(data, padding.PKCS1v15(), kind)
    return key.sign(data, ec.ECDSA(kind))


@pytest.fixture(scope="session")
def now():
    """The moment of this run; services on loopback keep real time."""
    return datetime.now(UTC)


@pytest.fixture(scope="session")
def demo(tmp_path_factory, now):
    """The CA, its services in a process of their own, tokens, and `trust` in its root."""
    folder = tmp_path_factory.mktemp("pki")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    holders = folder / "holders.json"
    holders.write_text(json.dumps([vars(holder) for holder in HOLDERS]))
    command = [sys.executable, "-m", "signing.demo"]
    where = ["--folder", str(folder), "--port", str(port)]
    made = subprocess.run(
        [*command, "make", *where, "--holders", str(holders), "--moment", now.isoformat()],
        cwd=ROOT, capture_output=True, check=True, text=True,
    )  # fmt: skip
    facts = json.loads(made.stdout)
    server = subprocess.Popen([*command, "serve", *where], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert server.stdout.readline().startswith("ready")
    ca = pki.Demo(folder)
    yield SimpleNamespace(
        ca=ca, facts=facts, port=port, tsa_url=ca.tsa_url,
        trust=Trust(roots=(ca.root_der,), intermediates=tuple(ca.chain)),
        kept=Trust(roots=(ca.root_der,), intermediates=tuple(ca.chain), crls=_lists(ca)),
        environment={**os.environ, "SOFTHSM2_CONF": facts["softhsm2_conf"]},
    )  # fmt: skip
    server.terminate()
    server.wait(10)


def _lists(ca):
    """Both revocation lists, fetched once, for tests that are about something else."""
    base = f"{ca.config.external_url_prefix}/{pki.ARCHITECTURE}/crls"
    return tuple(trust.fetch(trust.Wish("crl", f"{base}/{name}/latest.crl")) for name in ("root", "issuer"))


class Hand:
    """Signs letters with the demonstration keys, step by step as the office does."""

    def __init__(self, demo, now):
        self.demo, self.now = demo, now

    def finish(self, label, pending, stamped=True):
        """The token's answer put into the file."""
        tsa_url = self.demo.tsa_url if stamped else ""
        return embed.finish_signature(
            pending.work, pending.state, raw(self.demo.ca.key(label), pending), tsa_url
        ).pdf

    def led(self, name="report", label="lanh-dao", at=None, stamped=True, image=None):
        """A letter the leader has signed."""
        draft = prepare.prepare_draft(letter(name)).pdf
        certificate = self.demo.ca.certificate(label)
        pending = begin.begin_signature(draft, certificate, self.demo.ca.chain, at or self.now, image)
        return self.finish(label, pending, stamped)

    def sealed(self, led, day=None, number=5, label="co-quan", at=None, stamped=True, image=None):
        """A signed letter numbered and sealed."""
        at = at or self.now
        day = day or at.astimezone(begin.VIETNAM).date()
        certificate = self.demo.ca.certificate(label)
        pending = begin.begin_seal(led, number, "BC-SKT", day, certificate, self.demo.ca.chain, at, image)
        return self.finish(label, pending, stamped)


@pytest.fixture(scope="session")
def hand(demo, now):
    """A hand that signs."""
    return Hand(demo, now)


@pytest.fixture(scope="session")
def led(hand):
    """A report the leader has signed."""
    return hand.led()


@pytest.fixture(scope="session")
def sealed(hand, led):
    """The same numbered 05 and sealed."""
    return hand.sealed(led)
