"""The agent's door: a WebSocket on loopback for pages of the allowed origins, one request at a time.

Before the upgrade: the Host must be this very address (DNS rebinding), the Origin one of the list, the program at the
other end one of the same user's. Plain GETs: `/` the self-test page for the person at this PC, `/ready` for a second
agent that wants to know whether it is needed.
"""

import base64
import http.client
import platform
import socket
import ssl
import threading
import time
import urllib.error
import urllib.request

from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Response
from websockets.protocol import State
from websockets.sync.server import Server, serve

from signing import protocol
from signing.agent import consent, peers, selftest
from signing.agent.keys import require_attempt
from signing.protocol import ProtocolError

READY = b"van-thu-agent\n"
MOST_CONNECTIONS = 16
GRACE = (
    1.0  # s: a page that was closed takes its question with it in that time, so pressing again is not refused
)
_TICKET_SECONDS = 10
_CALL = (
    "locked",
    "last_attempt",
    "no_key",
    "empty_token",
    "pin_missing",
    "unfit_key",
)  # somebody has to be called


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_args, **_kwargs):
        return None


class Door:
    """Answers pages; `keys` hold the tokens, `asker` asks the person, `bad` are libraries that were left out."""

    def __init__(self, origins, keys, asker, contact: str = "", bad: dict[str, str] | None = None):
        self.origins, self.keys, self.asker = list(origins), keys, asker
        self.contact, self.bad = contact, bad or {}
        self.last_used = time.monotonic()
        self._turn = threading.Lock()
        self._places = threading.BoundedSemaphore(MOST_CONNECTIONS)
        self._web = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirect())

    def open(self, ports, given: socket.socket | None = None) -> Server:
        """Listen on the first free one of these loopback ports (0 = any). Raises OSError when all are taken."""
        settings = {
            "origins": self.origins, "process_request": self._admit, "max_size": protocol.LARGEST_MESSAGE, "max_queue": 4,
            "compression": None, "server_header": None,
        }  # fmt: skip
        if given is not None:
            return serve(self._talk, sock=given, **settings)
        for port in ports[:-1]:
            try:
                return serve(self._talk, "127.0.0.1", port, **settings)
            except OSError:
                continue
        return serve(self._talk, "127.0.0.1", ports[-1], **settings)

    @property
    def idle(self) -> float:
        """Seconds since anybody asked; 0 while a request is under way."""
        return 0.0 if self._turn.locked() else time.monotonic() - self.last_used

    def _admit(self, connection, request):
        """The answer instead of an upgrade; None to go on with it."""
        port = connection.socket.getsockname()[1]
        own_page = request.headers.get("Origin") is None and "Upgrade" not in request.headers
        if request.headers.get_all("Host") not in ([f"127.0.0.1:{port}"], [f"localhost:{port}"]):
            return _refusal("Host")
        if not own_page and request.headers.get_all("Origin") not in [[origin] for origin in self.origins]:
            return _refusal("Origin")
        if not peers.is_same_user(connection.socket.getpeername()[:2], connection.socket.getsockname()[:2]):
            return _refusal("User")
        return self._plain(request) if own_page else None

    def _plain(self, request):
        """Pages for the person at this PC; never inside another site's page."""
        if request.path == "/ready":
            return _response(http.HTTPStatus.OK, READY, {"Content-Type": "text/plain"})
        if request.path != "/":
            return _response(http.HTTPStatus.NOT_FOUND, b"404\n", {"Content-Type": "text/plain"})
        site, mode, place = (request.headers.get(f"Sec-Fetch-{name}") for name in ("Site", "Mode", "Dest"))
        if site not in (None, "none", "same-origin") and (mode, place) != ("navigate", "document"):
            return _refusal("Site")
        free = self._turn.acquire(blocking=False)
        try:
            text = selftest.page(self.keys, self.bad, self.origins, self.contact, busy=not free)
        finally:
            if free:
                self._turn.release()
        return _response(http.HTTPStatus.OK, text.encode(), selftest.HEADERS)

    def _talk(self, connection):
        if not self._places.acquire(blocking=False):
            connection.close(1013, "busy")
            return
        origin = connection.request.headers["Origin"]
        try:
            for message in connection:
                self.last_used = time.monotonic()
                connection.send(self._answer(message, origin, connection))
                self.last_used = time.monotonic()
        except ConnectionClosed:
            return
        finally:
            self._places.release()

    def _answer(self, message, origin, connection):
        if not self._turn.acquire(timeout=GRACE):
            return protocol.failure(ProtocolError("busy"))
        try:
            request = protocol.decode_request(message)
            if request["do"] == "list":
                return self._list()
            return self._sign(request["nonce"], origin, connection)
        except ProtocolError as error:
            return protocol.failure(self._with_contact(error))
        finally:
            self._turn.release()

    def _list(self):
        seen = self.keys.look()
        lacking = self.keys.lacking(seen)
        problems = [lacking] if lacking else []
        problems += [error for _, error in seen.problems if not lacking or error.code != lacking.code]
        return protocol.encode(
            certificates=[entry.listed(held) for held, entry in seen.entries],
            machine=platform.node(),
            problems=[{"code": error.code, "message": str(error)} for error in problems],
        )

    def _sign(self, nonce, origin, connection):
        seen = self.keys.look()
        lacking = self.keys.lacking(seen)
        if lacking:
            raise lacking  # before the nonce is spent
        ticket = self._fetch_ticket(nonce, origin)
        items = ticket["items"]
        held, entry = seen.get(ticket["certificate"]) or self.keys.find(ticket["certificate"])
        if not all(entry.takes(item["mechanism"], item["hash"]) for item in items):
            raise ProtocolError("unfit_key")
        require_attempt(held.token)
        asked = consent.question(origin, ticket, held, entry)

        def after(done):
            if connection.state is not State.OPEN:
                raise ProtocolError("closed")
            if len(items) > 1:
                connection.send(protocol.progress(done, len(items), f"Đã ký {done}/{len(items)} tệp."))

        pin = self.asker.ask(asked, lambda: connection.state is State.OPEN)
        try:
            outcome = self.keys.sign(held, entry, pin, items, after)
        finally:
            del pin
        self.asker.say(str(outcome.error) if outcome.error else f"Đã ký {len(items)} tệp.")
        return self._signed(ticket["certificate"], outcome)

    def _signed(self, certificate, outcome):
        error = outcome.error and self._with_contact(outcome.error)
        return protocol.encode(
            certificate=certificate,
            machine=platform.node(),
            signatures=[base64.b64encode(raw).decode() if raw else None for raw in outcome.signatures],
            **({"error": error.code, "message": str(error)} if error else {}),
        )

    def _with_contact(self, error):
        if self.contact and (error.code in _CALL or error.attempts_left is not None):
            return ProtocolError(
                error.code, error.detail, error.attempts_left, f"{error} Nơi liên hệ: {self.contact}."
            )
        return error

    def _fetch_ticket(self, nonce, origin):
        """Ask our own server what this nonce stands for; the page's word is not taken."""
        try:
            with self._web.open(f"{origin}{protocol.TICKET_PATH}{nonce}", timeout=_TICKET_SECONDS) as answer:
                body = answer.read(protocol.LARGEST_TICKET + 1)
        except urllib.error.HTTPError as problem:
            raise ProtocolError("bad_ticket") from problem
        except (urllib.error.URLError, OSError, ValueError, http.client.HTTPException) as problem:
            untrusted = isinstance(getattr(problem, "reason", problem), ssl.SSLCertVerificationError)
            raise ProtocolError("bad_tls" if untrusted else "no_server") from problem
        return protocol.decode_ticket(body)


def is_running(port: int) -> bool:
    """True when an agent of this very user listens at this port already."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"http://127.0.0.1:{port}/ready", timeout=2) as answer:
            return answer.read(len(READY) + 1) == READY
    except (urllib.error.URLError, OSError, ValueError, http.client.HTTPException):
        return False


def _refusal(word):
    return _response(http.HTTPStatus.FORBIDDEN, f"{word}\n".encode(), {"Content-Type": "text/plain"})


def _response(status, body, headers):
    return Response(
        status,
        status.phrase,
        Headers({**headers, "Content-Length": str(len(body)), "Connection": "close"}),
        body,
    )
