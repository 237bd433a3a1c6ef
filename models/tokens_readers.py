"""Ai được xem sổ thiết bị (Quy chế 5.1: managed like secrets of level «MẬT»): named people only, every look is recorded.

The head of the agency sees the register and names who else may; nobody sees it for being clerk or administrator. The
keeper sees the device he keeps, a person his own.
"""

from models import agencies, clock, db, errors, journal, lookups, text, users
from models.tokens import KeyToken, devices

SHUT = "Bạn không có quyền xem sổ thiết bị ký số: sổ được quản lý như bí mật độ «Mật» (Quy chế Điều 5.1)."
DEPUTY = "pho "


class TokenReader(db.Base):
    """A post that may see and keep the register, named by the head, from a moment to a moment."""

    agency = db.ForeignKeyField(agencies.Agency)
    post = db.ForeignKeyField(users.Post)
    named_by = db.CharField()
    basis = db.CharField()  # the document or reason behind it
    since = db.MomentField()
    ended_at = db.MomentField(null=True)
    ended_by = db.CharField(default="")


TABLES = (TokenReader,)


def heads(agency_id: int) -> list[users.Post]:
    """Người đứng đầu: leaders that are no deputies; where there is none, the leader appointed first stands in."""
    leaders = users.holders(agency_id, lookups.LEADER)
    return [post for post in leaders if not text.fold(post.title).startswith(DEPUTY)] or leaders[:1]


def is_head(actor) -> bool:
    """True for the head of the agency in this post."""
    return actor.has(lookups.LEADER) and actor.post.id in {post.id for post in heads(actor.agency_id)}


def may_read(actor) -> bool:
    """True for who may see the whole register of the agency: the head and who is named."""
    named = TokenReader.select().where(TokenReader.post == actor.post.id, TokenReader.ended_at.is_null())
    return is_head(actor) or named.exists()


def register(actor) -> list[KeyToken]:
    """Sổ thiết bị: all devices of the agency; the look is recorded. Raises NotAllowed."""
    require(actor)
    record_look(actor, None, "sổ thiết bị")
    return devices(actor.agency_id)


def look_at(actor, token_id: int, what: str = "") -> KeyToken:
    """One device, for named people, its keeper, or the person it belongs to; the look is recorded.

    `what` names the page where it is more than the device. Raises NotAllowed for everybody else, whether or not there is
    such a device, and NotFound for a named person's wrong number.
    """
    token = reach(actor, token_id)
    record_look(actor, token, what)
    return token


def reach(actor, token_id: int) -> KeyToken:
    """As look_at, for an act that records itself."""
    found = next((row for row in devices(actor.agency_id) if row.id == token_id), None)
    if found and (found.keeper_id == actor.post.id or found.person_id == actor.id):
        return found
    require(actor)
    if found is None:
        raise errors.NotFound()
    return found


def require(actor) -> None:
    """Raises NotAllowed unless the person may read the register."""
    if not may_read(actor):
        raise errors.NotAllowed(SHUT)


def look_at_own(actor) -> list[KeyToken]:
    """Devices the person keeps or owns in this agency, whatever their state; a look at the agency's is recorded."""
    rows = [
        row for row in devices(actor.agency_id) if actor.post.id == row.keeper_id or actor.id == row.person_id
    ]
    for row in rows:
        if row.kind != "person":
            record_look(actor, row, "thiết bị mình giữ")
    return rows


def readers(agency_id: int) -> list[TokenReader]:
    """Who is or was named, those in force first."""
    rows = (
        TokenReader.select(TokenReader, users.Post, users.Person)
        .join(users.Post)
        .join(users.Person)
        .where(TokenReader.agency == agency_id)
        .order_by(TokenReader.id)
    )
    return sorted(rows, key=lambda row: row.ended_at is not None)


def name(actor, post: users.Post | None, basis: str) -> TokenReader:
    """Cho một người được xem và giữ sổ thiết bị; by the head alone, with the reason. Raises Invalid."""
    _require_head(actor)
    basis, wrong = text.clean(basis), {}
    if post is None or post.agency_id != actor.agency_id:
        wrong["post"] = "Hãy chọn một người của cơ quan."
    elif any(row.post_id == post.id and row.ended_at is None for row in readers(actor.agency_id)):
        wrong["post"] = f"{post.label} đã được xem sổ."
    if not basis:
        wrong["basis"] = "Hãy ghi căn cứ: số, ngày văn bản phân công, hoặc lý do."
    if wrong:
        raise errors.Invalid(wrong)
    with db.write():
        row = TokenReader.create(agency=actor.agency_id, post=post, named_by=actor.post.label, basis=basis,
                                 since=clock.now())  # fmt: skip
        said = "Bạn được giao xem và giữ sổ thiết bị ký số (độ «Mật»)"
        journal.record(
            "name_token_reader", actor, row, note=post.label, data=journal.telling([post], said, "/tokens")
        )
    return row


def dismiss(actor, row: TokenReader) -> None:
    """Thôi quyền xem sổ; by the head alone."""
    _require_head(actor)
    if row.agency_id != actor.agency_id:
        raise errors.NotFound()
    with db.write():
        if row.ended_at:
            return  # pressed twice
        row.set(ended_at=clock.now(), ended_by=actor.post.label)
        journal.record("dismiss_token_reader", actor, row, note=row.post.label)


def _require_head(actor) -> None:
    if not is_head(actor):
        raise errors.NotAllowed(
            "Chỉ người đứng đầu cơ quan quyết định ai được xem sổ thiết bị (Quy chế Điều 5.1)."
        )


def record_look(actor, token: KeyToken | None, what: str) -> None:
    """Note that this person looked at the register (None), or at what of a device."""
    with db.write():
        journal.record("look_at_tokens", actor, token, note=what)
