"""Mẫu in: printed forms as PDF, drawn by WeasyPrint from our own templates (ND30 PL IV–V; Quy chế 5.2).

A form can name nothing but files of `static/` and pictures written into the page itself: whatever stands in the data, no
other file and no other host is ever read. Text is escaped as on every page.
"""

import threading
from urllib.parse import unquote, urlsplit

import weasyprint
from starlette.responses import Response
from weasyprint.urls import URLFetcher, URLFetcherResponse

from models import clock, filetypes
from views import web
from views.files import disposition

STATIC = (web.ROOT / "static").resolve()
NOWHERE = "http://printed.invalid/"  # what /static/… in a form stands under; never asked
KINDS = {".css": "text/css", ".svg": "image/svg+xml", ".png": "image/png"}
_turn = threading.Lock()  # one form at a time: a long one must not take the memory of the pages


class OwnFilesOnly(URLFetcher):
    """Gives files of `static/` and `data:` pictures; raises ValueError for every other address."""

    def __init__(self):
        super().__init__(allowed_protocols={"data"}, allow_redirects=False)

    def fetch(self, url, headers=None):
        """The named content."""
        if url.startswith(f"{NOWHERE}static/"):
            path = (STATIC / unquote(urlsplit(url).path).removeprefix("/static/")).resolve()
            if path.is_relative_to(STATIC) and path.suffix in KINDS and path.is_file():
                return URLFetcherResponse(url, path.read_bytes(), {"Content-Type": KINDS[path.suffix]})
            raise ValueError(f"no such file of ours: {url[:200]}")
        return super().fetch(url, headers)


def draw(template: str, **context) -> bytes:
    """The PDF of a form; `context` is what its template needs."""
    html = web.templates().get_template(template).render(**context)
    with _turn:
        return weasyprint.HTML(string=html, base_url=NOWHERE, url_fetcher=OwnFilesOnly()).write_pdf()


def pdf(request, template: str, *, name: str = "mau-in.pdf", **context) -> Response:
    """Answer with a form as a PDF file; its template also gets `agency`, `actor` and `printed_at`.

    `name` is the file name, with its ending.
    """
    actor = request.user
    shown = {"actor": actor, "agency": actor.agency, "printed_at": clock.now(), **context}
    headers = {"Content-Disposition": disposition(filetypes.safe_name(name)), "Cache-Control": "no-store"}
    return Response(draw(template, **shown), media_type="application/pdf", headers=headers)
