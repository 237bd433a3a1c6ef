"""Nơi cấp tin cậy: whose certificates count, for which purpose and time, and the rule for unsigned documents (NĐ 68).

An authority comes in by two steps: the file is read and shown with its fingerprint, and only what was compared with the
published one is confirmed.
"""

import base64
import binascii
import tempfile
from dataclasses import replace
from datetime import datetime, time
from pathlib import Path

from asn1crypto import pem
from starlette.routing import Route

from models import clock, errors, files, filetypes, lookups, permissions, text, trust
from signing import BadCertificate, certificates
from views import forms, web

SEES = (lookups.PROVINCE_ADMIN, lookups.ADMIN, lookups.CLERK, lookups.LEADER)
PROVINCE = (lookups.PROVINCE_ADMIN,)
LARGEST_CERTIFICATE = 64 << 10
LARGEST_STATEMENT_MB = 20
KINDS = {"official": "Gốc – chuyên dùng công vụ", "public": "Gốc – công cộng", "time": "Gốc – dấu thời gian",
         "intermediate": "Nơi cấp cấp dưới (giúp nối chuỗi tới gốc)"}  # fmt: skip


class TrustForm(forms.Form):
    """The file of an authority, what it is for, and since when it is trusted."""

    def parse(self):
        self.file = self.uploads("authority", needed="Hãy chọn tệp chứng thư của nơi cấp (.cer, .crt, .pem).")
        _read_facts(self)


class ConfirmForm(forms.Form):
    """The same facts again with the certificate itself, after the fingerprint was compared."""

    def parse(self):
        self.der = _der(self._raw("der"))
        _read_facts(self)
        if not self.yes("compared"):
            self.errors["compared"] = (
                "Hãy so vân tay với bản nơi cấp công bố, rồi đánh dấu. Chưa có gì được thêm."
            )


class PeriodForm(forms.Form):
    """Between which days an authority is trusted, and why that changes."""

    def parse(self):
        self.valid_from, self.valid_until = _from(self), _until(self)
        self.why = self.text("why", longest=200)


def show(request, status=200, form=None):
    """GET /trust"""
    return web.page(
        request, "trust/show.html", status=status, roots=[described(row) for row in trust.trusted()],
        removed=trust.removed(), form=form or TrustForm(None, kind="official"), kinds=KINDS, tabs=tabs(request),
        rule=trust.unsigned_rule(), rules=trust.UNSIGNED,
    )  # fmt: skip


def create(request):
    """POST /trust: read the file and show what it is; nothing is added yet."""
    form = TrustForm(request.state.form)
    if form.ok:
        try:
            return _ask(request, certificate_of(form.file[0], "authority"), form)
        except errors.Invalid as error:
            form.fail(error)
    return show(request, 422, form)


def confirm(request):
    """POST /trust/confirmation: the compared authority is added."""
    form = ConfirmForm(request.state.form)
    if not form.der:
        return show(request, 422)
    if form.ok:
        try:
            trust.trust(
                request.user, form.der, certificates.read_certificate(form.der), form.role, form.decision,
                purpose=form.purpose, valid_from=form.valid_from, valid_until=form.valid_until,
            )  # fmt: skip
            return web.redirect("/trust", "Đã thêm nơi cấp vào danh sách tin cậy.")
        except errors.Invalid as error:
            form.fail(error)
    return _ask(request, form.der, form, 422)


def show_one(request, status=200, form=None, wrong=None):
    """GET /trust/{id}: one authority with everything known of it."""
    root = trust.load(request.path_params["id"])
    form = form or PeriodForm(None, valid_from=_shown(root.valid_from), valid_until=_shown(root.valid_until))
    return web.page(
        request, "trust/one.html", status=status, one=described(root), form=form, wrong=wrong or forms.Form()
    )


def set_period(request):
    """POST /trust/{id}/period"""
    root, form = trust.load(request.path_params["id"]), PeriodForm(request.state.form)
    if form.ok:
        try:
            trust.set_period(request.user, root, form.valid_from, form.valid_until, form.why)
            return web.redirect(
                f"/trust/{root.id}", "Đã đổi thời gian tin cậy; chữ ký cũ vẫn xét theo ngày ký."
            )
        except errors.Invalid as error:
            form.fail(error)
    return show_one(request, 422, form)


def end(request):
    """POST /trust/{id}/end: take out what was entered by mistake."""
    root = trust.load(request.path_params["id"])
    wrong = forms.Form()
    try:
        trust.distrust(request.user, root, request.state.form.get("why", "")[:200])
    except errors.Invalid as error:
        wrong.fail(error)
        return show_one(request, 422, wrong=wrong)
    return web.redirect("/trust", f"Đã gỡ «{root.name}» khỏi danh sách tin cậy; dòng này vẫn xem lại được.")


def create_statement(request):
    """POST /trust/{id}/statement: the authority's practice statement as a PDF."""
    root, wrong = trust.load(request.path_params["id"]), forms.Form()
    uploaded = request.state.form.get("statement")
    try:
        if not getattr(uploaded, "filename", ""):
            raise errors.Invalid({"statement": "Hãy chọn tệp PDF quy chế chứng thực của nơi cấp."})
        trust.attach_statement(request.user, root, _pdf(uploaded))
    except errors.Invalid as error:
        wrong.fail(error)
        return show_one(request, 422, wrong=wrong)
    return web.redirect(f"/trust/{root.id}", "Đã gắn quy chế chứng thực.")


