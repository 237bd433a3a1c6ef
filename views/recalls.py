"""Thu hồi văn bản đã phát hành: the sheet, who has cancelled and who has not, minutes, paper to get back (Quy chế 12.6)."""

from starlette.routing import Route

import jobs
from models import (
    clock,
    documents,
    errors,
    lookups,
    permissions,
    recalls,
    recalls_decisions,
    recalls_matrix,
    recalls_papers,
    recalls_rows,
    users,
)
from views import forms, prints, web

ASKERS = (lookups.CLERK, lookups.LEADER)
CLERKS = (lookups.CLERK,)
TABS = {"out": "Mình thu hồi", "in": "Nơi gửi thu hồi", "paper": "Bản giấy", "rule": "Quy định"}
PHRASES = (
    "Phát hành nhầm nơi nhận.",
    "Có sai sót về nội dung, sẽ thay thế bằng văn bản khác.",
    "Ban hành không đúng thẩm quyền.",
    "Sai thể thức, kỹ thuật trình bày.",
)


class RecallForm(forms.Form):
    """Why, on whose order, from whom, and what takes its place."""

    def parse(self):
        self.reason = self.text("reason", longest=1000)
        self.ordered_by = self.text("ordered_by", longest=200)
        self.replacement_id = self.number("replacement") or 0
        self.chosen = {
            int(value) for value in self.values("consignments") if value.isdecimal() and len(value) < 15
        }


class NoteForm(forms.Form):
    """A few words beside a tick."""

    def parse(self):
        self.note = self.text("note", longest=200)


class RuleForm(forms.Form):
    """How the agency carries recalls out."""

    def parse(self):
        self.decision_hours = self.number("decision_hours", most=999) or 0
        self.keeps_days = self.number("keeps_days", most=9999) or 0


def show(request):
    """GET /outgoing/{id}/recall"""
    doc = permissions.get(request.user, request.path_params["id"], "outgoing")
    waiting = [str(one.id) for one in recalls.open_lines(doc)]
    orderers = _orderers(doc)
    form = RecallForm(consignments=waiting, ordered_by=orderers[0] if orderers else "")
    return web.page(request, "recalls/show.html", **_context(request, doc, form))


def create(request):
    """POST /outgoing/{id}/recall: the order to each chosen recipient, the document frozen at once."""
    doc = permissions.get(request.user, request.path_params["id"], "outgoing")
    form = RecallForm(request.state.form)
    chosen = [one for one in recalls.open_lines(doc) if one.id in form.chosen]
    if not chosen and not recalls.may_ask(doc, request.user):
        form.errors["consignments"] = "Hãy chọn ít nhất một nơi nhận để thu hồi."
    if form.ok:
        try:
            new = (
                permissions.get(request.user, form.replacement_id, "outgoing")
                if form.replacement_id
                else None
            )
            recalls.ask(doc, request.user, form.reason, form.ordered_by, chosen, new)
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
    return web.part(request, "recalls/_matrix.html", **matrix_context(request.user, doc))


def minutes(request):
    """GET /outgoing/{id}/recall/minutes.pdf: Biên bản thu hồi văn bản."""
    doc = permissions.get(request.user, request.path_params["id"], "outgoing")
    asked = recalls.of(doc)
    if not asked:
        raise errors.NotFound()
    rows = recalls_matrix.of(doc)
    papers = recalls_papers.of([one.id for one in asked])
    return prints.pdf(request, "recalls/minutes.html", name=f"bien-ban-thu-hoi-{doc.number_text.replace('/', '-')}.pdf",
                      doc=doc, recalls=asked, day=clock.today(), rows=rows, papers=papers, follows=recalls_matrix.follows_of(doc))  # fmt: skip


def create_pressing(request):
    """POST /consignments/{id}/recall-pressing: the order goes out once more."""
    one = recalls_matrix.press(request.user, request.path_params["id"])
    jobs.wake("status")
    doc = permissions.get(request.user, one.document_id)
    place = f"/outgoing/{doc.id}/recall" if doc.flow == "outgoing" else f"/copies/{doc.id}"
    return web.go(request, place, f"Đã nhắc lại {one.partner_name}.")


def listing(request):
    """GET /recalls?tab=…: recalls of the agency, both ways, paper on its way back, and the agency's rule."""
    tab = request.query_params.get("tab", "out")
    return web.page(
        request, "recalls/list.html", **_lists(request, tab if tab in TABS else "out", _rule_form(request))
    )


