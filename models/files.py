"""Kho tệp: content-addressed store; a stored file is never overwritten, its SHA-256 is its name.

Order of things (crash safety): file first (temp, fsync, rename to its hash, fsync of the folder), row second.
A file without a row is an orphan that `orphans()` finds; a row without its file cannot come about.
"""

import hashlib
import os
import tempfile
import threading
import weakref
from pathlib import Path

from models import clock, config, db, errors, failpoints, previews

CHUNK = 1 << 20
FULL = (
    "Chưa lưu được tệp vì đĩa của máy chủ đầy hoặc lỗi. Chưa có gì bị thay đổi; hãy báo quản trị rồi thử lại."
)


class File(db.Base):
    """One stored content under one name. Several rows may share a content."""

    sha256 = db.CharField(max_length=64, index=True)
    name = db.CharField()
    media_type = db.CharField(default="application/octet-stream")
    size = db.IntegerField()
    stored_at = db.MomentField()

    def path(self) -> Path:
        """Where the content lies."""
        return place(self.sha256)

    def read(self) -> bytes:
        """The content. Raises errors.Refused when it is not what was stored."""
        content = self.path().read_bytes()
        if hashlib.sha256(content).hexdigest() != self.sha256:
            raise errors.Refused(
                f"Tệp «{self.name}» trên đĩa không còn giống bản đã lưu (mã băm sai). Tệp bị chặn; "
                "hãy báo quản trị khôi phục từ bản sao lưu."
            )
        return content


TABLES = (File,)


class Stored:
    """A content safely on disk that has no row yet."""

    def __init__(self, sha256: str, size: int):
        self.sha256, self.size = sha256, size
        _held.add(self)


_held: weakref.WeakSet = weakref.WeakSet()  # contents whose act is not over: `erase` leaves them
_gate = threading.Lock()  # between finding a content in its place and taking it away


def root() -> Path:
    """Folder of the store."""
    return config.current().data / "files"


def spool() -> Path:
    """Folder for files being received or made; on the same disk as the store."""
    folder = config.current().data / "spool"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def place(sha256: str) -> Path:
    """Path of a content in the store."""
    return root() / sha256[:2] / sha256


def store(source: bytes | Path) -> Stored:
    """Bring a content onto the disk for good; call before write(). Raises errors.Refused when the disk is full."""
    try:
        return _store(source)
    except OSError as error:
        raise errors.Refused(FULL) from error


def _known(source: Path) -> Stored | None:
    """The content when it lies in the store already: of one letter to many neighbours nothing is written again."""
    digest, size = hashlib.sha256(), 0
    for chunk in _chunks(source):
        digest.update(chunk)
        size += len(chunk)
    with _gate:
        return Stored(digest.hexdigest(), size) if place(digest.hexdigest()).exists() else None


def _store(source) -> Stored:
    known = _known(source) if isinstance(source, Path) else None
    if known:
        return known
    digest, size = hashlib.sha256(), 0
    handle, temporary = tempfile.mkstemp(dir=spool(), prefix="in-")
    try:
        with os.fdopen(handle, "wb") as out:
            for chunk in _chunks(source):
                digest.update(chunk)
                size += len(chunk)
                out.write(chunk)
            out.flush()
            failpoints.reach("files.written")
            os.fsync(out.fileno())
        final = place(digest.hexdigest())
        with _gate:
            stored = Stored(digest.hexdigest(), size)
            is_new = not final.exists()
        if is_new:
            final.parent.mkdir(parents=True, exist_ok=True)
            os.chmod(temporary, 0o440)
            failpoints.reach("files.rename")
            os.rename(temporary, final)
            _sync_folder(final.parent)
        failpoints.reach("files.stored")
    finally:
        Path(temporary).unlink(missing_ok=True)
    return stored


def adopt(path: Path, sha256: str) -> Stored:
    """Bring a spool file into the store as it is; its hash was reckoned while it was written. It leaves the spool.

    Raises errors.Refused when the disk is full.
    """
    final = place(sha256)
    try:
        with path.open("rb") as written:
            size = os.fstat(written.fileno()).st_size
            failpoints.reach("files.written")
            os.fsync(written.fileno())
        with _gate:
            stored = Stored(sha256, size)
            is_new = not final.exists()
        if is_new:
            final.parent.mkdir(parents=True, exist_ok=True)
            os.chmod(path, 0o440)
            failpoints.reach("files.rename")
            os.rename(path, final)
            _sync_folder(final.parent)
        failpoints.reach("files.stored")
        path.unlink(missing_ok=True)
    except OSError as error:
        raise errors.Refused(FULL) from error
    return stored


def record(stored: Stored, name: str, media_type: str) -> File:
    """The row of a stored content; inside the write() of the fact it belongs to."""
    previews.open_again(stored.sha256)
    return File.create(
        sha256=stored.sha256, name=name, media_type=media_type, size=stored.size, stored_at=clock.now()
    )


def put(source: bytes | Path, name: str, media_type: str) -> File:
    """store() and record() in one, in its own write(); for callers whose fact comes later."""
    stored = store(source)
    with db.write():
        return record(stored, name, media_type)


def release(rows) -> list[str]:
    """Give up rows that nothing refers to any more, inside the write() of the reason; what is still used stays.

    Returns the SHA-256 of contents that no row needs now; `erase` them after the commit.
    """
    for row in rows:
        try:
            row.delete_instance()
        except db.IntegrityError:
            continue
    hashes = {row.sha256 for row in rows}
    return [sha256 for sha256 in hashes if not File.select().where(File.sha256 == sha256).exists()]


def erase(hashes) -> list[str]:
    """Remove contents from the disk that no row needs, for good: the folders are synced before this returns.

    Returns the SHA-256 of those that stay for the moment, because an act under way has just stored the same content.
    """
    waiting = []
    for sha256 in hashes:
        with _gate:
            held = any(stored.sha256 == sha256 for stored in list(_held))
            if held or File.select().where(File.sha256 == sha256).exists():
                waiting += [sha256] if held else []
                continue
            place(sha256).unlink(missing_ok=True)
        if place(sha256).parent.is_dir():
            _sync_folder(place(sha256).parent)
    return waiting


def drop(stored: Stored) -> None:
    """Take back a content that was stored for an act that will not be; it stays where a row or another act needs it."""
    _held.discard(stored)
    erase([stored.sha256])


def orphans(older_than_seconds: int = 86400):
    """Yield stored contents without a row, older than a day (a running act may still need younger ones)."""
    limit = clock.now().timestamp() - older_than_seconds
    for path in root().glob("??/*"):
        known = File.select(File.id).where(File.sha256 == path.name).exists()
        if not known and path.stat().st_mtime < limit:
            yield path


def check():
    """Yield a sentence for each stored file that is lost or no longer has its hash."""
    for row in File.select().group_by(File.sha256).iterator():
        path = row.path()
        if not path.exists():
            yield f"Mất tệp «{row.name}» ({row.sha256[:12]}…)."
            continue
        digest = hashlib.sha256()
        for chunk in _chunks(path):
            digest.update(chunk)
        if digest.hexdigest() != row.sha256:
            yield f"Tệp «{row.name}» ({row.sha256[:12]}…) đã bị thay đổi trên đĩa."


def _chunks(source):
    if isinstance(source, bytes):
        yield source
        return
    with open(source, "rb") as opened:
        while chunk := opened.read(CHUNK):
            yield chunk


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
