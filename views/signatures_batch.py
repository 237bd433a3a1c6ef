"""Ký nhiều văn bản: everything that waits for this person's signature, under one PIN, each with an outcome of its own.

A leader signs what was submitted to him; the clerk numbers and seals what leaders have signed, in the order of signing.
"""

from starlette.routing import Route

from models import (
    documents,
    issuing,
    outgoing,
    outgoing_guards,
    signing_sessions,
    workflow,
)
from views import signatures, web

TITLES = {"leader": "Ký nhiều văn bản", "seal": "Cấp số và đóng dấu nhiều văn bản"}
BACK = {"leader": ("/outgoing?tab=sign", "Văn bản chờ ký"), "seal": ("/issuing", "Phát hành")}


def show_leader(request):
    """GET /signing/batch/leader: what waits for my signature."""
    return _page(request, "leader")


def show_seal(request):
    """GET /signing/batch/seal: what leaders have signed."""
    return _page(request, "seal")


def _page(request, purpose):
    actor = request.user
    rows = [_row(doc, actor) for doc in waiting(actor, purpose)]
    page = web.page(
        request, "signatures/batch.html", rows=rows, purpose=purpose, title=TITLES[purpose], back=BACK[purpose],
        signing={"purpose": purpose, **signatures.tools(actor, purpose)}, most=signing_sessions.MOST_ITEMS,
    )  # fmt: skip
    return signatures.for_loopback(page)


def waiting(actor, purpose: str) -> list[documents.Document]:
    """What waits: for the leader urgent ones first; for the clerk in the order of the leaders' signatures (12.1.c)."""
    if purpose == "leader":
        return list(outgoing.awaiting_signature(actor))
    rows = [doc for doc in issuing.waiting(actor) if doc.state in ("signed", "numbered")]
    return sorted(rows, key=lambda doc: (-doc.urgency, doc.signed_at))


def _row(doc, actor) -> dict:
    """One document of the list; `reason`: why it cannot be signed now."""
    main = documents.main_file(doc)
    offers = [offer for verb in ("sign", "number", "seal") if (offer := workflow.offered(doc, actor, verb))]
    reason = offers[0].reason if offers else outgoing_guards.may_sign(doc, actor) or ""
    return {
        "doc": doc, "shown": main.sha256 if main else "", "reason": reason,
        "picture": f"/files/{main.id}/pages/1.png?dpi=60" if main else "", "state": workflow.label(doc),
        "drafter": doc.drafter.person.full_name if doc.drafter_id else "",
    }  # fmt: skip


ROUTES = [
    Route("/signing/batch/leader", web.endpoint(show_leader, roles=outgoing.SIGNERS), methods=["GET"]),
    Route("/signing/batch/seal", web.endpoint(show_seal, roles=outgoing.CLERK), methods=["GET"]),
]
