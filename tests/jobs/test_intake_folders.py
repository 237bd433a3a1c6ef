"""Scanners' folders: whole files only, each once whatever happens, everything else refused with its reason."""

import os
import signal
import unicodedata
from pathlib import Path

import pytest
import scanned
from conftest import open_in

from jobs import intake_erasing, intake_folders, runner
from models import clock, config, db, errors, failpoints, files, intake, journal, outbox, readiness, scans

PDF = scanned.scan(width=165, height=234, dpi=20)
STARTED = "2026-03-02 08:00"


@pytest.fixture(autouse=True)
def connected(office):
    intake_folders._seen.clear()
    with db.connection():
        yield


@pytest.fixture
def scanner(office):
    return intake.enter_folder(office.quantri, office.a, "Máy quét văn thư", "may-1")


def look(seconds) -> int:
    """One look, so many seconds after eight o'clock."""
    with clock.freeze(f"{STARTED}:{seconds:02d}"):
        return intake_folders.look_into_all()


def settled() -> int:
    return look(0) + look(3)


def drop(scanner, name, content=PDF) -> Path:
    path = Path(scanner.path, name)
    path.write_bytes(content)
    return path


def names(folder) -> list[str]:
    return sorted(path.name for path in Path(folder).iterdir()) if Path(folder).is_dir() else []


def test_a2_a_file_is_taken_once_it_stands_still_and_moves_aside(scanner):
    path = drop(scanner, "Công văn số 12 Đ.pdf")
    assert look(0) == look(1) == 0
    assert look(3) == 1
    scan = scans.Scan.get()
    assert (scan.name, scan.source, scan.came_from, scan.state) == (
        "Công văn số 12 Đ.pdf", "folder", "Máy quét văn thư", "waiting",
    )  # fmt: skip
    assert scan.file.read() == PDF
    assert not path.exists()
    assert names(Path(scanner.path, intake.TAKEN)) == ["Công văn số 12 Đ.pdf"]
    assert look(9) == 0 and scans.Scan.select().count() == 1
    assert journal.of(scan)[0].who == "Hệ thống"


def test_a2_a_file_that_still_grows_is_never_taken_half(scanner):
    """A scanner writes slowly over the network: in pieces, with rests longer than the time a file must stand still."""
    path, at = Path(scanner.path, "cham.pdf"), 0
    pieces = [PDF[start : start + len(PDF) // 6] for start in range(0, len(PDF), len(PDF) // 6)]
    for piece in pieces:
        assert scans.Scan.select().count() == 0
        with path.open("ab") as out:
            out.write(piece)
        for _ in range(2 if piece is not pieces[-1] else 0):
            assert look(at) == 0
            at += 3  # it stood still for three seconds, yet its end is missing
    assert look(at) == 0
    assert look(at + 3) == 1
    assert scans.Scan.get().file.read() == PDF


def test_a2_what_is_open_for_writing_waits(scanner):
    path = drop(scanner, "mo.pdf")
    with path.open("ab"):
        assert settled() == 0
    with path.open("rb"):  # a reader is none
        assert look(6) == 1


@pytest.mark.parametrize("name", ["a.pdf.tmp", "a.part", "~a.pdf", "a.pdf~", ".a.pdf", "Thumbs.db"])
def test_a2_temporary_names_are_left_alone(scanner, name):
    path = drop(scanner, name)
    assert settled() == 0
    assert path.exists() and not intake.IntakeRefusal.select().exists()


def test_a2_a_file_changed_while_it_is_copied_waits(scanner, monkeypatch):
    path, real = drop(scanner, "a.pdf"), intake_folders._has_end

    def late(*asked):
        answer = real(*asked)
        with path.open("ab") as out:
            out.write(b"\n% more\n%%EOF\n")
        return answer

    monkeypatch.setattr(intake_folders, "_has_end", late)
    assert settled() == 0
    monkeypatch.undo()
    assert look(6) == 0
    assert look(9) == 1
    assert scans.Scan.get().file.size > len(PDF)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("bang.pdf", b"MZ\x90\x00 program" * 9, "chương trình"),
        ("thu.docx", b"PK\x05\x06" + bytes(18), "thu.docx"),
        ("khoa.pdf", PDF.replace(b"trailer <<", b"trailer <</Encrypt 1 0 R "), "mật khẩu"),
        ("nham.pdf", b"\xff\xd8\xff\xe0" + bytes(99) + b"\xff\xd9", "đuôi .pdf"),
    ],
)
def test_a12_other_files_are_refused_with_the_reason_beside_them(office, scanner, name, content, said):
    assert content != PDF
    drop(scanner, name, content)
    assert settled() == 0
    folder = Path(scanner.path, intake.NOT_TAKEN)
    assert names(folder) == [name, f"{name}.txt"]
    assert said in (folder / f"{name}.txt").read_text()
    (row,) = intake.refused(office.lan)
    assert said in row.reason and row.sender == "Máy quét văn thư"
    assert not scans.Scan.select().exists() and not list(files.root().glob("??/*"))


