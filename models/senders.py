"""Nơi gửi văn bản đến của một cơ quan: who has written to it, how often and when last; learned at each registration (C10, C11).

A name need not stand in the address book. Two entries of one office are merged by a person and can be parted again: the
documents keep the entry they were registered with, the entry leads to the one that is kept.
"""

import json
import re
from typing import NamedTuple

from models import (
    agencies,
    agencies_search,
    clock,
    db,
    documents,
    errors,
    issuers,
    journal,
    lookups,
    permissions,
    text,
)

_WORD = re.compile(r"[0-9a-z]+")
MOST_WORDS, MOST_HITS, LEAST_LETTERS = 8, 5000, 3


class Sender(db.Base):
    """A name an agency's letters come from."""

    agency = db.ForeignKeyField(agencies.Agency, backref="senders")
    name = db.CharField()
    key = db.CharField()  # issuers.key: one entry a name, however it is written
    parent_name = db.CharField(default="")
    code = db.CharField(default="")
    search_words = db.TextField(default="")
    uses = db.IntegerField(default=0)
    last_used_at = db.MomentField(null=True)
    merged_into = db.ForeignKeyField("self", null=True)
    made_at = db.MomentField()
    made_by = db.CharField(default="")

    class Meta:
        indexes = ((("agency", "key"), True), (("agency", "last_used_at"), False))


class SenderMerger(db.Base):
    """One merger of two entries, with why; undone by a person with a reason."""

    old = db.ForeignKeyField(Sender)
    kept = db.ForeignKeyField(Sender)
    reason = db.CharField(default="")
    merged_at = db.MomentField()
    merged_by = db.CharField()
    undone_at = db.MomentField(null=True)
    undone_by = db.CharField(default="")


TABLES = (Sender, SenderMerger)


class Found(NamedTuple):
    """A proposal of the list under the field: a known sender, or an office of the address book."""

    id: int | None
    name: str
    parent_name: str
    code: str
    uses: int
    last_used_at: object
    why: str


# ---- finding ---------------------------------------------------------------------------------------------------


def find(actor, typed: str, limit: int = 9) -> list[Found]:
    """Who may have written, for 2–4 letters without marks, first letters or a code: recent senders first, then the
    address book. Nothing typed: the most recent ones."""
    plain = _WORD.findall(text.fold(typed))[:MOST_WORDS]
    if not plain:
        return [_found(row) for row in recent(actor.agency_id, limit)]
    agency_id = actor.agency_id
    exact = _found_in(_known(agency_id, _every(plain), limit), [typed], limit)
    if exact:
        return exact
    nearly = _nearly(plain)
    either = " OR ".join(f'"{word}"*' for word in nearly)
    return _found_in(_known(agency_id, f"({either})", limit), nearly, limit) if nearly else []


def _found_in(known: list[Sender], tries: list[str], limit: int) -> list[Found]:
    """The known ones, then what the address book has for these ways of reading the typed letters."""
    found = [_found(row) for row in known][:limit]
    seen = {issuers.key(one.name, one.parent_name) for one in found}
    for typed in tries:
        for row in agencies_search.find(typed, limit) if len(found) < limit else ():
            name = issuers.key(row.name, row.parent_name)
            if name not in seen:
                seen.add(name)
                found.append(Found(None, row.name, row.parent_name, row.code, 0, None, "Sổ địa chỉ"))
    return found[:limit]


def recent(agency_id: int, limit: int = 9) -> list[Sender]:
    """The senders whose letters were registered last."""
    rows = Sender.select().where(
        Sender.agency == agency_id, Sender.last_used_at.is_null(False), Sender.merged_into.is_null()
    )
    return list(rows.order_by(Sender.last_used_at.desc()).limit(limit))


def _every(words: list[str]) -> str:
    return " AND ".join(f'"{word}"*' for word in words)


def _known(agency_id: int, asked: str, limit: int) -> list[Sender]:
    """Entries of the agency that fit (in the index's words), the most recent first; merged ones as what they lead to."""
    hits = db.database.execute_sql(
        "SELECT rowid FROM sender_words WHERE sender_words MATCH ? LIMIT ?",
        (f"{_token(agency_id)} AND {asked}", MOST_HITS),
    ).fetchall()
    ids = json.dumps([row[0] for row in hits])
    chosen = db.database.execute_sql(
        "SELECT DISTINCT coalesce(merged_into_id, id) FROM sender WHERE id IN (SELECT value FROM json_each(?)) "
        "ORDER BY last_used_at DESC LIMIT ?",
        (ids, limit),
    ).fetchall()
    rows = {row.id: row for row in Sender.select().where(Sender.id.in_([one[0] for one in chosen]))}
    return list({row.id: row for row in (root(rows[one[0]]) for one in chosen)}.values())


