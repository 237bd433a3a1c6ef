"""Đường vào: the agency's ways in besides the page: folders scanners write to, its mail box; and what was not let in.

A folder lies under one of the roots of VANTHU_INTAKE, so that nobody makes the server read elsewhere; an agency's own
administrator stays in the agency's part of it. Taking the files is the work of jobs/intake_folders and jobs/intake_mail.
"""

import re
from pathlib import Path

from cryptography import x509

from models import (
    agencies,
    clock,
    config,
    db,
    errors,
    filetypes,
    journal,
    lookups,
    outbox,
    permissions,
    text,
    vault,
)

ADMINS = (lookups.ADMIN, lookups.PROVINCE_ADMIN)
TAKEN, NOT_TAKEN = "đã nhận", "không nhận"  # subfolders a file moves to
HOST = re.compile(
    r"^(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*$"
)
SENDER = re.compile(r"^(?:[^@\s]+)?@[A-Za-z0-9.-]+$")
MOST_SHOWN = 100


class IntakeFolder(db.Base):
    """A folder a scanner drops files into."""

    agency = db.ForeignKeyField(agencies.Agency)
    name = db.CharField()  # of the scanner, as people call it
    path = db.TextField(unique=True)
    unit = db.ForeignKeyField(agencies.Unit, null=True)  # whose papers it brings
    active = db.BooleanField(default=True)
    looked_at = db.MomentField(null=True)
    trouble = db.TextField(default="")  # why it cannot be looked into now, a sentence
    taken = db.IntegerField(default=0)
    made_at = db.MomentField()
    made_by = db.CharField()


class IntakeMailbox(db.Base):
    """The mail box whose attachments come in; IMAP over TLS."""

    agency = db.ForeignKeyField(agencies.Agency, unique=True)
    server = db.CharField()
    port = db.IntegerField(default=993)
    login = db.CharField()
    locked_password = db.TextField()
    folder = db.CharField(default="INBOX")
    moved_to = db.CharField(default="")  # where a message goes afterwards; "" = it stays, marked as read
    senders = db.TextField(default="")  # a line each: an address or @domain; "" = everybody
    authority = db.TextField(default="")  # PEM of a private authority; "" = those of the system
    active = db.BooleanField(default=True)
    looked_at = db.MomentField(null=True)
    trouble = db.TextField(default="")
    taken = db.IntegerField(default=0)
    made_at = db.MomentField()
    made_by = db.CharField()

    @property
    def password(self) -> str:
        """Opened. Raises Refused when the key file is not the one that locked it."""
        return vault.unlock(self.locked_password)

    def allows(self, address: str) -> bool:
        """True for a sender of the list. A sender's address proves nothing: it only keeps strangers' mail out."""
        address = address.lower()
        lines = self.senders.lower().split()
        return not lines or any(
            address == one or one.startswith("@") and address.endswith(one) for one in lines
        )


class IntakeRefusal(db.Base):
    """A file or message that was not let in, and why; its content is not kept here."""

    agency = db.ForeignKeyField(agencies.Agency)
    source = db.CharField()
    sender = db.CharField(default="")
    name = db.CharField(default="")
    reason = db.TextField()
    key = db.CharField(unique=True)
    refused_at = db.MomentField()
    dealt_at = db.MomentField(null=True)
    dealt_by = db.CharField(default="")

    class Meta:
        indexes = ((("agency", "dealt_at"), False),)


TABLES = (IntakeFolder, IntakeMailbox, IntakeRefusal)


# ---- folders -----------------------------------------------------------------------------------------------------


def roots() -> list[Path]:
    """Folders under which scanners' folders may lie: VANTHU_INTAKE, else intake/ in the data folder."""
    named = [Path(one) for one in config.current().intake.split(":") if one]
    return named or [config.current().data.absolute() / "intake"]


def own_root(agency, province: bool = False) -> Path:
    """Where this agency's folders lie; for the whole installation's administrator the root itself."""
    return roots()[0] if province else roots()[0] / (agency.code or f"co-quan-{agency.id}")


def folders(agency_id: int | None = None) -> list[IntakeFolder]:
    """Folders of an agency, or of all."""
    rows = IntakeFolder.select().order_by(IntakeFolder.name)
    return list(rows.where(IntakeFolder.agency == agency_id) if agency_id else rows)


