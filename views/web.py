"""The one way a request becomes an answer: sign-in, CSRF by header, one thread and one connection a request, errors.

Handlers are plain functions `handler(request)` with `request.user` (users.Actor) and `request.state.form`; they call one
verb and answer with `page`, `fragments` or `redirect`. A script of ours may send a JSON object: `request.state.json`.
"""

import base64
import hashlib
import json
import logging
import re
import secrets
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import jinja2
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from models import clock, config, db, errors, lookups, users
from views import menu

log = logging.getLogger("vanthu.web")
ROOT = Path(__file__).parent.parent
COOKIE = "vanthu_session"
FLASH = "vanthu_flash"
MOST_FILES = 50

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
        "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; "
        "base-uri 'none'; object-src 'none'; manifest-src 'self'"
    ),
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class BodyTooLarge(Exception):
    """A request sends more than any form of ours needs."""


def endpoint(
    handler, *, roles: tuple = (), public: bool = False, capability: bool = False, watching: bool = False
):
    """Wrap a handler for a Route. `roles`: the post must carry one of them; `public`: also without sign-in.

    `capability`: the address carries its own secret and another program calls it: no sign-in, no cookie is read, a POST
    may come from outside our pages. `watching`: an open page asks by itself, which is no sign of a person at the desk: an
    idle session still ends.
    """

    async def run(request: Request) -> Response:
        refusal = None if capability else _forged(request)
        if refusal:
            return refusal
        request = Request(request.scope, _limited(request.receive))
        form = request.state.json = None
        try:
            if request.method == "POST" and request.headers.get("content-type", "").startswith(
                "application/json"
            ):
                request.state.json = await _json(request)
            elif request.method == "POST":
                form = await request.form(max_files=MOST_FILES, max_fields=2000, max_part_size=1 << 20)
        except BodyTooLarge:
            most = config.current().upload_megabytes
            return HTMLResponse(
                f"Tệp quá lớn: mỗi tệp tối đa {most} MB. Chưa có gì được lưu.", status_code=413
            )
        request.state.form = form
        try:
            return await run_in_threadpool(
                _answer, request, handler, roles, public or capability, capability, watching
            )
        finally:
            if form is not None:
                await form.close()

    run.__name__ = handler.__name__
    run.handler, run.roles, run.public = handler, roles, public
    return run


async def nowhere(request: Request, error: HTTPException) -> Response:
    """An address no route knows, or called in a way it does not serve: our own page instead of the server's bare words."""
    if request.url.path.startswith("/static/"):
        return Response(status_code=error.status_code)
    return await _no_such_page(Request({**request.scope, "method": "GET"}, request.receive))


def _raise_not_found(_request):
    raise errors.NotFound()


_no_such_page = endpoint(_raise_not_found, public=True)


async def _json(request) -> dict:
    """The JSON object a script of ours sent; anything else counts as an empty one."""
    try:
        found = json.loads(await request.body())
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _answer(request, handler, roles, public, capability, watching) -> Response:
    with db.connection():
        cookie = "" if capability else request.cookies.get(COOKIE, "")
        request.scope["user"] = users.actor_of(cookie, is_at_work=not watching)
        try:
            if not public and request.user is None:
                return sign_in_first(request)
            if roles and not request.user.has(*roles):
                raise errors.NotAllowed()
            return handler(request)
        except errors.DomainError as error:
            return problem(request, error)
        except OverflowError:  # a number in the address larger than any id: no such thing
            return problem(request, errors.NotFound())
        except db.OperationalError as error:
            return _database_trouble(request, error)
        except Exception:
            number = secrets.token_hex(4)
            log.exception("incident %s %s %s", number, request.method, _place(request))
            return _incident(request, number)


def sign_in_first(request: Request) -> Response:
    """Send a person who is not signed in to the sign-in page, and back afterwards."""
    target = "/sign-in"
    if request.method == "GET" and request.url.path != "/":
        target += f"?next={request.url.path}"
    if request.headers.get("hx-request"):
        return Response(status_code=401, headers={"HX-Redirect": target})
    if request.headers.get("accept", "").startswith("application/json"):
        return JSONResponse({"error": "Phiên làm việc đã hết. Hãy đăng nhập lại."}, status_code=401)
    return RedirectResponse(target, status_code=303)


def problem(request: Request, error: errors.DomainError) -> Response:
    """The answer to a domain error that the handler did not show itself."""
    return _sentence(request, error.status, str(error))


def _sentence(request, status, sentence) -> Response:
    if request.headers.get("accept", "").startswith("application/json"):
        return JSONResponse({"error": sentence}, status_code=status)
    if request.headers.get("hx-request"):
        html = templates().get_template("_flash.html").render(flash=sentence, flash_kind="error")
        return HTMLResponse(
            html, status_code=status, headers={"HX-Retarget": "#flash", "HX-Reswap": "outerHTML"}
        )
    if getattr(request, "user", None) is None:
        return HTMLResponse(templates().get_template("error.html").render(**_shell(request), sentence=sentence,
                            status=status), status_code=status)  # fmt: skip
    return page(request, "error.html", status=status, sentence=sentence)


def _database_trouble(request, error) -> Response:
    """A full disk and a busy database have words of their own; anything else is a fault of ours."""
    said = str(error).lower()
    if "full" in said or "disk" in said:
        log.error("database: %s", error)
        return _sentence(request, 507, "Đĩa của máy chủ đã đầy nên chưa lưu được. Chưa có gì bị thay đổi; "
                         "hãy báo quản trị giải phóng đĩa rồi làm lại.")  # fmt: skip
    if "busy" in said or "locked" in said:
        log.error("database: %s", error)
        sentence = "Máy chủ đang bận ghi dữ liệu. Chưa có gì bị thay đổi; hãy thử lại sau vài giây."
        return _sentence(request, 503, sentence)
    number = secrets.token_hex(4)
    log.error("incident %s %s %s", number, request.method, _place(request), exc_info=error)
    return _incident(request, number)


