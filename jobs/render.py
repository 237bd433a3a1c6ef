"""Word documents to PDF, and pages to pictures and text: always in a child process, never on the file itself.

What comes out is kept under data/cache (models/previews.py) by the content's SHA-256; it can be made again any time.
"""

import hashlib
import json
import os
import tempfile
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from jobs import sandbox
from models import errors, files, filetypes, previews

CHILD = Path(__file__).parent / "child_pages.py"
PICTURE_DPI = (60, 96, 144, 200)  # sizes that are kept; another wish gets the next larger one
BATCH = 4  # pages drawn in one go: who reads one page soon wants the next
THUMBS = 12  # small pictures drawn in one go
TURNS = threading.BoundedSemaphore(
    2
)  # children at a time, so that a page never waits for a machine full of them
CONVERTIBLE = {  # kind → its first bytes, and the only reader LibreOffice may use: it would take any bytes for text
    "docx": (b"PK", "MS Word 2007 XML"),
    "odt": (b"PK", "writer8"),
    "doc": (b"\xd0\xcf\x11\xe0", "MS Word 97"),
    "rtf": (b"{\\rtf", "Rich Text Format"),
}
DRAWN = ("pdf", "jpeg", "png", "tiff")
PASSWORD, NO_SUCH_PAGE = 4, 6

PROFILE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="MacroSecurityLevel" oor:op="fuse">
<value>3</value></prop><prop oor:name="DisableMacrosExecution" oor:op="fuse"><value>true</value></prop>
<prop oor:name="BlockUntrustedRefererLinks" oor:op="fuse"><value>true</value></prop></item>
<item oor:path="/org.openoffice.Office.Writer/Content/Update"><prop oor:name="Link" oor:op="fuse"><value>0</value>
</prop></item>
</oor:items>
"""
EXPORT = 'pdf:writer_pdf_Export:{"ExportFormFields":{"type":"boolean","value":"false"}}'


@dataclass(frozen=True)
class Info:
    """Pages of a file: their number, and width and height of each in points."""

    pages: int
    sizes: tuple


def to_pdf(source: bytes | Path, kind: str, name: str = "bản thảo", seconds: int = 60) -> bytes:
    """The PDF of a Word or OpenDocument text, drawn by LibreOffice; macros never run, links are not followed.

    Raises errors.Invalid({"file": sentence}) when it cannot be converted.
    """
    if kind not in CONVERTIBLE:
        raise errors.Invalid(
            {"file": f"«{name}» không phải văn bản Word hay OpenDocument nên không đổi được sang PDF."}
        )
    content = source if isinstance(source, bytes) else source.read_bytes()
    start, reader = CONVERTIBLE[kind]
    if not content.startswith(start):
        raise errors.Invalid({"file": _unconverted(name, "failed")})
    made, result = _convert(content, kind, reader, seconds)
    if result.code == 127:
        raise errors.Refused(
            "Máy chủ chưa cài LibreOffice nên chưa đổi được sang PDF. Tệp chưa được lưu; hãy nộp bản PDF, "
            "hoặc báo quản trị cài gói libreoffice-writer-nogui."
        )
    if not result.ok or not made.startswith(b"%PDF-"):
        raise errors.Invalid({"file": _unconverted(name, result.reason)})
    return made


def _convert(content, kind, reader, seconds):
    """(PDF or nothing, the run) with a profile of its own, so that no run sees another's."""
    with _folder() as folder:
        source, profile = folder / f"in.{kind}", folder / "profile" / "user"
        source.write_bytes(content)
        profile.mkdir(parents=True)
        (profile / "registrymodifications.xcu").write_text(PROFILE)
        with TURNS:
            result = sandbox.run(
                [
                    "soffice", f"-env:UserInstallation=file://{folder}/profile", "--headless", "--norestore",
                    "--nolockcheck", "--nodefault", f"--infilter={reader}", "--convert-to", EXPORT, "--outdir", folder,
                    source,
                ],
                seconds=seconds, megabytes=3072, file_megabytes=200, writable=folder, output_cap=1 << 20,
            )  # fmt: skip
        made = folder / "in.pdf"
        return (made.read_bytes() if made.is_file() else b""), result


