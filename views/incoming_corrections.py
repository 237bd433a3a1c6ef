"""Sửa dòng đã vào sổ: the form, and what was put right before (C14)."""

from starlette.routing import Route

from models import errors, incoming_corrections, lookups, permissions
from views import incoming_page, web

CLERKS = (lookups.CLERK,)


class CorrectionForm(incoming_page.RegistrationForm):
    """The fields of a registered line, and why they are changed."""

    FIELDS = (*incoming_page.RegistrationForm.FIELDS, "parent_organ_name", "place")

    def parse(self):
        super().parse()
        self.fields["parent_organ_name"] = self.text("parent_organ_name", longest=200)
        self.fields["place"] = self.text("place", longest=100)

    @classmethod
    def of_line(cls, doc):
        """Filled with the line as it stands."""
        return cls(None, **{name: getattr(doc, name) for name in cls.FIELDS})


def ask(request):
    """GET /incoming/{id}/correction"""
    doc = _load(request)
    return _page(request, doc, CorrectionForm.of_line(doc))


def create(request):
    """POST /incoming/{id}/correction"""
    doc, form = _load(request), CorrectionForm(request.state.form)
    if form.ok:
        fields = {name: value for name, value in form.fields.items() if name in request.state.form}
        try:
            rows = incoming_corrections.correct(doc, request.user, fields, form.reason)
        except errors.Invalid as error:
            form.fail(error)
        else:
            told = (
                f"Đã sửa {len(rows)} mục; giá trị cũ vẫn đọc được trong sổ."
                if rows
                else "Không có gì thay đổi."
            )
            return web.go(request, f"/incoming/{doc.id}", told)
    return _page(request, doc, form, 422)


def _load(request):
    doc = permissions.get(request.user, request.path_params["id"], "incoming")
    if doc.arrival_number is None:
        raise errors.Refused("Văn bản chưa vào sổ: hãy sửa ngay trên phiếu vào sổ ở Chờ lưu trữ.")
    return doc


def _page(request, doc, form, status=200):
    return web.page(
        request, "incoming/correction.html", status=status, doc=doc, form=form, types=incoming_page.TYPES,
        corrections=incoming_corrections.of(doc),
    )  # fmt: skip


ROUTES = [
    Route("/incoming/{id:int}/correction", web.endpoint(ask, roles=CLERKS), methods=["GET"]),
    Route("/incoming/{id:int}/correction", web.endpoint(create, roles=CLERKS), methods=["POST"]),
]
