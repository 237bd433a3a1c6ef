"""Kết nối trục: how this installation reaches its axis, and how the last call went."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from models import clock, db, errors, journal, outbox, vault


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


def ask_check(actor) -> None:
    """Kiểm tra kết nối: one harmless call to the axis, as an order."""
    row = connected()
    now = clock.now()
    with db.write():
        outbox.place("check_axis", row.id, f"check_axis:{now:%Y%m%d%H%M%S}", priority=5)
        journal.record("check_axis", actor, row)
