"""Bản giấy đi cùng văn bản điện tử (Quy chế 9, 12.4.b): how many copies for whom and why, and who holds them.

Before the release it is a proposal from the table of rules, which the clerk may change with a reason; with the release it
is fixed, one row per recipient that gets paper: to print → printed → sent → received, returned, or given back after a recall.
"""

from typing import NamedTuple

from models import agencies, clock, db, documents, errors, journal, lookups, paper_rules, permissions, text
from models.paper_rows import PaperArrival, PaperChoice, PaperCopy
from models.paper_rules import Facts

OUT = ("sent", "received")  # somebody else holds them
UNSENT = ("to_print", "printed")
BEFORE_RELEASE = ("paper_issued", "signed", "numbered", "sealed")
ELECTRONIC_REPLACES = "QĐ 28/2018 Điều 5.3"
SHORTEST_REASON = 5
FOR_THE_CLERK = 1  # the copy kept at the clerk's (12.1.d, 12.4.b)


TABLES = (paper_rules.PaperRule, PaperChoice, PaperCopy, PaperArrival)


class Line(NamedTuple):
    """One recipient: how it is sent, how many paper copies, what was proposed and why; `trouble` forbids the release."""

    recipient: documents.Recipient
    reachable: bool
    electronic: bool
    copies: int
    proposed: int
    why: str
    law: str
    reason: str = ""
    trouble: str = ""


# ---- before the release ----------------------------------------------------------------------------------------


def plan(doc) -> list[Line]:
    """What the rules of today propose for each recipient, with the clerk's changes (9.1, 9.2.b, 9.3)."""
    model = documents.Recipient
    rows = list(
        model.select(model, agencies.Agency).left_outer_join(agencies.Agency).where(model.document == doc).order_by(model.id)
    )  # fmt: skip
    agencies.with_codes([row.agency for row in rows if row.agency_id])
    choices = {
        one.recipient_id: one
        for one in PaperChoice.select().where(PaperChoice.recipient.in_([r.id for r in rows]))
    }
    rules = paper_rules.on(clock.today())
    return [_line(doc, row, rules, choices.get(row.id)) for row in rows]


def nature_of(doc) -> str:
    """What the document is for: as chosen, else as its type says."""
    return doc.nature or lookups.NATURE_OF_TYPE.get(doc.type_code, "")


def to_print(lines: list[Line]) -> int:
    """How many copies are printed and stamped: one kept at the clerk's, and those of the recipients (12.4.b)."""
    return FOR_THE_CLERK + sum(line.copies for line in lines if not line.trouble)


def reminder(doc) -> str:
    """9.2.a, 9.3.d: a document kept for good needs a main copy on paper in its file; "" for others."""
    if doc.retention != "permanent":
        return ""
    return "Văn bản bảo quản vĩnh viễn: cần bản chính giấy lưu trong hồ sơ (Quy chế Điều 9.2.a, 9.3.d)."


def closed_recipients(doc) -> str | None:
    """14.2: nothing is sent to a closed code; where the agency went instead. None when all are open."""
    model = documents.Recipient
    rows = model.select(model, agencies.Agency).join(agencies.Agency).where(
        model.document == doc, agencies.Agency.closed_on.is_null(False)
    )  # fmt: skip
    words = [agencies.closing_words(row.agency) for row in rows]
    if not words:
        return None
    return f"{' '.join(words[:3])} Hãy đổi nơi nhận ở mục «Cách gửi, bản giấy» (Quy chế Điều 14.2)."


def choose(doc, actor, wishes: dict[int, tuple[bool, int]], reason: str) -> int:
    """Đổi cách gửi, số bản giấy: recipient id → (electronic, copies); what is as proposed needs no reason (8, 9.2.b).

    Returns how many differ from the proposal. Raises Invalid, Refused, NotAllowed.
    """
    _require_before_release(doc, actor)
    reason = text.clean(reason)[:300]
    lines = {line.recipient.id: line for line in plan(doc)}
    changed = {}
    for recipient_id, (electronic, copies) in wishes.items():
        line = lines.get(recipient_id)
        if line is None:
            continue
        _judge_wish(line, electronic, copies)
        if (electronic, copies) != (line.reachable, line.proposed):
            changed[recipient_id] = (electronic, copies)
    news = {key: wish for key, wish in changed.items() if wish != (lines[key].electronic, lines[key].copies)}
    if news and len(reason) < SHORTEST_REASON:
        raise errors.Invalid({"reason": "Cách gửi khác đề xuất (Quy chế Điều 8, 9). Hãy ghi lý do."})
    with db.write():
        for recipient_id in wishes.keys() & lines.keys() - news.keys():
            if recipient_id not in changed:
                PaperChoice.delete().where(PaperChoice.recipient == recipient_id).execute()
        for recipient_id, (electronic, copies) in news.items():
            PaperChoice.delete().where(PaperChoice.recipient == recipient_id).execute()
            PaperChoice.create(recipient=recipient_id, electronic=electronic, copies=copies, reason=reason,
                               chosen_at=clock.now(), chosen_by=actor.name)  # fmt: skip
        if news:
            words = [f"{lines[key].recipient.name}: {_way_words(*wish)}" for key, wish in news.items()]
            journal.record(
                "choose_paper", actor, doc, doc.state, doc.state, f"{'; '.join(words)[:800]}. Lý do: {reason}"
            )
    return len(changed)


