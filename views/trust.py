"""Danh sách tin cậy: the authorities whose certificates count, kept by the province (NĐ 68: chuyên dùng công vụ)."""

from asn1crypto import pem
from starlette.routing import Route

from models import errors, lookups, trust
from signing import BadCertificate, certificates
from views import forms, web

SEES = (lookups.PROVINCE_ADMIN, lookups.ADMIN, lookups.CLERK, lookups.LEADER)
LARGEST_CERTIFICATE = 64 << 10


class TrustForm(forms.Form):
    """A certificate authority to accept."""

    def parse(self):
        self.file = self.uploads("authority", needed="Hãy chọn tệp chứng thư của nơi cấp.")
        self.role = self.choice("role", ("root", "intermediate", "tsa"), needed="Hãy chọn vai trò.")
        self.decision = self.text("decision", needed="Hãy ghi căn cứ (số, ngày văn bản).", longest=200)


def show(request, status=200, form=None):
    """GET /trust"""
    return web.page(
        request, "trust/show.html", status=status, roots=trust.trusted(), form=form or TrustForm()
    )


def create(request):
    """POST /trust"""
    form = TrustForm(request.state.form)
    if form.ok:
        try:
            der = certificate_of(form.file[0], "authority")
            trust.trust(request.user, der, certificates.read_certificate(der), form.role, form.decision)
            return web.redirect("/trust", "Đã thêm nơi cấp vào danh sách tin cậy.")
        except errors.Invalid as error:
            form.fail(error)
    return show(request, 422, form)


def end(request):
    """POST /trust/{id}/end"""
    root = trust.TrustRoot.get_or_none(trust.TrustRoot.id == request.path_params["id"])
    if root is None:
        raise errors.NotFound()
    trust.distrust(request.user, root)
    return web.redirect("/trust", "Đã bỏ nơi cấp khỏi danh sách tin cậy.")


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


ROUTES = [
    Route("/trust", web.endpoint(show, roles=SEES), methods=["GET"]),
    Route("/trust", web.endpoint(create, roles=(lookups.PROVINCE_ADMIN,)), methods=["POST"]),
    Route("/trust/{id:int}/end", web.endpoint(end, roles=(lookups.PROVINCE_ADMIN,)), methods=["POST"]),
]
