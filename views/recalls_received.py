"""Văn bản đến bị nơi gửi thu hồi: what was cancelled, whom it had gone on to, the head's decision, and open pages that turn."""

from starlette.responses import Response
from starlette.routing import Route

import jobs
from models import (
    documents,
    errors,
    exchange,
    lookups,
    permissions,
    recalls,
    recalls_decisions,
    recalls_forwards,
    recalls_papers,
    recalls_rows,
    recalls_words,
)
from views import forms, web

SEES = (lookups.CLERK, lookups.LEADER, lookups.ARCHIVIST, lookups.UNIT_HEAD, lookups.OFFICER)
DECIDES = (lookups.LEADER,)


class ObjectionForm(forms.Form):
    """Why the head keeps a document that is asked back."""

    def parse(self):
        self.reason = self.text("reason", longest=1000)


def show(request):
    """GET /incoming/{id}/recall"""
    doc, recall = _found(request)
    return web.page(request, "recalls_received/show.html", **_context(request, doc, recall, ObjectionForm()))


def create_cancellation(request):
    """POST /incoming/{id}/recall/cancellation: the head does not wait."""
    doc, recall = _found(request)
    recalls_decisions.accept(recall, request.user)
    jobs.wake("erase", "status")
    return web.go(request, f"/incoming/{doc.id}/recall", "Đã hủy văn bản; hệ thống xóa tệp rồi báo nơi gửi.")


def create_objection(request):
    """POST /incoming/{id}/recall/objection: message 16 with the reason."""
    doc, recall = _found(request)
    form = ObjectionForm(request.state.form)
    try:
        recalls_decisions.decline(recall, request.user, form.reason)
    except errors.Invalid as error:
        form.fail(error)
        context = _context(request, doc, recall, form)
        return web.page(request, "recalls_received/show.html", status=422, **context)
    jobs.wake("status", "pages")
    return web.go(request, f"/incoming/{doc.id}", "Đã báo nơi gửi từ chối thu hồi; văn bản mở lại như trước.")


def watch(request):
    """GET /documents/{id}/recalled: nothing (204) as long as it is not; then the open page is loaded anew (K7)."""
    model = documents.Document
    doc = (
        permissions.visible(request.user)
        .select(model.recalled_at)
        .where(model.id == request.path_params["id"])
        .first()
    )
    if doc is None:
        raise errors.NotFound()
    return Response(status_code=204) if doc.recalled_at is None else Response(headers={"HX-Refresh": "true"})


def _found(request):
    doc = permissions.get(request.user, request.path_params["id"], "incoming")
    recall = next(iter(reversed(recalls.of(doc))), None)
    if recall is None:
        raise errors.NotFound("Văn bản này chưa bị yêu cầu thu hồi.")
    return doc, recall


def _context(request, doc, recall, form) -> dict:
    model, one = exchange.StatusMessage, recall.consignment
    rows = (
        one.messages.where(model.direction == "out", model.status.in_(("recalled", "recall_refused")))
        if one
        else None
    )
    answer = rows.order_by(model.id.desc()).first() if rows is not None else None
    touched = {
        row.id: row
        for row in [*recalls_forwards.answering(doc), *recalls_forwards.answering_with_files(recall)]
    }
    return {
        "doc": doc, "recall": recall, "form": form, "kinds": recalls_rows.KINDS,
        "graves": list(recall.tombstones.order_by(recalls_rows.Tombstone.id)),
        "nodes": recalls_forwards.tree(recall), "touched": _seen(request.user, touched),
        "papers": recalls_papers.of([recall.id]),
        "may_decide": recalls_decisions.may_decide(recall, request.user), "may_tick": request.user.has(lookups.CLERK),
        "answer": answer,
        "said": recalls_words.read_answer(answer.description)[0] if answer else "",
    }  # fmt: skip


def _seen(actor, found):
    return list(permissions.visible(actor).where(documents.Document.id.in_(list(found))))


ROUTES = [
    Route("/incoming/{id:int}/recall", web.endpoint(show, roles=SEES)),
    Route(
        "/incoming/{id:int}/recall/cancellation",
        web.endpoint(create_cancellation, roles=DECIDES),
        methods=["POST"],
    ),
    Route(
        "/incoming/{id:int}/recall/objection", web.endpoint(create_objection, roles=DECIDES), methods=["POST"]
    ),
    Route("/documents/{id:int}/recalled", web.endpoint(watch, watching=True)),
]
