"""Chứng cứ kiểm tra ký số, kept with the document as long as it lives (TT 41 Điều 9–10; SIG-23; Q16.4).

One JSON file says when the check was made, by which engine, against which list of trusted authorities, what was
expected of the file, and holds every certificate, revocation list and OCSP answer the result rests on. With it the check
can be repeated decades later, offline, as of that moment. It holds no content of the document. A long list, which
thousands of checks share, lies once in the store and is named by its SHA-256.
"""

import base64
import binascii
import hashlib
import json
from dataclasses import dataclass, field
from datetime import date, datetime

from models import clock, documents, files, text, trust

FORMAT = "vanthu-chung-cu/1"
KINDS = ("certificate", "crl", "ocsp")
SHARED_FROM = 16 << 10  # bytes from which an item lies in the store by itself


@dataclass(frozen=True)
class Authority:
    """One trusted authority as it stood then."""

    sha256: str
    role: str
    der: bytes
    name: str = ""
    purpose: str = ""
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    decision: str = ""


@dataclass(frozen=True)
class Evidence:
    """What a check rested on. `files` are (name, sha256, kind); `expected` the facts the file was compared with."""

    checked_at: datetime | None = None
    engine: str = ""
    verdict: str = ""
    trust_sha256: str = ""
    authorities: tuple[Authority, ...] = ()
    items: tuple[tuple[str, bytes], ...] = ()
    files: tuple[tuple[str, str, str], ...] = ()
    expected: dict = field(default_factory=dict)

    def of_kind(self, kind: str) -> tuple[bytes, ...]:
        """The certificates, lists or answers."""
        return tuple(body for found, body in self.items if found == kind)


def pack(
    doc, report: dict, proofs, expected: dict | None = None, checked_files=None, rows=None
) -> files.Stored:
    """Store the evidence of one check; before the write() that records it.

    `proofs`: (kind, DER bytes) with kind certificate, crl or ocsp; `report` the plain report; `expected` plain facts
    (issued_day, organisations, number, parents); `checked_files`: (name, sha256, kind) when they are not the document's
    attachments; `rows` the authorities the check used, else those in force.
    """
    rows = trust.trusted() if rows is None else rows
    attached = checked_files
    if attached is None:
        attached = [(row.file.name, row.file.sha256, row.kind) for row in documents.attachments(doc)]
    content = {
        "format": FORMAT,
        "document": {"number": doc.number_text, "organ": doc.organ_name, "organ_id": doc.organ_id},
        "checked_at": report.get("checked_at") or clock.now().isoformat(),
        "engine": report.get("engine", ""),
        "verdict": report["verdict"],
        "files": [{"name": name, "sha256": sha256, "kind": kind} for name, sha256, kind in attached],
        "expected": {key: _plain(value) for key, value in (expected or {}).items()},
        "trust": {"sha256": trust.fingerprint(rows), "authorities": [_authority(row) for row in rows]},
        "items": [_item(kind, body) for kind, body in dict.fromkeys((k, bytes(b)) for k, b in proofs)],
        "report": report,
    }
    return files.store(json.dumps(content, ensure_ascii=False, indent=1).encode())


def of(check) -> Evidence | None:
    """The evidence of a check; None when none was kept, or what is there is no evidence."""
    if check is None or check.evidence is None:
        return None
    try:
        return read(check.evidence.read())
    except (ValueError, KeyError, TypeError, binascii.Error):
        return None


def read(content: bytes) -> Evidence:
    """Evidence from its file; also the bare list of (kind, base64) that older checks kept. Raises ValueError, KeyError."""
    data = json.loads(content)
    if isinstance(data, list):
        return Evidence(items=tuple((kind, base64.b64decode(body)) for kind, body in data))
    return Evidence(
        checked_at=datetime.fromisoformat(data["checked_at"]),
        engine=data["engine"],
        verdict=data["verdict"],
        trust_sha256=data["trust"]["sha256"],
        authorities=tuple(_read_authority(item) for item in data["trust"]["authorities"]),
        items=tuple((item["kind"], _body(item)) for item in data["items"]),
        files=tuple((item["name"], item["sha256"], item["kind"]) for item in data["files"]),
        expected=data["expected"],
    )


def harmless(value):
    """A report's plain data with every text fit to be shown: names in certificates are written by strangers."""
    if isinstance(value, str):
        return text.harmless(value, 1000)
    if isinstance(value, list):
        return [harmless(item) for item in value]
    if isinstance(value, dict):
        return {key: harmless(item) for key, item in value.items()}
    return value


def _item(kind, body) -> dict:
    sha256 = hashlib.sha256(body).hexdigest()
    if len(body) <= SHARED_FROM:
        return {"kind": kind, "sha256": sha256, "der": _text(body)}
    if not files.File.select().where(files.File.sha256 == sha256).exists():
        files.put(body, f"{kind}-{sha256[:12]}.der", "application/octet-stream")
    return {"kind": kind, "sha256": sha256, "size": len(body)}


def _body(item) -> bytes:
    if "der" in item:
        return base64.b64decode(item["der"])
    row = files.File.get_or_none(files.File.sha256 == item["sha256"])
    if row is None:
        raise ValueError(f"{item['kind']} {item['sha256']} is not in the store")
    return row.read()


def _authority(row) -> dict:
    return {
        "sha256": row.sha256, "role": row.role, "name": row.name, "purpose": row.purpose, "decision": row.decision,
        "valid_from": _plain(row.valid_from), "valid_until": _plain(row.valid_until), "der": _text(bytes(row.der)),
    }  # fmt: skip


def _read_authority(item) -> Authority:
    moments = {
        name: datetime.fromisoformat(item[name]) if item.get(name) else None
        for name in ("valid_from", "valid_until")
    }
    plain = {name: item.get(name, "") for name in ("sha256", "role", "name", "purpose", "decision")}
    return Authority(**plain, **moments, der=base64.b64decode(item["der"]))


def _plain(value):
    if isinstance(value, date):  # a moment is a date too
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


def _text(body) -> str:
    return base64.b64encode(body).decode()
