"""Phân công giải quyết: one lead, any support, any for information, each with its deadline (Quy chế 11.2; ND30 Điều 23).

The document's own state moves through the steps of the incoming flow; a task row says who has which part. Only who has
the lead closes the document; support reports; "for information" is closed by taking note.
"""

from datetime import date

from models import (
    acceptance,
    agencies,
    clock,
    db,
    deadlines,
    documents,
    errors,
    exchange,
    journal,
    lookups,
    permissions,
    receivers,
    text,
    users,
    workflow,
)

LEAD, SUPPORT, INFORMED = "lead", "support", "informed"
PARTS = {LEAD: "Chủ trì", SUPPORT: "Phối hợp", INFORMED: "Để biết"}
OPEN = ("given", "started")
STATES = {"given": "Chưa bắt đầu", "started": "Đang giải quyết", "done": "Đã xong", "stopped": "Đã dừng"}
WORKERS = receivers.WORKERS


class Assignment(db.Base):
    """A part of the work on a document, given to a post or to a unit (its head has it until it is passed on)."""

    document = db.ForeignKeyField(documents.Document, backref="assignments")
    parent = db.ForeignKeyField("self", null=True, backref="children")
    post = db.ForeignKeyField(users.Post, null=True)
    unit = db.ForeignKeyField(agencies.Unit, null=True)
    part = db.CharField()  # lead | support | informed
    state = db.CharField(default="given")  # given | started | done | stopped
    instruction = db.TextField(default="")
    due_on = db.DateField(null=True)
    given_by = db.ForeignKeyField(users.Post, backref="given_assignments")
    given_at = db.MomentField()
    started_at = db.MomentField(null=True)
    finished_at = db.MomentField(null=True)
    progress = db.TextField(default="")
    result = db.TextField(default="")

    class Meta:
        indexes = (
            (("document", "part"), False),
            (("post", "state"), False),
            (("unit", "state"), False),
            (("given_by", "part"), False),
        )

    @property
    def receiver(self) -> str:
        """Who has it, in words."""
        return self.unit.name if self.unit_id else self.post.label

    @property
    def part_name(self) -> str:
        """Chủ trì, Phối hợp or Để biết."""
        return PARTS[self.part]

    @property
    def state_name(self) -> str:
        """The task's state in words; taking note is not work."""
        if self.part == INFORMED:
            return (
                "Đã biết"
                if self.state == "done"
                else STATES["stopped"]
                if self.state == "stopped"
                else "Chưa xem"
            )
        return STATES[self.state]


TABLES = (Assignment,)


# ---- the leader ------------------------------------------------------------------------------------------------


def assign(
    doc,
    actor,
    lead,
    supports=(),
    informed=(),
    instruction="",
    due_on=None,
    support_due_on=None,
    verb="assign",
):
    """Giao việc (11.2): exactly one lead, any support, any for information; status 04 to the sender.

    `lead` is a Target (a list of one is taken too), the others lists of Targets; `verb` is the step that is taken.
    Raises Invalid, Refused, NotAllowed.
    """
    leads = (
        list(lead) if isinstance(lead, list | tuple) and not isinstance(lead, receivers.Target) else [lead]
    )
    leads = [target for target in leads if target]
    supports, informed = list(supports), list(informed)
    _check(doc, leads, supports, informed, due_on, support_due_on)
    due_on = due_on or deadlines.propose(doc.agency_id, doc.urgency, doc.asked_due_date)
    instruction = text.clean(instruction)
    with db.write():
        given = [_give(doc, actor, target, LEAD, instruction, due_on) for target in leads]
        given += [
            _give(doc, actor, target, SUPPORT, instruction, support_due_on or due_on) for target in supports
        ]
        given += [_give(doc, actor, target, INFORMED, instruction, None) for target in informed]
        workflow.step(doc, verb, actor, instruction, _facts(given))
        doc.set(due_date=due_on, holder=leads[0].post, held_since=clock.now(), unit=leads[0].unit,
                to_places="; ".join(target.name for target in leads + supports))  # fmt: skip
        acceptance.tell(doc)
        exchange.report(doc, "04", f"Đã chuyển {leads[0].name} chủ trì", actor)


def give_back(doc, actor, reason: str):
    """Trả lại để phân công lại: the lead says why the work is not his; the leader assigns anew."""
    reason = _needed(reason, "reason", "Hãy nêu lý do trả lại, lãnh đạo sẽ đọc để phân công lại.")
    with db.write():
        workflow.step(doc, "give_back", actor, reason)
        giver = next(task.given_by for task in _leads(doc) if task.parent_id is None)
        if not giver.has(lookups.LEADER):  # passed straight on by the clerk: a leader decides now
            giver = next(iter(users.holders(doc.agency_id, lookups.LEADER)), giver)
            permissions.grant(doc, "Trình lãnh đạo", post=giver)
        _close(doc, "stopped", reason)
        documents.hand_to(doc, giver)


# ---- who has the work ------------------------------------------------------------------------------------------


