"""Phát hành: the clerk's desk — what waits, the checklist, number, seal and release, and the stamped paper copy."""

from starlette.responses import Response
from starlette.routing import Route

import jobs
from models import (
    config,
    documents,
    errors,
    issuing,
    lookups,
    notifications,
    permissions,
    workdays,
    workflow,
)
from signing import SigningError, printing
from views import files as streams
from views import outgoing_page as shown
from views import signatures as signing
from views import web

CLERKS = (lookups.CLERK,)


def show(request):
    """GET /issuing?doc=…: the desk."""
    page = web.page(request, "issuing/show.html", **desk(request, request.query_params.get("doc")))
    return signing.for_loopback(page)


def desk(request, chosen, **forms_) -> dict:
    """The context of the desk: the queue, the chosen document, its checklist and acts."""
    actor = request.user
    calendar = workdays.calendar(actor.agency_id)
    waiting = issuing.waiting(actor)
    picked = next((doc for doc in waiting if str(doc.id) == str(chosen)), waiting[0] if waiting else None)
    context = {
        "queue": [(doc, issuing.tell_waiting(doc, calendar)) for doc in waiting],
        "picked": bool(chosen),
        "doc": picked,
        "words": forms_.get("words") or shown.WordsForm(None),
        "printing": forms_.get("printing") or shown.PrintForm(None, copies=1),
        "state": "", "checks": [], "offers": {}, "pages": [], "waiting": None,
        "signing": None, "chained": False,
    }  # fmt: skip
    if picked:
        context |= {
            "state": workflow.label(picked),
            "checks": issuing.checklist(picked, actor),
            "offers": dict.fromkeys(step.verb for step in workflow.steps("outgoing"))
            | {offer.step.verb: offer for offer in workflow.offers(picked, actor)},
            "pages": shown.pages(picked),
            "waiting": issuing.tell_waiting(picked, calendar),
            "signing": _seal_box(picked, actor),
            "chained": bool(chosen) and issuing.just_sealed(picked, actor) and not forms_,
        }
    return context


def create_number(request):
    """POST /issuing/{id}/number: cấp số (12.1.c), by itself."""
    doc = _load(request)
    try:
        issuing.number(doc, request.user)
    except errors.Refused as error:
        return again(request, doc, error)
    return after(request, doc, f"Đã cấp số {doc.number_text}. Tiếp theo: đóng dấu.")


def create_issuance(request):
    """POST /issuing/{id}/issuance: phát hành (12.1.e); the next document comes up."""
    doc = _load(request)
    try:
        sent = issuing.issue(doc, request.user)
    except errors.Refused as error:
        return again(request, doc, error)
    notifications.spread()
    jobs.wake("deliver")
    jobs.wake("status")
    flash = f"Đã phát hành {doc.number_text}, đang gửi tới {len(sent)} nơi nhận."
    return web.fragments(
        request, "/issuing", ["issuing/_desk.html", "_menu.html"], desk(request, None), flash
    )


def show_print_copy(request):
    """GET /outgoing/{id}/print-copy: the numbered file without the picture of the red seal, to be stamped by hand."""
    doc = _load(request)
    if doc.state not in ("sealed", "issued") or doc.is_recalled:
        raise errors.Refused("Chưa có bản in: văn bản chưa có số và chữ ký số của cơ quan, hoặc đã thu hồi.")
    file = documents.main_file(doc)
    try:
        content = printing.print_copy(file.read(), _print_mark(doc))
    except SigningError as error:
        raise errors.Refused(str(error)) from error
    headers = {"Content-Disposition": streams.disposition(f"ban-in-{file.name}"), "Cache-Control": "no-store"}
    return Response(content, media_type="application/pdf", headers=headers)


def create_print(request):
    """POST /outgoing/{id}/prints: ghi nhận bản in đã đóng dấu (12.1.d)."""
    doc, form = _load(request), shown.PrintForm(request.state.form)
    if form.ok:
        try:
            issuing.record_print(doc, request.user, form.copies, form.day)
        except errors.Invalid as error:
            form.fail(error)
        else:
            return shown.after(request, doc, f"Đã ghi nhận {form.copies} bản in.")
    return shown.again(request, doc, printing=form)


def after(request, doc, flash):
    """After a step that leaves the document on the desk."""
    return web.fragments(
        request, url(doc), ["issuing/_desk.html", "_menu.html"], desk(request, doc.id), flash
    )


def again(request, doc, error):
    """The desk with the sentence of the refusal; nothing was sent."""
    words = shown.WordsForm(None)
    words.fail(errors.Invalid({"": str(error)}))
    context = desk(request, doc.id, words=words)
    if request.headers.get("hx-request"):
        return web.part(request, "issuing/_desk.html", status=error.status, **context)
    return signing.for_loopback(web.page(request, "issuing/show.html", status=error.status, **context))


def url(doc) -> str:
    """The desk with this document."""
    return f"/issuing?doc={doc.id}"


def _seal_box(doc, actor) -> dict | None:
    """The token's button; on the desk the release follows the seal by itself."""
    box = signing.box(doc, actor)
    if box is None or (doc.source == "paper" and box["reason"]):  # the checklist says it
        return None
    words = {"signed": "Lấy số, đóng dấu và gửi", "paper_issued": "Ký số bản sao và gửi"}
    return box | {"label": words.get(doc.state, "Đóng dấu và gửi")}


def _print_mark(doc) -> str:
    """The line at the foot of a print, where the installation wants one (VANTHU_PRINT_MARK)."""
    wanted = config.current().print_mark
    return wanted.replace("{số}", doc.number_text) if wanted else ""


def _load(request):
    return permissions.get(request.user, request.path_params["id"], "outgoing")


ROUTES = [
    Route("/issuing", web.endpoint(show, roles=CLERKS), methods=["GET"]),
    Route("/issuing/{id:int}/number", web.endpoint(create_number, roles=CLERKS), methods=["POST"]),
    Route("/issuing/{id:int}/issuance", web.endpoint(create_issuance, roles=CLERKS), methods=["POST"]),
    Route("/outgoing/{id:int}/print-copy", web.endpoint(show_print_copy, roles=CLERKS), methods=["GET"]),
    Route("/outgoing/{id:int}/prints", web.endpoint(create_print, roles=CLERKS), methods=["POST"]),
]
