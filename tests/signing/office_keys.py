"""Keys of the demonstration CA for the cast: Hoa's and Minh's certificates, the seal of A kept by Lan, its services."""

import base64
import socket
import subprocess
import sys
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import custody
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

from models import db, tokens_entry, trust
from signing import certificates
from signing.demo import pki

ROOT = Path(__file__).resolve().parents[2]
AGENCY = "Sở Kế hoạch tỉnh Minh Sơn"
EVIL = "<b>Phòng\u202e Mẫu</b>"  # a name that wants to be more than text
HOLDERS = (
    pki.Holder("hoa", "person", "Phạm Thị Hoa", AGENCY, "Phó Giám đốc"),
    pki.Holder("minh", "person", "Lê Văn Minh", AGENCY, "Giám đốc"),
    pki.Holder("seal", "organisation", AGENCY, AGENCY, key="p256"),
    pki.Holder("seal-b", "organisation", "UBND xã Suối Mây", "UBND xã Suối Mây"),
    pki.Holder("seal-expired", "organisation", AGENCY, AGENCY, key="p256", state="expired"),
    pki.Holder("seal-revoked", "organisation", AGENCY, AGENCY, key="p256", state="revoked"),
    pki.Holder("seal-evil", "organisation", EVIL, EVIL, key="p256"),
)


@contextmanager
def served(folder):
    """The CA with time stamps, OCSP and lists on loopback."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    ca = pki.make(folder, HOLDERS, port, datetime.now(UTC))
    command = [sys.executable, "-m", "signing.demo", "serve", "--folder", str(folder), "--port", str(port)]
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert server.stdout.readline().startswith("ready")
    try:
        yield ca
    finally:
        server.terminate()
        server.wait(10)


def bind(office, ca) -> None:
    """Record the certificates by the office's own verbs; the provincial administrator trusts the CA."""
    with db.connection():
        for label, person in (("hoa", office.hoa.person), ("minh", office.minh.person), ("seal", None)):
            der = ca.certificate(label)
            row = tokens_entry.bind(office.quantri, der, certificates.read_certificate(der), person)
        custody.give(office.minh, row, office.lan)
        for role, der in (("root", ca.root_der), *(("intermediate", der) for der in ca.chain)):
            trust.trust(office.admin, der, certificates.read_certificate(der), role, "Thử", demo=True)


def answer(ca, label: str, item: dict) -> str:
    """What the agent brings back for one item of a ticket."""
    key, digest = ca.key(label), bytes.fromhex(item["digest"])
    kind = Prehashed({"sha256": hashes.SHA256(), "sha384": hashes.SHA384()}[item["hash"]])
    if isinstance(key, rsa.RSAPrivateKey):
        raw = key.sign(digest, padding.PKCS1v15(), kind)
    else:
        raw = key.sign(digest, ec.ECDSA(kind))
    return base64.b64encode(raw).decode()
