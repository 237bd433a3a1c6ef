"""Page operations have only changed pages read anew; what is kept goes when the letter is dealt with."""

import io

import pikepdf
import pytest

from jobs import arrange, reading, reading_again, reading_pages, reading_places, reading_room, runner
from models import arrangements, batches, db, files, previews, scans


def letter(pages=4):
    made, held = pikepdf.new(), io.BytesIO()
    for number in range(pages):
        made.add_blank_page(page_size=(300 + number, 400))
    made.save(held, deterministic_id=True)
    return held.getvalue()


def words(number, of):
    return {"number": number, "of": of, "width": 300.0, "height": 400.0, "scanned": True, "text": False,
            "words": [["chữ", 80, 300, 100, 312]]}  # fmt: skip


@pytest.fixture
def read(monkeypatch):
    """Numbers of the pages that were really read, in order; the children are not started."""
    done = []

    def look(path, media_type, source):
        with pikepdf.open(path) as document:
            return [words(number, len(document.pages)) for number in range(1, len(document.pages) + 1)]

    def page(source, key, number, held=None):
        done.append(number)
        with pikepdf.open(source) as document:
            return reading_places.Page("", b"%PDF-", words(number, len(document.pages)))

    for module, name, instead in (
        (reading, "look", look), (reading_places, "read", page), (reading_pages, "workers", lambda: 1),
        (reading_pages, "join", lambda source, instead, target: target.write_bytes(b"%PDF-chu")),
        (reading_again, "second_readings", lambda rendition, pages: {"stamps": {"texts": []}}), (reading_room, "_draw_first", lambda row: None),
    ):  # fmt: skip
        monkeypatch.setattr(module, name, instead)
    monkeypatch.setattr(reading_room.shutil, "which", lambda name: name)
    for kind in ("examine", "separate"):
        monkeypatch.delitem(runner._handlers, kind)
    return done


@pytest.fixture
def scan(office, read):
    with db.connection():
        made = scans.upload(office.lan, files.store(letter()), "thu.pdf", "application/pdf")
        batches.keep_whole(made, 4)
        runner.run_due()
        yield scans.Scan.get_by_id(made.id)


def changed(office, scan, verb, *arguments):
    """The scan after a page operation, read again."""
    now = scans.Scan.get_by_id(scan.id)
    verb(office.lan, now, arrangements.seen(now), *arguments)
    arrange.ready(scans.Scan.get_by_id(scan.id))
    runner.run_due()
    return scans.Scan.get_by_id(scan.id)


def kept(scan):
    return sorted(path.name for path in previews.folder(scan.file.sha256).glob("read-*.json"))


def test_a5_only_the_changed_page_is_read_anew(office, scan, read):
    assert (scan.state, read) == ("read", [1, 2, 3, 4])
    read.clear()
    scan = changed(office, scan, arrangements.remove, {2})
    assert (scan.state, scan.pages_done, read) == ("read", 3, [])
    scan = changed(office, scan, arrangements.turn, {3}, 90)
    assert (scan.state, read) == ("read", [3])
    scan = changed(office, scan, arrangements.move, {3}, 1)
    assert (scan.state, read) == ("read", [3])


def test_a5_a_part_cut_off_needs_no_reading(office, scan, read):
    read.clear()
    part = arrangements.cut(
        office.lan, scan, arrangements.seen(scan), 3, arrange.cut(scan, arrangements.tail(scan, 3))
    )
    arrange.ready(scans.Scan.get_by_id(scan.id))
    runner.run_due()
    assert [scans.Scan.get_by_id(one.id).state for one in (scan, part)] == ["read", "read"]
    assert read == []


def test_a5_who_asks_for_a_new_reading_gets_one(office, scan, read):
    read.clear()
    scans.read_again(office.lan, scan)
    runner.run_due()
    assert read == [1, 2, 3, 4]


def test_a5_nothing_is_kept_of_what_was_dealt_with(office, scan):
    assert len(kept(scan)) == 4
    scans.refuse(office.lan, scan, "quét nhầm")
    assert kept(scan) == []
