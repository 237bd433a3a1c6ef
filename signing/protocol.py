"""Messages between page, agent and server; plain JSON, a version in every message. Shared with the agent, so it
imports only the standard library.

Page → agent over WebSocket (agent on loopback):
  {"v":1, "do":"list"}                       → {"v":1, "certificates":[{token, label, serial, subject, name,
                                                organisation, kind, not_after, certificate, chain}]}   (DER in base64)
  {"v":1, "do":"sign", "nonce":"…"}          → {"v":1, "certificate":sha256, "signatures":[base64, …]}
  anything that fails                        → {"v":1, "error":code, "message":"câu tiếng Việt"}

Agent → server over HTTP, without cookie: GET {origin}/signing/tickets/{nonce}, once a nonce:
  {"v":1, "purpose":"leader|seal|annex", "document":"trích yếu", "person":"…", "certificate":sha256,
   "items":[{"name":"tên tệp", "mechanism":"rsa|ecdsa", "hash":"sha256|sha384", "digest":hex}]}

So what is signed comes from the server and not from the page; the page only carries the nonce. The PIN is typed into
the agent's own window and crosses no socket.
"""

import json
import re

VERSION = 1
LARGEST_MESSAGE = 8_192  # bytes, page → agent
LARGEST_TICKET = 262_144  # bytes, server → agent
MOST_ITEMS = 100  # digests under one PIN
NONCE = re.compile(r"^[A-Za-z0-9_-]{43,128}$")
HASH_BYTES = {"sha256": 32, "sha384": 48}
MECHANISMS = ("rsa", "ecdsa")
TICKET_PATH = "/signing/tickets/"

SENTENCES = {
    "version": "Phần mềm ký trên máy này không cùng phiên bản với máy chủ. Hãy cập nhật phần mềm ký.",
    "bad_message": "Yêu cầu gửi đến phần mềm ký không đúng quy cách. Hãy tải lại trang rồi ký lại.",
    "bad_ticket": "Máy chủ không xác nhận yêu cầu ký này (đã dùng hoặc quá hạn). Chưa ký gì; hãy tải lại trang rồi ký lại.",
    "busy": "Phần mềm ký đang chờ bạn trả lời một yêu cầu khác. Hãy trả lời hoặc hủy yêu cầu ấy trước.",
    "no_module": "Không nạp được thư viện của thiết bị ký. Hãy cài phần mềm đi kèm thiết bị rồi mở lại phần mềm ký.",
    "no_token": "Không thấy thiết bị ký. Hãy cắm thiết bị rồi bấm ký lại; văn bản chưa bị thay đổi.",
    "no_certificate": "Thiết bị đang cắm không có chứng thư được yêu cầu. Hãy cắm đúng thiết bị rồi ký lại.",
    "wrong_pin": "Mã PIN không đúng. Chưa ký gì; hãy ký lại và nhập đúng mã PIN (sai nhiều lần thiết bị sẽ bị khóa).",
    "locked": "Thiết bị đã bị khóa vì nhập sai mã PIN nhiều lần. Hãy liên hệ nơi cấp để mở khóa; văn bản chưa bị thay đổi.",
    "removed": "Thiết bị ký bị rút ra giữa chừng. Chưa ký gì; hãy cắm lại rồi ký lại.",
    "token_error": "Thiết bị ký báo lỗi. Chưa ký gì; hãy rút ra cắm lại rồi ký lại.",
    "cancelled": "Bạn đã hủy việc ký. Văn bản chưa bị thay đổi.",
    "timeout": "Hết thời gian chờ nhập mã PIN. Văn bản chưa bị thay đổi; hãy ký lại.",
}


class ProtocolError(Exception):
    """A failure with its code; `str(error)` is the Vietnamese sentence for the person."""

    def __init__(self, code: str, detail: str = ""):
        self.code, self.detail = code, detail
        super().__init__(SENTENCES[code])


def encode(**content) -> str:
    """A message with its version."""
    return json.dumps({"v": VERSION, **content}, ensure_ascii=False)


def failure(error: ProtocolError) -> str:
    """The message that tells of a failure."""
    return encode(error=error.code, message=str(error))


def decode_request(text) -> dict:
    """A page's request, strictly: {"do": "list"} or {"do": "sign", "nonce": …}. Raises ProtocolError."""
    found = _object(text, LARGEST_MESSAGE)
    if found.get("do") == "list" and set(found) == {"v", "do"}:
        return found
    if found.get("do") == "sign" and set(found) == {"v", "do", "nonce"} and is_nonce(found["nonce"]):
        return found
    raise ProtocolError("bad_message")


def decode_ticket(body: bytes) -> dict:
    """What the server wants signed, strictly. Raises ProtocolError("bad_ticket")."""
    try:
        found = _object(body, LARGEST_TICKET)
        items = found["items"]
        fits = (
            isinstance(items, list)
            and 1 <= len(items) <= MOST_ITEMS
            and all(_is_item(item) for item in items)
            and re.fullmatch(r"[0-9a-f]{64}", found["certificate"])
            and all(
                isinstance(found[name], str) and len(found[name]) < 2000
                for name in ("purpose", "document", "person")
            )
        )
    except (KeyError, TypeError) as problem:
        raise ProtocolError("bad_ticket") from problem
    if not fits:
        raise ProtocolError("bad_ticket")
    return found


def is_nonce(value) -> bool:
    """True for something that may be a nonce of ours."""
    return isinstance(value, str) and bool(NONCE.match(value))


def _is_item(item):
    return (
        isinstance(item, dict)
        and item.get("mechanism") in MECHANISMS
        and item.get("hash") in HASH_BYTES
        and isinstance(item.get("name"), str)
        and len(item["name"]) < 500
        and re.fullmatch(r"[0-9a-f]+", str(item.get("digest"))) is not None
        and len(item["digest"]) == 2 * HASH_BYTES[item["hash"]]
    )


def _object(text, limit):
    if not isinstance(text, (str, bytes)) or len(text) > limit:
        raise ProtocolError("bad_message")
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as problem:
        raise ProtocolError("bad_message") from problem
    if not isinstance(found, dict):
        raise ProtocolError("bad_message")
    if found.get("v") != VERSION:
        raise ProtocolError("version")
    return found
