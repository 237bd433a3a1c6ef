"""Đối soát hằng ngày: what we believe we sent is compared with what the axis says; differences become tasks of the clerk.

A receipt can be lost or forged and both sides still look content. Once a day the axis's own list of what it took from us
is laid beside our lines. Nothing is changed by itself: a difference says what is safe and what to do.
"""

from datetime import timedelta
from typing import NamedTuple

from peewee import JOIN

from models import (
    agencies,
    clock,
    db,
    documents,
    errors,
    exchange,
    exchange_sending,
    journal,
    lookups,
    text,
    users,
)
from models.reconciliation_rows import TABLES, Difference, ReconciliationRun

__all__ = ["TABLES", "Difference", "ReconciliationRun"]
WINDOW = timedelta(days=40)
SETTLED_AFTER = timedelta(minutes=30)  # younger sendings may still be on their way
UNRECEIPTED_AFTER = timedelta(hours=24)
KEPT_BY_AXIS = timedelta(days=7)  # an axis may forget what was fetched, but hardly sooner
EVERY = timedelta(hours=20)
NIGHT = range(6)
PAGE = "/exchange/differences"
ARRIVED = ("arrived", "accepted", "assigned", "in_progress", "completed")
EMPTY = (
    "Trục trả lời danh sách gói đã gửi trống trong khi ở đây có {count} văn bản đã gửi: trục không hỗ trợ đối soát, "
    "hoặc đã mất dữ liệu. Hãy hỏi đơn vị vận hành trục."
)


class Found(NamedTuple):
    """A difference before it is a row."""

    kind: str
    key: str
    sentence: str
    agency_id: int | None
    consignment: exchange.Consignment | None
    axis_id: str


def is_due() -> bool:
    """Once a night; by day too when a night was missed."""
    last, now = last_run(), clock.now()
    if last is None or now - last.at > EVERY + timedelta(hours=10):
        return True
    return now - last.at > EVERY and clock.local(now).hour in NIGHT


def failed(trouble: str) -> ReconciliationRun:
    """The axis could not be asked: nothing is concluded from it."""
    return _noted(0, [], trouble, False)


# ---- comparing with the axis ----------------------------------------------------------------------------------


def sent_here() -> list[exchange.Consignment]:
    """What we believe the axis has: acknowledged over it within the window, long enough ago to be settled."""
    model, now = exchange.Consignment, clock.now()
    return list(
        model.select(
            model.id, model.agency, model.partner, model.partner_code, model.partner_name, model.code, model.axis_id,
            model.state, model.transport, model.acknowledged_at,
        )
        .where(
            model.direction == "out", model.transport == "axis", model.axis_id != "",
            ~model.axis_id.startswith("usb-"), model.acknowledged_at > now - WINDOW,
            model.acknowledged_at < now - SETTLED_AFTER, model.state != "failed",
        )
        .order_by(model.id)
    )  # fmt: skip


def to_ask(rows: list[dict]) -> list[str]:
    """Packets of ours that the axis's list does not show, to be asked about one by one: lists are cut off."""
    listed = {row.get("senderDocId") for row in rows}
    missing = [one.axis_id for one in sent_here() if one.axis_id not in listed]
    return list(dict.fromkeys(missing))


def compare(rows: list[dict], complete: bool = True) -> ReconciliationRun:
    """Lay the axis's rows beside our lines and write down every difference; those that are gone end by themselves.

    `complete`: every packet of ours was asked about; else what is missing says nothing.
    """
    ours = sent_here()
    if ours and not rows:
        return _noted(len(ours), [], EMPTY.format(count=len(ours)), False)
    by_packet: dict[str, list[dict]] = {}
    for row in rows:
        by_packet.setdefault(str(row.get("senderDocId") or ""), []).append(row)
    receipted = _receipted(ours)
    codes = _codes_of_partners(ours)
    found = []
    for one in ours:
        mine = _row_of(one, by_packet.get(one.axis_id, ()), codes.get(one.partner_id, ()))
        if mine is not None:
            found += _judged(one, mine, receipted.get(one.id))
        elif complete:
            found += _missing(one, receipted.get(one.id))
    found += _strangers(by_packet)
    return _noted(len(ours), found, "", complete)


def _missing(one, receipt):
    """The axis knows nothing of it: lost, or acknowledged by somebody who never had it from the axis."""
    if receipt is None:
        return [
            _difference("lost", one, f"Trục không có gói tin gửi {one.partner_name} (văn bản {one.code}).")
        ]
    if receipt == "by_axis" and one.acknowledged_at > clock.now() - KEPT_BY_AXIS:
        return [_difference("forged", one, (
            f"Ở đây ghi «{one.label}» cho {one.partner_name} (văn bản {one.code}), nhưng trục không có gói tin này và "
            "biên nhận không có chữ ký của nơi nhận."
        ))]  # fmt: skip
    return []


