"""Văn bản đến (Quy chế 10; ND30 Điều 20–24): arrival → register → present → assign → work → completed, or refused.

A document is registered only when the signature check says valid; one to look at needs a reason; an invalid one can
only be sent back; one that could not be checked waits (10.2), until the time for trying has passed and a person decides
with a reason (models/checks.py). Paper has no signature to check.
"""

from models import (
    acceptance,
    alike,
    assignments,
    checks,
    clock,
    db,
    deadlines,
    documents,
    errors,
    exchange,
    failpoints,
    files,
    journal,
    lookups,
    permissions,
    previews,
    registers,
    routing,
    secrecy,
    senders,
    text,
    users,
    workdays,
    workflow,
)
from models.workflow import Step

CLERK, LEADER = (lookups.CLERK,), (lookups.LEADER,)

STEPS = (
    # verb, from, to, who, button, state label, law
    Step("register", {"arrived"}, "registered", CLERK, "Vào sổ", "Đã vào sổ", "Quy chế 10.2; ND30 Điều 22"),
    Step("refuse", {"arrived"}, "refused", CLERK, "Trả lại", "Đã trả lại", "Quy chế 10.2; ND30 Điều 21.2b"),
    Step("refuse_secret", {"arrived"}, "refused", (), "", "Đã trả lại", "Quy chế 1.2"),
    Step("forward", {"registered"}, "forwarded", CLERK, "Trình", "Chờ phân công", "Quy chế 10.3; ND30 Điều 23"),
    Step("assign", {"forwarded"}, "assigned", LEADER, "Giao việc", "Đã phân công", "Quy chế 11.2; ND30 Điều 23"),
    Step("give_back", {"assigned", "in_progress"}, "forwarded", assignments.WORKERS, "Trả lại lãnh đạo",
         "Chờ phân công", "Quy chế 11.2"),
    Step("start", {"assigned"}, "in_progress", assignments.WORKERS, "Bắt đầu giải quyết", "Đang giải quyết",
         "Quy chế 12.6; ND30 Điều 24"),
    Step("complete", {"assigned", "in_progress"}, "completed", assignments.WORKERS, "Hoàn thành", "Đã hoàn thành",
         "Quy chế 12.6; ND30 Điều 24"),
    Step("pass_straight", {"registered"}, "assigned", CLERK, "Chuyển thẳng", "Đã phân công", "ND30 Điều 23.1"),
    Step("join", {"arrived"}, "joined", CLERK, "", "Đã ghép vào văn bản đã vào sổ", "ND30 Điều 22.2"),
    Step("pass_unregistered", {"arrived"}, "unregistered", CLERK, "", "Không đăng ký, đã chuyển", "ND30 Điều 21.1b"),
    Step("answer", {"assigned", "in_progress"}, "completed", (), "", "Đã hoàn thành", "Quy chế 12.6"),
    Step("recall", {"arrived", "registered", "forwarded", "assigned", "in_progress", "completed", "cancelled", "unregistered"},
         "recalled", (), "", "Đã bị thu hồi", "Quy chế 12.6; QĐ 28 Điều 8"),
    Step("undo", {"registered", "forwarded"}, "arrived", CLERK, "Hoàn tác vào sổ", "Chờ lưu trữ", "ND30 Điều 22"),
    Step("cancel_registration", {"registered", "forwarded"}, "cancelled", CLERK, "Hủy đăng ký", "Đã hủy đăng ký",
         "ND30 Điều 22"),
)  # fmt: skip

OPEN = ("forwarded", "assigned", "in_progress")
TABS = {
    "all": ("Tất cả", None),
    "electronic": ("Điện tử", ("axis", "local")),
    "paper": ("Giấy", ("paper",)),
    "urgent": ("Khẩn", None),
    "refused": ("Trả lại", None),
    # what the signature check found, so that a clerk takes one kind in hand
    "valid": ("Hợp lệ", None),
    "look": ("Cần xem", None),
    "invalid": ("Không hợp lệ", None),
    "unchecked": ("Chưa kiểm được", None),
}
ISSUED = ("code_number", "code_notation", "organ_name", "parent_organ_name", "organ_id", "issued_date")
BY_VERDICT = ("valid", "look", "invalid", "unchecked")


