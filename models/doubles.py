"""Văn bản trùng và bản giấy của văn bản đã có (A8, A9; ND30 PL VI III.1.h, Điều 22.2): found, joined, or kept apart with a reason.

One record, two carriers: the paper of a document received electronically is joined to it, and the electronic version of a
paper already registered to that record, whose sender hears the number it has. Neither is registered twice.
"""

from typing import NamedTuple

from models import (
    alike,
    carriers,
    checks,
    clock,
    db,
    documents,
    errors,
    exchange,
    exchange_arrivals,
    files,
    incoming,
    journal,
    lookups,
    permissions,
    scans,
    signatures,
    text,
    workflow,
)
from models.paper_rows import PaperArrival

REASONS = {
    "bytes": "cùng một tệp",
    "id": "cùng mã định danh văn bản",
    "number": "cùng số, ký hiệu và cơ quan ban hành",
}
DEAD = (
    "refused",
    "cancelled",
    "unregistered",
    "joined",
)  # nothing can be joined to a document in these states
TOLD = {"assigned": "04", "in_progress": "05", "completed": "06"}  # what the sender hears after 03, by state


class Double(NamedTuple):
    """An older document that may be this one, and why: bytes | id | number; the file whose first page shows it (None when
    closed), and whether the one in hand can be joined to it."""

    document: documents.Document
    reason: str
    words: str
    page: int | None = None
    joinable: bool = False


def of(actor, values: dict | None = None, scan=None, doc=None) -> list[Double]:
    """Documents of this agency that the one in hand may be: same bytes, same id, same number, notation and issuer.

    `values` are the form's fields; without them what was read from the scan, or what the document says.
    """
    own = doc.id if doc else None
    values = dict(values or (scans.proposed(scan) if scan else _fields(doc) if doc else {}))
    if doc:
        values.setdefault("organ_id", doc.organ_id)
    rows = [(one, "bytes") for one in _same_bytes(actor.agency_id, scan, doc)]
    rows += [(one, "id") for one in alike.by_id(actor.agency_id, doc.document_id if doc else "", own)]
    rows += [(one, "number") for one in alike.by_number(actor.agency_id, values, own)]
    found: dict[int, tuple] = {}
    for row, reason in rows:
        found.setdefault(row.id, (row, reason))
    mains = documents.main_files([row.id for row, _ in found.values() if not row.is_closed])
    return [_double(row, reason, mains.get(row.id), is_paper=doc is None) for row, reason in found.values()]


def _double(row, reason, main, is_paper) -> Double:
    living = not row.is_recalled and row.state not in DEAD
    joinable = living and (is_paper or (row.source == "paper" and row.arrival_number is not None))
    return Double(row, reason, _words(row, reason), main.id if main else None, joinable)


# ---- the three keys --------------------------------------------------------------------------------------------


def join_paper(actor, scan, doc, place: str = "", post=None, note: str = "") -> documents.Document:
    """Đây là bản giấy của văn bản đã có: the scan becomes a carrier of that document; no number is taken.

    Raises Refused (recalled, sent back), Conflict, NotAllowed, NotFound.
    """
    permissions.require(actor, lookups.CLERK)
    doc = record_of(doc)
    if scan.agency_id != actor.agency_id or doc.agency_id != actor.agency_id or doc.flow != "incoming":
        raise errors.NotFound()
    _require_living(doc)
    body = scan.text_file.read().decode() if scan.text_file else ""
    with db.write():
        if not any(scans.step(scan, state, "confirmed") for state in scans.OPEN):
            raise errors.Conflict("Bản quét này vừa được người khác xử lý. Hãy tải lại trang.")
        scan.set(document=doc, note=f"Bản giấy của văn bản {doc.number_text}")
        if doc.source != "paper":
            _paper_came(doc, scan.uploaded_at, actor, place)
        carriers.Carrier.create(document=doc, kind="paper", came_at=scan.uploaded_at, scan=scan, note=text.clean(note)[:200],
                                joined_at=clock.now(), joined_by=actor.name)  # fmt: skip
        if scan.pages_file:
            documents.add_version(doc, scan.pages_file, "paper", actor, scan.name)
        if body and not documents.PageWords.select().where(documents.PageWords.document == doc).exists():
            documents.index(doc, body)
        journal.record("join_paper", actor, doc, doc.state, doc.state, scan.name, {"scan": scan.id})
        journal.record("join_scan", actor, scan, to_state="confirmed", note=doc.number_text)
        if text.clean(place) or post:
            carriers.move(actor, doc, place, post)
    return doc


