"""Thiết bị lưu khóa bí mật, chứng thư số, hình chữ ký và con dấu, từng lần dùng khóa (Quy chế 5, 6.1; NĐ30 PL I II.7, 8).

A personal certificate belongs to one account; an organisation's to one agency, and only the keeper of its device at that
moment may use it. No key and no PIN is ever kept here. How they come into the register: tokens_entry.py; who may see it:
tokens_readers.py; who gave the device to whom: tokens_custody.py; lost and returned: tokens_loss.py.
"""

from datetime import date, timedelta

from models import (
    agencies,
    clock,
    db,
    documents,
    errors,
    files,
    journal,
    lookups,
    permissions,
    text,
    users,
    workdays,
)

SMALLEST_SEAL, LARGEST_SEAL = 20, 60  # millimetres across
KINDS = {"organisation": "Cơ quan, tổ chức", "person": "Cá nhân", "software": "Thiết bị, dịch vụ, phần mềm"}
STATES = {
    "in_use": "Đang dùng",
    "lost": "Báo mất",
    "revoked": "Đã thu hồi chứng thư",
    "returned": "Đã trả thiết bị",
}
PURPOSES = {
    "leader": "Ký số của người có thẩm quyền", "seal": "Ký số của cơ quan", "annex": "Ký số của cơ quan trên phụ lục",
    "copy": "Ký số của cơ quan trên bản sao", "batch": "Ký loạt",
}  # fmt: skip
SPAN = timedelta(minutes=10)
MANY, TOO_MANY = 100, 300  # signatures of one certificate within SPAN: told to its owner; no more are begun


class Certificate(db.Base):
    """A certificate somebody of ours may sign with, bound to a person or to an agency."""

    sha256 = db.CharField(max_length=64, unique=True)
    der = db.BlobField()
    chain = db.BlobField(default=b"")  # intermediates, DER one after the other
    serial = db.CharField()
    name = db.CharField()
    organisation = db.CharField(default="")
    issuer = db.CharField(default="")
    kind = db.CharField()  # person | organisation | software
    not_before = db.MomentField()
    not_after = db.MomentField()
    person = db.ForeignKeyField(users.Person, null=True)
    agency = db.ForeignKeyField(agencies.Agency)
    bound_at = db.MomentField()
    ended_at = db.MomentField(null=True)
    ended_why = db.CharField(default="")

    @property
    def first_day(self) -> date:
        """The day in Vietnam on which it begins."""
        return clock.local(self.not_before).date()

    @property
    def last_day(self) -> date:
        """The day in Vietnam on which it ends."""
        return clock.local(self.not_after).date()

    @property
    def days_left(self) -> int:
        """Whole days until it runs out; negative when it has."""
        return (self.not_after - clock.now()).days


class KeyToken(db.Base):
    """A device that holds a key (5.1): what it is, the certificate on it now, where it lies, and who keeps it."""

    agency = db.ForeignKeyField(agencies.Agency)
    kind = db.CharField(default="organisation")  # organisation | person | software
    person = db.ForeignKeyField(users.Person, null=True)
    certificate = db.ForeignKeyField(Certificate, unique=True)
    serial = db.CharField(default="")
    place = db.CharField(default="")
    keeper = db.ForeignKeyField(users.Post, null=True)
    kept_since = db.MomentField(null=True)
    kept_until = db.DateField(null=True)  # the last day of a loan
    assignment_number = db.CharField(default="")  # the head's written assignment (NĐ30 32.1)
    assignment_date = db.DateField(null=True)
    state = db.CharField(default="in_use")
    state_at = db.MomentField(null=True)
    notice_number = db.CharField(default="")  # the authority's notice that the certificate is revoked
    notice_date = db.DateField(null=True)
    return_due = db.DateField(null=True)

    @property
    def label(self) -> str:
        """How the device is named in sentences."""
        return f"thiết bị {self.serial}" if self.serial else f"thiết bị số {self.id} trong sổ"

    @property
    def heading(self) -> str:
        """The same at the start of a line."""
        return self.label[0].upper() + self.label[1:]

    @property
    def state_words(self) -> str:
        """The state as a person says it."""
        if self.state == "in_use" and self.certificate.not_after < clock.now():
            return "Chứng thư hết hạn"
        if self.state == "in_use" and self.kind != "person" and self.keeper_id is None:
            return "Chưa giao cho ai"
        return STATES[self.state]

    @property
    def holder(self) -> str:
        """Who keeps it, in words."""
        if self.keeper_id:
            return self.keeper.label
        return self.person.full_name if self.person_id else ""


