"""Ghi sổ thiết bị: a certificate and the device that carries it enter the register, or a new one replaces it (NĐ68 Mẫu 01–04)."""

from models import clock, db, errors, journal, lookups, permissions, text, tokens_readers, users
from models.tokens import Certificate, KeyToken, KeyUse
from models.tokens_custody import Custody

RECORDERS = (lookups.ADMIN, lookups.CLERK, lookups.LEADER)


def bind(
    actor, der: bytes, info, person: users.Person | None = None, chain: bytes = b"", *, software: bool = False,
    serial: str = "", place: str = "",
) -> Certificate:  # fmt: skip
    """Ghi chứng thư và thiết bị vào sổ: of a person of the agency, or of the agency itself when `person` is None.

    `info` is what the certificate says (signing.CertificateInfo); `software` is a certificate of a service or program,
    which signs no document. Raises Invalid for the wrong kind, an expired one, one bound already, or a person without a
    post in this agency.
    """
    permissions.require(actor, *RECORDERS)
    kind = "person" if person else "software" if software else "organisation"
    _refuse_unfit(info, kind)
    if person and actor.agency_id not in {post.agency_id for post in users.posts_of(person)}:
        raise errors.Invalid({"person": "Người này không có chức danh trong cơ quan."})
    with db.write():
        row = _certificate(actor, der, info, kind, person, chain)
        token = KeyToken.create(
            agency=actor.agency_id, kind=kind, person=person, certificate=row, serial=text.clean(serial),
            place=text.clean(place), kept_since=row.bound_at if person else None, state_at=row.bound_at,
        )  # fmt: skip
        journal.record("bind_certificate", actor, token, note=f"{info.name}, số {info.serial}")
    return row


def renew(actor, token: KeyToken, der: bytes, info, chain: bytes = b"") -> Certificate:
    """Gia hạn, thay chứng thư trên cùng thiết bị: the keeper stays, the old certificate ends (NĐ68 Mẫu 04). Raises Invalid."""
    permissions.require(actor, *RECORDERS)
    if token.agency_id != actor.agency_id:
        raise errors.NotFound()
    _refuse_unfit(info, token.kind)
    old = token.certificate
    with db.write():
        if KeyToken.get_by_id(token.id).state != "in_use":
            raise errors.Refused("Thiết bị này không còn dùng. Hãy ghi chứng thư mới như một thiết bị mới.")
        old.set(ended_at=clock.now(), ended_why="Gia hạn, thay chứng thư")
        row = _certificate(actor, der, info, token.kind, token.person, chain)
        token.set(certificate=row)
        Custody.create(
            token=token, kind="renewed", from_name=token.holder, to_name=token.holder, minutes_number="", at=row.bound_at,
            opened_by=actor.post, opened_at=row.bound_at, reason=f"Chứng thư số {old.serial} → {info.serial}",
        )  # fmt: skip
        journal.record("renew_certificate", actor, token, note=f"{old.serial} → {info.serial}")
    return row


def strike(actor, token: KeyToken, reason: str) -> None:
    """Bỏ khỏi sổ một chứng thư ghi nhầm, so that it can be recorded rightly. Raises Refused once it was used or handed over."""
    permissions.require(actor, *RECORDERS)
    tokens_readers.require(actor)
    reason = text.clean(reason)
    if not reason:
        raise errors.Invalid({"reason": "Hãy ghi rõ nhầm ở đâu."})
    used = KeyUse.select().where(KeyUse.certificate == token.certificate).exists()
    if token.agency_id != actor.agency_id or used or token.keeper_id:
        raise errors.Refused(
            "Chứng thư này đã dùng hoặc thiết bị đã giao, nên không bỏ khỏi sổ được. Hãy ghi thu hồi."
        )
    with db.write():
        journal.record("strike_certificate", actor, token, note=f"{token.certificate.serial}: {reason}")
        try:
            token.delete_instance(recursive=True)
            token.certificate.delete_instance()
        except db.IntegrityError as error:
            raise errors.Refused(
                "Chứng thư này đã có phiên ký, nên không bỏ khỏi sổ được. Hãy ghi thu hồi."
            ) from error


def _certificate(actor, der, info, kind, person, chain) -> Certificate:
    if Certificate.select().where(Certificate.sha256 == info.sha256).exists():
        raise errors.Invalid({"certificate": "Chứng thư này đã có trong sổ thiết bị."})
    return Certificate.create(
        sha256=info.sha256, der=der, chain=chain, serial=info.serial, name=info.name,
        organisation=info.organisation, issuer=info.issuer, kind=kind, not_before=info.not_before,
        not_after=info.not_after, person=person, agency=actor.agency_id, bound_at=clock.now(),
    )  # fmt: skip


def _refuse_unfit(info, kind: str) -> None:
    # the certificate of a service often bears the agency's name alone
    fits = info.kind != "person" if kind == "software" else info.kind == kind
    if not fits:
        said = {"person": "cá nhân", "organisation": "cơ quan, tổ chức"}.get(kind, "thiết bị, phần mềm")
        raise errors.Invalid({"certificate": f"Đây không phải chứng thư số {said} (Quy chế Điều 6.1)."})
    if info.not_after < clock.now():
        raise errors.Invalid(
            {"certificate": f"Chứng thư đã hết hạn ngày {clock.local(info.not_after):%d/%m/%Y}."}
        )
