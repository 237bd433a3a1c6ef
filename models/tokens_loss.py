"""Mất, thu hồi, trả thiết bị lưu khóa bí mật (Quy chế 5; NĐ68 Mẫu 05, 08, 09; trả trong 05 ngày làm việc).

«Báo mất» blocks the certificate at once in this installation, ends the sessions of who kept it, and lists what was signed
since the given moment.
"""

from datetime import timedelta

from models import clock, db, errors, journal, lookups, text, tokens_uses, users, workdays
from models.tokens import STATES, KeyToken, KeyUse
from models.tokens_custody import Custody, awaiting_of
from models.tokens_entry import RECORDERS
from models.tokens_readers import heads, is_head, may_read, reach, require

STEPS = {  # verb → states it starts from, state it leads to
    "lose": (("in_use",), "lost"),
    "find": (("lost",), "in_use"),
    "revoke": (("in_use", "lost"), "revoked"),
    "give_back": (("in_use", "revoked"), "returned"),
}
RETURN_DAYS = 5  # working days after the notice of revocation (NĐ68; NB165 10.6.c)
ACTS = {  # what can be done with a device: the page of the act, its words
    "hand_over": ("custody", "Bàn giao, cho mượn"), "lose": ("loss", "Báo mất thiết bị"), "find": ("recovery", "Đã tìm lại được"),
    "renew": ("renewal", "Thay chứng thư trên thiết bị"), "revoke": ("revocation", "Ghi thu hồi chứng thư"),
    "notice": ("notice", "Ghi thông báo thu hồi"), "give_back": ("return", "Trả thiết bị"),
    "strike": ("striking", "Bỏ khỏi sổ vì ghi nhầm"),
}  # fmt: skip
REASONS = {
    "retired": "Nghỉ hưu, thôi việc", "moved": "Chuyển khỏi cơ quan nhà nước", "expired": "Chứng thư hết hạn",
    "lost": "Thiết bị bị mất", "exposed": "Khóa hoặc mã PIN bị lộ", "broken": "Thiết bị hỏng", "other": "Lý do khác",
}  # fmt: skip
FARTHEST = timedelta(days=400)


def report_lost(actor, token: KeyToken, since, story: str, except_session: str = "") -> list[KeyUse]:
    """Báo mất thiết bị: by its keeper, its person or the head. Returns what was signed since `since` (a moment).

    From this instant nobody signs with its certificate here; the sessions of its holder end (but `except_session`, the one
    that reports). Raises Invalid, Refused.
    """
    token = reach(actor, token.id)
    if not (token.keeper_id == actor.post.id or token.person_id == actor.id or is_head(actor)):
        raise errors.NotAllowed("Người giữ, chủ thiết bị hoặc người đứng đầu cơ quan báo mất.")
    story, wrong, now = text.clean(story), {}, clock.now()
    if not story:
        wrong["story"] = "Hãy ghi mất ở đâu, trong hoàn cảnh nào."
    if since is None or not now - FARTHEST <= since <= now:
        wrong["since"] = "Hãy ghi lúc cuối cùng còn thấy thiết bị, trước lúc này."
    if wrong:
        raise errors.Invalid(wrong)
    person = token.keeper.person if token.keeper_id else token.person
    with db.write():
        _step(token, "lose")
        open_act = awaiting_of(token)
        if open_act:
            open_act.set(state="withdrawn")
        act = _note(actor, token, "lost", since=since, reason=story)
        if person:
            users.end_sessions(person, except_session)
        told = [*heads(token.agency_id), *users.holders(token.agency_id, lookups.ADMIN)]
        words = f"Báo mất thiết bị ký số của {token.certificate.name}; chứng thư đã bị chặn"
        journal.record("lose_token", actor, token, data={"custody": act.id} | journal.telling(told, words, f"/tokens/{token.id}", True))  # fmt: skip
    return tokens_uses.since(token, since)


