"""The sender under the form's field: 10,000 agencies and 3,000 known senders, against a plain scan of both with LIKE."""

import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import office as cast
from conftest import open_in

from bench import table
from models import agencies, agencies_names, clock, db, issuers, senders, text

AGENCIES, KNOWN, TURNS = 10_000, 3_000, 40
HEADS = (
    "Ủy ban nhân dân xã", "Sở Tài nguyên và Môi trường tỉnh", "Phòng Giáo dục và Đào tạo", "Trường Trung học phổ thông",
    "Trạm Y tế xã", "Chi cục Thuế khu vực", "Ban Quản lý dự án", "Trung tâm Dịch vụ việc làm",
)  # fmt: skip
PLACES = ("Bản Mẫu", "Suối Thử", "Nậm Giả", "Đồi Thông", "Phố Mới", "Khe Đá", "Mường Ví Dụ", "Pa Thử")
TYPED = (
    "sttnmt",
    "tnmt",
    "ubndx",
    "ubnd xa ban mau",
    "so tai nguyen",
    "truong thpt",
    "ban ql",
    "st",
    "gddt",
    "",
    "khong co dau",
)


def names(many: int):
    """Plainly made-up offices."""
    return [f"{HEADS[n % 8]} {PLACES[n // 8 % 8]} {n}" for n in range(many)]


def fill(agency_id: int) -> None:
    """The address book, and a third of it known to this agency."""
    now = clock.now()
    book = [
        {"name": name, "folded_name": text.fold(name), "hosted": False, "connection": "axis",
         "search_words": agencies_names.words_of(name)}
        for name in names(AGENCIES)
    ]  # fmt: skip
    known = [
        {"agency": agency_id, "name": name, "key": issuers.key(name), "uses": n % 40, "last_used_at": now, "made_at": now,
         "search_words": senders.words_of(agency_id, name)}
        for n, name in enumerate(names(KNOWN))
    ]  # fmt: skip
    with db.write():
        for start in range(0, AGENCIES, 500):
            agencies.Agency.insert_many(book[start : start + 500]).execute()
        for start in range(0, KNOWN, 500):
            senders.Sender.insert_many(known[start : start + 500]).execute()
    db.tune()


def scan(typed: str) -> None:
    """The plain way: every row of both tables is looked at, and nine are taken."""
    words = text.fold(typed).split()
    for model, column in (
        (senders.Sender, senders.Sender.search_words),
        (agencies.Agency, agencies.Agency.folded_name),
    ):
        query = model.select()
        for word in words:
            query = query.where(column.contains(word))
        list(query.order_by(model.id.desc()).limit(9))


def main() -> None:
    """Print the table; nothing may take longer than a key's pause."""
    with tempfile.TemporaryDirectory() as folder:
        open_in(Path(folder))
        with db.connection():
            cast.build()
            office = cast.Office()
            fill(office.a.id)
            rows = []
            for typed in TYPED:
                ours, plain = [], []
                for _ in range(TURNS):
                    ours += table.milliseconds(lambda typed=typed: senders.find(office.lan, typed), 1)
                    plain += table.milliseconds(lambda typed=typed: scan(typed), 1)
                found = senders.find(office.lan, typed)
                first = found[0].name if found else "–"
                rows.append((f"«{typed}» → {first[:34]}", table.middle(ours), table.late(ours), table.middle(plain),
                             table.middle(ours) / table.middle(plain)))  # fmt: skip
        db.database.close()
    heads = ("", "median ms", "p99 ms", "plain scan ms", "ratio")
    table.show(f"Senders: {AGENCIES:,} agencies, {KNOWN:,} known", [heads, *rows])
    assert max(row[1] for row in rows) <= 50, "slower than the pause after a key"


if __name__ == "__main__":
    main()
