"""Chờ lưu trữ: one queue of what is not registered yet, electronic arrivals and scanned papers (Quy chế 10.1, 10.2).

Urgent ones on top; then electronic arrivals, the newest first; then papers in the order they were scanned, those that
are read before those that still wait.
"""

from typing import NamedTuple

from models import (
    acceptance,
    clock,
    db,
    documents,
    doubles,
    errors,
    incoming,
    incoming_straight,
    lookups,
    permissions,
    scans,
)

DOC, SCAN = "doc", "scan"
SHOWN = 80  # rows of the list at first
MOST = 1000
SCAN_ORDER = ("read", "quarantined", "reading", "waiting")
WITH_PAPERS = ("all", "paper", "urgent")  # tabs in which scans stand


class Item(NamedTuple):
    """One row of the queue; `row` is the document or the scan, `ready` whether the clerk can deal with it now."""

    kind: str
    row: object
    urgency: int
    ready: bool

    @property
    def key(self) -> str:
        """«doc-12», «scan-3»."""
        return f"{self.kind}-{self.row.id}"

    @property
    def stamp(self) -> str:
        """Changes with what the page shows of it, so that a page made ahead is not used when it is out of date."""
        one = self.row
        if self.kind == DOC:
            return f"{one.state}.{one.verdict}.{one.page_amount}.{one.urgency}"
        return f"{one.state}.{one.tries}.{one.pages_total}.{len(one.proposals)}.{len(one.arrangement)}"


def of(kind: str, row) -> Item:
    """The item of a document or a scan."""
    if kind == DOC:
        waits = row.verdict == "" or row.verdict == "unchecked"
        return Item(kind, row, row.urgency, row.source == "paper" or not waits)
    return Item(kind, row, urgency_of(row), row.state in ("read", "quarantined"))


def urgency_of(scan) -> int:
    """The urgency read from a scanned page, 0 for none."""
    value = str((scan.fields.get("urgency") or {}).get("value") or "0")
    return int(value) if value.isdecimal() and int(value) in lookups.URGENCIES else 0


def queue(actor, tab: str = "all", limit: int = SHOWN) -> list[Item]:
    """The rows of a tab, at most `limit`; a tab that does not exist is «all»."""
    rows = [of(DOC, doc) for doc in incoming.waiting(actor, tab, limit)]
    if tab == "refused":
        return rows
    if tab in WITH_PAPERS:
        rows += [of(SCAN, scan) for scan in scans.queue(actor, MOST)]
    if tab == "urgent":
        rows = [item for item in rows if item.urgency]
    return sorted(rows, key=_place)[:limit]


def _place(item: Item):
    if item.kind == DOC:
        return -item.urgency, 0, -item.row.arrived_at.timestamp(), -item.row.id
    return -item.urgency, 1, SCAN_ORDER.index(item.row.state), item.row.id


def find(actor, rows: list[Item], kind: str, number: int | None) -> Item | None:
    """The chosen item: of these rows, else any waiting one of this person by its number, else None."""
    if kind not in (DOC, SCAN) or number is None:
        return None
    for item in rows:
        if item.kind == kind and item.row.id == number:
            return item
    if kind == DOC:
        doc = permissions.visible(actor, "incoming").where(documents.Document.id == number).first()
        return of(DOC, doc) if doc and doc.state in ("arrived", "refused") else None
    scan = scans.of(actor).where(scans.Scan.id == number, scans.Scan.state.in_(scans.OPEN)).first()
    return of(SCAN, scan) if scan else None


def following(rows: list[Item], key: str) -> Item | None:
    """The next item the clerk can deal with after this one, else the first such; None at the end of the queue."""
    at = next((place for place, item in enumerate(rows) if item.key == key), -1)
    ready = [item for item in [*rows[at + 1 :], *rows[: max(at, 0)]] if item.ready and item.key != key]
    return ready[0] if ready else None


def register(
    actor,
    item: Item,
    leader,
    fields: dict,
    *,
    forwards=True,
    reason="",
    note="",
    known=False,
    apart_reason="",
    held=True,
    straight="",
) -> documents.Document:
    """Vào sổ (và trình) from the desk, `held` for a minute; a double is registered only when the clerk says why it is none.

    `straight`: a Route's key, where a rule lets the clerk pass it straight on (ND30 23.1); told at once. Raises Invalid, Refused, NotAllowed, Conflict.
    """
    is_doc = item.kind == DOC
    same = doubles.of(actor, fields, doc=item.row) if is_doc else doubles.of(actor, fields, scan=item.row)
    if same and not known:
        raise errors.Invalid(
            {"known": f"Có thể đã vào sổ rồi: {same[0].words}. Hãy xem văn bản đã có trước."}
        )
    forwards, straight = forwards and not straight, straight if forwards else ""
    held = held and not straight
    with db.write():
        if not is_doc:
            doc = scans.confirm(actor, item.row, fields, leader, note, held=held, forwards=forwards)
        else:
            doc = item.row
            if forwards:
                incoming.register_and_forward(doc, actor, leader, fields, reason, note, held=held)
            else:
                incoming.register(doc, actor, fields, reason, held=held)
        if straight:
            incoming_straight.pass_straight(doc, actor, straight, note=note)
        if same:
            doubles.keep_apart(actor, doc, same, apart_reason)
    return doc


def counts(actor) -> dict[str, int]:
    """How many wait, by tab; scans count as paper."""
    found = incoming.waiting_counts(actor)
    model = scans.Scan
    papers = list(scans.of(actor).select(model.proposals).where(model.state.in_(scans.OPEN)))
    found["all"] += len(papers)
    found["paper"] += len(papers)
    found["urgent"] += sum(urgency_of(scan) > 0 for scan in papers)
    return found


def just_registered(actor) -> documents.Document | None:
    """What this person registered in the last minute and may still undo, the newest."""
    doc = documents.Document
    newest = permissions.visible(actor, "incoming").where(
        doc.register_year == clock.today().year, doc.arrival_number.is_null(False)
    )
    rows = newest.order_by(doc.arrival_number.desc()).limit(20)
    return next((row for row in rows if row.held_post_id == actor.post.id and acceptance.is_held(row)), None)


def registered_today(actor) -> int:
    """How many arrival numbers were taken today, at most 500."""
    return incoming.registered_today(actor.agency_id)


def scan_of(doc) -> scans.Scan | None:
    """The scan a paper document was made of, None for none."""
    if doc.source != "paper":
        return None
    return scans.Scan.select().where(scans.Scan.document == doc).order_by(scans.Scan.id).first()
