"""Start-up time and idle memory of the server, against a bare Starlette page served the same way."""

import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT)]

from bench import table

BARE = """
import sys, uvicorn
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
page = Route("/{path:path}", lambda request: PlainTextResponse("ok"))
uvicorn.run(Starlette(routes=[page]), host="127.0.0.1", port=int(sys.argv[1]), http="httptools", log_level="critical")
"""
IDLE_SECONDS, STARTS = 4, 3


def free_port() -> int:
    """A loopback port nobody uses."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def answers(port) -> bool:
    """True once GET / is answered."""
    with socket.socket() as one:
        one.settimeout(2)
        if one.connect_ex(("127.0.0.1", port)):
            return False
        one.sendall(b"GET /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        return one.recv(12).startswith(b"HTTP/1.1 ")


def run(command, port, environment) -> tuple[float, float]:
    """(seconds until the first answer, megabytes of memory after a while of idleness)."""
    before = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        while not answers(port):
            assert process.poll() is None, f"{command} ended with {process.returncode}"
            time.sleep(0.01)
        started = time.perf_counter() - before
        time.sleep(IDLE_SECONDS)
        status = Path(f"/proc/{process.pid}/status").read_text()
        memory = int(status.partition("VmRSS:")[2].split()[0]) / 1024
    finally:
        process.terminate()
        process.wait(20)
    return started, memory


def main() -> None:
    """Start each a few times; the first start of ours makes the database and is shown apart."""
    with tempfile.TemporaryDirectory() as folder:
        figures = {"bare Starlette": [], "Văn Thư": []}
        first = None
        for turn in range(STARTS + 1):
            port = free_port()
            ours = os.environ | {"VANTHU_DATA": folder, "VANTHU_PORT": str(port)}
            found = run([sys.executable, "app.py", "serve"], port, ours)
            if turn == 0:
                first = found
                continue
            figures["Văn Thư"].append(found)
            port = free_port()
            figures["bare Starlette"].append(
                run([sys.executable, "-c", BARE, str(port)], port, dict(os.environ))
            )
        rows = [
            (label, table.middle([one[0] for one in runs]), table.middle([one[1] for one in runs]))
            for label, runs in figures.items()
        ]
        (_, bare_start, bare_memory), (_, start, memory) = rows
        rows += [("ratio", start / bare_start, memory / bare_memory), ("first start, new database", *first)]
        table.show("Server", [("", "seconds to first answer", "idle megabytes"), *rows])


if __name__ == "__main__":
    main()
