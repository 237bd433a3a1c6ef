"""Thu hồi văn bản đã phát hành: the form, and who has cancelled it and who has not (Quy chế 12.6)."""

from starlette.routing import Route

import jobs
from models import errors, exchange, lookups, permissions, recalls
from views import forms, web
from views.exchange import KINDS

ASKERS = (lookups.CLERK, lookups.LEADER)


class RecallForm(forms.Form):
    """Why, on whose order, and from whom."""

    def parse(self):
        self.reason = self.text("reason", longest=1000)
        self.ordered_by = self.text("ordered_by", longest=200)
        self.chosen = {
            int(value) for value in self.values("consignments") if value.isdecimal() and len(value) < 15
        }


def show(request):
    """GET /outgoing/{id}/recall"""
    doc = permissions.get(request.user, request.path_params["id"], "outgoing")
    waiting = [str(one.id) for one in recalls.open_lines(doc)]
    signer = f"{doc.signer_name} – {doc.signer_position}" if doc.signer_name else ""
    form = RecallForm(consignments=waiting, ordered_by=signer)
    return web.page(request, "recalls/show.html", **_context(request, doc, form))


def create(request):
    """POST /outgoing/{id}/recall: message to each chosen recipient, the document frozen at once."""
    doc = permissions.get(request.user, request.path_params["id"], "outgoing")
    form = RecallForm(request.state.form)
    chosen = [one for one in recalls.open_lines(doc) if one.id in form.chosen]
    if not chosen and not recalls.may_ask(doc, request.user):
        form.errors["consignments"] = "Hãy chọn ít nhất một nơi nhận để thu hồi."
    if form.ok:
        try:
            recalls.ask(doc, request.user, form.reason, form.ordered_by, chosen)
        except errors.Invalid as error:
            form.fail(error)
        else:
            jobs.wake("status")
            return web.go(
                request, f"/outgoing/{doc.id}/recall", "Đã gửi yêu cầu thu hồi. Bảng dưới đây tự cập nhật."
            )
    return web.page(request, "recalls/show.html", status=422, **_context(request, doc, form))


def matrix(request):
    """GET /outgoing/{id}/recall/matrix: the table alone, asked again while somebody has not answered."""
    doc = permissions.get(request.user, request.path_params["id"], "outgoing")
    return web.part(request, "recalls/_matrix.html", **_context(request, doc, RecallForm()))


def _context(request, doc, form) -> dict:
    lines = exchange.sent(doc)
    messages = exchange.messages_of(lines)
    rows = [
        {"one": one, "kind": KINDS.get(one.state, ""), "answer": _answer(messages[one.id]),
         "told": _told(messages[one.id])}
        for one in lines
        if one.recall_asked_at
    ]  # fmt: skip
    return {
        "doc": doc,
        "form": form,
        "rows": rows,
        "waiting": [one for one in lines if one.state == "recall_asked"],
        "choices": [
            (str(one.id), f"{one.partner_name} ({one.label.lower()})") for one in recalls.open_lines(doc)
        ],
        "refusal": recalls.may_ask(doc, request.user),
        "recalls": recalls.of(doc),
        "paper": [line for line in doc.recipients if not line.electronic or line.paper_copies],
    }


def _answer(messages):
    return next((one for one in reversed(messages) if one.status in ("recalled", "recall_refused")), None)


def _told(messages):
    return next((one for one in messages if one.status == "recall_asked"), None)


ROUTES = [
    Route("/outgoing/{id:int}/recall", web.endpoint(show, roles=ASKERS)),
    Route("/outgoing/{id:int}/recall", web.endpoint(create, roles=ASKERS), methods=["POST"]),
    Route("/outgoing/{id:int}/recall/matrix", web.endpoint(matrix, roles=ASKERS)),
]
