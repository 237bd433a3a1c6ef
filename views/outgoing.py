"""Văn bản đi: lists and the register book, the draft form, the document page and the acts up to the signature."""

from urllib.parse import urlencode

from starlette.routing import Route

from models import (
    clock,
    drafts,
    errors,
    exchange_summary,
    issuing,
    lookups,
    outgoing,
    paper,
    permissions,
    placements,
    workflow,
)
from views import issuing as desk
from views import outgoing_page as shown
from views import outgoing_papers as papers
from views import outgoing_recipients as picking
from views import web

TABS = {
    "review": "Chờ tôi duyệt",
    "sign": "Chờ tôi ký",
    "mine": "Tôi soạn",
    "running": "Đang trình",
    "unprinted": "Chưa in lưu",
    "book": "Sổ văn bản đi",
}
DOCUMENT = "/outgoing/{id:int}"


# ---- lists -----------------------------------------------------------------------------------------------------


def list_(request):
    """GET /outgoing?tab=…&year=…&q=…&before=…&after=…"""
    actor, asked = request.user, request.query_params
    lists = _lists(actor, asked.get("tab"))
    counts = {key: len(rows) for key, rows in lists.items()}
    first = next((key for key in ("review", "sign", "mine") if counts.get(key)), "book")
    tab = asked.get("tab") if asked.get("tab") in (*lists, "book") else first
    tabs = [
        {
            "url": f"/outgoing?tab={key}",
            "label": TABS[key],
            "count": counts.get(key, 0),
            "current": key == tab,
        }
        for key in (*lists, "book")
    ]
    if tab == "book":
        return web.page(request, "outgoing/book.html", tabs=tabs, tab=tab, **_book(request))
    rows = [(doc, workflow.label(doc), shown.holders_words(doc)) for doc in lists[tab]]
    return web.page(request, "outgoing/list.html", tabs=tabs, tab=tab, rows=rows, label=TABS[tab])


def _lists(actor, tab) -> dict:
    """Tab → rows: the asked one, those that hold something, and the two everybody keeps; the unprinted only when asked."""
    found = {
        "review": list(outgoing.to_review(actor)),
        "sign": list(outgoing.awaiting_signature(actor)),
        "mine": list(outgoing.my_drafts(actor)),
        "running": list(outgoing.running(actor)),
        "unprinted": list(issuing.unprinted(actor)) if tab == "unprinted" else [],
    }
    kept = {"running", tab} | ({"mine"} if actor.has(*drafts.WRITERS) else set())
    kept |= {"unprinted"} if actor.has(lookups.CLERK) else set()
    return {key: rows for key, rows in found.items() if rows or key in kept}


def _book(request) -> dict:
    asked = request.query_params
    year = number_of(asked.get("year")) or clock.today().year
    words = asked.get("q", "")[:200]
    part = issuing.book(
        request.user, year, number_of(asked.get("before")), number_of(asked.get("after")), words
    )
    link = {"tab": "book", "year": year, "q": words}
    return {
        "rows": [(entry, doc, workflow.label(doc)) for entry, doc in part.rows],
        "summaries": exchange_summary.summaries([doc for _, doc in part.rows]),
        "papers": paper.summaries([doc for _, doc in part.rows]),
        "year": year,
        "typed": words,
        "pager": {
            "older": _link(**link, before=part.older) if part.older else "",
            "newer": _link(**link, after=part.newer) if part.newer else "",
        },
    }


# ---- the draft -------------------------------------------------------------------------------------------------


def new(request):
    """GET /outgoing/new?reply_to=…"""
    permissions.require(request.user, *drafts.WRITERS)
    answers = _answers(request.user, number_of(request.query_params.get("reply_to")))
    initial = {"type_code": "CV", "urgency": 0}
    if answers:
        prepared = drafts.reply_values(answers)
        initial = prepared["fields"] | {
            "recipients": [agency.id for agency in prepared["recipients"]],
            "paper_names": "\n".join(prepared["paper_names"]),
        }
    form = shown.DraftForm(None, **initial)
    context = shown.form_context(request.user, form, reply_to=answers)
    return web.page(request, "outgoing/form.html", **context)


