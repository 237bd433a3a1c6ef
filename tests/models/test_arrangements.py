"""Page operations: each changes only what it names, is undone, is refused where it may not be, and survives a kill."""

import io
import json
import os
import signal

import pikepdf
import pytest
from conftest import open_in

from jobs import arrange, separate
from models import (
    arrangements,
    batches,
    clock,
    config,
    db,
    documents,
    errors,
    extraction,
    failpoints,
    files,
    journal,
    outbox,
    recalls_contents,
    recalls_rows,
    scans,
    sheets,
)

FIELDS = {
    "organ_name": "Sở Giả Tưởng", "code_number": "12", "code_notation": "SGT-VP", "subject": "V/v thử",
    "issued_date": None, "urgency": 1,
}  # fmt: skip
SIZES = [(300 + 20 * number, 400) for number in range(1, 8)]  # a page is known by its width


def letter(pages=5, first=1):
    """A file whose pages are told apart by their width in points."""
    made = pikepdf.new()
    for number in range(first, first + pages):
        made.add_blank_page(page_size=(300 + 20 * number, 400))
    held = io.BytesIO()
    made.save(held, deterministic_id=True)
    return held.getvalue()


def seen_in(file):
    """[(page, turn)] of a file made of such pages."""
    with pikepdf.open(file.path()) as found:
        return [
            (round((float(page.mediabox[2]) - 300) / 20), int(page.obj.get("/Rotate", 0)))
            for page in found.pages
        ]


@pytest.fixture(autouse=True)
def connected(office):
    with db.connection():
        yield


def read(actor, pages=5, first=1, name="thu.pdf"):
    scan = scans.upload(actor, files.store(letter(pages, first)), name, "application/pdf")
    batches.keep_whole(scan, pages)
    return finished(scan)


def finished(scan):
    scan = scans.begin_reading(scan.id)
    scans.finish_reading(scan, scan.pages_total, "nội dung", dict.fromkeys(extraction.FIELDS), None)
    return scans.Scan.get_by_id(scan.id)


def now(scan):
    return scans.Scan.get_by_id(scan.id)


def done(actor, verb, scan, *arguments):
    verb(actor, now(scan), arrangements.seen(now(scan)), *arguments)
    return now(scan)


def test_a5_turned_left_out_and_moved_pages_are_a_file_of_their_own(office):
    scan = read(office.lan)
    received = scan.file.read()
    done(office.lan, arrangements.turn, scan, {2}, 90)
    done(office.lan, arrangements.turn, scan, {2, 3}, 270)
    done(office.lan, arrangements.remove, scan, {4})
    scan = done(office.lan, arrangements.move, scan, {4}, 1)
    assert arrangements.is_pending(scan)
    scan = arrange.ready(scan)
    assert seen_in(scan.pages_file) == [(5, 0), (1, 0), (2, 0), (3, 270)]
    assert scan.file.read() == received
    assert (scan.state, scan.pages_total, scan.tries) == ("waiting", 4, 1)
    notes = [event.note for event in journal.of(scan) if event.verb == "arrange_scan"]
    assert notes == ["Xoay phải trang 2", "Xoay trái trang 2–3", "Bỏ trang 4", "Dời trang 4"]


def test_a5_nothing_is_read_of_pages_that_are_still_being_put_together(office):
    scan = scans.upload(office.lan, files.store(letter()), "thu.pdf", "application/pdf")
    batches.keep_whole(scan, 5)
    done(office.lan, arrangements.remove, scan, {2})
    assert scans.begin_reading(scan.id) is None
    arrange.ready(now(scan))
    assert scans.begin_reading(scan.id).state == "reading"