def find(actor, token: KeyToken, story: str) -> None:
    """Tìm lại được thiết bị: by the head alone; the certificate signs again where it was not revoked. Raises Invalid."""
    token = reach(actor, token.id)
    if not is_head(actor):
        raise errors.NotAllowed("Chỉ người đứng đầu cơ quan cho dùng lại thiết bị đã báo mất.")
    story = text.clean(story)
    if not story:
        raise errors.Invalid({"story": "Hãy ghi tìm thấy ở đâu và vì sao tin rằng khóa chưa bị ai dùng."})
    with db.write():
        _step(token, "find")
        act = _note(actor, token, "found", reason=story)
        journal.record("find_token", actor, token, data={"custody": act.id})


def revoke(
    actor, token: KeyToken, reason: str, notice_number: str = "", notice_date=None, note: str = ""
) -> None:
    """Ghi thu hồi chứng thư (Mẫu 05), by who keeps the register; with the notice the time to return the device begins."""
    require(actor)
    token = reach(actor, token.id)
    notice_number, wrong = text.clean(notice_number), {}
    if reason not in REASONS:
        wrong["reason"] = "Hãy chọn lý do thu hồi."
    if bool(notice_number) != (notice_date is not None):
        wrong["notice_number"] = "Thông báo thu hồi cần cả số và ngày; chưa có thông báo thì để trống cả hai."
    if notice_date and notice_date > clock.today():
        wrong["notice_date"] = "Ngày thông báo ở tương lai. Hãy ghi lại."
    if wrong:
        raise errors.Invalid(wrong)
    with db.write():
        _step(
            token,
            "revoke",
            notice_number=notice_number,
            notice_date=notice_date,
            return_due=_due(token, notice_date),
        )
        _end(token, REASONS[reason])
        act = _note(actor, token, "revoked", reason=f"{REASONS[reason]}. {text.clean(note)}".strip())
        said = f"Chứng thư của {token.certificate.name} đã thu hồi"
        if token.return_due:
            said += f", trả thiết bị trước {token.return_due:%d/%m/%Y}"
        told = [*heads(token.agency_id), *_owners(token)]
        journal.record("revoke_certificate", actor, token, note=REASONS[reason], data={"custody": act.id} | journal.telling(told, said, "/tokens/mine"))  # fmt: skip


def note_notice(actor, token: KeyToken, number: str, day) -> None:
    """Ghi thông báo thu hồi đến sau: number and day; the device is to be returned within 05 working days. Raises Invalid."""
    require(actor)
    token = reach(actor, token.id)
    number = text.clean(number)
    if not number or day is None or day > clock.today():
        raise errors.Invalid(
            {"notice_number": "Hãy ghi số và ngày của thông báo thu hồi, không sau hôm nay."}
        )
    if token.state != "revoked":
        raise errors.Refused("Chứng thư chưa được ghi thu hồi.")
    with db.write():
        token.set(notice_number=number, notice_date=day, return_due=_due(token, day))
        journal.record("note_revocation_notice", actor, token, note=f"hạn trả {token.return_due:%d/%m/%Y}")


def give_back(
    actor, token: KeyToken, minutes_number: str, minutes_date, receiver: str, condition: str = ""
) -> Custody:
    """Trả thiết bị cho nơi cấp, with minutes (Mẫu 08); the keeper's duty ends. Raises Invalid, Refused."""
    require(actor)
    token = reach(actor, token.id)
    minutes_number, receiver, wrong = text.clean(minutes_number), text.clean(receiver), {}
    if not minutes_number or minutes_date is None:
        wrong["minutes_number"] = "Trả thiết bị phải có biên bản (Mẫu 08): ghi số và ngày."
    elif minutes_date > clock.today():
        wrong["minutes_date"] = "Ngày biên bản ở tương lai. Hãy ghi lại."
    if not receiver:
        wrong["receiver"] = "Hãy ghi ai nhận lại thiết bị, thuộc đơn vị nào."
    if wrong:
        raise errors.Invalid(wrong)
    if token.state == "in_use" and token.certificate.not_after > clock.now():
        raise errors.Refused("Chứng thư còn hiệu lực: hãy ghi thu hồi chứng thư trước khi trả thiết bị.")
    with db.write():
        _step(token, "give_back")
        act = _note(actor, token, "returned", to_name=receiver, minutes_number=minutes_number, minutes_date=minutes_date,
                    condition=text.clean(condition))  # fmt: skip
        _end(token, "Đã trả thiết bị")
        token.set(keeper=None, kept_until=None)
        journal.record("give_back_token", actor, token, data={"custody": act.id})
    return act


