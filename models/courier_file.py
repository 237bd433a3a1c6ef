"""The file of a courier bundle: a ZIP with a signed list and the packets byte for byte as the axis would carry them.

    manifest.json   who sends to whom, and each packet with its SHA-256 and size
    manifest.sig    the installation's signature over the bytes of manifest.json
    packets/0001.edxml …
    DOC-TOI.txt     what a person who finds the stick should know

Reading trusts nothing: names are fixed, sizes are limited before anything is unpacked, the list is judged before the
packets, and each packet only counts when it has the hash that the signed list gives.
"""

import hashlib
import json
import re
import zipfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from models import edxml_tree, errors, text

FORMAT = "vanthu-courier/1"
MANIFEST, SIGNATURE, LEAFLET = "manifest.json", "manifest.sig", "DOC-TOI.txt"
MOST_PACKETS = 2000
MOST_HELD = 5000
MOST_MANIFEST = 4 << 20
MOST_UNPACKED = 4 << 30
MOST_RATIO = 200
CHUNK = 1 << 20
_SHA = re.compile(r"^[0-9a-f]{64}$")
_CODE = re.compile(r"^[0-9A-Za-z._-]{1,64}$")
_NOT_A_BUNDLE = "Tệp này không phải gói mang tay của phần mềm Văn Thư, hoặc đã hỏng: "
_SAFE = " Chưa có gì được nhận. Hãy chép lại tệp từ USB, hoặc đề nghị nơi gửi lập lại gói."
LEAFLET_TEXT = (
    "GÓI VĂN BẢN ĐIỆN TỬ MANG TAY\r\n\r\n"
    "Tệp này chứa văn bản điện tử đã ký số gửi giữa hai cơ quan nhà nước, dùng khi một bên không có đường truyền.\r\n"
    "Nếu nhặt được, xin trả về cơ quan nhà nước gần nhất.\r\n\r\n"
    "Cách nhận: mở phần mềm Văn Thư → Gửi, nhận liên thông → Gói mang tay (USB) → Nhận gói, rồi chọn tệp này.\r\n"
    "Không giải nén, không đổi tên tệp bên trong.\r\n"
)


def unfit(reason: str) -> errors.Invalid:
    """The error for a file that is no bundle we may open."""
    return errors.Invalid({"file": _NOT_A_BUNDLE + reason + _SAFE})


@dataclass(frozen=True)
class Packet:
    """One packet of a bundle as the signed list names it."""

    sha256: str
    size: int
    type: str  # edoc | status


@dataclass(frozen=True)
class Answer:
    """What became of a packet that came by an earlier bundle."""

    sha256: str
    outcome: str
    sentence: str = ""


@dataclass(frozen=True)
class Held:
    """A document between the two agencies as the maker's books have it: `sent` and receipted, or `received`."""

    way: str  # sent | received
    id: str  # the document's id on the wire
    files: tuple[str, ...] = ()  # SHA-256 of each file, sorted; empty when the content was erased


@dataclass(frozen=True)
class Manifest:
    """The signed list."""

    code: str
    made_at: str
    sender_codes: tuple[str, ...]
    sender_name: str
    receiver_codes: tuple[str, ...]
    packets: tuple[Packet, ...]
    answers: tuple[Answer, ...] = ()
    held: tuple[Held, ...] = ()
    held_since: str = ""  # the books are told from this moment on; "" when they are not told

    def to_bytes(self) -> bytes:
        """The bytes that are signed."""
        said = {
            "format": FORMAT, "code": self.code, "made_at": self.made_at,
            "sender": {"codes": list(self.sender_codes), "name": self.sender_name},
            "receivers": list(self.receiver_codes),
            "packets": [vars(packet) for packet in self.packets],
            "answers": [vars(answer) for answer in self.answers],
            "held": [[one.way, one.id, list(one.files)] for one in self.held], "held_since": self.held_since,
        }  # fmt: skip
        return json.dumps(said, ensure_ascii=False, sort_keys=True, indent=1).encode()


def packet_name(number: int) -> str:
    """Where the packet lies in the file; numbers begin with 1."""
    return f"packets/{number:04d}.edxml"


