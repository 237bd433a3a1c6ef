"""Tự kiểm tra điều kiện sử dụng, liên thông (Quy chế 23.2): what an agency lacks before it can send and receive.

Also the few facts the health page tells a watching program.
"""

import shutil
from pathlib import Path
from typing import NamedTuple

from models import (
    agencies,
    clock,
    config,
    db,
    intake,
    journal,
    lookups,
    outbox,
    registers,
    tokens,
    trust,
    trust_lists,
    users,
    workdays,
)

LEAST_DISK = 2 << 30
TIGHT_DISK = 200 << 20
SYNCHRONISED = Path("/run/systemd/timesync/synchronized")
BACKUP_HOURS = 30


class Line(NamedTuple):
    """One thing checked: ready ("ok"), to look at ("warn") or missing ("bad"), in words, and where to put it right."""

    kind: str
    title: str
    words: str
    law: str
    url: str = ""


def check(agency: agencies.Agency) -> list[Line]:
    """All lines of one agency, in the order an administrator sets it up."""
    return [
        _code(agency), _address(agency), _contact_point(agency), _people(agency), _calendar(agency),
        _registers(agency), _certificates(agency), _trust(), _axis(agency), _intake(agency), _clock(), _disk(), _backup(), _orders(),
    ]  # fmt: skip


def machine(agency: agencies.Agency) -> list[Line]:
    """Of these what sending and receiving stand on: code, certificates, clock, disk, backup."""
    return [_code(agency), _certificates(agency), _clock(), _disk(), _backup()]


def _code(agency):
    code = agency.code
    if not code:
        return Line(
            "bad", "Mã định danh", "Chưa có mã định danh; chưa gửi, nhận được.", "14.2", "/admin/agency"
        )
    wrong = agencies.explain(code)
    return Line(
        "bad" if wrong else "ok",
        "Mã định danh",
        wrong or f"{code} đang có hiệu lực.",
        "14.2",
        "/admin/agency",
    )


def _address(agency):
    names = {"address": "địa chỉ", "email": "thư điện tử", "telephone": "điện thoại", "place": "địa danh",
             "notation": "chữ viết tắt trong ký hiệu"}  # fmt: skip
    missing = [words for name, words in names.items() if not getattr(agency, name)]
    if missing:
        return Line("warn", "Thông tin cơ quan", f"Còn thiếu: {', '.join(missing)}.", "14.2", "/admin/agency")
    return Line("ok", "Thông tin cơ quan", "Đủ cho phần Nơi gửi của gói tin.", "14.2", "/admin/agency")


def _contact_point(agency):
    units = agencies.units_of(agency.id)
    point = next((unit for unit in units if unit.is_contact_point), None)
    if point:
        return Line("ok", "Đầu mối gửi, nhận", point.name, "7.2", "/admin/units")
    if not units:
        return Line("ok", "Đầu mối gửi, nhận", "Cơ quan không chia đơn vị: văn thư cơ quan là đầu mối.", "7.3", "/admin/units")  # fmt: skip
    return Line("bad", "Đầu mối gửi, nhận", "Chưa chọn đơn vị đầu mối.", "7.2", "/admin/units")


def _people(agency):
    missing = [
        lookups.ROLES[role]
        for role in (lookups.CLERK, lookups.LEADER, lookups.FORM_CHECKER, lookups.ADMIN)
        if not users.holders(agency.id, role)
    ]
    if missing:
        return Line(
            "bad", "Vai trò", f"Chưa có người giữ vai trò: {', '.join(missing)}.", "12.1", "/admin/people"
        )
    return Line(
        "ok", "Vai trò", "Đủ văn thư, lãnh đạo, người kiểm tra thể thức, quản trị.", "12.1", "/admin/people"
    )


def _calendar(agency):
    today = clock.today()
    years = [today.year] + ([today.year + 1] if today.month >= 11 else [])
    missing = [str(year) for year in years if not workdays.days_of(agency.id, year)]
    if missing:
        return Line(
            "bad",
            "Lịch làm việc",
            f"Chưa có ngày nghỉ lễ năm {', '.join(missing)}.",
            "12.3",
            "/admin/calendar",
        )
    hours = workdays.hours_of(agency.id)
    return Line(
        "ok", "Lịch làm việc", f"Giờ hành chính {hours}, đã có ngày nghỉ lễ.", "12.3", "/admin/calendar"
    )


def _registers(agency):
    books = registers.of_agency(agency.id)
    missing = [name for flow, name in registers.NAMES.items() if flow not in {book.flow for book in books}]
    torn = [book.name for book in books if registers.gaps(book, clock.today().year)]
    if missing:
        return Line("bad", "Sổ đăng ký", f"Chưa mở: {', '.join(missing)}.", "ND30 15, 22", "/admin/registers")
    if torn:
        return Line("bad", "Sổ đăng ký", f"Thiếu số: {', '.join(torn)}.", "ND30 15, 22", "/admin/registers")
    return Line("ok", "Sổ đăng ký", f"{len(books)} sổ, số liên tục.", "ND30 15, 22", "/admin/registers")


