"""Fields read from the real letters beside the checkout: right, wrong, empty, and wrong although shown as sure.

bench/extraction.py [--scans]   with --scans the scanned letters too (OCR first: minutes)
"""

import csv
import sys
import tempfile
import time
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT)]

from bench import table
from jobs import extract
from models import config

LETTERS = ROOT.parent / "shared" / "corpus" / "letters"
KINDS = {
    "scan": "bản quét",
    "born": "PDF từ Word",
    "typeset": "PDF từ Word",
    "negative": "không phải công văn",
}


def same(value) -> str:
    """Letters and digits only: spacing, case and quotation marks do not count."""
    return "".join(c for c in unicodedata.normalize("NFC", value or "").lower() if c.isalnum())


def truth_of(row) -> dict:
    number, _, notation = row["number"].partition("/")
    parent, _, organ = row["agency"].rpartition(" / ")
    return {
        "code_number": number.lstrip("0"), "code_notation": notation.strip(), "organ_name": organ,
        "issued_date": row["date"] if len(row["date"]) == 10 else "", "parent_organ_name": parent,
        "place": row["place"], "type_name": row["type"], "subject": row["subject"], "signer_name": row["signer"],
        "signer_position": row["signer_title"], "recipients": row["recipients"],
    }  # fmt: skip


def count(tally, kind, row, found):
    """Add one letter to the tally: (kind, field) → right, wrong, empty, sure, wrong and sure."""
    for name, wanted in truth_of(row).items():
        field = found["fields"][name]
        value = (field["value"] if field else "").lstrip("0" if name == "code_number" else "")
        cells = tally.setdefault((kind, name), [0, 0, 0, 0, 0])
        if not same(wanted) and not value:
            continue
        right = same(value) == same(wanted)
        cells[0 if right else 1 if value else 2] += 1
        cells[3] += bool(field and field["sure"])
        cells[4] += bool(field and field["sure"] and not right)


def main(with_scans):
    if not LETTERS.exists():
        print("Không có bộ văn bản mẫu bên cạnh mã nguồn nên không đo.")
        return 0
    rows = list(csv.DictReader((LETTERS / "truth.tsv").open(encoding="utf-8"), delimiter="\t"))
    chosen = [row for row in rows if with_scans or not row["kind"].startswith("scan")]
    tally, began, pages = {}, time.monotonic(), 0
    with tempfile.TemporaryDirectory() as folder:
        config.use(replace(config.current(), data=Path(folder)))
        with ThreadPoolExecutor(2) as pool:
            for row, found in zip(
                chosen, pool.map(lambda one: extract.one(LETTERS / one["file"]), chosen), strict=True
            ):
                kind = next(words for start, words in KINDS.items() if row["kind"].startswith(start))
                count(tally, kind, row, found)
                pages += min(found["pages"], 40)
    seconds = time.monotonic() - began
    rows = [[f"{kind} · {name}", *map(str, cells)] for (kind, name), cells in sorted(tally.items())]
    table.show("Trường đọc được", [["", "đúng", "sai", "trống", "chắc chắn", "chắc mà sai"], *rows])
    print(
        f"{len(chosen)} tệp, {pages} trang, {seconds:.0f} giây, {seconds / max(pages, 1) * 1000:.0f} ms một trang"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main("--scans" in sys.argv[1:]))
