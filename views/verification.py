"""Kiểm tra ký số: the card, the whole report, checking again (Quy chế 10.2)."""

from starlette.routing import Route

import jobs
from models import clock, db, outbox, permissions, signatures
from views import web


def show(request):
    """GET /documents/{id}/verification: the whole report of the last check."""
    doc = permissions.get(request.user, request.path_params["id"])
    return web.page(request, "verification/show.html", doc=doc, **card(doc))


def create_check(request):
    """POST /documents/{id}/verification: check again, now."""
    doc = permissions.get(request.user, request.path_params["id"], "incoming")
    with db.write():
        outbox.place("verify", doc.id, f"verify:{doc.id}:{clock.now():%Y%m%d%H%M%S}", priority=doc.urgency)
    jobs.wake("verify")
    return web.go(
        request, f"/documents/{doc.id}/verification", "Đang kiểm tra lại; kết quả hiện ở đây trong giây lát."
    )


def card(doc) -> dict:
    """What `_card.html` shows: the last check's verdict, its lines and signatures."""
    check = signatures.newest_check(doc)
    facts = check.facts if check else {"lines": [], "signatures": [], "reasons": []}
    kinds = {"ok": "ok", "none": "ok", "look": "warn", "bad": "bad"}
    lines = [
        {**line, "kind": kinds[line["mark"]], "title": line["name"], "words": line["text"]}
        for line in facts["lines"]
    ]
    return {"check": check, "lines": lines, "found": facts["signatures"], "reasons": facts["reasons"]}


ROUTES = [
    Route("/documents/{id:int}/verification", web.endpoint(show), methods=["GET"]),
    Route("/documents/{id:int}/verification", web.endpoint(create_check), methods=["POST"]),
]
