"""Thiết bị lưu khóa bí mật, chứng thư số, hình chữ ký và con dấu (Quy chế 5, 6.1; NĐ30 PL I II.7, 8).

A personal certificate belongs to one account; an organisation's to one agency, and only the recorded keeper of its
device may use it. No key and no PIN is ever kept here.
"""

from models import agencies, clock, db, errors, files, journal, lookups, permissions, text, users

SMALLEST_SEAL, LARGEST_SEAL = 20, 60  # millimetres across


class Certificate(db.Base):
    """A certificate somebody of ours may sign with, bound to a person or to an agency."""

    sha256 = db.CharField(max_length=64, unique=True)
    der = db.BlobField()
    chain = db.BlobField(default=b"")  # intermediates, DER one after the other
    serial = db.CharField()
    name = db.CharField()
    organisation = db.CharField(default="")
    issuer = db.CharField(default="")
    kind = db.CharField()  # person | organisation
    not_before = db.MomentField()
    not_after = db.MomentField()
    person = db.ForeignKeyField(users.Person, null=True)
    agency = db.ForeignKeyField(agencies.Agency)
    bound_at = db.MomentField()
    ended_at = db.MomentField(null=True)


class KeyToken(db.Base):
    """The agency's device (5.2): what it is, where it lies, and who keeps it."""

    agency = db.ForeignKeyField(agencies.Agency)
    certificate = db.ForeignKeyField(Certificate, unique=True)
    serial = db.CharField(default="")
    place = db.CharField(default="")
    keeper = db.ForeignKeyField(users.Post)
    kept_since = db.MomentField()


class Custody(db.Base):
    """One hand-over of a device with its minutes (5.2): who gave it to whom, when, in what state."""

    token = db.ForeignKeyField(KeyToken, backref="custodies")
    from_name = db.CharField(default="")
    to_name = db.CharField()
    minutes_number = db.CharField()
    minutes_date = db.DateField()
    minutes_file = db.ForeignKeyField(files.File, null=True)
    condition = db.CharField(default="")
    at = db.MomentField()


class Picture(db.Base):
    """The picture of a person's signature, or of an agency's seal with its real diameter in millimetres."""

    person = db.ForeignKeyField(users.Person, null=True)
    agency = db.ForeignKeyField(agencies.Agency)
    file = db.ForeignKeyField(files.File)
    diameter_mm = db.IntegerField(null=True)
    loaded_at = db.MomentField()


TABLES = (Certificate, KeyToken, Custody, Picture)


# ---- certificates ----------------------------------------------------------------------------------------------


def bind(actor, der: bytes, info, person: users.Person | None = None, chain: bytes = b"") -> Certificate:
    """Ghi chứng thư: of a person of the agency, or of the agency itself when `person` is None.

    `info` is what the certificate says (signing.CertificateInfo). Raises Invalid for the wrong kind, an expired one, one
    bound already, or a person without a post in this agency.
    """
    permissions.require(actor, lookups.ADMIN, lookups.CLERK)
    wanted = "person" if person else "organisation"
    if info.kind != wanted:
        kind = "cá nhân" if person else "cơ quan, tổ chức"
        raise errors.Invalid({"certificate": f"Đây không phải chứng thư số {kind} (Quy chế Điều 6.1)."})
    if info.not_after < clock.now():
        raise errors.Invalid(
            {"certificate": f"Chứng thư đã hết hạn ngày {clock.local(info.not_after):%d/%m/%Y}."}
        )
    if Certificate.select().where(Certificate.sha256 == info.sha256, Certificate.ended_at.is_null()).exists():
        raise errors.Invalid({"certificate": "Chứng thư này đã được ghi cho một người hoặc một cơ quan."})
    if person and actor.agency_id not in {post.agency_id for post in users.posts_of(person)}:
        raise errors.Invalid({"person": "Người này không có chức danh trong cơ quan."})
    with db.write():
        row = Certificate.create(
            sha256=info.sha256, der=der, chain=chain, serial=info.serial, name=info.name,
            organisation=info.organisation, issuer=info.issuer, kind=info.kind, not_before=info.not_before,
            not_after=info.not_after, person=person, agency=actor.agency_id, bound_at=clock.now(),
        )  # fmt: skip
        journal.record("bind_certificate", actor, row, note=f"{info.name}, số {info.serial}")
    return row


def unbind(actor, certificate: Certificate) -> None:
    """Ngừng dùng một chứng thư; what was signed with it stays."""
    permissions.require(actor, lookups.ADMIN, lookups.CLERK)
    with db.write():
        certificate.set(ended_at=clock.now())
        journal.record("unbind_certificate", actor, certificate)


def personal(actor, sha256: str) -> Certificate:
    """The actor's own certificate (5.3, 6.1.a). Raises Refused, and notes the attempt, for anybody else's."""
    row = _known(sha256)
    if row is None or row.kind != "person" or row.person_id != actor.id:
        _note_refusal(actor, sha256, row)
        raise errors.Refused(
            "Chứng thư trên thiết bị không phải chứng thư cá nhân đã ghi cho tài khoản của bạn "
            "(Quy chế Điều 5.3, 6.1.a). Hãy cắm đúng thiết bị, hoặc nhờ quản trị ghi chứng thư của bạn."
        )
    return _in_force(row)


