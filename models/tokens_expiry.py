"""Chứng thư sắp hết hạn: told 60, 30 and 7 days before, and when it is over, once each (feature H13).

It is told to who keeps the device or owns it, to the head and to the administrators; a leaver's personal device too.
"""

from datetime import timedelta

from models import clock, db, journal, lookups, users
from models.tokens import Certificate, KeyToken
from models.tokens_readers import heads, may_read

DAYS = (60, 30, 7, 0)  # before the end; 0: it has ended


class ExpiryWarning(db.Base):
    """A warning that was given, so that it is given once."""

    certificate = db.ForeignKeyField(Certificate)
    days = db.IntegerField()
    at = db.MomentField()

    class Meta:
        indexes = ((("certificate", "days"), True),)


TABLES = (ExpiryWarning,)


def warn() -> int:
    """Write the warnings that are due; returns how many. Run again at once it writes none."""
    known = {(row.certificate_id, row.days) for row in ExpiryWarning.select()}
    due = [(token, _step(token)) for token in _expiring(None)]
    due = [(token, days) for token, days in due if (token.certificate_id, days) not in known]
    if due:
        with db.write():
            for token, days in due:
                _warn(token, days)
    return len(due)


def expiring(agency_id: int) -> list[KeyToken]:
    """Devices in use whose certificate ends within 60 days or has ended, the soonest first."""
    return sorted(_expiring(agency_id), key=lambda token: token.certificate.not_after)


def concerning(actor) -> list[KeyToken]:
    """Of these what concerns this person: all for who reads the register or administers, else his own."""
    rows = expiring(actor.agency_id)
    if not rows or actor.has(lookups.ADMIN) or may_read(actor):
        return rows
    return [row for row in rows if row.keeper_id == actor.post.id or row.person_id == actor.id]


def left_behind(agency_id: int) -> list[KeyToken]:
    """Personal devices in use whose person has no post in the agency any more: to be revoked and returned."""
    here = {post.person_id for post in users.holders(agency_id)}
    rows = KeyToken.select().where(
        KeyToken.agency == agency_id, KeyToken.kind == "person", KeyToken.state == "in_use"
    )
    return [row for row in rows if row.person_id not in here]


def words(token: KeyToken) -> str:
    """«Chứng thư của … còn 12 ngày (hết hạn 01/03/2026)»."""
    row = token.certificate
    day = f"{row.last_day:%d/%m/%Y}"
    if row.not_after <= clock.now():
        return f"Chứng thư của {row.name} đã hết hạn ngày {day}, không ký được nữa"
    left = f"còn {row.days_left} ngày" if row.days_left else "hết hạn trong hôm nay"
    return f"Chứng thư của {row.name} {left} (hết hạn {day})"


def _expiring(agency_id) -> list[KeyToken]:
    query = (
        KeyToken.select(KeyToken, Certificate)
        .join(Certificate)
        .where(KeyToken.state == "in_use", Certificate.not_after < clock.now() + timedelta(days=max(DAYS)))
    )
    return list(query if agency_id is None else query.where(KeyToken.agency == agency_id))


def _step(token) -> int:
    """The nearest of DAYS that has been reached."""
    left = token.certificate.not_after - clock.now()
    return min(days for days in DAYS if left <= timedelta(days=days))


def _warn(token, days) -> None:
    for step in DAYS:
        if step >= days:  # a certificate recorded with 5 days left is told once
            ExpiryWarning.insert(
                certificate=token.certificate, days=step, at=clock.now()
            ).on_conflict_ignore().execute()
    told = {post.id for post in [*heads(token.agency_id), *users.holders(token.agency_id, lookups.ADMIN)]}
    for post in users.holders(token.agency_id):
        if post.id == token.keeper_id or (token.person_id and post.person_id == token.person_id):
            told.add(post.id)
    said = f"{words(token)}. Hãy xin gia hạn." if days else f"{words(token)}."
    journal.record(
        "certificate_expires", None, token, data=journal.telling(told, said, "/tokens/mine", days <= 7)
    )
