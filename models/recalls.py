"""Thu hồi (Quy chế 12.6; QĐ 28 Điều 8.2, 9.2; ND30 18.4): a conversation between two consignments.

The sender asks (13) and freezes document and data; the receiver closes the content to everybody, stops the work, erases,
and answers (15) by itself. The register lines of both sides stay and say so; what, when, who and why is kept for good.
The law gives no right to refuse; where an agency lets its head look first, he may object (16) with a reason.
"""

from datetime import timedelta

from models import (
    assignments,
    clock,
    db,
    documents,
    errors,
    exchange,
    failpoints,
    journal,
    lookups,
    outbox,
    paper,
    permissions,
    quarantine,
    recalls_contents,
    recalls_forms,
    recalls_forwards,
    recalls_rows,
    text,
    users,
    workdays,
    workflow,
)
from models import recalls_words as words
from models.recalls_rows import Recall

TABLES = recalls_rows.TABLES
CANCELLED_BEFORE_SENDING = "Chưa gửi đi thì đã thu hồi."
BY_ITSELF = "Hệ thống, tự động"


# ---- the sender ------------------------------------------------------------------------------------------------


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


def ask(doc, actor, reason: str, ordered_by: str, consignments=None, replacement=None) -> Recall:
    """Yêu cầu thu hồi: the order to each chosen recipient; document and data are frozen at once when all are asked.

    `consignments`: rows of `open_lines`, None for all; `replacement`: the document that takes its place (ND30 18.3).
    Raises Invalid, Refused, NotAllowed.
    """
    permissions.require(actor, lookups.CLERK, lookups.LEADER)
    reason, ordered_by = text.clean(reason), text.clean(ordered_by)
    wrong = _wrong(doc, reason, ordered_by, replacement)
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
            partial=len(chosen) < len(waiting), replacement=replacement,
        )  # fmt: skip
        failpoints.reach("recall.recall-row")
        _ask_each(recall, chosen, actor)
        failpoints.reach("recall.outbox")
        _freeze(doc, actor, recall)
        failpoints.reach("recall.commit")
    return recall


def _wrong(doc, reason, ordered_by, replacement) -> dict:
    wrong = {}
    if not reason:
        wrong["reason"] = "Hãy ghi lý do thu hồi; nơi nhận sẽ đọc nguyên văn lý do này."
    if not ordered_by:
        wrong["ordered_by"] = "Hãy ghi người chỉ đạo thu hồi (người ký hoặc thủ trưởng cơ quan)."
    if replacement is not None and (replacement.agency_id != doc.agency_id or replacement.id == doc.id):
        wrong["replacement"] = "Văn bản thay thế phải là một văn bản đi khác của cơ quan mình."
    return wrong


def said_of(recall: Recall) -> str:
    """The order as its recipients read it: reason, who ordered, what takes its place."""
    new = recall.replacement
    replaced = f"{new.number_text} ngày {new.issued_date:%d/%m/%Y}" if new and new.issued_date else ""
    return words.order(recall.reason, recall.ordered_by, replaced or recall.replaced_by)


def _ask_each(recall, chosen, actor=None):
    said = said_of(recall)
    for one in chosen:
        if one.attempted_at is None:
            before = one.state
            one.set(state="recalled", recall_asked_at=clock.now(), failure=CANCELLED_BEFORE_SENDING)
            journal.record("withdraw", actor, one, before, "recalled", CANCELLED_BEFORE_SENDING)
            continue
        one.set(recall_asked_at=clock.now())
        recalls_forms.ask(one, said, actor)
        exchange.settle(one)
    if recall.partial:
        recalls_forwards.ask_back(recall, recall.document, {one.partner_name for one in chosen})
    else:
        paper.stop(recall.document, actor)
        recalls_forwards.ask_back(recall, recall.document)


def _freeze(doc, actor, recall):
    who = f"Người chỉ đạo: {recall.ordered_by}"
    if recall.partial:
        journal.record("recall_partly", actor, doc, doc.state, doc.state, recall.reason, {"ordered_by": who})
        doc.set(recall_reason=recall.reason)
    else:
        if doc.state == "issued":
            workflow.step(doc, "recall", actor, f"{recall.reason}. {who}")
        doc.set(recalled_at=doc.recalled_at or clock.now(), recall_reason=recall.reason)
        _follow(recall, doc, closes=False)
    new = recall.replacement
    if new is not None:
        documents.Link.get_or_create(source=new, target=doc, kind="replace")
    documents.index(doc)


