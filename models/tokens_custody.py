"""Bàn giao thiết bị lưu khóa bí mật của cơ quan (Quy chế 5.2; NĐ30 Điều 32): an act of two people, never without minutes.

The giver opens it with the minutes' number and day, the receiver confirms with his own account; at that instant the old
keeper's right ends and the new one's begins. The head opens the first assignment, and where the keeper cannot. The head's
written assignment stands behind each change of keeper, his written leave behind each loan; a loan ends by itself.
"""

from models import clock, db, errors, files, journal, lookups, text, users
from models.tokens import KeyToken
from models.tokens_readers import heads, is_head, reach, record_look

KINDS = {
    "assign": "Giao lần đầu", "hand_over": "Bàn giao", "loan": "Cho mượn", "back": "Trả lại sau khi mượn", "lost": "Báo mất",
    "found": "Tìm lại được", "revoked": "Thu hồi chứng thư", "returned": "Trả thiết bị", "renewed": "Thay chứng thư",
}  # fmt: skip
STATES = {
    "open": "Chờ bên nhận xác nhận",
    "done": "Đã xong",
    "refused": "Bên nhận không nhận",
    "withdrawn": "Đã rút",
}
WITH_MINUTES = ("assign", "hand_over", "loan", "back", "lost", "returned")


class Custody(db.Base):
    """One act on a device with its minutes: who gave it to whom, in what state, opened and taken effect when."""

    token = db.ForeignKeyField(KeyToken, backref="custodies", on_delete="CASCADE")
    kind = db.CharField(default="hand_over")
    state = db.CharField(default="done")  # open | done | refused | withdrawn
    from_post = db.ForeignKeyField(users.Post, null=True)
    from_name = db.CharField(default="")
    to_post = db.ForeignKeyField(users.Post, null=True)
    to_name = db.CharField()
    opened_by = db.ForeignKeyField(users.Post, null=True)
    opened_at = db.MomentField(null=True)
    minutes_number = db.CharField()
    minutes_date = db.DateField(null=True)
    minutes_file = db.ForeignKeyField(files.File, null=True)  # the signed copy
    condition = db.CharField(default="")
    place = db.CharField(default="")
    assignment_number = db.CharField(default="")
    assignment_date = db.DateField(null=True)
    leave_number = db.CharField(default="")
    leave_date = db.DateField(null=True)
    until = db.DateField(null=True)
    since = db.MomentField(null=True)  # of a loss: from when on signatures are doubtful
    reason = db.TextField(default="")
    at = db.MomentField(null=True)  # when it took effect

    @property
    def kind_words(self) -> str:
        """What was done, in words."""
        return KINDS[self.kind]

    @property
    def lacks_copy(self) -> bool:
        """True when minutes belong to it and their signed copy is not there yet."""
        return self.state == "done" and self.kind in WITH_MINUTES and self.minutes_file_id is None


TABLES = (Custody,)


def open_hand_over(
    actor, token: KeyToken, to: users.Post | None, *, minutes_number: str, minutes_date, kind: str = "hand_over",
    condition: str = "", place: str = "", assignment_number: str = "", assignment_date=None, leave_number: str = "",
    leave_date=None, until=None, reason: str = "",
) -> Custody:  # fmt: skip
    """Lập bàn giao (5.2): "hand_over" or "loan"; nothing changes until the receiver confirms.

    A first assignment and the giving back of a loan are found by themselves. Raises Invalid with a sentence a field,
    Refused when the device cannot be handed over now.
    """
    token = reach(actor, token.id)
    said = {
        "minutes_number": text.clean(minutes_number), "minutes_date": minutes_date, "condition": text.clean(condition),
        "place": text.clean(place), "assignment_number": text.clean(assignment_number), "assignment_date": assignment_date,
        "leave_number": text.clean(leave_number), "leave_date": leave_date, "until": until, "reason": text.clean(reason),
    }  # fmt: skip
    _refuse_out_of_turn(actor, token)
    kind = _kind(token, kind, to)
    wrong = _wrong_parties(actor, token, to, kind, said["reason"]) | _wrong_papers(kind, said)
    if wrong:
        raise errors.Invalid(wrong)
    with db.write():
        if awaiting_of(token):
            raise errors.Conflict("Thiết bị này đang có một lần bàn giao chờ xác nhận.")
        act = Custody.create(
            token=token, kind=kind, state="open", from_post=token.keeper, from_name=token.holder, to_post=to,
            to_name=to.label, opened_by=actor.post, opened_at=clock.now(), **said,
        )  # fmt: skip
        told = journal.telling(
            [to], "Bạn được giao thiết bị ký số của cơ quan: hãy nhận và xác nhận", "/tokens/mine", True
        )
        journal.record("open_hand_over", actor, token, note=KINDS[kind], data={"custody": act.id} | told)
    return act


