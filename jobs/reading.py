"""Reading a file: its words, by OCR where the pages are pictures, and the fields its layout gives (extraction.py).

Used by the order "ocr" and by the command `extract`. Everything that touches the file runs in the sandbox on a copy; the
file itself is never changed, and a signed one is read from a throw-away copy.
"""

from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from jobs import reading_again
from jobs.reading_pages import SECONDS_A_PAGE, Stopped, Unreadable, as_pdf, folder, ocr, words, workers
from models import extraction

__all__ = ["Reading", "Stopped", "Unreadable", "folder", "ocr", "read", "workers"]

MOST_PAGES = 300


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
        as_pdf(path, media_type, source)
        said = words(source)
        total, scanned = said[0]["of"], any(page["scanned"] for page in said)
        if total > MOST_PAGES:
            raise Unreadable(
                f"Tệp có {total} trang, quá {MOST_PAGES} trang. Hãy tách ra rồi nhập lại từng văn bản."
            )
        rendition = None
        if scanned:
            rendition = ocr(source, box, total, told, seconds_a_page, workers)
            said = words(rendition)
        pages = [extraction.page_of(page) for page in said]
        again = reading_again.second_readings(rendition, pages) if scanned else {}
        fields = extraction.read(pages, again)
        stamps = "\n".join(again.get("stamps", {}).get("texts", ()))
        yield Reading(
            total,
            f"{stamps}\n{_text(pages)}".strip(),
            fields,
            rendition,
            tuple((page.width, page.height) for page in pages),
        )


def _text(pages) -> str:
    """The words of all pages, a line each, pages divided by form feeds."""
    return "\f".join("\n".join(line.text for line in extraction.lines_of(page)) for page in pages)
