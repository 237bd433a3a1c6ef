"""Bản xem trước: where pictures and renditions of a stored content lie; nothing here is a record, all of it can be
made again.

The folder is named by the content's SHA-256. A content that must not be seen any more (recall, 12.6) has a mark in the
place of its folder, so that a picture still being drawn has nowhere to go.
"""

import shutil
from pathlib import Path

from models import config


def folder(sha256: str) -> Path:
    """Folder of one content's previews; it may not be there yet."""
    return config.current().data / "cache" / sha256[:2] / sha256


def forget(sha256: str) -> None:
    """Remove what was made from a content; harmless when nothing was."""
    shutil.rmtree(folder(sha256), ignore_errors=True)


def close(sha256: str) -> None:
    """Remove what was made from a content, and let nothing be made from it again."""
    place = folder(sha256)
    for _ in range(10):  # a picture that is just being kept may make the folder anew
        shutil.rmtree(place, ignore_errors=True)
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            place.touch()
        except OSError:
            continue
        if place.is_file():
            return


def open_again(sha256: str) -> None:
    """The content came anew: it may be seen."""
    place = folder(sha256)
    if place.is_file():
        place.unlink(missing_ok=True)


def read_page(sha256: str, page: int, turn: int, ending: str) -> Path:
    """Where what was read of a received page lies until its letter is registered, so that it is not read again when
    other pages are turned or left out: its PDF with text («pdf»), its words («json»)."""
    return folder(sha256) / f"read-{page}-{turn}.{ending}"


def forget_read(sha256: str, page: int) -> None:
    """What was read of a received page is not needed any more, however it was turned."""
    place = folder(sha256)
    for path in list(place.glob(f"read-{page}-*")) if place.is_dir() else []:
        path.unlink(missing_ok=True)
