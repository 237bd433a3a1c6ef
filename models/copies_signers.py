"""Thẩm quyền ký bản sao (ND30 Điều 27.1): the head says who besides the leaders signs copies, in whose name, on what ground."""

from models import agencies, clock, db, errors, journal, lookups, permissions, text, users


class CopySigner(db.Base):
    """Người được giao ký bản sao: who besides the leaders decides on copies, in whose name, on what ground (27.1)."""

    agency = db.ForeignKeyField(agencies.Agency)
    post = db.ForeignKeyField(users.Post)
    capacity = db.CharField()
    basis = db.CharField()
    given_by = db.CharField()
    given_at = db.MomentField()
    ended_at = db.MomentField(null=True)


TABLES = (CopySigner,)


def give(actor, post: users.Post, capacity: str, basis: str) -> CopySigner:
    """Giao ký bản sao: the head lets somebody sign copies, TL. or TUQ., by a document. Raises Invalid, NotAllowed."""
    permissions.require(actor, lookups.LEADER)
    basis, wrong = text.clean(basis), {}
    if (
        post is None
        or post.agency_id != actor.agency_id
        or post.id not in {p.id for p in users.holders(actor.agency_id)}
    ):
        wrong["post"] = "Hãy chọn một người đang giữ chức danh ở cơ quan."
    if capacity not in ("for_head", "by_order", "by_delegation"):
        wrong["capacity"] = "Hãy chọn ký thay (KT.), thừa lệnh (TL.) hoặc thừa ủy quyền (TUQ.)."
    if not basis:
        wrong["basis"] = "Hãy ghi quy chế hoặc văn bản giao, ví dụ «Quy chế làm việc, Điều 12»."
    if not wrong and given(post):
        wrong["post"] = f"{post.label} đã được giao ký bản sao."
    if wrong:
        raise errors.Invalid(wrong)
    with db.write():
        row = CopySigner.create(agency=actor.agency_id, post=post, capacity=capacity, basis=basis,
                                given_by=f"{actor.name} – {actor.title}", given_at=clock.now())  # fmt: skip
        journal.record(
            "give_copy_signing", actor, row, note=f"{post.label}: {basis}", agency_id=actor.agency_id
        )
    return row


def take_back(actor, signer_id: int) -> None:
    """Thôi giao ký bản sao. Raises NotFound, NotAllowed."""
    permissions.require(actor, lookups.LEADER)
    row = CopySigner.get_or_none(CopySigner.id == signer_id, CopySigner.agency == actor.agency_id)
    if row is None:
        raise errors.NotFound()
    with db.write():
        if row.ended_at is None:
            row.set(ended_at=clock.now())
            journal.record("end_copy_signing", actor, row, note=row.post.label, agency_id=actor.agency_id)


def given(post) -> CopySigner | None:
    """The mandate of a post that runs now."""
    return CopySigner.get_or_none(CopySigner.post == post, CopySigner.ended_at.is_null())


def signers(agency_id: int) -> list[CopySigner]:
    """The mandates of an agency that run now."""
    model = CopySigner
    return list(model.select().where(model.agency == agency_id, model.ended_at.is_null()).order_by(model.id))


def deciders(agency_id: int) -> list[users.Post]:
    """Who decides on copies: the leaders, then who was given it."""
    leaders = users.holders(agency_id, lookups.LEADER)
    return leaders + [
        row.post for row in signers(agency_id) if row.post_id not in {post.id for post in leaders}
    ]
