"""The VXP dialect of the national axis: the signed headers of a call, the file's hash, the reply envelope. Pure.

The shared secret never travels: a call carries its values as one JSON text in a header and the HMAC-SHA256 of that text.
Real clients repeat each value in a header of its own, and leave old ones there, so only the signed text counts.
"""

import hashlib
import hmac
import json
from datetime import datetime

from models import clock

PREFIX = "XroadVnpt-"
VERSION = "3.0.201608"
AGENT = "JAVASDKAgent/1.0.0 XRoad/VPCP VanThu/1.0"  # what gateways know, then who we are
# Real clients write their values in this order, since all of them hold them in the same table.
_ORDER = (
    "systemid", "level", "AgencyCode", "servicetype", "messagetype", "docId", "docid", "hash-file", "filePath", "from", "to",
    "timestamp", "Content-Type", "status",
)  # fmt: skip
_GSON = str.maketrans({sign: f"\\u{ord(sign):04x}" for sign in "<>&='"})  # so does their JSON writer
OPERATIONS = (
    "getReceivedEdocList", "getEdoc", "updateStatus", "sendEdoc", "getSentEdocList", "countReceiveEdoc",
    "countReceiveStatus", "downloadEdoc", "getAgenciesList", "getAgenciesListQD20", "getSynchronizeUnit",
    "registerAgency", "deleteAgency",
)  # fmt: skip
EXTENSIONS = ("uploadState", "uploadPart")  # ours: a packet in parts, for lines that are cut

OK = "0"
BAD_FILE, BAD_SECRET, NO_RECEIVER, NO_SENDER = "10", "15", "18", "19"
SYSTEM_FAULT, FILE_FAULT, BAD_EDXML, RECEIVER_CLOSED = "20", "21", "22", "23"
PASSING = {SYSTEM_FAULT, FILE_FAULT}  # faults that another try may get over
MEANINGS = {
    OK: "Thành công",
    BAD_FILE: "Tệp gửi lên không hợp lệ",
    BAD_SECRET: "Sai mã hệ thống hoặc khóa bí mật",
    NO_RECEIVER: "Đơn vị nhận không tồn tại trên trục",
    NO_SENDER: "Đơn vị gửi chưa đăng ký trên trục",
    SYSTEM_FAULT: "Trục gặp lỗi hệ thống",
    FILE_FAULT: "Trục gặp lỗi khi xử lý tệp",
    BAD_EDXML: "Gói tin sai định dạng edXML",
    RECEIVER_CLOSED: "Đơn vị nhận đã khóa trên trục",
}


class Unsigned(Exception):
    """The call carries no readable signed values; the sentence says what is missing."""


class Call:
    """The signed values of a call. `system_id` is who it says it is until `is_signed_with` is true."""

    def __init__(self, headers: dict[str, str]):
        """`headers`: lower-case name → value, each byte of the wire one character (latin-1).

        Raises Unsigned.
        """
        text = headers.get("xroadvnpt-sign-header", "")
        self.signed = text.encode("latin-1", "replace")
        self.given = headers.get("xroadvnpt-hash-header", "")
        try:
            pairs = json.loads(self.signed)
        except (ValueError, RecursionError) as error:
            raise Unsigned("thiếu hoặc sai phần thông tin có ký (sign-header)") from error
        if not isinstance(pairs, dict):
            raise Unsigned("phần thông tin có ký (sign-header) không đúng dạng")
        self.values = {name.removeprefix(PREFIX): _as_words(value) for name, value in pairs.items()}
        self.system_id = self.values.get("systemid", "")
        if not isinstance(pairs.get(f"{PREFIX}systemid"), str) or not self.system_id:
            raise Unsigned("phần thông tin có ký (sign-header) không có mã hệ thống (systemid)")
        if headers.get("xroadvnpt-systemid") != self.system_id:
            raise Unsigned("mã hệ thống (systemid) khác với mã trong phần có ký")

    def is_signed_with(self, secret: str) -> bool:
        """True when the caller knows the secret. The text is never serialised again."""
        given = self.given.lower().encode("latin-1", "replace")
        return hmac.compare_digest(_mac(secret, self.signed).encode(), given)

    def get(self, name: str) -> str:
        """A signed value, "" when absent."""
        return self.values.get(name, "")

    def message_type(self) -> str:
        """«edoc» or «status»; clients differ in case."""
        return "status" if self.get("messagetype").lower() == "status" else "edoc"

    def wanted_id(self, operation: str) -> str:
        """The packet meant. One object of a real client serves all calls, so old ids linger beside the right one."""
        names = ("docid", "docId") if operation == "updateStatus" else ("docId", "docid")
        return next((self.values[name] for name in names if self.values.get(name)), "")


