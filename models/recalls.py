"""Thu hồi (Quy chế 12.6; QĐ 28 Điều 8.2, 9.2): a conversation between two consignments.

The sender asks (13) and freezes the document; the receiver closes the content to everybody, stops the work and answers
(15) by itself. The register lines of both sides stay and say so; what, when, who and why is kept for good.
"""

from models import (
    agencies,
    assignments,
    clock,
    db,
    documents,
    errors,
    exchange,
    failpoints,
    journal,
    lookups,
    permissions,
    previews,
    text,
    workflow,
)

CANCELLED_BEFORE_SENDING = "Chưa gửi đi thì đã thu hồi."


class Recall(db.Base):
    """One recall: asked by us (out) or carried out by us (in)."""

    document = db.ForeignKeyField(documents.Document, null=True, backref="recalls")
    agency = db.ForeignKeyField(agencies.Agency)
    consignment = db.ForeignKeyField(exchange.Consignment, null=True)  # in: the one recalled
    direction = db.CharField()  # out | in
    reason = db.TextField()
    ordered_by = db.CharField(default="")
    asked_by = db.CharField(default="")
    asked_at = db.MomentField()
    state_before = db.CharField(default="")
    partial = db.BooleanField(default=False)


TABLES = (Recall,)


def may_ask(doc, actor) -> str | None:
    """Why this person cannot recall this document, None when he can."""
    if doc.flow != "outgoing" or doc.agency_id != actor.agency_id:
        return "Chỉ thu hồi được văn bản đi của cơ quan mình."
    if not actor.has(lookups.CLERK, lookups.LEADER):
        return "Việc này dành cho: Văn thư, Lãnh đạo."
    if doc.state not in ("issued", "recalled"):
        return "Chỉ thu hồi được văn bản đã phát hành."
    if not open_lines(doc):
        return "Không còn nơi nhận nào để thu hồi: các nơi nhận đều đã được yêu cầu hoặc đã trả lại văn bản."
    return None


def open_lines(doc) -> list[exchange.Consignment]:
    """The recipients not yet asked, that have or may get the document."""
    return [one for one in exchange.sent(doc) if one.recall_asked_at is None and one.state != "refused"]


def ask(doc, actor, reason: str, ordered_by: str, consignments=None) -> Recall:
    """Yêu cầu thu hồi: message 13 to each chosen recipient; the document is frozen at once when all are asked.

    `consignments`: rows of `open_lines`, None for all. Raises Invalid, Refused, NotAllowed.
    """
    permissions.require(actor, lookups.CLERK, lookups.LEADER)
    reason, ordered_by = text.clean(reason), text.clean(ordered_by)
    wrong = {}
    if not reason:
        wrong["reason"] = "Hãy ghi lý do thu hồi; nơi nhận sẽ đọc nguyên văn lý do này."
    if not ordered_by:
        wrong["ordered_by"] = "Hãy ghi người chỉ đạo thu hồi (người ký hoặc thủ trưởng cơ quan)."
    if wrong:
        raise errors.Invalid(wrong)
    with db.write():
        failpoints.reach("recall.begin")
        refusal = may_ask(doc, actor)
        if refusal:
            raise errors.Refused(refusal)
        waiting = {one.id: one for one in open_lines(doc)}
        chosen = (
            [waiting[one.id] for one in consignments if one.id in waiting]
            if consignments
            else list(waiting.values())
        )
        if not chosen:
            raise errors.Invalid({"consignments": "Hãy chọn ít nhất một nơi nhận để thu hồi."})
        recall = Recall.create(
            document=doc, agency=doc.agency, direction="out", reason=reason, ordered_by=ordered_by,
            asked_by=f"{actor.name} – {actor.title}", asked_at=clock.now(), state_before=doc.state,
            partial=len(chosen) < len(waiting),
        )  # fmt: skip
        failpoints.reach("recall.recall-row")
        for one in chosen:
            _ask_one(one, reason, actor)
        failpoints.reach("recall.outbox")
        _freeze(doc, actor, recall)
        failpoints.reach("recall.commit")
    return recall


def _ask_one(one, reason, actor):
    if one.attempted_at is None:
        before = one.state
        one.set(state="recalled", recall_asked_at=clock.now(), failure=CANCELLED_BEFORE_SENDING)
        journal.record("withdraw", actor, one, before, "recalled", CANCELLED_BEFORE_SENDING)
        return
    one.set(recall_asked_at=clock.now())
    exchange.tell(one, "recall_asked", reason, actor)
    exchange.settle(one)


def _freeze(doc, actor, recall):
    who = f"Người chỉ đạo: {recall.ordered_by}"
    if recall.partial:
        journal.record("recall_partly", actor, doc, doc.state, doc.state, recall.reason, {"ordered_by": who})
        return
    if doc.state == "issued":
        workflow.step(doc, "recall", actor, f"{recall.reason}. {who}")
    doc.set(recalled_at=doc.recalled_at or clock.now(), recall_reason=recall.reason)


def carry_out(consignment: exchange.Consignment, message: exchange.StatusMessage) -> Recall | None:
    """Hủy văn bản bị thu hồi: content closed to all, tasks stopped, 15 back by itself; asked twice, answered twice."""
    with db.write():
        failpoints.reach("recall.receive")
        one = exchange.load(consignment.id)
        answer = one.messages.where(exchange.StatusMessage.status == "recalled").first()
        if answer:
            exchange.tell_again(answer, f"again:{message.id}")
            return None
        one.set(recall_asked_at=clock.now())
        doc = one.document
        recall = Recall.create(
            document=doc, agency=one.agency, consignment=one, direction="in", reason=message.description,
            asked_by=one.partner_name, asked_at=message.at, state_before=doc.state if doc else one.state,
        )  # fmt: skip
        failpoints.reach("recall.tombstone-row")
        if doc:
            _close(doc, one, message.description)
        at = clock.local(clock.now())
        exchange.tell(one, "recalled", f"Đã hủy văn bản trong hệ thống lúc {at:%H:%M} ngày {at:%d/%m/%Y}")
        failpoints.reach("recall.confirm-outbox")
    return recall


def _close(doc, consignment, reason):
    note = f"Đã thu hồi theo yêu cầu của {consignment.partner_name}: {reason}"
    assignments.stop(doc, "Văn bản đã bị nơi gửi thu hồi")
    if doc.state == "refused":
        journal.record("recall", None, doc, doc.state, doc.state, note)
    else:
        workflow.step(doc, "recall", None, note)
    doc.set(recalled_at=clock.now(), recall_reason=reason, holder=None)
    documents.forget_words(doc)
    contents = [row.file.sha256 for row in documents.attachments(doc)]
    db.after_commit(lambda: [previews.forget(sha256) for sha256 in contents])


def answered(consignment: exchange.Consignment, message: exchange.StatusMessage) -> None:
    """Nơi nhận đã trả lời yêu cầu thu hồi (15 or 16): written into the history of the document."""
    verb = "recall_done" if message.status == "recalled" else "recall_declined"
    with db.write():
        journal.record(
            verb, None, consignment.document, note=f"{consignment.partner_name}: {message.description}"
        )


def of(doc) -> list[Recall]:
    """All recalls of a document, the oldest first."""
    return list(Recall.select().where(Recall.document == doc).order_by(Recall.id))


def waiting(doc) -> list[exchange.Consignment]:
    """Recipients that were asked and have not answered: to be pressed."""
    return [one for one in exchange.sent(doc) if one.state == "recall_asked"]
