"""Secrecy at the door (Quy chế 1.2): what could not be looked at is not let through, and nothing of a secret paper stays."""

import pytest
import scanned

from jobs import reading, reading_again, reading_pages, reading_places, reading_room, runner
from models import db, files, scans

PAGE = {"number": 1, "of": 1, "width": 595.0, "height": 842.0, "scanned": True, "text": False,
        "words": [["chữ", 80, 300, 100, 312]]}  # fmt: skip


@pytest.fixture
def read(office, monkeypatch):
    """read(what the second reading says): a scan read with it; OCR itself is not started."""
    for module, name, instead in (
        (reading, "look", lambda *_: [PAGE]), (reading_pages, "workers", lambda: 1),
        (reading_places, "read", lambda *_: reading_places.Page("", b"%PDF-chu", PAGE)),
        (reading_pages, "join", lambda source, instead, target: target.write_bytes(b"%PDF-chu")),
        (reading_room, "_draw_first", lambda row: None),
    ):  # fmt: skip
        monkeypatch.setattr(module, name, instead)
    monkeypatch.setattr(reading_room.shutil, "which", lambda name: name)
    for kind in ("examine", "separate"):
        monkeypatch.delitem(runner._handlers, kind)

    def read_with(ask):
        monkeypatch.setattr(reading_again, "_ask", ask)
        with db.connection():
            stored = files.store(scanned.scan(width=165, height=234, dpi=20))
            scan = scans.upload(office.lan, stored, "thu.pdf", "application/pdf")
            del stored  # the request that brought it is over
            with db.write():
                scans.order_reading(scan)
            runner.run_due()
            return scans.Scan.get_by_id(scan.id)

    return read_with


def test_q1_2_a_paper_whose_stamps_nobody_could_look_at_waits_for_a_person(read):
    asked = []
    scan = read(lambda _, boxes: asked.append([one[0] for one in boxes]))
    assert scan.state == "quarantined" and "dấu độ mật" in scan.note
    assert len(asked) == 2 and asked[1] == ["stamps"]  # the second time only what decides


def test_q1_2_a_stamp_read_nearly_right_is_a_mark_and_leaves_nothing(read):
    said = {"stamps": {"page": 1, "box": [0, 0, 9, 9], "ink": 0, "texts": ["TUYÊT MAT"], "others": []}}
    scan = read(lambda *_: said)
    assert scan.state == "refused" and scan.file is None and "TUYỆT MẬT" in scan.note
    left = [path for path in files.spool().rglob("*") if path.is_file()]
    assert left == [] and not list(files.root().glob("??/*"))
