"""What people decide on a recall that came in: the head's objection (16), the rule of the agency, a stranger's recall.

The law gives the receiver no right to refuse (REC-3); where an agency lets its head look first, the content is closed in
the meantime, and when his time is over it is cancelled by itself.
"""

from models import (
    agencies,
    clock,
    db,
    errors,
    exchange,
    journal,
    lookups,
    outbox,
    permissions,
    recalls,
    recalls_contents,
    recalls_rows,
    text,
    users,
)
from models.recalls_rows import Recall

SHORTEST_OBJECTION = 20
MOST_HOURS, MOST_DAYS = 40, 365


def may_decide(recall: Recall, actor) -> str | None:
    """Why this person cannot decide on a recall that waits; the head of the agency can (REC-3)."""
    if recall.stage != "waiting":
        return "Lệnh thu hồi này đã được thực hiện hoặc đã được trả lời."
    head = next(iter(post for post in users.holders(recall.agency_id, lookups.LEADER)), None)
    if head is None or head.id != actor.post.id:
        return f"Việc này do người đứng đầu cơ quan quyết định{f' ({head.label})' if head else ''}."
    return None


def accept(recall: Recall, actor=None) -> None:
    """Xác nhận hủy: at once, or by itself (no actor) when the head's time is over. Raises Refused."""
    with db.write():
        fresh = Recall.get_by_id(recall.id)
        if fresh.stage != "waiting" and actor is None:
            return
        _require_decision(fresh, actor)
        by = f"{actor.name} – {actor.title}" if actor else recalls.BY_ITSELF
        fresh.set(decided_by=by, decided_at=clock.now())
        recalls.cancel(fresh, fresh.document, actor)


def decline(recall: Recall, actor, reason: str) -> None:
    """Từ chối thu hồi (16), an exception: by the head alone, with a reason the sender reads. Raises Invalid, Refused."""
    reason = text.clean(reason)
    if len(reason) < SHORTEST_OBJECTION:
        raise errors.Invalid(
            {
                "reason": "Pháp luật không cho quyền từ chối thu hồi. Hãy nêu rõ căn cứ; nơi gửi sẽ đọc nguyên văn."
            }
        )
    with db.write():
        fresh = Recall.get_by_id(recall.id)
        _require_decision(fresh, actor)
        doc = fresh.document
        recalls_contents.reopen(doc)
        fresh.set(
            stage="refused", decided_by=f"{actor.name} – {actor.title}", decided_at=clock.now(), told=reason
        )
        journal.record("refuse_recall", actor, doc, doc.state, doc.state, reason)
        exchange.tell(fresh.consignment, "recall_refused", reason, actor)
        outbox.place("pages", doc.id, f"pages:{doc.id}:{fresh.id}")
        if not doc.verdict:
            outbox.place("verify", doc.id, f"verify:{doc.id}:{fresh.id}")


def _require_decision(recall, actor):
    refusal = may_decide(recall, actor) if actor else None
    if refusal:
        raise errors.Refused(refusal)


def cancel_old(recall: Recall) -> None:
    """A recall of an earlier release, whose content was closed but never erased."""
    with db.write():
        doc = recall.document
        if doc is not None:
            recalls_contents.shut(doc, doc.recall_reason)
            recalls_contents.bury(recall, doc, recalls.BY_ITSELF)
        recall.set(stage="confirmed")
        outbox.place("erase", recall.id, f"erase:{recall.id}")


def alarm(agency, message: exchange.StatusMessage) -> None:
    """A recall that fits nothing of its sender but a document of somebody else: not carried out, people are called."""
    model = exchange.Consignment
    same = (model.wire_id == message.wire_id) & (model.wire_id != "")
    same |= (model.code == message.code) & (model.code != "") & (model.issued_date == message.issued_date)
    of_another = model.select().where(model.agency == agency, model.direction == "in", same).first()
    if of_another is None:
        return
    sender = agencies.by_code(message.partner_code)
    who = f"{sender.name} ({message.partner_code})" if sender else message.partner_code
    said = (
        f"{who} yêu cầu thu hồi văn bản {of_another.code or of_another.wire_id} của {of_another.partner_name}. "
        "Chỉ nơi gửi được thu hồi văn bản của mình: yêu cầu KHÔNG được thực hiện, văn bản vẫn nguyên."
    )
    posts = [post for post in users.holders(agency.id) if post.has(lookups.CLERK) or post.has(lookups.LEADER)]
    with db.write():
        message.set(parked=said)
        journal.record("recall_by_stranger", None, message, note=said,
                       data=journal.telling(posts, said[:240], "/exchange?tab=parked", urgent=True))  # fmt: skip


def set_rule(actor, decision_hours: int, keeps_days: int) -> recalls_rows.RecallRule:
    """Quy định thực hiện thu hồi của cơ quan, by a leader. Raises Invalid, NotAllowed."""
    permissions.require(actor, lookups.LEADER)
    wrong = {}
    if not 0 <= decision_hours <= MOST_HOURS:
        wrong["decision_hours"] = f"Hãy nhập từ 0 đến {MOST_HOURS} giờ làm việc."
    if not 0 <= keeps_days <= MOST_DAYS:
        wrong["keeps_days"] = f"Hãy nhập từ 0 đến {MOST_DAYS} ngày."
    if wrong:
        raise errors.Invalid(wrong)
    with db.write():
        row = recalls_rows.rule_of(actor.agency_id)
        before = f"{row.decision_hours} giờ, {row.keeps_days} ngày"
        values = {"decision_hours": decision_hours, "keeps_days": keeps_days, "set_at": clock.now(),
                  "set_by": f"{actor.name} – {actor.title}"}  # fmt: skip
        row = (
            row.set(**values) or row
            if row.id
            else recalls_rows.RecallRule.create(agency=actor.agency_id, **values)
        )
        journal.record("set_recall_rule", actor, row, note=f"{before} → {decision_hours} giờ, {keeps_days} ngày",
                       agency_id=actor.agency_id)  # fmt: skip
    return row
