"""Health for watching programs: alive, and ready to work. No secret, no agency, no person."""

from starlette.responses import JSONResponse
from starlette.routing import Route

from models import db, readiness, schema
from views import web

LONGEST_WAIT = 900


def alive(_request):
    """GET /healthz: the process answers."""
    return JSONResponse({"status": "ok"})


def ready(_request):
    """GET /readyz: database, disk and background work; 503 when one of them is not fit."""
    facts = {
        "database": _reads(),
        "schema": max(schema.applied(), default=""),
        "disk_free_mb": readiness.free_disk() >> 20,
        "oldest_due_seconds": readiness.oldest_due_seconds(),
    }
    fit = facts["database"] and readiness.free_disk() > readiness.TIGHT_DISK
    fit = fit and facts["oldest_due_seconds"] < LONGEST_WAIT
    return JSONResponse({"status": "ready" if fit else "not ready", **facts}, status_code=200 if fit else 503)


def _reads() -> bool:
    return db.database.execute_sql("SELECT 1").fetchone()[0] == 1


ROUTES = [
    Route("/healthz", web.endpoint(alive, public=True), methods=["GET"]),
    Route("/readyz", web.endpoint(ready, public=True), methods=["GET"]),
]
