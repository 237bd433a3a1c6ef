"""Lists of agencies for machines: a hundred thousand rows go out a page at a time, so that memory stays flat."""

import json
from itertools import islice

from starlette.responses import Response, StreamingResponse

from models import hub_members, vxp
from views import hub_bodies

END = b"]}"


def agencies() -> Response:
    """getAgenciesList: every open agency."""
    return _answer(hub_members.pages(), hub_members.as_agency)


def agencies_qd20(level: str) -> Response:
    """getAgenciesListQD20: agencies of this level, under the codes of QĐ 20/2020 with the former ones.

    A level nobody here has is no filter: clients leave old values in their headers.
    """
    wanted = int(level) if level.isascii() and level.isdecimal() and len(level) < 4 else 0
    if wanted and not any(True for page in hub_members.pages() for row in page if _level(row) == wanted):
        wanted = 0
    pages = hub_members.pages()
    if wanted:
        pages = ([row for row in page if _level(row) == wanted] for page in pages)
    return _answer(pages, hub_members.as_agency_qd20)


def units() -> Response:
    """getSynchronizeUnit: every agency ever, closed ones marked as deleted."""
    return _answer(hub_members.pages(open_only=False), hub_members.as_unit)


def _level(row):
    return hub_members.level_of(hub_members.by_scheme(row[2], row[5])[0])


def _answer(pages, shape) -> Response:
    """One reply with all rows. A short list goes in one piece, a long one as it is read."""
    every = pieces(pages, shape)
    first = list(islice(every, 3))
    if len(first) < 3 or first[2] == END:  # the head, at most one page, and the end
        return hub_bodies.json_reply(b"".join((*first, *every)))
    return StreamingResponse(_joined(first, every), media_type="application/json")


def pieces(pages, shape):
    """The reply piece by piece, a page of rows each."""
    yield vxp.success(data=[])[:-2]
    comma = b""
    for page in pages:
        if page:
            yield comma + json.dumps([shape(row) for row in page]).encode()[1:-1]
            comma = b","
    yield END


def _joined(first, rest):
    yield from first
    yield from rest
