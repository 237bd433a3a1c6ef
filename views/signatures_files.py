"""Whole files out and back: what another signing program fetches and brings, and the page for signing by hand.

The file brought is the event of record: it is checked and the document goes on whether or not a page still listens. The
addresses carry their own secret, need no sign-in and no cookie, and are kept out of every log.
"""

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

import signing
from jobs import comparing
from models import config, errors, notifications, permissions, signing_outcomes, signing_sessions
from signing import providers
from views import files as streams
from views import forms, web
from views import signatures as pages
from views import signatures_acts as acts

TAKEN = "Tệp này đã được nhận rồi; bản gửi lần sau không được dùng. Văn bản không đổi thêm."
NOT_A_PDF = "Tệp gửi lên không phải PDF. Văn bản chưa bị thay đổi; hãy ký lại."
STATES = {
    "waiting": "chờ tệp đã ký", "signed": "đã nhận, chờ các tệp khác của văn bản", "done": "đã ký, đã kiểm tra",
    "failed": "chưa được",
}  # fmt: skip


class SignedForm(forms.Form):
    """Files signed elsewhere."""

    def parse(self):
        self.files = self.uploads("uploadfile", needed="Hãy chọn tệp đã ký.")


# ---- another program -------------------------------------------------------------------------------------------


def show_source(request):
    """GET /signing/files/{nonce}/van-ban-{number}.pdf: the file to be signed, while its session is open."""
    item = signing_sessions.source(request.path_params["nonce"])
    return Response(item.work.read(), media_type="application/pdf")


def create_upload(request):
    """POST /signing/uploads/{nonce}: a signed file (`uploadfile`); always 200 with a boolean Status (vgca.md 3.2)."""
    try:
        session = signing_sessions.brought(request.path_params["nonce"])
        item = receive(session, signing_sessions.signer_of(session), _uploaded(request.state.form))
    except (errors.DomainError, signing.SigningError) as error:
        return _told(False, str(error))
    return _told(True, "", f"{item.id}.pdf", str(item.id))


def _uploaded(form) -> bytes:
    found = form.get("uploadfile") if form is not None else None
    if found is None or isinstance(found, str):
        raise errors.Refused(
            "Không thấy tệp đã ký (trường uploadfile). Văn bản chưa bị thay đổi; hãy ký lại."
        )
    most = config.current().upload_megabytes << 20
    content = found.file.read(most + 1)
    if len(content) > most:
        raise errors.Refused(f"Tệp quá lớn: mỗi tệp tối đa {config.current().upload_megabytes} MB.")
    return content


def _told(status: bool, message: str, name: str = "", server: str = ""):
    return JSONResponse({
        "Status": status, "Message": message, "FileName": name, "FileServer": server, "DocumentNumber": "",
        "DocumentDate": "",
    })  # fmt: skip


# ---- a file is brought -----------------------------------------------------------------------------------------


def receive(session, actor, content: bytes):
    """Take a signed file: find which it is, check it, keep it; with the last file of a document it goes on.

    Returns the item. Raises Refused, Conflict with what is wrong; then nothing of it counts.
    """
    if b"%PDF-" not in content[:1024]:
        raise errors.Refused(NOT_A_PDF)
    item = _which(session, content)
    doc = permissions.get(actor, item.document_id)
    if item.state != "signed":
        try:
            made, certificate = acts.take(session, item, content, doc, actor)
        except (errors.DomainError, signing.SigningError) as error:
            signing_outcomes.fail_items(session, [item], actor, str(error))
            raise
        signing_outcomes.keep_signed(item, made.stored, acts.kept(made, certificate.sha256))
    group = [one for one in signing_sessions.items_of(session) if one.document_id == item.document_id]
    if all(one.state == "signed" for one in group):
        _go_on(session, actor, doc, group)
    return item


def _which(session, content: bytes):
    """The file this is: by its first bytes, which a signature leaves as they were; else by its pages. Raises Refused."""
    items = signing_sessions.items_of(session)
    left = [item for item in items if item.state in ("waiting", "failed")]
    same = [item for item in items if content.startswith(item.work.read())]
    for item in same:  # two documents may be the same file
        if item in left:
            return item
    for item in same:
        if item.state == "signed" and item.signed.read() == content:
            return item  # all is here but the last step, which is taken again
    if same or not left:
        raise errors.Conflict(TAKEN)
    for item in left[:-1]:
        try:
            comparing.require_same_pages(item.work.read(), content)
        except errors.Refused:
            continue
        return item
    return left[-1]