def _row_of(one, rows, codes):
    """The axis's row of this receiver; the axis may name it by any code it has."""
    wanted = {one.partner_code, *codes}
    named = next((row for row in rows if row.get("toCode") in wanted), None)
    return named or (rows[0] if len(rows) == 1 and not rows[0].get("toCode") else None)


def _codes_of_partners(ours):
    found: dict[int, set[str]] = {}
    model = agencies.AgencyCode
    for row in model.select().where(model.agency.in_({one.partner_id for one in ours if one.partner_id})):
        found.setdefault(row.agency_id, set()).add(row.code)
    return found


def _receipted(ours):
    """Consignment id → how its first receipt is proved: signed, by_axis, or by hand."""
    model, found = exchange.StatusMessage, {}
    ids = {one.id for one in ours}
    rows = (
        model.select(model.consignment, model.proved_by)
        .join(exchange.Consignment)
        .where(model.direction == "in", exchange.Consignment.direction == "out",
               exchange.Consignment.acknowledged_at > clock.now() - WINDOW)
        .tuples()
    )  # fmt: skip
    for consignment_id, proved_by in rows:
        if consignment_id in ids and found.get(consignment_id) != "signed":
            found[consignment_id] = proved_by or "by_axis"
    return found


def _judged(one, row, receipt):
    state = str(row.get("receiveStatus") or "").lower()
    if state == "fail" and receipt is None:
        words = text.harmless(str(row.get("receiveStatusDesc") or ""))
        return [
            _difference(
                "unread", one, f"{one.partner_name} báo với trục là không đọc được gói tin. {words}".strip()
            )
        ]
    if state == "done" and receipt is None and one.acknowledged_at < clock.now() - UNRECEIPTED_AFTER:
        return [_difference("unreceipted", one, (
            f"{one.partner_name} đã lấy văn bản {one.code} khỏi trục, quá 24 giờ chưa gửi biên nhận «Đã đến»."
        ))]  # fmt: skip
    if state in ("initial", "") and receipt == "by_axis" and one.state in ARRIVED and state:
        return [_difference("forged", one, (
            f"Ở đây ghi «{one.label}» cho {one.partner_name}, nhưng theo trục nơi nhận chưa lấy gói tin này lần nào, "
            "và biên nhận không có chữ ký của nơi nhận."
        ))]  # fmt: skip
    return []


def _strangers(by_packet):
    """Packets the axis holds under our name that no line of ours, nor an older one, knows."""
    wanted = [axis_id for axis_id in by_packet if axis_id]
    known = set()
    for start in range(0, len(wanted), 500):
        part = wanted[start : start + 500]
        rows = exchange.Consignment.select(exchange.Consignment.axis_id)
        known |= {row.axis_id for row in rows.where(exchange.Consignment.axis_id.in_(part))}
    codes = {row.code: row.agency_id for row in agencies.AgencyCode.select(agencies.AgencyCode, agencies.Agency)
             .join(agencies.Agency).where(agencies.Agency.hosted)}  # fmt: skip
    unanswered = _unanswered_attempts()
    for axis_id in wanted:
        row = by_packet[axis_id][0]
        sender = str(row.get("fromCode") or "")
        agency_id = codes.get(sender)
        if axis_id in known or agency_id is None or str(row.get("notation") or "") in unanswered:
            continue
        yield Found("stranger", f"stranger/{axis_id}", (
            f"Trục có gói tin {axis_id} mang tên {sender} gửi {text.harmless(str(row.get('toCode') or ''), 64)} "
            f"(văn bản {text.harmless(str(row.get('notation') or 'không rõ số'), 100)}) mà phần mềm không gửi."
        ), agency_id, None, axis_id)  # fmt: skip


def _unanswered_attempts():
    """Numbers of what may have reached the axis though its answer did not reach us: the next try ends that."""
    model = exchange.Consignment
    rows = model.select(model.code).where(
        model.direction == "out", model.attempted_at.is_null(False), model.acknowledged_at.is_null()
    )
    return {row.code for row in rows}


def _difference(kind, one, sentence):
    return Found(kind, f"{kind}/{one.id}/{one.axis_id}", sentence, one.agency_id, one, one.axis_id)


# ---- writing down ---------------------------------------------------------------------------------------------


def note(compared: int, found: list[Found], source: str) -> ReconciliationRun:
    """Write down what a comparison with another book than the axis's found."""
    return _noted(compared, found, "", True, source)


