"""Địa chỉ được phép gọi ra: where this installation may ask for revocation data, certificates and time stamps.

A certificate in a letter may name any address, also one inside our own network. So nothing is asked but hosts the
provincial administrator approved; what certificates of trusted authorities name comes here as a proposal.
"""

import re
from urllib.parse import urlsplit

from models import clock, config, db, errors, journal, lookups, permissions, text, trust_lists

PORTS = {"http": 80, "https": 443}
LOOPBACK = ("127.0.0.1", "localhost", "::1")
_HOST = re.compile(r"^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$")
ANY_PORT = "*"


class OutboundHost(db.Base):
    """A host that may be asked. `inside`: it may stand in our own network (a private or loopback address)."""

    host = db.CharField(unique=True)  # «ca.gov.vn», or with another port «ca.gov.vn:8080»
    inside = db.BooleanField(default=False)
    why = db.CharField(default="")
    approved_by = db.CharField(default="")
    approved_at = db.MomentField()
    ended_at = db.MomentField(null=True)


TABLES = (OutboundHost,)


def host_of(url: str) -> str:
    """«host» or «host:port» of an address, as the list writes it; "" for what is no web address."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return ""
    name = (parts.hostname or "").lower().rstrip(".")
    if parts.scheme not in PORTS or not name or len(name) > 253:
        return ""
    return name if port in (None, PORTS[parts.scheme]) else f"{name}:{port}"


def allow(actor, typed: str, why: str, inside: bool = False) -> OutboundHost:
    """Cho phép gọi ra một máy chủ. Raises Invalid for what is no host, or a local one that was not named as such."""
    permissions.require(actor, lookups.PROVINCE_ADMIN)
    typed, why = text.clean(typed).lower(), text.clean(why)
    host = host_of(typed if "://" in typed else f"http://{typed}")
    wrong = {}
    if not _HOST.match(host.partition(":")[0]):
        wrong["host"] = "Hãy ghi tên máy chủ, ví dụ ca.gov.vn hoặc ocsp.ca.gov.vn:8080."
    elif host.partition(":")[0] in LOOPBACK and not inside:
        wrong["inside"] = (
            "Đây là địa chỉ của chính máy chủ này: phải đánh dấu «trong mạng nội bộ» thì mới cho phép."
        )
    if not why:
        wrong["why"] = "Hãy ghi lý do hoặc căn cứ."
    if wrong:
        raise errors.Invalid(wrong)
    values = {"inside": inside, "why": why, "approved_by": f"{actor.name} – {actor.title}",
              "approved_at": clock.now(), "ended_at": None}  # fmt: skip
    with db.write():
        known = OutboundHost.get_or_none(OutboundHost.host == host)
        row = known.set(**values) if known else OutboundHost.create(host=host, **values)
        journal.record(
            "allow_host", actor, row, note=f"{host}{' (trong mạng nội bộ)' if inside else ''}. {why}"
        )
    return row


def forbid(actor, row: OutboundHost) -> None:
    """Thôi cho phép gọi ra một máy chủ; the line stays with its dates."""
    permissions.require(actor, lookups.PROVINCE_ADMIN)
    with db.write():
        if row.ended_at:
            return  # pressed twice
        row.set(ended_at=clock.now())
        journal.record("forbid_host", actor, row, note=row.host)


def hosts() -> list[OutboundHost]:
    """Hosts in force, by name."""
    return list(OutboundHost.select().where(OutboundHost.ended_at.is_null()).order_by(OutboundHost.host))


def allowed() -> frozenset[str]:
    """Hosts that may be asked: those approved, the configured time-stamp authority, and in a demonstration this machine.

    Entries are «host» (ports 80 and 443), «host:port», or «host:*» for any port.
    """
    found = {row.host for row in hosts()}
    tsa = host_of(config.current().tsa_url)
    if tsa:
        found.add(tsa)
    if config.current().mode == "demo":
        found |= {f"{name}:{ANY_PORT}" for name in LOOPBACK}
    return frozenset(found)


def inside() -> frozenset[str]:
    """Those of them that may stand in our own network; any other that turns out to be there is not asked."""
    found = {row.host for row in hosts() if row.inside}
    tsa = host_of(config.current().tsa_url)
    if tsa:
        found.add(tsa)
    if config.current().mode == "demo":
        found |= {f"{name}:{ANY_PORT}" for name in LOOPBACK}
    return frozenset(found)


def is_allowed(url: str, among: frozenset[str]) -> bool:
    """True when the list holds the host of this address."""
    host = host_of(url)
    return bool(host) and (host in among or f"{host.partition(':')[0]}:{ANY_PORT}" in among)


def proposals(addresses) -> list[dict]:
    """Hosts that wait for a decision: [{"host", "kind", "by"}], from addresses (kind, url, whose) named by certificates
    of trusted authorities, and from what checks wished to ask and were not let."""
    among, found = allowed(), {}
    wished = [(row.kind, row.url, "một lần kiểm tra") for row in trust_lists.fetches() if row.ok_at is None]
    for kind, url, whose in [*addresses, *wished]:
        host = host_of(url)
        if host and not is_allowed(url, among):
            found.setdefault(host, {"host": host, "kind": trust_lists.KINDS.get(kind, kind), "by": whose})
    return list(found.values())
