"""Thư mục của máy quét: takes a file only when it is whole and nobody writes it any more, and never twice (A2, A15).

Copy to the spool → look at it → store → scan and order in one write() → move to «đã nhận». A server killed in between
finds the file in its place again, knows it by its key (content, name, time) and only moves it. What is not let in goes
to «không nhận» with a .txt beside it that says why.
"""

import contextlib
import errno
import hashlib
import logging
import os
import stat
import tempfile
import threading
import unicodedata
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

from jobs import runner
from models import clock, config, db, errors, failpoints, files, intake, outbox, scans

log = logging.getLogger("vanthu.intake")
EVERY_SECONDS = 2
STABLE = timedelta(seconds=2)  # size and time unchanged for so long, over two looks
GIVEN_UP = timedelta(minutes=15)  # a file without its end that nobody adds to: torn for good
MOST_A_LOOK = 20  # files of one folder, so that no scanner keeps the others waiting
TEMPORARY = (".tmp", ".temp", ".part", ".partial", ".filepart", ".crdownload", ".lock", "~")
OF_THE_SYSTEM = {"thumbs.db", "desktop.ini"}
ENDS = {b"%PDF": (b"%%EOF", 2048), b"\xff\xd8\xff": (b"\xff\xd9", 64), b"\x89PNG": (b"IEND", 16)}
NO_FILE = "là liên kết hoặc thiết bị, không phải tệp. Hãy chép chính tệp vào thư mục này."
CHUNK = 1 << 20
_turn = threading.Lock()
_seen: dict[tuple[int, str], "Look"] = {}  # what stood in the folders at the last looks


class Look(NamedTuple):
    """A file as it stood, and since when it stands so."""

    size: int
    changed: int  # nanoseconds
    inode: int
    since: object


class Changed(Exception):
    """The file changed or went while it was copied; the next look sees it again."""


@runner.every(EVERY_SECONDS)
def look() -> None:
    """Look into all folders, beside whatever else happens by itself: a dead network drive holds up nobody else."""
    if not _turn.locked() and intake.IntakeFolder.select().where(intake.IntakeFolder.active).exists():
        threading.Thread(target=_in_thread, name="intake", daemon=True).start()


def _in_thread():
    with db.connection():
        try:
            look_into_all()
        except (OSError, db.OperationalError) as trouble:
            log.error("intake: %s", trouble)
        finally:
            db.database.close()


def look_into_all() -> int:
    """One look into every active folder; returns how many files were taken."""
    if not _turn.acquire(blocking=False):
        return 0
    try:
        rows = [row for row in intake.folders() if row.active]
        names = {row.id for row in rows}
        for key in [key for key in _seen if key[0] not in names]:
            del _seen[key]
        taken = sum(_look_into(row) for row in rows)
    finally:
        _turn.release()
    if taken:
        runner.wake("separate", "ocr")
    return taken


def _look_into(row: intake.IntakeFolder) -> int:
    """One folder; what is wrong with it stands on its row."""
    folder, taken, trouble = Path(row.path), 0, ""
    try:
        present = sorted(os.scandir(folder), key=lambda entry: entry.name)
        if not os.access(folder, os.W_OK | os.X_OK):
            trouble = "Máy chủ không có quyền ghi vào thư mục nên không chuyển tệp đã nhận đi được. Hãy cấp quyền ghi."
            present = []
    except OSError as fault:
        present, trouble = [], _why(fault)
    names = {entry.name for entry in present}
    for key in [key for key in _seen if key[0] == row.id and key[1] not in names]:
        del _seen[key]
    for entry in present:
        if taken >= MOST_A_LOOK:
            break
        try:
            taken += _look_at(row, folder, entry)
        except Changed:
            continue
        except (OSError, errors.Refused) as fault:
            trouble = f"«{_shown(entry.name)}»: {fault if isinstance(fault, errors.Refused) else _why(fault)}"
    intake.looked(row, trouble, taken)
    return taken


def _why(fault: OSError) -> str:
    if fault.errno in (errno.ENOENT, errno.ENOTDIR):
        return "Không thấy thư mục. Ổ đĩa mạng có thể đã ngắt; hãy kiểm tra rồi đợi vài giây."
    if fault.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return "Máy chủ không có quyền đọc, ghi ở đây. Hãy cấp quyền cho tài khoản chạy phần mềm."
    return f"Lỗi đĩa hoặc mạng ({fault.strerror or fault}). Hệ thống tự thử lại."


