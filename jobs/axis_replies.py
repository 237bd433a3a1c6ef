"""What an axis's answer means: the fields of the full positive reply, Retry, LineFault or GiveUp; and its packed packet."""

import binascii
import re
from pathlib import Path

from models import outbox, vxp

CHUNK = 1 << 18
MOST_AFTER = 3600  # seconds an axis may ask us to stay away
SAFE = " Chưa có gì mất; hệ thống tự thử lại."
BUSY = {429, 503}
_DATA = re.compile(rb'"data"\s*:\s*"')
_UNESCAPED = (
    (b"\\u003d", b"="),
    (b"\\u002b", b"+"),
    (b"\\u002f", b"/"),
    (b"\\/", b"/"),
    (b"\\n", b""),
    (b"\\r", b""),
)
_LONGEST_ESCAPE = 6


class LineFault(outbox.Retry):
    """The axis was not there, or something between spoke in its place; whether the packet arrived is not known."""


class NotSent(LineFault):
    """Nothing was delivered for certain: the call ended before a byte of the body, or the axis did not let us in.

    `code` is what the axis answered, "" when it did not.
    """

    def __init__(self, reason: str, after: float = 0, code: str = ""):
        super().__init__(reason, after=after, for_ever=True, counts=False)
        self.code = code


def judged(answer, data: bytes) -> dict:
    """The reply's fields when it is the full positive one. Raises Retry, LineFault or GiveUp."""
    if answer.is_redirect:
        raise LineFault(
            "Địa chỉ trục chuyển hướng sang nơi khác; hệ thống không đi theo. Hãy kiểm tra địa chỉ trục."
        )
    reply = vxp.parsed(data)
    if reply is None or answer.status_code in BUSY:
        words = f"Trục trả lời không đúng giao thức (HTTP {answer.status_code})."
        if answer.status_code in BUSY:
            words = f"Trục đang quá tải (HTTP {answer.status_code})."
        raise LineFault(words + SAFE, after=_asked_to_wait(answer))
    if vxp.is_positive(reply):
        return reply
    code, words = reply["ErrorCode"], reply["ErrorDesc"]
    meaning = vxp.MEANINGS.get(code, "Trục từ chối")
    sentence = f"{meaning} (mã {code}{': ' + words if words and words != meaning else ''})."
    if code == vxp.BAD_SECRET:
        raise NotSent(
            sentence + " Văn bản chờ ở đây; quản trị sửa kết nối trục xong sẽ tự gửi.", after=60, code=code
        )
    if code in vxp.PASSING or code not in vxp.MEANINGS or code == vxp.OK:
        raise outbox.Retry(sentence + SAFE)
    raise outbox.GiveUp(sentence)


def _asked_to_wait(answer):
    asked = answer.headers.get("retry-after", "").strip()
    return min(int(asked), MOST_AFTER) if asked.isascii() and asked.isdecimal() else None


class Whole:
    """Stands for an answer whose status is known to be good."""

    is_redirect, status_code, headers = False, 200, {}


def unpack(answer: Path, target: Path) -> None:
    """Cut the base64 out of the reply without reading it as one text. Raises Retry or GiveUp."""
    with answer.open("rb") as source:
        head = source.read(1 << 16)
        found = _DATA.search(head)
        if found is None:
            _judged_file(head)
        source.seek(found.end())
        with target.open("wb") as out:
            rest = _decode(source, out)
        tail = source.read(1 << 16)
    envelope = head[: found.end()] + b'"' + (rest + tail).partition(b'"')[2]
    reply = vxp.parsed(envelope)
    if reply is None or not vxp.is_positive(reply):
        target.unlink(missing_ok=True)
        _judged_file(envelope)
    if not target.stat().st_size:
        raise outbox.Retry("Trục trả về gói tin rỗng." + SAFE)


def _judged_file(data):
    judged(Whole, data)
    raise outbox.Retry("Trục trả lời thiếu nội dung gói tin." + SAFE)


def _decode(source, out):
    """Decode up to the closing quote; returns what was read behind it, quote included."""
    held = b""
    while piece := source.read(CHUNK):
        text, quote, behind = (held + piece).partition(b'"')
        # Some writers escape «=», «+», «/» inside JSON.
        cut = len(text)
        if not quote and b"\\" in text[-_LONGEST_ESCAPE:]:
            cut = max(0, text.rfind(b"\\"))
        ready, held = text[:cut], text[cut:]
        for escaped, plain in _UNESCAPED:
            ready = ready.replace(escaped, plain)
        if not quote:
            whole = len(ready) - len(ready) % 4
            ready, held = ready[:whole], ready[whole:] + held
        try:
            out.write(binascii.a2b_base64(ready))
        except binascii.Error as error:
            raise outbox.Retry("Nội dung gói tin tải về bị hỏng." + SAFE) from error
        if quote:
            return quote + behind
    raise LineFault("Kết nối đứt khi đang tải gói tin." + SAFE, for_ever=True)
