"""Gói chứng cứ gửi, nhận của một văn bản (10.2.p của QĐ 28; Quy chế 12.3): what proves what, and all of it in one file."""

from starlette.background import BackgroundTask
from starlette.responses import FileResponse
from starlette.routing import Route

from models import clock, errors, exchange, exchange_evidence, exchange_packets, filetypes, permissions
from views import prints, web
from views.files import disposition

MOST_SHOWN = 200
MOST_PRINTED = 150  # lines of each table of the summary; the list in the pack has all
FULL = "Chưa lập được gói chứng cứ vì đĩa của máy chủ đầy hoặc lỗi. Chưa có gì bị thay đổi; hãy báo quản trị rồi thử lại."


def show(request):
    """GET /outgoing/{id}/evidence, /incoming/{id}/evidence: each message with what proves it, and the pack to take along."""
    found = _found(request)
    troubles = [line for line in found.lines if line.proved_by in ("forged", "unknown_key")]
    calm = [line for line in found.lines if line not in troubles]
    return web.page(
        request, "evidence/show.html", doc=found.doc, found=found, lines=[*troubles, *calm][:MOST_SHOWN],
        counts=_counts(found), words=exchange.STATES, place=_place(found.doc),
    )  # fmt: skip


def create_pack(request):
    """POST …/evidence/pack.zip: made on the disk, sent in pieces, then removed; the journal keeps its hash."""
    found = _found(request)
    shown = {"actor": request.user, "agency": request.user.agency, "printed_at": clock.now()}
    summary = prints.draw(
        "evidence/summary.html", doc=found.doc, found=found, counts=_counts(found), words=exchange.STATES,
        most=MOST_PRINTED, **shown,
    )  # fmt: skip
    path = exchange_packets.spooled()
    try:
        exchange_evidence.make(found, request.user, summary, path)
    except OSError as error:
        path.unlink(missing_ok=True)
        raise errors.Refused(FULL) from error
    except errors.Refused:
        path.unlink(missing_ok=True)
        raise
    name = filetypes.safe_name(f"chung-cu-{found.doc.number_text.replace('/', '-') or found.doc.id}.zip")
    headers = {"Content-Disposition": disposition(name), "Cache-Control": "no-store"}
    gone = BackgroundTask(path.unlink, missing_ok=True)
    return FileResponse(path, media_type="application/zip", headers=headers, background=gone)


def _found(request) -> exchange_evidence.Evidence:
    """The evidence of the document in the address. Raises NotFound for another agency's, Refused when there is none."""
    flow = request.url.path.split("/")[1]
    doc = permissions.get(request.user, request.path_params["id"], flow)
    return exchange_evidence.of(doc)


def _counts(found) -> dict[str, int]:
    counts = dict.fromkeys(exchange_evidence.PROVED, 0)
    for line in found.lines:
        counts[line.proved_by] += 1
    return counts


def _place(doc) -> str:
    return f"/outgoing/{doc.id}/dispatch" if doc.flow == "outgoing" else f"/{doc.flow}/{doc.id}"


ROUTES = [
    Route(
        f"/{flow}/{{id:int}}/evidence{more}",
        web.endpoint(act, roles=exchange_evidence.MAKERS),
        methods=[method],
    )
    for flow in ("outgoing", "incoming", "copies")
    for more, act, method in (("", show, "GET"), ("/pack.zip", create_pack, "POST"))
]