def test_a12_links_devices_and_what_is_too_large_are_refused(scanner, tmp_path, monkeypatch):
    secret = tmp_path / "secret.pdf"
    secret.write_bytes(PDF)
    Path(scanner.path, "lien-ket.pdf").symlink_to(secret)
    os.mkfifo(Path(scanner.path, "ong.pdf"))
    with drop(scanner, "to.pdf").open("ab") as out:
        out.truncate((config.current().upload_megabytes << 20) + 1)
    assert settled() == 0
    assert names(Path(scanner.path, intake.NOT_TAKEN)) == sorted(
        [f"{name}{end}" for name in ("lien-ket.pdf", "ong.pdf", "to.pdf") for end in ("", ".txt")]
    )
    assert names(scanner.path) == [intake.NOT_TAKEN]
    assert secret.read_bytes() == PDF and not scans.Scan.select().exists()


def test_a12_a_torn_file_is_refused_in_the_end(scanner):
    drop(scanner, "dut.pdf", PDF[:-200])
    assert settled() == 0
    with clock.freeze("2026-03-02 08:20"):
        intake_folders.look_into_all()
    assert "bị cắt" in Path(scanner.path, intake.NOT_TAKEN, "dut.pdf.txt").read_text()


def test_a14_odd_names_are_kept_readable(scanner):
    drop(scanner, unicodedata.normalize("NFD", "Kế hoạch – Đợt 2 (bản ký).pdf"))
    Path(os.fsdecode(os.fsencode(scanner.path) + b"/th\xe1\xbb.pdf")).write_bytes(PDF + b"\n")
    assert settled() == 2
    kept = names(Path(scanner.path, intake.TAKEN))
    assert "Kế hoạch – Đợt 2 (bản ký).pdf" in kept and len(kept) == 2
    assert {scan.name for scan in scans.Scan.select()} == set(kept)


def test_a15_killed_between_storing_and_moving_nothing_is_doubled(data, scanner):
    """kill -9 at the boundary "intake.taken", then the next looks of a new process."""
    path = drop(scanner, "mot.pdf")
    db.database.close()
    child = os.fork()
    if not child:
        os.environ[failpoints.VARIABLE] = "intake.taken"
        open_in(data.data)
        with db.connection():
            settled()
        os._exit(0)
    assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL
    open_in(data.data)
    with db.connection():
        assert path.exists() and scans.Scan.select().count() == 1
        assert settled() == 0
        assert scans.Scan.select().count() == 1
        assert names(Path(scanner.path, intake.TAKEN)) == ["mot.pdf"] and not path.exists()


def test_a8_the_same_letter_dropped_again_is_a_scan_of_its_own(scanner):
    """Another paper may look the same: it is shown as a double, never swallowed."""
    drop(scanner, "thu.pdf")
    assert settled() == 1
    os.utime(drop(scanner, "thu.pdf"), ns=(1, 1))
    assert look(6) + look(9) == 1
    first, second = scans.Scan.select().order_by(scans.Scan.id)
    assert first.sha256 == second.sha256
    assert names(Path(scanner.path, intake.TAKEN)) == ["thu (2).pdf", "thu.pdf"]


