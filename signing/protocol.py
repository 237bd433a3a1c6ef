"""Messages between page, agent and server; plain JSON, a version in every message. Shared with the agent, so it
imports only the standard library.

Page → agent over WebSocket (agent on loopback, the first free of PORTS):
  {"v":1, "do":"list"}             → {"v":1, "certificates":[{sha256, name, title, organisation, kind, serial, subject,
                                      not_before, not_after, algorithm, token, token_serial, module, certificate,
                                      chain}], "machine":"…", "problems":[{"code","message"}]}      (DER in base64)
  {"v":1, "do":"sign", "nonce":"…"} → any number of {"v":1, "progress":{"done":n, "of":m, "say":"…"}}, and at the end
      {"v":1, "certificate":sha256, "machine":"…", "signatures":[base64 | null, …], "error":code?, "message":"câu"?}
      one signature an item, null where none was made; a batch that stops half-way delivers what was signed.
  what fails before anything is signed → {"v":1, "error":code, "message":"câu tiếng Việt", "attempts_left":n?}
  A page that closes its socket closes the question with it.

Agent → server over HTTP, without cookie: GET {origin}/signing/tickets/{nonce}, once a nonce:
  {"v":1, "purpose":"leader|seal|annex|copy|batch", "title":"trích yếu", "person":"…", "agency":"…",
   "certificate":sha256, "items":[{"name":"tên tệp", "document":"trích yếu", "pages":n, "mechanism":"rsa|ecdsa",
   "hash":"sha256|sha384", "digest":hex}]}                                     1 to MOST_ITEMS items; pages 0 = unknown

So what is signed comes from the server and not from the page; the page only carries the nonce. The PIN is typed into
the agent's own window and crosses no socket.
"""

import json
import re

VERSION = 1
PORTS = (9447, 9448, 9449)  # where an agent is looked for, in this order
LARGEST_MESSAGE = 8_192  # bytes, page → agent
LARGEST_TICKET = 262_144  # bytes, server → agent
MOST_ITEMS = 100  # digests under one PIN
MOST_PAGES = 100_000
NONCE = re.compile(r"[A-Za-z0-9_-]{43,128}")
HASH_BYTES = {"sha256": 32, "sha384": 48}
MECHANISMS = ("rsa", "ecdsa")
PURPOSES = ("leader", "seal", "annex", "copy", "batch")
TICKET_PATH = "/signing/tickets/"

_AGAIN = "Chưa ký gì; hãy rút thiết bị ra, cắm lại rồi ký lại."
_ISSUER = "Hãy liên hệ nơi cấp thiết bị"
SENTENCES = {
    "version": "Phần mềm ký trên máy này không cùng phiên bản với máy chủ. Hãy cập nhật phần mềm ký.",
    "bad_message": "Yêu cầu gửi đến phần mềm ký không đúng quy cách. Hãy tải lại trang rồi ký lại.",
    "bad_ticket": "Máy chủ không xác nhận yêu cầu ký này (đã dùng hoặc quá hạn). Chưa ký gì; hãy tải lại trang rồi ký lại.",
    "no_server": "Phần mềm ký không liên lạc được với máy chủ. Chưa ký gì; hãy kiểm tra mạng rồi ký lại.",
    "bad_tls": "Máy này không tin chứng thư TLS của máy chủ nên không lấy được nội dung cần ký. Chưa ký gì; hãy báo quản trị cài "
    "chứng thư gốc của máy chủ vào máy này.",
    "busy": "Phần mềm ký đang chờ bạn trả lời một yêu cầu khác. Hãy trả lời hoặc hủy yêu cầu ấy trước.",
    "no_driver": "Máy này chưa có trình điều khiển của thiết bị ký. Hãy cài phần mềm đi kèm thiết bị rồi mở lại phần mềm ký.",
    "no_module": "Không nạp được thư viện của thiết bị ký. Hãy cài phần mềm đi kèm thiết bị rồi mở lại phần mềm ký.",
    "no_token": "Không thấy thiết bị ký. Hãy cắm thiết bị rồi bấm ký lại; văn bản chưa bị thay đổi.",
    "no_certificate": "Thiết bị đang cắm không có chứng thư được yêu cầu. Hãy cắm đúng thiết bị rồi ký lại.",
    "empty_token": f"Thiết bị đang cắm chưa có chứng thư nào. {_ISSUER} để nạp chứng thư.",
    "no_key": f"Thiết bị có chứng thư nhưng không có khóa bí mật của chứng thư ấy. Chưa ký gì. {_ISSUER}.",
    "unfit_key": "Khóa trong thiết bị không cùng loại với chứng thư, hoặc không đạt RSA 2048–4096, ECDSA P-256/P-384. "
    f"Chưa ký gì. {_ISSUER}.",
    "wrong_pin": "Mã PIN không đúng. Chưa ký gì; hãy ký lại và nhập đúng mã PIN (sai nhiều lần thiết bị sẽ bị khóa).",
    "last_attempt": "Thiết bị chỉ còn MỘT lần nhập mã PIN, nên phần mềm ký không thử nữa để thiết bị khỏi bị khóa. "
    f"Chưa ký gì. {_ISSUER} để đặt lại mã PIN.",
    "locked": f"Thiết bị đã bị khóa vì nhập sai mã PIN nhiều lần. {_ISSUER} để mở khóa; văn bản chưa bị thay đổi.",
    "pin_length": "Mã PIN vừa nhập dài hoặc ngắn hơn mức thiết bị cho phép. Chưa ký gì; hãy ký lại và nhập đúng mã PIN.",
    "pin_expired": "Mã PIN đã hết hạn hoặc phải đổi trước lần dùng đầu. Chưa ký gì; hãy đổi mã PIN bằng phần mềm đi kèm "
    "thiết bị rồi ký lại.",
    "pin_missing": f"Thiết bị chưa được đặt mã PIN. Chưa ký gì. {_ISSUER}.",
    "pad_each": "Thiết bị có bàn phím PIN và đòi xác nhận riêng từng chữ ký; phần mềm ký chưa dùng được cách này. Chưa ký "
    "gì; hãy tải văn bản xuống, ký bằng phần mềm đi kèm thiết bị rồi tải lên.",
    "removed": "Thiết bị ký bị rút ra giữa chừng. Hãy cắm lại rồi ký tiếp những văn bản chưa ký.",
    "logged_out": f"Thiết bị đã tự đăng xuất. {_AGAIN}",
    "session": f"Phiên làm việc với thiết bị đã mất. {_AGAIN}",
    "mechanism": f"Thiết bị không ký được theo thuật toán của chứng thư này. Chưa ký gì. {_ISSUER}.",
    "device": f"Thiết bị ký báo lỗi phần cứng. {_AGAIN} Nếu lặp lại, hãy liên hệ nơi cấp thiết bị.",
    "memory": "Máy hoặc thiết bị ký hết bộ nhớ. Chưa ký gì; hãy đóng bớt chương trình, cắm lại thiết bị rồi ký lại.",
    "in_use": "Một chương trình khác đang dùng thiết bị ký. Chưa ký gì; hãy đóng chương trình ấy rồi ký lại.",
    "token_error": f"Thiết bị ký báo lỗi. {_AGAIN}",
    "cancelled": "Bạn đã hủy việc ký. Văn bản chưa bị thay đổi.",
    "closed": "Trang đã đóng nên việc ký dừng lại.",
    "timeout": "Hết thời gian chờ nhập mã PIN. Văn bản chưa bị thay đổi; hãy ký lại.",
    "no_window": "Phần mềm ký không có cửa sổ hay màn hình lệnh để hỏi mã PIN. Chưa ký gì; hãy mở lại phần mềm ký rồi ký lại.",
}


