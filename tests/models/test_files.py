"""The store: a file is what it was, or it is not shown (goals S; Quy chế 14.2)."""

import hashlib
import os

import pytest

from models import clock, config, db, errors, files

CONTENT = b"%PDF-1.7 noi dung"


@pytest.fixture
def kept(data):
    return files.put(CONTENT, "thu.pdf", "application/pdf")


def test_the_name_on_disk_is_the_hash(kept):
    assert kept.sha256 == hashlib.sha256(CONTENT).hexdigest() == kept.path().name
    assert kept.read() == CONTENT and kept.size == len(CONTENT)


def test_the_same_content_lies_there_once(kept):
    other = files.put(CONTENT, "ban-sao.pdf", "application/pdf")
    assert other.path() == kept.path() and other.id != kept.id
    assert len(list(files.root().glob("??/*"))) == 1


def test_a_path_is_copied_not_moved(data, tmp_path):
    source = tmp_path / "lon.bin"
    source.write_bytes(b"x" * (files.CHUNK + 7))
    kept = files.put(source, "lon.bin", "application/octet-stream")
    assert source.exists() and kept.size == files.CHUNK + 7


@pytest.mark.parametrize("change", [b"", CONTENT[:-1], CONTENT + b" ", b"X" + CONTENT[1:]])
def test_an_altered_file_is_refused_and_named(kept, change):
    os.chmod(kept.path(), 0o640)
    kept.path().write_bytes(change)
    with pytest.raises(errors.Refused, match="mã băm sai"):
        kept.read()
    assert any("đã bị thay đổi" in words for words in files.check())


def test_a_lost_file_is_named(kept):
    kept.path().unlink()
    assert list(files.check()) == [f"Mất tệp «thu.pdf» ({kept.sha256[:12]}…)."]


def test_stored_files_are_read_only(kept):
    assert kept.path().stat().st_mode & 0o222 == 0


def test_the_file_is_whole_on_disk_before_its_row(data, monkeypatch):
    """Crash safety: a fall between file and row leaves an orphan, never a row without file."""
    steps = []
    monkeypatch.setattr(files.failpoints, "reach", steps.append)
    real = files.record
    monkeypatch.setattr(
        files,
        "record",
        lambda stored, *rest: steps.append(files.place(stored.sha256).exists()) or real(stored, *rest),
    )
    files.put(CONTENT, "thu.pdf", "application/pdf")
    assert steps == ["files.written", "files.rename", "files.stored", True]


@pytest.mark.parametrize("point", ["files.written", "files.rename", "files.stored"])
def test_a_fall_half_way_leaves_no_half_file(data, monkeypatch, point):
    def fall(name):
        if name == point:
            raise KeyboardInterrupt

    monkeypatch.setattr(files.failpoints, "reach", fall)
    with pytest.raises(KeyboardInterrupt):
        files.put(CONTENT, "thu.pdf", "application/pdf")
    assert files.File.select().count() == 0
    for path in files.root().glob("??/*"):
        assert path.read_bytes() == CONTENT


def test_orphans_are_found_after_a_day(data):
    stored = files.store(CONTENT)
    os.utime(files.place(stored.sha256), (1, 1))
    assert [path.name for path in files.orphans()] == [stored.sha256]
    with db.write():
        files.record(stored, "thu.pdf", "application/pdf")
    assert list(files.orphans()) == []


def test_a_young_file_without_row_is_left_alone(data):
    files.store(CONTENT)
    assert clock.now() and list(files.orphans()) == []


def test_a_full_disk_says_so_and_leaves_nothing(data, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(errors.Refused, match="Chưa có gì bị thay đổi"):
        files.put(CONTENT, "thu.pdf", "application/pdf")
    assert list((config.current().data / "spool").iterdir()) == []
    assert files.File.select().count() == 0