def signed_headers(system_id: str, secret: str, values: dict[str, str], content_type: str) -> dict[str, str]:
    """Headers of a call as the real client sends them."""
    given = {
        "systemid": system_id,
        **values,
        "timestamp": _timestamp(clock.now()),
        "Content-Type": content_type,
    }
    names = [name for name in _ORDER if name in given] + [name for name in given if name not in _ORDER]
    ordered = {name: given[name] for name in names}
    text = json.dumps({PREFIX + name: value for name, value in ordered.items()}, separators=(",", ":"))
    text = text.translate(_GSON)
    own = {PREFIX + name: value for name, value in ordered.items() if value.isascii() and value.isprintable()}
    return own | {
        "Content-Type": content_type,
        PREFIX + "sign-header-key": ";".join(ordered),
        PREFIX + "sign-header": text,
        PREFIX + "hash-header": _mac(secret, text.encode()),
        PREFIX + "version": VERSION,
        "User-Agent": AGENT,
        "Accept-Encoding": "identity",
    }


def short_hash(digest: bytes) -> str:
    """SHA-256 as the axis's own client prints it: each byte in hexadecimal without padding."""
    return "".join(format(byte, "x") for byte in digest)


class BodyHash:
    """Hashes a body in pieces. Clients add one line end behind the file that the hash leaves out."""

    def __init__(self):
        self._hash = hashlib.sha256()
        self._held = b""

    def update(self, piece: bytes) -> None:
        """Take the next piece."""
        if len(piece) < 2:
            piece, self._held = self._held + piece, b""
        self._hash.update(self._held)
        self._hash.update(memoryview(piece)[:-2])
        self._held = bytes(piece[-2:])

    def matches(self, given: str) -> bool:
        """True when `given` is the hash of the file, with or without the added line end, padded or not."""
        return self.file_hash(given) is not None

    def file_hash(self, given: str) -> tuple[str, int] | None:
        """(SHA-256 in full of the file that `given` is the hash of, bytes behind it to cut off), None for no match."""
        whole = self._hash.copy()
        whole.update(self._held)
        given = given.lower()
        for digest, extra in ((self._hash, 2), (whole, 0)):
            if extra and not self.has_line_end:
                continue
            if given in (short_hash(digest.digest()), digest.hexdigest()):
                return digest.hexdigest(), extra
        return None

    def short(self) -> str:
        """The hash of all bytes as clients write it."""
        whole = self._hash.copy()
        whole.update(self._held)
        return short_hash(whole.digest())

    @property
    def has_line_end(self) -> bool:
        """True when the body ends with the added line end."""
        return self._held == b"\r\n"


def storable(given: str) -> str:
    """A text of the wire without what no database takes: halves of letters, and NUL."""
    return given.encode("utf-8", "ignore").decode().replace("\0", "")


def _as_words(value) -> str:
    """A signed value as clients mean it: words and numbers as such, null is nothing, a list its JSON text."""
    if isinstance(value, str):
        return storable(value)
    return "" if value is None else json.dumps(value)


def success(**extra) -> bytes:
    """The reply to a call that was carried out."""
    return _reply("OK", OK, "Thanh cong", extra)


def failure(code: str, reason: str = "", **extra) -> bytes:
    """The reply to a call that was refused; HTTP status stays 200, as the clients expect."""
    return _reply("FAIL", code, reason or MEANINGS[code], extra)


def parsed(body: bytes) -> dict | None:
    """A reply's fields, or None when the answer is not a reply of an axis at all."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or "status" not in found or "ErrorCode" not in found:
        return None
    return found | {"ErrorCode": str(found["ErrorCode"]), "ErrorDesc": str(found.get("ErrorDesc") or "")}


def is_positive(reply: dict) -> bool:
    """True only for the full positive answer; anything less is no answer."""
    return reply["status"] == "OK" and reply["ErrorCode"] == OK


def stamp(moment: datetime | None) -> str:
    """A moment in a list, in Vietnam's wall clock; "" for none (a null would empty the reader's whole list)."""
    return clock.local(moment).strftime("%Y/%m/%d %H:%M:%S") if moment else ""


def _reply(status, code, reason, extra):
    fields = {"status": status, "ErrorCode": code, "ErrorDesc": reason, **extra}
    return json.dumps(fields, ensure_ascii=True).encode()


def _mac(secret, message):
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()


def _timestamp(moment):
    wall = clock.local(moment)
    return f"{wall:%d%m%YT%H%M%S}+{wall.microsecond // 1000:04d}"
