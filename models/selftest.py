"""Tự kiểm tra liên thông (I18): can we reach the axis, does it know us, is the clock right, what came and went last.

What needs the network is looked at by a job and kept here line by line; what this machine knows is read when asked.
No line holds a secret, so all of it may be given to whoever helps.
"""

import json
from datetime import timedelta
from typing import NamedTuple

from models import (
    agencies,
    clock,
    config,
    db,
    exchange,
    exchange_axis,
    exchange_keys,
    journal,
    lookups,
    outbox,
    permissions,
    readiness,
)

STEPS = ("Gọi trục", "Đối chiếu mã định danh")
GIVEN_UP = timedelta(minutes=10)  # a run that says nothing for so long has died
KEPT = timedelta(days=30)
KINDS = {"ok": "Tốt", "warn": "Cần xem", "bad": "Hỏng", "none": "Chưa có"}
HOURS_SILENT = 24


class SelfTest(db.Base):
    """One run: what was found, line by line, as JSON."""

    agency = db.ForeignKeyField(agencies.Agency)
    asked_at = db.MomentField()
    asked_by = db.CharField(default="")
    step = db.IntegerField(default=0)
    finished_at = db.MomentField(null=True)
    found = db.TextField(default="[]")

    @property
    def running(self) -> bool:
        """True while the job has not finished and has not been given up."""
        return self.finished_at is None and clock.now() - self.asked_at < GIVEN_UP

    @property
    def lines(self) -> list["Line"]:
        """What the job found."""
        return [Line(*one) for one in json.loads(self.found)]


TABLES = (SelfTest,)


class Line(NamedTuple):
    """One thing looked at: how it stands, in words, what to do, and by which rule; `url` where it is put right."""

    kind: str  # ok | warn | bad | none
    title: str
    words: str
    todo: str = ""
    law: str = ""
    url: str = ""


def order(actor) -> SelfTest:
    """Kiểm tra ngay: one run at a time for an agency; pressed again while it runs, it is the same run."""
    permissions.require(actor, lookups.CLERK, lookups.ADMIN, lookups.PROVINCE_ADMIN)
    with db.write():
        last = newest(actor.agency_id)
        if last and last.running:
            return last
        SelfTest.delete().where(
            SelfTest.agency == actor.agency_id, SelfTest.asked_at < clock.now() - KEPT
        ).execute()
        row = SelfTest.create(agency=actor.agency_id, asked_at=clock.now(), asked_by=actor.name)
        outbox.place("self_test", row.id, f"self_test:{row.id}", priority=5)
        journal.record("self_test", actor, row, agency_id=actor.agency_id)
    return row


def newest(agency_id: int) -> SelfTest | None:
    """The last run of an agency."""
    return SelfTest.select().where(SelfTest.agency == agency_id).order_by(SelfTest.id.desc()).first()


def note(row: SelfTest, lines: list[Line], step: int, finished: bool = False) -> None:
    """What the job found so far."""
    with db.write():
        row.set(
            found=json.dumps([*map(list, row.lines), *map(list, lines)], ensure_ascii=False), step=step,
            finished_at=clock.now() if finished else None,
        )  # fmt: skip


def unknown_codes(known: set[str], agency: agencies.Agency | None = None) -> list[agencies.Agency]:
    """Agencies of this installation (or this one) whose code in force the axis does not list."""
    rows = agencies.Agency.select().where(agencies.Agency.hosted, agencies.Agency.closed_on.is_null())
    if agency:
        rows = rows.where(agencies.Agency.id == agency.id)
    return [one for one in agencies.with_codes(rows) if one.code and one.code not in known]


# ---- what this machine knows ------------------------------------------------------------------------------------


def here(agency: agencies.Agency) -> list[Line]:
    """Everything that needs no network, for one agency and the machine."""
    return [
        _line_state(), *_last_messages(agency), _queue(), _proof_key(),
        *(_from_readiness(line) for line in readiness.machine(agency)),
    ]  # fmt: skip