def info(source: bytes | Path, name: str = "tệp") -> Info:
    """Number and sizes of the pages of a PDF or picture. Raises errors.Invalid when it cannot be read."""
    said = json.loads(_ask(source, name, "info").stdout)
    return Info(said["pages"], tuple(map(tuple, said["sizes"])))


def page_count(source: bytes | Path, name: str = "tệp") -> int:
    """Number of pages of a PDF or picture. Raises errors.Invalid when it cannot be read."""
    return info(source, name).pages


def page_images(source: bytes | Path, pages, dpi: int = 144, name: str = "tệp") -> list[bytes]:
    """PNG pictures of the pages (from 1), with form fields drawn. Raises errors.Invalid, NotFound for no such page."""
    pages = list(pages)
    with _folder() as folder:
        _ask(source, name, "images", folder, dpi, *pages, writable=folder, seconds=20 + 4 * len(pages))
        return [_made(folder, number) for number in pages]


def kept_page(file: files.File, number: int, dpi: int) -> Path:
    """The kept PNG of one page of a stored file; on the first call it and its neighbours are drawn.

    Raises errors.Invalid when it cannot be shown, NotFound for no such page, Refused when the stored file was changed.
    """
    dpi = next((size for size in PICTURE_DPI if size >= dpi), PICTURE_DPI[-1])
    kept = previews.folder(file.sha256) / f"{dpi}-{number}.png"
    if kept.exists():
        return kept
    with _turn_of(file.sha256):
        if not kept.exists():
            _draw(_sheets(file), kept.parent, number, dpi, file.name)
    return kept


def kept_thumb(file: files.File, number: int) -> Path:
    """The kept small JPEG of one page of a stored file; on the first call it and its neighbours are drawn.

    Raises as `kept_page`.
    """
    kept = previews.folder(file.sha256) / f"thumb-{number}.jpg"
    if not kept.exists():
        with _turn_of(file.sha256):
            if not kept.exists():
                _draw_thumbs(_sheets(file), kept.parent, number, file.name)
    return kept


def page_text(file: files.File, number: int) -> dict:
    """{"width", "height", "lines": [[text, left, top, right, bottom], …]} of one page of a stored file, in points.

    Raises as `kept_page`.
    """
    kept = previews.folder(file.sha256) / f"text-{number}.json"
    with _turn_of(file.sha256):
        if not kept.exists():
            said = json.loads(_ask(_sheets(file), file.name, "text", number).stdout)
            _keep(json.dumps(said[str(number)], ensure_ascii=False).encode(), kept)
    return json.loads(kept.read_bytes())


def _sheets(file) -> Path:
    """What to draw of a stored file: itself, or the kept PDF of a Word document; never a file that was changed."""
    content = file.read()
    kind = filetypes.recognised(file.path())
    if kind and kind.name in CONVERTIBLE:
        kept = previews.folder(file.sha256) / "rendition.pdf"
        if not kept.exists():
            _keep(to_pdf(content, kind.name, file.name), kept)
        return kept
    if not kind or kind.name not in DRAWN:
        raise errors.Invalid(
            {"file": f"Không xem được «{file.name}» ngay trên trang. Hãy tải tệp về máy để xem."}
        )
    return file.path()


def _draw(path, target, number, dpi, name):
    with _folder() as folder:
        first = number - (number - 1) % BATCH
        result = _child(path, ("images", folder, dpi, *range(first, first + BATCH)), folder, 30)
        done = [int(line) for line in result.stdout.split()]
        if number not in done and not result.ok:
            _refuse(result, name)
        for page in done:
            _keep(_made(folder, page), target / f"{dpi}-{page}.png")
        if number not in done:
            raise errors.NotFound("Tài liệu không có trang này.")


