"""Batches: cut at separator sheets however they lie, blank pages left out and named, signed files left alone, kills."""

import base64
import functools
import os
import signal

import pytest
import sheets_drawn as drawn
from conftest import open_in

from jobs import runner, separate
from models import agencies, batches, config, db, failpoints, files, outbox, scans, separators, sheets, vault


@pytest.fixture(autouse=True)
def without_reading(monkeypatch, data):
    """Reading takes seconds a page and is another test's matter; one key, so that drawn sheets serve many tests."""
    vault.keep(vault.key_path(), base64.urlsafe_b64encode(b"k" * 32))
    for kind in ("ocr", "examine"):
        monkeypatch.delitem(runner._handlers, kind)
    monkeypatch.setattr(runner, "_heavy", set())


def given(office, content, name="lo.pdf"):
    with db.connection():
        scan = scans.upload(office.lan, files.store(content), name, "application/pdf")
        runner.run_due()
        return scans.Scan.get_by_id(scan.id)


def parts_of(scan):
    return [(part.pages_total, sheets.ranges(one.page for one in sheets.parse(part.arrangement)))
            for part in batches.parts(scan)]  # fmt: skip


@functools.cache
def mixed(agency):
    """A duplex pile of three letters with sheets in every position."""
    return drawn.pile(
        drawn.page(), drawn.blank(),
        drawn.separator(agency, 4), drawn.blank(),
        drawn.page(12), drawn.stamped(), drawn.page(3), drawn.blank(),
        drawn.noisy(drawn.separator(agency, 184)), drawn.noisy(drawn.blank(), 20),
        drawn.separator(agency, 90), drawn.code("https://example.vn/hoa-don"), drawn.noisy(drawn.page(), 25),
    )  # fmt: skip


@functools.cache
def small(agency):
    """A pile of two letters."""
    return drawn.pile(drawn.page(), drawn.separator(agency), drawn.page(9))


def test_a4_a_duplex_batch_is_cut_and_nothing_written_is_dropped(office):
    content = mixed(office.a.id)
    scan = given(office, content)
    with db.connection():
        assert scan.state == "divided"
        assert scan.file.read() == content
        assert scan.note == (
            "Đã tách thành 3 văn bản; bỏ 3 tờ ngăn (trang 3, 9, 11), bỏ 4 trang trắng (trang 2, 4, 8, 10)."
        )
        assert parts_of(scan) == [(1, "1"), (3, "5–7"), (2, "12–13")]
        first, second, _ = batches.parts(scan)
        assert [one.page for one in sheets.parse(second.dropped)] == [4, 8]
        assert (second.name, second.origin_id, second.state) == ("lo – 02.pdf", scan.id, "waiting")
        assert len({first.sha256, second.sha256, scan.sha256}) == 3
        waiting = [order.subject_id for order in outbox.Order.select().where(outbox.Order.kind == "ocr")]
        assert waiting == [part.id for part in batches.parts(scan)]


def test_a4_a_sheet_proposes_sender_and_leader(office):
    with db.connection():
        sender = agencies.create("Sở Thử Nghiệm", code="H99.77")
        leader = next(post for post in office.lan.agency.posts if post.has("leader"))
    sheet = drawn.separator(office.a.id, sender=sender.id, leader=leader.id)
    end = drawn.separator(office.a.id, kind=separators.END)
    scan = given(office, drawn.pile(sheet, drawn.page(), end))
    with db.connection():
        assert scan.state == "waiting"  # one letter stays the scan it is
        assert scan.preset_values == {"organ_name": "Sở Thử Nghiệm", "leader": leader.id}
        assert (scan.arrangement, scan.pages_total) == ("[[2, 0]]", 1)
        assert scan.pages_file.id == scan.arranged_id != scan.file_id


def test_a4_a_letter_without_sheets_stays_as_it_came(office):
    scan = given(office, drawn.pile(drawn.page(), drawn.code("VT1:S:1::AAAAAAAA"), drawn.stamped()))
    with db.connection():
        assert (scan.state, scan.pages_total, scan.arrangement) == ("waiting", 3, "")
        assert scan.pages_file.id == scan.file_id


def test_a4_nothing_but_sheets_is_no_letter_and_nothing_but_blank_pages_is_left_to_a_person(office):
    scan = given(office, drawn.pile(drawn.separator(office.a.id), drawn.blank()))
    assert scan.state == "refused"
    assert "không có văn bản nào" in scan.note
    assert given(office, drawn.pile(drawn.blank(), drawn.blank())).arrangement == ""


@pytest.mark.parametrize("content", [b"%PDF-1.4\nnothing here", b"%PDF-1.4\n%%EOF"])
def test_a4_a_broken_file_goes_on_to_the_reading(office, content):
    scan = given(office, content)
    with db.connection():
        assert scan.state == "waiting"
        assert outbox.Order.select().where(outbox.Order.kind == "ocr").count() == 1


def test_a15_a_second_run_does_nothing(office):
    scan = given(office, small(office.a.id))
    with db.connection():
        separate.separate(outbox.Order.get(outbox.Order.kind == "separate"))
        assert len(batches.parts(scan)) == 2


@pytest.mark.parametrize("point", ["batch.whole", "batch.divided", "order.done"])
def test_a15_a_kill_in_the_cutting_loses_and_doubles_nothing(office, monkeypatch, point):
    alone = point == "batch.whole"
    content, folder = (drawn.pile(drawn.page()) if alone else small(office.a.id)), config.current().data
    with db.connection():
        scans.upload(office.lan, files.store(content), "lo.pdf", "application/pdf")
    db.database.close()
    child = os.fork()
    if not child:
        os.environ[failpoints.VARIABLE] = point
        open_in(folder)
        with db.connection():
            runner.run_due()
        os._exit(0)
    assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL
    open_in(folder)
    with db.connection():
        outbox.release_leases()
        monkeypatch.setattr(outbox, "FAULT_WAITS", (0,) * 5)
        runner.run_due()
        states = [(scan.state, scan.pages_total) for scan in scans.Scan.select().order_by(scans.Scan.id)]
        assert states == [("waiting", 1)] if alone else [("divided", 3), ("waiting", 1), ("waiting", 1)]
        assert outbox.Order.select().where(outbox.Order.kind == "ocr").count() == len(states) - (not alone)
        assert list(files.check()) == []
