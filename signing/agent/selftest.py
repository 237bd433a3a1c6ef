"""The page at http://127.0.0.1:<port>/: one sentence says what is missing, below it what each library shows."""

import base64
import hashlib
from datetime import timedelta
from html import escape

from pkcs11 import TokenFlag

from signing.agent.keys import Keys, Seen

SOON = timedelta(days=30)
STYLE = (
    "body{font:17px/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a;background:#fff}"
    "h1{font-size:1.15rem;margin:0 0 1rem}.say{font-size:1.2rem;padding:.8rem 1rem;border-left:6px solid #b00020;background:#fdf0f1}"
    ".ready{border-color:#1b7a3d;background:#eef8f1}h2{font-size:1rem;margin:1.6rem 0 .3rem}ul{margin:.2rem 0;padding-left:1.3rem}"
    "li{overflow-wrap:anywhere}small{color:#555}"
)
HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; style-src "
    f"'sha256-{base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()}'",
}


def verdict(keys: Keys, seen: Seen) -> tuple[bool, str]:
    """(ready, the sentence): driver, token, certificate, its dates, the PIN; the first that is missing."""
    lacking = keys.lacking(seen)
    if lacking is not None:
        return False, str(lacking)
    usable = [(held, entry) for held, entry in seen.entries if entry.is_in_force]
    if not usable:
        _, entry = seen.entries[0]
        return False, (
            f"Chứng thư của {entry.name} đã hết hạn ngày {entry.until} (hoặc đồng hồ máy sai). "
            "Hãy xin gia hạn chứng thư, hoặc chỉnh lại ngày giờ của máy."
        )
    open_ = [pair for pair in usable if not pair[0].token.flags & TokenFlag.USER_PIN_LOCKED]
    if not open_:
        return (
            False,
            "Thiết bị đã bị khóa vì nhập sai mã PIN nhiều lần. Hãy liên hệ nơi cấp thiết bị để mở khóa.",
        )
    safe = [pair for pair in open_ if not pair[0].token.flags & TokenFlag.USER_PIN_FINAL_TRY]
    if not safe:
        return (
            False,
            "Thiết bị chỉ còn một lần nhập mã PIN. Đừng thử nữa; hãy liên hệ nơi cấp thiết bị để đặt lại mã PIN.",
        )
    names = [f"{entry.name} (dùng đến {entry.until})" for _, entry in safe]
    return True, f"Sẵn sàng ký: {'; '.join(names)}."


def page(keys: Keys, bad: dict[str, str], origins, contact: str, busy: bool = False) -> str:
    """The whole page; `bad` are libraries left out at the start, with why. `busy`: a question is open, no token is read."""
    if busy:
        return _html(
            False,
            "Phần mềm ký đang chờ trả lời một yêu cầu ký. Hãy trả lời hoặc hủy yêu cầu ấy rồi tải lại trang này.",
            "",
        )
    seen = keys.look()
    ready, sentence = verdict(keys, seen)
    if not ready and contact:
        sentence += f" Nơi liên hệ: {contact}."
    problems = dict(seen.problems)
    parts = [_library(library, seen, problems.get(library.path)) for library in keys.libraries]
    parts += [_section(path, [f"Không dùng: {reason}"]) for path, reason in bad.items()]
    parts.append(_section("Hệ thống được phép yêu cầu ký", list(origins)))
    return _html(ready, sentence, "".join(parts))


def _library(library, seen, problem):
    lines = []
    for held in seen.held:
        if held.library is not library:
            continue
        lines.append(
            f"Thiết bị {held.label or 'không tên'}{f', số {held.serial}' if held.serial else ''}{_pin(held.token)}"
        )
        lines += [_certificate(entry) for entry in held.entries] or ["– chưa có chứng thư"]
    if problem is not None:
        lines.append(f"{problem} ({problem.detail})" if problem.detail else str(problem))
    return _section(library.device or library.path, lines or ["Không có thiết bị nào cắm vào."], library.path)


def _certificate(entry):
    owner = " – ".join(dict.fromkeys(part for part in (entry.name, entry.title, entry.organisation) if part))
    soon = " (sắp hết hạn)" if entry.left < SOON else ""
    state = soon if entry.is_in_force else " (KHÔNG còn hiệu lực)"
    return f"– {owner}; số {entry.serial}; {entry.algorithm}; dùng đến {entry.until}{state}"


def _pin(token):
    if token.flags & TokenFlag.USER_PIN_LOCKED:
        return ": ĐÃ KHÓA"
    if token.flags & TokenFlag.USER_PIN_FINAL_TRY:
        return ": chỉ còn một lần nhập mã PIN"
    return ": đã có lần nhập sai mã PIN" if token.flags & TokenFlag.USER_PIN_COUNT_LOW else ""


def _section(title, lines, path=""):
    small = f" <small>{escape(path)}</small>" if path and path != title else ""
    return f"<h2>{escape(title)}{small}</h2><ul>{''.join(f'<li>{escape(line)}</li>' for line in lines)}</ul>"


def _html(ready, sentence, rest):
    return (
        f'<!doctype html><html lang="vi"><meta charset="utf-8"><title>Tự kiểm tra phần mềm ký</title><style>{STYLE}</style>'
        '<meta name="viewport" content="width=device-width,initial-scale=1"><h1>Văn Thư – tự kiểm tra phần mềm ký</h1>'
        f'<p class="say{" ready" if ready else ""}">{escape(sentence)}</p>{rest}</html>'
    )
