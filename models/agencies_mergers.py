"""Sáp nhập cơ quan trong sổ địa chỉ (ID-7): the old agency is closed and points to its successor, by a decision and a day.

Its codes stay with it, so that its letters keep their sender; whoever asks for one of them is led to the successor. It can be
undone: what it was before is kept with the merger.
"""

import json

from models import agencies, clock, db, errors, journal, text


class AgencyMerger(db.Base):
    """One merger, with what the old agency was before it; undone by a person with a reason."""

    old = db.ForeignKeyField(agencies.Agency)
    new = db.ForeignKeyField(agencies.Agency)
    decision = db.CharField()
    day = db.DateField()
    before = db.TextField(default="{}")
    merged_at = db.MomentField()
    merged_by = db.CharField()
    undone_at = db.MomentField(null=True)
    undone_by = db.CharField(default="")
    undo_reason = db.CharField(default="")


TABLES = (*agencies.TABLES, AgencyMerger)


def merge(old: agencies.Agency, new: agencies.Agency, decision: str, day, by) -> AgencyMerger:
    """Ghi sáp nhập: `old` is closed from `day` on and leads to `new`. Raises Invalid, Refused."""
    decision = text.clean(decision)[:200]
    wrong = {}
    if not decision:
        wrong["decision"] = "Hãy nhập số, ngày quyết định sáp nhập."
    if day is None or day > clock.today():
        wrong["day"] = "Hãy nhập ngày sáp nhập, không sau hôm nay."
    if wrong:
        raise errors.Invalid(wrong)
    _require_mergeable(old, new)
    open_codes = [row for row in old.codes if row.valid_to is None]
    before = {
        "closed_on": f"{old.closed_on:%Y-%m-%d}" if old.closed_on else "",
        "codes": [row.id for row in open_codes],
    }
    with db.write():
        for row in open_codes:
            row.set(valid_to=day)
        old.__dict__.pop("_code", None)
        old.set(successor=new, closed_on=old.closed_on or day)
        row = AgencyMerger.create(old=old, new=new, decision=decision, day=day, before=json.dumps(before),
                                  merged_at=clock.now(), merged_by=by.name)  # fmt: skip
        words = f"{old.name} vào {new.name} từ {day:%d/%m/%Y} theo {decision}"
        journal.record("merge_agency", by, old, note=words, agency_id=by.agency_id)
    return row


def undo(row: AgencyMerger, by, reason: str) -> None:
    """Hủy việc ghi sáp nhập nhầm: the old agency is as it was. Raises Invalid, Refused."""
    reason = text.clean(reason)[:200]
    if not reason:
        raise errors.Invalid({"reason": "Hãy nêu lý do hủy ghi sáp nhập."})
    if row.undone_at:
        raise errors.Refused("Lần sáp nhập này đã được hủy ghi.")
    before, old = json.loads(row.before), row.old
    with db.write():
        agencies.AgencyCode.update(valid_to=None).where(agencies.AgencyCode.id.in_(before["codes"])).execute()
        old.__dict__.pop("_code", None)
        old.set(successor=None, **({} if before["closed_on"] else {"closed_on": None}))
        row.set(undone_at=clock.now(), undone_by=by.name, undo_reason=reason)
        journal.record("undo_merger", by, old, note=f"{old.name}: {reason}", agency_id=by.agency_id)


def join_twins(old: agencies.Agency, kept: agencies.Agency, by) -> None:
    """Hai mã của một cơ quan: the codes of `old` go over to `kept`, and `old` leads to it. Raises Refused."""
    _require_mergeable(old, kept)
    with db.write():
        agencies.AgencyCode.update(agency=kept).where(agencies.AgencyCode.agency == old).execute()
        for one in (old, kept):
            one.__dict__.pop("_code", None)
        old.set(successor=kept, closed_on=old.closed_on or clock.today())
        journal.record("join_twins", by, kept, note=f"{old.name} → {kept.name}", agency_id=by.agency_id)


def of(agency: agencies.Agency) -> list[AgencyMerger]:
    """Mergers this agency had a part in, the newest first."""
    model = AgencyMerger
    return list(model.select().where((model.old == agency) | (model.new == agency)).order_by(model.id.desc()))


def _require_mergeable(old, new) -> None:
    if old.id == new.id or agencies.current(new).id == old.id:
        raise errors.Refused("Một cơ quan không thể sáp nhập vào chính nó.")
    if old.successor_id:
        raise errors.Refused(f"{old.name} đã sáp nhập vào {old.successor.name}.")
    if new.closed_on:
        raise errors.Refused(
            f"{new.name} đã đóng ngày {new.closed_on:%d/%m/%Y}. Hãy chọn cơ quan đang hoạt động."
        )
    if old.hosted and not old.closed_on:
        raise errors.Refused(
            f"{old.name} thuộc hệ thống này: hãy giải thể ở mục «Mọi cơ quan» trước, để các sổ được khóa đúng số cuối."
        )