def _certificates(agency):
    now = clock.now()
    rows = [row for row in tokens.certificates(agency.id) if row.ended_at is None and row.not_after > now]
    seal = [row for row in rows if row.kind == "organisation"]
    if not seal:
        return Line(
            "bad",
            "Chứng thư số",
            "Chưa ghi chứng thư số của cơ quan: chưa phát hành được.",
            "6.2",
            "/tokens/certificates/new",
        )
    if not any(row.kind == "person" for row in rows):
        return Line(
            "bad", "Chứng thư số", "Chưa ghi chứng thư số của người ký.", "6.1", "/tokens/certificates/new"
        )
    first = min(row.not_after for row in rows)
    left = (first - now).days
    if left < 60:
        return Line(
            "warn",
            "Chứng thư số",
            f"Có chứng thư hết hạn sau {left} ngày.",
            "6.2",
            "/tokens/certificates/new",
        )
    return Line(
        "ok",
        "Chứng thư số",
        f"{len(rows)} chứng thư còn hạn trên 60 ngày.",
        "6.2",
        "/tokens/certificates/new",
    )


def _trust():
    roots = [row for row in trust.trusted() if row.role == "root" and row.is_trusted(clock.now())]
    if not roots:
        words = "Chưa có gốc nào được tin cậy: mọi chữ ký đến chỉ ở mức CẦN XEM. Quản trị toàn tỉnh thêm gốc."
        return Line("warn", "Nơi cấp tin cậy", words, "10.2", "/trust")
    old = [row.issuer.name for row in trust_lists.stale()]
    if old:
        words = f"Danh sách thu hồi nạp từ tệp đã quá hạn: {', '.join(old)}. Hãy nạp bản mới."
        return Line("warn", "Nơi cấp tin cậy", words, "10.2", "/trust/lists")
    return Line("ok", "Nơi cấp tin cậy", f"{len(roots)} gốc đang được tin cậy.", "10.2", "/trust")


def _axis(agency):
    words = agencies.CONNECTIONS.get(agency.connection, agency.connection)
    if agency.connection == "none":
        reason = agency.connection_note or "chưa nêu lý do"
        return Line("warn", "Liên thông", f"Chưa kết nối: {reason}.", "14", "/admin/agency")
    return Line("ok", "Liên thông", words, "14", "/admin/agency")


def _intake(agency):
    wrong = intake.troubles(agency.id)
    if wrong:
        return Line("warn", "Nguồn tệp vào", " ".join(wrong), "10.1", "/admin/intake")
    ways = [row.name for row in intake.folders(agency.id) if row.active]
    box = intake.mailbox(agency.id)
    ways += [f"hộp thư {box.login}"] if box and box.active else []
    words = f"{', '.join(ways)}." if ways else "Văn thư tải tệp lên trang; chưa nối máy quét, hộp thư."
    return Line("ok", "Nguồn tệp vào", words, "10.1", "/admin/intake")


def _clock():
    newest = journal.Event.select(db.fn.MAX(journal.Event.at)).scalar()
    newest = journal.Event.at.python_value(newest) if isinstance(newest, str) else newest
    if newest and newest > clock.now():
        return Line(
            "bad", "Đồng hồ", "Đồng hồ máy chủ đang chạy lùi so với nhật ký. Hãy chỉnh lại ngay.", "QĐ28 14.4"
        )
    if not SYNCHRONISED.exists():
        return Line("warn", "Đồng hồ", "Chưa thấy máy chủ đồng bộ giờ (NTP). Hãy kiểm tra.", "QĐ28 14.4")
    return Line("ok", "Đồng hồ", "Đồng bộ giờ đang chạy.", "QĐ28 14.4")


def _disk():
    free = free_disk()
    words = f"Còn trống {free / (1 << 30):.1f} GB.".replace(".", ",", 1)
    if free < TIGHT_DISK:
        return Line("bad", "Đĩa", words + " Sắp không lưu được nữa.", "20.3")
    return Line("ok" if free >= LEAST_DISK else "warn", "Đĩa", words, "20.3")


def _backup():
    made = newest_backup()
    if made is None:
        return Line("warn", "Sao lưu", "Chưa thấy bản sao lưu nào trong thư mục dữ liệu.", "23.4")
    hours = (clock.now().timestamp() - made) / 3600
    kind = "ok" if hours <= BACKUP_HOURS else "warn"
    return Line(kind, "Sao lưu", f"Bản mới nhất cách đây {round(hours)} giờ.", "23.4")


def _orders():
    late = len(outbox.stale())
    if late:
        return Line("warn", "Việc nền", f"{late} việc chưa làm được, xem mục Gửi nhận.", "20.3", "/exchange")
    return Line("ok", "Việc nền", "Không có việc tồn đọng.", "20.3", "/exchange")


def free_disk() -> int:
    """Bytes free where the data lies."""
    return shutil.disk_usage(config.current().data).free


def newest_backup() -> float | None:
    """When the newest snapshot or backup was made, in seconds since 1970."""
    folder = config.current().data / "backups"
    times = [path.stat().st_mtime for path in folder.glob("*")] if folder.exists() else []
    return max(times, default=None)


def oldest_due_seconds() -> int:
    """How long the oldest order that should have been done is waiting."""
    now = clock.now()
    order = (
        outbox.Order.select(outbox.Order.due_at)
        .where(outbox.Order.state == "due", outbox.Order.due_at <= now)
        .order_by(outbox.Order.due_at)
        .first()
    )
    return int((now - order.due_at).total_seconds()) if order else 0
