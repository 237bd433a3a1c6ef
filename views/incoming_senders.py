"""Nơi gửi: the list under the form's field, adding one on the fly, and merging two entries of one office (C10, C11)."""

from starlette.routing import Route

from models import errors, lookups, senders
from views import forms, web

CLERKS = (lookups.CLERK,)
AT = "/incoming/senders"


class SenderForm(forms.Form):
    """A sender typed by hand."""

    def parse(self):
        self.name = self.text("name", needed="Hãy nhập tên cơ quan gửi.", longest=200)
        self.parent = self.text("parent", longest=200)
        self.code = self.text("code", longest=64)


def find(request):
    """GET /incoming/senders?typed=…: the list under the field."""
    typed = request.query_params.get("typed", "")[:200]
    return _list(request, senders.find(request.user, typed), typed)


def create(request):
    """POST /incoming/senders: a new one, without leaving the form; its line alone comes back."""
    form = SenderForm(request.state.form)
    if form.ok:
        try:
            found = senders.add(request.user, form.name, form.parent, form.code)
        except errors.Invalid as error:
            form.fail(error)
        else:
            if request.headers.get("hx-request"):
                return _list(request, [found], "")
            return web.redirect(f"{AT}/known", f"Đã thêm «{found.name}» vào danh sách nơi gửi.")
    if request.headers.get("hx-request"):
        return _list(request, [], "", " ".join(form.errors.values()), 422)
    return _known(request, form, 422)


def known(request):
    """GET /incoming/senders/known"""
    return _known(request, SenderForm())


def show(request):
    """GET /incoming/senders/{id}?into=…: its letters, and with `into` the other entry beside it, before they are merged."""
    row = _load(request)
    typed = request.query_params.get("into", "")
    other = senders.get(request.user, int(typed)) if typed.isdecimal() and len(typed) < 10 else None
    words = request.query_params.get("typed", "")[:200]
    found = senders.find(request.user, words, 12) if words else []
    return web.page(
        request, "incoming/sender.html", row=row, other=other, typed=words,
        found=[one for one in found if one.id and one.id != row.id],
        letters=senders.letters_of(row), beside=senders.letters_of(other) if other else [],
        mergers=[one for one in senders.mergers(request.user) if row.id in (one.old_id, one.kept_id)],
    )  # fmt: skip


def create_merging(request):
    """POST /incoming/senders/{id}/merging: this entry leads to the other from now on."""
    row, typed = _load(request), request.state.form.get("into", "")
    if not (isinstance(typed, str) and typed.isdecimal() and len(typed) < 10):
        raise errors.Invalid({"into": "Hãy chọn nơi gửi được giữ lại."})
    kept = senders.get(request.user, int(typed))
    reason = request.state.form.get("reason", "")
    senders.merge(request.user, row, kept, reason if isinstance(reason, str) else "")
    return web.go(
        request, f"{AT}/{kept.id}", f"Đã gộp «{row.name}» vào «{kept.name}». Có thể tách ra bất cứ lúc nào."
    )


def undo_merging(request):
    """POST /incoming/senders/{id}/parting: the merger of this entry is undone."""
    row = _load(request)
    merger = next(
        (one for one in senders.mergers(request.user) if one.old_id == row.id and not one.undone_at), None
    )
    if merger is None:
        raise errors.Refused("Nơi gửi này không ở trong lần gộp nào.")
    senders.part(request.user, merger)
    return web.go(request, f"{AT}/{row.id}", f"Đã tách «{row.name}» ra như trước.")


def _load(request):
    return senders.get(request.user, request.path_params["id"])


def _known(request, form, status=200):
    typed = request.query_params.get("q", "")[:200]
    rows = senders.known(request.user)
    shown = senders.chosen(request.user, typed) if typed else rows
    return web.page(
        request, "incoming/senders.html", status=status, rows=shown, form=form, typed=typed,
        pairs=senders.twins(rows), mergers=senders.mergers(request.user),
    )  # fmt: skip


def _list(request, found, typed, sentence="", status=200):
    exact = any(one.name.casefold() == typed.strip().casefold() for one in found)
    new = typed.strip() if len(typed.strip()) > 3 and not exact else ""
    return web.part(request, "incoming/_senders.html", status=status, found=found, new=new, sentence=sentence)


def _route(path, handler, method="GET"):
    return Route(AT + path, web.endpoint(handler, roles=CLERKS), methods=[method])


ROUTES = [
    _route("", find),
    _route("", create, "POST"),
    _route("/known", known),
    _route("/{id:int}", show),
    _route("/{id:int}/merging", create_merging, "POST"),
    _route("/{id:int}/parting", undo_merging, "POST"),
]
