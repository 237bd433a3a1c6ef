"""Reading a file: its words, by OCR where the pages are pictures, and the fields its layout gives (extraction.py).

Used by the order "ocr" and by the command `extract`. Everything that touches the file runs in the sandbox on a copy; the
file itself is never changed, and a signed one is read from a throw-away copy.
"""

from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from jobs import reading_again
from jobs.reading_pages import (
    READ_PAGES,
    SECONDS_A_PAGE,
    Stopped,
    Unreadable,
    as_pdf,
    folder,
    ocr,
    words,
    workers,
)
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
    looked_at: list  # the pages (extraction.Page) the fields were taken from
    stamps_seen: bool = True  # False when nobody could look what is stamped on the first page


@contextmanager
def read(path: Path, media_type: str, told=None, seconds_a_page: int = SECONDS_A_PAGE, workers: int = 2):
    """Yield the Reading of a whole file at one go; its rendition lives until the block ends.

    Pages with a text of their own are not read by OCR. `told(done, total)` hears each page and may raise Stopped.
    Raises Unreadable.
    """
    with folder() as box:
        source, rendition = box / "in.pdf", None
        said = look(path, media_type, source)
        scanned = [page["number"] for page in said if page["scanned"]]
        if scanned:
            rendition = ocr(source, box, len(said), told, seconds_a_page, workers, scanned)
            read_words = words(rendition)
            said = [
                page if number not in scanned else read_words[number - 1]
                for number, page in enumerate(said[: len(read_words)], 1)
            ]
        yield understood(said, rendition)


def look(path: Path, media_type: str, source: Path) -> list[dict]:
    """The file as a PDF at `source`, and what child_words.py says of each page. Raises Unreadable."""
    as_pdf(path, media_type, source)
    said = words(source, MOST_PAGES)
    if said[0]["of"] > MOST_PAGES:
        raise Unreadable(
            f"Tệp có {said[0]['of']} trang, quá {MOST_PAGES} trang. Hãy tách ra rồi nhập lại từng văn bản."
        )
    return said


def understood(said: list[dict], rendition: Path | None) -> Reading:
    """The Reading of pages whose words are known; with a rendition the boxes that matter are read a second time."""
    pages = [extraction.page_of(page) for page in said]
    first = pages[:READ_PAGES]
    again = reading_again.second_readings(rendition, first) if rendition else {}
    stamps = "\n".join(again.get("stamps", {}).get("texts", ()))
    return Reading(
        said[0]["of"],
        f"{stamps}\n{text_of(pages)}".strip(),
        extraction.read(first, again),
        rendition,
        tuple((page.width, page.height) for page in pages),
        first,
        rendition is None or reading_again.STAMPS in again,
    )


def text_of(pages) -> str:
    """The words of all pages, a line each, pages divided by form feeds."""
    return "\f".join("\n".join(line.text for line in extraction.lines_of(page)) for page in pages)
