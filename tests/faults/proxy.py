"""A line between an installation and its axis that fails on purpose, over real TCP and TLS.

`arm` makes each call of the named operations fail in one way (faults.py) until `heal`. Every call that passed is kept with
whether the axis got it whole and whether its true answer went back whole: nobody else may know better what was acknowledged.
"""

import asyncio
import contextlib
import gzip
import re
import socket
import struct
import threading
from dataclasses import dataclass

from faults import faults
from faults.faults import AT_CONNECTION, BY_TLS, Cut, Line


@dataclass
class Passage:
    """One call: how often the axis got it whole, and whether its true answer went back whole."""

    operation: str
    fault: str
    reached: int = 0
    answered: bool = False


class Exchange:
    """One call on one connection, as the faults see it."""

    def __init__(self, proxy, reader, writer, head: bytes):
        self.proxy, self.reader, self.writer, self.head = proxy, reader, writer, head
        operation = head.split(b" ", 2)[1].rpartition(b"/")[2].partition(b"?")[0].decode("latin-1")
        found = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
        self.length, self.body = int(found[1]) if found else 0, b""
        self.passage = Passage(operation, proxy.fault_of(operation))

    async def take(self, most: int | None = None, line: Line | None = None) -> None:
        """Read the body, or its first `most` bytes; at the pace of a line, and until its cut."""
        wanted = self.length if most is None else min(most, self.length)
        while len(self.body) < wanted:
            piece = await self.reader.read(min(wanted - len(self.body), 1024 if line else 1 << 18))
            if not piece:
                raise Cut
            self.body += piece
            if line:
                line.up += len(piece)
                await line.carry(len(piece) / line.rate)

    async def forward(self) -> tuple[bytes, bytes]:
        """Give the call to the axis; head and body of its answer."""
        await self.take()
        answer = await self.proxy.ask(self.head, self.body)
        self.passage.reached += 1
        return answer

    async def send(self, head: bytes, body: bytes = b"", true: bool = False) -> None:
        """Write an answer whole."""
        self.passage.answered |= true
        self.writer.write(head + body)
        await self.writer.drain()

    async def say(self, status: str, body: bytes = b"", *headers: str) -> None:
        """An answer of our own, in place of the axis's."""
        await self.take()
        lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
        await self.send("\r\n".join([*lines, "", ""]).encode(), body)

    def reset(self) -> None:
        """RST."""
        reset(self.writer)
        raise Cut

    async def hang(self) -> None:
        """Say nothing more until the fault is healed."""
        await self.proxy.healed.wait()
        raise Cut


def reset(writer) -> None:
    """End a connection with RST instead of FIN."""
    one = writer.get_extra_info("socket")
    with contextlib.suppress(OSError):
        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


