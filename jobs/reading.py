"""Reading a file: its words, by OCR where the pages are pictures, and the fields its layout gives (extraction.py).

Used by the order "ocr" and by the command `extract`. Everything that touches the file runs in the sandbox on a copy; the
file itself is never changed, and a signed one is read from a throw-away copy.
"""

import json
import os
import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from jobs import sandbox
from models import extraction, files

HERE = Path(__file__).parent
WORDS, AGAIN, PICTURE, OCR, PLUGIN = (
    HERE / name
    for name in ("child_words.py", "child_reread.py", "child_picture.py", "child_ocr.py", "ocr_plugin.py")
)
MOST_PAGES = 300
READ_PAGES = 40  # of these the fields are read; signatures stand before the annexes
SECONDS_A_PAGE, LEAST_SECONDS = 40, 90
PASSWORD = 4
TOOL_MISSING = 127


class Unreadable(Exception):
    """The file cannot be read; the message is the sentence for the clerk."""


class Stopped(Exception):
    """Somebody stopped the reading."""


@dataclass(frozen=True)
class Reading:
    """What a file says: number of pages, text, fields, and the searchable PDF where OCR made one."""

    pages: int
    text: str
    fields: dict
    rendition: Path | None
    sizes: tuple


@contextmanager
def read(path: Path, media_type: str, told=None, seconds_a_page: int = SECONDS_A_PAGE, workers: int = 2):
    """Yield the Reading of a file; its rendition lives until the block ends.

    `told(done, total)` hears each page and may raise Stopped. Raises Unreadable.
    """
    with folder() as box:
        source = box / "in.pdf"
        if media_type == "application/pdf":
            shutil.copyfile(path, source)
        else:
            _picture(path, source)
        said = _words(source)
        total, scanned = said[0]["of"], any(page["scanned"] for page in said)
        if total > MOST_PAGES:
            raise Unreadable(
                f"Tệp có {total} trang, quá {MOST_PAGES} trang. Hãy tách ra rồi nhập lại từng văn bản."
            )
        rendition = None
        if scanned:
            rendition = ocr(source, box, total, told, seconds_a_page, workers)
            said = _words(rendition)
        pages = [extraction.page_of(page) for page in said]
        again = _again(rendition, extraction.boxes_to_reread(pages), pages[0]) if scanned else {}
        fields = extraction.read(pages, again)
        stamps = "\n".join(again.get("stamps", {}).get("texts", ()))
        yield Reading(
            total,
            f"{stamps}\n{_text(pages)}".strip(),
            fields,
            rendition,
            tuple((page.width, page.height) for page in pages),
        )


def _words(path) -> list[dict]:
    result = sandbox.run(
        [*sandbox.PYTHON, WORDS, path, READ_PAGES], seconds=60, megabytes=1536, readable=(WORDS, path),
        output_cap=64 << 20,
    )  # fmt: skip
    if not result.ok:
        raise Unreadable(_why(result))
    said = [json.loads(line) for line in result.stdout.decode().splitlines()]
    if not said:
        raise Unreadable("Tệp không có trang nào. Hãy quét lại.")
    return said


def _picture(path, target):
    result = sandbox.run(
        [*sandbox.PYTHON, PICTURE, path, target], seconds=60, megabytes=2048, readable=(PICTURE, path),
        writable=target.parent,
    )  # fmt: skip
    if not result.ok or not target.exists():
        raise Unreadable(_why(result))


def ocr(source, box, total, told, seconds_a_page=SECONDS_A_PAGE, workers=2) -> Path:
    """Run OCRmyPDF; pages that were OCRed elsewhere are read anew, forms and signatures of the copy do not stop it."""
    mode = "redo"
    for _ in range(2):
        target = box / f"{mode}.pdf"
        result = sandbox.run(
            [
                *sandbox.PYTHON, OCR, "--output-type", "pdf", "--rasterizer", "pypdfium", "--mode", mode,
                "-l", "vie", "--jobs", str(workers), "--invalidate-digital-signatures", "--tesseract-timeout", "60",
                "--max-image-mpixels", "120", "--rotate-pages", "--plugin", PLUGIN, source, target,
            ],
            seconds=LEAST_SECONDS + seconds_a_page * total, megabytes=3072, file_megabytes=500,
            readable=(OCR, PLUGIN), writable=box, progress=_listener(told),
        )  # fmt: skip
        if result.ok and target.exists():
            return target
        if (
            result.code == TOOL_MISSING
            or b"tesseract" in result.stderr
            and b"not" in result.stderr
            and b"found" in result.stderr
        ):
            raise Unreadable(
                "Máy chủ chưa cài bộ nhận dạng chữ (tesseract). Tệp vẫn còn; hãy báo quản trị rồi nhận dạng lại."
            )
        if mode == "redo" and result.reason == "failed":
            mode = "force"  # fillable forms and odd files: the pages as pictures
            continue
        break
    raise Unreadable(_why(result))


def _listener(told):
    def hear(line):
        words = line.split()
        if told and len(words) == 3 and words[0] == "page":
            told(int(words[1]), int(words[2]))

    return hear


def _again(rendition, boxes, first) -> dict:
    """Second readings; of the first page's upper half also what is stamped in red."""
    boxes = boxes | {"stamps": (first.number, [0, 0, first.width, first.height / 2])}
    asked = json.dumps([[name, page, box] for name, (page, box) in boxes.items()]).encode()
    result = sandbox.run(
        [*sandbox.PYTHON, AGAIN, rendition],
        stdin=asked,
        seconds=90,
        megabytes=1536,
        readable=(AGAIN, rendition),
    )
    return json.loads(result.stdout) if result.ok else {}


def _text(pages) -> str:
    """The words of all pages, a line each, pages divided by form feeds."""
    return "\f".join("\n".join(line.text for line in extraction.lines_of(page)) for page in pages)


def _why(result) -> str:
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
