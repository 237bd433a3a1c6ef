"""The pages of a file: as a PDF, their words with their places, and OCR of those that are pictures; all in the sandbox."""

import json
import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path

from jobs import sandbox
from models import files

HERE = Path(__file__).parent
WORDS, PICTURE, OCR, PLUGIN, JOIN = (
    HERE / name
    for name in ("child_words.py", "child_picture.py", "child_ocr.py", "ocr_plugin.py", "child_join.py")
)
READ_PAGES = 40  # of these the fields are read; signatures stand before the annexes
SECONDS_A_PAGE, LEAST_SECONDS = 40, 90
PASSWORD = 4
TOOL_MISSING = 127
OPTIONS = (
    "--output-type", "pdf", "--rasterizer", "pypdfium", "-l", "vie", "--invalidate-digital-signatures",
    "--tesseract-timeout", "60", "--max-image-mpixels", "120", "--rotate-pages", "--plugin", str(PLUGIN),
)  # fmt: skip
NO_ENGINE = "Máy chủ chưa cài bộ nhận dạng chữ (tesseract). Tệp vẫn còn; hãy báo quản trị rồi nhận dạng lại."


class Unreadable(Exception):
    """The file cannot be read; the message is the sentence for the clerk."""


class Stopped(Exception):
    """Somebody stopped the reading."""


def as_pdf(path: Path, media_type: str, target: Path) -> None:
    """A copy of the file as a PDF, whatever it came as. Raises Unreadable."""
    if media_type == "application/pdf":
        shutil.copyfile(path, target)
    else:
        picture(path, target)


def words(path, most: int = READ_PAGES) -> list[dict]:
    """What child_words.py says of each of the first `most` pages. Raises Unreadable."""
    result = sandbox.run(
        [*sandbox.PYTHON, WORDS, path, most], seconds=60, megabytes=1536, readable=(WORDS, path),
        output_cap=64 << 20,
    )  # fmt: skip
    if not result.ok:
        raise Unreadable(why(result))
    said = [json.loads(line) for line in result.stdout.decode().splitlines()]
    if not said:
        raise Unreadable("Tệp không có trang nào. Hãy quét lại.")
    return said


def picture(path, target) -> None:
    """A PDF of a JPEG, PNG or TIFF. Raises Unreadable."""
    result = sandbox.run(
        [*sandbox.PYTHON, PICTURE, path, target], seconds=60, megabytes=2048, readable=(PICTURE, path),
        writable=target.parent,
    )  # fmt: skip
    if not result.ok or not target.exists():
        raise Unreadable(why(result))


def ocr(
    source, box, total, told, seconds_a_page=SECONDS_A_PAGE, workers=2, pages: list[int] | None = None
) -> Path:
    """OCRmyPDF on a whole file at one go, of it these pages (None: all). Raises Unreadable.

    What was OCRed elsewhere is read anew; forms and signatures of the copy do not stop it.
    """
    chosen = ["--pages", ",".join(map(str, pages))] if pages else []
    for mode in ("redo", "force"):  # fillable forms and odd files: the pages as pictures
        target = box / f"{mode}.pdf"
        result = sandbox.run(
            [
                *sandbox.PYTHON, OCR, *OPTIONS, "--mode", mode, "--jobs", str(workers), *chosen, source, target,
            ],
            seconds=LEAST_SECONDS + seconds_a_page * total, megabytes=3072, file_megabytes=500,
            readable=(OCR, PLUGIN), writable=box, progress=_listener(told),
        )  # fmt: skip
        if result.ok and target.exists():
            return target
        if result.code == TOOL_MISSING or b"tesseract" in result.stderr and b"not found" in result.stderr:
            raise Unreadable(NO_ENGINE)
        if result.reason != "failed":
            break
    raise Unreadable(why(result))


def join(source: Path, instead: dict[int, Path], target: Path) -> None:
    """The searchable rendition: the pages of a file, those read by OCR in the place of the pictures. Raises Unreadable."""
    asked = json.dumps({str(number): str(path) for number, path in instead.items()}).encode()
    result = sandbox.run(
        [*sandbox.PYTHON, JOIN, source, target], stdin=asked, seconds=120, megabytes=2048, file_megabytes=500,
        readable=(JOIN, source, *instead.values()), writable=target.parent,
    )  # fmt: skip
    if not result.ok or not target.exists():
        raise Unreadable(why(result))


def _listener(told):
    def hear(line):
        words = line.split()
        if told and len(words) == 3 and words[0] == "page":
            told(int(words[1]), int(words[2]))

    return hear


def why(result) -> str:
    """The sentence for a run that failed."""
    if result.code == PASSWORD and result.reason == "failed":
        return "Tệp đặt mật khẩu nên không đọc được. Hãy lưu lại tệp không có mật khẩu rồi nhập lại."
    if result.reason in ("timeout", "memory", "output", "killed"):
        return "Tệp đòi hỏi quá nhiều thời gian hoặc bộ nhớ nên đã dừng đọc. Tệp vẫn còn như lúc nhận; hãy quét lại ở 200–300 dpi."
    return "Tệp hỏng hoặc không đúng định dạng nên không đọc được. Tệp vẫn còn như lúc nhận; hãy quét lại."


@contextmanager
def folder():
    """A throw-away folder on the disk of the store; what a killed server leaves is cleared at the next start."""
    with tempfile.TemporaryDirectory(dir=files.spool().resolve(), prefix="box-") as folder:
        yield Path(folder)


def workers() -> int:
    """Cores OCR may use: all of them, at the lowest priority."""
    return max(1, min(4, os.cpu_count() or 1))
