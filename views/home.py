"""Việc của tôi and the notices: what waits for me, what is late, what happened."""

from starlette.routing import Route

from models import agenda, notifications, workflow
from views import web


def home(request):
    """GET /"""
    actor = request.user
    rows = [(task, f"/{task.doc.flow}/{task.doc.id}", workflow.label(task.doc)) for task in agenda.of(actor)]
    return web.page(request, "home/show.html", rows=rows, numbers=agenda.numbers(actor),
                    notices=notifications.newest(actor, 8), unseen=notifications.unseen(actor))  # fmt: skip


def urgent(request):
    """GET /urgent: the bar of the urgent lane, asked again every half minute by each open page."""
    return web.part(request, "home/_urgent.html", urgent=agenda.urgent(request.user))


def notices(request):
    """GET /notifications"""
    return web.page(request, "home/notices.html", notices=notifications.newest(request.user))


def read_notices(request):
    """POST /notifications/seen: all read."""
    notifications.mark_seen(request.user)
    return web.redirect("/notifications", "Đã đánh dấu đã đọc.")


ROUTES = [
    Route("/", web.endpoint(home), methods=["GET"]),
    Route("/urgent", web.endpoint(urgent), methods=["GET"]),
    Route("/notifications", web.endpoint(notices), methods=["GET"]),
    Route("/notifications/seen", web.endpoint(read_notices), methods=["POST"]),
]
