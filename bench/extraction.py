"""Fields read from real letters: right, wrong, empty, and wrong although shown as sure; by kind of paper.

bench/extraction.py [--kinds born,typeset,scan,v1,…] [--only ID,…] [--misses] [--cache FOLDER [--old]] [--variants FOLDER] [--made FOLDER]

The letters with their truth stand in `shared/corpus/letters` beside the checkout, their scan-like variants too (its
make_variants.py makes all of them). A folder of made letters (bench/typeset.py) has a truth.tsv of the same columns.
Numbers and days written by hand, which the notes of the truth file name, are counted apart.
"""

import argparse
import csv
import re
import sys
import tempfile
import time
import unicodedata
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT)]

from bench import reading_cache, table
from jobs import extract
from models import config

LETTERS = ROOT.parent / "shared" / "corpus" / "letters"
KINDS = {
    "born": "PDF từ Word", "typeset": "PDF trình bày lại", "made": "PDF tự tạo", "v1": "quét 300 dpi (v1)",
    "v2": "200 dpi lệch, nhiễu (v2)", "v3": "200 dpi dấu đỏ (v3)", "v4": "200 dpi mờ (v4)", "v5": "200 dpi photo (v5)",
    "v6": "200 dpi xoay (v6)", "scan": "bản quét thật", "negative": "không phải công văn",
}  # fmt: skip
HIGH, MIDDLE, LOW = (98, 95), (95, 90), (93, 85)  # per cent right of the three first fields, of the subject
GOALS = {"born": HIGH, "typeset": HIGH, "made": HIGH, "v1": MIDDLE} | {f"v{n}": LOW for n in range(2, 7)}
MAIN = ("number", "issued_date", "agency")
SURE_GOAL = 99.5
BY_HAND = {"number": "số viết tay", "issued_date": "ngày viết tay"}
LABELS = {"number": "số và ký hiệu", "issued_date": "ngày", "agency": "cơ quan", "subject": "trích yếu"}


@dataclass(frozen=True)
class Letter:
    """One file to read and what is true of it."""

    path: Path
    kind: str
    truth: dict
    notes: str


def same(value) -> str:
    """Letters and digits only: spacing, case and quotation marks do not count."""
    return "".join(c for c in unicodedata.normalize("NFC", value or "").lower() if c.isalnum())


def truth_of(row) -> dict:
    """The fields of a row of the truth file."""
    number, _, notation = row["number"].partition("/")
    parent, _, organ = row["agency"].rpartition(" / ")
    return {
        "number": row["number"].lstrip("0"), "agency": organ, "code_number": number.lstrip("0"),
        "code_notation": notation.strip(), "organ_name": organ,
        "issued_date": row["date"] if len(row["date"]) == 10 else "", "parent_organ_name": parent,
        "place": row["place"], "type_name": row["type"], "subject": row["subject"], "signer_name": row["signer"],
        "signer_position": row["signer_title"], "recipients": row["recipients"],
    }  # fmt: skip


def read_of(fields) -> dict:
    """(value, sure) of each field; number is number and notation together, agency the issuing one."""
    said = {name: (field["value"], field["sure"]) if field else ("", False) for name, field in fields.items()}
    number, notation = said["code_number"], said["code_notation"]
    said["code_number"] = (number[0].lstrip("0"), number[1])
    whole = f"{said['code_number'][0]}/{notation[0]}" if number[0] or notation[0] else ""
    said["number"] = (whole, number[1] and notation[1])
    said["agency"] = said["organ_name"]
    return said


def letters(arguments) -> list[Letter]:
    """The files chosen, with their truth."""
    rows = _rows(LETTERS / "truth.tsv")
    found = [
        Letter(LETTERS / row["file"], row["kind"].split("-")[0].split()[0], truth_of(row), row["notes"])
        for row in rows
    ]
    by_id = {row["id"]: row for row in rows}
    variants = arguments.variants or LETTERS
    for one in _rows(variants / "variants.tsv"):
        row, place = by_id[one["truth_id"]], variants / one["file"]
        if place.exists():
            found.append(Letter(place, one["variant"][:2], truth_of(row), row["notes"]))
    if arguments.made:
        found += [
            Letter(arguments.made / r["file"], r.get("kind") or "made", truth_of(r), r["notes"])
            for r in _rows(arguments.made / "truth.tsv")
        ]
    kinds = arguments.kinds.split(",") if arguments.kinds else list(KINDS)
    only = arguments.only.split(",") if arguments.only else [""]
    return [
        one for one in found if one.kind in kinds and any(one.path.name.startswith(name) for name in only)
    ]


def _rows(path):
    if not path.exists():
        return []
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def by_hand(name, notes) -> bool:
    """True when the notes say that this field is written by hand."""
    word = {"number": "number", "code_number": "number", "issued_date": "day|month"}.get(name)
    return bool(word) and any(
        "handwritten" in part and re.search(rf"\b({word})\b", part) for part in notes.split(";")
    )