def redirect(doc, actor, recipient_id: int) -> documents.Recipient:
    """Gửi tới cơ quan đã nhận sáp nhập, in place of a closed recipient (14.2). Raises Refused, NotFound, NotAllowed."""
    _require_before_release(doc, actor)
    row = _recipient(doc, recipient_id)
    new = agencies.current(row.agency) if row.agency_id else None
    if new is None or new.id == row.agency_id or new.closed_on:
        raise errors.Refused("Nơi nhận này không có cơ quan kế nhiệm để gửi thay.")
    note = f"{row.name} → {new.name}"
    with db.write():
        PaperChoice.delete().where(PaperChoice.recipient == row).execute()
        if new.id == doc.agency_id or doc.recipients.where(documents.Recipient.agency == new).exists():
            row.delete_instance()  # one agency is one recipient
        else:
            row.set(agency=new, name=new.name)
        journal.record("redirect_recipient", actor, doc, doc.state, doc.state, note)
    return row


def leave_out(doc, actor, recipient_id: int, reason: str) -> None:
    """Bỏ nơi nhận đã đóng mã before the release. Raises Invalid, Refused, NotFound, NotAllowed."""
    _require_before_release(doc, actor)
    row = _recipient(doc, recipient_id)
    reason = text.clean(reason)
    if not row.agency_id or not row.agency.closed_on:
        raise errors.Refused(
            "Chỉ bỏ được nơi nhận đã đóng mã định danh. Muốn đổi nơi nhận khác, hãy trả lại người soạn."
        )
    if len(reason) < SHORTEST_REASON:
        raise errors.Invalid({"reason": "Hãy ghi lý do bỏ nơi nhận."})
    with db.write():
        journal.record("leave_out_recipient", actor, doc, doc.state, doc.state, f"{row.name}: {reason}")
        row.delete_instance()


# ---- with and after the release --------------------------------------------------------------------------------


def settle(doc) -> list[PaperCopy]:
    """Fix the ways of sending and the paper copies, inside the write() of the release; twice is once.

    An agency that lost its connection since the draft gets paper; one that gained it gets the electronic version.
    """
    known = {(row.agency_id, row.name) for row in doc.paper}
    made = []
    for line in plan(doc):
        row = line.recipient
        if (row.electronic, row.paper_copies) != (line.electronic, line.copies):
            row.set(electronic=line.electronic, paper_copies=line.copies)
        if (row.agency_id, row.name) in known or (line.electronic and not line.copies):
            continue
        kind = "" if line.electronic else "decided" if line.reachable else "not_connected"
        made.append(PaperCopy.create(
            document=doc, agency=row.agency_id, name=row.name, copies=line.copies,
            state="to_print" if line.copies else "cancelled", basis=f"{line.why} ({line.law})", reason=line.reason,
            unsent_kind=kind, unsent_reason=(line.reason or line.why) if kind else "", made_at=clock.now(),
        ))  # fmt: skip
    note_printed(doc)
    return made


def note_printed(doc) -> None:
    """Inside the write() of a recorded print: the first copy is the clerk's, the next go to the recipients in order."""
    left = doc.printed_copies - FOR_THE_CLERK
    for row in of(doc):  # read whole before one is written
        if row.state == "cancelled":
            continue
        left -= row.copies
        if left < 0:
            return
        if row.state == "to_print":
            row.set(state="printed")


def of(doc) -> list[PaperCopy]:
    """The paper side of a document's dispatch, in the order of its recipients."""
    return list(doc.paper.order_by(PaperCopy.id))


def given(doc) -> list[PaperCopy]:
    """Who holds how many paper copies of it outside (sent or received, not given back): for the recall (ND30 18.4.a)."""
    return list(doc.paper.where(PaperCopy.state.in_(OUT)).order_by(PaperCopy.id))


def give_back(row: PaperCopy, actor, day=None, note: str = "") -> PaperCopy:
    """Bản giấy đã được gửi lại sau thu hồi (ND30 Điều 18.4.a). Raises Refused, Invalid, NotAllowed."""
    permissions.require(actor, lookups.CLERK, lookups.LEADER)
    _require_own(row, actor)
    day = day or clock.today()
    if row.state not in OUT:
        raise errors.Refused(f"Bản giấy gửi {row.name} đang «{row.label}», không phải bản đang ở nơi nhận.")
    if not (row.sent_on or day) <= day <= clock.today():
        raise errors.Invalid({"day": "Ngày nhận lại phải từ ngày gửi đến hôm nay."})
    with db.write():
        row.set(state="given_back", given_back_on=day, given_back_note=text.clean(note)[:300])
        journal.record(
            "paper_copy_back",
            actor,
            row.document,
            note=f"{row.copies} bản từ {row.name}, ngày {day:%d/%m/%Y}",
        )
    return row


