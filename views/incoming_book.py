"""Sổ đăng ký văn bản đến: the list with its filters, the same as a table and as the printed book (C12, C16; ND30 22.3.b)."""

from urllib.parse import parse_qsl, urlencode

from starlette.responses import Response
from starlette.routing import Route

from models import (
    agencies,
    clock,
    deadlines,
    errors,
    incoming_book,
    incoming_corrections,
    incoming_lines,
    lookups,
    permissions,
    registers,
    saved_views,
    text,
    users,
    workdays,
    workflow,
)
from views import forms, incoming_print, sheets, web
from views.files import disposition

AT, PLACE = "/incoming", "incoming"
NAMES = ("year", "book", "tab", "from", "to", "q", "sender", "type", "urgency", "holder", "unit")
MOST_IN_TABLE, MOST_PRINTED = 50_000, 15_000
DONE = ("completed", "recalled", "refused", "cancelled")


def book(request):
    """GET /incoming?year=…&tab=…&q=…&from=…&to=…&sender=…&type=…&urgency=…&holder=…&unit=…&before=…&after=…"""
    asked, wrong = read(request)
    query = request.query_params
    found = incoming_book.page(
        request.user, asked, number_of(query.get("before")), number_of(query.get("after"))
    )
    calendar = workdays.calendar(request.user.agency_id)
    corrections = incoming_corrections.of_many(found.rows)
    rows = [
        {
            "entry": entry, "doc": doc, "state": workflow.label(doc), "clock": _clock(doc, calendar),
            "former": incoming_corrections.struck(corrections.get(doc.id, [])),
            "subject": text.hits(doc.subject, asked.words), "organ": text.hits(doc.organ_name, asked.words),
        }
        for entry, doc in found.lines
    ]  # fmt: skip
    kept = kept_query(request)
    counts = incoming_book.counts(request.user, asked)
    agency_id = request.user.agency_id
    context = {
        "rows": rows, "asked": asked, "typed": {name: query.get(name, "")[:200] for name in NAMES}, "wrong": wrong,
        "tabs": [_tab(kept, key, label, counts, asked.tab) for key, label in incoming_book.BOOK_TABS.items()],
        "pager": {"older": _link(kept, before=found.older) if found.older else "",
                  "newer": _link(kept, after=found.newer) if found.newer else ""},
        "query": urlencode(kept), "views": saved_views.of(request.user, PLACE),
        "books": incoming_book.books(agency_id), "types": [(kind.code, kind.name) for kind in (*lookups.DOCUMENT_TYPES, *lookups.ARRIVING_TYPES)],
        "levels": incoming_book.urgencies(), "units": [(unit.id, unit.name) for unit in agencies.units_of(agency_id)],
        "holders": [(post.id, post.label) for post in users.holders(agency_id)],
        "years": registers.years(agency_id, "incoming"),
    }  # fmt: skip
    return web.page(request, "incoming/list.html", **context)


def download(request):
    """GET /incoming/book.csv?…: what is filtered, all columns of the form."""
    lines, asked, _ = _lines(request, MOST_IN_TABLE)
    return sheets.csv(
        f"so-van-ban-den-{asked.year}.csv", list(incoming_lines.HEAD), [_flat(line) for line in lines]
    )


def show_print(request):
    """GET /incoming/book.pdf?…&volume=…: the printed register, its cover and ten columns, to be bound and signed."""
    lines, asked, shelf = _lines(request, MOST_PRINTED)
    actor, agency = request.user, request.user.agency
    days = (lines[0].cells[0], lines[-1].cells[0]) if lines else ()
    days = tuple(f"{one:%d/%m/%Y}" if one else found for one, found in
                 zip((asked.since, asked.until), days or ("……", "……"), strict=True))  # fmt: skip
    book_ = incoming_print.Book(
        shelf.name if shelf else registers.NAMES["incoming"], agency.name, agency.parent_name, asked.year, days,
        (lines[0].cells[1], lines[-1].cells[1]) if lines else (), text.clean(request.query_params.get("volume", ""))[:20],
        f"{actor.name} – {actor.title}",
    )  # fmt: skip
    headers = {
        "Content-Disposition": disposition(f"so-dang-ky-van-ban-den-{asked.year}.pdf"),
        "Cache-Control": "no-store",
    }
    return Response(incoming_print.draw(book_, lines), media_type="application/pdf", headers=headers)