def test_a2_a_scanner_s_department_is_proposed(office, scanner):
    unit = next(iter(office.units.values()))
    intake.change_folder(office.quantri, scanner, "Máy phòng", unit, True)
    drop(scanner, "a.pdf")
    settled()
    assert scans.Scan.get().preset_values == {"unit": unit.id}


def test_a2_a_folder_that_is_gone_is_said_on_the_page_and_in_the_self_check(office, scanner):
    Path(scanner.path).rmdir()
    look(0)
    (sentence,) = intake.troubles(office.a.id)
    assert "Máy quét văn thư: Không thấy thư mục" in sentence
    line = next(one for one in readiness.check(office.a) if one.title == "Nguồn tệp vào")
    assert line.kind == "warn" and "Không thấy thư mục" in line.words
    Path(scanner.path).mkdir()
    look(5)
    assert intake.troubles(office.a.id) == []


def test_a2_a_stopped_folder_is_not_looked_into(office, scanner):
    intake.change_folder(office.quantri, scanner, scanner.name, None, False)
    path = drop(scanner, "a.pdf")
    assert settled() == 0 and path.exists()


@pytest.mark.parametrize("path", ["../../elsewhere", "/etc", "may-1/con", "..", "a\0b", ""])
def test_a2_a_folder_lies_where_the_installation_allows(office, scanner, path):
    with pytest.raises(errors.Invalid):
        intake.enter_folder(office.quantri, office.a, "Máy khác", path)


def test_a2_no_link_leads_out_of_the_root(office, scanner, tmp_path):
    intake.own_root(office.a).joinpath("ra").symlink_to(tmp_path)
    with pytest.raises(errors.Invalid, match="phải nằm trong"):
        intake.enter_folder(office.quantri, office.a, "Máy khác", "ra")


def test_a2_only_an_administrator_names_folders(office):
    with pytest.raises(errors.NotAllowed):
        intake.enter_folder(office.lan, office.a, "Máy", "may-2")


def test_q1_2_a_secret_paper_leaves_no_byte_behind(data, office, scanner):
    """Also the copy in the scanner's folder goes, with the page pictures and whatever was made."""
    canary = b"kalari-canary-7719"
    drop(scanner, "kin.pdf", PDF + b"\n% " + canary + b"\n%%EOF\n")
    assert settled() == 1
    scan = scans.begin_reading(_waiting().id)
    rendition = files.store(b"%PDF rendition " + canary)
    scans.finish_reading(scan, 1, f"TUYỆT MẬT\n{canary.decode()}", {}, rendition)
    while order := outbox.claim({"erase_received"}):
        intake_erasing.erase_received(order)
    del rendition
    db.database.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    left = [path for path in Path(data.data).rglob("*") if path.is_file() and canary in path.read_bytes()]
    assert left == []
    assert scans.Scan.get().state == "refused" and names(Path(scanner.path, intake.TAKEN)) == []


def test_q1_2_a_copy_not_moved_yet_goes_at_the_next_look(scanner, monkeypatch):
    path = drop(scanner, "kin.pdf")
    with monkeypatch.context() as broken:
        broken.setattr(intake_folders, "_put_away", lambda *_: None)
        assert settled() == 1
    scan = scans.begin_reading(_waiting().id)
    scans.finish_reading(scan, 1, "TỐI MẬT", {}, None)
    intake_erasing.erase_received(outbox.claim({"erase_received"}))
    look(6)
    assert not path.exists() and not Path(scanner.path, intake.TAKEN).exists()


def _waiting():
    return scans.Scan.get(scans.Scan.state == "waiting")


def test_the_looker_runs_by_itself():
    assert any(function is intake_folders.look for function, _ in runner._timers)


def test_a2_the_whole_installation_s_administrator_may_name_any_folder_of_the_root(office):
    root = intake.roots()[0]
    row = intake.enter_folder(office.admin, office.a, "Ổ chung", str(root / "chung"))
    assert row.path == str(root / "chung")
    with pytest.raises(errors.Invalid, match="khác"):  # B may not look into it, nor round it
        intake.enter_folder(office.admin, office.b, "Ổ B", str(root / "chung" / "trong"))
    with pytest.raises(errors.Invalid, match="phải nằm trong"):
        intake.enter_folder(office.quantri, office.a, "Ổ A", str(root / "rieng"))
