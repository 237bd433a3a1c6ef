"""Biên nhận có chữ ký: every status, refusal, recall request and confirmation we send is a signed, chained statement.

A body is canonical JSON: a third party with the key proves from it which bytes were received, when, by whom. It stands in
two chains. One holds all our messages to one partner, by the codes on the wire: the partner sees every link, so it notices
a missing or a doubled one by itself, which nobody could in a chain over all partners. The other, `thread`, holds our
messages about one document, so that an evidence pack is seen to be whole. Rows are never changed nor removed.
"""

import hashlib
import json
from functools import cache
from pathlib import Path

from models import (
    agencies,
    clock,
    db,
    documents,
    edxml,
    exchange_keys,
    failpoints,
    files,
    journal,
    text,
    workdays,
)

FORMAT = "vanthu-proof/1"
GENESIS = "0" * 64
# Which message may follow which in one conversation, by the one who answers and by the one who asks back.
_LATER = {"refused", "accepted", "assigned", "in_progress", "completed", "recalled", "recall_refused"}
AFTER = {
    "": {"arrived", "refused", "recalled", "recall_asked"},
    "arrived": _LATER,
    "refused": _LATER,
    "accepted": _LATER,
    "assigned": _LATER,
    "in_progress": _LATER,
    "completed": _LATER,
    "recall_refused": _LATER,
    "recalled": _LATER,  # 15 also agrees to an update, after which the work goes on
    "recall_asked": {"recall_asked"},
}


class Proof(db.Base):
    """A signed statement: ours (out) as we gave it, or a partner's (in) as it came. Append-only."""

    place = db.CharField(unique=True)  # out: its one place in its chain; in: receiver and hash
    direction = db.CharField()  # out | in
    agency = db.ForeignKeyField(agencies.Agency, backref="+")
    chain = db.CharField()  # «from>to», the codes on the wire
    seq = db.IntegerField()
    prev = db.CharField(max_length=64)
    hash = db.CharField(max_length=64, index=True)  # SHA-256 of the body
    thread = db.CharField(default="", index=True)  # out: key of the consignment it speaks of
    kind = db.CharField()
    body = db.TextField()
    signature = db.CharField()
    key_id = db.CharField()
    key = db.CharField()
    changes = db.TextField(default="[]")
    made_at = db.MomentField()

    class Meta:
        indexes = ((("direction", "chain", "seq"), False),)

    @property
    def said(self) -> dict:
        """The body as facts."""
        return json.loads(self.body)


TABLES = (*exchange_keys.TABLES, Proof)


# ---- giving ---------------------------------------------------------------------------------------------------


def of_status(consignment, kind: str, reason: str, staff: str, at, parts=None) -> Proof:
    """The signed statement of a status message about a consignment; inside the write() of the message.

    Order: the facts of the conversation, the next place in both chains, the witness of the journal, the signature.
    """
    before = last_of(consignment.key)
    facts = before.said if before else {}
    outward = consignment.direction == "out"
    about = {
        "kind": kind,
        "at": second(at),
        "from": consignment.own_code,
        "to": consignment.partner_code,
        "document": facts.get("document")
        or {
            "sender": consignment.own_code if outward else consignment.partner_code,
            "id": as_read(consignment.wire_id),
            "code": as_read(consignment.code),
            "issued": consignment.issued_date.isoformat() if consignment.issued_date else "",
            "content": consignment.content_hash,
            "parts": parts or (parts_of(consignment.document) if consignment.document_id else []),
        },
        "received": facts.get("received") or _received(consignment),
        "reason": as_read(reason),
        "staff": as_read(staff),
        "previous": facts.get("kind", ""),
        "thread": {
            "n": facts["thread"]["n"] + 1 if facts else 1,
            "prev": before.hash if before else GENESIS,
        },
    }
    return give(consignment.agency, about, consignment.key)


def give(agency, facts: dict, thread: str = "") -> Proof:
    """Sign these facts as the next link from `facts["from"]` to `facts["to"]`; inside write()."""
    chain = f"{facts['from']}>{facts['to']}"
    last = (
        Proof.select(Proof.seq, Proof.hash)
        .where(Proof.direction == "out", Proof.chain == chain)
        .order_by(Proof.seq.desc())
        .first()
    )
    seq, prev = (last.seq + 1, last.hash) if last else (1, GENESIS)
    witness = journal.head()
    body = exchange_keys.canonical(
        {
            **facts,
            "format": FORMAT,
            "chain": {"seq": seq, "prev": prev},
            "journal": {"seq": witness[0], "hash": witness[1]},
            "software": software(),
        }
    )
    key, signature = exchange_keys.sign(body)
    failpoints.reach("proof.signed")
    changes = [[one.body.decode(), one.signature] for one in exchange_keys.changes()]
    return Proof.create(
        place=f"{chain}#{seq}", direction="out", agency=agency, chain=chain, seq=seq, prev=prev,
        hash=hashlib.sha256(body).hexdigest(), thread=thread, kind=facts["kind"], body=body.decode(),
        signature=signature, key_id=key.key_id, key=key.public, changes=json.dumps(changes), made_at=clock.now(),
    )  # fmt: skip