def test_a5_many_operations_make_one_file_and_one_reading(office):
    scan = read(office.lan)
    for _ in range(3):
        done(office.lan, arrangements.turn, scan, {1}, 90)
    before = outbox.Order.select().where(outbox.Order.kind == "ocr").count()
    for order in outbox.Order.select().where(outbox.Order.kind == "arrange"):
        arrange.arrange(order)
    assert outbox.Order.select().where(outbox.Order.kind == "ocr").count() == before + 1
    assert seen_in(now(scan).pages_file)[0] == (1, 270)


def test_a5_the_last_operation_is_undone_one_after_the_other(office):
    scan = read(office.lan)
    done(office.lan, arrangements.remove, scan, {1})
    done(office.lan, arrangements.turn, scan, {1}, 180)
    done(office.lan, arrangements.undo, scan)
    assert seen_in(arrange.ready(now(scan)).pages_file) == [(2, 0), (3, 0), (4, 0), (5, 0)]
    scan = done(office.lan, arrangements.undo, scan)
    assert (scan.arrangement, scan.dropped, scan.pages_total, scan.state) == ("", "[]", 5, "waiting")
    assert scan.pages_file.id == scan.file_id
    with pytest.raises(errors.Refused, match="hoàn tác"):
        done(office.lan, arrangements.undo, scan)


def test_a5_a_removed_page_is_named_and_put_back(office):
    scan = read(office.lan)
    scan = done(office.lan, arrangements.remove, scan, {2, 3})
    assert [(one.page, one.why) for one in arrangements.dropped_of(scan)] == [(2, "removed"), (3, "removed")]
    scan = done(office.lan, arrangements.put_back, scan, "0-3")
    assert [one.page for one in arrangements.sheets_of(scan)] == [1, 3, 4, 5]
    assert [one.page for one in arrangements.dropped_of(scan)] == [2]
    with pytest.raises(errors.Conflict):
        done(office.lan, arrangements.put_back, scan, "0-3")


def test_a5_no_letter_is_left_without_a_page(office):
    scan = read(office.lan, 2)
    with pytest.raises(errors.Invalid, match="hết các trang"):
        done(office.lan, arrangements.remove, scan, {1, 2})
    with pytest.raises(errors.Invalid, match="ít nhất một trang"):
        done(office.lan, arrangements.remove, scan, {7})


def cut_at(office, scan, place):
    scan = now(scan)
    made = arrange.cut(scan, arrangements.tail(scan, place))
    return arrangements.cut(office.lan, scan, arrangements.seen(scan), place, made)


def test_a4_cut_here_makes_a_scan_of_its_own_that_names_its_origin(office):
    scan = read(office.lan)
    done(office.lan, arrangements.remove, scan, {5})
    later = read(office.lan, 1, 7, "sau.pdf")
    part = cut_at(office, scan, 3)
    assert arrangements.following(office.lan, now(scan)).id == part.id != later.id
    assert seen_in(part.pages_file) == [(3, 0), (4, 0)]
    assert (part.origin_id, part.state, part.pages_total) == (scan.id, "waiting", 2)
    assert seen_in(arrange.ready(now(scan)).pages_file) == [(1, 0), (2, 0)]
    assert [one.key for one in arrangements.dropped_of(now(part))] == [f"{scan.id}-5"]
    second = done(office.lan, arrangements.put_back, part, f"{scan.id}-5")
    assert seen_in(arrange.ready(second).pages_file) == [(3, 0), (4, 0), (5, 0)]


def test_a4_a_cut_is_undone_unless_the_part_was_touched(office):
    scan = read(office.lan)
    part = cut_at(office, scan, 3)
    done(office.lan, arrangements.turn, part, {1}, 90)
    with pytest.raises(errors.Conflict, match="đã cắt"):
        done(office.lan, arrangements.undo, scan)
    done(office.lan, arrangements.undo, part)
    scan = done(office.lan, arrangements.undo, scan)
    assert (scan.arrangement, scan.pages_total, now(part).state) == ("", 5, "merged")


