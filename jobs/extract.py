"""The command `extract`: the fields of files on the command line, several at a time.

Every file ends in one row: read, or with the sentence why not and every field null. One file that cannot be read does not
stop the others.
"""

import json
import math
import os
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from jobs import reading
from models import config, extraction, filetypes

SUFFIXES = (".pdf", ".jpg", ".jpeg", ".png", ".tif", ".tiff")
READABLE = ("pdf", "jpeg", "png", "tiff")
LABELS = {
    "code_number": "Số", "code_notation": "Ký hiệu", "issued_date": "Ngày", "place": "Địa danh",
    "organ_name": "Cơ quan", "parent_organ_name": "Cơ quan chủ quản", "type_name": "Tên loại", "subject": "Trích yếu",
    "signer_position": "Chức vụ", "signer_name": "Người ký", "recipients": "Nơi nhận", "urgency": "Độ khẩn",
    "due_date": "Hạn",
}  # fmt: skip


def main(paths: list[Path], as_json: bool) -> int:
    """Read files and folders' files; print fields as text or as one JSON list. 1 when a file could not be read."""
    chosen = list(dict.fromkeys(_files(paths)))
    cores = max(1, os.cpu_count() or 1)
    failed, rows = False, []
    with tempfile.TemporaryDirectory(prefix="vanthu-extract-") as folder:
        config.use(replace(config.current(), data=Path(folder)))
        at_once = min(len(chosen), cores) or 1
        with ThreadPoolExecutor(at_once) as pool:
            for row in pool.map(lambda path: one(path, max(1, cores // at_once)), chosen):
                failed = failed or "error" in row
                if as_json:
                    rows.append(row)
                else:
                    _show(row)
    if as_json:
        print(json.dumps(rows, ensure_ascii=False, indent=1, allow_nan=False))
    return 1 if failed else 0


def one(path: Path, workers: int = 1) -> dict:
    """{file, pages, seconds, fields} of one file, with `error` when it cannot be read."""
    began = time.monotonic()
    row = {"file": str(path), "pages": 0, "seconds": 0.0, "fields": dict.fromkeys(extraction.FIELDS)}
    try:
        with reading.read(path, _media_type(path), workers=workers) as found:
            row["pages"] = found.pages
            row["fields"] = {name: _row(found.fields.get(name)) for name in extraction.FIELDS}
    except reading.Unreadable as error:
        row["error"] = str(error)
    except FileNotFoundError:
        row["error"] = "Không thấy tệp. Hãy kiểm tra lại đường dẫn."
    except OSError as error:
        row["error"] = f"Không mở được tệp: {error.strerror or error}."
    except (LookupError, ValueError, ArithmeticError) as error:  # pages laid out as no page can be
        row["error"] = (
            f"Bố cục của tệp không đọc được ({type(error).__name__}). Tệp vẫn còn nguyên; hãy nhập tay."
        )
    return row | {"seconds": round(time.monotonic() - began, 2)}


def _media_type(path) -> str:
    """What the file is by its first bytes; its name plays no part. Raises OSError, reading.Unreadable."""
    if path.is_dir() or path.stat().st_size == 0:
        raise reading.Unreadable("Tệp rỗng (0 byte). Hãy kiểm tra lại tệp.")
    kind = filetypes.recognised(path)
    if kind is None or kind.name not in READABLE:
        known = f" (đây là {kind.label})" if kind else ""
        raise reading.Unreadable(
            f"Chỉ đọc được PDF và ảnh quét JPEG, PNG, TIFF{known}. Hãy lưu lại thành PDF."
        )
    return kind.media_type


def _row(field):
    """A field as it is printed; a box that is no place on a page is left out."""
    if field is None:
        return None
    row = field.row()
    if row["box"] and not all(math.isfinite(edge) for edge in row["box"]):
        row["box"] = None
    return row


def _files(paths):
    for path in paths:
        if path.is_dir():
            yield from sorted(found for found in path.rglob("*") if found.suffix.lower() in SUFFIXES)
        else:
            yield path


def _show(row):
    seconds = f"{row['seconds']:.1f}".replace(".", ",")
    print(f"{row['file']} ({row['pages']} trang, {seconds} giây)")
    if "error" in row:
        print(f"  LỖI: {row['error']}")
    for name, field in row["fields"].items():
        if field:
            mark = " " if field["sure"] else "?"
            print(
                f"  {mark} {LABELS[name]:17} {field['value']}  [{field['confidence'] * 100:.0f} %, trang {field['page']}]"
            )
    sys.stdout.flush()
