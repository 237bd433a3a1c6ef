"""The order "erase_received": the copy that the way in keeps of a paper with a secrecy mark is removed (Quy chế 1.2)."""

from jobs import intake_folders, intake_mail, runner
from models import db, journal, outbox, scans

WAYS = {"folder": intake_folders.erase, "mail": intake_mail.erase}


@runner.carries_out("erase_received")
def erase_received(order: outbox.Order) -> None:
    """Carry it out; twice is harmless."""
    scan = scans.Scan.get_or_none(scans.Scan.id == order.subject_id)
    if scan is None or not scan.kept_at:
        return
    WAYS[scan.kept_at.partition(":")[0]](scan)
    with db.write():
        scan.set(kept_at="")
        journal.record("erase_received", None, scan, note=scan.came_from)
