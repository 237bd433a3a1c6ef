"""Sửa dòng đã vào sổ (C14): the old value stays to be read, struck through on the page and in the printed book.

Number and day of arrival are never corrected: a line that should not be there is cancelled, its number stays void (C15).
"""

from datetime import date

from models import clock, db, documents, errors, journal, lookups, permissions, senders, text

FIELDS = {
    "organ_name": "Tác giả", "parent_organ_name": "Cơ quan chủ quản", "code_number": "Số", "code_notation": "Ký hiệu",
    "issued_date": "Ngày văn bản", "type_code": "Tên loại", "subject": "Trích yếu", "signer_position": "Chức vụ người ký",
    "signer_name": "Người ký", "urgency": "Độ khẩn", "asked_due_date": "Hạn trả lời", "page_amount": "Số trang",
    "place": "Địa danh", "description": "Ghi chú",
}  # fmt: skip
NEEDED = {
    "organ_name": "Hãy nhập cơ quan ban hành.", "subject": "Hãy nhập trích yếu nội dung.",
    "issued_date": "Hãy nhập ngày của văn bản, ví dụ 14/7.",
}  # fmt: skip


class Correction(db.Base):
    """One value of a registered line that was put right: what it was, what it is, who did it and why."""

    document = db.ForeignKeyField(documents.Document, backref="corrections", on_delete="CASCADE")
    field = db.CharField()
    before = db.TextField(default="")
    after = db.TextField(default="")
    reason = db.CharField()
    corrected_at = db.MomentField()
    corrected_by = db.CharField()

    @property
    def label(self) -> str:
        """The column's name."""
        return FIELDS.get(self.field, self.field)


TABLES = (Correction,)


def correct(doc, actor, fields: dict, reason: str) -> list[Correction]:
    """Sửa dòng sổ: the named fields get new values, each old one is kept with the reason. What changed.

    Raises Invalid (no reason, an empty field that a line needs), Refused (not registered, recalled), NotAllowed.
    """
    permissions.require(actor, lookups.CLERK)
    if doc.agency_id != actor.agency_id or doc.flow != "incoming":
        raise errors.NotFound()
    now = documents.state_now(doc)
    if now.arrival_number is None or now.state == "arrived":
        raise errors.Refused("Văn bản chưa vào sổ: hãy sửa ngay trên phiếu vào sổ ở Chờ lưu trữ.")
    values = {name: text.clean(value) if isinstance(value, str) else value for name, value in fields.items()}
    changed = {
        name: value for name, value in values.items() if name in FIELDS and value != getattr(now, name)
    }
    wrong = {name: NEEDED[name] for name in changed if name in NEEDED and not changed[name]}
    reason = text.clean(reason)[:500]
    if not reason:
        wrong["reason"] = "Hãy ghi lý do sửa; lý do được in cùng giá trị cũ trong sổ."
    if wrong:
        raise errors.Invalid(wrong)
    if not changed:
        return []
    with db.write():
        rows = [
            Correction.create(document=doc, field=name, before=words(name, getattr(now, name)), after=words(name, value),
                              reason=reason, corrected_at=clock.now(), corrected_by=f"{actor.name} – {actor.title}")
            for name, value in changed.items()
        ]  # fmt: skip
        documents.describe(doc, **changed)
        if {"organ_name", "parent_organ_name"} & changed.keys():
            senders.learn(doc)
        journal.record("correct_entry", actor, doc, doc.state, doc.state, reason,
                       {row.field: [row.before, row.after] for row in rows})  # fmt: skip
    return rows


def words(field: str, value) -> str:
    """A value as the book shows it."""
    if field == "type_code":
        return lookups.type_name(value)
    if field == "urgency":
        return lookups.URGENCIES.get(value, "")
    if isinstance(value, date):
        return f"{value:%d/%m/%Y}"
    return "" if value in (None, "") else str(value)


def of(doc) -> list[Correction]:
    """The corrections of one line, oldest first."""
    return list(doc.corrections.order_by(Correction.id))


def of_many(docs) -> dict[int, list[Correction]]:
    """Document id → its corrections, oldest first; for lists and the printed book."""
    found: dict[int, list[Correction]] = {}
    ids = [doc.id for doc in docs]
    for start in range(0, len(ids), 500):
        rows = (
            Correction.select()
            .where(Correction.document.in_(ids[start : start + 500]))
            .order_by(Correction.id)
        )
        for row in rows:
            found.setdefault(row.document_id, []).append(row)
    return found


def struck(rows: list[Correction]) -> dict[str, list[str]]:
    """Field → its former values, oldest first."""
    found: dict[str, list[str]] = {}
    for row in rows:
        found.setdefault(row.field, []).append(row.before or "trống")
    return found
