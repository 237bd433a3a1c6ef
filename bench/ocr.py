"""OCR of the same drawn pages: our whole reading against plain ocrmypdf with the same options, as ratios in one run."""

import io
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "jobs")]

from test_ocr import DPI, drawn

from bench import table
from jobs import reading
from models import config

PAGES = 6


def pages_of_a_scanner(folder) -> Path:
    """A PDF of PAGES sheets, each a picture."""
    path, sheets = folder / "quet.pdf", [drawn() for _ in range(PAGES)]
    held = io.BytesIO()
    sheets[0].save(held, "PDF", save_all=True, append_images=sheets[1:], resolution=DPI)
    path.write_bytes(held.getvalue())
    return path


def plain(path, folder, workers) -> float:
    """Seconds of ocrmypdf by itself."""
    began = time.monotonic()
    subprocess.run(
        [
            sys.executable, "-m", "ocrmypdf", "-q", "--output-type", "pdf", "--rasterizer", "pypdfium", "--mode", "redo",
            "-l", "vie", "--jobs", str(workers), path, folder / "plain.pdf",
        ],
        check=True, capture_output=True,
    )  # fmt: skip
    return time.monotonic() - began


def ours(path, workers) -> tuple[float, float]:
    """(seconds of the OCR in the sandbox, seconds of the whole: OCR, words, second readings, fields)."""
    with reading.folder() as folder:
        source = folder / "in.pdf"
        shutil.copyfile(path, source)
        began = time.monotonic()
        reading.ocr(source, folder, PAGES, None, workers=workers)
        alone = time.monotonic() - began
    began = time.monotonic()
    with reading.read(path, "application/pdf", workers=workers) as found:
        assert found.fields["code_number"].value == "125"
    return alone, time.monotonic() - began


def main():
    """Print seconds a page and the ratios."""
    workers = reading.workers()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        config.use(replace(config.current(), data=folder / "data"))
        path = pages_of_a_scanner(folder)
        bare, (alone, whole) = plain(path, folder, workers), ours(path, workers)
    table.show(
        f"OCR của {PAGES} trang, {workers} luồng",
        [
            ("", "giây/trang", "tỉ lệ"), ("ocrmypdf thuần", bare / PAGES, 1.0),
            ("trong hộp cát, bỏ màu đỏ", alone / PAGES, alone / bare),
            ("cả việc đọc trường", whole / PAGES, whole / bare),
        ],
    )  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main())