def create(request):
    """POST /outgoing: a new draft, with its file and annexes where they are sent already."""
    permissions.require(request.user, *drafts.WRITERS)
    actor, form = request.user, shown.DraftForm(request.state.form)
    answers = _answers(actor, form.reply_to)
    if form.ok and not form.searches:
        try:
            paper, annexes = _papers(form)
            doc = drafts.create(
                actor, form.taken(actor.agency_id), picking.agencies_of(form.recipient_ids), form.paper_names, paper,
                annexes, answers,
            )  # fmt: skip
        except errors.Invalid as error:
            form.fail(error)
        else:
            return web.go(request, shown.url(doc), "Đã lưu dự thảo. Xem lại rồi trình.")
    return _form_again(request, form, None, answers)


def edit(request):
    """GET /outgoing/{id}/description"""
    doc = _load(request)
    drafts.require_open(doc, request.user)
    context = shown.form_context(request.user, shown.DraftForm.of(doc), doc)
    return web.page(request, "outgoing/form.html", **context)


def create_description(request):
    """POST /outgoing/{id}/description: the data and recipients of one's own draft."""
    doc, form = _load(request), shown.DraftForm(request.state.form)
    drafts.require_open(doc, request.user)
    if form.ok and not form.searches:
        try:
            drafts.describe(
                doc,
                request.user,
                form.taken(doc.agency_id),
                picking.agencies_of(form.recipient_ids),
                form.paper_names,
            )
        except errors.Invalid as error:
            form.fail(error)
        else:
            return web.go(request, shown.url(doc), "Đã lưu thông tin văn bản.")
    return _form_again(request, form, doc, None)


def recipients(request):
    """GET /outgoing/recipients?words=…&group=…&recipients=…: the picker alone, while one types."""
    permissions.require(request.user, *drafts.WRITERS)
    asked = request.query_params
    chosen = asked.getlist("recipients")[: drafts.MOST_RECIPIENTS]
    context = picking.context(request.user, chosen, asked.get("words", "")[:100], asked.get("group", ""))
    return web.part(request, "outgoing/_recipients.html", **context)


def create_version(request):
    """POST /outgoing/{id}/versions: a new file for the draft."""
    return _with_file(request, lambda doc, paper, note: drafts.replace_file(doc, request.user, paper, note),
                      "Đã lưu bản mới; các bản trước vẫn còn.")  # fmt: skip


def create_annex(request):
    """POST /outgoing/{id}/annexes: an annex in a file of its own."""
    return _with_file(
        request, lambda doc, paper, note: drafts.add_annex(doc, request.user, paper), "Đã thêm phụ lục.", True
    )


def remove_annex(request):
    """POST /outgoing/{id}/annexes/{annex}/removal"""
    doc = _load(request)
    drafts.remove_annex(doc, request.user, request.path_params["annex"])
    return shown.after(request, doc, "Đã bỏ phụ lục.")


# ---- the document ------------------------------------------------------------------------------------------------


def show(request):
    """GET /outgoing/{id}"""
    return shown.page(request, shown.context(request.user, _load(request)))


def create_submission(request):
    """POST /outgoing/{id}/submission: trình; the blanks for number and date are found first."""

    def submit(doc, form):
        offer = workflow.offered(doc, request.user, "submit")
        if offer and offer.reason:
            raise errors.Refused(offer.reason)
        if offer is None:
            raise errors.Refused(f"Văn bản đang «{workflow.label(doc)}», không còn là dự thảo để trình.")
        signable, note = papers.prepared(doc, placements.of(doc))
        outgoing.submit(doc, request.user, signable, form.note)
        return note

    return _act(request, submit)


def create_approval(request):
    """POST /outgoing/{id}/approval: nội dung đạt."""
    return _act(request, lambda doc, form: outgoing.approve(doc, request.user, form.note))


def create_form_check(request):
    """POST /outgoing/{id}/form-check: thể thức đạt, trình ký."""
    return _act(request, lambda doc, form: outgoing.check_form(doc, request.user, form.note))


def create_return(request):
    """POST /outgoing/{id}/return: trả lại, with the reason."""
    return _act(request, lambda doc, form: outgoing.give_back(doc, request.user, form.reason))


def create_renewal(request):
    """POST /outgoing/{id}/renewal: trình ký lại (12.2)."""
    return _act(request, lambda doc, form: outgoing.ask_again(doc, request.user, form.reason))