def count(tally, letter, found, misses):
    """Add one letter to the tally: (kind, field, by hand) → right, wrong, empty, sure, wrong and sure."""
    said = read_of(found["fields"])
    for name, wanted in letter.truth.items():
        value, sure = said[name]
        if not same(wanted) and not same(value):
            continue
        right = same(value) == same(wanted)
        cells = tally[letter.kind, name, by_hand(name, letter.notes)]
        shown = value and not value.startswith("/")  # a notation without its number is not a number
        cells[0 if right else 1 if shown else 2] += 1
        cells[3] += sure
        cells[4] += sure and not right
        if not right:
            misses.append((name, letter, wanted, value, sure))


def main(argv) -> int:
    """Read, count, print. 0 when nothing was measured or all goals are met."""
    arguments = _arguments(argv)
    chosen = letters(arguments)
    if not chosen:
        print("Không có bộ văn bản mẫu bên cạnh mã nguồn nên không đo.")
        return 0
    if arguments.cache:
        reading_cache.use(arguments.cache, arguments.old)
    tally, misses, spent = defaultdict(lambda: [0] * 5), [], defaultdict(lambda: [0, 0.0])
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        config.use(replace(config.current(), data=Path(folder)))
        with ThreadPoolExecutor(2) as pool:
            for letter, found in zip(
                chosen, pool.map(lambda one: extract.one(one.path), chosen), strict=True
            ):
                count(tally, letter, found, misses)
                spent[letter.kind][0] += min(found["pages"], 40)
                spent[letter.kind][1] += found["seconds"]
    if arguments.misses:
        _show_misses(misses, arguments.misses)
    _show_fields(tally)
    _show_goals(tally, spent)
    print(f"{len(chosen)} tệp, {time.monotonic() - began:.0f} giây")
    return 0


def _arguments(argv):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kinds", help=",".join(KINDS))
    parser.add_argument("--only", help="beginnings of file names")
    parser.add_argument("--misses", nargs="?", const="number,issued_date,agency,subject")
    parser.add_argument("--old", action="store_true", help="kept answers of earlier programs do, too")
    for name in ("--cache", "--variants", "--made"):
        parser.add_argument(name, type=Path)
    return parser.parse_args(argv)


def _show_misses(misses, names):
    for name, letter, wanted, value, sure in sorted(misses, key=lambda one: (one[0], one[1].kind)):
        if names == "all" or name in names.split(",") or sure:
            hand = " tay" if by_hand(name, letter.notes) else ""
            print(
                f"{'SURE ' if sure else ''}{name}{hand} {letter.path.stem}\n    đúng: {wanted}\n    đọc:  {value}"
            )


def _show_fields(tally):
    rows = [
        [f"{KINDS[kind]} · {name}{' (viết tay)' if hand else ''}", *map(str, cells)]
        for (kind, name, hand), cells in sorted(
            tally.items(), key=lambda item: (list(KINDS).index(item[0][0]), *item[0][1:])
        )
    ]
    table.show("Trường đọc được", [["", "đúng", "sai", "trống", "chắc chắn", "chắc mà sai"], *rows])


def _show_goals(tally, spent):
    rows = [["", *(LABELS[name] for name in (*MAIN, "subject")), "viết tay: số", "ngày", "ms/trang"]]
    for kind, words in KINDS.items():
        cells = [
            _share(tally, kind, name, kind in GOALS and GOALS[kind][name == "subject"]) for name in LABELS
        ]
        if any(cells):
            pages, seconds = spent[kind]
            hand = [_share(tally, kind, name, 0, hand=True) for name in ("number", "issued_date")]
            rows.append([words, *cells, *hand, f"{seconds / max(pages, 1) * 1000:.0f}"])
    table.show("Đúng trên tổng số, % (mục tiêu)", rows)
    sure, wrong = (
        sum(cells[place] for (_, name, _), cells in tally.items() if name not in ("number", "agency"))
        for place in (3, 4)
    )
    on_others = sum(cells[3] for (kind, _, _), cells in tally.items() if kind == "negative")
    print(
        f"Chắc chắn: {sure} giá trị, {wrong} sai: {100 * (1 - wrong / max(sure, 1)):.2f} % đúng (mục tiêu {SURE_GOAL});"
        f" trên giấy tờ không phải công văn: {on_others} (mục tiêu 0)"
    )


def _share(tally, kind, name, goal, hand=False) -> str:
    cells = tally.get((kind, name, hand))
    if not cells or not sum(cells[:3]):
        return ""
    share = 100 * cells[0] / sum(cells[:3])
    return f"{share:.1f}" + (f" ({goal})" if goal else f" /{sum(cells[:3])}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