def offers(actor, token: KeyToken) -> list[tuple[str, str, str]]:
    """(verb, page, words) of what this person may do with the device in its state, the usual first."""
    head, keeps = is_head(actor), may_read(actor)
    own = token.keeper_id == actor.post.id or token.person_id == actor.id
    in_use, over = token.state == "in_use", token.certificate.not_after < clock.now()
    records = keeps and actor.has(*RECORDERS)
    may = {
        "hand_over": in_use
        and token.kind != "person"
        and (head or token.keeper_id == actor.post.id)
        and not awaiting_of(token),
        "find": token.state == "lost" and head,
        "renew": in_use and records,
        "give_back": keeps and (token.state == "revoked" or (in_use and over)),
        "notice": keeps and token.state == "revoked" and not token.notice_date,
        "revoke": keeps and token.state in STEPS["revoke"][0],
        "strike": records and in_use and token.keeper_id is None and not token.uses.exists(),
        "lose": in_use and (own or head),
    }
    return [(verb, *ACTS[verb]) for verb, allowed in may.items() if allowed]


def lost_act(token: KeyToken) -> Custody | None:
    """The last report of loss of a device."""
    return (
        Custody.select()
        .where(Custody.token == token, Custody.kind == "lost")
        .order_by(Custody.id.desc())
        .first()
    )


def to_return(agency_id: int) -> list[KeyToken]:
    """Devices whose certificate was revoked here and that are not returned yet."""
    revoked = Custody.select(Custody.token).where(Custody.kind == "revoked")
    return list(
        KeyToken.select().where(
            KeyToken.agency == agency_id, KeyToken.state == "revoked", KeyToken.id.in_(revoked)
        )
    )


def number_minutes(actor, act: Custody, number: str, day) -> None:
    """Ghi số, ngày biên bản xác nhận mất (Mẫu 09), which is made after the report. Raises Invalid."""
    token = reach(actor, act.token_id)
    number = text.clean(number)
    if not number or day is None or day > clock.today():
        raise errors.Invalid({"minutes_number": "Hãy ghi số và ngày biên bản, không sau hôm nay."})
    with db.write():
        act.set(minutes_number=number, minutes_date=day)
        journal.record("number_minutes", actor, token, data={"custody": act.id})


def _step(token, verb, **values) -> None:
    """Take a step of STEPS, inside the write() of the act. Raises Refused, or Conflict when somebody was faster."""
    before, after = STEPS[verb]
    if token.state not in before:
        raise errors.Refused(
            f"Thiết bị đang ở trạng thái «{STATES[token.state]}», nên không làm việc này được."
        )
    changed = (
        KeyToken.update(state=after).where(KeyToken.id == token.id, KeyToken.state == token.state).execute()
    )
    if not changed:
        raise errors.Conflict(
            "Người khác vừa thay đổi thiết bị này. Hãy tải lại trang để xem trạng thái mới."
        )
    token.set(state=after, state_at=clock.now(), **values)


def _note(actor, token, kind, **values) -> Custody:
    values = {"to_name": "", "minutes_number": ""} | values
    return Custody.create(
        token=token, kind=kind, state="done", from_post=token.keeper, from_name=token.holder, opened_by=actor.post,
        opened_at=clock.now(), at=clock.now(), **values,
    )  # fmt: skip


def _end(token, why) -> None:
    if token.certificate.ended_at is None:
        token.certificate.set(ended_at=clock.now(), ended_why=why)


def _due(token, notice_date):
    return workdays.calendar(token.agency_id).add(notice_date, RETURN_DAYS) if notice_date else None


def _owners(token) -> list[users.Post]:
    if token.keeper_id:
        return [token.keeper]
    return [post for post in users.holders(token.agency_id) if post.person_id == token.person_id]
