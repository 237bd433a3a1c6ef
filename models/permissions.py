"""Quyền: who may see which document and do which step. Every access goes through here.

Seeing is a row with a reason (`Access`), or the duty of the clerk, the head and the archivist of the same agency.
Another agency's document does not exist: the answer is NotFound, as for a number that was never given.
Administrators keep the system and read no document.
"""

from models import agencies, clock, db, documents, errors, lookups, users

SEES_ALL = (lookups.CLERK, lookups.LEADER, lookups.ARCHIVIST)
FOR_ITS_RECEIVER = (
    "unregistered"  # a private letter passed on: for the clerk and who it was passed to (ND30 Điều 21.1)
)


class Access(db.Base):
    """A post, a unit (its head) or a role of the agency may see a document, and why."""

    document = db.ForeignKeyField(documents.Document, backref="accesses")
    post = db.ForeignKeyField(users.Post, null=True)
    unit = db.ForeignKeyField(agencies.Unit, null=True)
    why = db.CharField()
    granted_at = db.MomentField()

    class Meta:
        indexes = ((("post", "document"), False), (("unit", "document"), False))


TABLES = (Access,)


def grant(document, why: str, *, post=None, unit=None) -> None:
    """Let a post or a unit see the document, with the reason; the same right twice is one row."""
    known = Access.select().where(Access.document == document, Access.post == post, Access.unit == unit)
    if (post or unit) and not known.exists():
        Access.create(document=document, post=post, unit=unit, why=why, granted_at=clock.now())


def withdraw(document, post) -> None:
    """Take a post's own right back: what gave it was undone before anybody was told."""
    Access.delete().where(Access.document == document, Access.post == post).execute()


def visible(actor, flow: str | None = None):
    """Query of the documents this actor may see in the current post."""
    query = documents.Document.select().where(documents.Document.agency == actor.agency_id)
    if flow:
        query = query.where(documents.Document.flow == flow)
    if actor.has(lookups.CLERK):
        return query
    mine = Access.post == actor.post.id
    if actor.has(lookups.UNIT_HEAD) and actor.unit_id:
        mine |= Access.unit == actor.unit_id
    allowed = Access.select(Access.document).where(mine)
    if actor.has(*SEES_ALL):
        return query.where(
            (documents.Document.state != FOR_ITS_RECEIVER) | documents.Document.id.in_(allowed)
        )
    if actor.has(lookups.FORM_CHECKER):
        return query.where(
            documents.Document.id.in_(allowed)
            | ((documents.Document.flow == "outgoing") & (documents.Document.state == "form_review"))
        )
    return query.where(documents.Document.id.in_(allowed))


def get(actor, document_id: int, flow: str | None = None) -> documents.Document:
    """The document, if this actor may see it. Raises NotFound otherwise, with one and the same answer."""
    document = visible(actor, flow).where(documents.Document.id == document_id).first()
    if not document:
        raise errors.NotFound()
    return document


def may(actor, step, document) -> str | None:
    """Why this actor may not take this step, or None when he may."""
    if actor is None:
        return None if step.who == () else "Việc này phải do người có vai trò thực hiện."
    if document.agency_id != actor.agency_id:
        return "Văn bản thuộc cơ quan khác."
    if step.who == () or actor.has(*step.who):
        return None
    names = ", ".join(lookups.ROLES[role] for role in step.who)
    return f"Việc này dành cho: {names}."


def require(actor, *roles: str) -> None:
    """Raises NotAllowed unless the actor's post carries one of the roles."""
    if not actor.has(*roles):
        raise errors.NotAllowed()