def _follow(recall, doc, closes: bool):
    """The copies made of the document are recalled with the same order; at a receiver their content is closed too."""
    for copy in recalls_forwards.copies_of(doc):
        if copy.state == "recalled":
            continue
        if copy.state == "issued":
            out = Recall.create(
                document=copy, agency=copy.agency, direction="out", reason=recall.reason, follows=recall,
                ordered_by=recall.ordered_by or recall.asked_by, asked_by=BY_ITSELF, asked_at=clock.now(),
                state_before=copy.state, replaced_by=recall.replaced_by,
            )  # fmt: skip
            _ask_each(out, open_lines(copy))
        if copy.state not in recalls_forwards.ENDED:
            workflow.step(copy, "recall", None, f"Theo lệnh thu hồi bản gốc: {recall.reason}")
        copy.set(recalled_at=clock.now(), recall_reason=recall.reason, holder=None)
        if closes:
            recalls_contents.shut(copy, recall.reason)
            recalls_contents.bury(recall, copy, BY_ITSELF)
        else:
            documents.index(copy)


def press(one: exchange.Consignment, actor) -> None:
    """Nhắc lại một nơi nhận chưa trả lời: the same order once more."""
    with db.write():
        recalls_forms.again(one)
        journal.record("press_recall", actor, one)


# ---- the receiver ----------------------------------------------------------------------------------------------


def carry_out(consignment: exchange.Consignment, message: exchange.StatusMessage) -> Recall | None:
    """Hủy văn bản bị thu hồi: content closed to all, tasks stopped, erased, 15 back by itself; asked twice, answered twice.

    Where the agency's head looks first (RecallRule), the content is closed just so, and the rest waits for him.
    """
    with db.write():
        failpoints.reach("recall.receive")
        one = exchange.load(consignment.id)
        if Recall.select().where(Recall.consignment == one, Recall.direction == "in").exists():
            _answer_again(one, message)
            return None
        one.set(recall_asked_at=clock.now())
        exchange.settle(one)
        doc, said = one.document, words.read_order(message.description)
        recall = Recall.create(
            document=doc, agency=one.agency, consignment=one, direction="in", reason=said.reason, message=message,
            ordered_by=said.ordered_by, replaced_by=said.replaced_by, asked_by=one.partner_name,
            asked_at=message.at, state_before=doc.state if doc else one.state, stage="closed",
        )  # fmt: skip
        failpoints.reach("recall.tombstone-row")
        if doc is None:
            outbox.place("erase", recall.id, f"erase:{recall.id}")
            return recall
        recalls_contents.shut(doc, said.reason)
        hours = recalls_rows.rule_of(one.agency_id).decision_hours
        if hours:
            _await_decision(recall, doc, hours)
        else:
            cancel(recall, doc)
    return recall


def born(consignment: exchange.Consignment, contents) -> None:
    """A document came after its recall: what just came is erased, nobody has seen it. `contents`: files.Stored.

    Inside or outside a write(); the answer has been given by who received it.
    """
    with db.write():
        recall = Recall.get_or_none(Recall.consignment == consignment, Recall.direction == "in")
        if recall is None:
            asked = consignment.messages.where(exchange.StatusMessage.status == "recall_asked").first()
            said = words.read_order(asked.description if asked else "")
            recall = Recall.create(
                agency=consignment.agency, consignment=consignment, direction="in", reason=said.reason, message=asked,
                ordered_by=said.ordered_by, replaced_by=said.replaced_by, asked_by=consignment.partner_name,
                asked_at=asked.at if asked else clock.now(), state_before="not_arrived", stage="confirmed",
            )  # fmt: skip
        recalls_contents.bury_unborn(recall, contents)
        order_erasing(recall)


def order_erasing(recall: Recall) -> None:
    """One more round of erasing: something was added to what the recall covers. Inside write()."""
    outbox.place("erase", recall.id, f"erase:{recall.id}:{clock.now():%Y%m%d%H%M%S%f}")


def _answer_again(one, message):
    model = exchange.StatusMessage
    answers = one.messages.where(model.direction == "out", model.status.in_(("recalled", "recall_refused")))
    answer = answers.order_by(model.id.desc()).first()
    if answer:
        exchange.tell_again(answer, f"again:{message.id}")


def cancel(recall: Recall, doc, actor=None) -> None:
    """Hủy, inside the caller's write(): tasks, tombstones, copies, paper, and the order to erase."""
    note = f"Đã thu hồi theo yêu cầu của {recall.asked_by}: {recall.reason}"
    assignments.stop(doc, "Văn bản đã bị nơi gửi thu hồi")
    facts = {"ordered_by": recall.ordered_by, "recall": recall.id}
    if doc.state == "refused":
        journal.record("recall", actor, doc, doc.state, doc.state, note, facts)
    else:
        workflow.step(doc, "recall", None, note, facts)
    doc.set(holder=None)
    graves = recalls_contents.bury(recall, doc, f"{actor.name} – {actor.title}" if actor else BY_ITSELF)
    recalls_forwards.warn(doc, {grave.sha256 for grave in graves}, note)
    if recall.consignment:
        quarantine.forget(recall.consignment.partner_code, recall.consignment.wire_id)
    for older in recalls_forwards.same_letter(recall.consignment) if recall.consignment else ():
        journal.record("recall", actor, older, older.state, older.state, note, facts)
        recalls_contents.shut(older, recall.reason)
        recalls_contents.bury(recall, older, BY_ITSELF)
    _follow(recall, doc, closes=True)
    recalls_forwards.hold_paper(recall, doc)
    recall.set(stage="closed")
    outbox.place("erase", recall.id, f"erase:{recall.id}", priority=doc.urgency)