def pass_on(doc, actor, lead=None, supports=(), instruction="", due_on=None):
    """Giao tiếp trong đơn vị: the unit's head hands his part to people of the unit, within his own deadline (11.2).

    Raises Invalid for a stranger to the unit or a later deadline, Refused when there is nothing to pass on.
    """
    held = _own(doc, actor, (LEAD, SUPPORT))
    if held is None or not held.unit_id:
        raise errors.Refused("Đơn vị của bạn không có việc đang mở trên văn bản này để giao tiếp.")
    supports = list(supports)
    chosen = ([lead] if lead else []) + supports
    allowed = {target.key for target in receivers.members(actor)}
    wrong = {}
    if not chosen or (held.part == LEAD and not lead):
        wrong["lead"] = "Hãy chọn một người thực hiện trong đơn vị."
    elif any(target.key not in allowed for target in chosen):
        wrong["lead"] = "Chỉ giao tiếp cho người trong đơn vị của bạn."
    if due_on and held.due_on and due_on > held.due_on:
        wrong["due"] = f"Hạn giao tiếp không được sau hạn của đơn vị ({held.due_on:%d/%m/%Y})."
    if wrong:
        raise errors.Invalid(wrong)
    words = text.clean(instruction)
    with db.write():
        for old in [child for child in _open(doc) if child.parent_id == held.id]:
            old.set(state="stopped", finished_at=clock.now(), result="Đã giao lại cho người khác")
        given = [
            _give(doc, actor, target, held.part if target is lead else SUPPORT, words or held.instruction,
                  due_on or held.due_on, held)
            for target in chosen
        ]  # fmt: skip
        if held.part == LEAD:
            documents.hand_to(doc, lead.post)
        names = ", ".join(target.name for target in chosen)
        journal.record(
            "pass_on", actor, doc, doc.state, doc.state, f"Giao {names}. {words}".strip(), _facts(given)
        )


def start(doc, actor):
    """Bắt đầu giải quyết: status 05 to the sender."""
    with db.write():
        workflow.step(doc, "start", actor)
        _mark_started(doc, actor)
        exchange.report(doc, "05", "", actor)


def report(doc, actor, words: str):
    """Báo cáo tiến độ, by lead or support; the lead's first report also starts the work."""
    words = _needed(words, "progress", "Hãy ghi tiến độ giải quyết.")
    task = _own(doc, actor, (LEAD, SUPPORT))
    if task is None:
        raise errors.Refused("Bạn không được giao chủ trì hay phối hợp văn bản này, hoặc việc đã đóng.")
    with db.write():
        if task.part == LEAD and doc.state == "assigned":
            start(doc, actor)
        elif task.state == "given":
            task.set(state="started", started_at=clock.now())
        task.set(progress=words)
        journal.record("report", actor, doc, doc.state, doc.state, words)


def complete(doc, actor, result: str):
    """Hoàn thành, by who has the lead, with the result; every open part is closed; status 06 to the sender."""
    result = _needed(result, "result", "Hãy ghi kết quả giải quyết (số văn bản trả lời hoặc việc đã làm).")
    with db.write():
        workflow.step(doc, "complete", actor, result)
        _close(doc, "done", result)
        exchange.report(doc, "06", result, actor)


def complete_by_reply(doc, reply, actor=None):
    """Phúc đáp đã phát hành: the incoming document is answered and closed, status 06. Nothing when it is closed."""
    if doc.state not in ("assigned", "in_progress"):
        return
    result = f"Đã trả lời bằng văn bản {reply.number_text}"
    with db.write():
        workflow.step(doc, "answer", None, result, {"reply": reply.id})
        _close(doc, "done", result)
        exchange.report(doc, "06", result, actor)


def acknowledge(doc, actor):
    """Đã biết: closes the part "for information" of this person."""
    task = _own(doc, actor, (INFORMED,))
    if task is None:
        raise errors.Refused("Văn bản này không gửi bạn để biết, hoặc bạn đã xác nhận.")
    with db.write():
        task.set(state="done", finished_at=clock.now())
        journal.record("acknowledge", actor, doc, doc.state, doc.state)


def stop(doc, reason: str = "Văn bản đã bị thu hồi"):
    """Dừng mọi việc: every open part ends (recall, 12.6); inside the caller's write() or its own."""
    with db.write():
        _close(doc, "stopped", reason)


# ---- guards of the flow (models/incoming.py declares them with the steps) ---------------------------------------


def may_lead(doc, actor) -> str | None:
    """Why this person is not the one who has the lead."""
    if actor is None or _own(doc, actor, (LEAD,)) is None:
        return "Chỉ người hoặc đơn vị chủ trì làm được việc này (Quy chế Điều 11.2)."
    return None


# ---- queries ---------------------------------------------------------------------------------------------------


def of(doc) -> list[Assignment]:
    """All parts of the document, in the order given: lead first."""
    return list(_named().where(Assignment.document == doc))


def of_many(docs) -> list[Assignment]:
    """All parts of these documents, in the order given."""
    return list(_named().where(Assignment.document.in_([doc.id for doc in docs])))


