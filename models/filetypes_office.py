"""Office files from the outside: ZIP packages (docx, xlsx, odt …) and compound files (doc, xls), read behind limits.

Only directories and the first kilobytes of members are read; nothing is unpacked to the disk.
"""

import re
import stat
import struct
import zipfile
import zlib

MOST_MEMBERS = 5_000
MOST_UNPACKED = 1 << 30
MOST_RATIO = 250  # of members over LARGE_MEMBER; honest XML reaches about 100
LARGE_MEMBER = 20 << 20
PEEK = 4096

PACKED = ("docx", "xlsx", "pptx", "odt", "ods", "odp", "zip")
ARCHIVES = (".zip", ".jar", ".7z", ".rar", ".gz")
COMPOUND = ("doc", "xls", "ppt")
_OOXML_MAIN = {"word/document.xml": "docx", "xl/workbook.xml": "xlsx", "ppt/presentation.xml": "pptx"}
_ODF = {"text": "odt", "spreadsheet": "ods", "presentation": "odp"}
_STREAMS = {"WordDocument": "doc", "Workbook": "xls", "Book": "xls", "PowerPoint Document": "ppt"}
_DTD = re.compile(rb"<\x00?!\x00?(?:D\x00?O\x00?C\x00?T\x00?Y\x00?P\x00?E|E\x00?N\x00?T\x00?I\x00?T\x00?Y)")


class Unfit(Exception):
    """The file cannot be taken; the text goes on after its name («… rỗng. Hãy …») and has no full stop."""


BROKEN_ZIP = "bị hỏng (tệp nén không đọc được). Hãy mở bằng phần mềm soạn thảo, lưu lại rồi chọn lại"
MACROS = "có macro (mã lệnh). Hãy lưu lại dưới dạng không có macro (.docx, .xlsx, .odt) rồi chọn lại"
LOCKED = "đặt mật khẩu. Hãy bỏ mật khẩu, lưu lại rồi chọn lại"


def packed_kind(path) -> str:
    """docx, xlsx, pptx, odt, ods, odp or zip, by the members of a ZIP file. Raises Unfit."""
    with _opened(path) as archive:
        names = set(archive.namelist())
        for main, kind in _OOXML_MAIN.items():
            if main in names and "[Content_Types].xml" in names:
                return kind
        if "mimetype" in names:
            declared = _peek(archive, "mimetype").decode("ascii", "replace").strip()
            found = re.fullmatch(r"application/vnd\.oasis\.opendocument\.([a-z]+)", declared)
            if found:
                return _ODF.get(found[1], "zip")
    return "zip"


def inspect_packed(path, kind: str) -> None:
    """Raises Unfit for bombs, unsafe members, macros, passwords and document type declarations."""
    with _opened(path) as archive:
        members = archive.infolist()
        _check_members(members, path.stat().st_size)
        names = [member.filename for member in members]
        if kind == "zip":
            if any(name.lower().endswith(ARCHIVES) for name in names):
                raise Unfit("là gói nén có gói nén khác bên trong. Hãy gửi từng tệp")
            return
        if any(name.lower().endswith(("vbaproject.bin", "vbadata.xml")) or name.startswith(("Basic/", "Scripts/"))
               for name in names):  # fmt: skip
            raise Unfit(MACROS)
        if kind in _ODF.values() and b"encryption-data" in _peek(archive, "META-INF/manifest.xml", 1 << 20):
            raise Unfit(LOCKED)
        if "[Content_Types].xml" in names and b"macroEnabled" in _peek(
            archive, "[Content_Types].xml", 1 << 20
        ):
            raise Unfit(MACROS)
        for name in names:
            if name.endswith((".xml", ".rels")) and _DTD.search(_peek(archive, name)):
                raise Unfit("có khai báo DTD bên trong nên bị từ chối. Hãy mở tệp, lưu lại rồi chọn lại")


def compound_kind(path) -> str:
    """doc, xls or ppt by the streams of a compound file, empty for another. Raises Unfit for a locked one."""
    streams = _streams(path.read_bytes())
    if "EncryptedPackage" in streams or "EncryptionInfo" in streams:
        raise Unfit(LOCKED)
    return next((kind for name, kind in _STREAMS.items() if name in streams), "")