def receive(actor, act: Custody) -> KeyToken:
    """Xác nhận đã nhận thiết bị: by the receiver alone; from this instant he is its keeper (5.2). Raises Refused."""
    token = _mine_to_answer(actor, act)
    now = clock.now()
    with db.write():
        current = KeyToken.get_by_id(token.id)
        _settle(act, "done", at=now)
        if current.state != "in_use" or current.keeper_id != act.from_post_id:
            raise errors.Conflict(
                "Thiết bị đã đổi trạng thái hoặc đổi người giữ trong lúc chờ. Hãy lập bàn giao khác."
            )
        token.set(keeper=act.to_post, kept_since=now, kept_until=act.until, place=act.place or current.place)
        if act.assignment_number:
            token.set(assignment_number=act.assignment_number, assignment_date=act.assignment_date)
        others = {post.id for post in heads(token.agency_id)} | {act.from_post_id, act.opened_by_id} - {None}
        told = journal.telling(
            others, f"{act.to_name} đã nhận thiết bị ký số của cơ quan", f"/tokens/{token.id}"
        )
        journal.record("hand_over_token", actor, token, note=KINDS[act.kind], data={"custody": act.id} | told)
    return token


def refuse(actor, act: Custody, reason: str) -> None:
    """Không nhận thiết bị, and why; the keeper stays who he was. Raises Invalid without a reason."""
    token = _mine_to_answer(actor, act)
    reason = text.clean(reason)
    if not reason:
        raise errors.Invalid({"reason": "Hãy ghi lý do không nhận để bên giao biết."})
    with db.write():
        _settle(act, "refused", reason=reason)
        told = journal.telling(
            [act.opened_by_id], f"{act.to_name} không nhận thiết bị: {reason}", f"/tokens/{token.id}"
        )
        journal.record("refuse_hand_over", actor, token, data={"custody": act.id} | told)


def withdraw(actor, act: Custody) -> None:
    """Rút lần bàn giao chưa được xác nhận; by who opened it, or the head."""
    token = reach(actor, act.token_id)
    if act.opened_by_id != actor.post.id and not is_head(actor):
        raise errors.NotAllowed("Chỉ người lập lần bàn giao này hoặc người đứng đầu được rút.")
    with db.write():
        _settle(act, "withdrawn")
        journal.record("withdraw_hand_over", actor, token, data={"custody": act.id})


def attach_minutes(actor, act: Custody, stored: files.Stored, name: str, media_type: str) -> None:
    """Lưu bản biên bản đã ký; an earlier copy stays in the store, the journal names both by hash."""
    token = reach(actor, act.token_id)
    if act.kind not in WITH_MINUTES or act.state != "done":
        raise errors.Refused("Lần này chưa xong hoặc không có biên bản, nên chưa đính kèm bản ký được.")
    with db.write():
        act.set(minutes_file=files.record(stored, name, media_type))
        journal.record("attach_minutes", actor, token, data={"custody": act.id, "sha256": stored.sha256})


# ---- queries ---------------------------------------------------------------------------------------------------


def act_of(actor, act_id: int) -> Custody:
    """One act, for who may see its device, and for its receiver. Raises NotAllowed, NotFound as reach does."""
    act = Custody.get_or_none(Custody.id == act_id)
    token_id = act.token_id if act else 0
    if act and act.to_post_id == actor.post.id and act.state == "open":
        return act
    reach(actor, token_id)
    return act


def look_at_act(actor, act_id: int, what: str) -> Custody:
    """As act_of; the look is recorded."""
    act = act_of(actor, act_id)
    record_look(actor, act.token, what)
    return act


def open_acts(agency_id: int) -> list[Custody]:
    """Hand-overs of an agency that wait for their receivers."""
    return list(Custody.select().join(KeyToken).where(KeyToken.agency == agency_id, Custody.state == "open"))


def of(token: KeyToken) -> list[Custody]:
    """Everything that happened to a device, the newest first."""
    return list(Custody.select().where(Custody.token == token).order_by(Custody.id.desc()))


def awaiting_of(token: KeyToken) -> Custody | None:
    """The hand-over of a device that waits for its receiver."""
    return Custody.select().where(Custody.token == token, Custody.state == "open").first()


def awaiting(actor) -> list[Custody]:
    """Hand-overs that wait for this post's confirmation."""
    return list(
        Custody.select(Custody, KeyToken)
        .join(KeyToken)
        .where(Custody.to_post == actor.post.id, Custody.state == "open", KeyToken.agency == actor.agency_id)
        .order_by(Custody.id)
    )


