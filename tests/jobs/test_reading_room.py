"""The reading room without OCR: whose turn it is, what survives a kill, what stops, what is put aside (B1, B3, J2, U7)."""

import json
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from jobs import reading, reading_pages, reading_places, reading_room, runner
from models import agencies, clock, config, db, files, incoming, outbox, readings, readings_queue, scans
from models.readings_rows import Reading, ReadPage

PDF = b"%PDF-1.7\n"


def words(number, of, scanned=True, said="chữ"):
    row = [[word, 80 + 30 * at, 300, 100 + 30 * at, 312] for at, word in enumerate(said.split())]
    return {
        "number": number, "of": of, "width": 595.0, "height": 842.0, "scanned": scanned, "text": not scanned,
        "words": row if said else [],
    }  # fmt: skip


class Reader:
    """Stands for the children: pages are «read» at once, in the order they were asked for."""

    def __init__(self):
        self.read, self.own, self.ends, self.before = [], {}, {}, lambda name, number: None
        self.gate = threading.Lock()

    def look(self, path, media_type, source):
        name, total = path.read_bytes().removeprefix(PDF).decode().split(":")
        own = self.own.get(name, ())
        return [words(n, int(total), n not in own) for n in range(1, int(total) + 1)]

    def page(self, source, key, number, held=None):
        name, total = source.read_bytes().removeprefix(PDF).decode().split(":")
        with self.gate:
            self.before(name, number)
            self.read.append((name, number))
        reason = self.ends.get((name, number), "")
        return (
            reading_places.Page(reason)
            if reason
            else reading_places.Page("", b"%PDF-", words(number, int(total)))
        )

    def instead_of(self):
        """[((module, name), what stands there), …]"""
        return [
            ((reading, "look"), self.look), ((reading_places, "read"), self.page), ((reading_pages, "workers"), lambda: 1),
            ((reading_pages, "join"), lambda source, instead, target: target.write_bytes(b"%PDF-chu")),
            ((reading.reading_again, "second_readings"), lambda rendition, pages: {"stamps": {"texts": []}}),
            ((reading_room, "_draw_first"), lambda row: None), ((reading_room.shutil, "which"), lambda name: name),
        ]  # fmt: skip


@pytest.fixture
def reader(office, monkeypatch):
    stand_in = Reader()
    for place, value in stand_in.instead_of():
        monkeypatch.setattr(*place, value)
    with db.connection():
        yield stand_in


def brought(office, name, pages, agency=None, priority=0):
    with db.write():
        row = files.record(files.store(PDF + f"{name}:{pages}".encode()), f"{name}.pdf", "application/pdf")
        scan = scans.Scan.create(
            agency=agency or office.a,
            file=row,
            name=f"{name}.pdf",
            sha256=row.sha256,
            uploaded_at=clock.now(),
        )
        scans.order_reading(scan, priority)
    return scan


def again(scan):
    return scans.Scan.get_by_id(scan.id)


def run():
    for order in outbox.Order.select().where(outbox.Order.kind == "ocr", outbox.Order.state == "due"):
        readings_queue.enlist_scan(order.subject_id, order.priority)
    reading_room.work(outbox.claim({"ocr"}))


def test_b1_progress_counts_pages_and_a_batch_lets_another_agencys_page_pass(office, reader):
    other = agencies.create("Xã khác", code="H99.77")
    brought(office, "lon", 6)
    small = brought(office, "nho", 1, agency=other)
    run()
    assert reader.read.index(("nho", 1)) <= 2
    assert again(small).state == "read" and len(reader.read) == 7
    assert (again(small).pages_done, again(small).pages_total) == (1, 1)


def test_b1_urgent_ones_and_read_first_overtake(office, reader):
    brought(office, "thuong", 3)
    brought(office, "khan", 2, priority=2)
    pressed = brought(office, "bam", 2)
    readings_queue.enlist_scan(pressed.id)
    readings.put_first(office.lan, pressed)
    run()
    assert [name for name, _ in reader.read] == ["bam"] * 2 + ["khan"] * 2 + ["thuong"] * 3


def test_b3_pages_with_a_text_of_their_own_are_not_read_by_ocr(office, reader):
    reader.own["lai"] = (1, 3)
    scan = brought(office, "lai", 3)
    run()
    assert reader.read == [("lai", 2)]
    assert again(scan).state == "read" and again(scan).rendition is not None
    states = [page.state for page in readings_queue.pages_of(Reading.get())]
    assert states == ["own", "read", "own"]