def test_a5_merging_joins_the_following_scan_and_is_undone(office):
    first, second = read(office.lan, 2), read(office.lan, 2, first=6, name="hai.pdf")
    assert arrangements.following(office.lan, first).id == second.id
    scan = done(office.lan, arrangements.merge, first, second)
    assert seen_in(arrange.ready(scan).pages_file) == [(1, 0), (2, 0), (6, 0), (7, 0)]
    assert (now(second).state, now(second).file.read()) == ("merged", letter(2, 6))
    done(office.lan, arrangements.undo, first)
    assert (now(first).pages_total, now(second).state) == (2, "read")


def test_a5_who_saw_other_pages_changes_nothing(office):
    scan = read(office.lan)
    old = arrangements.seen(scan)
    done(office.lan, arrangements.turn, scan, {1}, 90)
    with pytest.raises(errors.Conflict, match="thứ tự mới nhất"):
        arrangements.remove(office.lan, scan, old, {1})
    assert len(arrangements.sheets_of(now(scan))) == 5


def signed():
    """A file with a signature field that is filled in, as a signing program leaves it."""
    with pikepdf.open(io.BytesIO(letter())) as made:
        value = pikepdf.Dictionary(Type=pikepdf.Name.Sig, Filter=pikepdf.Name("/Adobe.PPKLite"))
        field = made.make_indirect(pikepdf.Dictionary(FT=pikepdf.Name.Sig, T="ChuKy", V=value))
        group = made.make_indirect(pikepdf.Dictionary(T="nhom", Kids=[field]))
        made.Root.AcroForm = pikepdf.Dictionary(Fields=[group])
        held = io.BytesIO()
        made.save(held)
    return held.getvalue()


def test_a5_a_signed_file_is_never_rearranged(office):
    scan = scans.upload(office.lan, files.store(signed()), "ky.pdf", "application/pdf")
    separate.separate(outbox.Order.get(outbox.Order.kind == "separate"))
    assert now(scan).pages_total == 5
    with pytest.raises(errors.Refused, match="chữ ký số"):
        done(office.lan, arrangements.turn, scan, {1}, 90)
    with db.write():  # data of before: nobody had looked
        scan.set(fixed="")
    done(office.lan, arrangements.turn, scan, {1}, 90)
    with pytest.raises(outbox.GiveUp, match="chữ ký số"):
        arrange.arrange(outbox.Order.get(outbox.Order.kind == "arrange"))


def test_a5_a_signed_file_of_old_data_goes_back_to_what_it_was(office):
    scan = read(office.lan)
    done(office.lan, arrangements.turn, scan, {1}, 90)
    arrangements.taken_back(now(scan), arrange.SIGNED_WORDS)
    scan = now(scan)
    assert (scan.arrangement, scan.pages_total) == ("", 5)
    assert "chữ ký số" in arrangements.trouble(scan)


def test_a5_a_registered_or_foreign_scan_is_left_alone(office):
    scan = read(office.lan)
    leader = next(post for post in office.lan.agency.posts if post.has("leader"))
    scans.confirm(office.lan, scan, FIELDS, leader)
    with pytest.raises(errors.Refused, match="xử lý xong"):
        done(office.lan, arrangements.turn, scan, {1}, 90)
    with pytest.raises(errors.NotAllowed):
        done(office.tuan, arrangements.turn, scan, {1}, 90)


def test_a5_the_document_has_the_arranged_pages_and_the_received_file(office):
    scan = read(office.lan)
    done(office.lan, arrangements.remove, scan, {2})
    leader = next(post for post in office.lan.agency.posts if post.has("leader"))
    with pytest.raises(errors.Refused, match="sắp lại"):
        scans.confirm(office.lan, now(scan), FIELDS, leader)
    scan = finished(arrange.ready(now(scan)))
    doc = scans.confirm(office.lan, scan, FIELDS, leader)
    assert seen_in(documents.main_file(doc)) == [(1, 0), (3, 0), (4, 0), (5, 0)]
    (kept,) = [one for one in documents.versions(doc) if one.kind == "received"]
    assert kept.file.read() == letter()


