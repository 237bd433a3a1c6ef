"""Chỗ ký, chỗ đóng dấu, chỗ ghi số và ngày set by hand (ND30 PL I II.7.d, 8.a): before the signature, on one file.

The content stays the same, so what was approved stays approved: the file to be signed is only made anew, as a version.
Places belong to the file they were set on; a new upload begins with those found on its own page.
"""

import json

from models import clock, db, documents, drafts, errors, files, journal, outgoing, workflow
from models import outgoing_guards as guards


class Placement(db.Base):
    """Field → place as JSON (see signing.layout.Wish.placed), for one draft's file."""

    document = db.ForeignKeyField(documents.Document, unique=True, backref="placements", on_delete="CASCADE")
    file = db.ForeignKeyField(files.File)
    placed = db.TextField()
    set_at = db.MomentField()
    set_by = db.CharField(default="")


TABLES = (Placement,)


def of(doc) -> dict:
    """The places set by hand on the draft's present file; empty for none."""
    file = drafts.draft_pdf(doc)
    row = Placement.get_or_none(Placement.document == doc)
    return json.loads(row.placed) if row and file and row.file_id == file.id else {}


def may_set(doc, actor) -> str | None:
    """Why this person cannot set the places now, None when he can: drafter, form checker or signer, until it is signed."""
    if doc.source != "draft" or doc.state not in ("draft", *outgoing.IN_REVIEW):
        return f"Văn bản đang «{workflow.label(doc)}»: chỗ ký, chỗ đóng dấu chỉ chỉnh được trước khi lãnh đạo ký."
    if drafts.draft_pdf(doc) is None:
        return "Chưa có tệp dự thảo để đặt chỗ ký."
    if doc.drafter_id == actor.post.id:
        return None
    if doc.state == "draft":
        return "Chỉ người soạn thảo đặt chỗ ký trên dự thảo."
    checks = doc.state != "content_review" and guards.may_check_form(doc, actor) is None
    if checks or doc.signer_id == actor.post.id:
        return None
    return "Chỗ ký do người soạn, người kiểm tra thể thức hoặc người ký chỉnh."


def needs_signable(doc) -> bool:
    """True when the file to be signed is there already and has to be made anew with the places."""
    return doc.state in outgoing.IN_REVIEW


def save(doc, actor, placed: dict, signable: files.Stored | None, note: str = "") -> None:
    """Lưu chỗ đã chỉnh; an empty `placed` goes back to the places that are found. `signable` is the file made with them,
    None on a draft that was not submitted yet. Raises Refused, Conflict.
    """
    with db.write():
        fresh = documents.Document.get_by_id(doc.id)
        reason = may_set(fresh, actor)
        if reason:
            raise errors.Refused(reason)
        if fresh.state != doc.state or needs_signable(fresh) != (signable is not None):
            raise errors.Conflict()
        file = drafts.draft_pdf(fresh)
        Placement.delete().where(Placement.document == fresh).execute()
        if placed:
            Placement.create(document=fresh, file=file, placed=json.dumps(placed), set_at=clock.now(),
                             set_by=f"{actor.name} – {actor.title}")  # fmt: skip
        if signable is not None:
            row = files.record(signable, file.name, "application/pdf")
            documents.add_version(fresh, row, "draft", actor, outgoing.SIGNABLE)
        facts = {"placed": placed}
        journal.record("move_places", actor, fresh, fresh.state, fresh.state, note, facts)
