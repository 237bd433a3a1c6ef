"""Sổ thiết bị ký số (Quy chế 5): the register, one device, who may look. Named people only; each look is recorded."""

import tempfile
from pathlib import Path

from starlette.routing import Route

from models import (
    config,
    errors,
    files,
    filetypes,
    notifications,
    tokens_custody,
    tokens_expiry,
    tokens_loss,
    tokens_readers,
    tokens_uses,
    users,
)
from views import forms, web


class ReaderForm(forms.Form):
    """Who may see the register, and why."""

    def parse(self):
        self.post = self.number("post", needed="Hãy chọn người được xem sổ.")
        self.basis = self.text(
            "basis", needed="Hãy ghi căn cứ: số, ngày văn bản phân công, hoặc lý do.", longest=200
        )


def browse(request):
    """GET /tokens: the register of the agency's devices."""
    actor = request.user
    devices = tokens_readers.register(actor)
    notifications.mark_seen(actor, url="/tokens")
    agency = actor.agency_id
    return web.page(
        request, "tokens/list.html", devices=devices, expiring=[(one, tokens_expiry.words(one)) for one in tokens_expiry.expiring(agency)],
        left=tokens_expiry.left_behind(agency), due=tokens_loss.to_return(agency),
        waiting={act.token_id for act in tokens_custody.open_acts(agency)},
    )  # fmt: skip


def show(request):
    """GET /tokens/{id}: one device with its history."""
    actor = request.user
    token = tokens_readers.look_at(actor, request.path_params["id"])
    notifications.mark_seen(actor, url=f"/tokens/{token.id}")
    return web.page(request, "tokens/show.html", **device_context(actor, token))


def device_context(actor, token, wrong=None) -> dict:
    """What the device's page shows; `wrong` is act id → a form that could not be taken."""
    acts = tokens_custody.of(token)
    return {
        "token": token, "acts": acts, "waiting": next((act for act in acts if act.state == "open"), None),
        "offers": tokens_loss.offers(actor, token), "uses": tokens_uses.count(token),
        "expiry": tokens_expiry.words(token), "reads": tokens_readers.may_read(actor),
        "states": tokens_custody.STATES, "mine": actor.post.id, "wrong": wrong or {},
    }  # fmt: skip


def browse_readers(request, status=200, form=None):
    """GET /tokens/readers: who may see the register."""
    actor = request.user
    tokens_readers.require(actor)
    return web.page(
        request, "tokens/readers.html", status=status, form=form or ReaderForm(), head=tokens_readers.is_head(actor),
        readers=tokens_readers.readers(actor.agency_id), heads=tokens_readers.heads(actor.agency_id),
        people=[(post.id, post.label) for post in users.holders(actor.agency_id)],
    )  # fmt: skip


def create_reader(request):
    """POST /tokens/readers"""
    form, actor = ReaderForm(request.state.form), request.user
    tokens_readers.require(actor)
    if form.ok:
        try:
            tokens_readers.name(actor, users.holder(actor.agency_id, form.post), form.basis)
            return web.redirect(
                "/tokens/readers", "Đã cho xem và giữ sổ thiết bị. Mỗi lần xem đều được ghi lại."
            )
        except errors.Invalid as error:
            form.fail(error)
    return browse_readers(request, 422, form)


def end_reader(request):
    """POST /tokens/readers/{id}/end"""
    tokens_readers.require(request.user)
    wanted = request.path_params["id"]
    row = next((row for row in tokens_readers.readers(request.user.agency_id) if row.id == wanted), None)
    if row is None:
        raise errors.NotFound()
    tokens_readers.dismiss(request.user, row)
    return web.redirect("/tokens/readers", "Người này không còn xem được sổ thiết bị.")


def keep_upload(
    upload, allowed: set[str], megabytes: int, field: str, judge=None
) -> tuple[files.Stored, str, str]:
    """Store an uploaded file: (stored, name, media type). Raises Invalid at `field` for a wrong kind or size.

    `judge(path)` may refuse it after its kind is known.
    """
    most = min(megabytes, config.current().upload_megabytes)
    with tempfile.NamedTemporaryFile(dir=files.spool(), prefix="token-") as spooled:
        spooled.write(upload.file.read((most << 20) + 1))
        spooled.flush()
        path = Path(spooled.name)
        kind = filetypes.accept(path, upload.filename, allowed, most, field)
        if judge:
            judge(path)
        return files.store(path), filetypes.safe_name(upload.filename), kind.media_type


ROUTES = [
    Route("/tokens", web.endpoint(browse), methods=["GET"]),
    Route("/tokens/readers", web.endpoint(browse_readers), methods=["GET"]),
    Route("/tokens/readers", web.endpoint(create_reader), methods=["POST"]),
    Route("/tokens/readers/{id:int}/end", web.endpoint(end_reader), methods=["POST"]),
    Route("/tokens/{id:int}", web.endpoint(show), methods=["GET"]),
]
