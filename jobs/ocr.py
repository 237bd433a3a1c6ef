"""The order "ocr": read one scan page by page in the sandbox, then propose its fields. Poisoned files are quarantined."""

from jobs import reading, runner
from models import files, outbox, scans


def _gave_up(order, reason):
    scan = scans.Scan.get_or_none(scans.Scan.id == order.subject_id)
    if scan:
        scans.quarantine(
            scan, "Đã thử nhiều lần mà chưa đọc được. Tệp vẫn còn như lúc nhận; hãy nhập tay hoặc quét lại."
        )


@runner.carries_out("ocr", gave_up=_gave_up, heavy=True)
def read_scan(order) -> None:
    """Claim → read with progress → store what was read. Running twice is harmless: only a waiting scan is read."""
    scan = scans.begin_reading(order.subject_id)
    if scan is None:
        return
    if order.attempts > MOST_KILLS:
        scans.quarantine(
            scan, "Máy chủ bị dừng mỗi lần đọc tệp này. Tệp vẫn còn như lúc nhận; hãy nhập tay hoặc quét lại."
        )
        return

    def told(done, total):
        outbox.extend(order)
        if not scans.progress(scan, done, total):
            raise reading.Stopped

    try:
        with reading.read(scan.file.path(), scan.file.media_type, told, workers=reading.workers()) as found:
            stored = files.store(found.rendition) if found.rendition else None
            scans.finish_reading(scan, found.pages, found.text, found.fields, stored, found.sizes)
    except reading.Unreadable as error:
        scans.quarantine(scan, str(error))
    except reading.Stopped:
        return


MOST_KILLS = 3
