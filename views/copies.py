"""Sao văn bản (ND30 Điều 25–27; Quy chế 12.5): the copies under way, the book, one copy with its acts, who signs copies."""

from starlette.responses import Response
from starlette.routing import Route

import jobs
from jobs import copies as papers
from models import (
    clock,
    copies,
    copies_requests,
    copies_rules,
    copies_signers,
    documents,
    errors,
    exchange,
    exchange_summary,
    journal,
    lookups,
    notifications,
    permissions,
    users,
    workflow,
)
from models import text as words_of
from views import copies_forms, copies_paper, copies_signing, outgoing_page, outgoing_recipients, prints, web
from views import files as streams
from views import signatures as signing

assert copies_signing  # makes the purpose "copy" known to the signing sessions
CLERKS, HEADS = (lookups.CLERK,), (lookups.LEADER,)
SEES_SIGNERS = (lookups.LEADER, lookups.CLERK)
COPY = "/copies/{id:int}"
TABS = {"waiting": "Đang làm", "book": "Sổ đăng ký bản sao"}
HISTORY_WORDS = {
    "recall": "Thu hồi theo bản gốc",
    "recall_done": "Nơi nhận đã hủy bản sao",
    "recall_declined": "Nơi nhận từ chối thu hồi",
    "paper_back": "Đã nhận lại bản giấy",
    "begin": "Đề nghị sao", "decide": "Đồng ý sao", "decide_paper": "Đồng ý sao", "decline": "Không đồng ý",
    "discard": "Bỏ", "seal_copy": "Ký số bản sao", "number_copy": "Cấp số bản sao", "take_number": "Lấy số",
    "release": "Phát hành bản sao", "hand_over": "Đã ký, đóng dấu và giao", "dispatch": "Gửi tới các nơi nhận",
    "new_version": "Thay bản quét", "prepare_signature": "Mở phiên ký số", "signature_failed": "Ký số không thành",
    "signature_cancelled": "Hủy phiên ký", "check_signatures": "Kiểm tra chữ ký số",
}  # fmt: skip
BAD = ("decline", "discard", "signature_failed")


# ---- lists -----------------------------------------------------------------------------------------------------


def list_(request):
    """GET /copies?tab=…&year=…"""
    actor, asked = request.user, request.query_params
    tab = asked.get("tab") if asked.get("tab") in TABS else "waiting"
    waiting = copies.waiting(actor)
    tabs = [
        {"url": f"/copies?tab={key}", "label": label, "count": len(waiting) if key == "waiting" else 0, "current": key == tab}
        for key, label in TABS.items()
    ]  # fmt: skip
    year = _year(asked.get("year"))
    rows = copies.book(actor, year) if tab == "book" else []
    return web.page(
        request, "copies/list.html", tabs=tabs, tab=tab, year=year, rows=book_lines(rows),
        waiting=[(doc, copies.of(doc), workflow.label(doc), outgoing_page.holders_words(doc)) for doc in waiting],
        sees_signers=actor.has(*SEES_SIGNERS),
    )  # fmt: skip


def book_lines(rows) -> list[dict]:
    """The ten columns of the register (ND30 PL IV, as for outgoing documents) of each copy."""
    return [
        {
            "copy": made, "number": made.number_text, "day": made.made_on, "what": _what(made), "signer": _signer(made),
            "to": "; ".join(line.rstrip(";. ") for line in made.document.to_places.splitlines()), "kept_by": "Văn thư", "amount": made.amount,
            "handed": made.document.issued_at, "place": _place(made.document),
            "note": " · ".join(part for part in (
                f"{made.form_name} {made.way}", made.part, made.copied_from, made.purpose) if part),
        }
        for made in rows
    ]  # fmt: skip


def show_register(request):
    """GET /copies/register.pdf?year=…: Sổ đăng ký bản sao to be printed and bound (ND30 16.2.b, PL IV)."""
    year = _year(request.query_params.get("year"))
    rows = book_lines(copies.book(request.user, year))
    numbers = [row["copy"].number for row in rows if row["copy"].number]
    return prints.pdf(
        request, "copies/register.html", name=f"so-dang-ky-ban-sao-{year}.pdf", rows=rows, year=year, numbers=numbers,
        days=[row["day"] for row in rows],
    )  # fmt: skip


# ---- a new copy ------------------------------------------------------------------------------------------------


def new(request):
    """GET /copies/new?source=…: the form; the source must be a document this person may see."""
    source = _source(request.user, _number(request.query_params.get("source")))
    first = "electronic" if copies_rules.medium_of(source) == copies_rules.PAPER else "paper"
    start = copies_requests.proposed(source) | {"source": source.id} if source else {"form": "sao_y"}
    form = copies_forms.CopyForm(None, medium=first, amount=1, **start)
    return web.page(request, "copies/form.html", **copies_forms.context(request.user, form, source))


