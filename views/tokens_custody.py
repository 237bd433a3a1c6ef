"""Bàn giao thiết bị ký số (Quy chế 5.2): open, confirm, refuse, withdraw; the minutes to print and their signed copy."""

from starlette.responses import Response
from starlette.routing import Route

from models import (
    clock,
    errors,
    lookups,
    tokens,
    tokens_custody,
    tokens_loss,
    tokens_readers,
    tokens_uses,
    users,
)
from views import forms, prints, web
from views.files import disposition
from views.tokens import device_context, keep_upload

MINUTES = {"lost": "tokens/loss_minutes.html", "returned": "tokens/return_minutes.html"}
COPIES = {"pdf", "png", "jpeg"}
LARGEST_COPY_MB = 20


class HandOverForm(forms.Form):
    """A hand-over of the agency's device, or a loan."""

    def parse(self):
        self.kind = self.choice("kind", ("hand_over", "loan"), needed="Hãy chọn bàn giao hoặc cho mượn.")
        self.to = self.number("to")
        self.papers = {
            "minutes_number": self.text("minutes_number", longest=50), "minutes_date": self.day("minutes_date"),
            "assignment_number": self.text("assignment_number", longest=50),
            "assignment_date": self.day("assignment_date"), "leave_number": self.text("leave_number", longest=50),
            "leave_date": self.day("leave_date"), "until": self.day("until"), "place": self.text("place", longest=200),
            "condition": self.text("condition", longest=300), "reason": self.text("reason", longest=300),
        }  # fmt: skip


class ReasonForm(forms.Form):
    """Why a device is not taken."""

    def parse(self):
        self.reason = self.text("reason", longest=300)


class CopyForm(forms.Form):
    """The signed copy of minutes."""

    def parse(self):
        self.file = self.uploads("copy", needed="Hãy chọn bản quét biên bản đã ký (PDF, PNG hoặc JPG).")


class MinutesForm(forms.Form):
    """Number and day of minutes that are made after the act."""

    def parse(self):
        self.number = self.text("minutes_number", needed="Hãy ghi số biên bản.", longest=50)
        self.day_of = self.day("minutes_date", needed="Hãy ghi ngày biên bản.")


def new(request, status=200, form=None):
    """GET /tokens/{id}/custody"""
    actor = request.user
    token = tokens_readers.look_at(actor, request.path_params["id"], "bàn giao")
    if not any(verb == "hand_over" for verb, *_ in tokens_loss.offers(actor, token)):
        raise errors.Refused(
            "Thiết bị này hiện không bàn giao được, hoặc bạn không phải người giữ nó. Hãy xem trạng thái ở trang thiết bị."
        )
    form = form or HandOverForm(kind="hand_over", minutes_date=clock.today(), place=token.place,
                                condition="Hoạt động bình thường, nguyên vẹn")  # fmt: skip
    people = [post for post in users.holders(actor.agency_id) if post.id != token.keeper_id]
    people.sort(key=lambda post: not post.has(lookups.CLERK))
    return web.page(
        request, "tokens/hand_over.html", status=status, token=token, form=form,
        own=token.keeper_id == actor.post.id, first=token.keeper_id is None,
        people=[(post.id, f"{post.label}{' (văn thư)' if post.has(lookups.CLERK) else ''}") for post in people],
    )  # fmt: skip


def create(request):
    """POST /tokens/{id}/custody"""
    actor, form = request.user, HandOverForm(request.state.form)
    token = tokens_readers.reach(actor, request.path_params["id"])
    if form.ok:
        try:
            to = users.holder(actor.agency_id, form.to)
            act = tokens_custody.open_hand_over(actor, token, to, kind=form.kind, **form.papers)
            return web.redirect(f"/tokens/{token.id}", f"Đã lập, chờ {act.to_name} xác nhận bằng tài khoản của mình. "
                                "Hãy in biên bản để hai bên ký.")  # fmt: skip
        except errors.Invalid as error:
            form.fail(error)
    return new(request, 422, form)


def create_receipt(request):
    """POST /tokens/custody/{id}/receipt: the receiver confirms."""
    tokens_custody.receive(request.user, _act(request))
    return web.redirect(
        "/tokens/mine", "Bạn là người giữ thiết bị từ lúc này. Hãy ký biên bản và đính kèm bản đã ký."
    )


