"""Khóa xác nhận của hệ thống: the Ed25519 key this installation signs its receipts with, and the keys of the others.

Our key is a file under data/keys that only the service may read; the table knows its public half and its period. A new
key is announced by a statement the old one signs, which travels in every message after. A partner's first key is kept
(pinned); another one counts when the old key says so, or when an administrator confirms it by its fingerprint.
"""

import base64
import binascii
import hashlib
import json
import unicodedata
from datetime import UTC, datetime
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from models import agencies, clock, config, db, edxml, journal, vault

CHANGE = "vanthu-key-change/1"
BYTES = b"vanthu-bytes/1\n"  # before anything signed that is neither a proof nor a change of key
PINNED, WAITING, RETIRED, REFUSED = "pinned", "waiting", "retired", "refused"
STATES = {PINNED: "Đang dùng", WAITING: "Chờ xác nhận", RETIRED: "Đã thay", REFUSED: "Không công nhận"}
WAYS = {
    "first_use": "gặp lần đầu, chưa ai đối chiếu",
    "statement": "khóa cũ ký báo thay",
    "administrator": "quản trị đã đối chiếu",
}


class OwnKey(db.Base):
    """A key of this installation and its period; the one without an end signs."""

    key_id = db.CharField(unique=True)
    public = db.CharField()
    since = db.MomentField()
    until = db.MomentField(null=True)
    change = db.TextField(default="")  # the statement by the key before, as JSON; "" for a first key
    made_by = db.CharField(default="")


class PartnerKey(db.Base):
    """A key a partner agency's messages were signed with."""

    partner = db.ForeignKeyField(agencies.Agency, backref="+")
    key_id = db.CharField(index=True)
    public = db.CharField()
    state = db.CharField()  # pinned | waiting | retired | refused
    how = db.CharField(default="")  # a key of WAYS
    seen_at = db.MomentField()
    since = db.MomentField(null=True)
    until = db.MomentField(null=True)  # retired: what it signed later does not count
    change = db.TextField(default="")
    decided_by = db.CharField(default="")
    decided_at = db.MomentField(null=True)

    class Meta:
        indexes = ((("partner", "key_id"), True),)

    @property
    def state_label(self) -> str:
        """The state in words."""
        return STATES[self.state]

    @property
    def how_label(self) -> str:
        """Why it counts, in words."""
        return WAYS.get(self.how, "")


TABLES = (OwnKey, PartnerKey)
_looked: set[Path] = set()  # folders whose key files this process has compared with the table
_private: dict[Path, Ed25519PrivateKey] = {}


