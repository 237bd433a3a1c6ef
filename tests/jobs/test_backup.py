"""Sao lưu và khôi phục (Quy chế 20.3, 23.4)."""

import pytest

from jobs import backup
from models import config, db, files, journal, schema


def test_a_restored_copy_has_every_row_and_file_and_a_whole_journal(office, tmp_path):
    kept = files.put(b"noi dung", "thu.pdf", "application/pdf")
    folder = backup.make(tmp_path / "kho")
    empty = tmp_path / "may-moi"
    assert backup.restore(folder, empty) == 2
    config.use(config.Config(data=empty, mode="demo"))
    db.open_database(empty / "vanthu.db")
    with db.connection():
        assert schema.migrate() == []
        assert files.File.get_by_id(kept.id).read() == b"noi dung"
        assert journal.verify() == []


def test_a_changed_copy_is_refused(office, tmp_path):
    files.put(b"noi dung", "thu.pdf", "application/pdf")
    folder = backup.make(tmp_path / "kho")
    victim = next(folder.glob("files/??/*"))
    victim.write_bytes(b"noi dunG")
    with pytest.raises(backup.BadBackup, match="hỏng"):
        backup.restore(folder, tmp_path / "may-moi")
    assert not (tmp_path / "may-moi" / "vanthu.db").exists()


def test_a_folder_with_data_is_never_overwritten(office, data, tmp_path):
    folder = backup.make(tmp_path / "kho")
    with pytest.raises(backup.BadBackup, match="đã có dữ liệu"):
        backup.restore(folder, data.data)
