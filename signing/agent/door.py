"""The agent's door: a WebSocket on loopback for pages of the allowed origins, one request at a time."""

import base64
import http
import threading
import urllib.error
import urllib.request

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import Server, serve

from signing import protocol
from signing.agent import consent
from signing.protocol import ProtocolError

_TICKET_SECONDS = 10


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_args, **_kwargs):
        return None


class Door:
    """Answers pages; `keys` hold the token, `asker` asks the person."""

    def __init__(self, origins: list[str], keys, asker):
        self.origins, self.keys, self.asker = origins, keys, asker
        self._turn = threading.Lock()
        self._web = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirect())

    def open(self, port: int) -> Server:
        """Listen on this loopback port (0 = any free one). Raises OSError when it is taken."""
        return serve(
            self._talk,
            "127.0.0.1",
            port,
            origins=self.origins,
            process_request=self._admit,
            max_size=protocol.LARGEST_MESSAGE,
            max_queue=2,
            compression=None,
            server_header=None,
        )

    def _admit(self, connection, request):
        """Before the upgrade: the Host must be this very address (DNS rebinding), the Origin an allowed one."""
        port = connection.socket.getsockname()[1]
        if request.headers.get("Host") not in (f"127.0.0.1:{port}", f"localhost:{port}"):
            return connection.respond(http.HTTPStatus.FORBIDDEN, "Host\n")
        if request.headers.get("Origin") not in self.origins:
            return connection.respond(http.HTTPStatus.FORBIDDEN, "Origin\n")
        return None

    def _talk(self, connection):
        origin = connection.request.headers["Origin"]
        try:
            for message in connection:
                connection.send(self._answer(message, origin))
        except ConnectionClosed:
            return

    def _answer(self, message, origin):
        if not self._turn.acquire(blocking=False):
            return protocol.failure(ProtocolError("busy"))
        try:
            request = protocol.decode_request(message)
            if request["do"] == "list":
                return protocol.encode(certificates=self.keys.certificates())
            return self._sign(request["nonce"], origin)
        except ProtocolError as error:
            return protocol.failure(error)
        finally:
            self._turn.release()

    def _sign(self, nonce, origin):
        held = {entry["sha256"]: entry for entry in self.keys.certificates()}
        ticket = self._fetch_ticket(nonce, origin)
        certificate = held.get(ticket["certificate"])
        if certificate is None:
            raise ProtocolError("no_certificate")
        pin = self.asker.pin(consent.describe(origin, ticket, certificate))
        signatures = self.keys.sign(ticket["certificate"], pin, ticket["items"])
        return protocol.encode(
            certificate=ticket["certificate"],
            signatures=[base64.b64encode(raw).decode() for raw in signatures],
        )

    def _fetch_ticket(self, nonce, origin):
        """Ask our own server what this nonce stands for; the page's word is not taken."""
        try:
            with self._web.open(f"{origin}{protocol.TICKET_PATH}{nonce}", timeout=_TICKET_SECONDS) as answer:
                body = answer.read(protocol.LARGEST_TICKET + 1)
        except (urllib.error.URLError, OSError, ValueError) as problem:
            raise ProtocolError("bad_ticket") from problem
        return protocol.decode_ticket(body)