def confirm(recall: Recall) -> None:
    """Xác nhận đã hủy: message 15 with what was erased and whom it was passed on to. Nothing when it was said before."""
    with db.write():
        fresh = Recall.get_by_id(recall.id)
        one = fresh.consignment
        if fresh.stage not in ("closed", "confirmed") or one is None:
            return
        said = words.answer(_done(fresh), recalls_forwards.tree(fresh))
        if said == fresh.told or (fresh.stage == "confirmed" and not fresh.told):
            return
        rounds = fresh.rounds
        fresh.set(stage="confirmed", told=said, rounds=rounds + 1)
        exchange.tell(one, "recalled", said, round_=f":{rounds}" if rounds else "")
        failpoints.reach("recall.confirm-outbox")


def _done(recall) -> str:
    """«Đã hủy văn bản (mã băm …) trong hệ thống lúc …: đã xóa 3 tệp»; the same words as long as nothing changed."""
    graves = list(recall.tombstones.order_by(recalls_rows.Tombstone.id))
    gone = [grave for grave in graves if grave.erased_at]
    at = max((grave.erased_at for grave in gone), default=None) or max(
        (grave.closed_at for grave in graves), default=recall.asked_at
    )
    if not graves:
        return f"Đã hủy văn bản trong hệ thống lúc {words.moment(at)}: không còn nội dung nào được lưu."
    hashes = list(dict.fromkeys(grave.sha256[:12] for grave in graves if grave.kind in ("main", "annex")))
    listed = f" (mã băm {', '.join(hashes[:6])}{'…' if len(hashes) > 6 else ''})" if hashes else ""
    kept = [grave for grave in graves if not grave.erased_at]
    if kept:
        day = clock.local(max(grave.erase_on for grave in kept))
        what = f"đã đóng {len(graves)} tệp, không ai mở được, xóa ngày {day:%d/%m/%Y}"
    else:
        what = f"đã xóa {len(graves) - sum(grave.shared for grave in gone)} tệp"
    shared = sum(grave.shared for grave in gone)
    also = f"; gỡ {shared} tệp mà bản cùng nội dung còn thuộc văn bản khác trên máy chủ" if shared else ""
    return f"Đã hủy văn bản{listed} trong hệ thống lúc {words.moment(at)}: {what}{also}."


def _await_decision(recall, doc, hours: int):
    until = workdays.calendar(recall.agency_id).after(clock.now(), timedelta(hours=hours))
    recall.set(stage="waiting", decide_until=until)
    said = f"{recall.asked_by} yêu cầu thu hồi {doc.number_text}; nội dung đã đóng, tự hủy lúc {words.moment(until)}"
    posts = [
        post for post in users.holders(doc.agency_id) if post.has(lookups.LEADER) or post.has(lookups.CLERK)
    ]
    journal.record("recall_waits", None, doc, doc.state, doc.state, said,
                   journal.telling(posts, said, f"/incoming/{doc.id}/recall", urgent=True))  # fmt: skip
    seconds = int((until - clock.now()).total_seconds())
    outbox.place("decide_recall", recall.id, f"decide_recall:{recall.id}", after_seconds=seconds)


# ---- answers ---------------------------------------------------------------------------------------------------


def answered(consignment: exchange.Consignment, message: exchange.StatusMessage) -> None:
    """Nơi nhận đã trả lời yêu cầu thu hồi (15 or 16): into the history, and on to who had recalled it from us."""
    if consignment.recall_asked_at is None:
        return
    verb = "recall_done" if message.status == "recalled" else "recall_declined"
    with db.write():
        journal.record(
            verb, None, consignment.document, note=f"{consignment.partner_name}: {message.description}"
        )
        recalls_forms.learn(consignment)
        tell_above(consignment.document)


def tell_above(doc) -> None:
    """Something changed below a document we recalled on another's order: he is told, inside the caller's write()."""
    for out in Recall.select().where(Recall.document == doc, Recall.follows.is_null(False)):
        above = out.follows
        if above.direction == "in" and above.stage == "confirmed":
            confirm(above)


def of(doc) -> list[Recall]:
    """All recalls of a document, the oldest first."""
    return list(Recall.select().where(Recall.document == doc).order_by(Recall.id))


def waiting(doc) -> list[exchange.Consignment]:
    """Recipients that were asked and have not answered: to be pressed."""
    return [one for one in exchange.sent(doc) if one.state == "recall_asked"]