def create(request):
    """POST /copies: đề nghị sao; where the proposer decides himself it is decided at once."""
    actor, form = request.user, copies_forms.CopyForm(request.state.form)
    source = _source(actor, form.source_id)
    if form.ok and not form.searches:
        try:
            base = copies_forms.base_of(form, source)
            to = outgoing_recipients.agencies_of(form.recipient_ids)
            doc = copies.propose(actor, form.fields, base, source, to, form.paper_names)
        except errors.Invalid as error:
            form.fail(error)
        else:
            notifications.spread()
            return web.go(request, _place(doc), f"{workflow.label(doc)}.")
    words = form.data.get("words", "")[:100] if form.searches else ""
    if form.searches:
        form.errors.clear()
    context = copies_forms.context(actor, form, source, words)
    return web.page(request, "copies/form.html", status=200 if form.searches else 422, **context)


# ---- one copy --------------------------------------------------------------------------------------------------


def show(request):
    """GET /copies/{id}"""
    return signing.for_loopback(_page(request, _load(request)))


def create_decision(request):
    """POST /copies/{id}/decision: đồng ý sao (27.1)."""
    return _act(request, lambda doc, form: copies.decide(doc, request.user, form.note), "Đã đồng ý sao.")


def create_refusal(request):
    """POST /copies/{id}/refusal: không đồng ý, with the reason."""
    return _act(
        request,
        lambda doc, form: copies.decline(doc, request.user, form.reason),
        "Đã trả lời không đồng ý sao.",
    )


def create_disposal(request):
    """POST /copies/{id}/disposal: bỏ."""
    return _act(request, lambda doc, form: copies.discard(doc, request.user), "Đã bỏ đề nghị sao.")


def create_number(request):
    """POST /copies/{id}/number: cấp số bản sao giấy."""
    return _act(
        request, lambda doc, form: copies.number(doc, request.user), "Đã cấp số bản sao. In ra, ký, đóng dấu."
    )


def create_handover(request):
    """POST /copies/{id}/handover: the paper copy is signed, stamped and handed over."""
    return _act(request, lambda doc, form: copies.hand_over(doc, request.user), "Đã ghi sổ bản sao.")


def create_release(request):
    """POST /copies/{id}/release: gửi bản sao điện tử tới các nơi nhận."""
    answer = _act(request, lambda doc, form: copies.release(doc, request.user), "Đã phát hành bản sao.")
    jobs.wake("deliver")
    return answer


def create_scan(request):
    """POST /copies/{id}/scan: another scan before the seal."""
    doc, form = _load(request), copies_forms.ScanForm(request.state.form)
    copies.require_own(doc, request.user)
    if form.ok:
        try:
            copies.replace_scan(doc, request.user, copies_forms.scan_of(form))
        except errors.Invalid as error:
            form.fail(error)
        else:
            return web.go(request, _place(doc), "Đã thay bản quét; bản trước vẫn giữ.")
    return _page(request, doc, 422, upload=form)


def show_print(request):
    """GET /copies/{id}/print.pdf: the paper copy with its block after the text (ND30 Mẫu 3.1), to be signed and stamped."""
    doc = _load(request)
    made, scan = copies.of(doc), copies.scan_of(doc)
    if made.medium != copies_rules.PAPER or made.number is None:
        raise errors.Refused("Bản in có sau khi văn thư cấp số bản sao giấy.")
    day, month, year = words_of.day_words(made.made_on)
    capacity = lookups.CAPACITIES[made.capacity]
    block = prints.draw(
        "copies/block.html", agency=doc.agency, made=made, day=day, month=month, year=year, capacity=capacity,
        places=[line.rstrip(";.") for line in doc.to_places.splitlines()],
    )  # fmt: skip
    headers = {
        "Content-Disposition": streams.disposition(f"ban-sao-{made.number_text.replace('/', '-')}.pdf"),
        "Cache-Control": "no-store",
    }
    return Response(papers.on_paper(scan.file, block), media_type="application/pdf", headers=headers)


# ---- who signs copies ------------------------------------------------------------------------------------------


def show_signers(request):
    """GET /copies/signers: who decides on copies and signs them (27.1)."""
    return _signers(request, copies_forms.SignerForm(None))


def create_signer(request):
    """POST /copies/signers: the head gives it to somebody."""
    form = copies_forms.SignerForm(request.state.form)
    if form.ok:
        try:
            row = copies_signers.give(
                request.user, users.holder(request.user.agency_id, form.post_id), form.capacity, form.basis
            )
        except errors.Invalid as error:
            form.fail(error)
        else:
            return web.redirect("/copies/signers", f"Đã giao {row.post.label} ký bản sao.")
    return _signers(request, form, 422)


def end_signer(request):
    """POST /copies/signers/{id}/end"""
    copies_signers.take_back(request.user, request.path_params["id"])
    return web.redirect("/copies/signers", "Đã thôi giao ký bản sao.")


# ---- inside ----------------------------------------------------------------------------------------------------


