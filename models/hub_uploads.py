"""Gói tin gửi từng phần: a packet comes in parts over a line that is cut, and goes on where it stopped.

The row says how many bytes are on the disk for good; what lies behind that in the file is written over. Parts lie in a
folder of their own, since the spool is emptied at each start.
"""

import fcntl
import hashlib
import os
import re
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from models import clock, config, db, edxml_tree, failpoints, files, hub, hub_transit, vxp

MOST_PART = 256 << 10
MOST_OPEN = 2 << 30  # bytes one system may have half sent
KEPT = timedelta(days=7)
_SHA256 = re.compile(r"^[0-9a-f]{64}$")


def folder() -> Path:
    """Where parts lie until the packet is whole."""
    found = config.current().data / "parts"
    found.mkdir(parents=True, exist_ok=True, mode=0o750)
    return found


def path_of(upload: hub.Upload) -> Path:
    """The file the parts are written into."""
    return folder() / f"{upload.system_id}-{upload.sha256}"


def state(system: hub.System, sha256: str, size: str) -> int:
    """How many bytes of this packet are here for good; a new one begins at 0. Raises Rejected."""
    wanted = _size(sha256, size)
    if whole(system, sha256):
        return wanted
    with db.write():
        found = _upload(system, sha256)
        if found is None:
            _check_room(system, wanted)
            now = clock.now()
            found = hub.Upload.create(
                system=system, sha256=sha256, size=wanted, started_at=now, touched_at=now
            )
        elif found.size != wanted:
            raise hub.Rejected(
                vxp.BAD_FILE, "Kích thước gói tin (size) khác với lần gửi trước của cùng mã băm"
            )
    return found.offset


def whole(system: hub.System, sha256: str) -> hub.Packet | None:
    """The packet of this system with these bytes, when the axis has taken it in already."""
    keys = [hub_transit.packet_key(system, kind, sha256) for kind in ("edoc", "status")]
    return hub.Packet.get_or_none(hub.Packet.key.in_(keys))


def add(system: hub.System, sha256: str, size: str, offset: str, part: bytes) -> int:
    """Take one part, on the disk for good when this returns; the bytes held then. A part held already changes nothing.

    Raises Rejected; a part that leaves a gap is not written, the number says where to go on.
    """
    held, count = state(system, sha256, size), len(part)
    at = int(offset) if offset.isdecimal() and len(offset) < 12 else -1
    if at < 0 or count > MOST_PART or at + count > int(size):
        raise hub.Rejected(vxp.BAD_FILE, f"Phần gửi lên sai vị trí hoặc lớn hơn {MOST_PART >> 10} KB")
    if at > held or at + count <= held:
        return held
    upload = _upload(system, sha256)
    with _locked(upload) as out:
        upload = hub.Upload.get_by_id(upload.id)
        if at > upload.offset or at + count <= upload.offset:
            return upload.offset
        out.seek(at)
        out.write(part)
        out.flush()
        failpoints.reach("hub.part-written")
        os.fsync(out.fileno())
        failpoints.reach("hub.part-fsync")
        with db.write():
            upload.set(offset=at + count, touched_at=clock.now())
    return upload.offset


def finish(system: hub.System, sha256: str, message_type: str, claimed: str) -> str:
    """All parts are here: the packet is taken in as any other; its id. Raises Rejected; FILE_FAULT while parts miss."""
    upload = _upload(system, sha256)
    if upload is None:
        known = whole(system, sha256)
        if known is None:
            raise hub.Rejected(vxp.FILE_FAULT, "Trục chưa có phần nào của gói tin này; hãy gửi lại từ đầu")
        return known.axis_id
    if upload.offset < upload.size:
        raise hub.Rejected(vxp.FILE_FAULT, f"Trục mới có {upload.offset} trên {upload.size} byte của gói tin")
    kept = files.place(sha256)
    if not path_of(upload).exists() and kept.exists():  # an earlier try got so far
        axis_id = hub_transit.accept(system, message_type, kept, claimed)
        _drop(upload)
        return axis_id
    with _locked(upload) as held:
        held.truncate(upload.size)
        if _hash(held) != sha256:
            _drop(upload)
            raise hub.Rejected(vxp.FILE_FAULT, "Gói tin ghép lại không khớp mã băm; hãy gửi lại từ đầu")
        try:
            axis_id = hub_transit.accept(system, message_type, path_of(upload), claimed, sha256)
        except hub.Rejected:
            _drop(upload)
            raise
        _drop(upload)
    return axis_id


def sweep() -> int:
    """Remove what nobody went on with for a week, and files without a row; returns how many packets."""
    old = list(hub.Upload.select().where(hub.Upload.touched_at < clock.now() - KEPT))
    for upload in old:
        _drop(upload)
    kept = {path_of(upload).name for upload in hub.Upload.select()}
    limit = (clock.now() - KEPT).timestamp()
    for path in folder().iterdir():
        if path.name not in kept and path.stat().st_mtime < limit:
            path.unlink(missing_ok=True)
    return len(old)


def _size(sha256, size):
    if not _SHA256.match(sha256):
        raise hub.Rejected(vxp.BAD_FILE, "Mã băm gói tin (packet-sha256) phải là 64 chữ số thập lục phân")
    if not (
        size.isascii() and size.isdecimal() and len(size) < 12 and 0 < int(size) <= edxml_tree.MOST_BYTES
    ):
        raise hub.Rejected(
            vxp.BAD_FILE, f"Kích thước gói tin (size) phải từ 1 byte đến {edxml_tree.MOST_BYTES >> 20} MB"
        )
    return int(size)


def _upload(system, sha256):
    return hub.Upload.get_or_none(hub.Upload.system == system, hub.Upload.sha256 == sha256)


def _check_room(system, wanted):
    held = hub.Upload.select(db.fn.SUM(hub.Upload.size)).where(hub.Upload.system == system).scalar() or 0
    if held + wanted > MOST_OPEN:
        raise hub.Rejected(
            vxp.FILE_FAULT,
            "Hệ thống có quá nhiều gói tin gửi dở trên trục; hãy gửi xong gói trước hoặc chờ bảy ngày",
        )


@contextmanager
def _locked(upload):
    """The file of an upload, one hand at a time."""
    handle = os.open(path_of(upload), os.O_RDWR | os.O_CREAT, 0o640)
    with os.fdopen(handle, "r+b") as out:
        fcntl.flock(out, fcntl.LOCK_EX)
        yield out


def _hash(held) -> str:
    held.seek(0)
    digest = hashlib.sha256()
    while piece := held.read(files.CHUNK):
        digest.update(piece)
    return digest.hexdigest()


def _drop(upload):
    with db.write():
        upload.delete_instance()
    path_of(upload).unlink(missing_ok=True)
