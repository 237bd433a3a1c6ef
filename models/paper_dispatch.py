"""Gửi bản giấy (Quy chế 9.3; ND30 PL IV II–III): from the stamped copy to the one who received it, and the postal book.

A row goes printed → sent → received, or comes back and is sent again. Printing is recorded in issuing.record_print alone.
"""

from models import clock, db, documents, errors, journal, lookups, paper, permissions, text
from models.paper_rows import PaperCopy

WAYS = {
    "post": "Bưu điện, thư thường",
    "registered": "Bưu điện, thư bảo đảm",
    "express": "Bưu điện, chuyển phát nhanh",
    "hand": "Giao trực tiếp",
    "courier": "Quân bưu, người của cơ quan đưa",
}
POSTAL = ("post", "registered", "express")
TRACKED = ("registered", "express")  # have a number of the post
MOST_ENVELOPES = 99
SENDABLE = ("printed", "returned")
TABS = {
    "to_print": ("to_print",),
    "to_send": SENDABLE,
    "under_way": ("sent",),
    "finished": ("received", "given_back"),
}


# ---- verbs -----------------------------------------------------------------------------------------------------


def send(rows: list[PaperCopy], actor, way: str, day, numbers: dict | None = None, envelopes: dict | None = None,
         note: str = "") -> None:  # fmt: skip
    """Ghi sổ gửi: these rows leave on this day by this way; `numbers` and `envelopes` are by row id.

    Raises Invalid (fields "way", "day", "number_<id>", "rows"), Refused, NotAllowed; then nothing is recorded.
    """
    permissions.require(actor, lookups.CLERK)
    numbers, envelopes = numbers or {}, envelopes or {}
    day = day or clock.today()
    _judge(rows, actor, way, day, numbers)
    with db.write():
        for row in rows:
            count = envelopes.get(row.id) or 1
            if not 1 <= count <= MOST_ENVELOPES:
                raise errors.Invalid({f"envelopes_{row.id}": f"Số bì từ 1 đến {MOST_ENVELOPES}."})
            number = text.clean(numbers.get(row.id, ""))[:40]
            row.set(state="sent", way=way, postal_number=number, envelopes=count, sent_on=day, sent_by=actor.name,
                    note=text.clean(note)[:200], returned_on=None, return_reason="")  # fmt: skip
            words = f"{row.name}: {row.copies} bản, {WAYS[way]}{', số ' + number if number else ''}, ngày {day:%d/%m/%Y}"
            journal.record("paper_sent", actor, row.document, note=words)


def receive(row: PaperCopy, actor, day=None, by: str = "") -> None:
    """Nơi nhận đã nhận bản giấy. Raises Invalid, Refused, NotAllowed."""
    day = _judge_end(row, actor, day)
    with db.write():
        row.set(state="received", received_on=day, received_by=text.clean(by)[:100])
        journal.record("paper_received", actor, row.document, note=f"{row.name}, ngày {day:%d/%m/%Y}")


def come_back(row: PaperCopy, actor, day=None, reason: str = "") -> None:
    """Bưu điện trả lại bì; it may be sent again. Raises Invalid, Refused, NotAllowed."""
    reason = text.clean(reason)[:200]
    if len(reason) < paper.SHORTEST_REASON:
        raise errors.Invalid({"reason": "Hãy ghi vì sao bì bị trả lại."})
    day = _judge_end(row, actor, day)
    with db.write():
        row.set(state="returned", returned_on=day, return_reason=reason)
        journal.record("paper_returned", actor, row.document, note=f"{row.name}: {reason}")


# ---- queries ---------------------------------------------------------------------------------------------------


def load(actor, row_id: int) -> PaperCopy:
    """A row of the actor's agency. Raises NotFound."""
    found = _rows(actor).where(PaperCopy.id == row_id).first()
    if found is None:
        raise errors.NotFound()
    return found


