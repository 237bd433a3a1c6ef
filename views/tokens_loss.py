"""Báo mất, tìm lại, thu hồi, trả thiết bị, bỏ khỏi sổ (Quy chế 5; NĐ68 Mẫu 05, 08, 09)."""

import re

from starlette.routing import Route

from models import clock, errors, tokens_entry, tokens_loss, tokens_readers, tokens_uses
from views import forms, web

ENDINGS = {tokens_loss.ACTS[verb][0]: verb for verb in ("find", "revoke", "notice", "give_back", "strike")}
_TIME = re.compile(r"^([01]?\d|2[0-3])[:h.](\d{2})$")


class LossForm(forms.Form):
    """What was lost, and since when signatures are doubtful."""

    def parse(self):
        day = self.day("since_day", needed="Hãy ghi ngày cuối cùng còn thấy thiết bị.")
        time = _TIME.match(self.text("since_time", longest=5) or "00:00")
        self.story = self.text("story", needed="Hãy ghi mất ở đâu, trong hoàn cảnh nào.", longest=1000)
        self.since = None
        if time is None:
            self.errors["since_time"] = "Gõ giờ như 14:30; không nhớ thì để trống."
        elif day:
            self.since = clock.at(f"{day} {int(time[1]):02d}:{time[2]}")

    def fail(self, error):
        """The sentence about the moment stands at its day."""
        super().fail(error)
        if "since" in self.errors:
            self.errors["since_day"] = self.errors.pop("since")


class EndingForm(forms.Form):
    """Fields of the smaller acts; each act reads its own."""

    def parse(self):
        self.story = self.text("story", longest=1000)
        self.reason = self.text("reason", longest=300)
        self.note = self.text("note", longest=300)
        self.notice_number, self.notice_date = self.text("notice_number", longest=50), self.day("notice_date")
        self.minutes_number, self.minutes_date = (
            self.text("minutes_number", longest=50),
            self.day("minutes_date"),
        )
        self.receiver = self.text("receiver", longest=200)
        self.condition = self.text("condition", longest=300)


def new_loss(request, status=200, form=None):
    """GET /tokens/{id}/loss"""
    token = _offered(request, "lose")
    form = form or LossForm(since_day=clock.today())
    return web.page(request, "tokens/loss.html", status=status, token=token, form=form)


def create_loss(request):
    """POST /tokens/{id}/loss: blocks at once; then the list of what was signed since."""
    actor, form = request.user, LossForm(request.state.form)
    token = tokens_readers.reach(actor, request.path_params["id"])
    if form.ok:
        try:
            used = tokens_loss.report_lost(
                actor, token, form.since, form.story, request.cookies.get(web.COOKIE, "")
            )
            return web.redirect(f"/tokens/{token.id}/since", f"Đã chặn chứng thư và kết thúc các phiên đăng nhập. Từ lúc đó "
                                f"có {len(used)} lần ký bằng thiết bị này.")  # fmt: skip
        except errors.Invalid as error:
            form.fail(error)
    return new_loss(request, 422, form)


def show_since(request):
    """GET /tokens/{id}/since: what was signed since the moment named in the report of the loss."""
    token = tokens_readers.look_at(request.user, request.path_params["id"], "đã ký từ lúc mất")
    act = tokens_loss.lost_act(token)
    if act is None:
        return web.redirect(f"/tokens/{token.id}", "Thiết bị này chưa bị báo mất.")
    return web.page(
        request, "tokens/since.html", token=token, act=act, uses=tokens_uses.since(token, act.since)
    )


def new_ending(request, status=200, form=None):
    """GET /tokens/{id}/{act}: recovery, revocation, notice, return or striking."""
    act = _act(request)
    token = _offered(request, act)
    form = form or EndingForm(minutes_date=clock.today())
    return web.page(request, "tokens/ending.html", status=status, token=token, form=form, act=act,
                    words=tokens_loss.ACTS[act][1], reasons=tokens_loss.REASONS, days=tokens_loss.RETURN_DAYS)  # fmt: skip


def create_ending(request):
    """POST /tokens/{id}/{act}"""
    actor, form, act = request.user, EndingForm(request.state.form), _act(request)
    token = tokens_readers.reach(actor, request.path_params["id"])
    if form.ok:
        try:
            return web.redirect(*_do(act, actor, token, form))
        except errors.Invalid as error:
            form.fail(error)
    return new_ending(request, 422, form)


def _do(act, actor, token, form) -> tuple[str, str]:
    """(where to go on, what to say)."""
    page = f"/tokens/{token.id}"
    if act == "find":
        tokens_loss.find(actor, token, form.story)
        return page, "Thiết bị dùng lại được từ lúc này."
    if act == "revoke":
        tokens_loss.revoke(actor, token, form.reason, form.notice_number, form.notice_date, form.note)
        due = f" Phải trả thiết bị trước {token.return_due:%d/%m/%Y}." if token.return_due else ""
        return page, f"Đã ghi thu hồi; chứng thư không còn ký được trong hệ thống.{due}"
    if act == "notice":
        tokens_loss.note_notice(actor, token, form.notice_number, form.notice_date)
        return page, "Đã ghi thông báo thu hồi và hạn trả thiết bị."
    if act == "give_back":
        tokens_loss.give_back(
            actor, token, form.minutes_number, form.minutes_date, form.receiver, form.condition
        )
        return page, "Đã ghi trả thiết bị. Hãy in biên bản, ký, rồi đính kèm bản đã ký."
    tokens_entry.strike(actor, token, form.reason)
    return "/tokens", "Đã bỏ khỏi sổ dòng ghi nhầm; nhật ký vẫn giữ việc này."


def _act(request) -> str:
    return ENDINGS[request.url.path.rpartition("/")[2]]


def _offered(request, verb):
    """The device, when this act is this person's now."""
    token = tokens_readers.look_at(request.user, request.path_params["id"], tokens_loss.ACTS[verb][1])
    if not any(known == verb for known, *_ in tokens_loss.offers(request.user, token)):
        raise errors.Refused(
            f"Việc «{tokens_loss.ACTS[verb][1]}» không làm được lúc này: thiết bị đang ở trạng thái «{token.state_words}», "
            "hoặc việc này không thuộc quyền của bạn."
        )
    return token


ROUTES = [
    Route("/tokens/{id:int}/loss", web.endpoint(new_loss), methods=["GET"]),
    Route("/tokens/{id:int}/loss", web.endpoint(create_loss), methods=["POST"]),
    Route("/tokens/{id:int}/since", web.endpoint(show_since), methods=["GET"]),
    *(
        Route(f"/tokens/{{id:int}}/{page}", web.endpoint(handler), methods=[method])
        for page in ENDINGS
        for handler, method in ((new_ending, "GET"), (create_ending, "POST"))
    ),
]
