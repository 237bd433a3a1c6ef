"""Bản giấy đến sau: found by its number and joined to the document received electronically (Quy chế 11.1.b)."""

from starlette.routing import Route

from models import carriers, clock, errors, lookups, paper_arrivals, permissions
from views import forms, web

CLERKS = (lookups.CLERK,)


class ArrivalForm(forms.Form):
    """The day the paper came, how many copies, where it is kept."""

    def parse(self):
        self.on = self.day("day")
        self.copies = self.number("copies", least=1, most=paper_arrivals.MOST_COPIES) or 1
        self.place = self.text("place", longest=200)
        self.note = self.text("note", longest=200)


def find(request):
    """GET /incoming/paper-copies?number=…"""
    typed = request.query_params.get("number", "")[:60]
    rows = paper_arrivals.matching(request.user, typed) if typed else []
    form = ArrivalForm(None, day=clock.today(), copies=1)
    return _page(request, typed, rows, form)


def create(request):
    """POST /incoming/{id}/paper-copy"""
    doc = permissions.get(request.user, request.path_params["id"], "incoming")
    form = ArrivalForm(request.state.form)
    if form.ok:
        try:
            paper_arrivals.record(doc, request.user, form.on, form.copies, form.place, form.note)
        except errors.Invalid as error:
            form.fail(error)
        else:
            words = f"Đã ghi nhận bản giấy của văn bản {doc.number_text}. Việc giải quyết không phải chờ bản giấy."
            return web.go(request, f"/incoming/{doc.id}", words)
    return _page(request, doc.number_text, [doc], form, 422)


def _page(request, typed, rows, form, status=200):
    return web.page(
        request, "paper/arrivals.html", status=status, typed=typed, rows=rows, form=form,
        arrived=paper_arrivals.of_many(rows), sources=lookups.SOURCES,
        later=[] if typed else carriers.came_later(request.user),
    )  # fmt: skip


ROUTES = [
    Route("/incoming/paper-copies", web.endpoint(find, roles=CLERKS), methods=["GET"]),
    Route("/incoming/{id:int}/paper-copy", web.endpoint(create, roles=CLERKS), methods=["POST"]),
]
