"""Một văn bản, hai vật mang (A9; ND30 Điều 22.2): which carriers a registered document came on, and where its paper is (L7).

The paper of a document received electronically is joined to it; no step of the work waits for it (Quy chế 11.1.b).
"""

from typing import NamedTuple

from models import clock, db, documents, errors, journal, lookups, permissions, scans, text, users
from models.paper_rows import PaperArrival

KINDS = {"electronic": "điện tử", "paper": "giấy"}


class Carrier(db.Base):
    """One coming of the document beside the one it was registered by: what, when, and the scan that shows it."""

    document = db.ForeignKeyField(documents.Document, backref="carriers", on_delete="CASCADE")
    kind = db.CharField()  # electronic | paper
    came_at = db.MomentField()
    scan = db.ForeignKeyField(scans.Scan, null=True, backref="+")
    note = db.CharField(default="")
    joined_at = db.MomentField()
    joined_by = db.CharField()


class PaperMove(db.Base):
    """The paper is now there, or with this person; the newest line is true."""

    document = db.ForeignKeyField(documents.Document, backref="paper_moves", on_delete="CASCADE")
    place = db.CharField(default="")
    post = db.ForeignKeyField(users.Post, null=True)
    holder_name = db.CharField(default="")
    note = db.CharField(default="")
    moved_at = db.MomentField()
    moved_by = db.CharField()

    @property
    def words(self) -> str:
        """«tủ 3, hộp 12 – Lê Thị B»."""
        return " – ".join(part for part in (self.place, self.holder_name) if part)


TABLES = (Carrier, PaperMove)


class Came(NamedTuple):
    """One line of «điện tử 08:12, giấy 15:40»; `day_only` when only the day was noted."""

    word: str
    at: object
    day_only: bool
    note: str


class Card(NamedTuple):
    """What a document's page shows of its carriers: how it came, where the paper is, its former places, the scans of it."""

    came: list[Came]
    place: PaperMove | None
    moves: list[PaperMove]
    scans: list
    has_paper: bool
    may_move: bool
    holders: list


def card(actor, doc) -> Card | None:
    """None for a document that came once and whose paper nobody has placed or could place."""
    arrival = PaperArrival.get_or_none(PaperArrival.document == doc)
    rows = list(doc.carriers.order_by(Carrier.came_at))
    moves = list(doc.paper_moves.order_by(PaperMove.id.desc()))
    has_paper = doc.source == "paper" or bool(arrival) or any(row.kind == "paper" for row in rows)
    if not has_paper or doc.flow != "incoming":
        return None
    kinds = {row.kind for row in rows}
    came = [Came(KINDS[row.kind], row.came_at, False, row.note) for row in rows]
    own = "paper" if doc.source == "paper" else "electronic"
    if own not in kinds and doc.arrived_at:
        came.append(Came(KINDS[own], doc.arrived_at, False, ""))
    if arrival and "paper" not in kinds:
        came.append(Came(KINDS["paper"], arrival.arrived_on, True, f"{arrival.copies} bản"))
    old = (
        moves[0]
        if moves
        else PaperMove(place=arrival.place, moved_at=arrival.recorded_at)
        if arrival and arrival.place
        else None
    )
    may = actor.has(lookups.CLERK) and doc.arrival_number is not None
    return Card(
        sorted(came, key=lambda one: f"{one.at:%Y-%m-%dT%H:%M}"), old, moves[1:],
        [] if doc.is_closed else [row for row in documents.versions(doc) if row.kind == "paper"], True, may,
        users.holders(doc.agency_id) if may else [],
    )  # fmt: skip


def move(actor, doc, place: str = "", post: users.Post | None = None, note: str = "") -> PaperMove:
    """Ghi nơi giữ bản giấy: a place, a person, or both; said twice it is one move. Raises Invalid, Refused, NotAllowed."""
    permissions.require(actor, lookups.CLERK)
    if doc.agency_id != actor.agency_id or doc.flow != "incoming":
        raise errors.NotFound()
    place, note = text.clean(place)[:200], text.clean(note)[:200]
    if not place and post is None:
        raise errors.Invalid({"place": "Hãy nhập nơi giữ (tủ, hộp, đơn vị) hoặc chọn người giữ bản giấy."})
    if post is not None and post.agency_id != doc.agency_id:
        raise errors.Invalid({"post": "Hãy chọn người trong cơ quan."})
    if not has_paper(doc):
        raise errors.Refused("Văn bản này chưa có bản giấy. Hãy ghi nhận bản giấy đến sau trước.")
    with db.write():
        last = PaperMove.select().where(PaperMove.document == doc).order_by(PaperMove.id.desc()).first()
        if last and (last.place, last.post_id, last.note) == (place, post.id if post else None, note):
            return last
        row = PaperMove.create(document=doc, place=place, post=post, holder_name=post.person.full_name if post else "",
                               note=note, moved_at=clock.now(), moved_by=actor.name)  # fmt: skip
        journal.record("move_paper", actor, doc, doc.state, doc.state, row.words)
    return row


def has_paper(doc) -> bool:
    """True when a paper of this document came."""
    return (
        doc.source == "paper"
        or PaperArrival.get_or_none(PaperArrival.document == doc) is not None
        or doc.carriers.where(Carrier.kind == "paper").exists()
    )


def places(docs) -> dict[int, PaperMove]:
    """Document id → where its paper is now, for lists."""
    rows = PaperMove.select().where(PaperMove.document.in_([doc.id for doc in docs])).order_by(PaperMove.id)
    return {row.document_id: row for row in rows}


def came_later(actor, limit: int = 100) -> list[tuple]:
    """(document, its paper's arrival, where it is) of the papers that followed, the newest first."""
    permissions.require(actor, lookups.CLERK)
    rows = (
        PaperArrival.select(PaperArrival, documents.Document)
        .join(documents.Document)
        .where(documents.Document.agency == actor.agency_id)
        .order_by(PaperArrival.recorded_at.desc())
        .limit(limit)
    )
    rows = list(rows)
    held = places([row.document for row in rows])
    return [(row.document, row, held.get(row.document_id)) for row in rows]