def stop(doc, actor=None) -> int:
    """After a recall: paper not yet sent is not sent any more; inside the write() of the recall. Returns how many rows."""
    rows = list(doc.paper.where(PaperCopy.state.in_(UNSENT)))
    for row in rows:
        row.set(state="cancelled")
    if rows:
        journal.record("paper_stopped", actor, doc, note=", ".join(row.name for row in rows)[:500])
    return len(rows)


def goes_along(doc, agency_ids) -> bool:
    """True when paper follows to one of these recipients (edXML Bussiness/Paper)."""
    return doc.paper.where(PaperCopy.agency.in_(list(agency_ids)), PaperCopy.copies > 0).exists()


def summaries(docs) -> dict[int, str]:
    """Document id → «giấy: 2/3 đã gửi», for a list in one query; only documents with paper recipients."""
    rows = PaperCopy.select(PaperCopy.document, PaperCopy.state).where(
        PaperCopy.document.in_([doc.id for doc in docs]), PaperCopy.state != "cancelled"
    )
    states: dict[int, list[str]] = {}
    for row in rows:
        states.setdefault(row.document_id, []).append(row.state)
    return {key: _summary(found) for key, found in states.items()}


def words_of(row: PaperCopy) -> str:
    """One line on a recipient's paper: «2 bản giấy: Đã gửi 03/03/2026, số RR123»."""
    day = {
        "sent": row.sent_on,
        "received": row.received_on,
        "returned": row.returned_on,
        "given_back": row.given_back_on,
    }
    when = f" {day[row.state]:%d/%m/%Y}" if day.get(row.state) else ""
    number = f", số {row.postal_number}" if row.postal_number and row.state in OUT else ""
    return f"{row.copies} bản giấy: {row.label}{when}{number}"


# ---- inside ----------------------------------------------------------------------------------------------------


def _line(doc, row, rules, choice) -> Line:
    agency = row.agency if row.agency_id else None
    reachable = agencies.is_reachable(agency)
    kind = agency.recipient_class if agency else ""
    rule = paper_rules.decide(rules, Facts(nature_of(doc), doc.type_code, kind, doc.retention))
    proposed = rule.copies if rule else 0
    why = rule.about if rule else "Văn bản điện tử thay bản giấy"
    law = (f"Điều {rule.article}" if rule.article else rule.decision) if rule else ELECTRONIC_REPLACES
    if not reachable:
        proposed, why, law = max(proposed, row.paper_copies, 1), not_connected_words(agency), "Điều 9.1"
    electronic, copies, reason = reachable, proposed, ""
    if choice:
        electronic, copies, reason = choice.electronic and reachable, choice.copies, choice.reason
        if not electronic and not copies:
            copies = proposed or 1
    trouble = agencies.closing_words(agency) if agency else ""
    return Line(row, reachable, electronic, copies, proposed, why, law, reason, trouble)


def not_connected_words(agency) -> str:
    """Why a recipient gets no electronic version (Quy chế 9.1), with its day where one is known."""
    if agency is None:
        return "Không có trong sổ địa chỉ"
    since = f" từ {agency.unconnected_since:%d/%m/%Y}" if agency.unconnected_since else ""
    note = f": {agency.connection_note}" if agency.connection_note else ""
    return f"Chưa kết nối{since}{note}"


def _judge_wish(line, electronic, copies) -> None:
    name, most = line.recipient.name, paper_rules.MOST_COPIES
    if electronic and not line.reachable:
        raise errors.Invalid(
            {"reason": f"{name} chưa kết nối nên không gửi điện tử được; gửi bản giấy (Quy chế Điều 9.1)."}
        )
    if not 0 <= copies <= most:
        raise errors.Invalid({"reason": f"Số bản giấy gửi {name} phải từ 0 đến {most}."})
    if not electronic and not copies:
        raise errors.Invalid({"reason": f"{name} không gửi điện tử thì phải có ít nhất 1 bản giấy."})


def _way_words(electronic, copies) -> str:
    parts = (["điện tử"] if electronic else ["không gửi điện tử"]) + (
        [f"{copies} bản giấy"] if copies else ["không kèm giấy"]
    )
    return ", ".join(parts)


def _summary(states) -> str:
    gone = sum(state in (*OUT, "given_back") for state in states)
    back = f", {states.count('returned')} bị trả lại" if "returned" in states else ""
    return f"Bản giấy: {gone}/{len(states)} đã gửi{back}"


def _recipient(doc, recipient_id) -> documents.Recipient:
    model = documents.Recipient
    row = model.get_or_none(model.id == recipient_id, model.document == doc)
    if row is None:
        raise errors.NotFound()
    return row


def _require_before_release(doc, actor) -> None:
    permissions.require(actor, lookups.CLERK)
    if doc.agency_id != actor.agency_id:
        raise errors.NotFound()
    if doc.state not in BEFORE_RELEASE:
        raise errors.Refused("Cách gửi và số bản giấy chỉ đổi được khi văn bản đang chờ văn thư phát hành.")


def _require_own(row, actor) -> None:
    if row.document.agency_id != actor.agency_id:
        raise errors.NotFound()