def set_rule(request):
    """POST /trust/rule: what happens with electronic documents that carry no signature."""
    chosen = request.state.form.get("unsigned")
    if chosen not in trust.UNSIGNED:
        raise errors.Invalid("Hãy chọn một cách xử lý.")
    trust.set_unsigned_rule(request.user, chosen)
    return web.redirect("/trust", "Đã đổi cách xử lý văn bản điện tử không ký số; áp dụng từ bây giờ.")


def tabs(request) -> list[dict]:
    """The pages of the trust store."""
    pages = [
        ("/trust", "Nơi cấp"),
        ("/trust/lists", "Danh sách thu hồi"),
        ("/trust/addresses", "Địa chỉ gọi ra"),
    ]
    return [
        {"url": url, "label": label, "count": 0, "current": request.url.path == url} for url, label in pages
    ]


def described(row) -> dict:
    """A row with what its certificate says."""
    try:
        info = _harmless(certificates.read_certificate(bytes(row.der)))
    except BadCertificate:
        info = None
    now = clock.now()
    state = ("removed" if row.removed_at else "ended" if row.valid_until and row.valid_until <= now
             else "coming" if row.valid_from and row.valid_from > now else "trusted")  # fmt: skip
    return {
        "row": row,
        "info": info,
        "state": state,
        "until": _shown(row.valid_until),
        "since": _shown(row.valid_from),
    }


def certificate_of(upload, field: str) -> bytes:
    """The DER bytes of an uploaded certificate. Raises Invalid at `field`."""
    content = upload.file.read(LARGEST_CERTIFICATE + 1)
    sentence = (
        "Tệp này không phải chứng thư số X.509. Hãy xuất chứng thư (không kèm khóa) dạng .cer rồi chọn lại."
    )
    if len(content) > LARGEST_CERTIFICATE:
        raise errors.Invalid({field: sentence})
    try:
        if pem.detect(content):
            content = pem.unarmor(content)[2]
        certificates.read_certificate(content)
    except (BadCertificate, ValueError) as error:
        raise errors.Invalid({field: sentence}) from error
    return content


def _ask(request, der, form, status=200):
    """What the file is, for comparing: subject, fingerprint, dates, purpose."""
    permissions.require(request.user, *PROVINCE)
    info = _harmless(certificates.read_certificate(der))
    if form.role != "tsa" and not certificates.is_authority(der):
        raise errors.Invalid(
            {"authority": f"«{info.name}» không phải chứng thư của một nơi cấp (thiếu quyền cấp chứng thư)."}
        )
    digits = info.sha256.upper()
    return web.page(
        request, "trust/confirm.html", status=status, info=info, form=form, kind_label=KINDS[form.kind],
        der=base64.b64encode(der).decode(), self_signed=info.subject == info.issuer or info.name == info.issuer,
        fingerprint=" ".join(digits[i : i + 4] for i in range(0, 64, 4)), now=clock.now(),
    )  # fmt: skip


def _harmless(info):
    """What a certificate says, without characters that turn or hide the reading."""
    names = ("name", "organisation", "subject", "issuer")
    return replace(info, **{name: text.harmless(getattr(info, name), 400) for name in names})


def _read_facts(form):
    form.kind = form.choice("kind", KINDS, needed="Hãy chọn nơi cấp này dùng để làm gì.")
    form.role = {"time": "tsa", "intermediate": "intermediate"}.get(form.kind, "root")
    form.purpose = form.kind if form.kind in trust.PURPOSES else "official"
    form.decision = form.text("decision", needed="Hãy ghi căn cứ (số, ngày văn bản).", longest=200)
    form.valid_from, form.valid_until = _from(form), _until(form)


def _from(form):
    day = form.day("valid_from")
    return datetime.combine(day, time(), clock.VIETNAM) if day else None


def _until(form):
    day = form.day("valid_until")
    return datetime.combine(day, time(), clock.VIETNAM) if day else None


def _shown(moment):
    return clock.local(moment).date() if moment else None


def _der(typed) -> bytes:
    """The certificate that came back from the page; nothing for one that is none."""
    try:
        der = base64.b64decode(typed, validate=True)
        certificates.read_certificate(der)
    except (binascii.Error, BadCertificate, ValueError):
        return b""
    return der


def _pdf(upload) -> files.File:
    with tempfile.NamedTemporaryFile(dir=files.spool()) as spooled:
        spooled.write(upload.file.read((LARGEST_STATEMENT_MB << 20) + 1))
        spooled.flush()
        kind = filetypes.accept(
            Path(spooled.name), upload.filename, {"pdf"}, LARGEST_STATEMENT_MB, "statement"
        )
        return files.put(Path(spooled.name), filetypes.safe_name(upload.filename), kind.media_type)


ROUTES = [
    Route("/trust", web.endpoint(show, roles=SEES), methods=["GET"]),
    Route("/trust", web.endpoint(create, roles=PROVINCE), methods=["POST"]),
    Route("/trust/confirmation", web.endpoint(confirm, roles=PROVINCE), methods=["POST"]),
    Route("/trust/rule", web.endpoint(set_rule, roles=PROVINCE), methods=["POST"]),
    Route("/trust/{id:int}", web.endpoint(show_one, roles=SEES), methods=["GET"]),
    Route("/trust/{id:int}/period", web.endpoint(set_period, roles=PROVINCE), methods=["POST"]),
    Route("/trust/{id:int}/end", web.endpoint(end, roles=PROVINCE), methods=["POST"]),
    Route("/trust/{id:int}/statement", web.endpoint(create_statement, roles=PROVINCE), methods=["POST"]),
]
