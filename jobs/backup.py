"""Sao lưu: one consistent copy of database and files with a manifest, checked before it counts; and its restore.

The live database file is never copied by hand (a running WAL database copied so is torn): VACUUM INTO makes the copy.
Every file of the store that the copied database knows is in the copy, since files are stored before their rows. A content
recalled after the copy was made is still in it: whoever restores it carries the recalls out again (`ledgers`).
"""

import hashlib
import json
import os
import shutil
from pathlib import Path

from models import clock, db, files, journal, recalls_ledger

MANIFEST = "manifest.json"


class BadBackup(Exception):
    """The copy is not whole, or the target is not empty; the message says which."""


def make(target: Path) -> Path:
    """Copy everything into a new folder below `target`; returns the folder. Raises BadBackup when the copy is not whole."""
    stamp = f"{clock.local(clock.now()):%Y%m%d-%H%M%S}"
    folder, unfinished = target / f"vanthu-{stamp}", target / f".dang-sao-luu-{stamp}"
    unfinished.mkdir(parents=True)
    with db.connection():
        db.database.execute_sql("VACUUM INTO ?", (str(unfinished / "vanthu.db"),))
        head = journal.Event.select(journal.Event.hash).order_by(journal.Event.id.desc()).first()
    listed = {"vanthu.db": _digest(unfinished / "vanthu.db")}
    for path in sorted(files.root().glob("??/*")):
        copy = unfinished / "files" / path.parent.name / path.name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
        listed[f"files/{path.parent.name}/{path.name}"] = path.name
    if recalls_ledger.place().is_file():
        shutil.copyfile(recalls_ledger.place(), unfinished / recalls_ledger.NAME)
        listed[recalls_ledger.NAME] = _digest(unfinished / recalls_ledger.NAME)
    manifest = {"made_at": stamp, "journal_head": head.hash if head else "", "files": listed}
    (unfinished / MANIFEST).write_text(json.dumps(manifest, indent=1))
    check(unfinished)
    os.sync()
    unfinished.rename(folder)
    return folder


def check(folder: Path) -> int:
    """Re-hash every file of a copy against its manifest; returns how many. Raises BadBackup naming the first bad one."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text())
    except (OSError, ValueError) as error:
        raise BadBackup(f"{folder} không phải là bản sao lưu (thiếu {MANIFEST}).") from error
    for name, wanted in manifest["files"].items():
        path = folder / name
        if not path.is_file() or _digest(path) != wanted:
            raise BadBackup(f"Bản sao lưu hỏng: {name} mất hoặc đã bị thay đổi. Không khôi phục bản này.")
    return len(manifest["files"])


def restore(folder: Path, data: Path) -> int:
    """Put a checked copy into an empty data folder; returns how many files. Raises BadBackup."""
    count = check(folder)
    if (data / "vanthu.db").exists():
        raise BadBackup(
            f"{data} đã có dữ liệu. Chỉ khôi phục vào thư mục trống; hãy dời dữ liệu cũ đi trước."
        )
    data.mkdir(parents=True, exist_ok=True)
    for name in json.loads((folder / MANIFEST).read_text())["files"]:
        target = data / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(folder / name, target)
    os.sync()
    return count


def ledgers(folder: Path, data: Path) -> list[Path]:
    """Ledgers of recalls that may know more than a copy: its own, those of copies beside it, and of data moved aside."""
    found = [*folder.parent.glob(f"*/{recalls_ledger.NAME}"), *data.parent.glob(f"*/{recalls_ledger.NAME}")]
    return sorted({path.resolve() for path in found})


def _digest(path: Path) -> str:
    with open(path, "rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
