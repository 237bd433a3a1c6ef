"""Kết nối trục: how this installation reaches its axis, and how the last call went."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from models import agencies, clock, db, errors, journal, outbox, text, vault


class AxisConnection(db.Base):
    """How this installation reaches its axis; one row. The secret lies locked."""

    guard = db.IntegerField(unique=True, default=1)
    url = db.CharField(default="")
    system_id = db.CharField(default="")
    locked_secret = db.TextField(default="")
    enabled = db.BooleanField(default=False)
    polled_at = db.MomentField(null=True)  # last poll that was answered
    trouble = db.CharField(default="")  # why the last call failed, "" when it did not


def connected() -> AxisConnection | None:
    """The axis connection, when it is declared and switched on."""
    row = AxisConnection.get_or_none()
    return row if row and row.enabled and row.url else None


def connect(actor, url: str, system_id: str, secret: str, enabled: bool = True) -> AxisConnection:
    """Khai báo kết nối trục. An empty secret keeps the one stored. Raises Invalid."""
    wrong = {}
    if not _is_safe(url):
        wrong["url"] = (
            "Địa chỉ trục phải bắt đầu bằng https:// (http:// chỉ dùng cho địa chỉ số trong mạng nội bộ)."
        )
    if not system_id.isascii() or not system_id.strip():
        wrong["system_id"] = "Hãy nhập mã hệ thống do đơn vị vận hành trục cấp."
    row = AxisConnection.get_or_none()
    if not secret and not (row and row.locked_secret):
        wrong["secret"] = "Hãy nhập khóa bí mật do đơn vị vận hành trục cấp."
    if wrong:
        raise errors.Invalid(wrong)
    locked = vault.lock(secret) if secret else row.locked_secret
    values = {
        "url": url.rstrip("/"),
        "system_id": system_id.strip(),
        "locked_secret": locked,
        "enabled": enabled,
    }
    with db.write():
        row = row.set(**values, trouble="") if row else AxisConnection.create(**values)
        journal.record("connect_axis", actor, row, note=f"{row.url} ({row.system_id})")
    return row


def _is_safe(url) -> bool:
    """TLS, or an address of the inner network, where offices run the axis's own security server beside them."""
    try:
        parts = urlsplit(url)
        if parts.scheme == "https":
            return bool(parts.hostname)
        return parts.scheme == "http" and ip_address(parts.hostname or "").is_private
    except ValueError:
        return False


def note_trouble(reason: str) -> None:
    """Remember how the last call to the axis went ("" = well), for the people who watch the connection."""
    row = AxisConnection.get_or_none()
    if row is None or (row.trouble == reason and reason):
        return
    with db.write():
        row.set(trouble=reason, **({} if reason else {"polled_at": clock.now()}))


def ask(actor, kind: str) -> None:
    """Order a call to the axis: check_axis (kiểm tra kết nối) or directory (lấy danh bạ). Raises Refused."""
    row = connected()
    if row is None:
        raise errors.Refused("Chưa khai báo kết nối trục, hoặc kết nối đang tắt.")
    with db.write():
        outbox.place(kind, row.id, f"{kind}:{clock.now():%Y%m%d%H%M%S}", priority=5)
        journal.record(kind, actor, row)


BATCH = 500


def enter_directory(rows: list[dict]) -> tuple[int, int]:
    """Ghi danh bạ của trục vào sổ địa chỉ: (entered, renamed). Agencies of this installation stay as they are."""
    entered = renamed = 0
    for start in range(0, len(rows), BATCH):
        with db.write():
            for row in rows[start : start + BATCH]:
                outcome = _enter(row)
                entered += outcome == "entered"
                renamed += outcome == "renamed"
    return entered, renamed


def _enter(row):
    code, name = text.clean(str(row.get("code") or "")), text.clean(str(row.get("name") or ""))[:200]
    if not agencies.WIRE_CODE.match(code) or not name:
        return "skipped"
    found = agencies.by_code(code)
    if found is None:
        found = agencies.create(name, code=code, connection="axis", email=str(row.get("mail") or "")[:100])
        outcome = "entered"
    elif found.hosted:
        return "skipped"
    else:
        outcome = "renamed" if found.name != name else "kept"
        if outcome == "renamed" or found.connection != "axis":
            found.set(name=name, folded_name=text.fold(name), connection="axis")
    old = text.clean(str(row.get("oldCode") or ""))
    if old != code and agencies.WIRE_CODE.match(old) and agencies.by_code(old) is None:
        agencies.add_code(found, old)
    return outcome
