"""Cách gửi, bản giấy of one document: the proposal with its rule, the clerk's changes with a reason, then what became of it."""

from starlette.routing import Route

from models import errors, lookups, paper, paper_dispatch, permissions, workflow
from views import forms, web

CLERKS = (lookups.CLERK,)
AT = "/outgoing/{id:int}"


class ChoiceForm(forms.Form):
    """A tick and a count of paper copies beside each recipient, one reason for what differs from the proposal."""

    def parse(self):
        self.reason = self.text("reason", longest=300)
        ids = [int(one) for one in self.values("recipient") if one.isdecimal() and len(one) < 10]
        self.wishes = {one: (self.yes(f"electronic_{one}"), self.copies_of(one)) for one in ids}

    def copies_of(self, recipient_id) -> int:
        """The copies typed beside a recipient."""
        return self.number(f"copies_{recipient_id}", least=0, most=99) or 0

    def ticked(self, line) -> bool:
        """Whether the tick stands: as posted, else as it is."""
        return line.electronic if self.data is None else self.yes(f"electronic_{line.recipient.id}")

    def typed(self, line) -> str:
        """The copies beside a line: as typed, else as they are."""
        return str(line.copies) if self.data is None else self.value(f"copies_{line.recipient.id}")


class ReasonForm(forms.Form):
    """Why a recipient is left out."""

    def parse(self):
        self.reason = self.text("reason", longest=300)


def show(request):
    """GET /outgoing/{id}/paper"""
    return _page(request, _load(request), ChoiceForm(None))


def create(request):
    """POST /outgoing/{id}/paper: what the clerk decides against the proposal (8, 9.2.b)."""
    doc, form = _load(request), ChoiceForm(request.state.form)
    if form.ok:
        try:
            count = paper.choose(doc, request.user, form.wishes, form.reason)
        except errors.Invalid as error:
            form.fail(error)
        else:
            words = f"{count} nơi nhận khác đề xuất." if count else "Tất cả theo đề xuất."
            return web.go(request, f"/outgoing/{doc.id}/paper", f"Đã ghi cách gửi. {words}")
    return _page(request, doc, form, 422)


def create_successor(request):
    """POST /outgoing/{id}/recipients/{recipient}/successor: gửi tới cơ quan kế nhiệm (14.2)."""
    doc = _load(request)
    row = paper.redirect(doc, request.user, request.path_params["recipient"])
    return web.go(request, f"/outgoing/{doc.id}/paper", f"Nơi nhận nay là {row.name}.")


def create_removal(request):
    """POST /outgoing/{id}/recipients/{recipient}/removal: bỏ nơi nhận đã đóng mã."""
    doc, form = _load(request), ReasonForm(request.state.form)
    try:
        paper.leave_out(doc, request.user, request.path_params["recipient"], form.reason)
    except errors.Invalid as error:
        raise errors.Refused(" ".join(error.fields.values())) from error
    return web.go(request, f"/outgoing/{doc.id}/paper", "Đã bỏ nơi nhận.")


def _page(request, doc, form, status=200):
    lines = (
        paper.plan(doc)
        if doc.state in paper.BEFORE_RELEASE or doc.state not in ("issued", "recalled")
        else []
    )
    return web.page(
        request, "paper/show.html", status=status, doc=doc, state=workflow.label(doc), lines=lines,
        may_choose=doc.state in paper.BEFORE_RELEASE and request.user.has(*CLERKS), form=form,
        prints=paper.to_print(lines), reminder=paper.reminder(doc), copies=paper.of(doc), ways=paper_dispatch.WAYS,
    )  # fmt: skip


def _load(request):
    return permissions.get(request.user, request.path_params["id"], "outgoing")


ROUTES = [
    Route(AT + "/paper", web.endpoint(show), methods=["GET"]),
    Route(AT + "/paper", web.endpoint(create, roles=CLERKS), methods=["POST"]),
    Route(
        AT + "/recipients/{recipient:int}/successor",
        web.endpoint(create_successor, roles=CLERKS),
        methods=["POST"],
    ),
    Route(
        AT + "/recipients/{recipient:int}/removal",
        web.endpoint(create_removal, roles=CLERKS),
        methods=["POST"],
    ),
]