def _page(request, doc, status=200, **forms_):
    actor, made = request.user, copies.of(doc)
    found = {offer.step.verb: offer for offer in workflow.offers(doc, actor)}
    offers = dict.fromkeys(step.verb for step in workflow.steps("copies")) | found
    lines = exchange.sent(doc)
    return web.page(
        request, "copies/show.html", status=status, doc=doc, made=made, state=workflow.label(doc), offers=offers,
        pages=outgoing_page.pages(doc), versions=outgoing_page.versions(doc), history=_history(doc),
        recipients=outgoing_page.recipients(doc), signing=signing.box(doc, actor) if "seal_copy" in offers else None,
        signer=_signer(made), shortcomings=(copies.scan_of(doc) or documents.Version()).note, lines=lines,
        summary_words=str(exchange_summary.of(doc)) if lines else "", may_rescan=_may_rescan(doc, made, actor),
        offers_resend=actor.has(*CLERKS),
        words=forms_.get("words") or outgoing_page.WordsForm(None),
        upload=forms_.get("upload") or copies_forms.ScanForm(None),
    )  # fmt: skip


def _act(request, act, flash):
    doc, form = _load(request), outgoing_page.WordsForm(request.state.form)
    try:
        act(doc, form)
    except errors.Invalid as error:
        form.fail(error)
        return _page(request, doc, 422, words=form)
    except errors.Refused as error:
        form.fail(errors.Invalid({"": str(error)}))
        return _page(request, doc, error.status, words=form)
    notifications.spread()
    return web.go(request, _place(doc), flash)


def _signers(request, form, status=200):
    posts = [(post.id, post.label) for post in users.holders(request.user.agency_id)]
    return web.page(
        request, "copies/signers.html", status=status, form=form, posts_of_agency=[("", "— chọn —"), *posts],
        capacities={"": "— chọn —"} | copies_forms.CAPACITIES, mandates=copies_signers.signers(request.user.agency_id),
        leaders=users.holders(request.user.agency_id, lookups.LEADER), may_change=request.user.has(*HEADS),
    )  # fmt: skip


def _history(doc) -> list[dict]:
    return [
        {
            "when": web.show_moment(event.at), "who": event.who, "note": event.note,
            "kind": "bad" if event.verb in BAD else "auto" if event.person_id is None else "",
            "words": HISTORY_WORDS.get(event.verb, event.verb),
        }
        for event in reversed(journal.of(doc))
    ]  # fmt: skip


def _may_rescan(doc, made, actor) -> bool:
    scanned = made.source_medium == copies_rules.PAPER and doc.state in ("draft", "awaiting_seal")
    return scanned and (actor.has(*CLERKS) or made.made_by_id == actor.post.id)


def _what(made) -> str:
    doc = made.document
    number = f" số {doc.number_text}" if doc.number_text else ""
    day = f" ngày {doc.issued_date:%d/%m/%Y}" if doc.issued_date else ""
    return f"{doc.type_name or 'Văn bản'}{number}{day} của {doc.organ_name}: {doc.subject}"


def _signer(made) -> str:
    if made.signer_id is None:
        return made.document.signer_name if made.document.flow == "outgoing" else ""
    return f"{lookups.CAPACITIES[made.capacity]} {made.signer.label}".strip()


def _place(doc) -> str:
    return f"/{doc.flow}/{doc.id}"


def _source(actor, source_id):
    """The document to be copied, "" for a paper outside the system; a copy of ours counts by its own document."""
    return permissions.get(actor, source_id) if source_id else None


def _number(typed) -> int | None:
    return int(typed) if typed and typed.isdecimal() and len(typed) < 10 else None


def _year(typed) -> int:
    found = _number(typed)
    return found if found and 2000 <= found <= 2200 else clock.today().year


def _load(request):
    return permissions.get(request.user, request.path_params["id"], "copies")


ROUTES = [
    Route("/copies", web.endpoint(list_, roles=copies.DECIDERS), methods=["GET"]),
    Route("/copies", web.endpoint(create, roles=copies.DECIDERS), methods=["POST"]),
    Route("/copies/new", web.endpoint(new, roles=copies.DECIDERS), methods=["GET"]),
    Route("/copies/register.pdf", web.endpoint(show_register, roles=copies.DECIDERS), methods=["GET"]),
    Route("/copies/signers", web.endpoint(show_signers, roles=SEES_SIGNERS), methods=["GET"]),
    Route("/copies/signers", web.endpoint(create_signer, roles=HEADS), methods=["POST"]),
    Route("/copies/signers/{id:int}/end", web.endpoint(end_signer, roles=HEADS), methods=["POST"]),
    Route(COPY, web.endpoint(show), methods=["GET"]),
    Route(COPY + "/decision", web.endpoint(create_decision), methods=["POST"]),
    Route(COPY + "/refusal", web.endpoint(create_refusal), methods=["POST"]),
    Route(COPY + "/disposal", web.endpoint(create_disposal), methods=["POST"]),
    Route(COPY + "/scan", web.endpoint(create_scan), methods=["POST"]),
    Route(COPY + "/number", web.endpoint(create_number, roles=CLERKS), methods=["POST"]),
    Route(COPY + "/handover", web.endpoint(create_handover, roles=CLERKS), methods=["POST"]),
    Route(COPY + "/release", web.endpoint(create_release, roles=CLERKS), methods=["POST"]),
    Route(COPY + "/print.pdf", web.endpoint(show_print, roles=CLERKS), methods=["GET"]),
]
ROUTES += copies_paper.ROUTES
