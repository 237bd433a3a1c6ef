"""Sắp trang: the file of a scan whose pages were turned, left out, put in another order or joined with another's.

Made in the sandbox from the received files, which stay as they came. The order "arrange" makes it a moment after the
last page operation; `ready` makes it while a person waits.
"""

import json
from pathlib import Path

from jobs import reading, runner, sandbox
from models import arrangements, errors, files, outbox, scans, sheets

HERE = Path(__file__).parent
CHILD, PICTURE = HERE / "child_sheets.py", HERE / "child_picture.py"
SECONDS = 120
PASSWORD, SIGNED = 4, 7
SIGNED_WORDS = (
    "Tệp này có chữ ký số nên không sắp, xoay hay bỏ trang được: bản đã ký chính là văn bản. Tệp vẫn như khi nhận; nếu cần, "
    "hãy xin nơi gửi bản khác."
)


def _gave_up(order, reason):
    scan = scans.Scan.get_or_none(scans.Scan.id == order.subject_id)
    if scan:
        arrangements.taken_back(scan, reason)


@runner.carries_out("arrange", gave_up=_gave_up)
def arrange(order: outbox.Order) -> None:
    """Carry out an order "arrange"; harmless when the file is there or the scan needs none any more."""
    scan = scans.Scan.get_or_none(scans.Scan.id == order.subject_id)
    if scan is None:
        return
    try:
        ready(scan)
    except errors.Invalid as error:
        raise outbox.GiveUp(str(error)) from error


def ready(scan: scans.Scan) -> scans.Scan:
    """The scan with the file of its pages as they are arranged now. Raises errors.Invalid when it cannot be made."""
    wanted = scan.arrangement
    if not arrangements.is_pending(scan):
        return scan
    with reading.folder() as box:
        (made,) = make(box, [sheets.parse(wanted)], scan)
        arrangements.made(scan, wanted, files.store(made))
    return scans.Scan.get_by_id(scan.id)


def cut(scan: scans.Scan, pages) -> files.Stored:
    """The stored file of some of a scan's pages. Raises errors.Invalid."""
    with reading.folder() as box:
        return files.store(make(box, [pages], scan)[0])


def make(box: Path, targets: list[list[sheets.Sheet]], scan: scans.Scan) -> list[Path]:
    """One PDF in the folder for each list of pages. Raises errors.Invalid with a sentence for the clerk."""
    ids = sorted({sheet.scan or scan.id for pages in targets for sheet in pages})
    rows = {row.id: row for row in scans.Scan.select().where(scans.Scan.id.in_(ids))}
    sources = [as_pdf(rows[number].file, box) for number in ids]
    return put_together(
        box, sources, [[(ids.index(one.scan or scan.id), one) for one in pages] for pages in targets]
    )


def put_together(box: Path, sources: list[Path], targets) -> list[Path]:
    """One PDF in the folder for each list of (place among the sources, page). Raises errors.Invalid."""
    asked = {
        "sources": [str(path) for path in sources],
        "targets": [[[source, one.page, one.turn] for source, one in pages] for pages in targets],
    }
    result = sandbox.run(
        [*sandbox.PYTHON, CHILD, "make", box], stdin=json.dumps(asked).encode(), seconds=SECONDS, megabytes=1024,
        file_megabytes=500, readable=(CHILD, *sources), writable=box,
    )  # fmt: skip
    if not result.ok:
        raise errors.Invalid({"pages": _why(result)})
    return [box / f"{number}.pdf" for number in range(1, len(targets) + 1)]


def as_pdf(file: files.File | None, box: Path) -> Path:
    """The received file where it is a PDF; a picture as one, in the folder. Raises errors.Invalid."""
    if file is None:
        raise errors.Invalid({"pages": "Tệp gốc của bản quét không còn, nên không sắp trang được nữa."})
    if file.media_type == "application/pdf":
        return file.path()
    made = box / f"{file.sha256}.pdf"
    result = sandbox.run(
        [*sandbox.PYTHON, PICTURE, file.path(), made], seconds=60, megabytes=2048, readable=(PICTURE, file.path()),
        writable=box,
    )  # fmt: skip
    if not result.ok:
        raise errors.Invalid({"pages": _why(result)})
    return made


def _why(result) -> str:
    if result.code == SIGNED and result.reason == "failed":
        return SIGNED_WORDS
    if result.code == PASSWORD and result.reason == "failed":
        return "Tệp đặt mật khẩu nên không sắp trang được. Hãy lưu lại tệp không có mật khẩu rồi nhập lại."
    if result.reason in ("timeout", "memory", "output", "killed"):
        return (
            "Tệp quá lớn nên chưa sắp trang được. Các trang vẫn như trước; hãy tách tệp nhỏ hơn rồi nhập lại."
        )
    return "Tệp hỏng nên không sắp trang được. Các trang vẫn như khi nhận; hãy quét lại."
