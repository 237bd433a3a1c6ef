"""Sổ văn bản đến: the register book of a year, with filters."""

from urllib.parse import urlencode

from starlette.routing import Route

from models import clock, deadlines, incoming_book, workdays, workflow
from views import web


def book(request):
    """GET /incoming?year=…&tab=…&q=…&before=…&after=…"""
    asked = request.query_params
    year = forms_number(asked.get("year")) or clock.today().year
    tab = asked.get("tab") if asked.get("tab") in incoming_book.BOOK_TABS else "all"
    words = asked.get("q", "")[:200]
    found = incoming_book.book(
        request.user, year, tab, forms_number(asked.get("before")), forms_number(asked.get("after")), words
    )
    calendar = workdays.calendar(request.user.agency_id)
    rows = [(doc, workflow.label(doc), _clock(doc, calendar)) for doc in found.rows]
    tabs = [
        {
            "url": _link("/incoming", year=year, tab=key, q=words),
            "label": label,
            "count": 0,
            "current": key == tab,
        }
        for key, label in incoming_book.BOOK_TABS.items()
    ]
    pager = {
        "older": _link("/incoming", year=year, tab=tab, q=words, before=found.older) if found.older else "",
        "newer": _link("/incoming", year=year, tab=tab, q=words, after=found.newer) if found.newer else "",
    }
    return web.page(
        request, "incoming/list.html", rows=rows, tabs=tabs, tab=tab, pager=pager, year=year, typed=words
    )


def forms_number(typed) -> int | None:
    """A number of the address bar, None for anything else."""
    return int(typed) if typed and typed.isdecimal() and len(typed) < 10 else None


def _link(path, **query) -> str:
    return f"{path}?{urlencode({name: value for name, value in query.items() if value not in (None, '')})}"


def _clock(doc, calendar):
    if doc.state in ("completed", "recalled", "refused"):
        return None
    return deadlines.tell(doc.due_date, calendar)


ROUTES = [Route("/incoming", web.endpoint(book), methods=["GET"])]
