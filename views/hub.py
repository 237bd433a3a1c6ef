"""The thirteen operations of the axis over HTTP, for machines: no cookie, a signature in the headers, bodies streamed.

Every refusal is HTTP 200 with FAIL and a code, as the real clients expect; a body goes to the disk as it comes and is
judged in a worker thread.
"""

import base64
import binascii
import json
import logging
import os
import re
from datetime import datetime
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, Response, StreamingResponse
from starlette.routing import Route

from models import config, db, edxml_read, edxml_tree, errors, files, hub, hub_transit, vxp
from views import hub_systems

log = logging.getLogger("vanthu.hub")
MOST_SMALL_BODY = 1 << 16
MOST_BODY = edxml_tree.MOST_BYTES
CHUNK = 3 << 16
_FULL = "Đĩa của trục đã đầy hoặc lỗi; chưa có gì được lưu, hãy gửi lại sau"


def mount() -> list[Route]:
    """The routes when this installation is a hub, none otherwise."""
    settings = config.current()
    if not settings.hub:
        return []
    machines = Route(f"{settings.hub_path.rstrip('/')}/{{operation}}", call, methods=["GET", "POST"])
    return [machines, *hub_systems.ROUTES]


async def call(request: Request) -> Response:
    """One call of one system."""
    operation = request.path_params["operation"]
    extra = {"DocId": ""} if operation == "sendEdoc" else {}
    body = None
    try:
        signed, system = await run_in_threadpool(_authenticated, request, operation)
        body = await _spooled(request, operation)
        return await run_in_threadpool(_carried_out, operation, signed, system, body)
    except hub.Rejected as rejected:
        if body is None:
            await _drain(request)
        log.warning("%s refused: %s %s", operation, rejected.code, rejected)
        return _json(vxp.failure(rejected.code, str(rejected), **extra))
    except ClientDisconnect:
        return Response(status_code=400)
    except errors.Refused as refused:
        log.error("%s: %s", operation, refused)
        return _json(vxp.failure(vxp.SYSTEM_FAULT, str(refused), **extra))
    except (OSError, db.OperationalError):
        log.exception("%s", operation)
        return _json(vxp.failure(vxp.SYSTEM_FAULT, _FULL, **extra))
    finally:
        if body is not None:
            body.path.unlink(missing_ok=True)


def _authenticated(request, operation):
    if operation not in vxp.OPERATIONS or (request.method == "GET") != (operation == "downloadEdoc"):
        raise hub.Rejected(vxp.BAD_FILE, f"Không có thao tác {operation[:40]}")
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in request.headers.raw}
    try:
        signed = vxp.Call(headers)
    except vxp.Unsigned as error:
        raise hub.Rejected(vxp.BAD_SECRET, f"{vxp.MEANINGS[vxp.BAD_SECRET]}: {error}") from error
    with db.connection():
        return signed, hub.authenticate(signed)


class Body:
    """A body on the disk with its hash."""

    def __init__(self, path: Path):
        self.path = path
        self.hashed = vxp.BodyHash()
        self.size = 0


async def _spooled(request, operation):
    most = MOST_BODY if operation == "sendEdoc" else MOST_SMALL_BODY
    body = Body(files.spool() / f"box-truc-{os.urandom(8).hex()}")
    try:
        with body.path.open("wb") as out:
            async for piece in request.stream():
                body.size += len(piece)
                if body.size > most:
                    raise hub.Rejected(vxp.BAD_FILE, f"Gói tin lớn hơn {most >> 20} MB")
                body.hashed.update(piece)
                out.write(piece)
            if operation == "sendEdoc" and body.hashed.has_line_end:
                out.truncate(body.size - 2)
    except BaseException:
        body.path.unlink(missing_ok=True)
        raise
    return body


async def _drain(request):
    """Take what the client still sends, so that it can read our answer; at most one packet's worth."""
    size = 0
    try:
        async for piece in request.stream():
            size += len(piece)
            if size > MOST_BODY:
                return
    except (ClientDisconnect, RuntimeError):  # gone, or the body was already read
        return


def _carried_out(operation, signed, system, body):
    with db.connection():
        return _HANDLERS[operation](signed, system, body)


def _json(data: bytes) -> Response:
    return Response(data, media_type="application/json")


# ---- the operations -------------------------------------------------------------------------------------------


def _send(signed, system, body):
    if not signed.get("hash-file") or not body.hashed.matches(signed.get("hash-file")):
        raise hub.Rejected(vxp.BAD_FILE, "Mã băm tệp (hash-file) không khớp với nội dung nhận được")
    _unwrap_base64(body.path)
    return _json(vxp.success(DocId=hub_transit.accept(system, signed, body.path)))


def _unwrap_base64(path):
    """Some clients send the base64 text of the packet: turn it into the packet itself."""
    with path.open("rb") as source:
        head = source.read(64)
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise hub.Rejected(vxp.BAD_EDXML, "Gói tin phải ở bảng mã UTF-8")
    if head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<") or not re.match(
        rb"[A-Za-z0-9+/=\s]+$", head
    ):
        return
    decoded = path.with_name(f"{path.name}.xml")
    try:
        with path.open("rb") as source, decoded.open("wb") as out:
            rest = b""
            while piece := source.read(CHUNK):
                piece = rest + piece.replace(b"\r", b"").replace(b"\n", b"")
                whole = len(piece) - len(piece) % 4
                out.write(binascii.a2b_base64(piece[:whole]))
                rest = piece[whole:]
        decoded.replace(path)
    except binascii.Error as error:
        raise hub.Rejected(vxp.BAD_FILE, "Nội dung không phải XML cũng không phải base64") from error
    finally:
        decoded.unlink(missing_ok=True)