def difference(kind: str, one: exchange.Consignment, sentence: str) -> Found:
    """A difference about one of our lines."""
    return _difference(kind, one, sentence)


def _noted(compared, found, trouble, complete, source="axis"):
    now = clock.now()
    with db.write():
        fresh = _entered(found, now, source)
        if not trouble and complete:
            _gone(found, now, source)
        run = ReconciliationRun.create(
            at=now,
            source=source,
            compared=compared,
            found=len(found),
            trouble=trouble[:250],
            complete=complete,
        )
        for agency_id in {one.agency_id for one in fresh if one.agency_id}:
            mine = [one for one in fresh if one.agency_id == agency_id]
            words = f"Đối soát liên thông thấy {len(mine)} điểm khác, cần xem"
            urgent = any(one.kind in ("forged", "stranger", "lost") for one in mine)
            told = journal.telling(users.holders(agency_id, lookups.CLERK), words, PAGE, urgent)
            journal.record("difference", None, run, note=words, agency_id=agency_id, data=told)
    return run


def _entered(found, now, source):
    """Rows for what is new; what was seen before is seen again. What a person closed stays closed."""
    known = {}
    keys = [one.key for one in found]
    for start in range(0, len(keys), 500):
        for row in Difference.select().where(Difference.key.in_(keys[start : start + 500])):
            known[row.key] = row
    fresh = []
    for one in found:
        row = known.get(one.key)
        if row is None:
            fresh.append(one)
            Difference.create(key=one.key, agency=one.agency_id, consignment=one.consignment, kind=one.kind,
                              axis_id=one.axis_id, sentence=one.sentence, found_at=now, seen_at=now, source=source)  # fmt: skip
        elif row.state == "gone":
            fresh.append(one)
            row.set(state="open", seen_at=now, ended_at=None)
        else:
            row.set(seen_at=now)
    return fresh


def _gone(found, now, source):
    keys = {one.key for one in found}
    for row in list(Difference.select().where(Difference.state == "open", Difference.source == source)):
        if row.key not in keys:
            row.set(state="gone", ended_at=now, note="Lần đối soát sau không còn thấy.")


# ---- what a person does ---------------------------------------------------------------------------------------


def of_agency(agency_id: int, limit: int = 200) -> list[Difference]:
    """Open differences of an agency with their lines and documents, the newest first."""
    line = exchange.Consignment
    rows = (
        Difference.select(Difference, line, documents.Document)
        .join(line, JOIN.LEFT_OUTER)
        .join(documents.Document, JOIN.LEFT_OUTER)
        .where(Difference.agency == agency_id, Difference.state == "open")
    )
    return list(rows.order_by(Difference.id.desc()).limit(limit))


def count(agency_id: int) -> int:
    """How many are open."""
    return Difference.select().where(Difference.agency == agency_id, Difference.state == "open").count()


def last_run() -> ReconciliationRun | None:
    """The newest comparison with the axis."""
    rows = ReconciliationRun.select().where(ReconciliationRun.source == "axis")
    return rows.order_by(ReconciliationRun.id.desc()).first()


def load(actor, difference_id: int) -> Difference:
    """One of this person's agency. Raises NotFound."""
    row = Difference.get_or_none(Difference.id == difference_id, Difference.agency == actor.agency_id)
    if row is None:
        raise errors.NotFound()
    return row


def send_again(row: Difference, actor) -> None:
    """Gửi lại gói trục không có: the line fails and is sent anew in one step. Raises Refused."""
    if not row.may_send_again:
        raise errors.Refused("Điểm khác này không xử lý được bằng cách gửi lại.")
    one = exchange.load(row.consignment_id)
    if one.state == "on_axis":
        exchange_sending.mark_unread(one, row.sentence)
        one = exchange.load(one.id)
    elif one.state != "failed":
        raise errors.Refused(f"Nơi nhận đã ở trạng thái «{one.label}», không cần gửi lại.")
    exchange.resend(one, actor)
    _end(row, actor, "Đã gửi lại.")


def close(row: Difference, actor, note: str) -> None:
    """Đóng kèm ghi chú. Raises Invalid without one, Refused when it is over."""
    note = text.clean(note)[:1000]
    if not note:
        raise errors.Invalid({"note": "Hãy ghi đã làm gì (ví dụ: đã gọi, nơi nhận xác nhận có văn bản)."})
    if row.state != "open":
        raise errors.Refused("Điểm khác này đã được xử lý.")
    _end(row, actor, note)


def _end(row, actor, note):
    with db.write():
        row.set(state="closed", ended_at=clock.now(), ended_by=actor.name, note=note)
        journal.record("close_difference", actor, row, "open", "closed", note)
