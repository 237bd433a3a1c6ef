"""Bản xem trước: where pictures and renditions of a stored content lie; nothing here is a record, all of it can be
made again.

A recalled content's previews are forgotten with `forget`; the folder is named by the content's SHA-256.
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
