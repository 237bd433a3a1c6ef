"""Bodies of machines' calls: small ones in memory, packets on the disk as they come, hashed on the way."""

import base64
import binascii
import os
import re
from pathlib import Path

from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, Response, StreamingResponse

from models import edxml_tree, failpoints, files, hub, hub_uploads, vxp

MOST_SMALL = 1 << 16
MOST = {"sendEdoc": edxml_tree.MOST_BYTES + 2, "uploadPart": hub_uploads.MOST_PART + 2}
CHUNK = 3 << 18
IN_MEMORY = 1 << 20  # a packet up to this size is not on the disk before it is judged
AT_ONCE = 4 << 20  # a packet up to this size is answered in one piece
_ENCODING = re.compile(rb"""^<\?xml[^>]{0,100}encoding\s*=\s*["']([\w.-]+)["']""")


class Body:
    """A body with its hash: in `data`, or as a file at `path` when it may be large."""

    def __init__(self, path: Path | None = None):
        self.path, self.data = path, b""
        self.hashed = vxp.BodyHash()
        self.size = 0

    def remove(self) -> None:
        """Take the file off the spool, where it was not moved into the store."""
        if self.path is not None:
            self.path.unlink(missing_ok=True)


async def taken(request: Request, operation: str) -> Body:
    """The body of a call. Raises Rejected for one that is too large for its operation."""
    most = MOST.get(operation, MOST_SMALL)
    if operation != "sendEdoc":
        body = Body()
        pieces = []
        async for piece in request.stream():
            _count(body, piece, most)
            pieces.append(piece)
        body.data = b"".join(pieces)
        return body
    return await _packet(request, most)


async def _packet(request, most) -> Body:
    """A packet: in memory while it is small, so that the disk holds up nobody else's call; else on the disk."""
    body, pieces, out = Body(), [], None
    try:
        async for piece in request.stream():
            _count(body, piece, most)
            failpoints.reach("hub.body-spool-half")
            if out is None and body.size <= IN_MEMORY:
                pieces.append(piece)
                continue
            if out is None:
                body.path = _place()
                out = body.path.open("wb")
                out.writelines(pieces)
                pieces = []
            out.write(piece)
        body.data = b"".join(pieces)
    except BaseException:
        body.remove()
        raise
    finally:
        if out is not None:
            out.close()
    return body


def _place() -> Path:
    return files.spool() / f"box-truc-{os.urandom(8).hex()}"


def _count(body, piece, most):
    body.size += len(piece)
    if body.size > most:
        raise hub.Rejected(vxp.BAD_FILE, f"Nội dung gửi lên lớn hơn {most / (1 << 20):.3g} MB")
    body.hashed.update(piece)


async def drain(request: Request) -> None:
    """Take what the client still sends, so that it can read our answer; at most one packet's worth."""
    size = 0
    try:
        async for piece in request.stream():
            size += len(piece)
            if size > edxml_tree.MOST_BYTES:
                return
    except (ClientDisconnect, RuntimeError):  # gone, or the body was already read
        return


def packet_of(body: Body, given: str) -> tuple[Path, str]:
    """(the packet's file, its SHA-256 or "" when unknown) behind a body and the hash given. Raises Rejected."""
    matched = body.hashed.file_hash(given) if given else None
    if matched is None:
        raise hub.Rejected(vxp.BAD_FILE, "Mã băm tệp (hash-file) không khớp với nội dung nhận được")
    sha256, extra = matched
    if body.path is None:
        body.path = _place()
        body.path.write_bytes(memoryview(body.data)[: body.size - extra])
    elif extra:
        os.truncate(body.path, body.size - extra)
    return body.path, "" if _was_base64(body.path) else sha256


def _was_base64(path) -> bool:
    """Some clients send the base64 text of the packet: turn it into the packet itself. Raises Rejected."""
    with path.open("rb") as source:
        head = source.read(200)
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in head:
        raise hub.Rejected(vxp.BAD_EDXML, "Gói tin phải ở bảng mã UTF-8")
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith(b"<") or not re.match(rb"[A-Za-z0-9+/=\s]+$", head):
        _check_encoding(start)
        return False
    _decode(path)
    with path.open("rb") as source:
        _check_encoding(source.read(200).removeprefix(b"\xef\xbb\xbf").lstrip())
    return True


def _check_encoding(start):
    """Receivers' clients pass a packet through a UTF-8 text, so another encoding would arrive broken."""
    declared = _ENCODING.match(start)
    if declared and declared[1].lower() not in (b"utf-8", b"utf8", b"us-ascii", b"ascii"):
        raise hub.Rejected(
            vxp.BAD_EDXML, f"Gói tin phải ở bảng mã UTF-8, không phải {declared[1].decode()[:40]}"
        )


def _decode(path):
    decoded = path.with_name(f"{path.name}.xml")
    try:
        with path.open("rb") as source, decoded.open("wb") as out:
            rest = b""
            while piece := source.read(CHUNK):
                piece = rest + piece.translate(None, b"\r\n \t")
                whole = len(piece) - len(piece) % 4
                out.write(binascii.a2b_base64(piece[:whole]))
                rest = piece[whole:]
            if rest:
                raise hub.Rejected(vxp.BAD_FILE, "Nội dung base64 bị cụt")
        decoded.replace(path)
    except binascii.Error as error:
        raise hub.Rejected(vxp.BAD_FILE, "Nội dung không phải XML cũng không phải base64") from error
    finally:
        decoded.unlink(missing_ok=True)


class Raw(FileResponse):
    """A packet as it is, whole or from where a cut download stopped (Range)."""

    chunk_size = 1 << 20


def raw(file: files.File) -> Response:
    """The packet's own bytes; its ETag is its SHA-256."""
    return Raw(file.path(), media_type="application/octet-stream", headers={"ETag": f'"{file.sha256}"'})


def encoded(file: files.File) -> Response:
    """The packet inside the reply envelope, as base64; memory stays flat for a large one."""
    head = vxp.success(data="")[:-2]
    path = file.path()
    if file.size <= AT_ONCE:
        return json_reply(b"".join((head, base64.b64encode(path.read_bytes()), b'"}')))
    length = len(head) + (file.size + 2) // 3 * 4 + 2
    return StreamingResponse(
        _pieces(path, head), media_type="application/json", headers={"Content-Length": str(length)}
    )


def _pieces(path, head):
    yield head
    with path.open("rb") as source:
        while piece := source.read(CHUNK):
            yield base64.b64encode(piece)
    yield b'"}'


def json_reply(data: bytes) -> Response:
    """A reply of the axis: always HTTP 200."""
    return Response(data, media_type="application/json")
