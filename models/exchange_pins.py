"""Khóa của nơi liên thông: which key speaks for which partner agency, and who said so.

The first key met is kept (pinned). Another one counts from the moment the pinned one announces it, or an administrator
has compared its fingerprint by telephone; until then what it signs waits.
"""

import base64
import json
from datetime import datetime

from models import agencies, clock, edxml, errors, exchange_keys, journal, lookups, permissions, users
from models.exchange_keys import PINNED, REFUSED, RETIRED, WAITING, PartnerKey

FIRST, KNOWN, CHANGED, LATE = "first", "known", "changed", "late"
LONGEST_CHAIN = 100
MOST_WAITING = 5  # of one partner: whoever invents keys by the hundred fills neither the page nor the notices


def weigh(partner: agencies.Agency, key: str, changes, at: datetime) -> str:
    """What this key is to this partner: known, first, changed, late, waiting or refused; inside write().

    `first` and `changed` are pinned from here on; a key nobody announced is written down as waiting.
    `late`: a key already replaced signed something dated after its end.
    """
    named = exchange_keys.key_id(key)
    if partner.hosted:
        return KNOWN if exchange_keys.is_ours(named) else REFUSED
    row = PartnerKey.get_or_none(PartnerKey.partner == partner, PartnerKey.key_id == named)
    if row and row.state == PINNED:
        return KNOWN
    if row and row.state == RETIRED:
        return KNOWN if row.until and at <= row.until else LATE
    if row and row.state == REFUSED:
        return REFUSED
    pinned = pinned_of(partner)
    if pinned is None and not _of(partner).exists():
        _pin(partner, key, "first_use", None)
        return FIRST
    follow = _announced(pinned, key, changes) if pinned else None
    if follow:
        _follow(partner, pinned, follow)
        return CHANGED
    if row is None and _of(partner).where(PartnerKey.state == WAITING).count() < MOST_WAITING:
        _row(partner, key, WAITING)
        words = f"Khóa mới của {partner.name} chờ đối chiếu qua điện thoại"
        tell = journal.telling(_keepers(), words, "/admin/proofs", urgent=True)
        journal.record("key_waiting", None, partner, note=exchange_keys.fingerprint(named), data=tell)
    return WAITING


def is_pinned(code: str, key: str) -> bool:
    """True when this key counts for the agency that holds the code now: the usual case, in one question."""
    held = agencies.AgencyCode
    rows = (
        PartnerKey.select(PartnerKey.id)
        .join(held, on=(held.agency == PartnerKey.partner))
        .where(
            PartnerKey.key_id == exchange_keys.key_id(key), PartnerKey.state == PINNED, held.code == code,
            held.valid_to.is_null(),
        )
    )  # fmt: skip
    return rows.exists()


def pinned_of(partner: agencies.Agency) -> PartnerKey | None:
    """The key that counts for this partner, None before its first signed message."""
    return _of(partner).where(PartnerKey.state == PINNED).first()


def key_of(partner: agencies.Agency, named: str) -> PartnerKey | None:
    """A partner's key by its name, whatever its state."""
    return _of(partner).where(PartnerKey.key_id == named).first()


def of_partners(state: str = "") -> list[PartnerKey]:
    """Keys of all partners by name, the waiting ones first; `state` picks."""
    query = PartnerKey.select(PartnerKey, agencies.Agency).join(agencies.Agency)
    query = query.where(PartnerKey.state == state) if state else query
    rows = list(query.order_by(agencies.Agency.folded_name, PartnerKey.id.desc()))
    return sorted(rows, key=lambda row: row.state != WAITING)


def load(key_id: int) -> PartnerKey:
    """A partner's key by the id of its row. Raises NotFound."""
    row = PartnerKey.get_or_none(PartnerKey.id == key_id)
    if row is None:
        raise errors.NotFound()
    return row


def compare(row: PartnerKey, read: str) -> None:
    """Raises Invalid unless `read` holds the first and the last group of the key's fingerprint."""
    groups = exchange_keys.fingerprint(row.key_id).split()
    digits = "".join(c for c in read if c.isdecimal())
    if digits not in (groups[0] + groups[-1], "".join(groups)):
        raise errors.Invalid(
            {
                f"read-{row.id}": "Không khớp với mã khóa của nơi này. Chưa có gì thay đổi; hãy nhờ bên kia đọc lại nhóm số "
                "đầu và nhóm số cuối. Nếu vẫn khác: bấm «Không công nhận» và báo đơn vị vận hành trục."
            }
        )