def on_wire(proof: Proof | None) -> edxml.Proof | None:
    """The statement as its packet carries it; the same row gives the same bytes."""
    if proof is None:
        return None
    changes = tuple(
        edxml.KeyChange(body.encode(), signature) for body, signature in json.loads(proof.changes)
    )
    return edxml.Proof(proof.body.encode(), proof.signature, proof.key, changes)


def last_of(thread: str) -> Proof | None:
    """Our newest statement in one conversation."""
    return (
        Proof.select()
        .where(Proof.thread == thread, Proof.direction == "out")
        .order_by(Proof.id.desc())
        .first()
    )


def parts_of(doc) -> list[dict]:
    """Role, SHA-256 and size of each file that travels with a document, the main one first.

    No names: a statement is never changed, and the names of a recalled document's files must not stay at its receiver.
    """
    return [
        {"role": "annex" if place else "main", "sha256": row.sha256, "size": row.size}
        for place, row in enumerate(travelling(doc))
    ]


def travelling(doc) -> list[files.File]:
    """The files a packet of this document carries: as released by its sender, or as they came to its receiver."""
    rows = documents.attachments(doc)
    main = [row.file for row in rows if row.kind == "main"] if doc.flow == "incoming" else []
    main = main or [documents.main_file(doc)]
    return [row for row in (*main, *(row.file for row in rows if row.kind == "annex")) if row]


def as_read(words: str) -> str:
    """Words as a reader of the packet gets them back: what XML forbids is gone, blanks are one."""
    return text.clean("".join(c if c in "\t\n\r" or _may_travel(c) else "" for c in words))


def _may_travel(c):
    return " " <= c <= "\ud7ff" or "\ue000" <= c <= "\ufffd" or c > "\uffff"


def second(moment) -> str:
    """A moment as bodies and packets tell it: Vietnam's wall clock, whole seconds, with the zone."""
    return clock.local(moment).isoformat(timespec="seconds")


def reception_of(proof: Proof) -> tuple:
    """Raw entry and legal reception at the receiver, as its signed receipt tells them (Quy chế 12.3)."""
    times = proof.said["received"]
    if not times:
        return exchange_keys.instant(proof.said["at"]), None
    return exchange_keys.instant(times["at"]), exchange_keys.instant(times["legal"])


def _received(consignment) -> dict:
    """Raw entry, legal reception (Quy chế 12.3) and the calendar it was counted by; nothing for what we sent."""
    if consignment.direction == "out" or consignment.arrived_at is None:
        return {}
    calendar = workdays.calendar(consignment.agency_id)
    rules = [[str(end) for pair in calendar.sessions for end in pair]]
    rules += sorted([str(day), int(worked)] for day, worked in calendar.exceptions.items())
    return {
        "at": second(consignment.arrived_at),
        "legal": second(consignment.received_at or consignment.arrived_at),
        "calendar": hashlib.sha256(json.dumps(rules).encode()).hexdigest()[:16],
    }


@cache
def software() -> str:
    """Which program speaks: its newest step of the schema stands for its version."""
    newest = max(path.stem for path in (Path(__file__).parent / "migrations").glob("[0-9]*.py"))
    return f"vanthu/{newest}"


# ---- what stands in a chain ------------------------------------------------------------------------------------


def keep(agency, carried: edxml.Proof, said: dict) -> Proof:
    """A partner's statement as it came; the same one twice is one row; inside write()."""
    named = hashlib.sha256(carried.body).hexdigest()
    place = f"in/{agency.id}/{named}/{carried.key}"
    try:
        return Proof.create(
            place=place, direction="in", agency=agency, chain=f"{said['from']}>{said['to']}", seq=said["chain"]["seq"],
            prev=said["chain"]["prev"], hash=named, kind=said["kind"], body=carried.body.decode(),
            signature=carried.signature, key=carried.key, key_id=exchange_keys.key_id(carried.key), made_at=clock.now(),
            changes=json.dumps([[one.body.decode(errors="replace"), one.signature] for one in carried.changes]),
        )  # fmt: skip
    except db.IntegrityError:
        return Proof.get(Proof.place == place)


def forked(proof: Proof) -> bool:
    """True when its sender gave another statement at the same place of the chain."""
    return (
        Proof.select()
        .where(
            Proof.agency == proof.agency_id, Proof.direction == "in", Proof.chain == proof.chain,
            Proof.seq == proof.seq, Proof.key == proof.key, Proof.hash != proof.hash,
        )
        .exists()
    )  # fmt: skip


def detached(proofs: list[Proof]) -> set[int]:
    """Ids of the partners' statements whose link before has not come (yet)."""
    wanted = {proof.prev for proof in proofs if proof.direction == "in" and proof.prev != GENESIS}
    here = {row.hash for row in Proof.select(Proof.hash).where(Proof.hash.in_(list(wanted)))}
    return {proof.id for proof in proofs if proof.prev in wanted - here}
