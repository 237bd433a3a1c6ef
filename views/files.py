"""Tệp: download byte for byte, page pictures and page text; the only view that streams bytes.

A file is reached through a document that this person may see. Once a document is recalled its content is closed at the receiver.
"""

from urllib.parse import quote

from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from jobs import render
from models import documents, errors, files, filetypes, permissions
from views import web

SHOWN_DPI = 96
STAYS = ("paper", "draft")  # sources whose content nobody outside can recall; a browser may keep their pages
KEPT = "private, no-cache"  # kept, but asked again each time, so that a lost right bites at once
CLOSED = "Văn bản đã bị thu hồi nên nội dung đã đóng, không xem và không tải được nữa. Dòng đăng ký trong sổ vẫn còn."


def reach(actor, file_id: int) -> tuple[files.File, documents.Document]:
    """The file and a document of this person it belongs to. Raises NotFound, or Refused when all are closed."""
    mine = permissions.visible(actor).where(documents.Document.id.in_(_holders(file_id)))
    found = sorted(mine, key=lambda document: document.is_closed)
    file = files.File.get_or_none(files.File.id == file_id) if found else None
    if file is None:
        raise errors.NotFound()
    if found[0].is_closed:
        raise errors.Refused(CLOSED)
    return file, found[0]


def _holders(file_id):
    attachment, version = documents.Attachment, documents.Version
    return (
        attachment.select(attachment.document)
        .where(attachment.file == file_id)
        .union(version.select(version.document).where(version.file == file_id))
    )


def show(request):
    """GET /files/{id}: the stored bytes, as they came, for saving."""
    file, document = reach(request.user, request.path_params["id"])
    headers = _caching(document, file.sha256) | {
        "Content-Disposition": disposition(file.name),
        "Content-Security-Policy": "sandbox; default-src 'none'",
    }
    if _known(request, headers):
        return Response(status_code=304, headers=headers)
    kind = filetypes.KINDS.get(filetypes.extension_of(file.name))
    media_type = (
        kind.media_type if kind and kind.media_type == file.media_type else "application/octet-stream"
    )
    return Response(file.read(), media_type=media_type, headers=headers)


def show_page(request):
    """GET /files/{id}/pages/{number}.png?dpi=…: one page as a picture."""
    file, document = reach(request.user, request.path_params["id"])
    asked = request.query_params.get("dpi", "")
    dpi = int(asked) if asked.isdecimal() and len(asked) < 5 else SHOWN_DPI
    number = request.path_params["number"]
    headers = _caching(document, f"{file.sha256[:32]}-{number}-{dpi}")
    if _known(request, headers):
        return Response(status_code=304, headers=headers)
    return FileResponse(render.kept_page(file, number, dpi), media_type="image/png", headers=headers)


def show_text(request):
    """GET /files/{id}/pages/{number}.json: words of one page with their places, for the text layer."""
    file, document = reach(request.user, request.path_params["id"])
    words = render.page_text(file, request.path_params["number"])
    return JSONResponse(words, headers=_caching(document, file.sha256))


def disposition(name: str) -> str:
    """Content-Disposition of a download, the name in full for new browsers and in ASCII for old ones (RFC 6266)."""
    safe = filetypes.safe_name(name)
    plain = "".join(c if c.isascii() and c not in '"%;' else "_" for c in safe)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(safe, safe='')}"


def _caching(document, tag) -> dict[str, str]:
    if document.source in STAYS:
        return {"Cache-Control": KEPT, "ETag": f'"{tag}"'}
    return {"Cache-Control": "no-store"}


def _known(request, headers) -> bool:
    tag = headers.get("ETag")
    return tag is not None and tag in request.headers.get("if-none-match", "").replace(" ", "").split(",")


ROUTES = [
    Route("/files/{id:int}", web.endpoint(show), methods=["GET"]),
    Route("/files/{id:int}/pages/{number:int}.png", web.endpoint(show_page), methods=["GET"]),
    Route("/files/{id:int}/pages/{number:int}.json", web.endpoint(show_text), methods=["GET"]),
]