def enter_folder(actor, agency, name: str, path: str, unit=None) -> IntakeFolder:
    """Ghi thư mục của máy quét; it is made when it is not there. Raises Invalid, NotAllowed."""
    permissions.require(actor, *ADMINS)
    name, place = _named(agency, name, None), _checked_path(actor, agency, path)
    with db.write():
        row = IntakeFolder.create(
            agency=agency, name=name, path=str(place), unit=unit, made_at=clock.now(), made_by=actor.name
        )
        journal.record("open_intake", actor, row, note=f"{name}: {place}", agency_id=agency.id)
    return row


def change_folder(actor, row: IntakeFolder, name: str, unit, active: bool) -> None:
    """Đổi tên, đơn vị, hoặc dừng xem thư mục. Raises Invalid, NotAllowed."""
    permissions.require(actor, *ADMINS)
    name = _named(row.agency, name, row)
    with db.write():
        row.set(name=name, unit=unit, active=active, trouble="")
        words = f"{name}: {'đang xem' if active else 'dừng xem'}"
        journal.record("change_intake", actor, row, note=words, agency_id=row.agency_id)


def _named(agency, name, row) -> str:
    name = text.clean(name)
    if not name:
        raise errors.Invalid({"name": "Hãy đặt tên máy quét, ví dụ: Máy quét phòng Văn thư."})
    same = [one for one in folders(agency.id) if text.fold(one.name) == text.fold(name)]
    if any(row is None or one.id != row.id for one in same):
        raise errors.Invalid({"name": f"Đã có máy quét tên «{name}». Hãy đặt tên khác để phân biệt."})
    return name


def _checked_path(actor, agency, typed: str) -> Path:
    """The folder meant, which lies under a root and in no other scanner's folder. Raises Invalid({"path": …})."""
    own = own_root(agency)
    province = actor.has(lookups.PROVINCE_ADMIN)
    allowed = roots() if province else [root / own.name for root in roots()]
    if "\x00" in typed or not typed.strip():
        raise errors.Invalid({"path": f"Hãy ghi thư mục, ví dụ: {own / 'may-quet-1'}"})
    try:
        place = Path(own, typed.strip()).resolve()
        if not any(place.is_relative_to(root.resolve()) and place != root.resolve() for root in allowed):
            words = " hoặc ".join(str(root) for root in allowed)
            raise errors.Invalid(
                {"path": f"Thư mục phải nằm trong {words}. Hãy cho máy quét gửi tệp vào đó."}
            )
        place.mkdir(parents=True, exist_ok=True)
    except (OSError, RuntimeError) as error:
        reason = getattr(error, "strerror", "") or "liên kết vòng"
        raise errors.Invalid(
            {"path": f"Không mở được thư mục này ({reason}). Hãy tạo thư mục rồi ghi lại."}
        ) from error
    for other in folders():
        known = Path(other.path)
        if place.is_relative_to(known) or known.is_relative_to(place):
            raise errors.Invalid(
                {
                    "path": "Thư mục này nằm trong hoặc bao thư mục của một máy quét khác. Hãy chọn thư mục riêng."
                }
            )
    return place


# ---- the mail box ------------------------------------------------------------------------------------------------


def mailbox(agency_id: int) -> IntakeMailbox | None:
    """The agency's mail box, None for none."""
    return IntakeMailbox.get_or_none(IntakeMailbox.agency == agency_id)


def enter_mailbox(actor, agency, values: dict) -> IntakeMailbox:
    """Ghi hộp thư: server, port, login, password ("" = as before), folder, moved_to, senders, authority, active.

    Raises Invalid, NotAllowed.
    """
    permissions.require(actor, *ADMINS)
    row = mailbox(agency.id)
    kept = {name: text.clean(values[name]) for name in ("server", "login", "folder", "moved_to")}
    wrong = _wrong_mailbox(kept, values, row)
    if wrong:
        raise errors.Invalid(wrong)
    kept |= {
        "port": values["port"], "active": values["active"], "authority": values["authority"].strip(),
        "senders": "\n".join(values["senders"].replace(",", " ").replace(";", " ").split()), "trouble": "",
    }  # fmt: skip
    if values["password"]:
        kept["locked_password"] = vault.lock(values["password"])
    with db.write():
        if row:
            row.set(**kept)
        else:
            row = IntakeMailbox.create(agency=agency, made_at=clock.now(), made_by=actor.name, **kept)
        _order_look(row)
        words = f"{kept['login']} tại {kept['server']}{'' if kept['active'] else ' (dừng)'}"
        journal.record("enter_mailbox", actor, row, note=words, agency_id=agency.id)
    return row


