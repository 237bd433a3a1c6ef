"""Many calls at once to an axis, over bare sockets, so that the caller is never what is slow."""

import asyncio
import re

from models import vxp

AT_ONCE = 200


def call(system_id: str, secret: str, operation: str, values: dict, body: bytes, path: str = "/vxp") -> bytes:
    """One signed call as the bytes that go over the line."""
    kind = "application/octet-stream" if operation == "sendEdoc" else "application/json"
    headers = vxp.signed_headers(system_id, secret, {"servicetype": "eDoc", **values}, kind)
    headers |= {"Host": "127.0.0.1", "Content-Length": str(len(body)), "Connection": "close"}
    lines = [
        f"POST {path}/{operation} HTTP/1.1",
        *(f"{name}: {value}" for name, value in headers.items()),
        "",
        "",
    ]
    return "\r\n".join(lines).encode("latin-1", "replace") + body


def send(system_id: str, secret: str, packet: bytes, own_code: str, message_type: str = "edoc") -> bytes:
    """A sendEdoc of this packet."""
    hashed = vxp.BodyHash()
    hashed.update(packet)
    values = {"messagetype": message_type, "hash-file": hashed.short(), "from": own_code}
    return call(system_id, secret, "sendEdoc", values, packet + b"\r\n")


def answers(port: int, calls: list[bytes], at_once: int = AT_ONCE) -> list[bytes]:
    """The bodies of the answers, in the order of the calls; b"" for a call without an answer."""

    async def every():
        gate = asyncio.Semaphore(at_once)
        return await asyncio.gather(*(_one(port, one, gate) for one in calls))

    return asyncio.run(every())


async def _one(port, data, gate):
    async with gate:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(data)
            await writer.drain()
            answer = await reader.read()
            writer.close()
        except OSError:
            return b""
    return re.split(rb"\r\n\r\n", answer, maxsplit=1)[-1]
