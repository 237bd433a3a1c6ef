"""Bản giấy của văn bản bị thu hồi: given back with a receipt tick (ND30 Điều 18.4.a; features K9)."""

from models import (
    clock,
    db,
    errors,
    journal,
    lookups,
    paper,
    permissions,
    recalls,
    recalls_contents,
    text,
    workflow,
)
from models.recalls_rows import PaperReturn, Recall


def of(recall_ids) -> list[PaperReturn]:
    """Paper tasks of these recalls, the open ones first."""
    rows = PaperReturn.select().where(PaperReturn.recall.in_(list(recall_ids)))
    return list(rows.order_by(PaperReturn.done_at.is_null(False), PaperReturn.id))


def open_of(agency_id: int) -> list[PaperReturn]:
    """What is still to come back to this agency, or to be given back by it."""
    rows = PaperReturn.select(PaperReturn, Recall).join(Recall)
    return list(
        rows.where(PaperReturn.agency == agency_id, PaperReturn.done_at.is_null()).order_by(PaperReturn.id)
    )


def tick(actor, row_id: int, note: str = "") -> PaperReturn:
    """Đã nhận lại / đã gửi trả, by the clerk. A paper registered here has its scan closed with it.

    Raises NotAllowed, NotFound, Refused when it was ticked before.
    """
    permissions.require(actor, lookups.CLERK)
    with db.write():
        row = PaperReturn.get_or_none(PaperReturn.id == row_id, PaperReturn.agency == actor.agency_id)
        if row is None:
            raise errors.NotFound()
        if row.done_at:
            raise errors.Refused(f"Việc này đã ghi nhận lúc {clock.local(row.done_at):%H:%M %d/%m/%Y}.")
        row.set(done_at=clock.now(), done_by=f"{actor.name} – {actor.title}", note=text.clean(note)[:200])
        doc = row.recall.document
        verb = "paper_back" if row.direction == "out" else "paper_given_back"
        if doc is not None:
            journal.record(
                verb, actor, doc, doc.state, doc.state, f"{row.holder}, {row.copies} bản. {row.note}".strip()
            )
        if row.direction == "out" and doc is not None:
            for one in paper.given(doc):
                if one.name == row.holder:
                    paper.give_back(one, actor, None, row.note)
        if row.document_id:
            _close_scan(row, actor)
        if doc is not None:
            recalls.tell_above(doc)
    return row


def _close_scan(row, actor):
    doc, recall = row.document, row.recall
    workflow.step(doc, "recall", None, f"Bản giấy đã gửi trả theo lệnh thu hồi: {recall.reason}")
    doc.set(holder=None)
    recalls_contents.shut(doc, recall.reason)
    recalls_contents.bury(recall, doc, f"{actor.name} – {actor.title}")
    recalls.order_erasing(recall)