def _received_list(signed, system, body):
    found = hub_transit.received(
        system, signed.message_type(), _moment(signed.get("fromDate")), _moment(signed.get("toDate")),
        _number(signed.get("pageIndex"), 1), _number(signed.get("pageSize"), hub_transit.LONGEST_LIST),
    )  # fmt: skip
    return _json(vxp.success(data=[_waiting(row) for row in found]))


def _waiting(row):
    return {
        "docId": row.axis_id,
        "serviceType": "eDoc",
        "messageType": row.message_type,
        "created_time": vxp.stamp(row.created_at),
        "updated_time": vxp.stamp(row.updated_at),
        "from": row.packet.from_code,
        "to": row.to_code,
        "status": row.state,
        "status_desc": hub_transit.STATES[row.state],
    }


def _get(signed, system, body):
    path = hub_transit.delivery(system, signed.wanted_id("getEdoc")).packet.file.path()
    head = vxp.success(data="")[:-2]
    size = path.stat().st_size
    length = len(head) + (size + 2) // 3 * 4 + 2
    return StreamingResponse(
        _encoded(path, head), media_type="application/json", headers={"Content-Length": str(length)}
    )


def _encoded(path, head):
    yield head
    with path.open("rb") as source:
        while piece := source.read(CHUNK):
            yield base64.b64encode(piece)
    yield b'"}'


def _download(signed, system, body):
    path = hub_transit.delivery(system, signed.wanted_id("downloadEdoc")).packet.file.path()
    return FileResponse(path, media_type="application/octet-stream")


def _update(signed, system, body):
    hub_transit.update(
        system, signed.wanted_id("updateStatus"), signed.get("status").lower(), signed.get("description")
    )
    return _json(vxp.success())


def _sent_list(signed, system, body):
    found = hub_transit.sent(system, signed.message_type(), signed.get("docId"))
    return _json(vxp.success(data=[_sent(row) for row in found]))


def _sent(row):
    return {
        "serviceType": "eDoc",
        "messageType": row.message_type,
        "senderDocId": row.packet.axis_id,
        "receiverDocId": row.axis_id,
        "fromCode": row.packet.from_code,
        "toCode": row.to_code,
        "title": row.packet.title,
        "notation": row.packet.notation,
        "sentTime": vxp.stamp(row.packet.created_at),
        "receivedTime": vxp.stamp(row.updated_at) if row.state == "done" else "",
        "sendStatus": "done",
        "sendStatusDesc": "Trục đã nhận",
        "receiveStatus": row.state,
        "receiveStatusDesc": row.description or hub_transit.STATES[row.state],
    }


def _count_edoc(signed, system, body):
    return _json(vxp.success(count=hub_transit.count(system, "edoc")))


def _count_status(signed, system, body):
    return _json(vxp.success(count=hub_transit.count(system, "status")))


def _agencies(signed, system, body):
    rows = [
        {"id": str(row.id), "pid": row.parent_code, "code": row.code, "name": row.name, "mail": row.mail,
         "oldCode": row.old_code}
        for row in hub.members()
    ]  # fmt: skip
    return _json(vxp.success(data=rows))


def _agencies_qd20(signed, system, body):
    rows = [
        {"id": str(row.id), "code": row.code, "name": row.name, "mail": row.mail, "code102": row.old_code}
        for row in hub.members()
    ]
    return _json(vxp.success(data=rows))


def _units(signed, system, body):
    rows = [
        {"id": str(row.id), "pid": row.parent_code, "code": row.code, "name": row.name, "mail": row.mail,
         "version": row.version, "centerCode": row.system.system_id, "deleted": row.closed_at is not None,
         "modifyDate": vxp.stamp(row.changed_at), "isAgency": True}
        for row in hub.Member.select(hub.Member, hub.System).join(hub.System).order_by(hub.Member.code)
    ]  # fmt: skip
    return _json(vxp.success(data=rows))


def _register(signed, system, body):
    try:
        fields = json.loads(body.path.read_bytes())
    except ValueError as error:
        raise hub.Rejected(vxp.BAD_FILE, "Nội dung không phải JSON") from error
    if not isinstance(fields, dict):
        raise hub.Rejected(vxp.BAD_FILE, "Nội dung không phải JSON đúng dạng")
    hub.register_agency(system, fields)
    return _json(vxp.success())


def _delete(signed, system, body):
    hub.delete_agency(system, signed.get("AgencyCode"))
    return _json(vxp.success())


_HANDLERS = {
    "sendEdoc": _send,
    "getReceivedEdocList": _received_list,
    "getEdoc": _get,
    "downloadEdoc": _download,
    "updateStatus": _update,
    "getSentEdocList": _sent_list,
    "countReceiveEdoc": _count_edoc,
    "countReceiveStatus": _count_status,
    "getAgenciesList": _agencies,
    "getAgenciesListQD20": _agencies_qd20,
    "getSynchronizeUnit": _units,
    "registerAgency": _register,
    "deleteAgency": _delete,
}


def _moment(given: str) -> datetime | None:
    return edxml_read.moment(given)


def _number(given: str, otherwise: int) -> int:
    return int(given) if given.isascii() and given.isdecimal() and len(given) < 7 else otherwise
