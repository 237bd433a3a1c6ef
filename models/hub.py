"""Trục nội bộ: this installation as the axis of others (D5). Who is connected, with which secret, and its tables.

Three kinds of system: one far away, called over HTTP; «self», whose members are the agencies this installation hosts;
and «upper», everything that is reached through the one door to the axis above (Quy chế 18.5).
"""

import secrets
from datetime import timedelta

from models import agencies, clock, db, errors, files, journal, text, vault, vxp

SELF, UPPER, REMOTE = "self", "upper", "remote"
BUILT_IN = {SELF: ("«self»", "Cơ quan trên máy chủ này"), UPPER: ("«upper»", "Trục cấp trên")}
SEEN_EVERY = timedelta(seconds=60)  # how exact the moment of the last call is kept
LONGEST = {"name": 200, "mail": 100, "mobile": 50, "fax": 50, "parent_code": 64, "old_code": 64}
OVERLAPS = {0: "Dừng ngay", 24: "1 ngày", 72: "3 ngày", 168: "7 ngày"}  # hours the old secret lives on


class Rejected(Exception):
    """A call that cannot be carried out: the axis's error code and the sentence."""

    def __init__(self, code: str, sentence: str = ""):
        super().__init__(sentence or vxp.MEANINGS[code])
        self.code = code


class System(db.Base):
    """A connected installation, or one of the two built in."""

    system_id = db.CharField(max_length=64, unique=True)
    name = db.CharField()
    kind = db.CharField(default=REMOTE)
    locked_secret = db.TextField()
    secret_at = db.MomentField(null=True)
    secret_used_at = db.MomentField(null=True)
    former_secret = db.TextField(default="")  # still good until `former_until`
    former_until = db.MomentField(null=True)
    former_used_at = db.MomentField(null=True)
    enabled = db.BooleanField(default=True)
    created_at = db.MomentField()
    seen_at = db.MomentField(null=True)  # last call that was signed rightly
    last_operation = db.CharField(default="")
    last_code = db.CharField(default="")  # what it was answered, a code of the axis
    last_words = db.CharField(default="")


class Member(db.Base):
    """An agency reached through a system, under one code; closed, never deleted."""

    code = db.CharField(max_length=64, unique=True)
    system = db.ForeignKeyField(System, backref="members")
    name = db.CharField()
    folded_name = db.CharField(default="")
    mail = db.CharField(default="")
    mobile = db.CharField(default="")
    fax = db.CharField(default="")
    parent_code = db.CharField(default="")
    old_code = db.CharField(default="", index=True)
    version = db.IntegerField(default=1)
    changed_at = db.MomentField()
    closed_at = db.MomentField(null=True)
    registered_version = db.IntegerField(default=0)  # the version the axis above knows
    registration = db.CharField(default="")  # why the axis above did not take it, "" when it did

    class Meta:
        indexes = ((("system", "code"), False),)


class Packet(db.Base):
    """A packet given to the axis, byte for byte; the bytes go after a time, the row stays."""

    axis_id = db.CharField(max_length=64, unique=True)
    key = db.CharField(max_length=64, unique=True)
    system = db.ForeignKeyField(System, index=False)
    message_type = db.CharField()  # edoc | status
    kind = db.CharField(default="")  # new recall update replace; of a status its code
    from_code = db.CharField()
    wire_id = db.CharField(default="")
    title = db.CharField(default="")
    notation = db.CharField(default="")
    file = db.ForeignKeyField(files.File, null=True)
    sha256 = db.CharField(max_length=64, default="")
    size = db.IntegerField(default=0)
    created_at = db.MomentField()

    class Meta:
        indexes = ((("system", "message_type", "id"), False), (("from_code", "wire_id"), False))


