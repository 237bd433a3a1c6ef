"""Thiết bị ký số: certificates, the agency's device and its keeper, pictures (Quy chế 5, 6.1)."""

import tempfile
from pathlib import Path

from starlette.routing import Route

from models import errors, files, filetypes, lookups, tokens, tokens_custody, tokens_entry, users
from signing import certificates
from views import forms, trust, web

KEEPERS = (lookups.ADMIN, lookups.CLERK, lookups.LEADER)
LARGEST_PICTURE_MB = 2


class CertificateForm(forms.Form):
    """A certificate file and whose it is."""

    def parse(self):
        self.file = self.uploads("certificate", needed="Hãy chọn tệp chứng thư (.cer, .crt, .pem).")
        self.person = self.number("person")


class CustodyForm(forms.Form):
    """The hand-over of the agency's device."""

    def parse(self):
        self.certificate = self.number("certificate", needed="Hãy chọn chứng thư của thiết bị.")
        self.keeper = self.number("keeper", needed="Hãy chọn người nhận.")
        self.minutes_number = self.text("minutes_number", longest=50)
        self.minutes_date = self.day("minutes_date")
        self.serial = self.text("serial", longest=50)
        self.place = self.text("place", longest=200)
        self.condition = self.text("condition", longest=200)


class PictureForm(forms.Form):
    """The picture of one's own signature, or the seal's with its diameter."""

    def parse(self):
        self.file = self.uploads("picture", needed="Hãy chọn ảnh PNG nền trong suốt.")
        self.whose = self.choice(
            "whose", ("mine", "seal"), needed="Hãy chọn hình chữ ký của bạn hoặc con dấu cơ quan."
        )
        self.diameter = self.number("diameter_mm")


def show(request, status=200, **wrong):
    """GET /tokens"""
    actor = request.user
    agency = actor.agency_id
    return web.page(
        request, "tokens/show.html", status=status, certificates=tokens.certificates(agency),
        devices=tokens.devices(agency), custodies=[],
        people=[(post.person_id, post.label) for post in users.holders(agency)],
        clerks=[(post.id, post.label) for post in users.holders(agency, lookups.CLERK)],
        seal=tokens.picture(agency), mine=tokens.picture(agency, actor.id),
        forms={
            "certificate": CertificateForm(), "custody": CustodyForm(), "picture": PictureForm(whose="mine"),
        } | wrong,
    )  # fmt: skip


def create_certificate(request):
    """POST /tokens/certificates"""
    form = CertificateForm(request.state.form)
    if form.ok:
        try:
            der = trust.certificate_of(form.file[0], "certificate")
            person = None
            if form.person:
                post = next(
                    (p for p in users.holders(request.user.agency_id) if p.person_id == form.person), None
                )
                if post is None:
                    raise errors.Invalid({"person": "Người này không có chức danh trong cơ quan."})
                person = post.person
            tokens_entry.bind(request.user, der, certificates.read_certificate(der), person)
            return web.redirect("/tokens", "Đã ghi chứng thư.")
        except errors.Invalid as error:
            form.fail(error)
    return show(request, 422, certificate=form)


def end_certificate(request):
    """POST /tokens/certificates/{id}/end"""
    tokens_entry.strike(request.user, tokens.device_of(_of_agency(request)), "Ghi nhầm")
    return web.redirect("/tokens", "Chứng thư không còn được dùng để ký trong hệ thống.")


def create_custody(request):
    """POST /tokens/custody"""
    form = CustodyForm(request.state.form)
    if form.ok:
        try:
            tokens_custody.open_hand_over(
                request.user, tokens.device_of(_of_agency(request, form.certificate)),
                users.holder(request.user.agency_id, form.keeper), minutes_number=form.minutes_number,
                minutes_date=form.minutes_date, place=form.place, condition=form.condition,
            )  # fmt: skip
            return web.redirect("/tokens", "Đã ghi biên bản bàn giao; người giữ mới ký được từ lúc này.")
        except errors.Invalid as error:
            form.fail(error)
    return show(request, 422, custody=form)


def create_picture(request):
    """POST /tokens/pictures"""
    form = PictureForm(request.state.form)
    if form.ok:
        try:
            stored = _picture(form.file[0])
            person = request.user.person if form.whose == "mine" else None
            tokens.load_picture(request.user, stored, person=person, diameter_mm=form.diameter)
            return web.redirect("/tokens", "Đã lưu hình.")
        except errors.Invalid as error:
            form.fail(error)
    return show(request, 422, picture=form)


def _of_agency(request, certificate_id=None) -> tokens.Certificate:
    wanted = certificate_id or request.path_params["id"]
    found = next((row for row in tokens.certificates(request.user.agency_id) if row.id == wanted), None)
    if found is None:
        raise errors.NotFound()
    return found


def _picture(upload) -> files.File:
    """Store an uploaded PNG. Raises Invalid when it is something else."""
    with tempfile.NamedTemporaryFile(dir=files.spool()) as spooled:
        spooled.write(upload.file.read((LARGEST_PICTURE_MB << 20) + 1))
        spooled.flush()
        kind = filetypes.accept(Path(spooled.name), upload.filename, {"png"}, LARGEST_PICTURE_MB, "picture")
        return files.put(Path(spooled.name), filetypes.safe_name(upload.filename), kind.media_type)


ROUTES = [
    Route("/tokens", web.endpoint(show, roles=KEEPERS), methods=["GET"]),
    Route("/tokens/certificates", web.endpoint(create_certificate, roles=KEEPERS), methods=["POST"]),
    Route("/tokens/certificates/{id:int}/end", web.endpoint(end_certificate, roles=KEEPERS), methods=["POST"]),
    Route("/tokens/custody", web.endpoint(create_custody, roles=KEEPERS), methods=["POST"]),
    Route("/tokens/pictures", web.endpoint(create_picture, roles=KEEPERS), methods=["POST"]),
]  # fmt: skip