def _look_at(row, folder, entry) -> bool:
    """One entry of a folder: taken, refused, or left for a later look. True when it was taken."""
    name = entry.name
    lower = name.lower()
    if name.startswith((".", "~")) or lower.endswith(TEMPORARY) or lower in OF_THE_SYSTEM:
        return False
    found = entry.stat(follow_symlinks=False)
    if stat.S_ISDIR(found.st_mode):
        return False
    channel = scans.Channel(row.agency_id, "folder", row.name, row.unit_id)
    if not stat.S_ISREG(found.st_mode):
        _refuse(channel, row, folder, name, f"«{name}» {NO_FILE}", f"{found.st_ino}:{found.st_mtime_ns}")
        return False
    most = config.current().upload_megabytes
    if found.st_size > most << 20:
        if _is_still(row, name, found):
            reason = f"Tệp «{name}» lớn {found.st_size >> 20} MB, quá mức {most} MB. Hãy quét ở 200–300 dpi hoặc tách tệp."
            _refuse(channel, row, folder, name, reason, f"{found.st_ino}:{found.st_mtime_ns}")
        return False
    if not _is_still(row, name, found) or _is_written(found):
        return False
    if not _has_end(folder / name, found):
        if _stands_since(row, name) < GIVEN_UP:
            return False
        reason = f"Tệp «{name}» bị cắt giữa chừng (không có phần kết thúc). Hãy quét lại."
        _refuse(channel, row, folder, name, reason, f"{found.st_ino}:{found.st_mtime_ns}")
        return False
    return _take(channel, row, folder, name, found)


# ---- is it whole? ------------------------------------------------------------------------------------------------


def _is_still(row, name, found) -> bool:
    """True when size and time are as they were at least two seconds and one look ago."""
    now, key = clock.now(), (row.id, name)
    before = _seen.get(key)
    if before is None or before[:3] != (found.st_size, found.st_mtime_ns, found.st_ino):
        _seen[key] = Look(found.st_size, found.st_mtime_ns, found.st_ino, now)
        return False
    return found.st_size > 0 and now - before.since >= STABLE or now - before.since >= GIVEN_UP


def _stands_since(row, name) -> timedelta:
    return clock.now() - _seen[row.id, name].since


def _is_written(found) -> bool:
    """True when some program we may ask about has it open for writing (a file server on this machine, a copy)."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            for handle in os.scandir(process / "fd"):
                opened = os.stat(handle.path)
                if (opened.st_dev, opened.st_ino) == (found.st_dev, found.st_ino):
                    flags = (process / "fdinfo" / handle.name).read_text().partition("flags:")[2].split()[0]
                    if int(flags, 8) & os.O_ACCMODE != os.O_RDONLY:
                        return True
        except OSError:  # it ended meanwhile, or is somebody else's
            continue
    return False


def _has_end(path, found) -> bool:
    """True unless the kind of file has an end mark and this one lacks it."""
    with open(path, "rb", opener=_without_links) as file:
        head = file.read(1024)
        for start, (mark, within) in ENDS.items():
            if head.startswith(start) or start == b"%PDF" and start in head:
                file.seek(max(0, found.st_size - within))
                return mark in file.read(within)
    return True


def _without_links(path, flags):
    return os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK)


# ---- take, refuse ------------------------------------------------------------------------------------------------


def _take(channel, row, folder, name, found) -> bool:
    with tempfile.NamedTemporaryFile(dir=files.spool(), prefix="scan-") as spooled:
        sha256 = _copied(folder / name, found, spooled)
        key = _key(row, name, found, sha256)
        known = scans.Scan.get_or_none(scans.Scan.received_key == key)
        if known:
            _put_away(row, folder, name, known)
            return False
        try:
            most = config.current().upload_megabytes
            safe, media_type = scans.check_upload(Path(spooled.name), _shown(name), most)
        except errors.Invalid as error:
            _refuse(channel, row, folder, name, str(error), sha256)
            return False
        stored = files.store(Path(spooled.name))
    kept = f"folder:{row.id}:{_free(folder / intake.TAKEN, safe)}"
    scan = scans.upload(channel, stored, safe, media_type, key=key, kept_at=kept)
    failpoints.reach("intake.taken")
    _put_away(row, folder, name, scan)
    return True


def _key(row, name, found, sha256) -> str:
    words = f"{row.id}\0{name}\0{found.st_mtime_ns}\0{sha256}"
    return f"folder:{hashlib.sha256(words.encode(errors='surrogateescape')).hexdigest()}"


def _copied(path, found, target) -> str:
    """The file's SHA-256, its content copied. Raises Changed when it is not what was looked at."""
    digest = hashlib.sha256()
    try:
        with open(path, "rb", opener=_without_links) as file:
            while chunk := file.read(CHUNK):
                target.write(chunk)
                digest.update(chunk)
                if target.tell() > found.st_size:
                    raise Changed
            now = os.fstat(file.fileno())
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENOENT):
            raise Changed from error
        raise
    target.flush()
    if (now.st_size, now.st_mtime_ns, now.st_ino) != (found.st_size, found.st_mtime_ns, found.st_ino):
        raise Changed
    if target.tell() != found.st_size:
        raise Changed
    return digest.hexdigest()