def chosen(actor, ids) -> list[PaperCopy]:
    """The rows with these ids that belong to the actor's agency, in the order of their documents."""
    return list(_rows(actor).where(PaperCopy.id.in_(list(ids))).order_by(PaperCopy.document, PaperCopy.id))


def listed(actor, tab: str, limit: int = 300) -> list[PaperCopy]:
    """What is to print, to send, under way or finished; the oldest first, what is finished the newest first."""
    query = _rows(actor).where(PaperCopy.state.in_(TABS[tab])).limit(limit)
    if tab == "finished":
        return list(query.order_by(PaperCopy.id.desc()))
    document = documents.Document
    return list(query.order_by(document.urgency.desc(), document.issued_at, PaperCopy.document, PaperCopy.id))


def counts(actor) -> dict[str, int]:
    """Tab → how many rows wait in it; of what is to print, how many documents."""
    rows = (
        PaperCopy.select(
            PaperCopy.state, db.fn.COUNT(PaperCopy.id), db.fn.COUNT(db.fn.DISTINCT(PaperCopy.document))
        )
        .join(documents.Document).where(documents.Document.agency == actor.agency_id).group_by(PaperCopy.state).tuples()
    )  # fmt: skip
    by_state = {state: documents_ if state == "to_print" else count for state, count, documents_ in rows}
    return {tab: sum(by_state.get(state, 0) for state in states) for tab, states in TABS.items()}


def book(actor, first, last) -> list[PaperCopy]:
    """Sổ gửi văn bản đi bưu điện (ND30 PL IV III): what went by post between these days."""
    query = _rows(actor).where(PaperCopy.way.in_(POSTAL), PaperCopy.sent_on.between(first, last))
    return list(query.order_by(PaperCopy.sent_on, PaperCopy.id))


def not_electronic(actor, first, last) -> list[PaperCopy]:
    """«Không gửi điện tử» (Quy chế 8): every recipient of these days that got no electronic version, and why."""
    model = documents.Document
    query = _rows(actor).where(PaperCopy.unsent_kind != "", model.issued_date.between(first, last))
    return list(query.order_by(model.issued_date, model.id, PaperCopy.id))


def _rows(actor):
    model = documents.Document
    return PaperCopy.select(PaperCopy, model).join(model).where(model.agency == actor.agency_id)


def _judge(rows, actor, way, day, numbers) -> None:
    wrong = {}
    if not rows:
        wrong["rows"] = "Hãy chọn ít nhất một nơi nhận."
    if way not in WAYS:
        wrong["way"] = "Hãy chọn cách gửi."
    for row in rows:
        if row.document.agency_id != actor.agency_id:
            raise errors.NotFound()
        if row.document.is_recalled:
            raise errors.Refused(f"Văn bản {row.document.number_text} đã thu hồi nên không gửi bản giấy nữa.")
        if row.state not in SENDABLE:
            raise errors.Refused(
                f"Bản giấy gửi {row.name} đang «{row.label}» nên chưa ghi gửi được. Chưa có gì được ghi."
            )
        if not (row.document.issued_date or day) <= day <= clock.today():
            wrong["day"] = "Ngày gửi phải từ ngày ban hành đến hôm nay."
        if way in TRACKED and not text.clean(numbers.get(row.id, "")):
            wrong[f"number_{row.id}"] = f"Hãy nhập số bưu gửi của bì gửi {row.name}."
    if wrong:
        raise errors.Invalid(wrong)


def _judge_end(row, actor, day):
    permissions.require(actor, lookups.CLERK)
    day = day or clock.today()
    if row.document.agency_id != actor.agency_id:
        raise errors.NotFound()
    if row.state != "sent":
        raise errors.Refused(f"Bản giấy gửi {row.name} đang «{row.label}», không phải đang trên đường.")
    if not row.sent_on <= day <= clock.today():
        raise errors.Invalid({"day": "Ngày phải từ ngày gửi đến hôm nay."})
    return day
