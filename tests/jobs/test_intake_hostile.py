"""Hostile and broken files (goals U1–U5): each ends refused at the door, read, or quarantined with a sentence, within limits.

Every file goes to the door; of those let in the short tier reads a few, `bin/torture u5` all.
"""

import csv
import os
import time
from pathlib import Path

import pytest
from faults import tier

from jobs import runner
from models import clock, config, db, errors, files, filetypes, outbox, scans

MOST_SECONDS = 100  # that one file may keep the workers busy, on a machine that does nothing else
ENDS = {"read", "quarantined", "refused", "divided"}
SLOW = {"slow", "crash", "made", "fuzz"}  # read by the deep tier alone: they use up their limits
NAMES = "made/hostile_names.txt"


@pytest.fixture(scope="module")
def corpus(shared):
    """(path, name it is uploaded by, class) of every hostile file."""
    root = shared / "corpus" / "hostile"
    with (root / "INDEX.tsv").open(encoding="utf-8", newline="") as index:
        rows = list(csv.DictReader(index, delimiter="\t"))
    return [
        (root / row["file"], row["upload_as"], row["class"]) for row in rows if (root / row["file"]).exists()
    ]


def at_the_door(path, name) -> str:
    """ "" for a file that is let in, else the sentence."""
    try:
        scans.check_upload(path, name, config.current().upload_megabytes)
    except errors.Invalid as error:
        return str(error)
    return ""


def test_u3_every_hostile_file_is_let_in_or_refused_with_a_sentence(data, corpus):
    began, refused = time.process_time(), 0
    for path, name, kind in corpus:
        sentence = at_the_door(path, name)
        refused += bool(sentence)
        assert not sentence or sentence.startswith("Tệp «") and "Hãy" in sentence or "hãy" in sentence, (
            path,
            sentence,
        )
        if kind in ("password", "polyglot", "magic-stub", "wrong-type") and not sentence:
            with path.open("rb") as file:
                assert b"%PDF-" in file.read(1024) or filetypes.recognised(path).name in scans.ACCEPTED, path
    assert refused > len(corpus) / 3
    assert time.process_time() - began < 20
    assert list(files.spool().iterdir()) == []
    tier.counted("U3", len(corpus))


def chosen(corpus) -> list:
    """A few of each class in the short tier, so that another seed reads others; all in the deep one."""
    let_in = [(path, name, kind) for path, name, kind in corpus if not at_the_door(path, name)]
    if tier.TIMES > 1:
        return let_in
    dice = tier.chance("u5")
    quick = [one for one in let_in if one[2] not in SLOW]
    return dice.sample(quick, 2)


def test_u5_what_is_let_in_is_read_or_quarantined_within_its_limits(office, corpus):
    wrong, counted = [], 0
    with db.connection():
        for path, name, _ in chosen(corpus):
            counted += 1
            wrong += [f"{path.name}: {fault}" for fault in faults(office, path, name)]
    tier.counted("U5", counted, failures=len(wrong))
    assert wrong == []


def faults(office, path, name) -> list[str]:
    """What went wrong with one file from upload to the end of its reading."""
    began = time.monotonic()
    safe, media_type = scans.check_upload(path, name, config.current().upload_megabytes)
    content = path.read_bytes()
    scan = scans.upload(office.lan, files.store(content), safe, media_type)
    runner.run_due()
    with db.write():  # what is to be tried again later is tried now
        outbox.Order.update(due_at=clock.now()).where(outbox.Order.state == "due").execute()
    runner.run_due()
    seconds, now, found = time.monotonic() - began, scans.Scan.get_by_id(scan.id), []
    if now.state not in ENDS:
        found.append(f"ended as {now.state}")
    if now.state == "quarantined" and len(now.note) < 20:
        found.append("no reason")
    if now.file and now.file.read() != content:
        found.append("the received bytes changed")
    if seconds > MOST_SECONDS * (os.getloadavg()[0] / (os.cpu_count() or 1) + 1):
        found.append(f"took {seconds:.0f} s")
    if [left for left in files.spool().rglob("*") if left.is_file()]:  # a standing reader keeps its empty folder
        found.append("left something in the spool")
    if outbox.Order.select().where(outbox.Order.last_error.startswith(outbox.SOFTWARE_FAULT)).exists():
        found.append("a fault of our own")
    return found


HOSTILE_NAMES = (
    "../../etc/passwd", "a\0b.pdf", "a" * 4000 + ".pdf", "CON.pdf", "\u202efdp.exe", "Công văn\nsố 5.pdf", "\ud800.pdf", "",
    "..", "thư\u202e.pdf", "<script>alert(1)</script>.pdf", '";rm -rf ~;".pdf', "😀.pdf", "e\u0302\u0323.pdf",
)  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_u4_a_hostile_name_is_only_a_name(office, tmp_path, name):
    path = tmp_path / "x"
    path.write_bytes(b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\nstartxref\n0\n%%EOF\n")
    with db.connection():
        try:
            safe, media_type = scans.check_upload(path, name, 10)
        except errors.Invalid as error:
            assert "\0" not in str(error)
            return
        scan = scans.upload(office.lan, files.store(path), safe, media_type)
        assert Path(safe).name == safe and safe.isprintable() and 0 < len(safe) <= 150
        stored = scan.file.path().relative_to(files.root())
        assert stored.as_posix() == f"{scan.sha256[:2]}/{scan.sha256}"