class Delivery(db.Base):
    """A packet on its way to one agency; transport only, not what becomes of the document."""

    axis_id = db.CharField(max_length=64, unique=True)
    packet = db.ForeignKeyField(Packet, backref="deliveries")
    system = db.ForeignKeyField(System, index=False)
    message_type = db.CharField()
    to_code = db.CharField()
    state = db.CharField(default="initial")
    queue = db.CharField(default="waiting")  # waiting | failed | "" once it is done
    rank = db.IntegerField(default=4)  # 0 goes first; 4 is a letter without urgency
    description = db.CharField(default="")
    upper_id = db.CharField(default="")  # the id the axis above gave it
    created_at = db.MomentField()
    updated_at = db.MomentField()

    class Meta:
        indexes = ((("queue", "system", "message_type", "rank", "id"), False), (("to_code", "id"), False))


class Clash(db.Base):
    """A new document under an id its sender had used for other content, to a receiver that has the first one."""

    packet = db.ForeignKeyField(Packet, unique=True)
    first = db.ForeignKeyField(Packet, backref="+")
    noticed_at = db.MomentField()
    settled_at = db.MomentField(null=True)
    settled_by = db.CharField(default="")


class Traffic(db.Base):
    """What one agency sent and was sent on one day, by kind: «edoc», or the code of a status."""

    day = db.DateField()
    code = db.CharField()
    kind = db.CharField()
    sent = db.IntegerField(default=0)
    received = db.IntegerField(default=0)
    taken = db.IntegerField(default=0)
    size = db.IntegerField(default=0)  # bytes sent

    class Meta:
        indexes = ((("day", "code", "kind"), True),)


class Upload(db.Base):
    """A packet that comes in parts; `offset` bytes of it are on the disk for good."""

    system = db.ForeignKeyField(System)
    sha256 = db.CharField(max_length=64)
    size = db.IntegerField()
    offset = db.IntegerField(default=0)
    started_at = db.MomentField()
    touched_at = db.MomentField()

    class Meta:
        indexes = ((("system", "sha256"), True),)


class Keeping(db.Base):
    """How long the hub keeps the bytes of what everybody has fetched; one row."""

    guard = db.IntegerField(unique=True, default=1)
    days = db.IntegerField(default=90)


TABLES = (System, Member, Packet, Delivery, Clash, Traffic, Upload, Keeping)


def built_in(kind: str) -> System:
    """The row of «self» or «upper»; its id fits no call, so nobody can sign in as it."""
    found = System.get_or_none(System.kind == kind)
    if found:
        return found
    system_id, name = BUILT_IN[kind]
    with db.write():
        found = System.get_or_none(System.kind == kind)
        return found or System.create(
            system_id=system_id, name=name, kind=kind, locked_secret="", created_at=clock.now()
        )


# ---- systems and their secrets --------------------------------------------------------------------------------


def register_system(actor, system_id: str, name: str, codes: dict[str, str]) -> str:
    """Đăng ký hệ thống kết nối with its agencies (code → name). Returns the secret, shown this once. Raises Invalid."""
    system_id, name = system_id.strip(), text.clean(name)
    wrong = {}
    if not agencies.WIRE_CODE.match(system_id):
        wrong["system_id"] = "Mã hệ thống gồm chữ không dấu, số, dấu chấm, gạch; tối đa 64 ký tự."
    elif System.select().where(System.system_id == system_id).exists():
        wrong["system_id"] = f"Mã hệ thống «{system_id}» đã đăng ký."
    if not name:
        wrong["name"] = "Hãy nhập tên hệ thống."
    if wrong:
        raise errors.Invalid(wrong)
    secret, now = secrets.token_urlsafe(32), clock.now()
    locked = vault.lock(secret)
    with db.write():
        system = System.create(
            system_id=system_id, name=name, locked_secret=locked, created_at=now, secret_at=now
        )
        for code, member_name in codes.items():
            add_member(system, code, member_name)
        journal.record("register_system", actor, system, note=system_id, data={"codes": sorted(codes)})
    return secret