def organisational(actor, sha256: str) -> Certificate:
    """The agency's certificate in the hands of its recorded keeper (5.2, 6.1.b). Raises Refused otherwise."""
    row = _known(sha256)
    if row is None or row.kind != "organisation" or row.agency_id != actor.agency_id:
        _note_refusal(actor, sha256, row)
        raise errors.Refused(
            "Chứng thư trên thiết bị không phải chứng thư của cơ quan mình (Quy chế Điều 6.1.b). "
            "Hãy cắm thiết bị của cơ quan."
        )
    token = KeyToken.get_or_none(KeyToken.certificate == row)
    if token is None or token.keeper_id != actor.post.id:
        _note_refusal(actor, sha256, row)
        keeper = token.keeper.label if token else "chưa có ai"
        raise errors.Refused(
            f"Thiết bị của cơ quan đang giao cho: {keeper}. Chỉ người được giao mới ký số cơ quan (Quy chế Điều 5.2). "
            "Muốn đổi người giữ, hãy lập biên bản bàn giao."
        )
    return _in_force(row)


def certificates(agency_id: int) -> list[Certificate]:
    """Certificates in use in an agency, with their people."""
    return list(
        Certificate.select(Certificate, users.Person)
        .left_outer_join(users.Person)
        .where(Certificate.agency == agency_id, Certificate.ended_at.is_null())
        .order_by(Certificate.kind, Certificate.id)
    )


# ---- devices ---------------------------------------------------------------------------------------------------


def hand_over(
    actor, certificate: Certificate, keeper: users.Post, *, minutes_number: str, minutes_date, serial="", place="",
    condition="", minutes_file: files.File | None = None,
) -> KeyToken:  # fmt: skip
    """Giao thiết bị của cơ quan: first assignment or change of keeper, never without minutes (5.2).

    The old keeper's right ends in the same transaction. Raises Invalid.
    """
    permissions.require(actor, lookups.ADMIN, lookups.LEADER)
    wrong = {}
    if certificate.kind != "organisation" or certificate.agency_id != actor.agency_id:
        wrong["certificate"] = "Chỉ thiết bị của cơ quan mình mới giao ở đây."
    if not text.clean(minutes_number) or minutes_date is None:
        wrong["minutes_number"] = (
            "Khi giao hoặc đổi người giữ phải có biên bản: ghi số và ngày (Quy chế Điều 5.2)."
        )
    if keeper is None or keeper.agency_id != actor.agency_id or not keeper.has(lookups.CLERK):
        wrong["keeper"] = "Thiết bị của cơ quan được giao cho văn thư (Quy chế Điều 5.2)."
    if wrong:
        raise errors.Invalid(wrong)
    now = clock.now()
    with db.write():
        token = KeyToken.get_or_none(KeyToken.certificate == certificate)
        before = token.keeper.label if token else ""
        if token is None:
            token = KeyToken.create(agency=actor.agency_id, certificate=certificate, serial=text.clean(serial),
                                    place=text.clean(place), keeper=keeper, kept_since=now)  # fmt: skip
        else:
            token.set(keeper=keeper, kept_since=now)
        Custody.create(
            token=token, from_name=before, to_name=keeper.label, minutes_number=text.clean(minutes_number),
            minutes_date=minutes_date, minutes_file=minutes_file, condition=text.clean(condition), at=now,
        )  # fmt: skip
        journal.record("hand_over_token", actor, token, note=f"{before or '(mới)'} → {keeper.label}")
    return token


def devices(agency_id: int) -> list[KeyToken]:
    """Devices of an agency with certificate and keeper."""
    return list(
        KeyToken.select(KeyToken, Certificate, users.Post, users.Person)
        .join(Certificate)
        .switch(KeyToken)
        .join(users.Post)
        .join(users.Person)
        .where(KeyToken.agency == agency_id)
        .order_by(KeyToken.id)
    )


def custodies(agency_id: int) -> list[Custody]:
    """All hand-overs of an agency's devices, newest first."""
    return list(
        Custody.select(Custody, KeyToken)
        .join(KeyToken)
        .where(KeyToken.agency == agency_id)
        .order_by(Custody.id.desc())
    )


# ---- pictures --------------------------------------------------------------------------------------------------


def load_picture(
    actor, file: files.File, *, person: users.Person | None = None, diameter_mm: int | None = None
):
    """The picture of one's signature, or of the seal with its real diameter (never scaled). Raises Invalid."""
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
    with db.write():
        row = Picture.create(person=person, agency=actor.agency_id, file=file, loaded_at=clock.now(),
                             diameter_mm=None if person else diameter_mm)  # fmt: skip
        journal.record("load_picture", actor, row)
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


def _known(sha256) -> Certificate | None:
    return Certificate.get_or_none(Certificate.sha256 == sha256, Certificate.ended_at.is_null())


def _in_force(row: Certificate) -> Certificate:
    if not row.not_before <= clock.now() <= row.not_after:
        raise errors.Refused(
            f"Chứng thư của {row.name} có hạn từ {clock.local(row.not_before):%d/%m/%Y} đến "
            f"{clock.local(row.not_after):%d/%m/%Y}, hôm nay không dùng được."
        )
    return row


def _note_refusal(actor, sha256, row) -> None:
    with db.write():
        journal.record("wrong_certificate", actor, row, note=f"SHA-256 {sha256[:16]}…")