def join_electronic(actor, doc, record, reason: str = "") -> int:
    """Bản điện tử của văn bản giấy đã vào sổ: its files, signatures and consignment go over to that record, whose number the
    sender hears (03). The number. Raises Invalid (a reason is needed), Refused, Conflict, NotAllowed."""
    reason, missing = text.clean(reason), checks.needs_reason(doc)
    if doc.agency_id != actor.agency_id or record.agency_id != actor.agency_id or record.flow != "incoming":
        raise errors.NotFound()
    if record.source != "paper" or record.arrival_number is None or record.id == doc.id:
        raise errors.Refused("Chỉ ghép được vào một văn bản giấy đã vào sổ.")
    _require_living(record)
    if missing and not reason and incoming.may_register(doc, actor) is None:
        raise errors.Invalid({"reason": missing})
    with db.write():
        if doc.verdict == "unchecked":
            checks.decided(doc, actor, "Tiếp nhận", reason)
        workflow.step(doc, "join", actor, reason, {"record": record.id})
        _hand_over(doc, record, actor)
        day = record.arrival_date
        exchange.report(record, "03", f"Số đến {record.arrival_number} ngày {day:%d/%m/%Y}", actor)
        if record.state in TOLD:
            exchange.report(record, TOLD[record.state], "", actor)
        journal.record(
            "join_electronic", actor, record, record.state, record.state, reason, {"shell": doc.id}
        )
    return record.arrival_number


def keep_apart(actor, doc, others, reason: str) -> None:
    """Vẫn đăng ký riêng: why this one is another letter, kept with it. Raises Invalid without a reason."""
    reason = text.clean(reason)[:500]
    if not reason:
        raise errors.Invalid(
            {"apart_reason": "Hãy ghi vì sao đây là văn bản khác (ví dụ: nơi gửi cấp trùng số)."}
        )
    rows = [getattr(one, "document", one) for one in others]
    with db.write():
        words = "; ".join(_short(row) for row in rows)
        journal.record("keep_apart", actor, doc, doc.state, doc.state, f"{reason} (giống {words})",
                       {"others": [row.id for row in rows]})  # fmt: skip


def refusal_words(double: Double) -> str:
    """The reason proposed when the double is thrown away, or sent back."""
    return f"Trùng văn bản đã nhận: {_short(double.document)} ({REASONS[double.reason]})."


def record_of(doc) -> documents.Document:
    """The record a joined document lives on in; itself when it was never joined."""
    if doc.state != "joined":
        return doc
    link = documents.Link.get_or_none(documents.Link.source == doc, documents.Link.kind == "joined")
    return link.target if link else doc


# ---- inner -----------------------------------------------------------------------------------------------------


def _require_living(doc) -> None:
    if doc.is_recalled:
        raise errors.Refused(
            "Văn bản đã có đã bị thu hồi; bản giấy gửi trả nơi gửi theo lệnh thu hồi (Quy chế Điều 12.6)."
        )
    if doc.state in DEAD:
        raise errors.Refused(
            f"Văn bản đã có đang ở trạng thái «{workflow.label(doc)}» nên không ghép vào được."
        )