def create_refusal(request):
    """POST /tokens/custody/{id}/refusal"""
    act, form = _act(request), ReasonForm(request.state.form)
    tokens_custody.refuse(request.user, act, form.reason)
    return web.redirect("/tokens/mine", "Đã báo bên giao là bạn không nhận thiết bị.")


def create_withdrawal(request):
    """POST /tokens/custody/{id}/withdrawal"""
    act = _act(request)
    tokens_custody.withdraw(request.user, act)
    return web.redirect(f"/tokens/{act.token_id}", "Đã rút lần bàn giao; người giữ vẫn như trước.")


def print_minutes(request):
    """GET /tokens/custody/{id}/minutes.pdf: the minutes to be signed by hand."""
    act = tokens_custody.look_at_act(request.user, request.path_params["id"], "biên bản")
    if act.kind not in tokens_custody.WITH_MINUTES:
        raise errors.NotFound()
    uses = tokens_uses.since(act.token, act.since) if act.kind == "lost" else []
    opener = act.opened_by.label if act.opened_by_id else ""
    template = MINUTES.get(act.kind, "tokens/minutes.html")
    return prints.pdf(request, template, name=f"bien-ban-thiet-bi-{act.id}.pdf", act=act, token=tokens.device(act.token_id), uses=uses, opener=opener,
                      heads=tokens_readers.heads(request.user.agency_id))  # fmt: skip


def create_minutes(request):
    """POST /tokens/custody/{id}/minutes: number and day of minutes made after the report of a loss."""
    act, form = _act(request), MinutesForm(request.state.form)
    if form.ok:
        try:
            tokens_loss.number_minutes(request.user, act, form.number, form.day_of)
            return web.redirect(f"/tokens/{act.token_id}", "Đã ghi số biên bản.")
        except errors.Invalid as error:
            form.fail(error)
    return _device_again(request, act, form)


def create_copy(request):
    """POST /tokens/custody/{id}/copy: keep the signed copy."""
    act, form = _act(request), CopyForm(request.state.form)
    if form.ok:
        try:
            kept = keep_upload(form.file[0], COPIES, LARGEST_COPY_MB, "copy")
            tokens_custody.attach_minutes(request.user, act, *kept)
            return web.redirect(f"/tokens/{act.token_id}", "Đã đính kèm biên bản đã ký.")
        except errors.Invalid as error:
            form.fail(error)
    return _device_again(request, act, form)


def show_copy(request):
    """GET /tokens/custody/{id}/copy: the signed copy, byte for byte."""
    act = tokens_custody.look_at_act(request.user, request.path_params["id"], "biên bản đã ký")
    if act.minutes_file is None:
        raise errors.NotFound()
    headers = {
        "Content-Disposition": disposition(act.minutes_file.name), "Cache-Control": "no-store",
        "Content-Security-Policy": "sandbox; default-src 'none'",
    }  # fmt: skip
    return Response(act.minutes_file.read(), media_type=act.minutes_file.media_type, headers=headers)


def _act(request) -> tokens_custody.Custody:
    return tokens_custody.act_of(request.user, request.path_params["id"])


def _device_again(request, act, form):
    token = tokens_readers.look_at(request.user, act.token_id)
    return web.page(
        request, "tokens/show.html", status=422, **device_context(request.user, token, {act.id: form})
    )


ROUTES = [
    Route("/tokens/{id:int}/custody", web.endpoint(new), methods=["GET"]),
    Route("/tokens/{id:int}/custody", web.endpoint(create), methods=["POST"]),
    Route("/tokens/custody/{id:int}/receipt", web.endpoint(create_receipt), methods=["POST"]),
    Route("/tokens/custody/{id:int}/refusal", web.endpoint(create_refusal), methods=["POST"]),
    Route("/tokens/custody/{id:int}/withdrawal", web.endpoint(create_withdrawal), methods=["POST"]),
    Route("/tokens/custody/{id:int}/minutes.pdf", web.endpoint(print_minutes), methods=["GET"]),
    Route("/tokens/custody/{id:int}/minutes", web.endpoint(create_minutes), methods=["POST"]),
    Route("/tokens/custody/{id:int}/copy", web.endpoint(show_copy), methods=["GET"]),
    Route("/tokens/custody/{id:int}/copy", web.endpoint(create_copy), methods=["POST"]),
]
