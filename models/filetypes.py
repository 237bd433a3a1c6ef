"""Loại tệp: what an upload is, decided by its content and never by its label, behind limits; and names safe to show.

`accept` is the gate of every upload: it knows the kind, or says in a sentence what is wrong with the file and what to
do. Nothing is opened or unpacked here beyond a few kilobytes of headers.
"""

import mmap
import re
import unicodedata
from dataclasses import dataclass, replace
from pathlib import Path

from models import errors, filetypes_office

HEAD = 4096
MOST_PIXELS = 120_000_000  # A3 at 600 dpi has 70 million
MOST_NAME = 150
# Windows keeps these for devices, whatever follows the first dot.
_DEVICES = {
    "con",
    "prn",
    "aux",
    "nul",
    *(f"{kind}{number}" for kind in ("com", "lpt") for number in range(1, 10)),
}


@dataclass(frozen=True)
class Kind:
    """A kind of file. `notes` are sentences for the person about this very file, e.g. that it carries a script."""

    name: str
    label: str
    media_type: str
    extensions: tuple[str, ...]
    notes: tuple[str, ...] = ()


_OOXML = "application/vnd.openxmlformats-officedocument."
_ODF = "application/vnd.oasis.opendocument."
KINDS = {
    kind.name: kind
    for kind in (
        Kind("pdf", "PDF", "application/pdf", ("pdf",)),
        Kind("docx", "văn bản Word", _OOXML + "wordprocessingml.document", ("docx",)),
        Kind("xlsx", "bảng tính Excel", _OOXML + "spreadsheetml.sheet", ("xlsx",)),
        Kind("pptx", "trình chiếu PowerPoint", _OOXML + "presentationml.presentation", ("pptx",)),
        Kind("odt", "văn bản OpenDocument", _ODF + "text", ("odt",)),
        Kind("ods", "bảng tính OpenDocument", _ODF + "spreadsheet", ("ods",)),
        Kind("odp", "trình chiếu OpenDocument", _ODF + "presentation", ("odp",)),
        Kind("doc", "văn bản Word 97–2003", "application/msword", ("doc",)),
        Kind("xls", "bảng tính Excel 97–2003", "application/vnd.ms-excel", ("xls",)),
        Kind("ppt", "trình chiếu PowerPoint 97–2003", "application/vnd.ms-powerpoint", ("ppt",)),
        Kind("rtf", "văn bản RTF", "application/rtf", ("rtf",)),
        Kind("txt", "văn bản thuần", "text/plain", ("txt",)),
        Kind("csv", "bảng CSV", "text/csv", ("csv",)),
        Kind("xml", "XML", "application/xml", ("xml",)),
        Kind("jpeg", "ảnh JPEG", "image/jpeg", ("jpg", "jpeg", "jpe")),
        Kind("png", "ảnh PNG", "image/png", ("png",)),
        Kind("tiff", "ảnh TIFF", "image/tiff", ("tif", "tiff")),
        Kind("zip", "tệp nén ZIP", "application/zip", ("zip",)),
    )
}
# Known so that the sentence can name them; never accepted.
FOREIGN = (
    (0, b"MZ", "chương trình"), (0, b"\x7fELF", "chương trình"), (0, b"#!", "chương trình"), (0, b"GIF8", "ảnh GIF"),
    (0, b"BM", "ảnh BMP"), (0, b"Rar!", "tệp nén RAR"), (0, b"7z\xbc\xaf", "tệp nén 7-Zip"), (0, b"\x1f\x8b", "tệp nén gzip"),
    (4, b"ftyp", "ảnh HEIC hoặc phim"), (8, b"WEBP", "ảnh WebP"), (0, b"%!PS", "PostScript"), (0, b"ID3", "âm thanh"),
)  # fmt: skip
MARKUP = re.compile(rb"<(?:!doctype\s+html|html|svg|script|head|body|iframe)\b", re.IGNORECASE)
ENCRYPTED_PDF = re.compile(rb"/Encrypt\s*(?:\d+\s+\d+\s+R|<<)")
SCRIPTED_PDF = re.compile(rb"/(?:JavaScript|JS|Launch|RichMedia)\b")
CARRYING_PDF = re.compile(rb"/EmbeddedFiles?\b")