def write(manifest: bytes, signed: dict, packets: list[Path], target: Path) -> Path:
    """Make the file. The same input gives the same bytes; memory stays flat."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        _add(archive, MANIFEST, manifest)
        _add(archive, SIGNATURE, json.dumps(signed, sort_keys=True).encode())
        _add(archive, LEAFLET, LEAFLET_TEXT.encode("utf-8-sig"))
        for number, path in enumerate(packets, 1):
            with (
                path.open("rb") as source,
                archive.open(_entry(packet_name(number)), "w", force_zip64=True) as out,
            ):
                while data := source.read(CHUNK):
                    out.write(data)
    return target


def _entry(name):
    entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o100644 << 16
    return entry


def _add(archive, name, data):
    with archive.open(_entry(name), "w") as out:
        out.write(data)


class Opened:
    """A bundle file opened for reading; its list is read and well formed, its signature not yet judged."""

    def __init__(self, archive, entries):
        self._archive, self._entries = archive, entries
        self.manifest_bytes = self._small(MANIFEST)
        self.signed = _json(self._small(SIGNATURE), "chữ ký")
        self.manifest = _manifest(_json(self.manifest_bytes, "danh mục"))
        if sum(name.startswith("packets/") for name in entries) > len(self.manifest.packets):
            raise unfit("trong tệp có gói tin không nằm trong danh mục đã ký.")

    def extract(self, number: int, target: Path) -> str:
        """Write packet `number` (from 1) into `target`; "" when it is the one listed, else what is wrong with it."""
        listed = self.manifest.packets[number - 1]
        entry = self._entries.get(packet_name(number))
        if entry is None:
            return "Gói tin thiếu trong tệp."
        hashed, size = hashlib.sha256(), 0
        try:
            with self._archive.open(entry) as source, target.open("wb") as out:
                while data := source.read(CHUNK):
                    size += len(data)
                    if size > listed.size:
                        return "Gói tin dài hơn danh mục đã ký."
                    hashed.update(data)
                    out.write(data)
        except (zipfile.BadZipFile, zipfile.zlib.error, EOFError, NotImplementedError, RuntimeError):
            return "Phần này của tệp bị hỏng (có thể do USB)."
        return "" if hashed.hexdigest() == listed.sha256 else "Nội dung khác với danh mục đã ký."

    def _small(self, name):
        try:
            with self._archive.open(self._entries[name]) as source:
                data = source.read(MOST_MANIFEST + 1)
        except KeyError as error:
            raise unfit(f"thiếu phần {name}.") from error
        except (zipfile.BadZipFile, zipfile.zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
            raise unfit(f"phần {name} bị hỏng.") from error
        if len(data) > MOST_MANIFEST:
            raise unfit("danh mục dài bất thường.")
        return data


@contextmanager
def opened(path: Path):
    """Open a bundle file within the limits. Raises Invalid."""
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, NotImplementedError, ValueError, EOFError) as error:
        raise unfit("không phải tệp ZIP đọc được.") from error
    with archive:
        yield Opened(archive, _checked(archive))


def _checked(archive):
    """name → entry, when every entry is one a bundle may have."""
    found = archive.infolist()
    if len(found) > MOST_PACKETS + 3:
        raise unfit(f"có hơn {MOST_PACKETS} gói tin.")
    entries = {}
    for entry in found:
        if not re.fullmatch(
            r"manifest\.json|manifest\.sig|DOC-TOI\.txt|packets/[0-9]{4}\.edxml", entry.filename
        ):
            raise unfit(f"có tệp lạ «{text.harmless(entry.filename, 60)}».")
        if entry.filename in entries:
            raise unfit("có hai phần trùng tên.")
        if entry.flag_bits & 1:
            raise unfit("có phần đặt mật khẩu.")
        if (entry.external_attr >> 16) & 0o170000 not in (0, 0o100000):
            raise unfit("có phần không phải là tệp thường.")
        if entry.file_size > edxml_tree.MOST_BYTES:
            raise unfit(f"có gói tin lớn hơn {edxml_tree.MOST_BYTES >> 20} MB.")
        if entry.file_size > 10 << 20 and entry.file_size > MOST_RATIO * max(1, entry.compress_size):
            raise unfit("có phần giãn ra bất thường (nghi là bom nén).")
        entries[entry.filename] = entry
    if sum(entry.file_size for entry in found) > MOST_UNPACKED:
        raise unfit(f"giải nén ra quá {MOST_UNPACKED >> 30} GB.")
    return entries


def _json(data, label):
    try:
        found = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise unfit(f"phần {label} không đọc được.") from error
    if not isinstance(found, dict):
        raise unfit(f"phần {label} không đúng dạng.")
    return found


def _manifest(said):
    if said.get("format") != FORMAT:
        raise unfit("gói do phiên bản khác lập (cần nâng cấp phần mềm, hoặc không phải gói mang tay).")
    try:
        return _read(said)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise unfit("danh mục không đúng dạng.") from error


def _read(said):
    sender, packets = said["sender"], said["packets"]
    if len(packets) > MOST_PACKETS:
        raise ValueError("packets")
    return Manifest(
        code=_matched(_CODE, said["code"]),
        made_at=str(said["made_at"])[:40],
        sender_codes=tuple(_matched(_CODE, code) for code in sender["codes"]),
        sender_name=text.harmless(str(sender["name"])),
        receiver_codes=tuple(_matched(_CODE, code) for code in said["receivers"]),
        packets=tuple(_packet(packet) for packet in packets),
        answers=tuple(_answer(answer) for answer in said["answers"][: 4 * MOST_PACKETS]),
        held=tuple(_held(*one) for one in said.get("held", ())[:MOST_HELD]),
        held_since=str(said.get("held_since", ""))[:40],
    )


def _packet(said):
    size = said["size"]
    if not isinstance(size, int) or isinstance(size, bool) or not 0 < size <= edxml_tree.MOST_BYTES:
        raise ValueError("size")
    if said["type"] not in ("edoc", "status"):
        raise ValueError("type")
    return Packet(_matched(_SHA, said["sha256"]), size, said["type"])


def _answer(said):
    outcome = _matched(re.compile(r"^[a-z_]{1,20}$"), said["outcome"])
    return Answer(_matched(_SHA, said["sha256"]), outcome, text.harmless(str(said.get("sentence", "")), 500))


def _held(way, wire_id, hashes):
    if way not in ("sent", "received") or not isinstance(wire_id, str):
        raise ValueError(way)
    return Held(way, wire_id[:300], tuple(_matched(_SHA, one) for one in hashes[:500]))


def _matched(pattern, value):
    if not isinstance(value, str) or not pattern.match(value):
        raise ValueError(value)
    return value