def test_a5_a_letter_cut_from_a_batch_does_not_show_the_others(office):
    scan = read(office.lan)
    part = cut_at(office, scan, 3)
    leader = next(post for post in office.lan.agency.posts if post.has("leader"))
    doc = scans.confirm(office.lan, finished(part), FIELDS, leader)
    other = scans.confirm(
        office.lan, finished(arrange.ready(now(scan))), FIELDS | {"code_number": "13"}, leader
    )
    for one in (doc, other):
        assert [version.kind for version in documents.versions(one)] == []
    assert seen_in(documents.main_file(doc)) == [(3, 0), (4, 0), (5, 0)]


def test_a4_a_secret_letter_of_a_batch_takes_the_batch_s_file_with_it(office):
    scan = read(office.lan)
    part = arrange.ready(now(cut_at(office, scan, 3)))
    arrange.ready(now(scan))
    place = now(scan).file.path()
    scans.give_up(now(part), "Văn bản mật")
    scan = now(scan)
    assert now(part).file is None
    assert not place.exists()
    assert (seen_in(scan.pages_file), scan.arrangement) == ([(1, 0), (2, 0)], "")


def test_a4_a_recalled_letter_of_a_batch_leaves_no_page_anywhere(office):
    scan = read(office.lan)
    part = cut_at(office, scan, 3)
    arrange.ready(now(scan))
    leader = next(post for post in office.lan.agency.posts if post.has("leader"))
    doc = scans.confirm(office.lan, finished(part), FIELDS, leader)
    held = [row.path() for row in (now(scan).file, now(part).file)]
    with db.write():
        recall = recalls_rows.Recall.create(
            agency=office.a, document=doc, direction="in", reason="nhầm", asked_at=clock.now()
        )
        recalls_contents.shut(doc, "nhầm")
    assert scans.is_closed(now(scan))
    assert scans.is_closed(now(part))
    with db.write():
        graves = recalls_contents.bury(recall, doc, "Lan")
    assert {grave.sha256 for grave in graves} >= {path.name for path in held}
    assert (now(part).file, now(part).arranged) == (None, None)
    assert seen_in(now(scan).pages_file) == [(1, 0), (2, 0)]


@pytest.mark.parametrize("point", ["pages.changed", "pages.cut", "pages.merged", "pages.arranged"])
def test_a15_a_kill_in_a_page_operation_leaves_all_or_nothing(office, point):
    first, second = read(office.lan), read(office.lan, 2, 6, "hai.pdf")
    folder = config.current().data
    acts = {
        "pages.changed": lambda: done(office.lan, arrangements.turn, first, {1}, 90),
        "pages.cut": lambda: cut_at(office, first, 3),
        "pages.merged": lambda: done(office.lan, arrangements.merge, first, second),
        "pages.arranged": lambda: arrange.ready(done(office.lan, arrangements.turn, first, {1}, 90)),
    }
    db.database.close()
    child = os.fork()
    if not child:
        os.environ[failpoints.VARIABLE] = point
        open_in(folder)
        with db.connection():
            acts[point]()
        os._exit(0)
    assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL
    open_in(folder)
    with db.connection():
        turned = point == "pages.arranged"  # the operation itself was over
        assert sheets.parse(now(first).arrangement) == (
            [sheets.Sheet(1, 90), *sheets.as_received(5)[1:]] if turned else []
        )
        assert [scan.state for scan in scans.Scan.select()] == ["read", "read"]
        assert arrangements.PageChange.select().count() == turned
        if turned:
            arrange.arrange(outbox.Order.get(outbox.Order.kind == "arrange"))
            assert seen_in(now(first).pages_file)[0] == (1, 90)
            assert json.loads(now(first).arrangement)[0] == [1, 90]