def canonical(facts: dict) -> bytes:
    """One form of the same facts only (RFC 8785 for objects, lists, texts and whole numbers; texts in NFC)."""
    return json.dumps(_plain(facts), ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _plain(value):
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    if isinstance(value, int):
        return value
    raise TypeError(f"{value!r} has no place in a proof")


def key_id(public: str) -> str:
    """The name of a key: SHA-256 of its 32 bytes, in hex. Raises ValueError when it is no key."""
    raw = base64.b64decode(public, validate=True)
    if len(raw) != 32:
        raise ValueError("an Ed25519 key has 32 bytes")
    return hashlib.sha256(raw).hexdigest()


def instant(said: str) -> datetime:
    """A moment as bodies write it, with its zone. Raises ValueError."""
    moment = datetime.fromisoformat(said)
    if moment.tzinfo is None:
        raise ValueError("a moment without its zone")
    return moment.astimezone(UTC)


def fingerprint(named: str) -> str:
    """A key's name as people read it to each other over the telephone: eight groups of five digits."""
    raw = bytes.fromhex(named)
    return " ".join(
        f"{int.from_bytes(raw[place : place + 4], 'big') % 100000:05d}" for place in range(0, 32, 4)
    )


def holds(public: str, signed: bytes, signature: str) -> bool:
    """True when the signature over these bytes is by this key; both in the one base64 form there is of them."""
    try:
        key, said = (base64.b64decode(text, validate=True) for text in (public, signature))
        Ed25519PublicKey.from_public_bytes(key).verify(said, signed)
    except (InvalidSignature, ValueError, binascii.Error):
        return False
    return [public, signature] == [base64.b64encode(one).decode() for one in (key, said)]


# ---- our own key ----------------------------------------------------------------------------------------------


def folder() -> Path:
    """Where the private halves lie: saved apart from the backup, like the key of the vault."""
    return config.current().data / "keys"


def current() -> OwnKey:
    """The key that signs now, made at the first need; inside write()."""
    if folder() not in _looked:
        _take_up_files()
        _looked.add(folder())
    row = OwnKey.get_or_none(OwnKey.until.is_null())
    if row is None:
        return _begin(_make(None), "")
    if _private_of(row.key_id) is None:
        return _replace_lost(row)
    return row


def sign(content: bytes) -> tuple[OwnKey, str]:
    """The current key and its signature over these bytes, as base64; inside write()."""
    row = current()
    return row, base64.b64encode(_private_of(row.key_id).sign(content)).decode()


def rotate(actor) -> OwnKey:
    """Thay khóa: a new key, announced to everybody by a statement that the old one signs."""
    with db.write():
        old = current()
        new = _make(old)
        row = _begin(new, f"{actor.name} – {actor.title}", old)
        journal.record("rotate_proof_key", actor, row, note=fingerprint(row.key_id))
    return row


def changes() -> tuple[edxml.KeyChange, ...]:
    """The statements that lead from our first key to the one in force, oldest first."""
    rows = list(OwnKey.select().order_by(OwnKey.id))
    found = []
    for row in rows:
        if row.change:
            said = json.loads(row.change)
            found.append(edxml.KeyChange(base64.b64decode(said["body"]), said["signature"]))
    return tuple(found)


def history() -> list[OwnKey]:
    """All our keys, the newest first."""
    return list(OwnKey.select().order_by(OwnKey.id.desc()))


def is_ours(named: str) -> bool:
    """True for a key of this installation, in force or not."""
    return OwnKey.select().where(OwnKey.key_id == named).exists()


def _make(old: OwnKey | None) -> dict:
    """A new pair in its file, safely on the disk before any row or message knows it."""
    key = Ed25519PrivateKey.generate()
    public = base64.b64encode(key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()
    named = key_id(public)
    content = {"public": public, "private": base64.b64encode(key.private_bytes_raw()).decode(),
               "since": _second(clock.now()), "change": {}}  # fmt: skip
    if old is not None:
        body = canonical({"format": CHANGE, "old": old.public, "new": public, "from": content["since"]})
        signature = base64.b64encode(_private_of(old.key_id).sign(body)).decode()
        content["change"] = {"body": base64.b64encode(body).decode(), "signature": signature}
    vault.keep(_file(named), json.dumps(content).encode())
    return content


def _begin(content: dict, made_by: str, old: OwnKey | None = None) -> OwnKey:
    since = instant(content["since"])
    if old is not None:
        old.set(until=since)
    change = json.dumps(content["change"]) if content["change"] else ""
    return OwnKey.create(
        key_id=key_id(content["public"]),
        public=content["public"],
        since=since,
        change=change,
        made_by=made_by,
    )


def _replace_lost(old: OwnKey) -> OwnKey:
    """The private half is gone: a new key nobody announces; partners are to confirm it by telephone."""
    row = _begin(_make(None), "", old)
    note = (
        "Tệp khóa xác nhận của hệ thống không còn trong thư mục keys, nên hệ thống đã tạo khóa mới. "
        f"Hãy đọc mã khóa mới cho các nơi liên thông: {fingerprint(row.key_id)}"
    )
    journal.record("proof_key_lost", None, row, note=note)
    return row


def _take_up_files() -> None:
    """Keys whose files are here and whose rows are not: a restored database, or a start cut short."""
    for left in folder().glob("proof-*.new"):
        left.unlink()  # of a process that was ended while it wrote; whoever writes one holds the transaction
    known = {row.key_id: row for row in OwnKey.select()}
    waiting = {}
    for path in sorted(folder().glob("proof-*.key")):
        content = _content(path)
        if content and key_id(content["public"]) not in known:
            waiting[key_id(content["public"])] = content
    last = OwnKey.get_or_none(OwnKey.until.is_null())
    if last is None and not known:
        first = min((one for one in waiting.values() if not one["change"]), key=_since, default=None)
        last = _begin(first, "") if first else None
    while last:
        following = [one for one in waiting.values() if one["change"] and _old_of(one) == last.public]
        if not following:
            return
        newer = min(following, key=_since)
        del waiting[key_id(newer["public"])]
        last = _begin(newer, "", last)
        journal.record("take_up_proof_key", None, last, note=fingerprint(last.key_id))


def _since(content):
    return content["since"]


def _old_of(content):
    return json.loads(base64.b64decode(content["change"]["body"]))["old"]


def _file(named) -> Path:
    return folder() / f"proof-{named[:32]}.key"


def _content(path: Path) -> dict | None:
    try:
        content = json.loads(path.read_bytes())
        key_id(content["public"])
        return content
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _private_of(named) -> Ed25519PrivateKey | None:
    path = _file(named)
    if path not in _private:
        content = _content(path)
        if content is None or key_id(content["public"]) != named:
            return None
        _private[path] = Ed25519PrivateKey.from_private_bytes(base64.b64decode(content["private"]))
    return _private[path]


def _second(moment) -> str:
    return clock.local(moment).isoformat(timespec="seconds")


# ---- anything else that is signed -----------------------------------------------------------------------------


def sign_bytes(data: bytes) -> dict:
    """A signature of the installation over bytes that are no proof: key_id, public_key, signature, changes."""
    with db.write():
        row, signature = sign(BYTES + data)
        said = [
            {"body": base64.b64encode(one.body).decode(), "signature": one.signature} for one in changes()
        ]
    return {"key_id": row.key_id, "public_key": row.public, "signature": signature, "changes": said}