def may_register(doc, actor) -> str | None:
    """Why the document cannot be registered: the verdict of the signature check (10.2)."""
    if doc.source == "paper":
        return None
    if doc.verdict == "invalid" and not checks.is_for_reference(doc):
        return "Chữ ký số không hợp lệ nên không được tiếp nhận; hãy trả lại nơi gửi (Quy chế Điều 10.2)."
    if doc.verdict == "unchecked" and not checks.may_decide(doc):
        return "Chưa kiểm tra được chữ ký số. Hệ thống tự kiểm tra lại; xong mới vào sổ hoặc trả lại được (Điều 10.2)."
    if not doc.verdict:
        return "Đang kiểm tra chữ ký số, xong mới vào sổ được (Quy chế Điều 10.2)."
    return None


def may_refuse(doc, actor) -> str | None:
    """Why the document cannot be sent back yet: without a result of the check there is no ground (10.2)."""
    unfinished = not doc.verdict or (doc.verdict == "unchecked" and not checks.may_decide(doc))
    if doc.source != "paper" and unfinished:
        return "Chưa có kết quả kiểm tra chữ ký số nên chưa vào sổ, chưa trả lại được (Quy chế Điều 10.2)."
    return None


def _may_system(doc, actor) -> str | None:
    return None if actor is None else "Việc này do hệ thống thực hiện."


workflow.declare(
    "incoming", STEPS,
    guards={"register": may_register, "refuse": may_refuse, "answer": _may_system, "recall": _may_system,
            "undo": acceptance.may_undo}
    | {"refuse_secret": _may_system} | dict.fromkeys(("start", "complete", "give_back"), assignments.may_lead)
    | {"pass_straight": routing.may_pass_straight, "join": may_register},
    start_labels={"arrived": "Chờ lưu trữ"},
)  # fmt: skip


# ---- verbs -----------------------------------------------------------------------------------------------------


def register(doc, actor, fields: dict | None = None, reason: str = "", held: bool = False) -> int:
    """Vào sổ văn bản đến: the arrival number, the fields completed, status 03 (10.2.d; ND30 Điều 22). The number.

    `reason` is needed when the check was not simply valid. `held`: the sender and the leader are told half a minute later,
    and a slip can be undone for a minute; of an urgent document they are told at once. Raises Invalid, Refused, NotAllowed, Conflict.
    """
    reason, missing = text.clean(reason), checks.needs_reason(doc)
    if missing and not reason and may_register(doc, actor) is None:
        raise errors.Invalid({"reason": missing})
    day = clock.today()
    with db.write():
        if doc.verdict == "unchecked":
            checks.decided(doc, actor, "Tiếp nhận", reason)
        workflow.step(doc, "register", actor, reason)
        if fields:
            documents.describe(doc, **_given(doc, fields))
        senders.learn(doc)
        book = registers.of(doc.agency_id, "incoming", doc.type_code)
        number = acceptance.number(doc, book, day, actor)
        failpoints.reach("register.number")
        received = clock.local(doc.received_at).date() if doc.received_at else day
        doc.set(arrival_number=number, arrival_date=received, register_id=book.id, register_year=day.year,
                unit=None, holder=actor.post, held_since=clock.now())  # fmt: skip
        journal.record("take_arrival_number", actor, doc, doc.state, doc.state, f"Số đến {number}",
                       {"number": number, "year": day.year})  # fmt: skip
        acceptance.begin(doc, actor, held and not doc.urgency)
    return number


def _given(doc, fields: dict) -> dict:
    """What the clerk may fill in: the pages of an e-document are counted by the system (ND30 PL VI III.1.g)."""
    return {name: value for name, value in fields.items() if name != "page_amount" or doc.source == "paper"}


