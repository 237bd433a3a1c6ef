"""Time stamps, lists and answers on loopback, and a book of who asked for what."""

import contextlib
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from asn1crypto import tsp

from tests.signing import authority


class Services:
    """What the outside world serves: `bodies` by path, `seen` the paths asked for, in order."""

    def __init__(self):
        self.bodies: dict[str, bytes] = {}
        self.seen: list[str] = []
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.server.daemon_threads = True

    @property
    def address(self) -> str:
        """Its origin."""
        return f"http://127.0.0.1:{self.server.server_port}"

    def tsa(self, moment: datetime) -> str:
        """The address of a time-stamping authority whose clock stands at `moment`."""
        return f"{self.address}/tsa/{int(moment.timestamp())}"


@contextlib.contextmanager
def serving():
    """Services in a thread of this process."""
    services = Services()
    thread = threading.Thread(
        target=services.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
    )
    thread.start()
    try:
        yield services
    finally:
        services.server.shutdown()
        services.server.server_close()
        thread.join(5)


def _handler(services):
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            services.seen.append(self.path)
            self.answer(services.bodies.get(self.path))

        def do_POST(self):
            services.seen.append(self.path)
            asked = self.rfile.read(int(self.headers["Content-Length"]))
            if self.path.startswith("/tsa/"):
                moment = datetime.fromtimestamp(int(self.path.rpartition("/")[2]), UTC)
                maker = authority.stamper(authority.usual().tsa, moment)
                self.answer(maker.request_tsa_response(tsp.TimeStampReq.load(asked)).dump())
            else:
                self.answer(services.bodies.get(self.path))

        def answer(self, body):
            self.send_response(200 if body is not None else 404)
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, *_):
            pass

    return Handler
