"""The command `extract`: the fields of files on the command line, several at a time."""

import json
import mimetypes
import os
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from jobs import reading
from models import config, extraction

SUFFIXES = (".pdf", ".jpg", ".jpeg", ".png", ".tif", ".tiff")
LABELS = {
    "code_number": "Số", "code_notation": "Ký hiệu", "issued_date": "Ngày", "place": "Địa danh",
    "organ_name": "Cơ quan", "parent_organ_name": "Cơ quan chủ quản", "type_name": "Tên loại", "subject": "Trích yếu",
    "signer_position": "Chức vụ", "signer_name": "Người ký", "recipients": "Nơi nhận", "urgency": "Độ khẩn",
    "due_date": "Hạn",
}  # fmt: skip


def main(paths: list[Path], as_json: bool) -> int:
    """Read files and folders' files; print fields as text or as one JSON list. 1 when a file could not be read."""
    chosen = list(_files(paths))
    with tempfile.TemporaryDirectory(prefix="vanthu-extract-") as folder:
        config.use(replace(config.current(), data=Path(folder)))
        with ThreadPoolExecutor(max_workers=min(max(1, len(chosen)), os.cpu_count() or 1)) as pool:
            found = list(pool.map(one, chosen))
    if as_json:
        print(json.dumps(found, ensure_ascii=False, indent=1))
    else:
        for row in found:
            _show(row)
    return 1 if any("error" in row for row in found) else 0


def one(path: Path) -> dict:
    """{file, pages, seconds, fields} of one file, with `error` when it cannot be read."""
    began = time.monotonic()
    row = {"file": str(path), "pages": 0, "seconds": 0.0, "fields": dict.fromkeys(extraction.FIELDS)}
    media_type = mimetypes.guess_type(path.name)[0] or "application/pdf"
    try:
        with reading.read(path, media_type, workers=1) as found:
            row["pages"] = found.pages
            row["fields"] = {name: field.row() if field else None for name, field in found.fields.items()}
    except (reading.Unreadable, OSError) as error:
        row["error"] = str(error)
    return row | {"seconds": round(time.monotonic() - began, 2)}


def _files(paths):
    for path in paths:
        if path.is_dir():
            yield from sorted(found for found in path.rglob("*") if found.suffix.lower() in SUFFIXES)
        else:
            yield path


def _show(row):
    print(f"{row['file']} ({row['pages']} trang, {row['seconds']} giây)", row.get("error", ""))
    for name, field in row["fields"].items():
        if field:
            mark = " " if field["sure"] else "?"
            print(
                f"  {mark} {LABELS[name]:17} {field['value']}  [{field['confidence']:.2f}, trang {field['page']}, {field['box']}]"
            )
    sys.stdout.flush()
