"""Quản trị người dùng: accounts, posts with their roles, passwords given once, closing an account."""

from starlette.routing import Route

from models import agencies, errors, lookups, staff
from views import forms, web
from views.admin import ADMINISTRATORS, agency_of, everywhere, hosted, page

AT = "/admin/people"


class PostForm(forms.Form):
    """A post: title, unit, roles."""

    def __init__(self, data=None, units=(), **initial):
        self.units = {str(unit.id): unit for unit in units}
        super().__init__(data, **initial)

    def parse(self):
        self.title = self.text("title", needed="Hãy nhập chức vụ.", longest=100)
        self.unit = self.units.get(self.choice("unit", ["", *self.units]))
        self.roles = self.many("roles", lookups.ROLES)
        if not self.roles and "roles" not in self.errors:
            self.errors["roles"] = "Hãy chọn ít nhất một vai trò."


class PersonForm(PostForm):
    """A new person with the first post."""

    def parse(self):
        super().parse()
        self.login = self.text("login", needed="Hãy nhập tên đăng nhập.", longest=60)
        self.full_name = self.text("full_name", needed="Hãy nhập họ và tên.", longest=50)
        self.email = self.text("email", longest=100)
        self.telephone = self.text("telephone", longest=30)


class ContactForm(forms.Form):
    """Name and ways to reach a person."""

    def parse(self):
        self.full_name = self.text("full_name", needed="Hãy nhập họ và tên.", longest=50)
        self.email = self.text("email", longest=100)
        self.telephone = self.text("telephone", longest=30)


def browse(request):
    """GET /admin/people"""
    agency = agency_of(request)
    return page(
        request, "admin_people/list.html", agency, AT, people=staff.people(agency.id), words=staff.role_words
    )


def new(request):
    """GET /admin/people/new"""
    agency = agency_of(request)
    return _new_page(request, agency, PersonForm(None, agencies.units_of(agency.id)))


def create(request):
    """POST /admin/people"""
    agency = agency_of(request)
    form = PersonForm(request.state.form, agencies.units_of(agency.id))
    if form.ok:
        try:
            person, password = staff.open_account(
                request.user, agency, form.login, form.full_name, form.title, form.roles, form.unit,
                email=form.email, telephone=form.telephone,
            )  # fmt: skip
        except errors.Invalid as error:
            form.fail(error)
        else:
            return _show_password(request, agency, person, password)
    return _new_page(request, agency, form, status=422)


def show(request):
    """GET /admin/people/{id}"""
    return _show(request, _person(request))


def change(request):
    """POST /admin/people/{id}"""
    person = _person(request)
    form = ContactForm(request.state.form)
    if form.ok:
        try:
            staff.change(request.user, person, form.full_name, form.email, form.telephone)
        except errors.Invalid as error:
            form.fail(error)
        else:
            return web.redirect(f"{AT}/{person.id}", "Đã ghi thông tin.")
    return _show(request, person, status=422, form=form)


def appoint(request):
    """POST /admin/people/{id}/posts"""
    person = _person(request)
    agency = agency_of(request)
    form = PostForm(request.state.form, agencies.units_of(agency.id))
    if form.ok:
        try:
            post = staff.appoint(request.user, person, agency, form.title, form.roles, form.unit)
        except errors.Invalid as error:
            form.fail(error)
        else:
            return web.redirect(f"{AT}/{person.id}", f"{person.full_name}: {post.title} – {agency.name}.")
    return _show(request, person, status=422, post_form=form, at=agency)


def end_post(request):
    """POST /admin/people/{id}/posts/{post}/end"""
    person = _person(request)
    ended = staff.post(request.user, person, request.path_params["post"])
    staff.end_post(request.user, ended)
    return web.redirect(AT, f"{person.full_name} thôi giữ chức danh {ended.title}.")


def give_password(request):
    """POST /admin/people/{id}/password: shown once, to be changed at the next sign-in."""
    person = _person(request)
    password = staff.give_password(request.user, person)
    return _show_password(request, request.user.agency, person, password)


def close(request):
    """POST /admin/people/{id}/closure"""
    person = _person(request)
    staff.close_account(request.user, person)
    return web.redirect(f"{AT}/{person.id}", f"Đã khóa tài khoản {person.login}; mọi phiên đã kết thúc.")


def reopen(request):
    """POST /admin/people/{id}/reopening"""
    person = _person(request)
    staff.reopen_account(request.user, person)
    return web.redirect(f"{AT}/{person.id}", f"Đã mở lại tài khoản {person.login}.")


def _person(request):
    return staff.get(request.user, request.path_params["id"])


def _new_page(request, agency, form, status=200):
    return page(request, "admin_people/new.html", agency, AT, status=status, form=form, units=_units(agency),
                role_choices=_roles(request))  # fmt: skip


def _show(request, person, status=200, form=None, post_form=None, at=None):
    posts = staff.posts(request.user, person)
    at = at or _at(request, posts)
    context = {
        "person": person, "posts_held": posts, "words": staff.role_words,
        "reason": staff.may_keep(request.user, person), "work": [w for p in posts if not p.ends_on for w in staff.work_in_hand(p)],
        "form": form or ContactForm(None, full_name=person.full_name, email=person.email, telephone=person.telephone),
        "post_form": post_form or PostForm(None, agencies.units_of(at.id)), "at": at, "units": _units(at),
        "role_choices": _roles(request), "agencies": _open_agencies(request),
    }  # fmt: skip
    return page(
        request,
        "admin_people/show.html",
        at if everywhere(request) else request.user.agency,
        AT,
        status=status,
        **context,
    )


def _at(request, posts) -> agencies.Agency:
    typed = request.query_params.get("agency")
    if typed:
        return agency_of(request)
    open_posts = [post for post in posts if post.ends_on is None]
    return hosted(open_posts[0].agency_id) if open_posts else request.user.agency


def _show_password(request, agency, person, password):
    return page(request, "admin_people/password.html", agency, AT, person=person, password=password)


def _units(agency) -> list[tuple]:
    return [
        ("", "– Không thuộc đơn vị nào –"),
        *((unit.id, unit.name) for unit in agencies.units_of(agency.id)),
    ]


def _roles(request) -> list[tuple]:
    return [
        (role, words)
        for role, words in lookups.ROLES.items()
        if role != lookups.PROVINCE_ADMIN or everywhere(request)
    ]


def _open_agencies(request) -> list[tuple]:
    if not everywhere(request):
        return []
    rows = agencies.Agency.select().where(agencies.Agency.hosted, agencies.Agency.closed_on.is_null())
    return [(row.id, row.name) for row in rows.order_by(agencies.Agency.folded_name)]


def _route(path, handler, method="GET"):
    return Route(AT + path, web.endpoint(handler, roles=ADMINISTRATORS), methods=[method])


ROUTES = [
    _route("", browse),
    _route("", create, "POST"),
    _route("/new", new),
    _route("/{id:int}", show),
    _route("/{id:int}", change, "POST"),
    _route("/{id:int}/posts", appoint, "POST"),
    _route("/{id:int}/posts/{post:int}/end", end_post, "POST"),
    _route("/{id:int}/password", give_password, "POST"),
    _route("/{id:int}/closure", close, "POST"),
    _route("/{id:int}/reopening", reopen, "POST"),
]
