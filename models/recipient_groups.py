"""Nhóm nơi nhận (Quy chế 14.1, QĐ 28 Điều 10.2.m): agencies an office often writes to together, under one name."""

from models import agencies, db, errors, journal, permissions, text
from models.drafts import MOST_RECIPIENTS, WRITERS


class RecipientGroup(db.Base):
    """A group of one agency."""

    agency = db.ForeignKeyField(agencies.Agency)
    name = db.CharField()

    class Meta:
        indexes = ((("agency", "name"), True),)


class GroupMember(db.Base):
    """An agency of a group."""

    group = db.ForeignKeyField(RecipientGroup, backref="members", on_delete="CASCADE")
    agency = db.ForeignKeyField(agencies.Agency)

    class Meta:
        indexes = ((("group", "agency"), True),)


TABLES = (RecipientGroup, GroupMember)


def of(agency_id: int) -> list[RecipientGroup]:
    """The agency's groups by name, each with `size`, the number of its members."""
    size = db.fn.COUNT(GroupMember.id).alias("size")
    rows = RecipientGroup.select(RecipientGroup, size).left_outer_join(GroupMember)
    rows = rows.where(RecipientGroup.agency == agency_id).group_by(RecipientGroup.id)
    return sorted(rows, key=lambda row: text.fold(row.name))


def load(actor, group_id: int) -> RecipientGroup:
    """A group of the actor's agency. Raises NotFound."""
    found = RecipientGroup.get_or_none(
        RecipientGroup.id == group_id, RecipientGroup.agency == actor.agency_id
    )
    if found is None:
        raise errors.NotFound()
    return found


def members(group: RecipientGroup) -> list[agencies.Agency]:
    """Its agencies as they are now: a merged one is its successor, each once, by name."""
    rows = [one.agency for one in group.members.select(GroupMember, agencies.Agency).join(agencies.Agency)]
    found = {one.id: one for one in map(agencies.current, rows)}
    return agencies.with_codes(sorted(found.values(), key=lambda one: one.folded_name))


def save(actor, name: str, agency_ids, group: RecipientGroup | None = None) -> RecipientGroup:
    """Lập hoặc sửa nhóm nơi nhận. Raises Invalid, NotAllowed."""
    permissions.require(actor, *WRITERS)
    name, ids = text.clean(name)[:100], list(dict.fromkeys(agency_ids))
    wrong = {}
    if not name:
        wrong["name"] = "Hãy đặt tên nhóm."
    others = [one for one in of(actor.agency_id) if group is None or one.id != group.id]
    if any(text.fold(one.name) == text.fold(name) for one in others):
        wrong["name"] = f"Đã có nhóm «{name}»."
    if not ids or len(ids) > MOST_RECIPIENTS:
        wrong["recipients"] = f"Hãy chọn từ 1 đến {MOST_RECIPIENTS} cơ quan."
    if wrong:
        raise errors.Invalid(wrong)
    with db.write():
        group = group.set(name=name) if group else RecipientGroup.create(agency=actor.agency_id, name=name)
        GroupMember.delete().where(GroupMember.group == group).execute()
        GroupMember.insert_many([{"group": group.id, "agency": one} for one in ids]).execute()
        journal.record("save_group", actor, group, note=f"{name}: {len(ids)} cơ quan")
    return group


def remove(actor, group: RecipientGroup) -> None:
    """Bỏ nhóm; documents keep their recipients. Raises NotAllowed."""
    permissions.require(actor, *WRITERS)
    with db.write():
        journal.record("remove_group", actor, group, note=group.name)
        group.delete_instance()