def _go_on(session, actor, doc, group) -> None:
    made = [acts.kept_of(item) for item in group]
    try:
        certificates = {
            signing_sessions.certificate_for(
                actor, acts.ACTS[session.purpose].certificates, acts.certificate_of(item)
            )
            for item in group
        }
        if len(certificates) != 1:
            raise errors.Refused("Các tệp của một văn bản phải ký bằng cùng một chứng thư. Hãy ký lại.")
        note = acts.land(session, doc, actor, certificates.pop(), made)
    except (errors.DomainError, signing.SigningError) as error:
        signing_outcomes.fail_items(session, group, actor, str(error))
        raise
    if all(item.state == "done" for item in signing_sessions.items_of(session)):
        signing_outcomes.end(session, "done", note)
    notifications.spread()


# ---- by hand ---------------------------------------------------------------------------------------------------


def create_session(request):
    """POST /documents/{id}/signing: open a session to download, sign elsewhere and upload; works without script."""
    actor = request.user
    doc = permissions.get(actor, request.path_params["id"])
    box = pages.box(doc, actor)
    if box is None or box["reason"]:
        raise errors.Refused(box["reason"] if box else "Văn bản không ở bước ký của bạn.")
    if not box["certificates"]:
        raise errors.Refused(
            "Chưa ghi chứng thư số của bạn, nên tệp ký ngoài cũng không nhận được (Quy chế Điều 6.1)."
        )
    provider = pages.way(providers.UPLOAD, box["purpose"])
    opened, _ = pages.open_session(actor, box["purpose"], provider, [doc])
    return web.go(request, f"/signing/sessions/{opened.session.id}")


def show(request):
    """GET /signing/sessions/{id}: how far a session is; the files to sign by hand, and where they come back."""
    session = signing_sessions.mine(request.path_params["id"], request.user)
    return pages.for_loopback(web.page(request, "signatures/session.html", **context(session)))


def show_state(request):
    """GET /signing/sessions/{id}/state: the part of the page that changes."""
    session = signing_sessions.mine(request.path_params["id"], request.user)
    return web.part(request, "signatures/_session.html", **context(session))


def context(session, form=None) -> dict:
    """What the page of a session shows."""
    items = signing_sessions.items_of(session)
    act = acts.ACTS[session.purpose]
    return {
        "session": session, "items": items, "words": STATES, "label": act.label, "is_open": session.is_open,
        "by_hand": session.provider == providers.UPLOAD, "back": act.place(items[0].document),
        "form": form or SignedForm(None),
    }  # fmt: skip


def show_work(request):
    """GET /signing/sessions/{id}/files/{number}.pdf: a file to be signed by hand, byte for byte."""
    session = signing_sessions.mine(request.path_params["id"], request.user)
    item = next(
        (one for one in signing_sessions.items_of(session) if one.ordinal == request.path_params["number"]),
        None,
    )
    if item is None or session.upload_hash is None:
        raise errors.NotFound()
    if not session.is_open:
        raise errors.Refused(signing_sessions.STALE)
    signing_sessions.hand_whole(session)
    headers = {"Content-Disposition": streams.disposition(item.name), "Cache-Control": "no-store"}
    return Response(item.work.read(), media_type="application/pdf", headers=headers)


def create_files(request):
    """POST /signing/sessions/{id}/files: files signed elsewhere come back, checked like any other."""
    actor = request.user
    session = signing_sessions.mine(request.path_params["id"], actor)
    form = SignedForm(request.state.form)
    if form.ok and not session.is_open:
        form.fail(errors.Invalid({"": signing_sessions.STALE}))
    if not form.ok:
        return _again(request, session, form)
    for one in form.files:
        try:
            receive(session, actor, one.file.read())
        except (errors.DomainError, signing.SigningError) as error:
            form.fail(errors.Invalid({"uploadfile": f"«{one.filename}»: {error}"}))
            return _again(request, session, form)
    shown = context(session)
    if all(item.state == "done" for item in shown["items"]):
        return web.go(
            request, shown["back"], f"Đã nhận tệp đã ký, kiểm tra hợp lệ. {shown['session'].failure}".strip()
        )
    return web.go(request, f"/signing/sessions/{session.id}", "Đã nhận tệp. Còn tệp khác chưa ký.")


def _again(request, session, form):
    return web.page(request, "signatures/session.html", status=422, **context(session, form))


ROUTES = [
    Route(
        "/signing/files/{nonce}/van-ban-{number:int}.pdf",
        web.endpoint(show_source, capability=True),
        methods=["GET"],
    ),
    Route("/signing/uploads/{nonce}", web.endpoint(create_upload, capability=True), methods=["POST"]),
    Route("/documents/{id:int}/signing", web.endpoint(create_session), methods=["POST"]),
    Route("/signing/sessions/{id:int}", web.endpoint(show), methods=["GET"]),
    Route("/signing/sessions/{id:int}/state", web.endpoint(show_state), methods=["GET"]),
    Route("/signing/sessions/{id:int}/files/{number:int}.pdf", web.endpoint(show_work), methods=["GET"]),
    Route("/signing/sessions/{id:int}/files", web.endpoint(create_files), methods=["POST"]),
]