class Relay:
    """One connection at the TLS door, passed on byte for byte below TLS so that a record can be cut."""

    def __init__(self):
        self.cut = False

    async def run(self, proxy, reader, writer):
        inner_reader, inner = await asyncio.open_connection("127.0.0.1", proxy.inner_port)
        mine = inner.get_extra_info("sockname")[1]
        proxy.relays[mine] = self
        try:
            await asyncio.gather(self._pipe(reader, inner), self._pipe(inner_reader, writer, down=True))
        except (ConnectionError, Cut):
            pass
        finally:
            inner.close()
            writer.close()
            proxy.relays.pop(mine, None)

    async def _pipe(self, reader, writer, down=False):
        while piece := await reader.read(1 << 16):
            if down and self.cut:
                writer.write(piece[: len(piece) // 2])
                await writer.drain()
                reset(writer)
                raise Cut
            writer.write(piece)
            await writer.drain()
        writer.close()


class Proxy:
    """`with Proxy(authority) as line`: `line.url`, `line.tls_url` lead to `line.upstream` (a port of this machine).

    `authority`: object with contexts `good`, `wrong_host`, `expired` (tests/faults/authority.py).
    """

    def __init__(self, authority=None):
        self.authority, self.upstream, self.fault, self.operations = authority, 0, "none", frozenset()
        self.line = Line()
        self.passages, self.late, self.answers, self.relays = [], [], {}, {}
        self.bomb = gzip.compress(bytes(32 << 20))
        self.connections, self.servers = set(), []
        self.port = self.tls_port = self.inner_port = 0
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)

    def __enter__(self):
        self.thread.start()
        self._do(self._listen())
        return self

    def __exit__(self, *_):
        self._do(self._close())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(5)

    def url(self, fault: str = "none") -> str:
        """The address a client is given; faults of TLS need the TLS door, and no name leads to «no_dns»."""
        if fault == "no_dns":
            return f"http://truc.invalid:{self.port}/vxp"
        return (
            f"https://localhost:{self.tls_port}/vxp"
            if fault in BY_TLS
            else f"http://127.0.0.1:{self.port}/vxp"
        )

    def arm(self, fault: str, operations=()) -> None:
        """From now on calls of these operations (none named: all) fail in this way."""
        self._do(self._arm(fault, frozenset(operations)))

    def heal(self) -> list[Passage]:
        """All is well again; what was held back arrives now. The calls since the last time."""
        return self._do(self._heal())

    def thin(self, rate: int, round_trip: float, cut_every: float) -> Line:
        """From now on a line of so many bytes a second, with a reset after every so many seconds of work."""
        self.line = Line(rate, round_trip, cut_every)
        self.arm("thin")
        return self.line

    def fault_of(self, operation: str) -> str:
        """The fault for a call of this operation now."""
        return self.fault if not self.operations or operation in self.operations else "none"

    def _do(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(60)

    async def _listen(self):
        self.healed = asyncio.Event()
        server = await asyncio.start_server(self._accept, "127.0.0.1", self.port, limit=1 << 20)
        self.servers = [server]
        self.port = server.sockets[0].getsockname()[1]
        if self.authority:
            context = self.authority.good
            context.sni_callback = self._certificate
            inner = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=context, limit=1 << 20)
            outer = await asyncio.start_server(self._relay, "127.0.0.1", self.tls_port)
            self.servers += [inner, outer]
            self.inner_port = inner.sockets[0].getsockname()[1]
            self.tls_port = outer.sockets[0].getsockname()[1]

    async def _close(self):
        for server in self.servers:
            server.close()
        self._drop_all()
        self.servers = []

    def _drop_all(self):
        for writer in list(self.connections):
            reset(writer)

    async def _arm(self, fault, operations):
        self.fault, self.operations = fault, operations
        self.healed.clear()
        if fault in AT_CONNECTION:
            self._drop_all()
        if fault == "refuse":
            await self._close()

    async def _heal(self):
        fault, self.fault = self.fault, "none"
        self.healed.set()
        if fault == "refuse":
            await self._listen()
        late, self.late = self.late, []
        for call in late:
            await self.ask(*call)
        passed, self.passages = self.passages, []
        return passed

    def _certificate(self, connection, _name, _context):
        if self.fault in ("wrong_host", "expired"):
            connection.context = getattr(self.authority, self.fault)

    async def _relay(self, reader, writer):
        await Relay().run(self, reader, writer)

    async def _accept(self, reader, writer):
        if self.fault == "accept_reset":
            reset(writer)
            return
        await self._serve(reader, writer)

    async def _serve(self, reader, writer):
        self.connections.add(writer)
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                exchange = Exchange(self, reader, writer, head)
                self.passages.append(exchange.passage)
                await getattr(faults, exchange.passage.fault, faults.none)(exchange)
        except (Cut, OSError, asyncio.IncompleteReadError):
            pass
        finally:
            self.connections.discard(writer)
            writer.close()

    async def ask(self, head: bytes, body: bytes) -> tuple[bytes, bytes]:
        """One call to the axis itself."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.upstream, limit=1 << 20)
        try:
            head = re.sub(rb"(?i)\r\nconnection: [^\r]*", b"", head)
            writer.write(head[:-2] + b"Connection: close\r\n\r\n" + body)
            await writer.drain()
            answer = await reader.readuntil(b"\r\n\r\n")
            content = await reader.read()
        finally:
            writer.close()
        answer = re.sub(rb"(?i)\r\nconnection: [^\r]*", b"", answer)
        operation = head.split(b" ", 2)[1].rpartition(b"/")[2].decode("latin-1")
        self.answers[operation] = [*self.answers.get(operation, ())[-2:], (answer, content)]
        return answer, content