def _draw_thumbs(path, target, number, name):
    with _folder() as folder:
        first = number - (number - 1) % THUMBS
        result = _child(path, ("thumbs", folder, *range(first, first + THUMBS)), folder, 30)
        done = [int(line) for line in result.stdout.split()]
        if number not in done and not result.ok:
            _refuse(result, name)
        for page in done:
            _keep((folder / f"{page}.jpg").read_bytes(), target / f"thumb-{page}.jpg")
        if number not in done:
            raise errors.NotFound("Tài liệu không có trang này.")


def _made(folder: Path, number: int) -> bytes:
    content = (
        folder.joinpath(f"{number}.png").read_bytes() if folder.joinpath(f"{number}.png").exists() else b""
    )
    if not content.startswith(b"\x89PNG"):
        raise errors.NotFound("Tài liệu không có trang này.")
    return content


def _ask(source, name, command, *arguments, writable=None, seconds=20):
    if isinstance(source, bytes):
        with _folder() as folder:
            (folder / "in").write_bytes(source)
            return _ask(folder / "in", name, command, *arguments, writable=writable, seconds=seconds)
    result = _child(source, (command, *arguments), writable, seconds)
    if not result.ok:
        _refuse(result, name)
    return result


def _child(path, arguments, writable, seconds):
    command, *rest = arguments
    with TURNS:
        return sandbox.run(
            [*sandbox.PYTHON, CHILD, command, path, *rest], seconds=seconds, megabytes=1024, file_megabytes=100,
            readable=(CHILD, path), writable=writable,
        )  # fmt: skip


def _refuse(result, name):
    if result.code == NO_SUCH_PAGE and result.reason == "failed":
        raise errors.NotFound("Tài liệu không có trang này.")
    if result.code == PASSWORD and result.reason == "failed":
        reason = "tệp đặt mật khẩu. Hãy lưu lại tệp không có mật khẩu"
    elif result.reason in ("timeout", "memory", "output", "killed"):
        reason = "tệp đòi hỏi quá nhiều bộ nhớ hoặc thời gian. Hãy tải về để xem bằng phần mềm trên máy"
    else:
        reason = "tệp hỏng hoặc không đúng định dạng. Hãy xin lại tệp từ nơi gửi"
    raise errors.Invalid({"file": f"Không hiển thị được «{name}»: {reason}."})


def _unconverted(name, reason_of_end) -> str:
    if reason_of_end in ("timeout", "memory", "output", "killed"):
        reason = "tệp quá lớn hoặc quá phức tạp"
    else:
        reason = "tệp hỏng, đặt mật khẩu hoặc không đúng định dạng"
    return f"Không đổi được «{name}» sang PDF: {reason}. Hãy mở tệp, lưu lại dưới dạng PDF rồi nộp bản PDF."


@contextmanager
def _folder():
    with tempfile.TemporaryDirectory(dir=files.spool().resolve(), prefix="box-") as folder:
        yield Path(folder)


def _keep(content: bytes, target: Path) -> None:
    """Put what was made in its place. Raises errors.Refused when the content was recalled while it was made."""
    handle, temporary = tempfile.mkstemp(dir=files.spool().resolve(), prefix="box-")
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(content)
        target.parent.mkdir(parents=True, exist_ok=True)
        os.rename(temporary, target)
    except (FileExistsError, NotADirectoryError, FileNotFoundError) as error:
        raise errors.Refused("Văn bản vừa bị thu hồi nên không xem được nữa.") from error
    finally:
        Path(temporary).unlink(missing_ok=True)


_locks = [threading.Lock() for _ in range(16)]


def _turn_of(sha256: str) -> threading.Lock:
    """One maker at a time for one content (a few contents share a lock)."""
    return _locks[hashlib.sha256(sha256.encode()).digest()[0] % len(_locks)]
