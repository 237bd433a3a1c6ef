"""Văn Thư: wires everything together, and the administrator's commands (`python app.py --help`)."""

import argparse
import asyncio
import json
import logging
import secrets
import signal
import sys
from contextlib import asynccontextmanager
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

import jobs
import views
from jobs import backup, token_test, verify_files
from jobs import extract as reader
from models import config, db, errors, files, journal, outbox, recalls_ledger, schema, users
from views import web

ROOT = Path(__file__).parent
HEADER_LIMIT = 1 << 20  # the axis sends its receivers in headers


class Headers:
    """Security headers on every answer; an answer's own value wins."""

    def __init__(self, inner):
        self.inner = inner
        self.fixed = [(name.lower().encode(), value.encode()) for name, value in web.HEADERS.items()]

    async def __call__(self, scope, receive, send):
        async def send_with_headers(message):
            if message["type"] == "http.response.start":
                own = {name.lower() for name, _ in message["headers"]}
                message["headers"] += [pair for pair in self.fixed if pair[0] not in own]
            await send(message)

        await self.inner(scope, receive, send_with_headers if scope["type"] == "http" else send)


class Compressed:
    """Pages, styles and scripts travel compressed over slow lines; pictures, files and packets as they are."""

    PACKED = (".png", ".pdf", ".zip", "/file", "/print-copy")

    def __init__(self, inner, machine_path: str):
        self.inner, self.machine_path = inner, machine_path
        self.packing = GZipMiddleware(inner, minimum_size=1000, compresslevel=5)

    async def __call__(self, scope, receive, send):
        path = scope.get("path", "")
        is_file = path.startswith(("/files/", self.machine_path)) or path.endswith(self.PACKED)
        await (self.inner if is_file else self.packing)(scope, receive, send)


class KeptFiles(StaticFiles):
    """Static files: their address changes with their content, so browsers keep them for good."""

    async def get_response(self, path, scope):
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response


def application(workers: bool = True) -> Starlette:
    """The ASGI application over the database already opened."""

    @asynccontextmanager
    async def lifespan(_app):
        if workers:
            jobs.start()
        yield
        if workers:
            await asyncio.to_thread(jobs.stop)

    routes = views.routes()
    routes.append(Mount("/static", KeptFiles(directory=ROOT / "static")))
    unknown = dict.fromkeys((404, 405), web.nowhere)
    starlette = Starlette(routes=routes, lifespan=lifespan, exception_handlers=unknown)
    starlette.add_middleware(Compressed, machine_path=config.current().hub_path)
    starlette.add_middleware(Headers)
    return starlette


def open_installation(settings: config.Config) -> None:
    """Open and migrate the data of these settings."""
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o750)
    db.open_database(settings.data / "vanthu.db")
    schema.migrate()


def open_configured() -> config.Config:
    """Read the settings and open their installation."""
    settings = config.use(config.load())
    open_installation(settings)
    replay_recalls([recalls_ledger.place()])
    return settings


def replay_recalls(ledgers) -> int:
    """Carry out again, before anybody opens it, every recall this database does not know of (an older copy was put back)."""
    with db.connection():
        return recalls_ledger.replay(recalls_ledger.read(path for path in ledgers if path.is_file()))


def serve(_arguments) -> int:
    """Chạy máy chủ (nâng cấp dữ liệu trước nếu cần)."""
    return listen(open_configured())