def _place(request) -> str:
    """The address for the log; of one that carries a secret only its shape."""
    path = request.url.path
    return re.sub(r"[A-Za-z0-9_-]{43,}", "…", path) if path.startswith("/signing/") else path


def _incident(request, number) -> Response:
    sentence = f"Phần mềm gặp lỗi. Chưa có gì bị thay đổi. Hãy báo quản trị mã sự cố {number}."
    return _sentence(request, 500, sentence)


def page(request: Request, template: str, status: int = 200, **context) -> HTMLResponse:
    """A whole page; the shell (menu, counts, posts, flash) is added here and nowhere else."""
    shell = _shell(request)
    html = templates().get_template(template).render(**{**shell, "status": status, **context})
    response = HTMLResponse(html, status_code=status)
    if request.cookies.get(FLASH):
        response.delete_cookie(FLASH)
    return response


def fragments(request: Request, location: str, partials: list[str], context: dict, flash: str = "",
              status: int = 200) -> Response:  # fmt: skip
    """After an act: the changed partials for htmx, or a redirect to the page when the form came without script."""
    if not request.headers.get("hx-request"):
        return redirect(location, flash)
    shell = {**_shell(request), **context, "flash": flash, "flash_kind": "done"}
    html = "\n".join(templates().get_template(name).render(**shell) for name in [*partials, "_flash.html"])
    return HTMLResponse(html, status_code=status)


def part(request: Request, template: str, status: int = 200, **context) -> HTMLResponse:
    """One partial that has its own address."""
    return HTMLResponse(
        templates().get_template(template).render(**_shell(request), **context), status_code=status
    )


def redirect(location: str, flash: str = "") -> Response:
    """Go on at another page, with a sentence on top of it."""
    response = RedirectResponse(location, status_code=303)
    leave(response, flash)
    return response


def leave(response: Response, flash: str) -> None:
    """Leave a sentence for the page that comes next."""
    if flash:
        value = base64.urlsafe_b64encode(flash.encode()[:1500]).decode()
        response.set_cookie(FLASH, value, max_age=60, httponly=True, samesite="lax")


def go(request: Request, location: str, flash: str = "") -> Response:
    """Go on at another page after a form sent by htmx or without script."""
    if request.headers.get("hx-request"):
        response = Response(status_code=200, headers={"HX-Redirect": location})
        leave(response, flash)
        return response
    return redirect(location, flash)


def _shell(request) -> dict:
    actor = getattr(request, "user", None) if "user" in request.scope else None
    flash = request.cookies.get(FLASH, "")
    return {
        "actor": actor,
        "posts": actor.posts if actor else [],
        "menu": menu.of(actor, request.url.path) if actor else [],
        "rare": menu.rare(actor) if actor else [],
        "flash": _sentence_kept(flash),
        "flash_kind": "done",
        "path": request.url.path,
        "demo": config.current().mode == "demo",
        "today": clock.today(),
    }


def _sentence_kept(cookie: str) -> str:
    """The sentence a redirect left for the next page; nothing for a cookie we did not write."""
    try:
        return base64.urlsafe_b64decode(cookie).decode()
    except ValueError:
        return ""


def _forged(request) -> Response | None:
    """A POST must come from one of our own pages (Sec-Fetch-Site, else Origin = Host)."""
    if request.method in ("GET", "HEAD"):
        return None
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        if site == "same-origin":
            return None
    else:
        origin = request.headers.get("origin", "")
        if origin and urlsplit(origin).netloc == request.headers.get("host"):
            return None
    return HTMLResponse("Yêu cầu không đến từ trang của hệ thống nên bị từ chối.", status_code=403)


def _limited(receive):
    """The request's body up to twice the largest file; more raises BodyTooLarge, however it is announced."""
    most, seen = (config.current().upload_megabytes << 20) * 2, 0

    async def counted():
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > most:
            raise BodyTooLarge
        return message

    return counted


@cache
def templates() -> jinja2.Environment:
    """The template environment; a name typed wrong is an error, not an empty cell."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(ROOT / "templates"), autoescape=True, undefined=jinja2.StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters |= {
        "day": show_day,
        "moment": show_moment,
        "clock_time": show_time,
        "size": show_size,
    }
    environment.globals |= {"static": static_url, "roles": lookups.ROLES, "verdicts": lookups.VERDICTS,
                            "urgencies": lookups.URGENCIES}  # fmt: skip
    return environment


@cache
def static_url(name: str) -> str:
    """Address of a static file; changes with its content, so that browsers may keep it for good."""
    digest = hashlib.sha256((ROOT / "static" / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?v={digest}"


def show_day(value) -> str:
    """dd/mm/yyyy, empty for none."""
    return f"{value:%d/%m/%Y}" if value else ""


def show_moment(value) -> str:
    """dd/mm/yyyy HH:MM on Vietnam's wall clock, empty for none."""
    return f"{clock.local(value):%d/%m/%Y %H:%M}" if value else ""


def show_time(value) -> str:
    """HH:MM of today, else dd/mm HH:MM."""
    if not value:
        return ""
    wall = clock.local(value)
    return f"{wall:%H:%M}" if wall.date() == clock.today() else f"{wall:%d/%m %H:%M}"


def show_size(value: int) -> str:
    """A file's size in words."""
    if value < 1 << 20:
        return f"{max(1, round(value / 1024))} KB"
    return f"{value / (1 << 20):.1f} MB".replace(".", ",")