def test_b3_a_file_of_text_alone_has_no_rendition(office, reader):
    reader.own["chu"] = (1,)
    scan = brought(office, "chu", 1)
    run()
    assert reader.read == [] and again(scan).state == "read" and again(scan).rendition is None


DIES = """
import os, signal, sys
from dataclasses import replace
from pathlib import Path
sys.path[:0] = sys.argv[2:]
import test_reading_room as room
from models import config, db, outbox
config.use(replace(config.current(), data=Path(sys.argv[1])))
db.open_database(Path(sys.argv[1]) / "vanthu.db")
stand_in = room.Reader()
stand_in.before = lambda name, number: number == 4 and os.kill(os.getpid(), signal.SIGKILL)
for place, value in stand_in.instead_of():
    setattr(*place, value)
with db.connection():
    room.run()
"""


def test_u7_a_server_that_is_killed_loses_only_the_page_in_hand(office, reader):
    scan = brought(office, "dai", 5)
    tests = Path(__file__).parents[1]
    killed = subprocess.run(
        [sys.executable, "-c", DIES, config.current().data, tests.parent, tests, tests / "jobs"],
        check=False, capture_output=True,
    )  # fmt: skip
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert again(scan).state == "reading" and again(scan).pages_done == 3
    outbox.release_leases()
    reading_room.work(outbox.Order.get())
    assert reader.read == [("dai", 4), ("dai", 5)]
    assert again(scan).state == "read" and again(scan).pages_done == 5


def test_j2_a_page_that_kills_each_time_stays_a_picture_and_the_rest_is_read(office, reader):
    scan = brought(office, "doc", 3)
    reader.ends[("doc", 2)] = "gone"
    run()
    assert reader.read.count(("doc", 2)) == readings_queue.MOST_TRIES
    assert again(scan).state == "read"
    assert ReadPage.get(ReadPage.number == 2).state == "unread"


def test_j2_a_file_of_which_nothing_can_be_read_is_quarantined(office, reader):
    scan = brought(office, "hong", 2)
    reader.ends |= {("hong", 1): "memory", ("hong", 2): "time"}
    run()
    assert again(scan).state == "quarantined" and "nhập tay" in again(scan).note


def test_b1_a_press_stops_the_reading(office, reader):
    scan = brought(office, "bo", 50)

    def refuse(name, number):
        if number == 3:
            with db.connection():
                scans.refuse(office.lan, again(scan), "nhầm")

    reader.before = refuse
    run()
    assert again(scan).state == "refused" and len(reader.read) == 3
    assert Reading.get().state == "stopped"


def test_b1_a_letter_is_registered_while_its_later_pages_are_read(office, reader):
    scan, found = brought(office, "som", 4), []
    leader = incoming.leaders(office.a.id)[0]

    def register(name, number):
        if number == 3:
            with db.connection():
                said = {
                    "organ_name": "Sở Mẫu",
                    "code_number": "7",
                    "code_notation": "SM",
                    "subject": "V/v thử",
                }
                found.append(scans.confirm(office.lan, again(scan), said, leader, known=True))

    reader.before = register
    run()
    assert again(scan).state == "confirmed" and len(reader.read) == 4
    versions = [version.kind for version in found[0].versions]
    assert "text" in versions and found[0].arrival_number


def test_what_an_older_try_brings_is_not_taken(office, reader):
    scan = brought(office, "cu", 2)

    def arranged_anew(name, number):
        with db.connection():
            if number == 1 and again(scan).tries == 0:
                with db.write():
                    again(scan).set(tries=1, state="waiting")

    reader.before = arranged_anew
    run()
    assert again(scan).state == "waiting" and json.loads(again(scan).proposals) == {}


def test_the_room_goes_on_when_more_comes_while_it_is_open(office, reader):
    first = brought(office, "mot", 1)
    late = []

    def another(name, number):
        if name == "mot":
            with db.connection():
                late.append(brought(office, "hai", 1))
                thread = threading.Thread(target=lambda: runner.run_one())
                thread.start()
                thread.join()

    reader.before = another
    run()
    assert again(first).state == again(late[0]).state == "read"