def _paper_came(doc, moment, actor, place: str = "") -> None:
    known = PaperArrival.get_or_none(PaperArrival.document == doc)
    if known:
        known.set(copies=known.copies + 1, place=text.clean(place)[:200] or known.place)
        return
    PaperArrival.create(document=doc, arrived_on=clock.local(moment).date(), copies=1, place=text.clean(place)[:200],
                        recorded_at=clock.now(), recorded_by=actor.name)  # fmt: skip


def _hand_over(doc, record, actor) -> None:
    """What came electronically becomes the record's own: the electronic files travel on, the scan stays as its paper."""
    carrier = {"document": record, "joined_at": clock.now(), "joined_by": actor.name}
    first = scans.Scan.get_or_none(scans.Scan.document == record)
    if not record.carriers.where(carriers.Carrier.kind == "paper", carriers.Carrier.scan == first).exists():
        carriers.Carrier.create(
            kind="paper", came_at=record.arrived_at or record.created_at, scan=first, **carrier
        )
    carriers.Carrier.create(kind="electronic", came_at=doc.arrived_at or doc.created_at, **carrier)
    _paper_came(record, record.arrived_at or record.created_at, actor)
    for row in documents.attachments(record):
        documents.add_version(record, row.file, "paper", actor, row.note)
        row.delete_instance()
    for model in (
        documents.Attachment,
        exchange_arrivals.PacketExtra,
        signatures.Signature,
        signatures.SignatureCheck,
    ):
        model.update(document=record).where(model.document == doc).execute()
    for row in documents.versions(doc):
        documents.add_version(record, row.file, row.kind, actor, row.note)
        row.delete_instance()
    exchange.Consignment.update(document=record).where(
        exchange.Consignment.document == doc, exchange.Consignment.direction == "in"
    ).execute()
    link = documents.Link
    link.update(source=record).where(link.source == doc).execute()
    link.create(source=doc, target=record, kind="joined")
    record.set(source=doc.source, verdict=doc.verdict, verdict_note=doc.verdict_note, document_id=doc.document_id,
               organ_id=doc.organ_id or record.organ_id, page_amount=doc.page_amount or record.page_amount)  # fmt: skip
    doc.set(document_id="", holder=None, held_since=clock.now())
    documents.forget_words(doc)
    documents.index(record)


def _same_bytes(agency_id: int, scan, doc) -> list[documents.Document]:
    model, attachment, version, file = documents.Document, documents.Attachment, documents.Version, files.File
    sums = [scan.sha256] if scan else []
    if doc:
        sums += [row.file.sha256 for row in documents.attachments(doc) if row.kind == "main"]
    if not sums:
        return []
    same = file.select(file.id).where(file.sha256.in_(sums))
    here = model.select(model.id).where(
        model.agency == agency_id, model.flow == "incoming", model.state.not_in(alike.GONE)
    )
    held = set()
    for row in (attachment, version):
        held |= {
            one[0]
            for one in row.select(row.document).where(row.file.in_(same), row.document.in_(here)).tuples()
        }
    scanned = scans.Scan.select(scans.Scan.document).where(
        scans.Scan.agency == agency_id, scans.Scan.sha256.in_(sums), scans.Scan.document.is_null(False)
    )
    held |= {one[0] for one in scanned.tuples()}
    held -= {doc.id if doc else None}
    return (
        list(model.select().where(model.id.in_(held)).order_by(model.id.desc()).limit(alike.MOST))
        if held
        else []
    )


def _fields(doc) -> dict:
    return {name: getattr(doc, name) for name in incoming.ISSUED}


def _short(doc) -> str:
    number = f"số đến {doc.arrival_number}" if doc.arrival_number else workflow.label(doc).lower()
    return f"{doc.number_text or 'không số'} {doc.organ_name}, {number}"


def _words(doc, reason: str) -> str:
    when = clock.local(doc.arrived_at or doc.created_at)
    source = "giấy" if doc.source == "paper" else "điện tử"
    return f"{REASONS[reason]}: bản {source} đến {when:%H:%M %d/%m/%Y}, {_short(doc)}"