def _nearly(plain: list[str]) -> list[str]:
    """A word of first letters with one letter too many left out, or two of them changed («sttnmt» → «stnmt»)."""
    if len(plain) != 1 or not LEAST_LETTERS < len(plain[0]) <= 10 or not plain[0].isalpha():
        return []
    word = plain[0]
    shorter = [word[:at] + word[at + 1 :] for at in range(1, len(word))]
    turned = [word[:at] + word[at + 1] + word[at] + word[at + 2 :] for at in range(len(word) - 1)]
    return [one for one in dict.fromkeys([*shorter, *turned]) if one != word]


def _found(row: Sender) -> Found:
    when = f", gần nhất {clock.local(row.last_used_at):%d/%m/%Y}" if row.last_used_at and row.uses else ""
    why = f"{row.uses} văn bản{when}" if row.uses else "mới thêm"
    return Found(row.id, row.name, row.parent_name, row.code, row.uses, row.last_used_at, why)


def root(row: Sender) -> Sender:
    """The entry itself, or the one it was merged into, however often that was merged again."""
    seen = {row.id}
    while row.merged_into_id and row.merged_into_id not in seen:
        seen.add(row.merged_into_id)
        row = row.merged_into
    return row


def family(row: Sender) -> list[int]:
    """The ids of an entry and of all that lead to it: whose documents are one sender's."""
    found, fresh = [row.id], [row.id]
    while fresh:
        rows = Sender.select(Sender.id).where(Sender.merged_into.in_(fresh)).tuples()
        fresh = [one[0] for one in rows if one[0] not in found]
        found += fresh
    return found


def named(agency_id: int, name: str, parent: str = "") -> Sender | None:
    """The kept entry of this name, None when nobody of that name wrote yet."""
    row = Sender.get_or_none(Sender.agency == agency_id, Sender.key == issuers.key(name, parent))
    return root(row) if row else None


def get(actor, sender_id: int) -> Sender:
    """An entry of this actor's agency. Raises NotFound."""
    row = Sender.get_or_none(Sender.id == sender_id, Sender.agency == actor.agency_id)
    if row is None:
        raise errors.NotFound()
    return row


# ---- learning and adding ---------------------------------------------------------------------------------------


def learn(doc) -> Sender | None:
    """Ghi nhớ nơi gửi: at registration and correction, inside the caller's write(); the document is bound to its entry."""
    if not doc.organ_name:
        doc.set(sender_id=None)
        return None
    row = _entry(doc.agency_id, doc.organ_name, doc.parent_organ_name, doc.organ_id)
    if doc.sender_id != row.id:
        for one in {row.id: row, root(row).id: root(row)}.values():
            one.set(uses=one.uses + 1, last_used_at=clock.now())
        doc.set(sender_id=row.id)
    return row


def add(actor, name: str, parent: str = "", code: str = "") -> Found:
    """Thêm nơi gửi mới without leaving the form; known already: that one. Raises Invalid, NotAllowed."""
    permissions.require(actor, lookups.CLERK)
    name, parent, code = text.clean(name), text.clean(parent), text.clean(code)
    wrong = {}
    if len(name) < 2:
        wrong["name"] = "Hãy nhập tên cơ quan gửi."
    if max(len(name), len(parent)) > 200:
        wrong["name"] = "Tên cơ quan dài quá 200 ký tự (ND30 Phụ lục VI). Hãy rút gọn."
    if code and not agencies.WIRE_CODE.match(code):
        wrong["code"] = f"Mã định danh «{code}» không đúng dạng, ví dụ H35.12."
    if wrong:
        raise errors.Invalid(wrong)
    with db.write():
        known = Sender.get_or_none(Sender.agency == actor.agency_id, Sender.key == issuers.key(name, parent))
        row = known or _entry(actor.agency_id, name, parent, code, actor.name)
        row.set(last_used_at=clock.now())
        if not known:
            journal.record("add_sender", actor, row, note=name, agency_id=actor.agency_id)
    return _found(root(row))


def _entry(agency_id, name, parent, code, by="") -> Sender:
    key = issuers.key(name, parent)
    row = Sender.get_or_none(Sender.agency == agency_id, Sender.key == key)
    if row is None:
        return Sender.create(agency=agency_id, name=name, key=key, parent_name=parent, code=code, made_at=clock.now(),
                             made_by=by, search_words=words_of(agency_id, name, parent, code))  # fmt: skip
    better = {"code": code} if code and not row.code else {}
    if parent and not row.parent_name:
        better["parent_name"] = parent
    if row.name.isupper() and not name.isupper():
        better["name"] = name
    if better:
        row.set(**better)
        row.set(search_words=words_of(agency_id, row.name, row.parent_name, row.code))
    return row