def ask_to_look(actor, row: IntakeMailbox) -> None:
    """Đọc ngay, not at the next minute."""
    permissions.require(actor, *ADMINS)
    with db.write():
        _order_look(row)


def _order_look(row) -> None:
    if row.active:
        outbox.place(
            "look_into_mailbox", row.id, key=f"look_into_mailbox:{row.id}:{clock.now():%Y%m%d%H%M%S}"
        )


def _wrong_mailbox(kept, values, row) -> dict:
    wrong = {}
    if not HOST.match(kept["server"]):
        wrong["server"] = "Hãy ghi tên máy chủ thư, ví dụ: mail.tinh.gov.vn, không kèm imap:// hay dấu /."
    if not kept["login"] or len(kept["login"]) > 200:
        wrong["login"] = "Hãy ghi tên đăng nhập của hộp thư."
    if not values["password"] and row is None:
        wrong["password"] = "Hãy nhập mật khẩu của hộp thư."
    if row and not values["password"] and (kept["server"], values["port"], kept["login"]) != (row.server, row.port, row.login):  # fmt: skip
        wrong["password"] = "Đổi máy chủ hoặc tên đăng nhập thì phải nhập lại mật khẩu."
    if not kept["folder"]:
        wrong["folder"] = "Hãy ghi thư mục thư, thường là INBOX."
    if kept["moved_to"] and kept["moved_to"] == kept["folder"]:
        wrong["moved_to"] = "Phải khác thư mục đang đọc."
    bad = [
        one for one in values["senders"].replace(",", " ").replace(";", " ").split() if not SENDER.match(one)
    ]
    if values["authority"] and not _is_certificate(values["authority"]):
        wrong["authority_file"] = "Tệp chứng thư không đọc được. Hãy chọn tệp PEM của nơi cấp riêng."
    if bad:
        wrong["senders"] = f"«{bad[0]}» không phải địa chỉ thư hoặc @tên-miền. Mỗi dòng một địa chỉ."
    return wrong


def _is_certificate(pem: str) -> bool:
    try:
        return bool(x509.load_pem_x509_certificates(pem.encode()))
    except ValueError:
        return False


# ---- what looking found ------------------------------------------------------------------------------------------


def looked(row, trouble: str = "", taken: int = 0) -> None:
    """A folder or mail box was looked into: how that went. Written when it says something new, or once a minute."""
    now = clock.now()
    fresh = row.looked_at and (now - row.looked_at).total_seconds() < 60
    if trouble == row.trouble and not taken and fresh:
        return
    with db.write():
        row.set(looked_at=now, trouble=trouble, taken=row.taken + taken)


def refuse(channel, name: str, reason: str, key: str) -> None:
    """Không nhận: the file stays where it came from; once for each key."""
    with db.write():
        if IntakeRefusal.get_or_none(IntakeRefusal.key == key):
            return
        row = IntakeRefusal.create(
            agency=channel.agency_id, source=channel.source, sender=channel.sender,
            name=filetypes.safe_name(name) if name else "", reason=reason, key=key, refused_at=clock.now(),
        )  # fmt: skip
        journal.record("refuse_intake", None, row, note=f"{channel.sender}: {row.name}: {reason}")


def refused(actor) -> list[IntakeRefusal]:
    """What was not let in and nobody has seen to yet, the newest first."""
    permissions.require(actor, lookups.CLERK)
    mine = IntakeRefusal.select().where(
        IntakeRefusal.agency == actor.agency_id, IntakeRefusal.dealt_at.is_null()
    )
    return list(mine.order_by(IntakeRefusal.id.desc()).limit(MOST_SHOWN))


def dealt(actor, refusal_id: int) -> IntakeRefusal:
    """Đã xem: the clerk has taken note. Raises NotFound."""
    permissions.require(actor, lookups.CLERK)
    with db.write():
        row = IntakeRefusal.get_or_none(
            IntakeRefusal.id == refusal_id, IntakeRefusal.agency == actor.agency_id
        )
        if row is None:
            raise errors.NotFound()
        if row.dealt_at is None:
            row.set(dealt_at=clock.now(), dealt_by=actor.name)
            journal.record("see_refusal", actor, row, note=row.name)
    return row


def troubles(agency_id: int) -> list[str]:
    """Sentences about ways in that do not work now."""
    found = [f"{row.name}: {row.trouble}" for row in folders(agency_id) if row.active and row.trouble]
    box = mailbox(agency_id)
    if box and box.active and box.trouble:
        found.append(f"Hộp thư {box.login}: {box.trouble}")
    return found