def confirm(row: PartnerKey, actor) -> None:
    """Xác nhận khóa đã đối chiếu qua điện thoại: it counts from now on; inside the caller's write(). Raises Refused."""
    permissions.require(actor, lookups.PROVINCE_ADMIN)
    if row.state == PINNED and row.how == "administrator":
        raise errors.Refused("Khóa này đã được xác nhận rồi.")
    if row.state not in (PINNED, WAITING):
        raise errors.Refused("Chỉ xác nhận được khóa đang dùng hoặc đang chờ xác nhận.")
    before = pinned_of(row.partner)
    if before and before.id != row.id:
        _retire(before, clock.now())
    row.set(state=PINNED, how="administrator", since=row.since or clock.now(), **_decided(actor))
    _told(actor, "confirm_key", row)


def refuse(row: PartnerKey, actor) -> None:
    """Không công nhận khóa đang chờ: what it signed counts as forged; inside the caller's write(). Raises Refused."""
    permissions.require(actor, lookups.PROVINCE_ADMIN)
    if row.state != WAITING:
        raise errors.Refused("Chỉ từ chối được khóa đang chờ xác nhận.")
    row.set(state=REFUSED, **_decided(actor))
    _told(actor, "refuse_key", row)


def _keepers() -> list[users.Post]:
    """The posts that may confirm a key."""
    rows = users.Post.select().where(users.Post.roles.contains(lookups.PROVINCE_ADMIN))
    return [row for row in rows if row.has(lookups.PROVINCE_ADMIN) and row.ends_on is None]


def _decided(actor) -> dict:
    return {"decided_by": f"{actor.name} – {actor.title}", "decided_at": clock.now()}


def _told(actor, verb, row):
    words = f"{row.partner.name}: {exchange_keys.fingerprint(row.key_id)}"
    journal.record(verb, actor, row, note=words, agency_id=actor.agency_id)


def _of(partner):
    return PartnerKey.select().where(PartnerKey.partner == partner)


def _row(partner, key, state) -> PartnerKey:
    return PartnerKey.create(
        partner=partner, key_id=exchange_keys.key_id(key), public=key, state=state, seen_at=clock.now()
    )


def _pin(partner, key, how, change, row=None) -> PartnerKey:
    row = row or _row(partner, key, PINNED)
    said = ""
    if change:
        said = json.dumps({"body": base64.b64encode(change.body).decode(), "signature": change.signature})
    row.set(state=PINNED, how=how, since=clock.now(), change=said)
    journal.record("pin_key", None, partner, note=exchange_keys.fingerprint(row.key_id), data={"how": how})
    return row


def _retire(row, until) -> None:
    row.set(state=RETIRED, until=until)


def _follow(partner, pinned, announced) -> None:
    """From the pinned key along the statements to the newest; the ones between had their time too."""
    last = pinned
    for change, said in announced:
        _retire(last, said["from"])
        last = _of(partner).where(PartnerKey.public == said["new"]).first()
        last = _pin(partner, said["new"], "statement", change, last)


def _announced(pinned: PartnerKey, key: str, changes) -> list[tuple[edxml.KeyChange, dict]]:
    """The statements that lead from the pinned key to this one, each signed by the key before; empty when none do."""
    by_old = {}
    for change in changes:
        said = _said(change)
        if said and exchange_keys.holds(said["old"], change.body, change.signature):
            by_old[said["old"]] = (change, said)
    found, last = [], pinned.public
    for _ in range(LONGEST_CHAIN):
        if last not in by_old:
            return []
        change, said = by_old[last]
        found.append((change, said))
        last = said["new"]
        if last == key:
            return found
    return []


def _said(change) -> dict | None:
    """What a statement says, None when it is none of ours."""
    try:
        said = json.loads(change.body)
        if said["format"] != exchange_keys.CHANGE or exchange_keys.canonical(said) != change.body:
            return None
        exchange_keys.key_id(said["new"])
        return {**said, "from": exchange_keys.instant(said["from"])}
    except (ValueError, KeyError, TypeError):
        return None


# ---- anything else that is signed -----------------------------------------------------------------------------


def check_bytes(partner: agencies.Agency, data: bytes, signed: dict) -> str:
    """Of bytes signed with `exchange_keys.sign_bytes`: signed, first, changed or forged; inside write().

    `changed`: signed by a key nobody has announced or confirmed, which now waits for an administrator.
    """
    try:
        key, signature = signed["public_key"], signed["signature"]
        changes = [
            edxml.KeyChange(base64.b64decode(one["body"]), one["signature"])
            for one in signed.get("changes", ())
        ]
        good = exchange_keys.key_id(key) == signed["key_id"]
    except (KeyError, TypeError, ValueError):
        return "forged"
    if not good or not exchange_keys.holds(key, exchange_keys.BYTES + data, signature):
        return "forged"
    weight = weigh(partner, key, changes, clock.now())
    return {KNOWN: "signed", CHANGED: "signed", FIRST: "first", WAITING: "changed"}.get(weight, "forged")
