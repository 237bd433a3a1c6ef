"""Văn Thư: wires everything together, and the administrator's commands (`python app.py --help`)."""

import argparse
import asyncio
import logging
import sys
from contextlib import asynccontextmanager
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

import jobs
import views
from models import config, db, schema
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
    if find_spec("views.hub"):
        routes += import_module("views.hub").mount()
    routes.append(Mount("/static", KeptFiles(directory=ROOT / "static")))
    starlette = Starlette(routes=routes, lifespan=lifespan)
    starlette.add_middleware(Headers)
    return starlette


def open_installation(settings: config.Config) -> None:
    """Open and migrate the data of these settings."""
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o750)
    db.open_database(settings.data / "vanthu.db")
    schema.migrate()


def serve(_arguments) -> int:
    """Migrate, then serve."""
    settings = config.use(config.load())
    open_installation(settings)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    uvicorn.run(
        application(), host=settings.host, port=settings.port, http="httptools", server_header=False,
        date_header=True, access_log=False, timeout_graceful_shutdown=10,
    )  # fmt: skip
    return 0


COMMANDS = {"serve": serve}


def main(arguments=None) -> int:
    """Run one command."""
    parser = argparse.ArgumentParser(prog="vanthu", description="Văn Thư – quản lý văn bản và điều hành")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, function in COMMANDS.items():
        commands.add_parser(name, help=function.__doc__)
    chosen = parser.parse_args(arguments)
    try:
        return COMMANDS[chosen.command](chosen)
    except (config.ConfigError, db.UnsafeEngine, schema.NewerSchema) as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