def listen(settings: config.Config) -> int:
    """Serve the opened installation until the process is ended."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    uvicorn.run(
        application(), host=settings.host, port=settings.port, http="httptools", server_header=False,
        access_log=False, timeout_graceful_shutdown=10,
    )  # fmt: skip
    return 0


def migrate(_arguments) -> int:
    """Nâng cấp cấu trúc dữ liệu (tự chụp bản trước khi nâng cấp)."""
    open_configured()
    print("Dữ liệu đã ở đúng phiên bản.")
    return 0


def make_backup(arguments) -> int:
    """Sao lưu toàn bộ vào một thư mục."""
    open_configured()
    print(backup.make(arguments.target))
    return 0


def restore(arguments) -> int:
    """Khôi phục một bản sao lưu vào thư mục dữ liệu còn trống."""
    settings = config.use(config.load())
    print(f"Đã khôi phục {backup.restore(arguments.folder, settings.data)} tệp vào {settings.data}.")
    open_installation(settings)
    again = replay_recalls(backup.ledgers(arguments.folder, settings.data))
    if again:
        print(f"Đã thực hiện lại {again} lệnh thu hồi mới hơn bản sao lưu; nội dung các văn bản đó đã hủy.")
    return 0


def check(arguments) -> int:
    """Kiểm tra tệp, nhật ký và việc tồn đọng; mã thoát 1 khi có vấn đề."""
    open_configured()
    with db.connection():
        found = [*files.check(), *journal.verify()]
        found += [
            f"Việc tồn đọng: {o.kind} #{o.subject_id}: {o.last_error or o.state}" for o in outbox.stale()
        ]
    if arguments.json:
        print(json.dumps({"problems": found}, ensure_ascii=False))
    else:
        print("\n".join(found) or "Mọi tệp và nhật ký nguyên vẹn, không có việc tồn đọng.")
    return 1 if found else 0


def reset_password(arguments) -> int:
    """Đặt lại mật khẩu cho một tài khoản; in mật khẩu tạm một lần."""
    open_configured()
    with db.connection():
        person = users.Person.get_or_none(users.Person.login == arguments.login)
        if person is None:
            print(f"Không có tài khoản «{arguments.login}».", file=sys.stderr)
            return 1
        password = secrets.token_urlsafe(12)
        users.set_password(person, password, must_change=True)
    print(password)
    return 0


def extract(arguments) -> int:
    """Đọc số, ngày, cơ quan, trích yếu… từ tệp văn bản."""
    return reader.main(arguments.files, arguments.json)


def development(name: str):
    """A module that needs the development requirements (demonstration keys). Raises Refused where they are missing."""
    if find_spec("certomancer") is None:
        raise errors.Refused("Lệnh này chỉ có trong bản phát triển: hãy chạy bin/dev hoặc bin/test trước.")
    return import_module(name)


def dev(_arguments) -> int:
    """Tạo tỉnh mẫu ở lần chạy đầu rồi chạy máy chủ (chỉ để xem thử)."""
    demo = development("jobs.demo")
    settings = config.use(demo.settings(config.load()))
    open_installation(settings)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # so that agent and time stamps end with the server
    with demo.running(settings):
        return listen(settings)


def story(arguments) -> int:
    """Một văn bản đi trọn vòng đời qua ba hệ thống thật; in dòng thời gian."""
    return development("tests.stories.story").main(arguments)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="vanthu", description="Văn Thư – quản lý văn bản và điều hành")
    commands = parser.add_subparsers(dest="command", required=True)

    def command(name, function):
        one = commands.add_parser(name, help=function.__doc__, description=function.__doc__)
        one.set_defaults(run=function)
        return one

    command("serve", serve)
    command("migrate", migrate)
    command("backup", make_backup).add_argument("target", type=Path, help="thư mục chứa các bản sao lưu")
    command("restore", restore).add_argument("folder", type=Path, help="một bản sao lưu")
    command("check", check).add_argument("--json", action="store_true")
    command("password", reset_password).add_argument("login", help="tên đăng nhập")
    reader = command("extract", extract)
    reader.add_argument("files", nargs="+", type=Path)
    reader.add_argument("--json", action="store_true")
    verify_files.add_to(commands)
    token_test.add_to(commands)
    command("dev", dev)
    player = command("story", story)
    player.add_argument("--draft", type=Path, help="một dự thảo .docx, .odt hoặc .pdf")
    player.add_argument("--scan", type=Path, help="một bản quét .pdf, .jpg, .png hoặc .tif")
    player.add_argument("--json", action="store_true")
    return parser


def main(arguments=None) -> int:
    """Run one command."""
    chosen = _parser().parse_args(arguments)
    try:
        return chosen.run(chosen)
    except (
        config.ConfigError,
        db.UnsafeEngine,
        schema.NewerSchema,
        backup.BadBackup,
        errors.DomainError,
    ) as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
