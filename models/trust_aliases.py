"""Tên khác của nơi gửi: the names an agency's certificate carries that differ from its name in the address book.

«Gửi từ mã H99.10 nhưng chữ ký của …» is approved once by a clerk who knows the sender; later checks know the name
(features D6). It holds for the agency whose clerk approved it, with who and when.
"""

from models import agencies, clock, db, documents, errors, journal, lookups, permissions, text


class SenderAlias(db.Base):
    """A name under which the agency with this code signs, as `agency` accepted it."""

    agency = db.ForeignKeyField(agencies.Agency)
    organ_id = db.CharField()
    organ_name = db.CharField(default="")
    name = db.CharField()
    document = db.ForeignKeyField(documents.Document, null=True)
    approved_by = db.CharField()
    approved_at = db.MomentField()
    ended_at = db.MomentField(null=True)

    class Meta:
        indexes = ((("agency", "organ_id"), False),)


TABLES = (SenderAlias,)


def approve(doc, actor, name: str) -> SenderAlias:
    """Chấp nhận tên trên chứng thư là của nơi gửi này; once, by the clerk. Raises Invalid, Refused."""
    permissions.require(actor, lookups.CLERK)
    name = text.harmless(name)[:200]
    if not doc.organ_id:
        raise errors.Refused("Văn bản không ghi mã định danh nơi gửi nên không ghi nhớ được tên của nơi gửi.")
    if not name:
        raise errors.Invalid({"name": "Chữ ký không ghi tên cơ quan nên không có tên nào để chấp nhận."})
    if text.fold(name) in {text.fold(known) for known in names_of(doc.agency_id, doc.organ_id)}:
        raise errors.Refused("Tên này đã được chấp nhận cho nơi gửi. Hãy kiểm tra ký số lại.")
    with db.write():
        row = SenderAlias.create(
            agency=doc.agency_id, organ_id=doc.organ_id, organ_name=doc.organ_name, name=name, document=doc,
            approved_by=f"{actor.name} – {actor.title}", approved_at=clock.now(),
        )  # fmt: skip
        journal.record(
            "approve_alias",
            actor,
            doc,
            doc.state,
            doc.state,
            f"«{name}» là {doc.organ_name} ({doc.organ_id})",
        )
    return row


def end(actor, alias_id: int) -> None:
    """Thôi chấp nhận một tên. Raises NotFound for another agency's."""
    permissions.require(actor, lookups.CLERK)
    row = SenderAlias.get_or_none(SenderAlias.id == alias_id, SenderAlias.agency == actor.agency_id)
    if row is None:
        raise errors.NotFound()
    with db.write():
        if row.ended_at:
            return  # pressed twice
        row.set(ended_at=clock.now())
        journal.record("end_alias", actor, row, note=f"«{row.name}» – {row.organ_name} ({row.organ_id})")


def names_of(agency_id: int, organ_id: str) -> list[str]:
    """Further names under which a sender may sign, as this agency accepted them."""
    rows = of_agency(agency_id)
    return [row.name for row in rows if organ_id and row.organ_id == organ_id]


def of_agency(agency_id: int) -> list[SenderAlias]:
    """All names an agency accepted, the newest first."""
    return list(
        SenderAlias.select()
        .where(SenderAlias.agency == agency_id, SenderAlias.ended_at.is_null())
        .order_by(SenderAlias.id.desc())
    )
