"""HTTP client of the axis (or of a hub): every answer becomes a value, Retry (may pass) or GiveUp (a person decides).

TLS is always verified, no redirect is followed, bodies are streamed both ways, and an answer counts as positive only
when it is the full positive reply: an empty page, a portal's HTML or a half reply is no acknowledgement.
"""

import binascii
import json
import re
from pathlib import Path

import httpx

from models import edxml_tree, failpoints, outbox, vxp
from models.vxp import BodyHash

CONNECT, READ = 10.0, 120.0  # seconds
KEPT = 4.0  # seconds a connection may lie idle: below what servers allow, so that we hang up first
MOST_REPLY = 64 << 20
MOST_PACKET = edxml_tree.MOST_BYTES * 4 // 3 + (1 << 20)
CHUNK = 1 << 18
MOST_NAMED = 50  # receivers repeated in the headers; the axis reads them from the packet
_DATA = re.compile(rb'"data"\s*:\s*"')
DISK = "Đĩa của máy chủ đầy hoặc lỗi nên chưa gửi, nhận được. Chưa có gì mất; giải phóng đĩa xong hệ thống tự làm tiếp."
_SAFE = " Chưa có gì mất; hệ thống tự thử lại."


class NotSent(outbox.Retry):
    """The call ended before a byte of the body went out."""


class Client:
    """One axis, one system id. Use as a context manager."""

    def __init__(self, url: str, system_id: str, secret: str, read_seconds: float = READ):
        self.url, self.system_id, self.secret = url.rstrip("/"), system_id, secret
        self.http = httpx.Client(
            timeout=httpx.Timeout(read_seconds, connect=CONNECT), follow_redirects=False, trust_env=False,
            limits=httpx.Limits(max_keepalive_connections=2, keepalive_expiry=KEPT),
        )  # fmt: skip

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self) -> None:
        """Hang up."""
        self.http.close()

    def send_edoc(self, packet: Path, message_type: str, own_code: str, receivers: list[str]) -> str:
        """Send a packet; returns the axis's id of it. Only this id means «sent»."""
        values = {
            "servicetype": "eDoc",
            "messagetype": message_type,
            "hash-file": _short_hash(packet),
            "from": own_code,
        }
        if receivers and len(receivers) <= MOST_NAMED:
            values["to"] = json.dumps(receivers)
        headers = self._headers(values, "application/octet-stream")
        headers["Content-Length"] = str(packet.stat().st_size + 2)
        failpoints.reach("send.connect")
        reply = self._reply("sendEdoc", headers, _body(packet))
        failpoints.reach("send.ack-read")
        axis_id = reply.get("DocId")
        if not isinstance(axis_id, str) or not axis_id:
            raise outbox.Retry("Trục trả lời nhưng không cấp mã gói tin, nên chưa coi là đã gửi." + _SAFE)
        failpoints.reach("send.ack-verified")
        return axis_id

    def received_list(self, message_type: str) -> list[dict]:
        """Packets that wait for us."""
        return self._list("getReceivedEdocList", {"servicetype": "eDoc", "messagetype": message_type})

    def sent_list(self, message_type: str, axis_id: str = "") -> list[dict]:
        """What we sent, one row per receiver."""
        values = {"servicetype": "eDoc", "messagetype": message_type} | (
            {"docId": axis_id} if axis_id else {}
        )
        return self._list("getSentEdocList", values)

    def agencies(self) -> list[dict]:
        """The axis's list of agencies."""
        return self._list("getAgenciesList", {})

    def get_edoc(self, axis_id: str, target: Path) -> Path:
        """Fetch a packet into `target`; memory stays flat whatever its size."""
        headers = self._headers({"servicetype": "eDoc", "docId": axis_id}, "application/json")
        answer = target.with_name(f"{target.name}.reply")
        try:
            self._download("getEdoc", headers, answer)
            _unpack(answer, target)
        finally:
            answer.unlink(missing_ok=True)
        return target

    def update_status(self, axis_id: str, status: str, description: str = "") -> None:
        """Tell the axis what became of a fetched packet: processing, done or fail."""
        values = {"servicetype": "eDoc", "docid": axis_id, "status": status}
        if description:
            values["description"] = description[:500]
        self._reply("updateStatus", self._headers(values, "application/json"), b"{}")

    def _headers(self, values, content_type):
        return vxp.signed_headers(self.system_id, self.secret, values, content_type)

    def _list(self, operation, values):
        found = self._reply(operation, self._headers(values, "application/json"), b"").get("data", [])
        return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []

    def _reply(self, operation, headers, body):
        try:
            with self.http.stream("POST", f"{self.url}/{operation}", headers=headers, content=body) as answer:
                data = bytearray()
                for piece in answer.iter_raw(CHUNK):
                    data += piece
                    if len(data) > MOST_REPLY:
                        raise outbox.Retry("Trục trả lời dài bất thường." + _SAFE)
        except httpx.HTTPError as error:
            raise _unreachable(error) from error
        return _judged(answer, bytes(data))

    def _download(self, operation, headers, target):
        try:
            with self.http.stream(
                "POST", f"{self.url}/{operation}", headers=headers, content=b"{}"
            ) as answer:
                size = 0
                with target.open("wb") as out:
                    for piece in answer.iter_raw(CHUNK):
                        size += len(piece)
                        if size > MOST_PACKET:
                            raise outbox.GiveUp("Gói tin trên trục lớn hơn mức hệ thống nhận được.")
                        out.write(piece)
        except httpx.HTTPError as error:
            raise _unreachable(error) from error
        if answer.status_code >= 300:
            with target.open("rb") as source:
                _judged(answer, source.read(1 << 16))