def leads_of(docs) -> dict[int, Assignment]:
    """Document id → its newest lead, for lists."""
    found = _named().where(Assignment.document.in_([doc.id for doc in docs]), Assignment.part == LEAD)
    return {task.document_id: task for task in found}


def _named():
    """Parts with the names of who has them, in the order given."""
    return (
        Assignment.select(Assignment, users.Post, users.Person, agencies.Unit)
        .left_outer_join(users.Post, on=(Assignment.post == users.Post.id))
        .left_outer_join(users.Person)
        .switch(Assignment)
        .left_outer_join(agencies.Unit, on=(Assignment.unit == agencies.Unit.id))
        .order_by(Assignment.id)
    )


def mine(doc, actor) -> list[Assignment]:
    """Open parts of this document that this person has."""
    return [task for task in _open(doc) if _is_of(task, actor)]


def open_tasks(actor, part: str | None = None):
    """Query of the open parts this person has, with their documents; urgent first, then by deadline."""
    mine_ = Assignment.post == actor.post.id
    if actor.has(lookups.UNIT_HEAD) and actor.unit_id:
        mine_ |= Assignment.unit == actor.unit_id
    query = (
        Assignment.select(Assignment, documents.Document)
        .join(documents.Document)
        .where(mine_, Assignment.state.in_(OPEN), documents.Document.recalled_at.is_null())
        .order_by(documents.Document.urgency.desc(), Assignment.due_on, Assignment.id)
    )
    return query.where(Assignment.part == part) if part else query


def overdue(actor):
    """Query of the agency's documents in work whose deadline has passed, that this person may see."""
    doc = documents.Document
    return (
        permissions.visible(actor, "incoming")
        .where(doc.state.in_(("assigned", "in_progress")), doc.due_date < clock.today())
        .order_by(doc.due_date)
    )


# ---- inner -----------------------------------------------------------------------------------------------------


def _check(doc, leads, supports, informed, due_on, support_due_on):
    wrong = {}
    if not leads:
        wrong["lead"] = "Hãy chọn một đơn vị hoặc người chủ trì."
    elif len(leads) > 1:
        wrong["lead"] = "Chỉ được chọn một chủ trì (Quy chế Điều 11.2); người khác chọn là phối hợp."
    keys = [target.key for target in leads + supports + informed]
    if not wrong and len(keys) != len(set(keys)):
        wrong["lead"] = "Một nơi nhận chỉ có một vai: chủ trì, phối hợp hoặc để biết."
    if any(_agency_of(target) != doc.agency_id for target in leads + supports + informed):
        wrong["lead"] = "Chỉ giao việc cho đơn vị, người trong cơ quan."
    if due_on and due_on < clock.today():
        wrong["due"] = "Hạn giải quyết không được trước hôm nay."
    if support_due_on and due_on and support_due_on > due_on:
        wrong["support_due"] = "Hạn phối hợp không được sau hạn của đơn vị chủ trì."
    if wrong:
        raise errors.Invalid(wrong)


def _agency_of(target: receivers.Target) -> int:
    return target.unit.agency_id if target.unit else target.post.agency_id


def _give(doc, actor, target, part, instruction, due_on: date | None, parent=None) -> Assignment:
    permissions.grant(doc, PARTS[part], post=target.post, unit=target.unit)
    return Assignment.create(
        document=doc, parent=parent, post=target.post, unit=target.unit, part=part, instruction=instruction,
        due_on=due_on, given_by=actor.post, given_at=clock.now(),
    )  # fmt: skip


def _facts(given) -> dict:
    return {
        "tasks": [task.id for task in given],
        "receivers": [f"{task.part_name}: {task.receiver}" for task in given],
    }


def _open(doc) -> list[Assignment]:
    return list(Assignment.select().where(Assignment.document == doc, Assignment.state.in_(OPEN)))


def _leads(doc) -> list[Assignment]:
    return [task for task in _open(doc) if task.part == LEAD]


def _is_of(task, actor) -> bool:
    if task.post_id:
        return task.post_id == actor.post.id
    return task.unit_id == actor.unit_id and actor.has(lookups.UNIT_HEAD)


def _own(doc, actor, parts) -> Assignment | None:
    if documents.state_now(doc).is_recalled:
        return None
    found = [task for task in mine(doc, actor) if task.part in parts]
    return min(found, key=lambda task: (parts.index(task.part), -task.id)) if found else None


def _mark_started(doc, actor):
    for task in _leads(doc):
        if task.state == "given":
            task.set(state="started", started_at=clock.now())


def _close(doc, state, result):
    for task in _open(doc):
        if state == "done" and task.part == INFORMED:
            continue
        task.set(state=state, finished_at=clock.now(), result=result)
    doc.set(holder=None, held_since=clock.now())


def _needed(words: str, field: str, sentence: str) -> str:
    words = text.clean(words)
    if not words:
        raise errors.Invalid({field: sentence})
    return words
