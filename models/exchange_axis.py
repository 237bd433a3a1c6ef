"""Kết nối trục: how this installation reaches its axis, and how the last call went."""

from datetime import timedelta
from ipaddress import ip_address
from urllib.parse import urlsplit

from models import clock, config, db, errors, journal, outbox, vault

LINE = "axis"  # what orders that need this connection say
UPPER = "upper"  # and those of a hub that go to the axis above
PROBES = (1, 2, 5, 5, 10, 20, 30)  # seconds between two looks at a line that is down; the last one stays
PROBES_URGENT = 5  # the longest while something urgent waits
PROBE_ENDS = timedelta(seconds=60)  # a look that said nothing for so long has died
FRESH = timedelta(seconds=30)
PLAIN_FOR = timedelta(days=1)  # so long an axis is remembered not to know the transfer in parts
NOT_DECLARED = (
    "Chưa khai báo kết nối trục (Quản trị → Kết nối trục). Văn bản chờ ở đây, khai báo xong sẽ tự gửi."
)


class AxisConnection(db.Base):
    """How this installation reaches its axis; one row. The secret lies locked."""

    guard = db.IntegerField(unique=True, default=1)
    url = db.CharField(default="")
    system_id = db.CharField(default="")
    locked_secret = db.TextField(default="")
    enabled = db.BooleanField(default=False)
    polled_at = db.MomentField(null=True)  # last poll that was answered
    trouble = db.CharField(default="")  # why the last call failed, "" when it did not
    down_since = db.MomentField(null=True)  # the line is down: orders wait without being tried
    probe_at = db.MomentField(null=True)  # when to look whether it is back
    probes = db.IntegerField(default=0)
    plain_until = db.MomentField(null=True)  # the axis does not know the transfer in parts
    locked_next_secret = db.TextField(default="")  # a new secret, used once the axis has accepted it


def connected() -> AxisConnection | None:
    """The axis connection, when it is declared and switched on."""
    row = AxisConnection.get_or_none()
    return row if row and row.enabled and row.url else None


def connect(actor, url: str, system_id: str, secret: str, enabled: bool = True) -> AxisConnection:
    """Khai báo kết nối trục. An empty secret keeps the one stored. Raises Invalid.

    Where nothing but the secret changes, the old one stays in use until the axis has accepted the new one.
    """
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
    values = {"url": url.rstrip("/"), "system_id": system_id.strip(), "enabled": enabled}
    known = (
        row and enabled and row.enabled and (row.url, row.system_id) == (values["url"], values["system_id"])
    )
    fresh = {"trouble": "", "down_since": None, "probe_at": None, "probes": 0, "plain_until": None}
    with db.write():
        if known and secret:
            row.set(locked_next_secret=locked)
            outbox.place("next_secret", row.id, f"next_secret:{clock.now():%Y%m%d%H%M%S%f}", priority=5)
        else:
            values |= fresh | {"locked_secret": locked, "locked_next_secret": ""}
            row = row.set(**values) if row else AxisConnection.create(**values)
        journal.record("connect_axis", actor, row, note=f"{row.url} ({row.system_id})")
    return row


def adopt_next_secret(row: AxisConnection) -> None:
    """The axis accepted the new secret: from now on it is the one."""
    with db.write():
        row.set(locked_secret=row.locked_next_secret, locked_next_secret="")
        journal.record("axis_secret_changed", None, row, note=row.system_id)


def refuse_next_secret(row: AxisConnection, reason: str) -> None:
    """The axis does not know the new secret: the old one stays."""
    words = f"Trục không nhận khóa bí mật mới nên vẫn dùng khóa cũ. {reason}"
    with db.write():
        row.set(locked_next_secret="", trouble=words[:250])
        journal.record("axis_secret_refused", None, row, note=reason)


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
    """Remember how the last call to the axis went ("" = well, so the line is up), for those who watch the connection."""
    row = AxisConnection.get_or_none()
    if row is None or (row.trouble == reason and reason):
        return
    if not reason and not row.trouble and row.polled_at and clock.now() - row.polled_at < FRESH:
        return  # an order that went well says nothing new
    up = {"polled_at": clock.now(), "down_since": None, "probe_at": None, "probes": 0}
    with db.write():
        row.set(trouble=reason[:250], **({} if reason else up))


# ---- whether the line is up -------------------------------------------------------------------------------------


def closed_lines() -> tuple[str, ...]:
    """The lines whose orders wait without being tried: the axis, when it is down or not declared."""
    if config.current().hub:
        row = connected()
        return (UPPER,) if row is None or row.down_since else ()
    return (LINE,) if why_waiting() else ()


def why_waiting() -> str:
    """Why nothing leaves by the axis just now, in words; "" when the line is open."""
    if config.current().hub:
        return ""  # this installation is its own axis
    row = connected()
    if row is None:
        return NOT_DECLARED
    return (row.trouble or "Không kết nối được tới trục.") if row.down_since else ""


def line_down(reason: str, after: float | None = None) -> None:
    """The axis cannot be reached: no order is tried until a look finds it back; `after` seconds if it asked so."""
    row = AxisConnection.get_or_none()
    if row is None:
        return
    now = clock.now()
    urgent = outbox.waits_for(UPPER if config.current().hub else LINE)
    wait = outbox.jittered(PROBES[min(row.probes, len(PROBES) - 1)])
    wait = min(wait, PROBES_URGENT) if urgent else wait
    after = max(after, wait) if after else wait
    with db.write():
        row.set(
            trouble=reason[:250], down_since=row.down_since or now, probes=row.probes + 1,
            probe_at=now + timedelta(seconds=after),
        )  # fmt: skip


def line_up() -> None:
    """The axis answers: what waits for it may go."""
    row = AxisConnection.get_or_none()
    if row is not None:
        with db.write():
            row.set(trouble="", polled_at=clock.now(), down_since=None, probe_at=None, probes=0)


def take_probe() -> bool:
    """True for the one caller who is to look now whether the line is back."""
    row, now = connected(), clock.now()
    if row is None or row.down_since is None or (row.probe_at and row.probe_at > now):
        return False
    model = AxisConnection
    with db.write():
        mine = (model.id == row.id) & (model.probes == row.probes) & model.down_since.is_null(False)
        due = model.probe_at.is_null() | (model.probe_at <= now)
        return bool(model.update(probe_at=now + PROBE_ENDS).where(mine, due).execute())


def look_now() -> None:
    """A person asked: a line that is down is looked at at once."""
    row = AxisConnection.get_or_none()
    if row is not None and row.down_since is not None:
        with db.write():
            row.set(probe_at=clock.now())


def knows_parts(row: AxisConnection) -> bool:
    """Whether to try the transfer in parts with this axis."""
    return row.plain_until is None or row.plain_until < clock.now()


def note_plain(row: AxisConnection) -> None:
    """The axis does not know the transfer in parts; not asked again for a day."""
    with db.write():
        row.set(plain_until=clock.now() + PLAIN_FOR)


def ask(actor, kind: str) -> None:
    """Order a call to the axis: check_axis (kiểm tra kết nối) or directory (lấy danh bạ). Raises Refused."""
    row = connected()
    if row is None:
        raise errors.Refused("Chưa khai báo kết nối trục, hoặc kết nối đang tắt.")
    with db.write():
        outbox.place(kind, row.id, f"{kind}:{clock.now():%Y%m%d%H%M%S}", priority=5)
        journal.record(kind, actor, row)