class ProtocolError(Exception):
    """A failure with its code; `str(error)` is the Vietnamese sentence for the person.

    `attempts_left` is how many PINs the token still takes, where it tells; `sentence` replaces the code's own.
    """

    def __init__(self, code: str, detail: str = "", attempts_left: int | None = None, sentence: str = ""):
        self.code, self.detail, self.attempts_left = code, detail, attempts_left
        super().__init__(sentence or SENTENCES[code])


def encode(**content) -> str:
    """A message with its version."""
    return json.dumps({"v": VERSION, **content}, ensure_ascii=False)


def failure(error: ProtocolError) -> str:
    """The message that tells of a failure before anything was signed."""
    known = {} if error.attempts_left is None else {"attempts_left": error.attempts_left}
    return encode(error=error.code, message=str(error), **known)


def progress(done: int, of: int, say: str) -> str:
    """The message on the way: `done` of `of` items are signed."""
    return encode(progress={"done": done, "of": of, "say": say})


def fingerprint(digest: str) -> str:
    """The beginning of a digest as page and agent both show it: «1a2b 3c4d»."""
    return f"{digest[:4]} {digest[4:8]}"


def decode_request(text) -> dict:
    """A page's request, strictly: {"do": "list"} or {"do": "sign", "nonce": …}. Raises ProtocolError."""
    found = _object(text, LARGEST_MESSAGE)
    if found.get("do") == "list" and set(found) == {"v", "do"}:
        return found
    if found.get("do") == "sign" and set(found) == {"v", "do", "nonce"} and is_nonce(found["nonce"]):
        return found
    raise ProtocolError("bad_message")


def decode_ticket(body: bytes) -> dict:
    """What the server wants signed, strictly. Raises ProtocolError: version, bad_ticket."""
    try:
        found = _object(body, LARGEST_TICKET)
    except ProtocolError as problem:
        raise problem if problem.code == "version" else ProtocolError("bad_ticket") from problem
    items = found.get("items")
    fits = (
        set(found) == {"v", "purpose", "title", "person", "agency", "certificate", "items"}
        and found["purpose"] in PURPOSES
        and all(_is_text(found[name], 2000) for name in ("title", "person", "agency"))
        and _is_hex(found["certificate"], 32)
        and isinstance(items, list)
        and 1 <= len(items) <= MOST_ITEMS
        and all(_is_item(item) for item in items)
    )
    if not fits:
        raise ProtocolError("bad_ticket")
    return found


def is_nonce(value) -> bool:
    """True for something that may be a nonce of ours."""
    return isinstance(value, str) and bool(NONCE.fullmatch(value))


def _is_item(item):
    return (
        isinstance(item, dict)
        and set(item) == {"name", "document", "pages", "mechanism", "hash", "digest"}
        and _is_text(item["name"], 500)
        and _is_text(item["document"], 2000)
        and type(item["pages"]) is int
        and 0 <= item["pages"] <= MOST_PAGES
        and item["mechanism"] in MECHANISMS
        and item["hash"] in HASH_BYTES
        and _is_hex(item["digest"], HASH_BYTES[item["hash"]])
    )


def _is_text(value, limit):
    return isinstance(value, str) and len(value) < limit


def _is_hex(value, size):
    return isinstance(value, str) and bool(re.fullmatch(rf"[0-9a-f]{{{2 * size}}}", value))


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