def create_rule(request):
    """POST /recalls/rule: how this agency carries recalls out, fixed by a leader."""
    form = RuleForm(request.state.form)
    if form.ok:
        try:
            recalls_decisions.set_rule(request.user, form.decision_hours, form.keeps_days)
        except errors.Invalid as error:
            form.fail(error)
        else:
            return web.go(request, "/recalls?tab=rule", "Đã ghi quy định thực hiện thu hồi của cơ quan.")
    return web.page(request, "recalls/list.html", status=422, **_lists(request, "rule", form))


def create_tick(request):
    """POST /recalls/papers/{id}/receipt: paper came back, or was given back."""
    form = NoteForm(request.state.form)
    row = recalls_papers.tick(request.user, request.path_params["id"], form.note)
    jobs.wake("erase", "status")
    done = "Đã ghi nhận bản giấy trở về." if row.direction == "out" else "Đã ghi bản giấy đã gửi trả."
    return web.go(request, "/recalls?tab=paper", done)


def matrix_context(actor, doc) -> dict:
    """What `recalls/_matrix.html` shows."""
    rows = recalls_matrix.of(doc)
    follows = recalls_matrix.follows_of(doc)
    every = [row for _, found in [(doc, rows), *follows] for row in found]
    return {
        "doc": doc, "rows": rows, "follows": follows,
        "waiting": [row for row in every if row.state in ("told", "untold")],
    }  # fmt: skip


def _context(request, doc, form) -> dict:
    asked = recalls.of(doc)
    return {
        "form": form,
        **matrix_context(request.user, doc),
        "choices": [
            (str(one.id), f"{one.partner_name} ({one.label.lower()})") for one in recalls.open_lines(doc)
        ],
        "refusal": recalls.may_ask(doc, request.user),
        "recalls": asked,
        "paper": recalls_papers.of([one.id for one in asked]) if asked else [],
        "paper_lines": [line for line in doc.recipients if not line.electronic or line.paper_copies],
        "orderers": _orderers(doc),
        "replacements": _replacements(request.user, doc),
        "phrases": PHRASES,
    }


def _orderers(doc) -> list[str]:
    """Who may order a recall: who signed, else the head of the agency."""
    found = [f"{doc.signer_name} – {doc.signer_position}"] if doc.signer_name else []
    found += [post.label for post in users.holders(doc.agency_id, lookups.LEADER)]
    return list(dict.fromkeys(found))


def _replacements(actor, doc) -> list[tuple]:
    """Documents that may take its place: those linked so, and the newest of this agency."""
    model = documents.Document
    linked = [link.source for link in doc.linked_by if link.kind == "replace"]
    rows = permissions.visible(actor, "outgoing").where(
        model.state.in_(("sealed", "issued")), model.id != doc.id
    )
    newest = list(rows.order_by(model.id.desc()).limit(30))
    found = {one.id: one for one in [*linked, *newest]}
    return [("", "— không có —")] + [
        (one.id, f"{one.number_text} {one.subject[:80]}") for one in found.values()
    ]


def _rule_form(request):
    rule = recalls_rows.rule_of(request.user.agency_id)
    return RuleForm(None, decision_hours=rule.decision_hours, keeps_days=rule.keeps_days)


def _lists(request, tab, form) -> dict:
    agency_id = request.user.agency_id
    papers = recalls_papers.open_of(agency_id)
    counts = {"paper": len(papers)}
    return {
        "tab": tab,
        "tabs": [{"url": f"/recalls?tab={key}", "label": label, "count": counts.get(key, 0), "current": key == tab}
                 for key, label in TABS.items()],
        "rows": recalls_matrix.lists(agency_id, tab) if tab in ("out", "in") else [],
        "papers": papers if tab == "paper" else [],
        "form": form, "rule": recalls_rows.rule_of(agency_id), "may_rule": request.user.has(lookups.LEADER),
        "may_tick": request.user.has(*CLERKS),
    }  # fmt: skip


ROUTES = [
    Route("/outgoing/{id:int}/recall", web.endpoint(show, roles=ASKERS)),
    Route("/outgoing/{id:int}/recall", web.endpoint(create, roles=ASKERS), methods=["POST"]),
    Route("/outgoing/{id:int}/recall/matrix", web.endpoint(matrix, roles=ASKERS, watching=True)),
    Route("/outgoing/{id:int}/recall/minutes.pdf", web.endpoint(minutes, roles=ASKERS)),
    Route(
        "/consignments/{id:int}/recall-pressing",
        web.endpoint(create_pressing, roles=ASKERS),
        methods=["POST"],
    ),
    Route("/recalls", web.endpoint(listing, roles=ASKERS)),
    Route("/recalls/rule", web.endpoint(create_rule, roles=(lookups.LEADER,)), methods=["POST"]),
    Route("/recalls/papers/{id:int}/receipt", web.endpoint(create_tick, roles=CLERKS), methods=["POST"]),
]