def lender(token: KeyToken) -> int | None:
    """Post that lent the device where it is on loan."""
    last = (
        Custody.select()
        .where(
            Custody.token == token,
            Custody.state == "done",
            Custody.kind.in_(("assign", "hand_over", "loan", "back")),
        )
        .order_by(Custody.id.desc())
        .first()
    )
    return last.from_post_id if last and last.kind == "loan" else None


# ---- inner -----------------------------------------------------------------------------------------------------


def _refuse_out_of_turn(actor, token) -> None:
    if token.kind == "person":
        raise errors.Refused(
            "Thiết bị cá nhân do chính người đó giữ và dùng, không bàn giao cho người khác (Quy chế Điều 5.3)."
        )
    if token.state != "in_use":
        raise errors.Refused(f"Thiết bị đang ở trạng thái «{token.state_words}», không bàn giao được.")
    if token.keeper_id != actor.post.id and not is_head(actor):
        raise errors.NotAllowed(
            "Chỉ người đang giữ thiết bị hoặc người đứng đầu cơ quan lập bàn giao (Quy chế Điều 5.2)."
        )
    if awaiting_of(token):
        raise errors.Refused(
            "Thiết bị này đang có một lần bàn giao chờ xác nhận. Hãy chờ hoặc rút lần đó trước."
        )


def _kind(token, wanted, to) -> str:
    if token.keeper_id is None:
        return "assign"
    if to is not None and lender(token) == to.id:
        return "back"
    return wanted if wanted in ("hand_over", "loan") else "hand_over"


def _wrong_parties(actor, token, to, kind, reason) -> dict:
    wrong = {}
    if to is None or users.holder(actor.agency_id, to.id) is None:
        wrong["to"] = "Hãy chọn người nhận trong cơ quan."
    elif to.id == token.keeper_id:
        wrong["to"] = f"{to.label} đang giữ thiết bị này."
    elif kind in ("assign", "hand_over") and token.kind == "organisation" and not to.has(lookups.CLERK):
        wrong["to"] = (
            "Thiết bị của cơ quan được giao cho văn thư (Quy chế Điều 5.2). Giao tạm cho người khác là cho mượn."
        )
    present = token.keeper_id and users.holder(actor.agency_id, token.keeper_id)
    if present and token.keeper_id != actor.post.id and not reason:
        wrong["reason"] = "Người đang giữ không tự lập bàn giao: hãy ghi lý do (ví dụ nghỉ ốm, đi công tác)."
    return wrong


def _wrong_papers(kind, said) -> dict:
    wrong = {}
    if not said["minutes_number"] or said["minutes_date"] is None:
        wrong["minutes_number"] = (
            "Khi giao hoặc đổi người giữ phải có biên bản: ghi số và ngày (Quy chế Điều 5.2)."
        )
    elif said["minutes_date"] > clock.today():
        wrong["minutes_date"] = "Ngày biên bản ở tương lai. Hãy ghi ngày hôm nay hoặc trước đó."
    if kind in ("assign", "hand_over") and not (said["assignment_number"] and said["assignment_date"]):
        wrong["assignment_number"] = (
            "Người đứng đầu giao thiết bị cho văn thư bằng văn bản: ghi số và ngày văn bản giao (NĐ30 Điều 32)."
        )
    if kind == "loan" and not (said["leave_number"] and said["leave_date"]):
        wrong["leave_number"] = (
            "Chỉ cho mượn khi người đứng đầu cho phép bằng văn bản: ghi số và ngày (Quy chế Điều 5.2)."
        )
    if kind == "loan" and (said["until"] is None or said["until"] < clock.today()):
        wrong["until"] = "Hãy ghi ngày phải trả lại, từ hôm nay trở đi."
    return wrong


def _mine_to_answer(actor, act) -> KeyToken:
    """The device of an open act whose receiver is this actor."""
    if act.to_post_id != actor.post.id:
        raise errors.NotAllowed(
            "Chỉ người nhận xác nhận được, bằng tài khoản của chính mình (Quy chế Điều 5.2)."
        )
    if act.state != "open":
        raise errors.Refused(f"Lần bàn giao này không còn chờ xác nhận ({STATES[act.state].lower()}).")
    return KeyToken.get_by_id(act.token_id)


def _settle(act, state, **values) -> None:
    changed = Custody.update(state=state).where(Custody.id == act.id, Custody.state == "open").execute()
    if not changed:
        raise errors.Conflict("Lần bàn giao này vừa được người khác xử lý. Hãy tải lại trang.")
    act.set(state=state, **values)
