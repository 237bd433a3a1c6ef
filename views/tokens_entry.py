"""Ghi chứng thư và thiết bị vào sổ; thay chứng thư trên cùng thiết bị: from a file, or read off the device plugged in."""

import base64
import binascii

from starlette.routing import Route

from models import config, errors, permissions, tokens_entry, tokens_loss, tokens_readers, users
from signing import certificates
from views import forms, web
from views.signatures import for_loopback
from views.trust import certificate_of

MOST_CHAIN = 5
WRONG = "Dữ liệu chứng thư từ thiết bị không đọc được. Hãy đọc lại, hoặc chọn tệp chứng thư."


class EntryForm(forms.Form):
    """A certificate, from a file or from the device; whose it is; what device carries it."""

    def parse(self):
        self.file = self.uploads("certificate")
        self.read = self.text("read", longest=20_000)
        if not self.file and not self.read:
            self.errors["certificate"] = (
                "Hãy chọn tệp chứng thư (.cer, .crt, .pem), hoặc đọc từ thiết bị đang cắm."
            )
        self.chain = self.text("chain", longest=100_000)
        self.whose = self.text("whose")
        self.person = (
            int(self.whose)
            if self.whose.isascii() and self.whose.isdecimal() and len(self.whose) < 16
            else None
        )
        self.serial = self.text("serial", longest=50)
        self.place = self.text("place", longest=200)

    def der(self) -> bytes:
        """The certificate, as it came. Raises Invalid."""
        if self.file:
            return certificate_of(self.file[0], "certificate")
        try:
            der = base64.b64decode(self.read, validate=True)
            certificates.load(der)
        except (binascii.Error, ValueError, certificates.BadCertificate) as error:
            raise errors.Invalid({"certificate": WRONG}) from error
        return der

    def authorities(self) -> bytes:
        """The intermediates that came from the device, one after the other."""
        found = []
        for part in self.chain.split()[:MOST_CHAIN]:
            try:
                der = base64.b64decode(part, validate=True)
            except (binascii.Error, ValueError):
                continue
            if certificates.is_authority(der):
                found.append(der)
        return b"".join(found)


def new(request, status=200, form=None):
    """GET /tokens/certificates/new"""
    actor = request.user
    permissions.require(actor, *tokens_entry.RECORDERS)
    people = [(post.person_id, post.label) for post in users.holders(actor.agency_id)]
    return _page(request, "tokens/entry.html", status=status, form=form or EntryForm(), people=people,
                 reads=tokens_readers.may_read(actor))  # fmt: skip


def create(request):
    """POST /tokens/certificates"""
    actor, form = request.user, EntryForm(request.state.form)
    permissions.require(actor, *tokens_entry.RECORDERS)
    if form.ok:
        try:
            der = form.der()
            tokens_entry.bind(
                actor, der, certificates.read_certificate(der), _person(actor, form), form.authorities(),
                software=form.whose == "software", serial=form.serial, place=form.place,
            )  # fmt: skip
        except errors.Invalid as error:
            form.fail(error)
        else:
            back = "/tokens" if tokens_readers.may_read(actor) else "/tokens/certificates/new"
            return web.redirect(back, "Đã ghi chứng thư vào sổ thiết bị.")
    return new(request, 422, form)


def new_renewal(request, status=200, form=None):
    """GET /tokens/{id}/renewal"""
    actor = request.user
    token = tokens_readers.look_at(actor, request.path_params["id"], "thay chứng thư")
    if not any(verb == "renew" for verb, *_ in tokens_loss.offers(actor, token)):
        raise errors.Refused("Thiết bị này không còn dùng, hoặc việc này không thuộc quyền của bạn.")
    return _page(request, "tokens/renewal.html", status=status, form=form or EntryForm(), token=token)


def create_renewal(request):
    """POST /tokens/{id}/renewal"""
    actor, form = request.user, EntryForm(request.state.form)
    token = tokens_readers.reach(actor, request.path_params["id"])
    tokens_readers.require(actor)
    if form.ok:
        try:
            der = form.der()
            tokens_entry.renew(actor, token, der, certificates.read_certificate(der), form.authorities())
            return web.redirect(f"/tokens/{token.id}", "Đã thay chứng thư; người giữ thiết bị vẫn như trước.")
        except errors.Invalid as error:
            form.fail(error)
    return new_renewal(request, 422, form)


def _page(request, template, status, **context):
    """A page that may talk to the signing program of its PC, to read the device plugged in there."""
    return for_loopback(
        web.page(request, template, status=status, agent=config.current().agent_url, **context)
    )


def _person(actor, form) -> users.Person | None:
    if form.whose in ("", "software"):
        return None
    post = next((one for one in users.holders(actor.agency_id) if one.person_id == form.person), None)
    if post is None:
        raise errors.Invalid({"whose": "Người này không có chức danh trong cơ quan."})
    return post.person


ROUTES = [
    Route("/tokens/certificates/new", web.endpoint(new), methods=["GET"]),
    Route("/tokens/certificates", web.endpoint(create), methods=["POST"]),
    Route("/tokens/{id:int}/renewal", web.endpoint(new_renewal), methods=["GET"]),
    Route("/tokens/{id:int}/renewal", web.endpoint(create_renewal), methods=["POST"]),
]
