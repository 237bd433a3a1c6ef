"""Chữ ký số của tôi: devices to take over, one's certificates and pictures, the test of the signing program, recent uses."""

from starlette.responses import Response
from starlette.routing import Route

from models import (
    config,
    db,
    errors,
    files,
    lookups,
    notifications,
    tokens,
    tokens_custody,
    tokens_expiry,
    tokens_readers,
    tokens_uses,
    users,
)
from signing import appearance
from views import forms, web
from views.tokens import keep_upload

LARGEST_PICTURE_MB = 2
SEAL_KEEPERS = (lookups.ADMIN, lookups.CLERK)


class PictureForm(forms.Form):
    """The picture of one's own signature, the seal's with its diameter, or (administrators) another person's."""

    def parse(self):
        self.file = self.uploads("picture", needed="Hãy chọn ảnh PNG nền trong suốt.")
        self.whose = self.text("whose")
        if self.whose not in ("mine", "seal") and not (
            self.whose.isascii() and self.whose.isdecimal() and len(self.whose) < 16
        ):
            self.errors["whose"] = "Hãy chọn hình của ai."
        self.diameter = self.number("diameter_mm")
        if self.whose == "seal" and self.diameter is None and "diameter_mm" not in self.errors:
            self.errors["diameter_mm"] = "Hãy ghi đường kính thật của con dấu, tính bằng mm."


def show(request, status=200, form=None):
    """GET /tokens/mine"""
    actor = request.user
    if notifications.unseen_at(actor, "/tokens/mine"):
        notifications.mark_seen(actor, url="/tokens/mine")
    keeps_seal, helps = actor.has(*SEAL_KEEPERS), actor.has(lookups.ADMIN)
    people = [
        (post.person_id, post.label) for post in users.holders(actor.agency_id) if post.person_id != actor.id
    ]
    whose = [("mine", "Chữ ký của tôi (màu xanh)")]
    whose += [("seal", "Con dấu của cơ quan (màu đỏ)")] if keeps_seal else []
    return web.page(
        request, "tokens/mine.html", status=status, form=form or PictureForm(whose="mine"),
        waiting=tokens_custody.awaiting(actor), whose=whose + (people if helps else []),
        owned=[(one, tokens_expiry.words(one)) for one in tokens_readers.look_at_own(actor)],
        mine=tokens.picture(actor.agency_id, actor.id), seal=tokens.picture(actor.agency_id) if keeps_seal else None,
        keeps_seal=keeps_seal, uses=tokens_uses.of_person(actor), reads=tokens_readers.may_read(actor),
        agent=config.current().agent_url.split()[0].replace("ws", "http", 1).rstrip("/") + "/",
    )  # fmt: skip


def create_picture(request):
    """POST /tokens/pictures"""
    form, actor = PictureForm(request.state.form), request.user
    if form.ok:
        try:
            return web.redirect("/tokens/mine", _load(actor, form))
        except errors.Invalid as error:
            form.fail(error)
    return show(request, 422, form)


def show_picture(request):
    """GET /tokens/pictures/mine.png, and seal.png for who keeps it; nothing where there is none yet."""
    seal = request.url.path.endswith("/seal.png")
    found = tokens.picture(request.user.agency_id, None if seal else request.user.id)
    if found is None:
        return Response(status_code=204)
    return Response(found.file.read(), media_type="image/png", headers={"Cache-Control": "no-store"})


def _load(actor, form) -> str:
    """Keep the picture; returns what to say. Raises Invalid with the refusing remark."""
    seal, remarks = form.whose == "seal", []

    def judge(path):
        kind = "organisation" if seal else "person"
        remarks.extend(appearance.judge_picture(path.read_bytes(), kind, form.diameter or 36.0))
        wrong = [remark.words for remark in remarks if remark.refuses]
        if wrong:
            raise errors.Invalid({"picture": " ".join(wrong)})

    person = None if seal else _person(actor, form.whose)
    stored, name, media_type = keep_upload(form.file[0], {"png"}, LARGEST_PICTURE_MB, "picture", judge)
    with db.write():
        row = files.record(stored, name, media_type)
        tokens.load_picture(actor, row, person=person, diameter_mm=form.diameter)
    return " ".join(["Đã lưu hình.", *(f"Lưu ý: {remark.words}" for remark in remarks)])


def _person(actor, whose) -> users.Person:
    if whose == "mine":
        return actor.person
    posts = users.holders(actor.agency_id)
    found = next((post.person for post in posts if str(post.person_id) == whose), None)
    if found is None or not actor.has(lookups.ADMIN):
        raise errors.NotAllowed(
            "Chỉ chính người đó, hoặc quản trị có ghi nhật ký, tải được hình chữ ký của một người."
        )
    return found


ROUTES = [
    Route("/tokens/mine", web.endpoint(show), methods=["GET"]),
    Route("/tokens/pictures", web.endpoint(create_picture), methods=["POST"]),
    Route("/tokens/pictures/mine.png", web.endpoint(show_picture), methods=["GET"]),
    Route("/tokens/pictures/seal.png", web.endpoint(show_picture, roles=SEAL_KEEPERS), methods=["GET"]),
]
