"""Trục nội bộ: this installation as the axis of others (D5). Systems with secrets, their agencies, packets in transit.

A packet is routed by what it says, never by the call's headers, which real clients leave stale. The same packet sent
twice is one packet with one id. A receiver's packet stays in its list until it says done.
"""

import secrets

from models import (
    agencies,
    clock,
    db,
    errors,
    files,
    journal,
    text,
    vault,
    vxp,
)

OLD_CODE_TWIN = (
    "TLTVBQG_CDMDD_QD20"  # how senders mark the second address of one receiver, under its former code
)


class Rejected(Exception):
    """A call that cannot be carried out: the axis's error code and the sentence."""

    def __init__(self, code: str, sentence: str = ""):
        super().__init__(sentence or vxp.MEANINGS[code])
        self.code = code


class System(db.Base):
    """A connected installation."""

    system_id = db.CharField(max_length=64, unique=True)
    name = db.CharField()
    locked_secret = db.TextField()
    enabled = db.BooleanField(default=True)
    created_at = db.MomentField()
    seen_at = db.MomentField(null=True)


class Member(db.Base):
    """An agency reached through a system, under one code; closed, never deleted."""

    code = db.CharField(max_length=64, unique=True)
    system = db.ForeignKeyField(System, backref="members")
    name = db.CharField()
    mail = db.CharField(default="")
    mobile = db.CharField(default="")
    fax = db.CharField(default="")
    parent_code = db.CharField(default="")
    old_code = db.CharField(default="", index=True)
    version = db.IntegerField(default=1)
    changed_at = db.MomentField()
    closed_at = db.MomentField(null=True)


class Packet(db.Base):
    """A packet given to the axis, byte for byte."""

    axis_id = db.CharField(max_length=64, unique=True)
    key = db.CharField(max_length=64, unique=True)
    system = db.ForeignKeyField(System)
    message_type = db.CharField()  # edoc | status
    from_code = db.CharField()
    wire_id = db.CharField(default="")
    title = db.CharField(default="")
    notation = db.CharField(default="")
    file = db.ForeignKeyField(files.File)
    created_at = db.MomentField()


class Delivery(db.Base):
    """A packet on its way to one agency; transport only, not what becomes of the document."""

    axis_id = db.CharField(max_length=64, unique=True)
    packet = db.ForeignKeyField(Packet, backref="deliveries")
    system = db.ForeignKeyField(System)
    message_type = db.CharField()
    to_code = db.CharField()
    state = db.CharField(default="initial")
    description = db.CharField(default="")
    created_at = db.MomentField()
    updated_at = db.MomentField()

    class Meta:
        indexes = ((("system", "message_type", "state", "id"), False), (("packet",), False))


TABLES = (System, Member, Packet, Delivery)


# ---- who is connected -----------------------------------------------------------------------------------------


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
    secret = secrets.token_urlsafe(32)
    locked = vault.lock(secret)
    with db.write():
        system = System.create(system_id=system_id, name=name, locked_secret=locked, created_at=clock.now())
        for code, member_name in codes.items():
            add_member(system, code, member_name)
        journal.record("register_system", actor, system, note=system_id, data={"codes": sorted(codes)})
    return secret


def new_secret(system: System, actor) -> str:
    """Cấp lại khóa bí mật: the old one is dead at once. Returns the new one, shown this once."""
    secret = secrets.token_urlsafe(32)
    locked = vault.lock(secret)
    with db.write():
        system.set(locked_secret=locked)
        journal.record("new_secret", actor, system, note=system.system_id)
    return secret


def switch(system: System, actor, enabled: bool) -> None:
    """Khóa hoặc mở lại một hệ thống."""
    with db.write():
        system.set(enabled=enabled)
        journal.record("open_system" if enabled else "close_system", actor, system, note=system.system_id)


def add_member(system: System, code: str, name: str, **details) -> Member:
    """Enter or renew an agency of a system. Raises Invalid for a bad code or one of another system."""
    code, name = code.strip(), text.clean(name)
    if not agencies.WIRE_CODE.match(code):
        raise errors.Invalid({"code": f"Mã định danh «{code}» không đúng dạng. Ví dụ đúng: H35.12."})
    known = Member.get_or_none(Member.code == code)
    if known and known.system_id != system.id and known.closed_at is None:
        raise errors.Invalid({"code": f"Mã «{code}» đang thuộc hệ thống khác."})
    with db.write():
        values = {
            "system": system,
            "name": name or code,
            "changed_at": clock.now(),
            "closed_at": None,
            **details,
        }
        if known:
            return known.set(**values, version=known.version + 1)
        return Member.create(code=code, **values)


def close_member(member: Member) -> None:
    """Đóng một mã: nothing more is taken for it."""
    with db.write():
        member.set(closed_at=clock.now(), changed_at=clock.now(), version=member.version + 1)


def authenticate(call: vxp.Call) -> System:
    """The system behind a signed call. Raises Rejected with one answer for a wrong id, secret or lock."""
    system = System.get_or_none(System.system_id == call.system_id)
    secret = vault.unlock(system.locked_secret) if system else secrets.token_urlsafe(32)
    if not call.is_signed_with(secret) or system is None or not system.enabled:
        raise Rejected(vxp.BAD_SECRET)
    now = clock.now()
    if system.seen_at is None or (now - system.seen_at).total_seconds() > 60:
        with db.write():
            system.set(seen_at=now)
    return system


def members() -> list[Member]:
    """Every open agency, by code."""
    return list(Member.select().where(Member.closed_at.is_null()).order_by(Member.code))


def may_register(system: System, code: str) -> bool:
    """A system may enter agencies below its own codes, and nobody else's."""
    own = [member.code for member in system.members if member.closed_at is None] + [system.system_id]
    return any(code == mine or _is_below(code, mine) for mine in own)


def _is_below(code, mine):
    if code.startswith(f"{mine}."):
        return True  # QĐ 20: grows to the right
    parts, own = code.split("."), mine.split(".")  # QCVN 102: level 1 rightmost, zeros for "none"
    return len(parts) == len(own) == 4 and all(
        own_part in (part, "000", "00") for part, own_part in zip(parts, own)
    )


def register_agency(system: System, fields: dict) -> Member:
    """registerAgency: only below the system's own codes. Raises Rejected."""
    values = {
        name: text.clean(str(fields.get(name) or ""))
        for name in ("code", "pcode", "name", "mail", "mobile", "fax")
    }
    if not may_register(system, values["code"]):
        raise Rejected(vxp.NO_SENDER, f"Hệ thống không được đăng ký mã {values['code'][:64]}")
    try:
        return add_member(
            system, values["code"], values["name"], mail=values["mail"], mobile=values["mobile"], fax=values["fax"],
            parent_code=values["pcode"],
        )  # fmt: skip
    except errors.Invalid as error:
        raise Rejected(vxp.BAD_FILE, str(error)) from error


def delete_agency(system: System, code: str) -> None:
    """deleteAgency: closes a code of this system; what was sent to it stays. Raises Rejected."""
    member = Member.get_or_none(Member.code == code, Member.system == system)
    if member is None:
        raise Rejected(vxp.NO_RECEIVER, "Mã không thuộc hệ thống này")
    close_member(member)