def words_of(agency_id: int, name: str, parent: str = "", code: str = "") -> str:
    """What an entry is found by: a token of its agency, its words, first letters and code."""
    codes = _WORD.findall(code.lower()) if code else []
    parts = [_token(agency_id), *issuers.words(name), *issuers.letters(name), *issuers.words(parent), *codes]
    return " ".join(dict.fromkeys(parts))


def _token(agency_id: int) -> str:
    return f"coquan{agency_id}"


# ---- one office, two entries -----------------------------------------------------------------------------------


def known(actor, limit: int = 300) -> list[Sender]:
    """The entries of this agency, the most used first; merged ones are with the one they lead to."""
    permissions.require(actor, lookups.CLERK)
    rows = Sender.select().where(Sender.agency == actor.agency_id, Sender.merged_into.is_null())
    return list(rows.order_by(Sender.uses.desc(), Sender.last_used_at.desc()).limit(limit))


def chosen(actor, typed: str) -> list[Sender]:
    """Known entries that hold these words, for the list."""
    found = [one.id for one in find(actor, typed, 50) if one.id]
    rows = {row.id: row for row in Sender.select().where(Sender.id.in_(found))}
    return [rows[one] for one in found]


def letters_of(row: Sender, limit: int = 20) -> list[documents.Document]:
    """The newest letters registered with this very entry: what a merger would show under another name."""
    model = documents.Document
    rows = model.select().where(model.agency == row.agency_id, model.sender_id == row.id)
    return list(rows.order_by(model.id.desc()).limit(limit))


def twins(rows: list[Sender]) -> list[tuple[Sender, Sender]]:
    """Pairs of entries that are probably one office: same code, or the same name with and without its place."""
    found, by_code, by_start = [], {}, {}
    for row in sorted(rows, key=lambda row: (-row.uses, row.id)):
        start = " ".join(row.key.split()[:3])
        same = [other for other in by_start.get(start, ()) if issuers.is_alike(other.key, row.key)]
        other = by_code.get(row.code) if row.code else None
        if other or same:
            found.append((row, other or same[0]))
        by_code.setdefault(row.code, row)
        by_start.setdefault(start, []).append(row)
    return found


def merge(actor, old: Sender, kept: Sender, reason: str = "") -> SenderMerger:
    """Gộp hai nơi gửi là một: `old` leads to `kept`; documents stay as they were registered. Raises Refused, NotAllowed."""
    permissions.require(actor, lookups.CLERK)
    if old.agency_id != actor.agency_id or kept.agency_id != actor.agency_id:
        raise errors.NotFound()
    with db.write():
        old, kept = Sender.get_by_id(old.id), root(Sender.get_by_id(kept.id))
        if old.id == kept.id or root(old).id == kept.id:
            raise errors.Refused("Hai mục này đã là một nơi gửi.")
        if old.merged_into_id:
            raise errors.Refused(f"«{old.name}» đã gộp vào «{old.merged_into.name}». Hãy tách ra trước.")
        old.set(merged_into=kept)
        kept.set(uses=kept.uses + old.uses, last_used_at=max(filter(None, (kept.last_used_at, old.last_used_at)), default=None))  # fmt: skip
        row = SenderMerger.create(old=old, kept=kept, reason=text.clean(reason)[:200], merged_at=clock.now(),
                                  merged_by=actor.name)  # fmt: skip
        journal.record(
            "merge_sender", actor, old, note=f"{old.name} → {kept.name}", agency_id=actor.agency_id
        )
    return row


def part(actor, row: SenderMerger) -> None:
    """Tách ra: the merger is undone, both entries are as before. Raises Refused, NotAllowed."""
    permissions.require(actor, lookups.CLERK)
    if row.old.agency_id != actor.agency_id:
        raise errors.NotFound()
    if row.undone_at:
        raise errors.Refused("Lần gộp này đã được tách ra.")
    with db.write():
        old, kept = row.old, row.kept
        old.set(merged_into=None)
        kept.set(uses=max(0, kept.uses - old.uses))
        row.set(undone_at=clock.now(), undone_by=actor.name)
        journal.record(
            "part_sender", actor, old, note=f"{old.name} khỏi {kept.name}", agency_id=actor.agency_id
        )


def mergers(actor) -> list[SenderMerger]:
    """Mergers of this agency, the newest first."""
    rows = SenderMerger.select(SenderMerger, Sender).join(Sender, on=SenderMerger.old)
    return list(rows.where(Sender.agency == actor.agency_id).order_by(SenderMerger.id.desc()).limit(100))
