"""What came of a signing session (Quy chế 12.1, 12.2): each file verified before it counts, each document by itself.

Where one file fails the others still count; what was signed before a token was pulled out stays signed.
"""

from models import clock, db, errors, files, journal, tokens
from models.signing_sessions import OPEN, SigningItem, SigningSession, items_of

YESTERDAY = "Phiên ký mở từ hôm trước nên chữ ký không được ghi: ngày ký phải là hôm nay (Quy chế Điều 12.2). Hãy ký lại."


def require_fresh(session, item: SigningItem, current_sha256: str) -> None:
    """Raises unless the session is of today (12.2) and the file people see is still the one that was signed (V7)."""
    if clock.local(session.opened_at).date() != clock.today():
        raise errors.Refused(YESTERDAY)
    if current_sha256 != item.base_sha256:
        raise errors.Conflict(
            "Văn bản đã đổi trong lúc chờ ký, nên chữ ký không được ghi. Hãy tải lại trang rồi ký lại."
        )


def keep_signed(item: SigningItem, stored: files.Stored, report: str | None = None) -> None:
    """The signed file is here and was verified; its document goes on when all its files are. Raises Conflict.

    `report`: what the check said, kept with a file that waits for others.
    """
    with db.write():
        row = files.record(stored, item.name, "application/pdf")
        changed = (
            SigningItem.update(signed=row, state="signed", half=item.half if report is None else report)
            .where(SigningItem.id == item.id, SigningItem.state.in_(("waiting", "failed")))
            .execute()
        )
        if not changed:
            raise errors.Conflict("Tệp này đã được nhận rồi; bản nhận lần sau không được dùng.")
        item.signed, item.state, item.half = row, "signed", item.half if report is None else report


def settle(session, items: list[SigningItem], actor, certificate, machine: str = "") -> None:
    """These files of one document are signed and the document goes on; inside the write() that takes it on.

    Raises Conflict when another answer was first.
    """
    for item in items:
        changed = (
            SigningItem.update(state="done", failure="")
            .where(SigningItem.id == item.id, SigningItem.state == "signed")
            .execute()
        )
        if not changed:
            raise errors.Conflict()
        item.state = "done"
        tokens.record_use(
            item.document, certificate, actor, item.signed.sha256, machine or session.machine, session.purpose
        )


def fail_items(session, items: list[SigningItem], actor, reason: str, verb: str = "signature_failed") -> None:
    """These files of one document are not signed, and why; the document stays as it was."""
    with db.write():
        SigningItem.update(state="failed", failure=reason[:1000]).where(
            SigningItem.id.in_([item.id for item in items]), SigningItem.state != "done"
        ).execute()
        for item in items:
            item.state, item.failure = "failed", reason
        doc = items[0].document
        journal.record(verb, actor, doc, doc.state, doc.state, reason[:500], {"session": session.id})


def end(session, state: str, reason: str = "", machine: str = "") -> None:
    """The session is over: done, failed or cancelled. What is over already stays as it is."""
    with db.write():
        SigningSession.update(
            state=state, ended_at=clock.now(), failure=reason[:1000], machine=machine[:100]
        ).where(SigningSession.id == session.id, SigningSession.state.in_(OPEN)).execute()
        session.state, session.failure = state, reason


def cancel(session, actor) -> None:
    """Hủy phiên ký: its secrets open nothing any more. What was signed by then stays."""
    waiting: dict[int, list] = {}
    for item in items_of(session):
        if item.state == "waiting":
            waiting.setdefault(item.document_id, []).append(item)
    if not session.is_open:
        return
    with db.write():
        for items in waiting.values():
            fail_items(session, items, actor, "Đã hủy phiên ký.", "signature_cancelled")
        end(session, "cancelled", "Đã hủy phiên ký.")


def expire() -> int:
    """End the sessions whose time is over; returns how many. For the hourly tidying."""
    with db.write():
        return (
            SigningSession.update(state="expired", ended_at=clock.now())
            .where(SigningSession.state.in_(OPEN), SigningSession.expires_at < clock.now())
            .execute()
        )