def forward(doc, actor, leader: users.Post, note: str = ""):
    """Trình lãnh đạo (10.3; ND30 Điều 23.1): the leader has it from now on."""
    if leader is None or leader.agency_id != doc.agency_id or not leader.has(lookups.LEADER):
        raise errors.Invalid({"leader": "Hãy chọn lãnh đạo để trình."})
    with db.write():
        facts = {"leader": leader.id} | ({"held": True} if acceptance.is_held(doc) else {})
        workflow.step(doc, "forward", actor, text.clean(note), facts)
        permissions.grant(doc, "Trình lãnh đạo", post=leader)
        documents.hand_to(doc, leader)


def register_and_forward(
    doc, actor, leader: users.Post, fields: dict | None = None, reason="", note="", held: bool = False
) -> int:
    """Vào sổ và trình: both in one act, or neither. The arrival number."""
    with db.write():
        number = register(doc, actor, fields, reason, held)
        forward(doc, actor, leader, note)
    return number


def refuse(doc, actor, reason: str):
    """Trả lại nơi gửi (10.2.e): status 02 with the reason, no number used."""
    reason = text.clean(reason)
    if not reason:
        raise errors.Invalid({"reason": "Hãy ghi lý do trả lại; nơi gửi sẽ đọc nguyên văn lý do này."})
    with db.write():
        if doc.verdict == "unchecked":
            checks.decided(doc, actor, "Trả lại", reason)
        workflow.step(doc, "refuse", actor, reason)
        acceptance.void(doc, actor, f"Trả lại nơi gửi: {reason}")
        doc.set(holder=None, held_since=clock.now())
        exchange.report(doc, "02", reason, actor)


def undo(doc, actor) -> None:
    """Hoàn tác vào sổ, within a minute: back to Chờ lưu trữ. Its number stays bound to it.

    Raises Refused (too late, another person's, already assigned), NotAllowed, Conflict.
    """
    with db.write():
        workflow.step(doc, "undo", actor)
        if doc.holder_id:
            permissions.withdraw(doc, doc.holder)
        doc.set(held_until=None, held_post=None, holder=None, held_since=clock.now())


def cancel_registration(doc, actor, reason: str) -> None:
    """Hủy đăng ký (ND30 Điều 22): the number stays in the book, void with the reason; the sender reads the reason (02).

    Raises Invalid without a reason, Refused once it was assigned, NotAllowed, Conflict.
    """
    reason = text.clean(reason)
    if not reason:
        raise errors.Invalid(
            {"reason": "Hãy ghi lý do hủy đăng ký; lý do được in trong sổ và báo cho nơi gửi."}
        )
    with db.write():
        workflow.step(doc, "cancel_registration", actor, reason)
        acceptance.void(doc, actor, f"Hủy đăng ký: {reason}")
        doc.set(held_until=None, held_post=None, holder=None, held_since=clock.now())
        exchange.report(doc, "02", f"Hủy đăng ký số đến {doc.arrival_number}: {reason}", actor)


def refuse_secret(doc, level: str) -> None:
    """Trả lại văn bản mang dấu độ mật (1.2), by the system: 02 with the reason, and its content is not kept."""
    reason = secrecy.refusal(level)
    with db.write():
        workflow.step(doc, "refuse_secret", None, reason)
        acceptance.void(doc, None, f"Trả lại nơi gửi: {reason}")
        doc.set(holder=None, held_since=clock.now(), verdict="invalid", verdict_note=reason)
        exchange.report(doc, "02", reason)
        unused = files.release([*documents.drop_content(doc), *exchange.drop_packet(doc)])
    for sha256 in unused:
        previews.forget(sha256)
    files.erase(unused)


# ---- Chờ lưu trữ -----------------------------------------------------------------------------------------------


