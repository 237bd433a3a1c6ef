"""Đính chính, thay thế, thêm nơi nhận (ND30 Điều 18.3): begun by the sender, seen field by field at the receiver."""

from starlette.routing import Route

import jobs
from models import documents, errors, lookups, permissions, updates
from views import forms, web
from views import outgoing_recipients as picking

CLERKS = (lookups.CLERK,)
ANSWERS = (lookups.CLERK, lookups.LEADER)


class RecipientsForm(forms.Form):
    """Agencies that get the document as well."""

    def parse(self):
        self.recipient_ids = [
            int(one) for one in self.values("recipients") if one.isdecimal() and len(one) < 10
        ]
        self.words = self.text("words", longest=100)
        self.searches = self.data.get("act") == "search"


class AnswerForm(forms.Form):
    """Why an update is declined."""

    def parse(self):
        self.reason = self.text("reason", longest=1000)


def show(request):
    """GET /outgoing/{id}/update"""
    doc = permissions.get(request.user, request.path_params["id"], "outgoing")
    return web.page(request, "updates/show.html", **_context(request, doc, RecipientsForm()))


def create_correction(request):
    """POST /outgoing/{id}/correction: a công văn that corrects it, to be drafted."""
    return _begin(request, updates.CORRECT)


def create_replacement(request):
    """POST /outgoing/{id}/replacement: a document of the same form that takes its place, to be drafted."""
    return _begin(request, updates.REPLACE)


def create_recipients(request):
    """POST /outgoing/{id}/recipients: the released document to further agencies."""
    doc = permissions.get(request.user, request.path_params["id"], "outgoing")
    form = RecipientsForm(request.state.form)
    if not form.searches:
        try:
            sent = updates.add_recipients(doc, request.user, picking.agencies_of(form.recipient_ids))
        except errors.Invalid as error:
            form.fail(error)
        else:
            jobs.wake("deliver")
            return web.go(request, f"/outgoing/{doc.id}/dispatch", f"Đang gửi thêm tới {len(sent)} nơi nhận.")
    status = 200 if form.searches else 422
    return web.page(request, "updates/show.html", status=status, **_context(request, doc, form))


def show_received(request):
    """GET /incoming/{id}/update: what this document changes in the earlier one."""
    doc = permissions.get(request.user, request.path_params["id"], "incoming")
    return web.page(request, "updates/received.html", **_received(request, doc, AnswerForm()))


def create_agreement(request):
    """POST /incoming/{id}/update/agreement: 15 to the sender."""
    doc = permissions.get(request.user, request.path_params["id"], "incoming")
    updates.answer(doc, request.user, True)
    jobs.wake("status")
    return web.go(request, f"/incoming/{doc.id}/update", "Đã báo nơi gửi: đồng ý cập nhật.")


def create_refusal(request):
    """POST /incoming/{id}/update/refusal: 16 with the reason."""
    doc = permissions.get(request.user, request.path_params["id"], "incoming")
    form = AnswerForm(request.state.form)
    try:
        updates.answer(doc, request.user, False, form.reason)
    except errors.Invalid as error:
        form.fail(error)
        return web.page(request, "updates/received.html", status=422, **_received(request, doc, form))
    jobs.wake("status")
    return web.go(request, f"/incoming/{doc.id}/update", "Đã báo nơi gửi: từ chối cập nhật, kèm lý do.")


def _begin(request, kind):
    doc = permissions.get(request.user, request.path_params["id"], "outgoing")
    new = updates.begin(doc, request.user, kind)
    return web.go(
        request, f"/outgoing/{new.id}", f"Đã lập dự thảo {updates.WORDS[kind]}, đủ nơi nhận như văn bản cũ."
    )


def _context(request, doc, form) -> dict:
    made = [(kind, one) for kind in (updates.REPLACE, updates.CORRECT) for one in updates.made_of(doc, kind)]
    seen = {one.id for one in permissions.visible(request.user, "outgoing").where(
        documents.Document.id.in_([one.id for _, one in made]))}  # fmt: skip
    words = form.words if form.data is not None else ""
    return {
        "doc": doc, "form": form, "refusal": updates.may_begin(doc, request.user), "kinds": updates.WORDS,
        "made": [(kind, one) for kind, one in made if one.id in seen], "may_add": request.user.has(*CLERKS),
        **picking.of_form(request.user, form, words),
    }  # fmt: skip


def _received(request, doc, form) -> dict:
    pairs = [(kind, old, updates.changes(doc, old, kind)) for kind, old in updates.replaces(doc)]
    if not pairs:
        raise errors.NotFound("Văn bản này không đính chính, không thay thế văn bản nào đã nhận.")
    return {"doc": doc, "form": form, "pairs": pairs, "kinds": updates.WORDS, "answer": updates.answer_of(doc),
            "refusal": updates.may_answer(doc, request.user)}  # fmt: skip


ROUTES = [
    Route("/outgoing/{id:int}/update", web.endpoint(show)),
    Route("/outgoing/{id:int}/correction", web.endpoint(create_correction), methods=["POST"]),
    Route("/outgoing/{id:int}/replacement", web.endpoint(create_replacement), methods=["POST"]),
    Route("/outgoing/{id:int}/recipients", web.endpoint(create_recipients, roles=CLERKS), methods=["POST"]),
    Route("/incoming/{id:int}/update", web.endpoint(show_received)),
    Route(
        "/incoming/{id:int}/update/agreement", web.endpoint(create_agreement, roles=ANSWERS), methods=["POST"]
    ),
    Route("/incoming/{id:int}/update/refusal", web.endpoint(create_refusal, roles=ANSWERS), methods=["POST"]),
]
