"""The files inside an edXML packet: names made safe, base64 to disk, zip wrappers opened within limits.

A file is judged by its bytes, never by the label beside it: real senders zip a file and call it PDF, or call a Word
file zip. Nothing is written outside the folder given, and nothing grows beyond the limits.
"""

import binascii
import zipfile
from dataclasses import replace
from pathlib import Path

from models import filetypes
from models.edxml import Attachment

CHUNK = 1 << 18
MOST_BYTES = 200 << 20
MOST_ENTRIES = 200
MOST_RATIO = 100
RATIO_COUNTS_FROM = 10 << 20
ARCHIVES = {"zip", "jar"}
ZIP_BASED = {"docx", "xlsx", "pptx", "docm", "xlsm", "odt", "ods", "odp", "epub"}  # themselves zip files
_SPACE = b" \t\r\n"


class Broken(Exception):
    """A file of the packet cannot be had; the sentence says why."""


class Base64File:
    """Takes base64 text in pieces of any length and writes the bytes to a file."""

    def __init__(self, path: Path):
        self.path = path
        self.rest = b""
        self.size = 0
        self.fault = ""
        self.is_padded = False
        self.out = path.open("wb")

    def feed(self, piece: str) -> None:
        """Take the next piece. Bad text is remembered in `fault`, the rest is skipped."""
        if self.fault:
            return
        data = self.rest + piece.encode("utf-8", "replace").translate(None, _SPACE)
        if not data:
            return
        whole = len(data) - len(data) % 4
        block, self.rest = data[:whole], data[whole:]
        try:
            raw = binascii.a2b_base64(block, strict_mode=True) if block else b""
        except binascii.Error:
            self.fault = "nội dung không phải mã base64, hoặc bị hỏng"
            return
        if self.is_padded and block:
            self.fault = "mã base64 bị hỏng"
            return
        self.is_padded = block.endswith(b"=")
        self.size += len(raw)
        if self.size > MOST_BYTES:
            self.fault = f"lớn hơn {MOST_BYTES >> 20} MB"
            return
        self.out.write(raw)

    def close(self) -> None:
        """No more text. An incomplete last group is filled up, as the common readers do."""
        if not self.fault and self.rest:
            self.feed("=" * (-len(self.rest) % 4))
        if not self.fault and not self.size:
            self.fault = "không có nội dung"
        self.out.close()

    def discard(self) -> None:
        """Close and remove what was written."""
        self.out.close()
        self.path.unlink(missing_ok=True)


class PassedOver:
    """Stands for a file nobody wants now."""

    path, fault = None, ""

    def feed(self, piece: str) -> None:
        """Nothing is kept."""

    def close(self) -> None:
        """Nothing to close."""

    def discard(self) -> None:
        """Nothing to remove."""


def opened(item: Attachment) -> Attachment:
    """The attachment with its wrapper, if it has one, taken off; a fault when the wrapper cannot be trusted."""
    if item.path is None or not _is_zip(item.path) or filetypes.extension_of(item.name) in ARCHIVES:
        return item
    try:
        return _unwrapped(item)
    except Broken as broken:
        return replace(item, path=None, fault=f"Tệp «{item.name}»: {broken}.")
    except (zipfile.BadZipFile, NotImplementedError, EOFError, ValueError, OSError) as error:
        return replace(item, path=None, fault=f"Tệp «{item.name}»: gói nén bị hỏng ({type(error).__name__}).")


def _is_zip(path):
    with path.open("rb") as source:
        return source.read(4) == b"PK\x03\x04"


def _unwrapped(item):
    with zipfile.ZipFile(item.path) as archive:
        entries = [entry for entry in archive.infolist() if not entry.is_dir()]
        _checked(entries)
        if filetypes.extension_of(item.name) in ZIP_BASED and not _wraps_same(entries, item.name):
            return item
        if len(entries) != 1:
            # Several files under one name: the whole package is kept, a person opens it.
            return replace(item, name=f"{item.name}.zip")
        inner = item.path.with_name(f"{item.path.name}-trong")
        _extract(archive, entries[0], inner)
    item.path.unlink()
    inner.rename(item.path)
    return replace(item, name=_named(item.name, entries[0].filename))


def _wraps_same(entries, name):
    if any(entry.filename in ("[Content_Types].xml", "mimetype") for entry in entries):
        return False
    return len(entries) == 1 and filetypes.extension_of(entries[0].filename) == filetypes.extension_of(name)


def _named(name, inner_name):
    """The given name; with the entry's extension when the given name has none."""
    if filetypes.extension_of(name) or not filetypes.extension_of(inner_name):
        return name
    return filetypes.safe_name(f"{name}.{filetypes.extension_of(inner_name)}")


def _checked(entries):
    if not entries:
        raise Broken("gói nén rỗng")
    if len(entries) > MOST_ENTRIES:
        raise Broken(f"gói nén có {len(entries)} tệp, nhiều hơn {MOST_ENTRIES}")
    if any(entry.flag_bits & 1 for entry in entries):
        raise Broken("gói nén đặt mật khẩu")
    total = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries) or 1
    if total > MOST_BYTES:
        raise Broken(f"giải nén ra quá {MOST_BYTES >> 20} MB")
    if total > RATIO_COUNTS_FROM and total / packed > MOST_RATIO:
        raise Broken("gói nén giãn ra bất thường (nghi là bom nén)")


def _extract(archive, entry, target):
    size = 0
    try:
        with archive.open(entry) as source, target.open("wb") as out:
            while data := source.read(CHUNK):
                size += len(data)
                if size > entry.file_size or size > MOST_BYTES:
                    raise Broken("gói nén ghi sai kích thước")
                out.write(data)
    except RuntimeError as error:  # zipfile's word for a password
        target.unlink(missing_ok=True)
        raise Broken("gói nén đặt mật khẩu") from error
    except (Broken, zipfile.BadZipFile, zipfile.zlib.error) as error:
        target.unlink(missing_ok=True)
        raise Broken(str(error) if isinstance(error, Broken) else "gói nén bị hỏng") from error