def keep_view(request):
    """POST /incoming/views: the filter as it stands, under a name."""
    form = request.state.form
    name, query = (
        form.get(one, "") if isinstance(form.get(one, ""), str) else "" for one in ("name", "query")
    )
    kept = {key: value for key, value in parse_qsl(query) if key in NAMES}
    saved_views.keep(request.user, PLACE, name, urlencode(kept))
    return web.go(request, _link(kept), f"Đã lưu bộ lọc «{text.clean(name)}».")


def drop_view(request):
    """POST /incoming/views/{id}/removal"""
    saved_views.drop(request.user, request.path_params["id"])
    return web.go(request, AT, "Đã bỏ bộ lọc.")


def read(request) -> tuple[incoming_book.Filter, dict]:
    """The filter of the address, and the sentences for days that are none."""
    query, wrong = request.query_params, {}

    def day(name):
        typed = query.get(name, "").strip()
        try:
            return forms.parse_day(typed) if typed else None
        except ValueError:
            wrong[name] = f"«{typed[:20]}» không phải là ngày. Gõ như 14/07/2026."
            return None

    tab, kind = query.get("tab", ""), query.get("type", "")
    since, until = day("from"), day("to")
    return incoming_book.Filter(
        year=number_of(query.get("year")) or clock.today().year, book_id=number_of(query.get("book")),
        tab=tab if tab in incoming_book.BOOK_TABS else "all", since=since, until=until, words=query.get("q", "")[:200],
        sender=query.get("sender", "")[:200], type_code=kind if lookups.document_type(kind) else "",
        urgency=number_of(query.get("urgency")) or 0, holder_id=number_of(query.get("holder")) or 0,
        unit_id=number_of(query.get("unit")) or 0,
    ), wrong  # fmt: skip


def kept_query(request) -> dict:
    """What of the address a link carries on."""
    found = {name: request.query_params.get(name, "")[:200] for name in NAMES}
    return {name: value for name, value in found.items() if value}


def number_of(typed) -> int | None:
    """A number of the address bar, None for anything else."""
    return int(typed) if typed and typed.isascii() and typed.isdecimal() and len(typed) < 10 else None


def _lines(request, most):
    asked, wrong = read(request)
    if wrong:
        raise errors.Invalid(wrong)
    pairs = incoming_book.lines(request.user, asked, most)
    if len(pairs) > most:
        raise errors.Refused(
            f"Có hơn {most:,} dòng. Hãy chọn khoảng ngày ngắn hơn, mỗi quyển một lần.".replace(",", ".")
        )
    shelf = next(
        (one for one in incoming_book.books(request.user.agency_id) if one.id == asked.book_id), None
    )
    return incoming_lines.of(pairs), asked, shelf


def _flat(line) -> list:
    """A line for a spreadsheet: former values in brackets."""
    return [
        f"{cell} [đã sửa, trước là: {'; '.join(line.former[at])}]" if at in line.former else cell
        for at, cell in enumerate(line.cells)
    ]


def _tab(kept, key, label, counts, current) -> dict:
    return {
        "url": _link(kept, tab=key),
        "label": label,
        "count": _at_most(counts.get(key, 0)),
        "current": key == current,
    }


def _at_most(many: int):
    most = incoming_book.MOST_COUNTED
    return f"{most - 1}+" if many >= most else many


def _link(kept, **more) -> str:
    values = {name: value for name, value in (kept | more).items() if value not in (None, "")}
    return f"{AT}?{urlencode(values)}" if values else AT


def _clock(doc, calendar):
    return None if doc.state in DONE else deadlines.tell(doc.due_date, calendar)


ROUTES = [
    Route("/incoming", web.endpoint(book), methods=["GET"]),
    Route("/incoming/book.csv", web.endpoint(download, roles=permissions.SEES_ALL), methods=["GET"]),
    Route("/incoming/book.pdf", web.endpoint(show_print, roles=permissions.SEES_ALL), methods=["GET"]),
    Route("/incoming/views", web.endpoint(keep_view), methods=["POST"]),
    Route("/incoming/views/{id:int}/removal", web.endpoint(drop_view), methods=["POST"]),
]
