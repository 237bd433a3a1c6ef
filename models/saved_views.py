"""Bộ lọc đã lưu: a person's own named filters of a list, shown beside it (C16)."""

from models import clock, db, errors, text, users

MOST = 9  # as many as there are keys 1–9


class SavedView(db.Base):
    """One filter: the place it belongs to and the query of its address."""

    post = db.ForeignKeyField(users.Post, backref="+", on_delete="CASCADE")
    place = db.CharField()
    name = db.CharField()
    query = db.TextField()
    made_at = db.MomentField()

    class Meta:
        indexes = ((("post", "place", "name"), True),)


TABLES = (SavedView,)


def of(actor, place: str) -> list[SavedView]:
    """The filters this person keeps for a list, oldest first."""
    rows = SavedView.select().where(SavedView.post == actor.post.id, SavedView.place == place)
    return list(rows.order_by(SavedView.id))


def keep(actor, place: str, name: str, query: str) -> SavedView:
    """Lưu bộ lọc; the same name again: replaced. Raises Invalid."""
    name = text.clean(name)[:60]
    if not name:
        raise errors.Invalid({"name": "Hãy đặt tên cho bộ lọc."})
    if not query:
        raise errors.Invalid({"name": "Chưa có điều kiện lọc nào để lưu."})
    with db.write():
        known = SavedView.get_or_none(
            SavedView.post == actor.post.id, SavedView.place == place, SavedView.name == name
        )
        if known:
            return known.set(query=query[:2000])
        if len(of(actor, place)) >= MOST:
            raise errors.Invalid({"name": f"Mỗi người giữ được {MOST} bộ lọc. Hãy bỏ bớt một bộ."})
        return SavedView.create(
            post=actor.post, place=place, name=name, query=query[:2000], made_at=clock.now()
        )


def drop(actor, view_id: int) -> None:
    """Bỏ một bộ lọc của mình. Raises NotFound."""
    row = SavedView.get_or_none(SavedView.id == view_id, SavedView.post == actor.post.id)
    if row is None:
        raise errors.NotFound()
    with db.write():
        row.delete_instance()
