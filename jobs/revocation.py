"""Dữ liệu thu hồi: asking the authorities for the child that checks, of allowed addresses only, each list once.

A list is kept in data/cache until its next one is due; an answer that failed is not asked again for a minute, so two
hundred waiting files do not wait two hundred times for a dead address.
"""

import dataclasses
import hashlib
import os
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path

from cryptography.x509 import load_der_x509_crl

from models import clock, config, trust_hosts, trust_lists
from models import trust as trust_list
from signing import Trust, trust

FAILED_SECONDS = 60
MOST_KEPT = 200  # lists in the cache; the oldest go
AT_HAND, SMALL = 8, 256 << 10  # lists given to a check before it asks, and their largest size in bytes

_failed: dict[str, float] = {}
_refused: dict[str, tuple[float, str]] = {}  # key → when, address
_latest: OrderedDict[str, bytes] = OrderedDict()
_asking: dict[str, threading.Lock] = {}
_lock = threading.Lock()


@dataclass(frozen=True)
class Here:
    """What this installation trusts and may ask: for `checking.examine`."""

    trust: Trust
    allowed: frozenset[str]
    inside: frozenset[str]
    known: dict[
        str, bytes
    ]  # the lists used last, and places that failed just now: what a check need not ask for

    def ask(self, wishes, answers, allowed) -> dict[str, bytes]:
        """Ask with this installation's cache, noting each attempt for the administrator."""
        folder = config.current().data / "cache" / "revocation"
        return ask(wishes, answers, allowed, inside=self.inside, folder=folder, note=_note)


def here() -> Here:
    """The trusted authorities of this installation with the lists brought in, and the addresses it may ask."""
    believed = dataclasses.replace(trust.trust_of(trust_list.trusted()), crls=trust_lists.contents())
    allowed = trust_hosts.allowed()
    return Here(believed, allowed, trust_hosts.inside(), _known(allowed))


def forget() -> None:
    """Ask again what failed a moment ago (tests, and an administrator who has mended the line)."""
    with _lock:
        _failed.clear()
        _latest.clear()
        _refused.clear()


def _known(allowed):
    since, moment = time.monotonic() - FAILED_SECONDS, clock.now()
    with _lock:
        for key in [key for key, at in _failed.items() if at < since]:
            del _failed[key]
        for key in [key for key, (at, _) in _refused.items() if at < since]:
            del _refused[key]
        lists, refused = list(_latest.items()), list(_refused.items())
        found = dict.fromkeys(_failed, b"")
    found |= {key: b"" for key, (_, url) in refused if not trust.may_ask(url, allowed)}
    return found | {key: body for key, body in lists if (_next_update(body) or moment) > moment}


def _use(wish, body):
    """Remember a list as used last."""
    if wish.kind != "crl" or len(body) > SMALL or _next_update(body) is None:
        return
    with _lock:
        _latest[wish.key] = body
        _latest.move_to_end(wish.key)
        while len(_latest) > AT_HAND:
            _latest.popitem(last=False)


def _note(wish, body):
    trust_lists.note_fetch(wish.url, wish.kind, body is not None, len(body or b""))


def ask(wishes, answers, allowed, *, inside=None, folder: Path | None = None, note=None) -> dict[str, bytes]:
    """Answers to the wishes that have none yet, by key; an empty one for a place that may not be or was not reached.

    `allowed` are hosts, `inside` those of them that may stand in our own network, `folder` where lists are kept,
    `note(wish, body)` hears of each attempt.
    """
    missing = {wish.key: wish for wish in wishes if wish.key not in answers}
    return {key: _answer(wish, allowed or frozenset(), inside, folder, note) for key, wish in missing.items()}


def ask_named(wishes, answers, _allowed) -> dict[str, bytes]:
    """Ask whatever address a certificate of a trusted chain names: for one who checks without an installation."""
    missing = {wish.key: wish for wish in wishes if wish.key not in answers}
    return {key: _answer(wish, None, None, None, None) for key, wish in missing.items()}


def _answer(wish, allowed, inside, folder, note):
    if not trust.may_ask(wish.url, allowed):
        with _lock:
            _refused[wish.key] = time.monotonic(), wish.url
        if note:
            note(wish, None)  # the administrator sees which host a trusted authority's certificates name
        return b""
    with _lock:
        turn = _asking.setdefault(wish.key, threading.Lock())
    with turn:
        kept = _kept(wish, folder)
        if kept is not None:
            _use(wish, kept)
            return kept
        if time.monotonic() - _failed.get(wish.key, -FAILED_SECONDS) < FAILED_SECONDS:
            return b""
        body = trust.fetch(wish, allowed, inside)
        if note:
            note(wish, body)
        if body is None:
            with _lock:
                _failed[wish.key] = time.monotonic()
            return b""
        with _lock:
            _failed.pop(wish.key, None)
        _use(wish, body)
        _keep(wish, body, folder)
        return body


def _place(wish, folder):
    return folder / hashlib.sha256(wish.key.encode()).hexdigest()


def _kept(wish, folder):
    if folder is None or wish.kind != "crl":
        return None
    try:
        body = _place(wish, folder).read_bytes()
    except OSError:
        return None
    due = _next_update(body)
    return body if due is not None and due > clock.now() else None


def _keep(wish, body, folder):
    if folder is None or wish.kind != "crl" or _next_update(body) is None:
        return
    folder.mkdir(parents=True, exist_ok=True)
    place = _place(wish, folder)
    half = place.with_suffix(f".{os.getpid()}-{threading.get_ident()}")
    half.write_bytes(body)
    half.replace(place)
    for old in sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime)[:-MOST_KEPT]:
        old.unlink(missing_ok=True)


def _next_update(body):
    try:
        due = load_der_x509_crl(body).next_update_utc
    except ValueError:
        return None
    return due.astimezone(UTC) if due else None
