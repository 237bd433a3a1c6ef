"""Trục nội bộ: this installation as the axis of others (D5). Systems with secrets, their agencies, packets in transit.

A packet is routed by what it says, never by the call's headers, which real clients leave stale. The same packet sent
twice is one packet with one id. A receiver's packet stays in its list until it says done.
"""

import hashlib
import secrets
import uuid
from datetime import datetime
from pathlib import Path

from models import (
    agencies,
    clock,
    db,
    edxml,
    edxml_read,
    errors,
    failpoints,
    files,
    journal,
    text,
    vault,
    vxp,
)

OLD_CODE_TWIN = (
    "TLTVBQG_CDMDD_QD20"  # how senders mark the second address of one receiver, under its former code
)
STATES = {"initial": "Chưa lấy", "processing": "Đang lấy", "done": "Đã nhận", "fail": "Nhận lỗi"}
WAITING = ("initial", "processing")
LONGEST_LIST = 1000


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


def overview() -> list[dict]:
    """Each system with its open agencies and what waits for it, for the page of the hub."""
    return [
        {
            "system": system,
            "members": [
                member for member in system.members.order_by(Member.code) if member.closed_at is None
            ],
            "documents": count(system, "edoc"),
            "statuses": count(system, "status"),
        }
        for system in list(System.select().order_by(System.name))
    ]


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


# ---- sending --------------------------------------------------------------------------------------------------


def accept(system: System, call: vxp.Call, body: Path) -> str:
    """Nhận một gói tin vào trục and queue it for every receiver it names; its id. The same packet again: the same id.

    Raises Rejected.
    """
    content = _read(body, call.message_type())
    sender = content.sender.organ_id
    for code in {sender, call.get("from") or sender}:
        if code not in _codes_of(system):
            raise Rejected(
                vxp.NO_SENDER, f"Don vi gui {code} khong dung voi ma da dang ky: {system.system_id}"
            )
    receivers = _receivers(content)
    stored = files.store(body)
    key = hashlib.sha256(f"{system.id}|{call.message_type()}|{stored.sha256}".encode()).hexdigest()
    failpoints.reach("hub.stored")
    with db.write():
        known = Packet.get_or_none(Packet.key == key)
        if known:
            return known.axis_id
        packet = _queue(system, call.message_type(), content, stored, key, receivers)
        failpoints.reach("hub.commit")
    return packet.axis_id


def _read(body, message_type):
    try:
        content = edxml_read.glance(body)
    except errors.Invalid as error:
        raise Rejected(vxp.BAD_EDXML, str(error)) from error
    if isinstance(content, edxml.Status) != (message_type == "status"):
        raise Rejected(vxp.BAD_EDXML, f"Nội dung gói tin không phải loại «{message_type}» như đã khai")
    return content


def _codes_of(system):
    open_codes = Member.select(Member.code).where(Member.system == system, Member.closed_at.is_null())
    return {member.code for member in open_codes} | {system.system_id}


def _receivers(content):
    """code as addressed → Member, one a member. Raises Rejected for a stranger or a closed one."""
    if isinstance(content, edxml.Status):
        wanted = {content.about.organ_id: False}
    else:
        wanted = {organ.organ_id: organ.in_charge == OLD_CODE_TWIN for organ in content.recipients}
    found, unknown = {}, []
    for code, is_twin in wanted.items():
        member = _member(code)
        if member is None:
            unknown += [] if is_twin else [code]
        elif member.closed_at or not member.system.enabled:
            raise Rejected(vxp.RECEIVER_CLOSED, f"Đơn vị nhận {code} đã khóa trên trục")
        elif member.id not in {known.id for known in found.values()}:
            found[code] = member
    if unknown or not found:
        names = ", ".join(unknown) or "(không ghi)"
        raise Rejected(vxp.NO_RECEIVER, f"Đơn vị nhận không tồn tại trên trục: {names}")
    return found


def _member(code):
    found = Member.get_or_none(Member.code == code)
    return found or Member.get_or_none(Member.old_code == code, Member.old_code != "")


def _queue(system, message_type, content, stored, key, receivers):
    now = clock.now()
    is_status = isinstance(content, edxml.Status)
    packet = Packet.create(
        axis_id=secrets.token_hex(12), key=key, system=system, message_type=message_type,
        from_code=content.sender.organ_id, created_at=now,
        wire_id=(content.about.document_id if is_status else content.document_id)[:250],
        title=(edxml.STATUS_CODES[content.status] if is_status else content.subject)[:250],
        notation=(content.about.code if is_status else content.code)[:250],
        file=files.record(stored, f"{message_type}.edxml", "application/xml"),
    )  # fmt: skip
    for code, member in receivers.items():
        Delivery.create(
            axis_id=str(uuid.uuid4()), packet=packet, system=member.system, message_type=message_type,
            to_code=code, created_at=now, updated_at=now,
        )  # fmt: skip
    return packet


# ---- receiving ------------------------------------------------------------------------------------------------


def received(system: System, message_type: str, since: datetime | None = None, until: datetime | None = None,
             page: int = 1, size: int = LONGEST_LIST) -> list[Delivery]:  # fmt: skip
    """What waits for this system, the oldest first; it stays until the system says done or fail."""
    query = (
        Delivery.select(Delivery, Packet)
        .join(Packet)
        .where(Delivery.system == system, Delivery.message_type == message_type, Delivery.state.in_(WAITING))
        .order_by(Delivery.id)
    )
    if since:
        query = query.where(Delivery.created_at >= since)
    if until:
        query = query.where(Delivery.created_at <= until)
    return list(query.paginate(max(1, page), min(max(1, size), LONGEST_LIST)))


def count(system: System, message_type: str) -> int:
    """How many packets wait."""
    return (
        Delivery.select()
        .where(Delivery.system == system, Delivery.message_type == message_type, Delivery.state.in_(WAITING))
        .count()
    )


def delivery(system: System, axis_id: str) -> Delivery:
    """A packet addressed to this system. Raises Rejected for any other id, existing or not."""
    found = Delivery.get_or_none(Delivery.axis_id == axis_id, Delivery.system == system)
    if found is None:
        raise Rejected(vxp.BAD_FILE, "Không có gói tin này trong hàng đợi của hệ thống")
    return found


def update(system: System, axis_id: str, state: str, description: str = "") -> None:
    """processing, done or fail, as the receiver says; what is done stays done. Raises Rejected."""
    found = delivery(system, axis_id)
    if state not in STATES:
        raise Rejected(vxp.BAD_FILE, f"Trạng thái «{state}» không dùng được; chỉ nhận processing, done, fail")
    if found.state == "done" or found.state == state:
        return
    with db.write():
        found.set(state=state, description=description[:500], updated_at=clock.now())


def sent(system: System, message_type: str, axis_id: str = "") -> list[Delivery]:
    """What this system sent, one row a receiver, the newest first."""
    query = (
        Delivery.select(Delivery, Packet)
        .join(Packet)
        .where(Packet.system == system, Packet.message_type == message_type)
        .order_by(Delivery.id.desc())
        .limit(LONGEST_LIST)
    )
    wanted = query.where(Packet.axis_id == axis_id) if axis_id else query
    # Clients leave the id of another call in the header: an id we never gave out is no filter.
    return list(wanted) or list(query)


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