def create_withdrawal(request):
    """POST /outgoing/{id}/withdrawal: lấy lại để sửa."""
    return _act(request, lambda doc, form: outgoing.pull_back(doc, request.user, form.reason))


def create_disposal(request):
    """POST /outgoing/{id}/disposal: bỏ dự thảo."""
    return _act(request, lambda doc, form: outgoing.discard(doc, request.user, form.reason))


# ---- inside ----------------------------------------------------------------------------------------------------


def number_of(typed) -> int | None:
    """A number of the address bar, None for anything else."""
    return int(typed) if typed and typed.isdecimal() and len(typed) < 10 else None


def _act(request, act):
    doc, form = _load(request), shown.WordsForm(request.state.form)
    if form.ok:
        try:
            note = act(doc, form) or ""
        except errors.Invalid as error:
            form.fail(error)
        except errors.Refused as error:
            form.fail(errors.Invalid({"": str(error)}))
            return shown.again(request, doc, error.status, words=form)
        else:
            holder = f", đang ở {doc.holder.label}" if doc.holder_id else ""
            return shown.after(request, doc, f"{workflow.label(doc)}{holder}. {note}".strip())
    return shown.again(request, doc, words=form)


def _with_file(request, act, flash, is_annex=False):
    doc, form = _load(request), shown.FileForm(request.state.form)
    drafts.require_open(doc, request.user)
    if form.ok:
        try:
            for upload in form.files:
                act(doc, papers.take(upload, is_annex=is_annex), form.note)
        except errors.Invalid as error:
            form.fail(error)
        else:
            return web.go(request, shown.url(doc), flash)  # the page pictures change too
    return shown.again(request, doc, upload=form)


def _papers(form):
    files_ = form.uploads("file")
    paper = papers.take(files_[0]) if files_ else None
    return paper, [papers.take(upload, "annexes", is_annex=True) for upload in form.uploads("annexes")]


def _form_again(request, form, doc, answers):
    words = form.data.get("words", "")[:100]
    context = shown.form_context(request.user, form, doc, words, answers)
    status = 200 if form.searches else 422
    if form.searches:
        form.errors.clear()
    return web.page(request, "outgoing/form.html", status=status, **context)


def _answers(actor, incoming_id):
    return permissions.get(actor, incoming_id, "incoming") if incoming_id else None


def _load(request):
    return permissions.get(request.user, request.path_params["id"], "outgoing")


def _link(**query) -> str:
    return f"/outgoing?{urlencode({name: value for name, value in query.items() if value not in (None, '')})}"


ROUTES = [
    Route("/outgoing", web.endpoint(list_), methods=["GET"]),
    Route("/outgoing", web.endpoint(create), methods=["POST"]),
    Route("/outgoing/new", web.endpoint(new), methods=["GET"]),
    Route("/outgoing/recipients", web.endpoint(recipients), methods=["GET"]),
    Route(DOCUMENT, web.endpoint(show), methods=["GET"]),
    Route(DOCUMENT + "/description", web.endpoint(edit), methods=["GET"]),
    Route(DOCUMENT + "/description", web.endpoint(create_description), methods=["POST"]),
    Route(DOCUMENT + "/versions", web.endpoint(create_version), methods=["POST"]),
    Route(DOCUMENT + "/annexes", web.endpoint(create_annex), methods=["POST"]),
    Route(DOCUMENT + "/annexes/{annex:int}/removal", web.endpoint(remove_annex), methods=["POST"]),
    Route(DOCUMENT + "/submission", web.endpoint(create_submission), methods=["POST"]),
    Route(DOCUMENT + "/approval", web.endpoint(create_approval), methods=["POST"]),
    Route(DOCUMENT + "/form-check", web.endpoint(create_form_check), methods=["POST"]),
    Route(DOCUMENT + "/return", web.endpoint(create_return), methods=["POST"]),
    Route(DOCUMENT + "/renewal", web.endpoint(create_renewal), methods=["POST"]),
    Route(DOCUMENT + "/withdrawal", web.endpoint(create_withdrawal), methods=["POST"]),
    Route(DOCUMENT + "/disposal", web.endpoint(create_disposal), methods=["POST"]),
]
ROUTES += desk.ROUTES  # the clerk's desk belongs to the same area