def inspect_compound(content, kind: str) -> None:
    """Raises Unfit for macros and passwords in a doc, xls or ppt."""
    streams = _streams(bytes(content))
    if {"_VBA_PROJECT", "_VBA_PROJECT_CUR", "VBA", "Macros"} & streams.keys():
        raise Unfit(MACROS)
    if kind == "doc":
        start = streams["WordDocument"]
        if len(content) > start + 12 and content[start + 11] & 0x01:  # FibBase.fEncrypted
            raise Unfit(LOCKED)
    if kind == "xls" and _has_password_record(content, streams.get("Workbook", streams.get("Book", 0))):
        raise Unfit(LOCKED)


def _opened(path) -> zipfile.ZipFile:
    with open(path, "rb") as file:
        file.seek(0, 2)
        size = file.tell()
        file.seek(max(0, size - 65_557))
        tail = file.read()
    place = tail.rfind(b"PK\x05\x06")
    if place < 0 or len(tail) < place + 22:
        raise Unfit(BROKEN_ZIP)
    count = int.from_bytes(tail[place + 10 : place + 12], "little")
    if count > MOST_MEMBERS:
        raise Unfit(f"là gói nén có quá nhiều tệp bên trong (trên {MOST_MEMBERS}). Hãy gửi từng tệp")
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, NotImplementedError, UnicodeDecodeError, struct.error, ValueError) as error:
        raise Unfit(BROKEN_ZIP) from error
    if len(archive.filelist) > MOST_MEMBERS:
        archive.close()
        raise Unfit(f"là gói nén có quá nhiều tệp bên trong (trên {MOST_MEMBERS}). Hãy gửi từng tệp")
    return archive


def _check_members(members, size) -> None:
    names = [member.filename for member in members]
    if len(set(names)) < len(names):
        raise Unfit("là gói nén có hai tệp cùng tên bên trong nên bị từ chối. Hãy nén lại")
    for member in members:
        parts = re.split(r"[/\\]", member.filename)
        if ".." in parts or parts[0] == "" or ":" in parts[0] or stat.S_ISLNK(member.external_attr >> 16):
            raise Unfit("là gói nén có đường dẫn không an toàn bên trong nên bị từ chối. Hãy nén lại")
        if member.flag_bits & 1:
            raise Unfit(LOCKED)
        if member.file_size > LARGE_MEMBER and member.file_size > MOST_RATIO * max(1, member.compress_size):
            raise Unfit("nở ra quá lớn khi mở (bom nén) nên bị từ chối")
    packed = sum(member.compress_size for member in members)
    if sum(member.file_size for member in members) > MOST_UNPACKED or packed > size:
        raise Unfit("nở ra quá lớn khi mở (bom nén) nên bị từ chối")


def _peek(archive, name, most=PEEK) -> bytes:
    try:
        with archive.open(name) as member:
            return member.read(most)
    except KeyError:
        return b""
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise Unfit(BROKEN_ZIP) from error


def _streams(content) -> dict[str, int]:
    """Name → byte offset of the streams of a compound file, from its 128-byte directory entries."""
    found = {}
    sector = 1 << min(int.from_bytes(content[30:32], "little"), 16)
    for name in {
        *_STREAMS,
        "EncryptedPackage",
        "EncryptionInfo",
        "_VBA_PROJECT",
        "_VBA_PROJECT_CUR",
        "VBA",
        "Macros",
    }:
        encoded = name.encode("utf-16-le") + b"\x00\x00"
        place = content.find(encoded)
        while place >= 0:
            length = int.from_bytes(content[place + 64 : place + 66], "little")
            if (
                place % 128 == 0
                and length == len(encoded)
                and content[place + 66 : place + 67] in (b"\x01", b"\x02")
            ):
                first = int.from_bytes(content[place + 116 : place + 120], "little")
                found[name] = (first + 1) * sector
                break
            place = content.find(encoded, place + 2)
    return found


def _has_password_record(content, start) -> bool:
    place = start
    for _ in range(8):
        record, length = int.from_bytes(content[place : place + 2], "little"), content[place + 2 : place + 4]
        if record == 0x2F:
            return True
        place += 4 + int.from_bytes(length, "little")
    return False
