"""Tự kiểm tra liên thông: the lines, one press to run again, and the same as a text for whoever helps (I18)."""

from starlette.responses import Response
from starlette.routing import Route

import jobs
from models import clock, lookups, selftest
from views import web
from views.files import disposition

WATCHERS = (lookups.CLERK, lookups.ADMIN, lookups.PROVINCE_ADMIN)


def _context(request) -> dict:
    agency = request.user.agency
    run = selftest.newest(agency.id)
    lines = [*(run.lines if run else ()), *selftest.here(agency)]
    many = {kind: sum(line.kind == kind for line in lines) for kind in selftest.KINDS}
    job = None
    if run and run.running:
        step = selftest.STEPS[min(run.step, len(selftest.STEPS) - 1)]
        job = {"words": f"{step} ({run.step + 1}/{len(selftest.STEPS)})…", "wait": "/self-test/lines"}
    return {"lines": lines, "run": run, "job": job, "many": many, "kinds": selftest.KINDS, "agency": agency}


def show(request):
    """GET /self-test"""
    return web.page(request, "selftest/show.html", **_context(request))


def lines(request):
    """GET /self-test/lines: the lines alone, asked again while a run is going on."""
    return web.part(request, "selftest/_lines.html", **_context(request))


def create(request):
    """POST /self-test: run again; the page does not wait for it."""
    selftest.order(request.user)
    jobs.wake("self_test")
    return web.fragments(
        request, "/self-test", ["selftest/_lines.html"], _context(request), flash="Đang kiểm tra."
    )


def report(request):
    """GET /self-test/report.txt: for whoever helps; holds no secret."""
    found = _context(request)
    now = clock.local(clock.now())
    head = f"TỰ KIỂM TRA LIÊN THÔNG – {found['agency'].name} ({found['agency'].code})\nLúc {now:%H:%M ngày %d/%m/%Y}\n"
    rows = [
        f"[{selftest.KINDS[line.kind].upper()}] {line.title}: {line.words}"
        + (f"\n    Việc cần làm: {line.todo}" if line.todo else "") + (f"\n    Căn cứ: {line.law}" if line.law else "")
        for line in found["lines"]
    ]  # fmt: skip
    headers = {"Content-Disposition": disposition(f"tu-kiem-tra-{now:%Y%m%d-%H%M}.txt")}
    return Response("\n".join([head, *rows, ""]), media_type="text/plain; charset=utf-8", headers=headers)


ROUTES = [
    Route("/self-test", web.endpoint(show, roles=WATCHERS)),
    Route("/self-test", web.endpoint(create, roles=WATCHERS), methods=["POST"]),
    Route("/self-test/lines", web.endpoint(lines, roles=WATCHERS)),
    Route("/self-test/report.txt", web.endpoint(report, roles=WATCHERS)),
]