def new_secret(system: System, actor, overlap_hours: int = 72) -> str:
    """Đổi khóa bí mật: old and new are both good for `overlap_hours`, then the old one dies. Shown this once.

    Of three secrets the oldest dies at once. Raises Refused for a built-in system.
    """
    if system.kind != REMOTE:
        raise errors.Refused("Hệ thống này nằm trong máy chủ, không dùng khóa bí mật.")
    if overlap_hours not in OVERLAPS:
        raise errors.Refused("Thời gian dùng chung hai khóa không có trong danh sách.")
    secret, now = secrets.token_urlsafe(32), clock.now()
    locked = vault.lock(secret)
    with db.write():
        system = System.get_by_id(system.id)
        former = system.locked_secret if overlap_hours else ""
        system.set(
            locked_secret=locked, secret_at=now, secret_used_at=None, former_secret=former,
            former_used_at=system.secret_used_at if former else None,
            former_until=now + timedelta(hours=overlap_hours) if former else None,
        )  # fmt: skip
        journal.record(
            "new_secret", actor, system, note=f"{system.system_id}: khóa cũ {OVERLAPS[overlap_hours].lower()}"
        )
    return secret


def end_former(system: System, actor) -> None:
    """Dừng khóa cũ ngay."""
    with db.write():
        system.set(former_secret="", former_until=None)
        journal.record("end_secret", actor, system, note=system.system_id)


def forget_former() -> int:
    """Erase old secrets whose time is over; returns how many."""
    over = (System.former_secret != "") & (System.former_until <= clock.now())
    if not System.select().where(over).exists():
        return 0
    with db.write():
        return System.update(former_secret="").where(over).execute()


def switch(system: System, actor, enabled: bool) -> None:
    """Khóa hoặc mở lại một hệ thống."""
    with db.write():
        system.set(enabled=enabled)
        journal.record("open_system" if enabled else "close_system", actor, system, note=system.system_id)


# ---- their agencies -------------------------------------------------------------------------------------------


def add_member(system: System, code: str, name: str, **details) -> Member:
    """Enter or renew an agency of a system. Raises Invalid for a bad code or one of another system."""
    code, name = code.strip(), text.clean(name)[: LONGEST["name"]]
    if not agencies.WIRE_CODE.match(code):
        raise errors.Invalid({"code": f"Mã định danh «{code[:64]}» không đúng dạng. Ví dụ đúng: H35.12."})
    details = {key: value.strip()[: LONGEST[key]] for key, value in details.items()}
    details["parent_code"] = details.get("parent_code") or parent_of(code)
    old = details.get("old_code", "")
    if old and not agencies.WIRE_CODE.match(old):
        raise errors.Invalid({"old_code": f"Mã cũ «{old}» không đúng dạng. Ví dụ đúng: 000.00.12.H35."})
    with db.write():
        known = Member.get_or_none(Member.code == code)
        if known and is_held_elsewhere(known, system):
            raise errors.Invalid({"code": f"Mã «{code}» đang thuộc hệ thống khác."})
        values = {"system": system, "name": name or code, "folded_name": text.fold(name or code),
                  "changed_at": clock.now(), "closed_at": None, "registration": "", **details}  # fmt: skip
        if known:
            return known.set(**values, version=known.version + 1)
        return Member.create(code=code, **values)


def is_held_elsewhere(known: Member, system: System) -> bool:
    """True when an open code belongs to another system here; what the axis above lists may be taken over."""
    return known.system_id != system.id and known.closed_at is None and known.system.kind != UPPER


def close_member(member: Member, actor=None) -> None:
    """Đóng một mã: nothing more is taken for it; what was sent to it stays."""
    with db.write():
        member.set(closed_at=clock.now(), changed_at=clock.now(), version=member.version + 1, registration="")
        if actor:
            journal.record("close_member", actor, member, note=member.code)


def parent_of(code: str) -> str:
    """The code one level up, as both schemes build it; "" at the top."""
    if agencies.SCHEMES["qcvn102"].match(code):
        parts = code.split(".")
        filled = [place for place, part in enumerate(parts[:3]) if part.strip("0")]
        if not filled:
            return ""
        parts[filled[0]] = "0" * len(parts[filled[0]])
        return ".".join(parts)
    return code.rpartition(".")[0]
