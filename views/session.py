"""Đăng nhập, đổi chức danh, mật khẩu, and the first-run page that makes the first administrator, once."""

from starlette.routing import Route

from models import config, errors, setup, users
from views import forms, web


class SignInForm(forms.Form):
    """Name and password."""

    def parse(self):
        self.login = self.text("login", needed="Hãy nhập tên đăng nhập.", longest=100)
        self.password = self._raw("password")
        if not self.password:
            self.errors["password"] = "Hãy nhập mật khẩu."


class FirstRunForm(forms.Form):
    """The first administrator and the first agency."""

    def parse(self):
        self.agency_name = self.text("agency_name", needed="Hãy nhập tên cơ quan.", longest=200)
        self.agency_code = self.text("agency_code", needed="Hãy nhập mã định danh, ví dụ H35.12.", longest=35)
        self.full_name = self.text("full_name", needed="Hãy nhập họ và tên.", longest=50)
        self.login = self.text("login", needed="Hãy nhập tên đăng nhập.", longest=100)
        self.password = self._raw("password")
        if self.password != self._raw("password_again"):
            self.errors["password_again"] = "Hai lần nhập mật khẩu không giống nhau."


class PasswordForm(forms.Form):
    """A new password."""

    def parse(self):
        self.old = self._raw("old")
        self.new = self._raw("password")
        if not self.old:
            self.errors["old"] = "Hãy nhập mật khẩu đang dùng."
        if self.new != self._raw("again"):
            self.errors["again"] = "Hai lần nhập mật khẩu không giống nhau."


class RenewalForm(PasswordForm):
    """One's own password instead of the one an administrator gave."""

    def parse(self):
        super().parse()
        self.login = self.text("login", needed="Hãy nhập tên đăng nhập.", longest=100)


def sign_in_form(request):
    """GET /sign-in"""
    if not users.anyone():
        return web.redirect("/first-run")
    return web.page(
        request, "session/sign_in.html", form=SignInForm(), next=_safe(request.query_params.get("next"))
    )


def sign_in(request):
    """POST /sign-in"""
    form = SignInForm(request.state.form)
    target = _safe(request.state.form.get("next"))
    if form.ok:
        try:
            token = users.sign_in(
                form.login, form.password, _address(request), request.headers.get("user-agent", "")
            )
        except users.PasswordExpired as expired:
            renewal = RenewalForm(None, login=form.login)
            return web.page(request, "session/renewal.html", form=renewal, sentence=str(expired))
        except errors.Invalid as error:
            form.fail(error)
        else:
            response = web.redirect(target)
            response.set_cookie(web.COOKIE, token, httponly=True, samesite="lax",
                                secure=config.current().base_url.startswith("https"))  # fmt: skip
            return response
    return web.page(request, "session/sign_in.html", status=422, form=form, next=target)


def sign_out(request):
    """POST /sign-out"""
    users.sign_out(request.cookies.get(web.COOKIE, ""))
    response = web.redirect("/sign-in", "Đã đăng xuất.")
    response.delete_cookie(web.COOKIE)
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


def switch(request):
    """POST /post: go on in another of one's posts."""
    typed = request.state.form.get("post", "")
    post = users.switch_post(request.cookies.get(web.COOKIE, ""), int(typed) if typed.isdecimal() else 0)
    return web.redirect("/", f"Đang làm việc với chức danh {post.title} – {post.agency.name}.")


def first_run_form(request):
    """GET /first-run: only while there is no account."""
    if users.anyone():
        return web.redirect("/sign-in")
    return web.page(request, "session/first_run.html", form=FirstRunForm())


def first_run(request):
    """POST /first-run"""
    form = FirstRunForm(request.state.form)
    if form.ok:
        try:
            setup.first_run(form.agency_name, form.agency_code, form.full_name, form.login, form.password)
        except errors.Invalid as error:
            names = {"code": "agency_code", "name": "agency_name"}
            form.fail(errors.Invalid({names.get(name, name): words for name, words in error.fields.items()}))
        else:
            return web.redirect("/sign-in", "Đã tạo quản trị đầu tiên. Hãy đăng nhập.")
    return web.page(request, "session/first_run.html", status=422, form=form)


def password_form(request):
    """GET /password"""
    return web.page(request, "session/password.html", **_account(request, PasswordForm()))


def change_password(request):
    """POST /password: every session ends, also this one."""
    form = PasswordForm(request.state.form)
    if form.ok:
        try:
            users.change_password(request.user.person, form.old, form.new)
        except errors.Invalid as error:
            form.fail(error)
        else:
            return web.redirect("/sign-in", "Đã đổi mật khẩu. Hãy đăng nhập bằng mật khẩu mới.")
    return web.page(request, "session/password.html", status=422, **_account(request, form))


def renew_password(request):
    """POST /password/renewal: without a session, by whoever knows the given password."""
    form = RenewalForm(request.state.form)
    if form.ok:
        try:
            users.renew_password(form.login, form.old, form.new, _address(request))
        except errors.Invalid as error:
            form.fail(error)
        else:
            return web.redirect("/sign-in", "Đã đặt mật khẩu của riêng bạn. Hãy đăng nhập.")
    return web.page(request, "session/renewal.html", status=422, form=form, sentence="")


def end_other_sessions(request):
    """POST /sessions/end: every session of mine but this one."""
    ended = users.end_sessions(request.user.person, request.cookies.get(web.COOKIE, ""))
    return web.redirect("/password", f"Đã kết thúc {ended} phiên ở máy khác.")


def _account(request, form) -> dict:
    return {
        "form": form,
        "sessions": users.sessions_of(request.user.person),
        "shortest": users.SHORTEST_PASSWORD,
    }


def _safe(target) -> str:
    """A page of ours to go on to; anything else becomes the home page."""
    if not isinstance(target, str) or not target.startswith("/") or target.startswith(("//", "/\\")):
        return "/"
    return target if target.isprintable() else "/"


def _address(request) -> str:
    return request.client.host if request.client else ""


ROUTES = [
    Route("/sign-in", web.endpoint(sign_in_form, public=True), methods=["GET"]),
    Route("/sign-in", web.endpoint(sign_in, public=True), methods=["POST"]),
    Route("/sign-out", web.endpoint(sign_out), methods=["POST"]),
    Route("/post", web.endpoint(switch), methods=["POST"]),
    Route("/first-run", web.endpoint(first_run_form, public=True), methods=["GET"]),
    Route("/first-run", web.endpoint(first_run, public=True), methods=["POST"]),
    Route("/password", web.endpoint(password_form), methods=["GET"]),
    Route("/password", web.endpoint(change_password), methods=["POST"]),
    Route("/password/renewal", web.endpoint(renew_password, public=True), methods=["POST"]),
    Route("/sessions/end", web.endpoint(end_other_sessions), methods=["POST"]),
]
