"""Quản trị sổ đăng ký: books per type, their years, voided and missing numbers, closing a year (ND30 Điều 15, 22)."""

from starlette.routing import Route

from models import clock, errors, lookups, registers
from views import forms, web
from views.admin import ADMINISTRATORS, agency_of, here, page

AT = "/admin/registers"
OWN_BOOKS = {"outgoing": "Văn bản đi", "incoming": "Văn bản đến"}


class BookForm(forms.Form):
    """A book of its own for one document type or a group of them."""

    def parse(self):
        self.flow = self.choice("flow", OWN_BOOKS, needed="Hãy chọn loại sổ.")
        arriving = lookups.ARRIVING_TYPES if self.flow == "incoming" else ()
        codes = [kind.code for kind in (*lookups.DOCUMENT_TYPES, *arriving)]
        self.type_codes = self.many("type_code", codes)
        if not self.type_codes and "type_code" not in self.errors:
            self.errors["type_code"] = "Hãy chọn một hay nhiều tên loại văn bản."
        self.name = self.text("name", longest=120)


def browse(request):
    """GET /admin/registers"""
    return _browse(request, agency_of(request), BookForm(None, flow="outgoing"))


def create(request):
    """POST /admin/registers"""
    agency, form = agency_of(request), BookForm(request.state.form)
    if form.ok:
        try:
            book = registers.open_book(agency, form.flow, form.type_codes, form.name, request.user)
        except errors.Invalid as error:
            form.fail(error)
        else:
            return web.redirect(AT + here(request, agency), f"Đã mở {book.name}, bắt đầu từ số 01.")
    return _browse(request, agency, form, status=422)


def show(request):
    """GET /admin/registers/{id}"""
    agency = agency_of(request)
    book = _book(request, agency)
    years = [
        (counter, registers.gaps(book, counter.year), registers.voided(book, counter.year))
        for counter in registers.counters(book)
    ]
    return page(
        request, "admin_registers/show.html", agency, AT, book=book, years=years, this_year=clock.today().year
    )


def rename(request):
    """POST /admin/registers/{id}/name"""
    agency = agency_of(request)
    book, typed = _book(request, agency), request.state.form.get("name", "")
    registers.rename(book, typed if isinstance(typed, str) else "", request.user)
    return web.redirect(f"{AT}/{book.id}{here(request, agency)}", f"Sổ có tên mới: {book.name}.")


def close_year(request):
    """POST /admin/registers/{id}/closure"""
    agency = agency_of(request)
    book = _book(request, agency)
    typed = request.state.form.get("year", "")
    year = (
        int(typed)
        if isinstance(typed, str) and typed.isascii() and typed.isdecimal() and len(typed) == 4
        else 0
    )
    if not any(counter.year == year for counter in registers.counters(book)):
        raise errors.NotFound("Sổ này không có năm đó.")
    counter = registers.close_year(book, year, request.user)
    url = f"{AT}/{book.id}{here(request, agency)}"
    return web.redirect(url, f"Đã khóa {book.name} năm {year}, số cuối cùng {counter.last_number}.")


def _book(request, agency) -> registers.Register:
    book = registers.Register.get_or_none(
        registers.Register.id == request.path_params["id"], registers.Register.agency == agency
    )
    if book is None:
        raise errors.NotFound()
    return book


def _browse(request, agency, form, status=200):
    rows = [
        (
            book,
            ", ".join(lookups.type_name(code) for code in book.types),
            next(iter(registers.counters(book)), None),
        )
        for book in registers.of_agency(agency.id)
    ]
    types = [(kind.code, kind.name) for kind in lookups.DOCUMENT_TYPES]
    types += [(kind.code, f"{kind.name} (văn bản đến)") for kind in lookups.ARRIVING_TYPES]
    return page(request, "admin_registers/list.html", agency, AT, status=status, rows=rows, form=form, types=types,
                flows=OWN_BOOKS)  # fmt: skip


def _route(path, handler, method="GET"):
    return Route(AT + path, web.endpoint(handler, roles=ADMINISTRATORS), methods=[method])


ROUTES = [
    _route("", browse),
    _route("", create, "POST"),
    _route("/{id:int}", show),
    _route("/{id:int}/closure", close_year, "POST"),
    _route("/{id:int}/name", rename, "POST"),
]