def _line_state():
    waiting = exchange_axis.why_waiting()
    row = exchange_axis.AxisConnection.get_or_none()
    if config.current().hub:
        words = "Hệ thống này là trục nội bộ của tỉnh; các cơ quan ở đây gửi, nhận ngay trong hệ thống."
        return Line("ok", "Đường tới trục", words, law="Quy chế 18.5")
    if not waiting:
        polled = f" Lần trao đổi tốt gần nhất {_moment(row.polled_at)}." if row and row.polled_at else ""
        return Line(
            "ok", "Đường tới trục", f"Đang mở, việc gửi đi ngay.{polled}", law="Quy chế 14", url="/admin/axis"
        )
    probe = f" Hệ thống tự thử lại lúc {_moment(row.probe_at)}." if row and row.probe_at else ""
    since = f" từ {_moment(row.down_since)}" if row and row.down_since else ""
    todo = (
        "Văn bản gửi đi nằm chờ, không mất. Kiểm tra đường truyền, tường lửa, rồi báo đơn vị vận hành trục."
    )
    return Line(
        "bad", "Đường tới trục", f"Đang tắt{since}: {waiting}{probe}", todo, "Quy chế 14", "/admin/axis"
    )


def _last_messages(agency):
    model, message = exchange.Consignment, exchange.StatusMessage
    of = (model.agency == agency) & (model.transport == "axis")
    heard = (message.agency == agency) & (message.direction == "in")
    said = (message.agency == agency) & (message.direction == "out")
    moments = (
        ("Văn bản nhận qua trục gần nhất", model.select(db.fn.MAX(model.arrived_at)).where(of, model.direction == "in")),
        ("Văn bản gửi qua trục gần nhất", model.select(db.fn.MAX(model.sent_at)).where(of, model.direction == "out")),
        ("Phản hồi nhận gần nhất", message.select(db.fn.MAX(message.taken_at)).where(heard)),
        ("Phản hồi gửi gần nhất", message.select(db.fn.MAX(message.sent_at)).where(said)),
    )  # fmt: skip
    return [_last(title, query.scalar()) for title, query in moments]


def _last(title, at):
    at = db.MomentField().python_value(at) if isinstance(at, str) else at
    if at is None:
        return Line("none", title, "Chưa có lần nào.", law="QĐ28 10.2.n")
    return Line("ok", title, f"{_moment(at)}, cách đây {_age(clock.now() - at)}.", law="QĐ28 10.2.n")


def _queue():
    stale = outbox.stale()
    dead = sum(order.state == "dead" for order in stale)
    oldest = readiness.oldest_due_seconds()
    if dead or oldest > 3600:
        words = f"{dead} việc phải người xử lý; việc chờ lâu nhất {_age(timedelta(seconds=oldest))}."
        return Line("warn", "Hàng đợi", words, "Mở Gửi, nhận liên thông → Có vấn đề.", "Quy chế 20.3",
                    "/exchange?tab=problems")  # fmt: skip
    return Line("ok", "Hàng đợi", "Không có việc tồn đọng.", law="Quy chế 20.3")


def _proof_key():
    key = exchange_keys.OwnKey.get_or_none(exchange_keys.OwnKey.until.is_null())
    if key is None:
        return Line("none", "Khóa xác nhận", "Chưa có; tự tạo khi gửi phản hồi đầu tiên.", law="QĐ28 10.2")
    if not any(exchange_keys.folder().glob("proof-*.key")):
        todo = "Khôi phục thư mục data/keys từ bản lưu riêng; nếu mất hẳn, hệ thống tạo khóa mới ở phản hồi kế tiếp."
        return Line("bad", "Khóa xác nhận", "Không thấy tệp khóa ký biên nhận.", todo, "QĐ28 10.2")
    return Line(
        "ok", "Khóa xác nhận", f"Khóa {key.key_id[:16]} dùng từ {_moment(key.since)}.", law="QĐ28 10.2"
    )


def _from_readiness(line):
    todo = "" if line.kind == "ok" else "Bấm vào để sửa." if line.url else "Báo quản trị máy chủ."
    law = line.law if line.law.startswith(("QĐ", "ND")) else f"Quy chế {line.law}"
    return Line(line.kind, line.title, line.words, todo, law, line.url)


def _moment(at) -> str:
    return f"{clock.local(at):%H:%M ngày %d/%m/%Y}" if at else ""


def _age(span: timedelta) -> str:
    minutes = int(span.total_seconds() // 60)
    if minutes < 60:
        return f"{minutes} phút"
    return f"{minutes // 60} giờ" if minutes < 48 * 60 else f"{minutes // 1440} ngày"
