"""Who calls the hub: the signature of each call, and how the last one ended."""

import secrets
from datetime import timedelta
from functools import lru_cache

from models import clock, db, hub, hub_rows, vault, vxp

SEEN_EVERY = timedelta(seconds=60)  # how exact the moments of use are kept


def authenticate(call: vxp.Call) -> hub.System:
    """The system behind a signed call, by reading alone; `answered` notes the use of its secret.

    Raises Rejected with one answer for a wrong id, secret or lock.
    """
    system = hub_rows.system(call.system_id)
    if system is None:
        call.is_signed_with(secrets.token_urlsafe(32))  # as long as for a known one
        raise hub.Rejected(vxp.BAD_SECRET)
    used = _used_secret(system, call)
    if used is None or not system.enabled:
        raise hub.Rejected(vxp.BAD_SECRET)
    system.__dict__["used"] = used
    return system


def _used_secret(system, call):
    """Which of the two secrets signed the call: the name of the field that notes its use."""
    if call.is_signed_with(_opened(system.locked_secret)):
        return "secret_used_at"
    alive = system.former_secret and system.former_until and system.former_until > clock.now()
    if alive and call.is_signed_with(_opened(system.former_secret)):
        return "former_used_at"
    return None


def _opened(locked):
    key = vault.key_path()
    return _unlocked(locked, key.stat().st_mtime_ns if key.exists() else 0)


@lru_cache(maxsize=256)
def _unlocked(locked, _key_made):
    """A secret once opened stays open in memory as long as the key file does not change."""
    return vault.unlock(locked)


def answered(system: hub.System, operation: str, code: str, words: str = "") -> None:
    """Note how a call ended and which secret signed it; calls that go on ending well are noted once a minute."""
    now, values = clock.now(), {}
    used = system.__dict__.get("used")
    if used and _is_old(getattr(system, used), now):
        values[used] = now
    same = code == vxp.OK == system.last_code or (operation, code) == (
        system.last_operation,
        system.last_code,
    )
    if _is_old(system.seen_at, now) or not same:
        values |= {
            "seen_at": now,
            "last_operation": operation[:40],
            "last_code": code,
            "last_words": words[:250],
        }
    if values:
        with db.write():
            system.set(**values)


def _is_old(noted, now):
    return noted is None or now - noted > SEEN_EVERY