class KeyUse(db.Base):
    """One signature made with a key (5.2): who, when, which document, which bytes, on which machine."""

    certificate = db.ForeignKeyField(Certificate, backref="uses")
    token = db.ForeignKeyField(KeyToken, null=True, backref="uses")
    post = db.ForeignKeyField(users.Post)
    holder = db.CharField()  # name and title at that moment
    document = db.ForeignKeyField(documents.Document, null=True, on_delete="SET NULL")
    purpose = db.CharField()  # leader | seal | annex | copy | batch
    file_sha256 = db.CharField(max_length=64)
    machine = db.CharField(default="")
    at = db.MomentField()
    out_of_hours = db.BooleanField(default=False)
    bulk = db.BooleanField(default=False)

    class Meta:
        indexes = ((("certificate", "at"), False), (("token", "at"), False))

    @property
    def purpose_words(self) -> str:
        """The purpose as printed."""
        return PURPOSES.get(self.purpose, self.purpose)


class Picture(db.Base):
    """The picture of a person's signature, or of an agency's seal with its real diameter in millimetres."""

    person = db.ForeignKeyField(users.Person, null=True)
    agency = db.ForeignKeyField(agencies.Agency)
    file = db.ForeignKeyField(files.File)
    diameter_mm = db.IntegerField(null=True)
    loaded_at = db.MomentField()


TABLES = (Certificate, KeyToken, KeyUse, Picture)


# ---- certificates and their devices ----------------------------------------------------------------------------


def personal(actor, sha256: str) -> Certificate:
    """The actor's own certificate (5.3, 6.1.a). Raises Refused, and notes the attempt, for anybody else's."""
    row = _known(sha256)
    own = row is not None and row.kind == "person" and row.person_id == actor.id
    if not own or row.agency_id != actor.agency_id:
        _note_refusal(actor, sha256, row)
        raise errors.Refused(
            "Chứng thư trên thiết bị không phải chứng thư cá nhân đã ghi cho tài khoản của bạn ở cơ quan này "
            "(Quy chế Điều 5.3, 6.1.a). Hãy cắm đúng thiết bị, hoặc nhờ quản trị ghi chứng thư của bạn."
        )
    return _in_force(actor, row)


def organisational(actor, sha256: str) -> Certificate:
    """The agency's certificate in the hands of its recorded keeper (5.2, 6.1.b). Raises Refused otherwise."""
    row = _known(sha256)
    if row is None or row.kind != "organisation" or row.agency_id != actor.agency_id:
        _note_refusal(actor, sha256, row)
        raise errors.Refused(
            "Chứng thư trên thiết bị không phải chứng thư của cơ quan mình (Quy chế Điều 6.1.b). "
            "Hãy cắm thiết bị của cơ quan."
        )
    token = device_of(row)
    if token is None or token.keeper_id != actor.post.id:
        _note_refusal(actor, sha256, row)
        whose = "đang giao cho người khác giữ" if token and token.keeper_id else "chưa có ai được giao giữ"
        raise errors.Refused(
            f"Thiết bị của cơ quan {whose}. Chỉ người được giao mới ký số cơ quan (Quy chế Điều 5.2). "
            "Muốn giao hoặc đổi người giữ, hãy lập biên bản bàn giao ở mục Sổ thiết bị ký số."
        )
    return _in_force(actor, row)


def usable(actor, purpose: str) -> list[Certificate]:
    """Certificates this person may sign with for this purpose at this moment ("leader", else the seal's)."""
    mine = (KeyToken.person == actor.id) if purpose == "leader" else (KeyToken.keeper == actor.post.id)
    kind = "person" if purpose == "leader" else "organisation"
    rows = _with_certificate().where(
        KeyToken.agency == actor.agency_id, KeyToken.kind == kind, KeyToken.state == "in_use", mine
    )
    return [row.certificate for row in rows if _fault(row.certificate, row) is None]


