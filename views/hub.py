"""The operations of the axis over HTTP, for machines: no cookie, a signature in the headers, bodies streamed.

Every refusal is HTTP 200 with FAIL and a code, as the real clients expect; a body goes to the disk as it comes and is
judged in a worker thread. Values are the signed ones, and only where the operation knows them: real clients leave the
values of earlier calls in their headers.
"""

import json
import logging
from datetime import datetime, timedelta

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from models import (
    config,
    db,
    edxml_read,
    errors,
    hub,
    hub_callers,
    hub_members,
    hub_transit,
    hub_uploads,
    vxp,
)
from views import hub_bodies, hub_lists, hub_systems, hub_traffic

log = logging.getLogger("vanthu.hub")
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
KNOWN = (*vxp.OPERATIONS, *vxp.EXTENSIONS)
LARGE = ("sendEdoc", "uploadPart")
_FULL = "Đĩa của trục đã đầy, bận hoặc lỗi; chưa có gì được lưu, hãy gửi lại sau"


def mount() -> list[Route]:
    """The routes when this installation is a hub, none otherwise; the machines' one is the first."""
    settings = config.current()
    if not settings.hub:
        return []
    prefix = settings.hub_path.rstrip("/")
    # Deeper addresses too, so that a doubled or closing slash is no reason to fail; at the root they are other pages.
    place = "/{operation:path}" if prefix else "/{operation}"
    return [Route(prefix + place, call, methods=METHODS), *hub_systems.ROUTES, *hub_traffic.ROUTES]


def beside(routes: list) -> list:
    """These routes and the hub's: machines call far more often than people, so theirs is found first.

    Mounted at the root it stands last, since there it would take every address.
    """
    mine = mount()
    return mine + routes if config.current().hub_path.rstrip("/") else routes + mine


async def call(request: Request) -> Response:
    """One call of one system."""
    operation = request.path_params["operation"].strip("/")
    body = None
    try:
        if operation in LARGE:  # nothing of a stranger's body touches the disk
            signed, system = _authenticated(request, operation)
            body = await hub_bodies.taken(request, operation)
            return await run_in_threadpool(_carried_out, operation, signed, system, body)
        body = await hub_bodies.taken(request, operation)
        return await run_in_threadpool(_at_once, request, operation, body)
    except hub.Rejected as rejected:
        if body is None:
            await hub_bodies.drain(request)
        return _refusal(operation, rejected.code, str(rejected))
    except ClientDisconnect:
        return Response(status_code=400)
    except errors.Refused as refused:
        return _refusal(operation, vxp.SYSTEM_FAULT, str(refused))
    except (OSError, db.OperationalError):
        log.exception("%r", operation[:40])
        return _refusal(operation, vxp.SYSTEM_FAULT, _FULL)
    finally:
        if body is not None:
            body.remove()


def _refusal(operation, code, sentence) -> Response:
    log.warning("%r refused: %s %r", operation[:40], code, sentence[:300])
    return hub_bodies.json_reply(
        vxp.failure(code, sentence, **({"DocId": ""} if operation == "sendEdoc" else {}))
    )


def _authenticated(request, operation):
    if operation not in KNOWN:
        raise hub.Rejected(vxp.BAD_FILE, f"Không có thao tác {operation[:40]}")
    wanted = ("GET", "HEAD") if operation == "downloadEdoc" else ("POST",)
    if request.method not in wanted:
        raise hub.Rejected(vxp.BAD_FILE, f"Thao tác {operation} dùng phương thức {wanted[0]}")
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in request.headers.raw}
    try:
        signed = vxp.Call(headers)
    except vxp.Unsigned as error:
        raise hub.Rejected(vxp.BAD_SECRET, f"{vxp.MEANINGS[vxp.BAD_SECRET]}: {error}") from error
    with db.connection():
        return signed, hub_callers.authenticate(signed)


def _at_once(request, operation, body):
    signed, system = _authenticated(request, operation)
    return _carried_out(operation, signed, system, body)


def _carried_out(operation, signed, system, body):
    with db.connection():
        try:
            answer = _HANDLERS[operation](signed, system, body)
        except hub.Rejected as rejected:
            hub_callers.answered(system, operation, rejected.code, str(rejected))
            return _refusal(operation, rejected.code, str(rejected))
        hub_callers.answered(system, operation, vxp.OK)
    return answer


