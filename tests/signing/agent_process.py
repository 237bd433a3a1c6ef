"""The signing agent in a process of its own, and our server as far as the agent sees it; for the tests of the agent."""

import http.server
import json
import secrets
import subprocess
import sys
import threading

from websockets.sync.client import connect

from signing import protocol
from signing.demo.tokens import SOFTHSM
from tests.signing.conftest import ROOT


class Tickets(http.server.ThreadingHTTPServer):
    """Our server, as far as the agent sees it: tickets by nonce, each handed out once."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.tickets, self.elsewhere = {}, None
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def origin(self):
        return f"http://127.0.0.1:{self.server_port}"

    def put(self, certificate, *pendings, **changes):
        """A ticket for these digests; returns its nonce."""
        nonce = secrets.token_urlsafe(32)
        items = [
            {"name": f"{i}.pdf", "document": "Báo cáo", "pages": 1, "mechanism": p.mechanism, "hash": p.hash,
             "digest": p.digest.hex()}
            for i, p in enumerate(pendings)
        ]  # fmt: skip
        content = {"purpose": "leader", "title": "Báo cáo", "person": "Trần Thử Nghiệm", "agency": "Sở Kiểm thử",
                   "items": items}  # fmt: skip
        self.tickets[nonce] = protocol.encode(**content | {"certificate": certificate} | changes)
        return nonce


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = self.server.tickets.pop(self.path.removeprefix(protocol.TICKET_PATH), None)
        elsewhere = None if body else self.server.elsewhere
        self.send_response(200 if body else 302 if elsewhere else 404)
        if elsewhere:
            self.send_header("Location", elsewhere)
        self.end_headers()
        self.wfile.write((body or "").encode())

    def log_message(self, *_):
        pass


class Agent:
    """An agent process whose PIN question is answered over its stdin."""

    def __init__(
        self, environment, origin, *options, module=SOFTHSM, ask="console", stdin=subprocess.PIPE, stderr=None
    ):
        named = [] if module is None else ["--module", module]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "signing.agent", *named, "--origin", origin, "--port", "0", "--ask", ask, *options],
            cwd=ROOT, env=environment, text=True, stdin=stdin, stdout=subprocess.PIPE, stderr=stderr,
        )  # fmt: skip
        self.url = self.process.stdout.readline().split()[1]
        self.origin, self.seen, self.progress = origin, [], []

    @property
    def page(self):
        """The address of the self-test page."""
        return self.url.replace("ws://", "http://") + "/"

    def connect(self):
        """A page's socket."""
        return connect(self.url, origin=self.origin, compression=None, proxy=None)

    def end(self):
        """Unplug; the exit code."""
        self.process.terminate()
        return self.process.wait(10)

    def ask(self, pin=None, **message):
        """Send one message; type the PIN when asked."""
        with self.connect() as socket:
            socket.send(protocol.encode(**message))
            if pin is not None:
                self.type(pin)
            return self.final(socket)

    def final(self, socket):
        """The last message; progress on the way is kept."""
        while "progress" in (answer := json.loads(socket.recv(timeout=30))):
            self.progress.append(answer["progress"])
        return answer

    def type(self, pin):
        """Wait for the question, then type."""
        self.seen = []
        while not self.seen or "Nhập mã PIN" not in self.seen[-1]:
            self.seen.append(self.process.stdout.readline())
        self.process.stdin.write(pin + "\n")
        self.process.stdin.flush()
