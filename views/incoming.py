"""Văn bản đến: the document page and the clerk's acts on it, from there or from Chờ lưu trữ (Quy chế 10)."""

from starlette.responses import JSONResponse
from starlette.routing import Route

import jobs
from models import desk, doubles, errors, incoming, lookups, notifications, permissions, users
from views import incoming_desk, incoming_item, web
from views import incoming_page as shown


def show(request):
    """GET /incoming/{id}"""
    doc = _load(request)
    notifications.mark_seen(request.user, doc.id)
    record = doubles.record_of(doc)
    if record.id != doc.id:
        return web.redirect(f"/incoming/{record.id}", "Bản điện tử này đã ghép vào văn bản giấy đã vào sổ.")
    return web.page(request, "incoming/show.html", **shown.context(request.user, doc))


def show_desk(request):
    """GET /incoming/{id}/desk: the clerk's part alone, asked again while the signatures are being checked."""
    doc, asked = _load(request), request.query_params.get("desk", "")
    if asked in incoming.TABS:
        context = incoming_item.of(request.user, desk.of(desk.DOC, doc), asked)
    else:
        context = shown.context(request.user, doc)
    return web.part(request, "incoming/_desk.html", **context)


def create_registration(request):
    """POST /incoming/{id}/registration: vào sổ, and with act=forward also trình, in one act."""
    incoming_desk.check_person(request)
    doc, data = _load(request), shown.RegistrationForm(request.state.form)
    held = bool(incoming_desk.tab_of(request))
    if incoming_desk.already_done(request, doc):
        return _registered(request, doc, doc.arrival_number, None)
    if data.ok:
        leader = users.holder(doc.agency_id, data.leader_id, lookups.LEADER)
        try:
            desk.register(
                request.user, desk.of(desk.DOC, doc), leader, data.fields, forwards=data.forwards, reason=data.reason,
                note=data.note, known=data.known, apart_reason=data.apart_reason, held=held, straight=data.straight,
            )  # fmt: skip
        except errors.Invalid as error:
            data.fail(error)
        else:
            return _registered(
                request, doc, doc.arrival_number, leader if data.forwards else None, data.straight
            )
    return again(request, doc, form=data)


def _registered(request, doc, number, leader, straight=""):
    told = f" · đã trình {leader.person.full_name}" if leader else " · đã chuyển thẳng" if straight else ""
    return after(request, doc, f"Số đến {incoming_desk.show_number(number)}{told}", number)


def create_forwarding(request):
    """POST /incoming/{id}/forwarding: trình lãnh đạo."""
    doc, data = _load(request), shown.WordsForm(request.state.form)
    leader = users.holder(doc.agency_id, data.leader_id, lookups.LEADER)
    if data.ok:
        try:
            incoming.forward(doc, request.user, leader, data.note)
        except errors.Invalid as error:
            data.fail(error)
        else:
            return after(request, doc, f"Đã trình {leader.person.full_name}.")
    return again(request, doc, words=data)


def create_refusal(request):
    """POST /incoming/{id}/refusal: trả lại nơi gửi."""
    incoming_desk.check_person(request)
    doc, data = _load(request), shown.RefusalForm(request.state.form)
    if data.ok:
        try:
            incoming.refuse(doc, request.user, data.reason)
        except errors.Invalid as error:
            data.fail(error)
        else:
            return after(request, doc, "Đã trả lại nơi gửi, không lấy số đến.")
    return again(request, doc, refusal=data)


def create_undo(request):
    """POST /incoming/{id}/undo: hoàn tác vào sổ, within the minute; the document is on the desk again."""
    doc = _load(request)
    incoming.undo(doc, request.user)
    number = incoming_desk.show_number(doc.arrival_number)
    told = f"Đã hoàn tác. Văn bản trở lại Chờ lưu trữ; số đến {number} giữ lại cho văn bản này."
    item = desk.of(desk.DOC, doc)
    tab = incoming_desk.tab_of(request) or "all"
    address = incoming_desk.link(tab=tab, doc=doc.id)
    if incoming_desk.wants_json(request):
        return JSONResponse(
            {"told": told, "address": address, "next": {"key": item.key, "stamp": item.stamp}}
        )
    return web.go(request, address, told)


def create_cancellation(request):
    """POST /incoming/{id}/cancellation: hủy đăng ký, with a reason; the number stays void."""
    doc, data = _load(request), shown.CancellationForm(request.state.form)
    try:
        incoming.cancel_registration(doc, request.user, data.reason)
    except errors.Invalid as error:
        data.fail(error)
        return again(request, doc, cancelling=data)
    jobs.wake("status")
    number = incoming_desk.show_number(doc.arrival_number)
    told = f"Đã hủy đăng ký. Số đến {number} để trống trong sổ với lý do đã ghi, không dùng lại."
    return after(request, doc, told)


def after(request, doc, flash, number=None):
    """After an act: the desk goes to the next item, the document page shows its new state."""
    if incoming_desk.tab_of(request):
        return incoming_desk.done(request, f"{desk.DOC}-{doc.id}", flash, doc, number)
    notifications.spread()
    jobs.wake("status")
    context = shown.context(request.user, doc)
    return web.fragments(
        request, f"/incoming/{doc.id}", ["incoming/_side.html", "_menu.html"], context, flash
    )


def again(request, doc, form=None, refusal=None, **forms_):
    """The same page with what was typed and the sentences beside it (422); the document is read again as it is."""
    doc = _load(request)
    if incoming_desk.tab_of(request):
        return incoming_desk.again(request, desk.of(desk.DOC, doc), form, refusal)
    posted = {"form": form, "refusal": refusal, **forms_}
    context = shown.context(request.user, doc, **{name: one for name, one in posted.items() if one})
    if request.headers.get("hx-request"):
        return web.part(request, "incoming/_side.html", status=422, **context)
    return web.page(request, "incoming/show.html", status=422, **context)


def _load(request):
    return permissions.get(request.user, request.path_params["id"], "incoming")


def _post(path, handler):
    return Route(f"/incoming/{{id:int}}/{path}", web.endpoint(handler), methods=["POST"])


ROUTES = [
    Route("/incoming/{id:int}", web.endpoint(show), methods=["GET"]),
    Route("/incoming/{id:int}/desk", web.endpoint(show_desk), methods=["GET"]),
    _post("registration", create_registration),
    _post("forwarding", create_forwarding),
    _post("refusal", create_refusal),
    _post("undo", create_undo),
    _post("cancellation", create_cancellation),
]