def _ok(**values) -> Response:
    return hub_bodies.json_reply(vxp.success(**values))


# ---- the thirteen operations of the axis ----------------------------------------------------------------------


def _send(signed, system, body):
    sha256 = signed.get("packet-sha256")
    if sha256 and body.size <= 2:
        axis_id = hub_uploads.finish(system, sha256, signed.message_type(), signed.get("from"))
    else:
        path, sha256 = hub_bodies.packet_of(body, signed.get("hash-file"))
        axis_id = hub_transit.accept(system, signed.message_type(), path, signed.get("from"), sha256)
    # The hash is ours: it lets our own client see that an answer belongs to its packet.
    return _ok(DocId=axis_id, **({"hash": sha256} if sha256 else {}))


def _received_list(signed, system, body):
    found = hub_transit.received(system, signed.message_type(), *_window(signed))
    return _ok(data=[hub_transit.as_waiting(row) for row in found])


def _sent_list(signed, system, body):
    wanted = signed.wanted_id("getSentEdocList")
    found = hub_transit.sent(system, signed.message_type(), wanted, *_window(signed))
    return _ok(data=[hub_transit.as_sent(row) for row in found])


def _get(signed, system, body):
    return hub_bodies.encoded(hub_transit.bytes_of(system, signed.wanted_id("getEdoc")))


def _download(signed, system, body):
    return hub_bodies.raw(hub_transit.bytes_of(system, signed.wanted_id("downloadEdoc")))


def _update(signed, system, body):
    state = signed.get("status").strip().lower()
    hub_transit.update(system, signed.wanted_id("updateStatus"), state, signed.get("description"))
    return _ok()


def _count_edoc(signed, system, body):
    return _ok(count=hub_transit.count(system, "edoc"))


def _count_status(signed, system, body):
    return _ok(count=hub_transit.count(system, "status"))


def _agencies(signed, system, body):
    return hub_lists.agencies()


def _agencies_qd20(signed, system, body):
    return hub_lists.agencies_qd20(signed.get("level").strip())


def _units(signed, system, body):
    return hub_lists.units()


def _register(signed, system, body):
    try:
        fields = json.loads(body.data)
    except (ValueError, RecursionError) as error:
        raise hub.Rejected(vxp.BAD_FILE, "Nội dung không phải JSON") from error
    if not isinstance(fields, dict):
        raise hub.Rejected(vxp.BAD_FILE, "Nội dung không phải JSON đúng dạng")
    hub_members.register_agency(system, fields)
    return _ok()


def _delete(signed, system, body):
    hub_members.delete_agency(system, signed.get("AgencyCode").strip())
    return _ok()


# ---- ours: a packet in parts ----------------------------------------------------------------------------------


def _upload_state(signed, system, body):
    return _ok(offset=hub_uploads.state(system, signed.get("packet-sha256").lower(), signed.get("size")))


def _upload_part(signed, system, body):
    matched = body.hashed.file_hash(signed.get("hash-file"))
    if matched is None:
        raise hub.Rejected(
            vxp.FILE_FAULT, "Mã băm của phần gửi lên (hash-file) không khớp; hãy gửi lại phần này"
        )
    part = body.data[: body.size - matched[1]]
    digest = signed.get("packet-sha256").lower()
    return _ok(offset=hub_uploads.add(system, digest, signed.get("size"), signed.get("offset"), part))


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
    "uploadState": _upload_state,
    "uploadPart": _upload_part,
}


def _window(signed):
    """(from, to, page, size) as asked; what cannot be read is not asked."""
    return (
        edxml_read.moment(signed.get("fromDate")), _end(signed.get("toDate")),
        _number(signed.get("pageIndex"), 1), _number(signed.get("pageSize"), hub_transit.LONGEST_LIST),
    )  # fmt: skip


def _end(given: str) -> datetime | None:
    """A day without an hour is meant to its end, and a moment to the end of its second."""
    found = edxml_read.moment(given)
    if found is None:
        return None
    has_hour = ":" in given
    return found + (timedelta(seconds=1) if has_hour else timedelta(days=1)) - timedelta(microseconds=1)


def _number(given: str, otherwise: int) -> int:
    return int(given) if given.isascii() and given.isdecimal() and len(given) < 7 else otherwise
