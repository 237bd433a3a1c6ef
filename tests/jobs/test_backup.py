"""Sao lưu và khôi phục (Quy chế 20.3, 23.4)."""

import asked
import canaries
import letters
import pytest

import app
from jobs import backup, deliver, erasing, runner
from models import clock, config, db, documents, exchange, files, journal, recalls, recalls_ledger, schema


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


def test_k10_what_was_recalled_after_the_copy_does_not_come_back(office, data, tmp_path):
    """B5: the copy is older than the recall, and older than another letter that was recalled."""
    assert deliver and erasing
    packets = tmp_path / "packets"
    packets.mkdir()
    canaries.partner()
    with clock.freeze("2026-03-03 09:00"):
        canaries.take(canaries.envelope([office.a], 0, packets), packets)
        folder = backup.make(tmp_path / "kho")
        canaries.take(canaries.envelope([office.a], 1, packets), packets)
        for place in (0, 1):
            canaries.take(canaries.status(office.a, place, at=clock.now()), packets)
        runner.run_due()
        assert all(doc.is_closed for doc in letters.arrived(office.a))
        new = tmp_path / "may-moi"
        backup.restore(folder, new)
        config.use(config.Config(data=new, mode="demo"))
        app.open_installation(config.current())
        words = [canaries.word(part, 0) for part in canaries.PARTS]
        with db.connection():
            assert canaries.left_in_files(new, words)  # the copy itself has it all
        assert app.replay_recalls(backup.ledgers(folder, new)) == 2
        with db.connection():
            [doc] = letters.arrived(office.a)
            assert doc.is_closed and documents.attachments(doc) == []
            assert canaries.left_in_files(new, words) == []
            # the other letter, should the axis bring it again, is born recalled
            [receipt] = canaries.take(canaries.envelope([office.a], 1, packets), packets)
            assert receipt.outcome == "recalled"
            runner.run_due()
            assert canaries.left_in_files(new, [canaries.word("body", 1)]) == []
            told = exchange.StatusMessage.select().where(exchange.StatusMessage.status == "recalled")
            assert [message.consignment.wire_id.rpartition(",")[2] for message in told] == ["2/VM-VP"]
        assert (
            app.replay_recalls([recalls_ledger.place()]) == 0
        )  # at the next start there is nothing more to do
    assert asked and recalls