def certificates(agency_id: int) -> list[Certificate]:
    """Certificates in use in an agency, with their people."""
    return list(
        Certificate.select(Certificate, users.Person)
        .left_outer_join(users.Person)
        .where(Certificate.agency == agency_id, Certificate.ended_at.is_null())
        .order_by(Certificate.kind, Certificate.id)
    )


def device_of(certificate: Certificate) -> KeyToken | None:
    """The device that carries this certificate now."""
    return _with_certificate().where(KeyToken.certificate == certificate).first()


def device(token_id: int) -> KeyToken | None:
    """A device with certificate, keeper and person, whoever asks."""
    return _with_certificate().where(KeyToken.id == token_id).first()


def devices(agency_id: int) -> list[KeyToken]:
    """Devices of an agency with certificate, keeper and person; those in use first."""
    rows = _with_certificate().where(KeyToken.agency == agency_id).order_by(KeyToken.kind, KeyToken.id)
    return sorted(rows, key=lambda row: list(STATES).index(row.state))


def in_hands_of(post: users.Post) -> list[KeyToken]:
    """Devices of the agency this post keeps now and would have to hand over before leaving."""
    return list(_with_certificate().where(KeyToken.keeper == post, KeyToken.state == "in_use"))


# ---- uses ------------------------------------------------------------------------------------------------------


def record_use(
    document, certificate: Certificate, actor, file_sha256: str, machine: str, purpose: str
) -> KeyUse:
    """Ghi một lần dùng khóa (5.2), inside the write() in which the signature counts: one row a signed file.

    The last guard too: raises Refused, so that nothing of the act is kept, when the certificate was blocked, ended, or
    its device handed over since the signing began. `file_sha256` is of the signed file, `machine` what the agent said.
    """
    row = Certificate.get_by_id(certificate.id)
    token = device_of(row)
    mine = (
        row.person_id == actor.id
        if row.kind == "person"
        else bool(token and token.keeper_id == actor.post.id)
    )
    fault = _fault(row, token)
    if row.agency_id != actor.agency_id or not mine or fault:
        raise errors.Refused(
            f"Chữ ký vừa tạo không được ghi nhận. {fault or 'Bạn không còn là người giữ thiết bị này (Quy chế Điều 5.2).'} "
            "Văn bản vẫn như trước khi ký."
        )
    now = clock.now()
    use = KeyUse.create(
        certificate=row, token=token, post=actor.post, holder=actor.post.label, document=document, purpose=purpose,
        file_sha256=file_sha256, machine=text.clean(machine)[:200], at=now,
        out_of_hours=workdays.calendar(actor.agency_id).received_at(now) != now, bulk=_recent(row) >= MANY,
    )  # fmt: skip
    facts = {"use": use.id, "document": getattr(document, "id", None), "sha256": file_sha256, "purpose": purpose,
             "machine": use.machine}  # fmt: skip
    journal.record("use_key", actor, token or row, data=facts | _alarm(use, row))
    return use


def _recent(certificate) -> int:
    return (
        KeyUse.select(KeyUse.id)
        .where(KeyUse.certificate == certificate, KeyUse.at > clock.now() - SPAN)
        .limit(TOO_MANY)
        .count()
    )


def _alarm(use, certificate) -> dict:
    """Whom to tell of very many uses at once: the owner and the leaders, once in SPAN (T6)."""
    told = KeyUse.select().where(
        KeyUse.certificate == certificate, KeyUse.id != use.id, KeyUse.bulk, KeyUse.at > use.at - SPAN
    )
    if not use.bulk or told.exists():
        return {}
    owners = {post.id for post in users.holders(certificate.agency_id, lookups.LEADER)} | {use.post_id}
    said = (
        f"Khóa của {certificate.name} ký hơn {MANY} lần trong 10 phút. Không phải bạn? Báo mất thiết bị ngay."
    )
    return journal.telling(owners, said, "/tokens/mine", urgent=True)


