"""Văn bản không đăng ký (A16; ND30 Điều 21.1.b, 22.1): private letters and those of the Party and of mass organisations are
passed on without a number. Who passed what to whom and when stays; the content is for the clerk and the receiver.
"""

from models import (
    agencies,
    clock,
    db,
    documents,
    errors,
    exchange,
    journal,
    lookups,
    permissions,
    scans,
    text,
    users,
    workdays,
    workflow,
)

KINDS = {
    "personal": "Thư, văn bản gửi đích danh người nhận",
    "party": "Văn bản của Đảng",
    "union": "Văn bản của đoàn thể",
    "other": "Báo, tạp chí, tài liệu không phải đăng ký",
}
PAGE = 100


class PassedOn(db.Base):
    """One document passed on without registration: to a person, a unit (its head) or an organisation beside the office."""

    document = db.ForeignKeyField(documents.Document, unique=True, backref="passed_on", on_delete="CASCADE")
    kind = db.CharField()  # a key of KINDS
    post = db.ForeignKeyField(users.Post, null=True)
    unit = db.ForeignKeyField(agencies.Unit, null=True)
    organisation = db.CharField(default="")
    note = db.CharField(default="")
    passed_at = db.MomentField()
    passed_by = db.CharField()
    taken_at = db.MomentField(null=True)
    taken_by = db.CharField(default="")

    @property
    def receiver(self) -> str:
        """To whom, in words."""
        named = self.post.label if self.post_id else self.unit.name if self.unit_id else ""
        return " – ".join(part for part in (self.organisation, named) if part)

    @property
    def kind_name(self) -> str:
        """Why it needs no number."""
        return KINDS[self.kind]


TABLES = (PassedOn,)


def pass_on(
    actor, doc, kind: str, *, post=None, unit=None, organisation: str = "", note: str = ""
) -> PassedOn:
    """Không đăng ký – chuyển một văn bản đang ở Chờ lưu trữ. Raises Invalid, Refused, NotAllowed, Conflict."""
    organisation = _checked(actor, kind, post, unit, organisation)
    with db.write():
        return _pass_on(actor, doc, kind, post, unit, organisation, text.clean(note)[:500])


def pass_scan_on(actor, scan, kind: str, *, post=None, unit=None, organisation: str = "", note: str = "",
                 subject: str = "") -> PassedOn:  # fmt: skip
    """The same with a scanned letter, read or not: it becomes a document without a number."""
    permissions.require(actor, lookups.CLERK)
    organisation = _checked(actor, kind, post, unit, organisation)
    if scan.agency_id != actor.agency_id:
        raise errors.NotFound()
    read = {name: field["value"] for name, field in scan.fields.items() if field}
    with db.write():
        if not any(scans.step(scan, state, "confirmed") for state in scans.OPEN):
            raise errors.Conflict("Bản quét này vừa được người khác xử lý. Hãy tải lại trang.")
        doc = workflow.begin(
            "incoming", "arrived", actor, note="Văn bản giấy", agency=actor.agency_id, source="paper",
            page_amount=scan.pages_total, created_at=clock.now(), arrived_at=scan.uploaded_at,
            received_at=workdays.calendar(actor.agency_id).received_at(scan.uploaded_at),
        )  # fmt: skip
        documents.attach(doc, scan.pages_file, "main", "Bản quét văn bản giấy")
        documents.describe(
            doc, organ_name=read.get("organ_name", "")[:200], code_number=read.get("code_number", "")[:11],
            code_notation=read.get("code_notation", "")[:30],
            subject=text.clean(subject)[:500] or read.get("subject", "")[:500] or scan.name,
        )  # fmt: skip
        scan.set(document=doc, note="Không đăng ký, đã chuyển")
        row = _pass_on(actor, doc, kind, post, unit, organisation, text.clean(note)[:500])
        journal.record("pass_scan_on", actor, scan, to_state="confirmed", note=row.receiver)
    return row


def acknowledge(actor, row: PassedOn) -> None:
    """Đã nhận, by who it was passed to. Raises NotAllowed for everybody else; again: nothing."""
    if not is_receiver(actor, row):
        raise errors.NotAllowed("Chỉ người được chuyển văn bản này xác nhận đã nhận.")
    if row.taken_at:
        return
    with db.write():
        row.set(taken_at=clock.now(), taken_by=actor.name)
        journal.record("take_passed_on", actor, row.document, "unregistered", "unregistered")


def is_receiver(actor, row: PassedOn) -> bool:
    """True for the person it was passed to, or the head of the unit."""
    if row.post_id:
        return row.post_id == actor.post.id
    return bool(row.unit_id) and row.unit_id == actor.unit_id and actor.has(lookups.UNIT_HEAD)


def of(doc) -> PassedOn | None:
    """To whom this document was passed, None for a registered one."""
    return PassedOn.get_or_none(PassedOn.document == doc)


def listed(actor, before: int | None = None, limit: int = PAGE) -> list[PassedOn]:
    """What was passed on without a number, the newest first: all of it for the clerk, else what came to this person."""
    rows = (
        PassedOn.select(PassedOn, documents.Document)
        .join(documents.Document)
        .where(documents.Document.agency == actor.agency_id)
        .order_by(PassedOn.id.desc())
    )
    if not actor.has(lookups.CLERK):
        mine = PassedOn.post == actor.post.id
        if actor.has(lookups.UNIT_HEAD) and actor.unit_id:
            mine |= PassedOn.unit == actor.unit_id
        rows = rows.where(mine)
    if before:
        rows = rows.where(PassedOn.id < before)
    return list(rows.limit(limit))


def _checked(actor, kind, post, unit, organisation) -> str:
    organisation, wrong = text.clean(organisation)[:200], {}
    if kind not in KINDS:
        wrong["kind"] = "Hãy chọn vì sao văn bản này không phải đăng ký (Nghị định 30/2020 Điều 21.1)."
    if not (post or unit or organisation) or (post and unit):
        wrong["target"] = "Hãy chọn một người, một đơn vị, hoặc ghi tên tổ chức đoàn thể nhận văn bản."
    if (post and post.agency_id != actor.agency_id) or (unit and unit.agency_id != actor.agency_id):
        wrong["target"] = "Chỉ chuyển cho người, đơn vị trong cơ quan."
    if wrong:
        raise errors.Invalid(wrong)
    return organisation


def _pass_on(actor, doc, kind, post, unit, organisation, note) -> PassedOn:
    workflow.step(doc, "pass_unregistered", actor, note)
    row = PassedOn.create(document=doc, kind=kind, post=post, unit=unit, organisation=organisation, note=note,
                          passed_at=clock.now(), passed_by=actor.name)  # fmt: skip
    permissions.grant(doc, "Được chuyển, không đăng ký", post=post, unit=unit)
    documents.hand_to(doc, post)
    told = [post] if post else _heads(doc.agency_id, unit)
    words = f"Văn bản được chuyển cho bạn, không đăng ký: {doc.subject}"
    journal.record("hand_unregistered", actor, doc, doc.state, doc.state, row.receiver,
                   journal.telling(told, words[:240], f"/incoming/{doc.id}", doc.urgency > 0))  # fmt: skip
    exchange.report(
        doc,
        "03",
        "Đã tiếp nhận và chuyển người nhận, không phải đăng ký (Nghị định 30/2020 Điều 21.1)",
        actor,
    )
    return row


def _heads(agency_id, unit) -> list[users.Post]:
    if unit is None:
        return []
    return [post for post in users.holders(agency_id, unit_id=unit.id) if post.has(lookups.UNIT_HEAD)]
