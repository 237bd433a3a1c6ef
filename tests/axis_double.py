"""A false axis on the loopback, over real HTTP, that can be told to hang, repeat itself, lie or break off."""

import base64
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from models import vxp


class AxisDouble:
    """`with AxisDouble() as axis`: `axis.url`; `axis.answers[operation]` is a list of answers, the last one stays.

    An answer is bytes (a body), a dict (a positive reply with these fields) or a function of the raw handler.
    """

    def __init__(self):
        self.answers = {}
        self.calls = []
        self.release = threading.Event()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}/adapter"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.release.set()
        self.server.shutdown()
        self.server.server_close()

    def bodies(self, operation):
        """The bodies taken for an operation."""
        return [body for name, _, body in self.calls if name == operation]

    def _handler(self):
        double = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                operation = self.path.rpartition("/")[2]
                double.calls.append((operation, dict(self.headers), body))
                answers = double.answers.get(operation, [{}])
                answer = answers.pop(0) if len(answers) > 1 else answers[0]
                if callable(answer):
                    answer(self)
                    return
                reply(self, vxp.success(**answer) if isinstance(answer, dict) else answer)

            def log_message(self, *_):
                pass

        return Handler


def reply(handler, body: bytes, status: int = 200, length: int | None = None, **headers) -> None:
    """Write one answer; `length` may lie about the body."""
    handler.send_response(status)
    handler.send_header("Content-Length", str(len(body) if length is None else length))
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(body)
    if length not in (None, len(body)):
        handler.close_connection = True


def hang(axis: AxisDouble):
    """Say nothing until the test is over."""
    return lambda handler: axis.release.wait(30)


def close(handler) -> None:
    """Take the call and hang up without a word."""
    handler.close_connection = True
    handler.connection.close()


def failing(code: str, **extra):
    """A refusal with this code."""
    return vxp.failure(code, **extra)


def elsewhere(handler) -> None:
    """Send the caller somewhere else."""
    reply(handler, b"", 302, Location="http://127.0.0.1:9/other")


def torn(handler) -> None:
    """Promise more than comes."""
    reply(handler, b'{"status":"OK",', length=500)


def with_packet(data: bytes, escaped: bool = False) -> bytes:
    """The reply of getEdoc, also as gson writes it («=» escaped)."""
    text = base64.b64encode(data).decode()
    body = json.dumps({"status": "OK", "ErrorCode": 0, "ErrorDesc": "", "data": text})
    return (body.replace("=", "\\u003d").replace("/", "\\/") if escaped else body).encode()
