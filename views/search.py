"""Tìm kiếm: one line for words, numbers and notations, within what the person may see."""

from starlette.routing import Route

from models import documents, fulltext, permissions, workflow
from views import web

MOST = 50


def search(request):
    """GET /search?q=…"""
    typed = request.query_params.get("q", "")[:200]
    ids = fulltext.matching(request.user.agency_id, typed)
    found = list(
        permissions.visible(request.user)
        .where(documents.Document.id.in_(ids))
        .order_by(documents.Document.id.desc())
        .limit(MOST)
    )
    groups = [
        (label, [(document, workflow.label(document)) for document in found if document.flow == flow])
        for flow, label in (("incoming", "Văn bản đến"), ("outgoing", "Văn bản đi"), ("copies", "Bản sao"))
    ]
    return web.page(request, "search/results.html", typed=typed, groups=groups, count=len(found), most=MOST)


ROUTES = [Route("/search", web.endpoint(search), methods=["GET"])]
