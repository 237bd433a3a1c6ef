"""Văn bản phát hành bản giấy (Quy chế 12.5): its number, its scan, and a registration made by mistake."""

from starlette.routing import Route

from models import clock, copies_paper, drafts, errors, lookups, notifications, permissions, registers
from views import copies_forms, outgoing_page, outgoing_recipients, web

CLERKS = (lookups.CLERK,)


def new(request):
    """GET /outgoing/paper: the form."""
    form = copies_forms.PaperForm(None, type_code="CV", urgency=0, issued_on=clock.today())
    return web.page(request, "copies/paper.html", **_context(request.user, form))


def create(request):
    """POST /outgoing/paper: register, take the number; the scan may come with it or later."""
    actor, form = request.user, copies_forms.PaperForm(request.state.form)
    if form.ok and not form.searches:
        try:
            scan = copies_forms.scan_of(form)
            to = outgoing_recipients.agencies_of(form.recipient_ids)
            fields = form.taken(actor.agency_id)
            doc = copies_paper.register(actor, fields, to, form.paper_names, form.issued_on, scan)
        except errors.Invalid as error:
            form.fail(error)
        except errors.Refused as error:
            form.fail(errors.Invalid({"issued_on": str(error)}))
        else:
            after = (
                "Ký số bản sao rồi gửi."
                if scan
                else "Ghi số lên bản giấy, đóng dấu, quét rồi tải bản quét lên."
            )
            return web.go(request, f"/issuing?doc={doc.id}", f"Đã cấp số {doc.number_text}. {after}")
    words = form.data.get("words", "")[:100] if form.searches else ""
    if form.searches:
        form.errors.clear()
    context = _context(actor, form, words)
    return web.page(request, "copies/paper.html", status=200 if form.searches else 422, **context)


def create_scan(request):
    """POST /outgoing/{id}/scan: the scan of the paper, or another one; after the seal it is sealed anew."""
    doc, form = _load(request), copies_forms.ScanForm(request.state.form)
    if form.ok:
        try:
            copies_paper.add_scan(doc, request.user, copies_forms.scan_of(form))
        except errors.Invalid as error:
            form.fail(error)
        else:
            return web.go(
                request, f"/issuing?doc={doc.id}", "Đã nhận bản quét. Xem lại các trang rồi ký số bản sao."
            )
    raise errors.Refused(" ".join(form.errors.values()))


def create_voiding(request):
    """POST /outgoing/{id}/voiding: a paper registered by mistake; its number stays in the book with the reason."""
    doc, form = _load(request), outgoing_page.WordsForm(request.state.form)
    try:
        copies_paper.void(doc, request.user, form.reason)
    except errors.Invalid as error:
        raise errors.Refused(str(error)) from error
    notifications.spread()
    return web.go(
        request, f"/outgoing/{doc.id}", "Đã hủy đăng ký; số nằm trong sổ với lý do và không dùng lại."
    )


def _context(actor, form, words="") -> dict:
    book = registers.of(actor.agency_id, "outgoing")
    return {
        "form": form, "types": outgoing_page.TYPES, "capacities": outgoing_page.CAPACITIES,
        "signers": [("", "— chọn —")] + [(post.id, post.label) for post in drafts.signers(actor.agency_id)],
        "notation_hint": drafts.compose_notation("CV", actor.agency, actor.post.unit), "coming": registers.coming(book),
        **outgoing_recipients.of_form(actor, form, words),
    }  # fmt: skip


def _load(request):
    return permissions.get(request.user, request.path_params["id"], "outgoing")


ROUTES = [
    Route("/outgoing/paper", web.endpoint(new, roles=CLERKS), methods=["GET"]),
    Route("/outgoing/paper", web.endpoint(create, roles=CLERKS), methods=["POST"]),
    Route("/outgoing/{id:int}/scan", web.endpoint(create_scan, roles=CLERKS), methods=["POST"]),
    Route("/outgoing/{id:int}/voiding", web.endpoint(create_voiding, roles=CLERKS), methods=["POST"]),
]