def accept(path: Path, name: str, allowed, max_megabytes: int, field: str = "file") -> Kind:
    """The kind of the file at `path`, one of `allowed` (names of KINDS). Raises errors.Invalid({field: sentence})."""
    shown = safe_name(name)
    try:
        kind = _judge(Path(path), shown, max_megabytes)
        if kind.name not in allowed:
            wanted = ", ".join(KINDS[one].label for one in KINDS if one in allowed)
            raise filetypes_office.Unfit(f"là {kind.label}; ở đây chỉ nhận {wanted}. Hãy chọn tệp khác")
    except filetypes_office.Unfit as error:
        raise errors.Invalid({field: f"Tệp «{shown}» {error}. Tệp chưa được lưu."}) from error
    return kind


def recognised(path: Path) -> Kind | None:
    """The kind of a file already stored, or None when it is none we know; its label plays no part."""
    with open(path, "rb") as file:
        head = file.read(HEAD)
    try:
        return KINDS.get(_name_of(path, head, ""))
    except filetypes_office.Unfit:
        return None


def safe_name(name: str) -> str:
    """A file name safe to show, store and offer for download: NFC, no path, no control or direction characters."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name or ""))[-1]
    kept = "".join(c if unicodedata.category(c)[0] not in "CZ" or c == " " else " " for c in last)
    kept = re.sub(r'[<>:"|?*\s]+', " ", kept).strip(" .")
    stem, dot, extension = kept.rpartition(".")
    if not dot:
        stem, extension = kept, ""
    extension = extension[:10].strip(" .")
    stem = stem[: MOST_NAME - len(extension) - 1].rstrip(" .") or "tep"
    if stem.partition(".")[0].strip().lower() in _DEVICES:
        stem = f"_{stem[: MOST_NAME - len(extension) - 2]}"
    return f"{stem}.{extension}" if extension else stem


def extension_of(name: str) -> str:
    """The extension in lower case without its dot, empty for none."""
    return name.rpartition(".")[2].lower() if "." in name else ""


def _judge(path, shown, max_megabytes) -> Kind:
    size = path.stat().st_size
    if size == 0:
        raise filetypes_office.Unfit("rỗng (0 byte). Hãy kiểm tra lại tệp rồi chọn lại")
    if size > max_megabytes << 20:
        megabytes = f"{size / (1 << 20):.1f}".replace(".", ",")
        raise filetypes_office.Unfit(
            f"lớn {megabytes} MB, quá mức {max_megabytes} MB. Hãy quét với độ phân giải thấp hơn hoặc tách tệp"
        )
    with open(path, "rb") as file:
        head = file.read(HEAD)
        kind = KINDS.get(_name_of(path, head, extension_of(shown)))
        if kind is None:
            raise filetypes_office.Unfit(
                "không thuộc loại nào hệ thống nhận. Hãy lưu lại thành PDF hoặc Word"
            )
        _match_label(shown, kind)
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            return _inspect(kind, path, head, content)


def _name_of(path, head, extension) -> str:
    """Name of the kind, empty for none; raises Unfit for what is known and never accepted."""
    if b"%PDF-" in head[:1024]:
        return "pdf"
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return filetypes_office.packed_kind(path)
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return filetypes_office.compound_kind(path)
    for start, name in ((b"\xff\xd8\xff", "jpeg"), (b"\x89PNG\r\n\x1a\n", "png"), (b"{\\rtf", "rtf"),
                        (b"II*\x00", "tiff"), (b"MM\x00*", "tiff")):  # fmt: skip
        if head.startswith(start):
            return name
    for offset, mark, label in FOREIGN:
        if head[offset:].startswith(mark) and (len(mark) > 3 or mark == b"#!" or b"\x00" in head):
            raise filetypes_office.Unfit(
                f"là {label}, hệ thống không nhận. Hãy lưu lại thành PDF, Word hoặc ảnh JPEG"
            )
    return _text_kind(head, extension)


def _text_kind(head, extension) -> str:
    wide = head.startswith((b"\xff\xfe", b"\xfe\xff"))
    try:
        # a character may be cut at the end of the head
        words = head.decode(
            "utf-16" if wide else "utf-8-sig", errors="strict" if len(head) < HEAD else "ignore"
        )
    except UnicodeDecodeError:
        return ""
    if any(unicodedata.category(c) == "Cc" and c not in "\t\r\n\f" for c in words):
        return ""
    if MARKUP.search(words.encode()):
        raise filetypes_office.Unfit(
            "là trang web (HTML hoặc SVG), hệ thống không nhận. Hãy lưu lại thành PDF"
        )
    if words.lstrip().startswith("<?xml"):
        return "xml"
    return "csv" if extension == "csv" else "txt"


def _match_label(shown, kind) -> None:
    extension = extension_of(shown)
    if extension and extension not in kind.extensions:
        raise filetypes_office.Unfit(
            f"có đuôi .{extension} nhưng nội dung là {kind.label}. "
            f"Hãy kiểm tra có chọn nhầm tệp không, nếu đúng thì đổi đuôi thành .{kind.extensions[0]}"
        )


def _inspect(kind, path, head, content) -> Kind:
    if kind.name == "pdf":
        return replace(kind, notes=_inspect_pdf(head, content))
    if kind.name in ("jpeg", "png"):
        width, height = _size_of_png(head) if kind.name == "png" else _size_of_jpeg(content)
        if width * height == 0:
            raise filetypes_office.Unfit("là ảnh hỏng. Hãy quét hoặc chụp lại")
        if width * height > MOST_PIXELS:
            raise filetypes_office.Unfit(
                f"là ảnh {width} × {height} điểm, quá lớn. Hãy quét ở 300 dpi trở xuống"
            )
    if kind.name == "xml" and (
        b"<!DOCTYPE" in head or b"<!ENTITY" in head or "<!DOCTYPE".encode("utf-16-le") in head
    ):
        raise filetypes_office.Unfit("là XML có khai báo DTD nên bị từ chối. Hãy gửi tệp không có DTD")
    if kind.name in filetypes_office.PACKED:
        filetypes_office.inspect_packed(path, kind.name)
    if kind.name in filetypes_office.COMPOUND:
        filetypes_office.inspect_compound(content, kind.name)
    return kind


def _inspect_pdf(head, content) -> tuple[str, ...]:
    start = head.index(b"%PDF-")
    if head[:start].strip(b"\x00\r\n\t \xef\xbb\xbf"):
        raise filetypes_office.Unfit("có dữ liệu lạ trước phần PDF (có thể là hai loại tệp ghép một). "
                                     "Hãy mở tệp rồi in lại thành PDF")  # fmt: skip
    end = content.rfind(b"%%EOF")
    if end < 0 or content.rfind(b"startxref") < 0:
        raise filetypes_office.Unfit("là PDF bị cắt hoặc hỏng (không có phần kết thúc). Hãy xin lại tệp")
    after = content[end + 5 : end + 5 + (1 << 20)].strip(b"\x00\r\n\t ")
    if b"endobj" in after or re.search(rb"\d+ \d+ obj", after):
        raise filetypes_office.Unfit("là PDF bị cắt (phần cuối chưa trọn). Hãy xin lại tệp")
    if b"PK\x03\x04" in after or b"MZ" in after[:2] or MARKUP.search(after):
        raise filetypes_office.Unfit("có tệp khác ghép vào sau phần PDF. Hãy mở tệp rồi in lại thành PDF")
    if ENCRYPTED_PDF.search(content):
        raise filetypes_office.Unfit(
            "là PDF đặt mật khẩu hoặc khóa quyền. Hãy lưu lại bản không khóa rồi chọn lại"
        )
    notes = []
    if SCRIPTED_PDF.search(content):
        notes.append(
            "Tệp chứa mã lệnh (JavaScript hoặc lệnh mở chương trình); hệ thống không bao giờ chạy mã này."
        )
    if CARRYING_PDF.search(content):
        notes.append("Tệp có tệp khác đính bên trong; chúng được giữ nguyên và không được mở.")
    return tuple(notes)


def _size_of_png(head) -> tuple[int, int]:
    if head[12:16] != b"IHDR":
        return 0, 0
    return int.from_bytes(head[16:20], "big"), int.from_bytes(head[20:24], "big")


def _size_of_jpeg(content) -> tuple[int, int]:
    """Width and height from the first frame header; (0, 0) when there is none in the first thousand segments."""
    place = 2
    for _ in range(1000):
        while content[place : place + 1] == b"\xff" and content[place + 1 : place + 2] == b"\xff":
            place += 1
        mark, length = content[place : place + 2], int.from_bytes(content[place + 2 : place + 4], "big")
        if len(mark) < 2 or mark[0] != 0xFF or length < 2:
            return 0, 0
        if 0xC0 <= mark[1] <= 0xCF and mark[1] not in (0xC4, 0xC8, 0xCC):
            frame = content[place + 5 : place + 9]
            return int.from_bytes(frame[2:4], "big"), int.from_bytes(frame[:2], "big")
        place += 2 + length
    return 0, 0
