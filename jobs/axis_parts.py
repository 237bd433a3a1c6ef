"""A packet in parts, for lines that are slow and cut: both sides know after a cut how far it came, and go on from there.

An extension beside the thirteen operations, known to our own hubs: `uploadState` asks how many bytes are durable there,
`uploadPart` adds the next ones, `sendEdoc` with an empty body names the whole. Downloads are `downloadEdoc` with Range and
the SHA-256 as ETag. An axis that does not know it says so once, and the plain way is taken.
"""

import hashlib
import re
from datetime import timedelta
from pathlib import Path

from jobs import axis_replies
from models import clock, config, failpoints, outbox, vxp

PART, LEAST_PART = 1 << 18, 1 << 14
FIRST_PART = 1 << 16
PART_SECONDS = 4  # what a part should take: a cut costs at most so much
KEPT_FOR = timedelta(days=7)  # a download that nobody goes on with
MOST_CUTS = 3  # in a row without a byte of progress
_SHA256 = re.compile(r'^"?([0-9a-f]{64})"?$')
_SAFE = axis_replies.SAFE


def upload(client, packet: Path, sha256: str) -> bool:
    """Bring a packet to the axis for good; False when this axis does not know how. Raises Retry when the line is away."""
    size = packet.stat().st_size
    offset = _state(client, sha256, size)
    if offset is None:
        return False
    part, most, cuts = FIRST_PART, PART, 0
    with packet.open("rb") as source:
        while offset < size:
            source.seek(offset)
            piece = source.read(part)
            began = clock.now()
            try:
                reached = _put(client, sha256, size, offset, piece)
            except axis_replies.LineFault as fault:
                cuts += 1
                if cuts > MOST_CUTS or isinstance(fault, axis_replies.NotSent):
                    raise
                part = most = max(LEAST_PART, part // 4)  # what a cut costs from now on
                reached = _state(client, sha256, size)
                if reached is None:
                    raise
            else:
                most = min(PART, most + most // 8)
                part = min(most, _next_part(len(piece), (clock.now() - began).total_seconds()))
            failpoints.reach("send.part")
            if reached > offset:
                cuts = 0
            offset = reached
            if client.progress and offset < size:
                client.progress()
    return True


def _next_part(size, seconds):
    wanted = PART if seconds <= 0 else int(size / seconds * PART_SECONDS)
    return max(LEAST_PART, min(PART, wanted, size * 2))


def _state(client, sha256, size):
    """How many bytes are durable at the axis; None when it does not know the question."""
    values = {"servicetype": "eDoc", "packet-sha256": sha256, "size": str(size)}
    try:
        reply = client.reply("uploadState", client.headers(values, "application/json"), b"{}")
    except axis_replies.NotSent:
        raise
    except axis_replies.LineFault as fault:
        if fault.for_ever or fault.after is not None:
            raise
        return None
    except (outbox.Retry, outbox.GiveUp):
        return None
    return _offset(reply, size)


def _put(client, sha256, size, offset, piece):
    values = {
        "servicetype": "eDoc", "packet-sha256": sha256, "size": str(size), "offset": str(offset),
        "hash-file": vxp.short_hash(hashlib.sha256(piece).digest()),
    }  # fmt: skip
    headers = client.headers(values, "application/octet-stream")
    headers["Content-Length"] = str(len(piece))
    reached = _offset(client.reply("uploadPart", headers, piece), size)
    if reached is None:
        raise outbox.Retry("Trục trả lời sai khi nhận từng phần của gói tin." + _SAFE)
    return reached


def _offset(reply, size):
    found = str(reply.get("offset", ""))
    return int(found) if found.isascii() and found.isdecimal() and int(found) <= size else None


# ---- the other way ----------------------------------------------------------------------------------------------


def folder() -> Path:
    """Where downloads that are not whole yet wait for their rest."""
    made = config.current().data / "transfers"
    made.mkdir(parents=True, exist_ok=True)
    return made


def download(client, axis_id: str, target: Path) -> bool | None:
    """Fetch a packet into `target`, going on from what an earlier try brought.

    False when this axis does not know how, None when it answered with an error of its own: the plain way tells which.
    """
    begun = folder() / hashlib.sha256(f"{client.url} {client.system_id} {axis_id}".encode()).hexdigest()
    cuts = 0
    while True:
        before = _size(begun)
        try:
            done = _fetch(client, axis_id, begun)
            break
        except axis_replies.LineFault as fault:
            cuts = 0 if _size(begun) > before else cuts + 1
            if cuts >= MOST_CUTS or isinstance(fault, axis_replies.NotSent):
                raise
    if not done:
        return done
    if _hash(begun) != _mark(begun).read_text():
        forget(begun)
        raise outbox.Retry("Gói tin tải về từng phần không khớp mã băm; đã bỏ và tải lại từ đầu." + _SAFE)
    begun.replace(target)
    failpoints.reach("receive.whole")
    forget(begun)
    return True


def _fetch(client, axis_id, begun):
    """Bring the rest of the packet; True when it is whole, False and None as `download`."""
    before, mark = _size(begun), _mark(begun)
    known = mark.read_text() if before and mark.exists() else ""
    if not known:
        forget(begun)
        before = 0
    headers = client.headers({"servicetype": "eDoc", "docId": axis_id}, "application/json")
    headers["Range"] = f"bytes={before}-"

    def accept(answer):
        etag = _SHA256.match(answer.headers.get("etag", ""))
        if etag is None or answer.status_code not in (200, 206):
            return False
        if answer.status_code == 200 or not before:
            forget(begun)
        elif etag[1] != known:
            return False  # another content under this id: from the beginning
        mark.write_text(etag[1])
        return True

    answer, head = client.ranged(headers, begun, accept)
    if head is None:
        return True
    if before:
        if answer.status_code == 416:
            return True  # nothing was missing
        forget(begun)
        return _fetch(client, axis_id, begun)
    is_reply = vxp.parsed(head) is not None
    return None if is_reply or answer.status_code in (429, 500, 502, 503, 504) else False


def _size(path):
    return path.stat().st_size if path.exists() else 0


def _mark(begun):
    return begun.with_suffix(".etag")


def sweep() -> int:
    """Take away downloads that nobody has gone on with for a week; returns how many."""
    limit = clock.now() - KEPT_FOR
    old = [path for path in folder().iterdir() if path.stat().st_mtime < limit.timestamp()]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)


def forget(begun: Path) -> None:
    """Take away what a finished or useless transfer left."""
    begun.unlink(missing_ok=True)
    _mark(begun).unlink(missing_ok=True)


def _hash(path):
    hashed = hashlib.sha256()
    with path.open("rb") as source:
        while piece := source.read(1 << 20):
            hashed.update(piece)
    return hashed.hexdigest()
