"""Giao việc and giải quyết: the leader's decision, the officer's work, and what is followed (Quy chế 11.2, 12.6)."""

from starlette.routing import Route

from models import (
    assignments,
    deadlines,
    errors,
    incoming,
    lookups,
    permissions,
    receivers,
    workdays,
    workflow,
)
from views import incoming as pages
from views import incoming_page as shown
from views import web

FOLLOWERS = (lookups.LEADER, lookups.CLERK, lookups.UNIT_HEAD, lookups.FORM_CHECKER)


def following(request):
    """GET /assignments: documents in work, nearest deadline first (ND30 Điều 24)."""
    calendar = workdays.calendar(request.user.agency_id)
    docs = incoming.following(request.user)
    leads = assignments.leads_of(docs)
    rows = [
        (doc, workflow.label(doc), deadlines.tell(doc.due_date, calendar), leads.get(doc.id)) for doc in docs
    ]
    return web.page(request, "assignments/list.html", rows=rows)


def create_assignment(request):
    """POST /incoming/{id}/assignment: giao việc."""
    doc, data = _load(request), shown.AssignmentForm(request.state.form)
    if data.ok:
        among = receivers.of(request.user)
        try:
            assignments.assign(
                doc, request.user, receivers.chosen(among, data.leads), receivers.chosen(among, data.supports),
                receivers.chosen(among, data.informed), data.instruction, data.due_on(doc.agency_id),
                data.due_on(doc.agency_id, "support_due"),
            )  # fmt: skip
        except errors.Invalid as error:
            data.fail(error)
        else:
            return pages.after(request, doc, "Đã giao việc.")
    return pages.again(request, doc, assigning=data)


def create_passing(request):
    """POST /incoming/{id}/passing: the unit's head hands the work on within the unit."""
    doc, data = _load(request), shown.PassingForm(request.state.form)
    if data.ok:
        among = receivers.members(request.user)
        leads = receivers.chosen(among, data.leads)
        try:
            assignments.pass_on(
                doc, request.user, leads[0] if leads else None, receivers.chosen(among, data.supports),
                data.instruction, data.due_on(doc.agency_id),
            )  # fmt: skip
        except errors.Invalid as error:
            data.fail(error)
        else:
            return pages.after(request, doc, "Đã giao người thực hiện trong đơn vị.")
    return pages.again(request, doc, passing=data)


def create_start(request):
    """POST /incoming/{id}/start"""
    doc = _load(request)
    assignments.start(doc, request.user)
    return pages.after(request, doc, "Đã bắt đầu giải quyết, nơi gửi được báo «đang xử lý».")


def create_report(request):
    """POST /incoming/{id}/report"""
    return _with_words(request, "progress", assignments.report, "Đã ghi tiến độ.")


def create_completion(request):
    """POST /incoming/{id}/completion"""
    return _with_words(
        request, "result", assignments.complete, "Đã hoàn thành, nơi gửi được báo «đã hoàn thành»."
    )


def create_return(request):
    """POST /incoming/{id}/return: back to the leader."""
    return _with_words(request, "reason", assignments.give_back, "Đã trả lại lãnh đạo để phân công lại.")


def create_acknowledgement(request):
    """POST /incoming/{id}/acknowledgement: đã biết."""
    doc = _load(request)
    assignments.acknowledge(doc, request.user)
    return pages.after(request, doc, "Đã ghi nhận bạn đã biết.")


def _with_words(request, field, verb, told):
    doc, data = _load(request), shown.WordsForm(request.state.form)
    if data.ok:
        try:
            verb(doc, request.user, getattr(data, field))
        except errors.Invalid as error:
            data.fail(error)
        else:
            return pages.after(request, doc, told)
    return pages.again(request, doc, words=data)


def _load(request):
    return permissions.get(request.user, request.path_params["id"], "incoming")


ROUTES = [
    Route("/assignments", web.endpoint(following, roles=FOLLOWERS), methods=["GET"]),
    Route("/incoming/{id:int}/assignment", web.endpoint(create_assignment), methods=["POST"]),
    Route("/incoming/{id:int}/passing", web.endpoint(create_passing), methods=["POST"]),
    Route("/incoming/{id:int}/start", web.endpoint(create_start), methods=["POST"]),
    Route("/incoming/{id:int}/report", web.endpoint(create_report), methods=["POST"]),
    Route("/incoming/{id:int}/completion", web.endpoint(create_completion), methods=["POST"]),
    Route("/incoming/{id:int}/return", web.endpoint(create_return), methods=["POST"]),
    Route("/incoming/{id:int}/acknowledgement", web.endpoint(create_acknowledgement), methods=["POST"]),
]
