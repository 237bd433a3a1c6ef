"""An address book of 120,000 agencies: searching it against a plain scan, and a night's list against merely reading it."""

import json
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from conftest import open_in

from bench import table
from models import agencies, agencies_search, db, directory

MANY = 120_000
HEADS = (
    "Ủy ban nhân dân xã", "Sở Kế hoạch và Đầu tư tỉnh", "Phòng Giáo dục", "Trường Trung học", "Trạm Y tế xã",
    "Chi cục Thuế", "Ban Quản lý dự án", "Trung tâm Dịch vụ",
)  # fmt: skip
PLACES = ("Bản Mẫu", "Suối Thử", "Nậm Giả", "Đồi Thông", "Phố Mới", "Khe Đá", "Mường Ví Dụ", "Pa Thử")
WORDS = ("ubnd xa ban mau", "skhdt", "so ke hoach va dau tu", "tram y te suoi thu 77", "H35.12")


def listed() -> list[str]:
    """The lines of an axis's list, plainly made up."""
    return [
        json.dumps({
            "code": f"H{10 + number % 60:02d}.{number // 60:04d}", "mail": f"v{number}@co-quan.example",
            "name": f"{HEADS[number % 8]} {PLACES[number // 8 % 8]} {number}",
            "oldCode": f"{number % 1000:03d}.{number // 1000 % 100:02d}.{number // 100000:02d}.H{10 + number % 60:02d}",
        })
        for number in range(MANY)
    ]  # fmt: skip


def seconds(work) -> float:
    """How long it takes, once."""
    before = time.perf_counter()
    work()
    return time.perf_counter() - before


def round_of(lines, digest: str) -> None:
    """One synchronisation."""
    row = directory.begin()
    directory.compare(directory.fetched(row, digest, len(lines)), lines)


def scan(words: str) -> None:
    """The plain way: every name looked at."""
    model = agencies.Agency
    model.select().where(model.folded_name.contains(words)).count()


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder:
        open_in(Path(folder))
        with db.connection():
            lines = listed()
            reading = seconds(lambda: [json.loads(line) for line in lines])
            first, same = seconds(lambda: round_of(lines, "1")), seconds(lambda: round_of(lines, "2"))
            found = [
                table.middle(table.milliseconds(lambda words=words: agencies_search.find(words, 13), 20))
                for words in WORDS
            ]
            plain = [table.middle(table.milliseconds(lambda words=words: scan(words), 5)) for words in WORDS]
        db.database.close()
    table.show(
        f"An address book of {MANY:,} agencies",
        [
            ("", "here", "against", "ratio"),
            ("search, ms: the slowest of five, plain scan", max(found), max(plain), max(found) / max(plain)),
            ("search, ms: mean, plain scan", sum(found) / 5, sum(plain) / 5, sum(found) / sum(plain)),
            ("an unchanged list, s: reading its JSON", same, reading, same / reading),
            ("the first filling, s: reading its JSON", first, reading, first / reading),
        ],
    )


if __name__ == "__main__":
    main()
