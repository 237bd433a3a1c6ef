"""What may happen to one call between an installation and its axis: 26 faults in 31 forms.

Each form is a function of the call (proxy.Exchange); those that happen before a call can be read have only their name here.
"""

import asyncio
import re

PACE = 20  # the slow faults run this many times faster than life
NARROW = 16_000 // 8 * PACE  # bytes a second of a line of 16 kbit/s
DELAY = 1.0 / PACE  # seconds
AT_CONNECTION = {"refuse", "accept_reset", "wrong_host", "expired", "tls_cut"}
BY_TLS = {"wrong_host", "expired", "tls_cut"}
PORTAL = b"<html><body>Dang nhap Wi-Fi khach san</body></html>"


class Cut(Exception):
    """The connection is gone; nothing more is said on it."""


class Line:
    """How the thin line is (bytes a second, seconds there and back, seconds between two cuts) and what it carried.

    Its seconds are those it was busy: a slow machine beside it makes no call longer and no cut more frequent.
    """

    def __init__(self, rate=0, round_trip=0.0, cut_every=0.0):
        self.rate, self.round_trip, self.cut_every = rate, round_trip, cut_every
        self.up = self.down = self.cuts = 0
        self.busy = 0.0

    async def carry(self, seconds: float) -> None:
        """Be busy for so long. Raises Cut when the time of the next cut comes meanwhile."""
        await asyncio.sleep(seconds)
        self.busy += seconds
        if self.cut_every and self.busy >= (self.cuts + 1) * self.cut_every:
            self.cuts += 1
            raise Cut


async def none(x):
    await x.send(*await x.forward(), true=True)


async def reset_in_request(x):
    await x.take(x.length // 2)
    x.reset()


async def reset_in_reply(x):
    head, body = await x.forward()
    await x.send(head, body[: len(body) // 2])
    await asyncio.sleep(0.01)
    x.reset()


async def stall(x):
    await x.take(x.length // 3)
    await x.hang()


async def close_silent(x):
    await x.take()
    raise Cut


async def reply_lost(x):
    await x.forward()
    x.reset()


async def duplicate(x):
    await x.forward()
    await x.send(*await x.forward(), true=True)


async def twice_at_once(x):
    await x.take()
    first, _ = await asyncio.gather(x.forward(), x.forward())
    await x.send(*first, true=True)


async def reorder(x):
    """The caller sees a cut line; the axis gets the call after everything that follows."""
    await x.take()
    x.proxy.late.append((x.head, x.body))
    raise Cut


async def delay(x):
    await asyncio.sleep(DELAY)
    await none(x)


async def narrow(x):
    await x.take(line=Line(NARROW))
    head, body = await x.forward()
    await x.send(head)
    for start in range(0, len(body), 1024):
        await asyncio.sleep(1024 / NARROW)
        await x.send(b"", body[start : start + 1024], true=start + 1024 >= len(body))


async def slices(x):
    head, body = await x.forward()
    for byte in (head + body)[:-1]:
        await x.send(bytes([byte]))
    await x.send((head + body)[-1:], true=True)


async def truncated_honest(x):
    head, body = await x.forward()
    half = body[: len(body) // 2]
    await x.send(re.sub(rb"(?i)(content-length: *)\d+", rb"\g<1>%d" % len(half), head), half)


async def truncated_lying(x):
    head, body = await x.forward()
    await x.send(head, body[: len(body) // 2])
    raise Cut


async def garbage_status(x):
    await x.take()
    await x.send(b"\x16\x03XYZZY 9 ???\r\n\r\n")
    raise Cut


async def portal(x):
    await x.say("200 OK", PORTAL, "Content-Type: text/html")


async def elsewhere(x):
    await x.say("301 Moved Permanently", b"", "Location: http://127.0.0.1:9/vxp/sendEdoc")


async def continue_only(x):
    await x.take()
    await x.send(b"HTTP/1.1 100 Continue\r\n\r\n")
    await x.hang()


async def error_500(x):
    await x.say("500 Internal Server Error", b"oops")


async def error_502(x):
    await x.say("502 Bad Gateway", PORTAL, "Content-Type: text/html")


async def error_503(x):
    await x.say("503 Service Unavailable", b"", "Retry-After: 30")


async def error_429(x):
    await x.say("429 Too Many Requests", b"", "Retry-After: 30")


async def tls_cut(x):
    answer = await x.forward()
    x.proxy.relays[x.writer.get_extra_info("peername")[1]].cut = True
    await x.send(*answer)
    await x.hang()


async def half_open(x):
    await x.hang()


async def skewed(x):
    head, body = await x.forward()
    head = re.sub(rb"(?i)\r\ndate: [^\r]*", b"\r\nDate: Fri, 01 Jan 2038 00:00:00 GMT", head)
    await x.send(head, re.sub(rb"20\d\d/(?=\d\d/\d\d )", b"2038/", body), true=True)


async def other_reply(x):
    """The true answer to another call of the same kind; this call never arrives."""
    await x.take()
    others = x.proxy.answers.get(x.passage.operation) or [
        answer for kept in x.proxy.answers.values() for answer in kept
    ]
    await x.send(*others[0])


async def bomb(x):
    await x.say("200 OK", x.proxy.bomb, "Content-Encoding: gzip", "Content-Type: application/json")


FORMS = (
    "refuse", "accept_reset", "reset_in_request", "reset_in_reply", "stall", "close_silent", "reply_lost", "duplicate",
    "twice_at_once", "reorder", "delay", "narrow", "slices", "truncated_honest", "truncated_lying", "garbage_status",
    "portal", "elsewhere", "continue_only", "error_500", "error_502", "error_503", "error_429", "wrong_host", "expired",
    "tls_cut", "no_dns", "half_open", "skewed", "other_reply", "bomb",
)  # fmt: skip
WAITED_OUT = {"stall", "continue_only", "half_open", "tls_cut"}  # end only with the caller's own time limit


async def thin(x):
    """A mountain line: slow, far away, and cut at its own times (Proxy.thin)."""
    line = x.proxy.line
    try:
        await x.take(line=line)
        await line.carry(line.round_trip)
        head, body = await x.forward()
        await x.send(head)
        for start in range(0, max(1, len(body)), 1024):
            piece = body[start : start + 1024]
            await line.carry(len(piece) / line.rate)
            await x.send(b"", piece, true=start + 1024 >= len(body))
            line.down += len(piece)
    except Cut:
        x.reset()