# ---- pictures --------------------------------------------------------------------------------------------------


def load_picture(
    actor, file: files.File, *, person: users.Person | None = None, diameter_mm: int | None = None
):
    """The picture of one's signature, or of the seal with its real diameter (never scaled). Raises Invalid.

    Only the person himself loads his own; an administrator may do it for others, and the journal says so.
    """
    if person is None:
        permissions.require(actor, lookups.ADMIN, lookups.CLERK)
        if diameter_mm is None or not SMALLEST_SEAL <= diameter_mm <= LARGEST_SEAL:
            raise errors.Invalid(
                {
                    "diameter_mm": f"Hãy ghi đường kính thật của con dấu, từ {SMALLEST_SEAL} đến {LARGEST_SEAL} mm."
                }
            )
    elif person.id != actor.id:
        permissions.require(actor, lookups.ADMIN)
        if actor.agency_id not in {post.agency_id for post in users.posts_of(person)}:
            raise errors.NotFound()
    with db.write():
        row = Picture.create(person=person, agency=actor.agency_id, file=file, loaded_at=clock.now(),
                             diameter_mm=None if person else diameter_mm)  # fmt: skip
        whose = (
            "con dấu"
            if person is None
            else "của mình"
            if person.id == actor.id
            else f"cho {person.full_name}"
        )
        journal.record("load_picture", actor, row, note=whose)
    return row


def picture(agency_id: int, person_id: int | None = None) -> Picture | None:
    """The newest picture of a person's signature in this agency, or of the agency's seal."""
    whose = Picture.person == person_id if person_id else Picture.person.is_null()
    return (
        Picture.select(Picture, files.File)
        .join(files.File)
        .where(Picture.agency == agency_id, whose)
        .order_by(Picture.id.desc())
        .first()
    )


# ---- inner -----------------------------------------------------------------------------------------------------


def _with_certificate():
    owner = users.Person.alias()
    return (
        KeyToken.select(KeyToken, Certificate, users.Post, users.Person, owner)
        .join(Certificate)
        .switch(KeyToken)
        .left_outer_join(users.Post)
        .left_outer_join(users.Person)
        .switch(KeyToken)
        .left_outer_join(owner, on=(KeyToken.person == owner.id), attr="person")
    )


def _known(sha256) -> Certificate | None:
    return Certificate.get_or_none(Certificate.sha256 == sha256, Certificate.ended_at.is_null())


def _in_force(actor, row: Certificate) -> Certificate:
    fault = _fault(row, device_of(row))
    if not fault and _recent(row) >= TOO_MANY:
        fault = f"Chứng thư này vừa ký {TOO_MANY} lần trong 10 phút. Hãy chờ ít phút; nếu không phải bạn ký, hãy báo mất thiết bị."  # fmt: skip
    if fault:
        _note_refusal(actor, row.sha256, row)
        raise errors.Refused(fault)
    return row


def _fault(row: Certificate, token: KeyToken | None) -> str | None:
    """Why nobody may sign with this certificate on its device now, or None."""
    if row.ended_at:
        return "Chứng thư này đã ngừng dùng."
    if token and token.state == "lost":
        return "Thiết bị này đã báo mất, chứng thư bị chặn. Chưa ký gì; hãy liên hệ người đứng đầu cơ quan."
    if token and token.state != "in_use":
        return f"Thiết bị này không còn dùng ({STATES[token.state].lower()})."
    if not row.not_before <= clock.now() <= row.not_after:
        return f"Chứng thư của {row.name} có hạn từ {row.first_day:%d/%m/%Y} đến {row.last_day:%d/%m/%Y}, hôm nay không dùng được. Hãy xin gia hạn chứng thư (NĐ 68 Mẫu 04)."
    if token and token.kept_until and token.kept_until < clock.today():
        return (
            f"Thời hạn cho mượn thiết bị đã hết ngày {token.kept_until:%d/%m/%Y}. Hãy bàn giao lại thiết bị."
        )
    return None


def _note_refusal(actor, sha256, row) -> None:
    with db.write():
        journal.record("wrong_certificate", actor, row, note=f"SHA-256 {sha256[:16]}…")
