"""Đối soát với trục: what we and the axis do not agree on, with what to do (I7, X11)."""

from starlette.routing import Route

import jobs
from models import errors, exchange_axis, lookups, reconciliation
from views import parked, web

CLERKS = (lookups.CLERK,)


def differences_context(agency_id: int) -> dict:
    """What the part `parked/_differences.html` shows; also for other pages."""
    return {"differences": reconciliation.of_agency(agency_id), "last_run": reconciliation.last_run()}


def show_all(request, status=200, wrong=None):
    """GET /exchange/differences"""
    return web.page(request, "parked/differences.html", status=status, wrong=wrong or {},
                    connected=exchange_axis.connected() is not None,
                    tabs=parked.tabs_of(request.user, reconciliation.PAGE),
                    **differences_context(request.user.agency_id))  # fmt: skip


def create_run(request):
    """POST /exchange/differences/runs: compare now."""
    exchange_axis.ask(request.user, "reconcile")
    jobs.wake("reconcile")
    return web.go(
        request, reconciliation.PAGE, "Đang đối soát với trục; tải lại trang sau ít giây để xem kết quả."
    )


def create_resending(request):
    """POST /exchange/differences/{id}/resending"""
    row = _load(request)
    reconciliation.send_again(row, request.user)
    jobs.wake("deliver")
    return web.go(request, reconciliation.PAGE, "Đang gửi lại.")


def create_closing(request):
    """POST /exchange/differences/{id}/closing"""
    row = _load(request)
    try:
        reconciliation.close(row, request.user, parked.note_of(request))
    except errors.Invalid as error:
        return show_all(request, 422, {row.id: str(error)})
    return web.go(request, reconciliation.PAGE, "Đã đóng, ghi chú được giữ lại.")


def _load(request):
    return reconciliation.load(request.user, request.path_params["id"])


ROUTES = [
    Route("/exchange/differences", web.endpoint(show_all, roles=CLERKS)),
    Route("/exchange/differences/runs", web.endpoint(create_run, roles=CLERKS), methods=["POST"]),
    Route("/exchange/differences/{id:int}/resending", web.endpoint(create_resending, roles=CLERKS),
          methods=["POST"]),
    Route("/exchange/differences/{id:int}/closing", web.endpoint(create_closing, roles=CLERKS),
          methods=["POST"]),
]  # fmt: skip
