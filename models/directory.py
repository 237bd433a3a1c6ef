"""Danh bạ của trục → sổ địa chỉ: a round reads the axis's lists from a file in batches and writes only what changed.

Each batch is one transaction that also moves the cursor, so that a round cut off goes on where it stood. What would give a
code of ours, or a code somebody holds, to another agency waits for the administrator; everything a round did is a line.
"""

import json
from itertools import islice

from models import agencies, clock, db, directory_rows, errors, journal, lookups, outbox, users
from models.directory_rows import Row

BATCH = 1000
MOST_TOLD = 2000  # new agencies listed one by one; the first filling is only counted
PAGE = "/admin/directory"
MOST_MISSING = 200  # more than this, and the list itself is doubted
KINDS = {
    "new": "Cơ quan mới",
    "renamed": "Đổi tên",
    "coded": "Thêm mã",
    "closed": "Đóng mã",
    "connected": "Đã kết nối",
    "claimed": "Mã của hệ thống này bị khai khác",
    "twin": "Hai mã của một cơ quan",
    "recoded": "Đổi mã",
    "reopened": "Mở lại",
    "missing": "Không còn trong danh bạ",
}
STATES = {"applied": "Đã ghi", "waiting": "Chờ xác nhận", "confirmed": "Đã xác nhận", "kept": "Giữ nguyên"}


class DirectoryRound(db.Base):
    """One synchronisation: how far it is, what it counted, what went wrong."""

    started_at = db.MomentField()
    finished_at = db.MomentField(null=True)
    state = db.CharField()  # fetching | comparing | done | failed
    digest = db.CharField(default="")
    total = db.IntegerField(default=0)
    cursor = db.IntegerField(default=0)
    counts = db.TextField(default="{}")
    trouble = db.TextField(default="")

    @property
    def found(self) -> dict[str, int]:
        """Kind of change → how many."""
        return json.loads(self.counts)


class DirectoryChange(db.Base):
    """One difference between the axis's list and the book, before and after."""

    round = db.ForeignKeyField(DirectoryRound, backref="changes")
    kind = db.CharField()
    code = db.CharField()
    agency = db.ForeignKeyField(agencies.Agency, null=True)
    before = db.CharField(default="")
    after = db.CharField(default="")
    data = db.TextField(default="{}")
    state = db.CharField()
    decided_at = db.MomentField(null=True)
    decided_by = db.CharField(default="")

    class Meta:
        indexes = ((("round", "kind"), False), (("state", "code"), False))

    @property
    def facts(self) -> dict:
        """What the decision needs."""
        return json.loads(self.data)


TABLES = (DirectoryRound, DirectoryChange)


# ---- a round ---------------------------------------------------------------------------------------------------


def begin() -> DirectoryRound:
    """The round under way, or a new one."""
    row = DirectoryRound.select().where(DirectoryRound.state.in_(("fetching", "comparing"))).first()
    if row:
        return row
    with db.write():
        return DirectoryRound.create(started_at=clock.now(), state="fetching")


def fetched(row: DirectoryRound, digest: str, total: int) -> DirectoryRound:
    """The axis's rows are here. Unchanged since the last round: done at once."""
    last = (
        DirectoryRound.select()
        .where(DirectoryRound.state == "done")
        .order_by(DirectoryRound.id.desc())
        .first()
    )
    same = last is not None and last.digest == digest and total > 0
    with db.write():
        row.set(digest=digest, total=total, state="comparing")
        if same:
            _finish(row)
    return row


def failed(row: DirectoryRound, trouble: str) -> None:
    """The axis did not give its list; the book stays as it is."""
    with db.write():
        row.set(state="failed", trouble=trouble[:500], finished_at=clock.now())


def compare(row: DirectoryRound, lines, on_batch=None) -> None:
    """Compare and write, batch by batch; `lines` are the file's lines, those before the cursor are only remembered.

    `on_batch` is called after each (a lease is extended there).
    """
    seen: set[str] = set()
    first = (
        not agencies.AgencyCode.select()
        .where(agencies.AgencyCode.decision.startswith(directory_rows.BASIS))
        .exists()
    )
    first = first or bool(row.cursor and row.found.get("first"))
    source = iter(lines)
    passed = 0
    while batch := list(islice(source, BATCH)):
        passed += len(batch)
        rows = [entry for one in map(json.loads, batch) if (entry := Row.of(one))]
        fresh = directory_rows.gathered(rows, seen)
        if passed <= row.cursor:
            continue
        with db.write():
            _enter(row, fresh, first)
            row.set(cursor=passed)
        if on_batch:
            on_batch()
    with db.write():
        _note_missing(row, seen)
        _finish(row)


