"""Ai đã hủy, ai chưa: the matrix of a recall for the sender, and the lists of recalls of an agency (features K4, K5)."""

from typing import NamedTuple

from models import (
    clock,
    documents,
    errors,
    exchange,
    journal,
    lookups,
    permissions,
    recalls,
    recalls_forwards,
)
from models import recalls_words as words
from models.recalls_rows import Recall

STATES = {
    "untold": "Chưa nhận lệnh",
    "told": "Đã nhận lệnh, chưa hủy",
    "recalled": "Đã hủy",
    "refused": "Từ chối hủy",
    "withdrawn": "Chưa gửi đi, đã bỏ",
}
KINDS = {"untold": "late", "told": "soon", "recalled": "done", "refused": "late", "withdrawn": ""}
PRESS_AGAIN_MINUTES = 10


class Row(NamedTuple):
    """One recipient: where he stands, since when he was asked, what he said, and whom he had passed it on to."""

    one: exchange.Consignment
    state: str
    age: str
    said: str
    answer: exchange.StatusMessage | None
    below: list
    telephone: str
    pressed: int
    may_press: bool

    @property
    def words(self) -> str:
        """The state in words."""
        return STATES[self.state]

    @property
    def kind(self) -> str:
        """How its chip looks."""
        return KINDS[self.state]


def of(doc) -> list[Row]:
    """Every recipient that was asked, those who have not cancelled first."""
    lines = [one for one in exchange.sent(doc) if one.recall_asked_at]
    messages = exchange.messages_of(lines)
    pressed = _pressed([one.id for one in lines])
    rows = [_row(one, messages[one.id], pressed.get(one.id, [])) for one in lines]
    order = ("refused", "untold", "told", "recalled", "withdrawn")
    return sorted(rows, key=lambda row: (order.index(row.state), row.one.id))


def _pressed(ids) -> dict[int, list]:
    """Consignment id → when it was pressed."""
    event, found = journal.Event, {}
    rows = event.select(event.subject_id, event.at).where(
        event.subject_kind == "consignment", event.subject_id.in_(ids), event.verb == "press_recall"
    )
    for row in rows:
        found.setdefault(row.subject_id, []).append(row.at)
    return found


def _row(one, messages, pressed) -> Row:
    asked = [
        message for message in messages if message.direction == "out" and message.status == "recall_asked"
    ]
    answers = [m for m in messages if m.direction == "in" and m.status in ("recalled", "recall_refused")]
    last = answers[-1] if answers else None
    said, below = words.read_answer(last.description) if last else ("", [])
    if last:
        state = "recalled" if last.status == "recalled" else "refused"
    elif not asked:
        state, said = "withdrawn", one.failure
    else:
        state = "told" if any(message.sent_at for message in asked) else "untold"
    newest = max([*pressed, one.recall_asked_at])
    may_press = (
        state in ("told", "untold") and (clock.now() - newest).total_seconds() >= 60 * PRESS_AGAIN_MINUTES
    )
    phone = one.partner.telephone if one.partner_id else ""
    return Row(one, state, age(one.recall_asked_at), said, last, below, phone, len(pressed), may_press)


def age(since) -> str:
    """How long ago, in the words of the matrix."""
    minutes = int((clock.now() - since).total_seconds() // 60)
    if minutes < 60:
        return f"{max(minutes, 1)} phút"
    return f"{minutes // 60} giờ" if minutes < 48 * 60 else f"{minutes // 1440} ngày"


def press(actor, consignment_id: int) -> exchange.Consignment:
    """Nhắc lại: the order goes out once more, the same message. Raises NotFound, Refused, NotAllowed."""
    permissions.require(actor, lookups.CLERK, lookups.LEADER)
    one = exchange.Consignment.get_or_none(exchange.Consignment.id == consignment_id)
    if one is None or one.agency_id != actor.agency_id or one.direction != "out":
        raise errors.NotFound()
    if one.recall_asked_at is None:
        raise errors.Refused("Nơi nhận này chưa được yêu cầu thu hồi nên không có gì để nhắc.")
    row = _row(one, list(one.messages.order_by(exchange.StatusMessage.id)),
               _pressed([one.id]).get(one.id, []))  # fmt: skip
    if not row.may_press:
        raise errors.Refused(
            f"Nơi nhận đã trả lời, hoặc vừa được nhắc chưa tới {PRESS_AGAIN_MINUTES} phút trước."
        )
    recalls.press(one, actor)
    return one


def follows_of(doc) -> list[tuple[documents.Document, list]]:
    """(copy, its rows) of the copies that are recalled with the document."""
    return [(copy, of(copy)) for copy in recalls_forwards.copies_of(doc) if copy.recalled_at]


def lists(agency_id: int, direction: str, limit: int = 200) -> list[tuple[Recall, str]]:
    """(recall, how far it is) of an agency, the newest first; what follows another's order is shown with that one."""
    rows = Recall.select().where(Recall.agency == agency_id, Recall.direction == direction)
    if direction == "out":
        rows = rows.where(Recall.follows.is_null())
    return [(row, _far(row)) for row in rows.order_by(Recall.id.desc()).limit(limit)]


def _far(recall) -> str:
    if recall.direction == "in":
        return {
            "waiting": "Nội dung đã đóng, chờ thủ trưởng",
            "closed": "Đang xóa",
            "refused": "Đã từ chối (16)",
        }.get(recall.stage, "Đã hủy, đã báo nơi gửi")
    lines = [one for one in exchange.sent(recall.document) if one.recall_asked_at]
    done = sum(one.state == "recalled" for one in lines)
    refused = sum(one.state == "recall_refused" for one in lines)
    return f"{done}/{len(lines)} đã hủy" + (f", {refused} từ chối" if refused else "")