def _free(folder, name) -> str:
    """A name nothing in the folder has."""
    stem, dot, ending = name.rpartition(".")
    stem, ending = (stem, dot + ending) if stem else (name, "")
    number, chosen = 1, name
    while os.path.lexists(folder / chosen):
        number += 1
        chosen = f"{stem} ({number}){ending}"
    return chosen


def _put_away(row, folder, name, scan) -> None:
    """To «đã nhận» under the name the scan knows; a secret paper's copy is not kept."""
    if scan.file is None:
        (folder / name).unlink(missing_ok=True)
        return
    target = folder / intake.TAKEN
    target.mkdir(exist_ok=True)
    kept = scan.kept_at.split(":", 2)[2]
    if os.path.lexists(target / kept):  # taken meanwhile by a person's file
        kept = _free(target, kept)
        with db.write():
            scan.set(kept_at=f"folder:{row.id}:{kept}")
    with contextlib.suppress(FileNotFoundError):
        os.rename(folder / name, target / kept)
    _seen.pop((row.id, name), None)


def _refuse(channel, row, folder, name, reason, mark) -> None:
    """To «không nhận», with the reason beside it."""
    shown = _shown(name)
    reason = reason.replace(name, shown).replace("Tệp chưa được lưu.", "").strip()
    digest = hashlib.sha256(f"{row.id}\0{mark}\0{name}".encode(errors="surrogateescape")).hexdigest()
    intake.refuse(channel, shown, reason, f"folder:{digest}")
    target = folder / intake.NOT_TAKEN
    target.mkdir(exist_ok=True)
    kept = _free(target, name)
    with contextlib.suppress(FileNotFoundError):
        os.rename(folder / name, target / kept)
    (target / f"{kept}.txt").write_text(reason + "\n", encoding="utf-8")
    _seen.pop((row.id, name), None)


def erase(scan) -> None:
    """The copy in «đã nhận» of a paper with a secrecy mark goes too (Quy chế 1.2). Raises Retry."""
    _, number, kept = scan.kept_at.split(":", 2)
    row = intake.IntakeFolder.get_or_none(intake.IntakeFolder.id == int(number))
    if row is None:
        return
    path = Path(row.path) / intake.TAKEN / kept
    try:
        with open(path, "rb", opener=_without_links) as file:
            same = hashlib.file_digest(file, "sha256").hexdigest() == scan.sha256
        if same:
            path.unlink()
    except FileNotFoundError:
        return  # not moved yet: the next look removes it where it lies
    except OSError as fault:
        words = f"Chưa xóa được «{kept}» trong «{intake.TAKEN}»: {_why(fault)}"
        raise outbox.Retry(words, for_ever=True) from fault


def _shown(name: str) -> str:
    """A file's name as it can be written down, whatever bytes it is made of."""
    return unicodedata.normalize("NFC", name.encode(errors="surrogateescape").decode(errors="replace"))