def _enter(row, fresh, first) -> None:
    found = directory_rows.judged(fresh)
    counts = row.found | ({"first": 1} if first else {})
    told = counts.get("new", 0)
    directory_rows.apply(found)
    for one in found:
        counts[one.kind] = counts.get(one.kind, 0) + 1
    kept = [one for one in found if one.kind != "new" or (not first and told < MOST_TOLD)]
    _write_changes(row, [one for one in kept if not (one.waits and _known(one))])
    row.set(counts=json.dumps(counts))


def _known(one) -> bool:
    """The same doubt waits already, or a person decided on it."""
    model = DirectoryChange
    return (
        model.select()
        .where(
            model.state != "applied", model.code == one.code, model.kind == one.kind, model.after == one.after
        )
        .exists()
    )


def _write_changes(row, found) -> None:
    rows = [
        {"round": row.id, "kind": one.kind, "code": one.code, "agency": one.agency_id, "before": one.before[:250],
         "after": one.after[:250], "data": json.dumps(one.data), "state": "waiting" if one.waits else "applied"}
        for one in found
    ]  # fmt: skip
    for start in range(0, len(rows), 500):
        DirectoryChange.insert_many(rows[start : start + 500]).execute()


def _note_missing(row, seen) -> None:
    gone = directory_rows.missing(seen)
    counts = row.found
    if not gone or not seen:
        return
    counts["missing"] = len(gone)
    row.set(counts=json.dumps(counts))
    if len(gone) > MOST_MISSING:
        row.set(
            trouble=f"Danh bạ lần này thiếu {len(gone)} cơ quan đã có: có thể trục trả về chưa đủ. Không đóng mã nào."
        )
        return
    _write_changes(row, [one for one in gone if not _known(one)])


def _finish(row) -> None:
    row.set(state="done", finished_at=clock.now(), cursor=row.total)
    counts = {KINDS[kind]: count for kind, count in row.found.items() if kind in KINDS}
    doubts = row.changes.where(DirectoryChange.state == "waiting").count()
    told = {}
    if doubts:
        words = f"{doubts} thay đổi trong danh bạ của trục chờ xác nhận"
        told = journal.telling(users.everywhere(lookups.PROVINCE_ADMIN), words, PAGE)
    words = ", ".join(f"{name}: {count}" for name, count in counts.items())
    journal.record("synchronise", None, row, note=words, data=told)


# ---- people ----------------------------------------------------------------------------------------------------


def last_rounds(limit: int = 10) -> list[DirectoryRound]:
    """The latest rounds, the newest first."""
    return list(DirectoryRound.select().order_by(DirectoryRound.id.desc()).limit(limit))


def waiting() -> list[DirectoryChange]:
    """Doubtful changes that wait for the administrator, oldest first."""
    model = DirectoryChange
    return list(model.select(model).where(model.state == "waiting").order_by(model.id).limit(500))


def changes(row: DirectoryRound, kind: str = "", limit: int = 500) -> list[DirectoryChange]:
    """What a round changed."""
    query = DirectoryChange.select().where(DirectoryChange.round == row)
    query = query.where(DirectoryChange.kind == kind) if kind else query
    return list(query.order_by(DirectoryChange.id).limit(limit))


def load_change(change_id: int) -> DirectoryChange:
    """A change by its id. Raises NotFound."""
    found = DirectoryChange.get_or_none(DirectoryChange.id == change_id)
    if found is None:
        raise errors.NotFound()
    return found


def decide(change: DirectoryChange, actor, confirm: bool) -> None:
    """Xác nhận hoặc giữ nguyên một thay đổi đáng ngờ (18.3). Raises Refused."""
    if change.state != "waiting":
        raise errors.Refused("Thay đổi này đã được quyết định.")
    if confirm and change.kind == "claimed":
        raise errors.Refused(
            "Mã của cơ quan trong hệ thống này không đổi theo danh bạ. Hãy báo đơn vị vận hành trục, rồi chọn «Giữ nguyên»."
        )
    with db.write():
        if confirm:
            directory_rows.carry_out(change, actor)
        change.set(state="confirmed" if confirm else "kept", decided_at=clock.now(), decided_by=actor.name)
        words = f"{KINDS[change.kind]} {change.code}: {STATES[change.state]}"
        journal.record("decide_directory", actor, change, note=words)


def ask_nightly() -> bool:
    """Once a night, by itself: the order to fetch the lists; True when it was placed now."""
    day = clock.today()
    with db.write():
        known = outbox.Order.get_or_none(outbox.Order.key == f"directory:night:{day:%Y%m%d}")
        if known:
            return False
        outbox.place("directory", 0, f"directory:night:{day:%Y%m%d}")
    return True
