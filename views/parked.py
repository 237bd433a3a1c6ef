"""Cần xem xét: messages that match no document; a person ties one to its document or closes it with a note."""

from starlette.routing import Route

from models import edxml, errors, exchange, lookups, parked, quarantine, reconciliation
from views import web

CLERKS = (lookups.CLERK,)
SHOWN = 12


def tabs_of(actor, current: str) -> list[dict]:
    """The tabs of what a person must look at, those this post may open."""
    lines = []
    if actor.has(*CLERKS):
        lines += [("/exchange/parked", "Phản hồi chưa khớp", parked.count(actor.agency_id)),
                  ("/exchange/differences", "Đối soát", reconciliation.count(actor.agency_id))]  # fmt: skip
    if actor.has(*quarantine.KEEPERS):
        lines.append((quarantine.PAGE, "Gói tin không đọc được", quarantine.waiting(actor)))
    return [
        {"url": url, "label": label, "count": count, "current": url == current} for url, label, count in lines
    ]


def note_of(request) -> str:
    """The note of a small form."""
    return str(request.state.form.get("note", ""))


def show_all(request, status=200, wrong=None):
    """GET /exchange/parked"""
    rows = [_row(message) for message in parked.of_agency(request.user.agency_id)]
    return web.page(request, "parked/list.html", status=status, rows=rows, wrong=wrong or {},
                    tabs=tabs_of(request.user, "/exchange/parked"))  # fmt: skip


def _row(message):
    proved = message.proved_by not in parked.exchange_judging.NOT_APPLIED
    return {
        "message": message, "words": exchange.STATES[message.status], "code": edxml.STATUS_CODES[message.status],
        "choices": parked.candidates(message, SHOWN) if proved else [], "proved": proved,
    }  # fmt: skip


def create_assignment(request):
    """POST /exchange/parked/{id}/assignment"""
    message = parked.load(request.user, request.path_params["id"])
    chosen = str(request.state.form.get("consignment", ""))
    one = None
    if chosen.isdecimal() and len(chosen) < 15:
        one = exchange.Consignment.get_or_none(
            exchange.Consignment.id == int(chosen), exchange.Consignment.agency == request.user.agency_id
        )
    if one is None:
        return show_all(request, 422, {message.id: "Hãy chọn văn bản mà phản hồi này nói tới."})
    parked.assign(message, one, request.user)
    return web.go(request, "/exchange/parked", f"Đã gắn phản hồi vào văn bản {one.code}.")


def create_closing(request):
    """POST /exchange/parked/{id}/closing"""
    message = parked.load(request.user, request.path_params["id"])
    try:
        parked.close(message, request.user, note_of(request))
    except errors.Invalid as error:
        return show_all(request, 422, {message.id: str(error)})
    return web.go(request, "/exchange/parked", "Đã đóng, ghi chú được giữ trong nhật ký.")


ROUTES = [
    Route("/exchange/parked", web.endpoint(show_all, roles=CLERKS)),
    Route(
        "/exchange/parked/{id:int}/assignment",
        web.endpoint(create_assignment, roles=CLERKS),
        methods=["POST"],
    ),
    Route("/exchange/parked/{id:int}/closing", web.endpoint(create_closing, roles=CLERKS), methods=["POST"]),
]
