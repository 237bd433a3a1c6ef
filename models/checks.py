"""Sau khi kiểm tra ký số: trying again what could not be checked, and who decides when it stays so (Quy chế 10.2).

«Chưa kiểm được» neither accepts nor returns. The check is repeated by itself after growing waits; when the window has
passed without a result the clerk decides with a reason and the leader is told. It is never decided by the system.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from models import clock, db, documents, journal, lookups, outbox, signatures, trust, users

WAITS = tuple(timedelta(minutes=minutes) for minutes in (15, 30, 60, 120, 240, 480))
LONGEST = timedelta(hours=24)
WINDOW = timedelta(hours=24)  # without a result so long, a person may decide
FOLLOWED = timedelta(days=30)  # so long it is still tried once a day, also after the clerk took it in
MOST_TRIES = 60


class Waiting(NamedTuple):
    """A document whose check waits for revocation data: since when, how often tried, when again, who may decide."""

    since: datetime
    tries: int
    next_at: datetime | None
    over: bool


def waiting(doc) -> Waiting | None:
    """How the repeated checking stands; None when the last check had a result."""
    if doc.verdict != "unchecked":
        return None
    run = _unchecked_run(doc)
    since = run[-1] if run else clock.now()
    order = outbox.Order
    due = (
        order.select(db.fn.MIN(order.due_at))
        .where(order.kind == "verify", order.subject_id == doc.id, order.state == "due")
        .scalar(as_tuple=False)
    )
    next_at = order.due_at.python_value(due) if isinstance(due, str) else due
    return Waiting(since, len(run), next_at, clock.now() - since >= WINDOW)


def may_decide(doc) -> bool:
    """True when a person may decide on a document that could not be checked: the window has passed."""
    found = waiting(doc)
    return found is not None and found.over


def retry_after(doc) -> int | None:
    """Seconds until the next attempt after one that could not be finished; None when it is not tried any more.

    The first time the window is found to have passed the clerk and the leader are told, once.
    """
    found = waiting(doc)
    if found is None or doc.state in ("refused", "recalled"):
        return None
    elapsed = clock.now() - found.since
    if found.over:
        _tell_once(doc, found)
        return int(LONGEST.total_seconds()) if elapsed < FOLLOWED else None
    wait = WAITS[min(found.tries, len(WAITS)) - 1] if found.tries else WAITS[0]
    return max(60, int(min(wait, WINDOW - elapsed).total_seconds()))


def needs_reason(doc) -> str:
    """Why taking this document in needs a reason, "" when it needs none (or cannot be taken in at all)."""
    if doc.source == "paper":
        return ""
    if doc.verdict == "look":
        return "Kết quả kiểm tra là CẦN XEM: hãy ghi lý do vẫn tiếp nhận."
    if doc.verdict == "unchecked":
        return "Chưa kiểm tra được chữ ký số: hãy ghi lý do quyết định. Lãnh đạo được báo, hệ thống vẫn tiếp tục kiểm lại."
    if doc.verdict == "invalid" and is_for_reference(doc):
        return "Văn bản không ký số chỉ để biết, tham khảo (QĐ 28 Điều 4.2): hãy ghi lý do vẫn nhận."
    return ""


def is_for_reference(doc) -> bool:
    """True when a document without any signature may be taken for information only (QĐ 28 Điều 4.2)."""
    if doc.verdict != "invalid" or trust.unsigned_rule().unsigned != "reference":
        return False
    check = signatures.newest_check(doc)
    return check is not None and check.facts.get("integrity") == "unsigned"


def decided(doc, actor, act: str, reason: str) -> None:
    """Ghi quyết định của người khi chưa kiểm được, inside the write() of the act; the leader is told from it."""
    journal.record("decide_unchecked", actor, doc, doc.state, doc.state, f"{act}: {reason}")


def first_at_arrival(doc) -> signatures.SignatureCheck | None:
    """The first check that had a result: «kết quả tại thời điểm nhận» stays what it was (SIG-23, features D13)."""
    rows = signatures.SignatureCheck.select().where(
        signatures.SignatureCheck.document == doc, signatures.SignatureCheck.verdict != "unchecked"
    )
    return rows.order_by(signatures.SignatureCheck.id).first()


def history(doc, limit: int = 30) -> list[signatures.SignatureCheck]:
    """All checks of a document, newest first."""
    check = signatures.SignatureCheck
    return list(check.select().where(check.document == doc).order_by(check.id.desc()).limit(limit))


def ask_about_issuer(doc, actor, issuers: str) -> None:
    """Hỏi quản trị toàn tỉnh về một nơi cấp chưa có trong danh sách tin cậy; they are told with a link to the list."""
    with db.write():
        told = journal.telling(
            _province(), f"{doc.agency.name} hỏi về nơi cấp chữ ký số: {issuers[:150]}", "/trust"
        )
        journal.record("ask_about_issuer", actor, doc, doc.state, doc.state, issuers, told)


def order_check(doc, actor) -> None:
    """Kiểm tra ký số lại: the order to check now, asked for by a person."""
    with db.write():
        outbox.place("verify", doc.id, f"verify:{doc.id}:{clock.now():%Y%m%d%H%M%S%f}", priority=doc.urgency)
        journal.record("order_check", actor, doc, doc.state, doc.state)


def _province() -> list[users.Post]:
    today, post = clock.today(), users.Post
    rows = post.select().where(post.roles.contains(lookups.PROVINCE_ADMIN), post.starts_on <= today)
    current = (one for one in rows if one.ends_on is None or one.ends_on >= today)
    return [one for one in current if one.has(lookups.PROVINCE_ADMIN)]


def _unchecked_run(doc) -> list[datetime]:
    """Moments of the unfinished checks since the last one with a result, newest first."""
    check = signatures.SignatureCheck
    rows = (
        check.select(check.verdict, check.checked_at).where(check.document == doc).order_by(check.id.desc())
    )
    run = []
    for row in rows.limit(MOST_TRIES):
        if row.verdict != "unchecked":
            break
        run.append(row.checked_at)
    return run


def _tell_once(doc, found) -> None:
    told = journal.Event.select().where(
        journal.Event.subject_kind == documents.Document._meta.name, journal.Event.subject_id == doc.id,
        journal.Event.verb == "check_window_over",
    )  # fmt: skip
    if not told.exists():
        with db.write():
            note = f"Đã thử {found.tries} lần từ {clock.local(found.since):%d/%m/%Y %H:%M}; văn thư quyết định, có ghi lý do."
            journal.record("check_window_over", None, doc, doc.state, doc.state, note)