def _unreachable(error):
    if "CERTIFICATE" in str(error).upper():
        return NotSent(
            f"Chứng thư TLS của trục không tin cậy được ({error}); không gửi gì qua kết nối này. "
            "Hãy báo đơn vị vận hành trục.", for_ever=True,
        )  # fmt: skip
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.UnsupportedProtocol):
        return NotSent(f"Không kết nối được tới trục ({type(error).__name__})." + _SAFE, for_ever=True)
    if isinstance(error, httpx.TimeoutException):
        return outbox.Retry("Trục không trả lời trong thời gian chờ." + _SAFE, for_ever=True)
    return outbox.Retry(
        f"Kết nối tới trục bị ngắt giữa chừng ({type(error).__name__})." + _SAFE, for_ever=True
    )


def _judged(answer, data):
    """The reply's fields when it is the full positive one. Raises Retry or GiveUp."""
    if answer.is_redirect:
        raise outbox.Retry(
            "Địa chỉ trục chuyển hướng sang nơi khác; hệ thống không đi theo. Hãy kiểm tra địa chỉ trục."
        )
    reply = vxp.parsed(data)
    if reply is None:
        raise outbox.Retry(f"Trục trả lời không đúng giao thức (HTTP {answer.status_code})." + _SAFE)
    if vxp.is_positive(reply):
        return reply
    code, words = reply["ErrorCode"], reply["ErrorDesc"]
    meaning = vxp.MEANINGS.get(code, "Trục từ chối")
    sentence = f"{meaning} (mã {code}{': ' + words if words and words != meaning else ''})."
    if code in vxp.PASSING or code not in vxp.MEANINGS or code == vxp.OK:
        raise outbox.Retry(sentence + _SAFE)
    raise outbox.GiveUp(sentence)


def _body(packet):
    half = packet.stat().st_size // 2
    sent = 0
    with packet.open("rb") as source:
        while piece := source.read(CHUNK):
            yield piece
            if sent <= half < sent + len(piece):
                failpoints.reach("send.body-half")
            sent += len(piece)
    yield b"\r\n"
    failpoints.reach("send.body-sent")


def _short_hash(packet):
    hashed = BodyHash()
    with packet.open("rb") as source:
        while piece := source.read(CHUNK):
            hashed.update(piece)
    return hashed.short()


def _unpack(answer: Path, target: Path) -> None:
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
        raise outbox.Retry("Trục trả về gói tin rỗng." + _SAFE)


def _judged_file(data):
    _judged(httpx.Response(200), data)
    raise outbox.Retry("Trục trả lời thiếu nội dung gói tin." + _SAFE)


def _decode(source, out):
    """Decode up to the closing quote; returns what was read behind it, quote included."""
    held = b""
    while piece := source.read(CHUNK):
        text, quote, behind = (held + piece).partition(b'"')
        # Some writers escape «=», «+», «/» inside JSON.
        cut = len(text) if quote else max(0, text.rfind(b"\\") if b"\\" in text[-6:] else len(text))
        ready, held = text[:cut], text[cut:]
        for escaped, plain in (
            (b"\\u003d", b"="),
            (b"\\u002b", b"+"),
            (b"\\/", b"/"),
            (b"\\n", b""),
            (b"\\r", b""),
        ):
            ready = ready.replace(escaped, plain)
        if not quote:
            whole = len(ready) - len(ready) % 4
            ready, held = ready[:whole], ready[whole:] + held
        try:
            out.write(binascii.a2b_base64(ready))
        except binascii.Error as error:
            raise outbox.Retry("Nội dung gói tin tải về bị hỏng." + _SAFE) from error
        if quote:
            return quote + behind
    raise outbox.Retry("Kết nối đứt khi đang tải gói tin." + _SAFE)