def waiting(actor, tab: str = "all", limit: int = 200) -> list[documents.Document]:
    """Arrivals that wait for the clerk: urgent ones on top, then the newest (10.2.a). Tab "refused": sent back."""
    doc = documents.Document
    state = "refused" if tab == "refused" else "arrived"
    query = permissions.visible(actor, "incoming").where(doc.state == state)
    sources = TABS.get(tab, TABS["all"])[1]
    if sources:
        query = query.where(doc.source.in_(sources))
    if tab == "urgent":
        query = query.where(doc.urgency > 0)
    if tab in BY_VERDICT:
        query = query.where(doc.verdict == tab, doc.source != "paper")
    order = (
        (doc.id.desc(),) if tab == "refused" else (doc.urgency.desc(), doc.arrived_at.desc(), doc.id.desc())
    )
    return list(query.order_by(*order).limit(limit))


def waiting_counts(actor) -> dict[str, int]:
    """How many wait, by tab."""
    doc = documents.Document
    rows = list(
        permissions.visible(actor, "incoming")
        .select(doc.source, doc.urgency, doc.verdict, db.fn.COUNT(doc.id).alias("many"))
        .where(doc.state == "arrived")
        .group_by(doc.source, doc.urgency, doc.verdict)
    )
    counts = {"all": sum(row.many for row in rows), "urgent": sum(row.many for row in rows if row.urgency)}
    for tab in ("electronic", "paper"):
        counts[tab] = sum(row.many for row in rows if row.source in TABS[tab][1])
    for tab in BY_VERDICT:
        counts[tab] = sum(row.many for row in rows if row.verdict == tab and row.source != "paper")
    return counts


def registered_today(agency_id: int) -> int:
    """How many arrival numbers were taken today, at most 500."""
    entry, book = registers.Entry, registers.of(agency_id, "incoming")
    newest = entry.select(entry.day).where(
        entry.register == book, entry.year == clock.today().year, entry.voided_at.is_null()
    )
    return sum(row.day == clock.today() for row in newest.order_by(entry.number.desc()).limit(500))


def not_presented(actor) -> list[documents.Document]:
    """Arrived or registered, but not yet presented, although the day of reception is over (10.3)."""
    doc = documents.Document
    calendar = workdays.calendar(actor.agency_id)
    rows = permissions.visible(actor, "incoming").where(doc.state.in_(("arrived", "registered")))
    return [row for row in rows.order_by(doc.urgency.desc(), doc.id).limit(500) if _late(row, calendar)]


def _late(doc, calendar) -> bool:
    told = deadlines.tell_presentation(doc.received_at or doc.arrived_at, doc.urgency, calendar)
    return told is not None and told.kind == "late"


def duplicates(doc, fields: dict | None = None) -> list[documents.Document]:
    """Registered or waiting documents with the same id, or the same number, notation and issuer (PL VI III.1.h)."""
    values = {name: getattr(doc, name) for name in ISSUED} | (fields or {})
    found = alike.by_id(doc.agency_id, doc.document_id, doc.id)
    return found + [row for row in alike.by_number(doc.agency_id, values, doc.id) if row not in found]


def written(number: str) -> set[str]:
    """The ways a number may stand in a document: 7 and 07."""
    plain = number.lstrip("0") or "0"
    return {number, plain, plain.zfill(2)}


def following(actor, limit: int = 200) -> list[documents.Document]:
    """Documents in work, the nearest deadline first: what is followed and pressed for (ND30 Điều 24)."""
    doc = documents.Document
    return list(
        permissions.visible(actor, "incoming")
        .where(doc.state.in_(("assigned", "in_progress")))
        .order_by(doc.due_date, doc.urgency.desc())
        .limit(limit)
    )


def awaiting_assignment(actor) -> list[documents.Document]:
    """Presented to this leader and not yet assigned; urgent first, then the longest waiting (11.2)."""
    doc = documents.Document
    query = permissions.visible(actor, "incoming").where(
        doc.state == "forwarded", doc.holder == actor.post.id
    )
    return list(query.order_by(doc.urgency.desc(), doc.held_since).limit(200))


def leaders(agency_id: int) -> list[users.Post]:
    """To whom documents may be presented: the head of the agency first, as appointed."""
    return users.holders(agency_id, lookups.LEADER)
