"""Bản giấy đến sau (Quy chế 11.1.b; ND30 Điều 22.2): joined to the document received electronically, never registered again.

It is a side note: no step of the work waits for it.
"""

from models import clock, db, documents, errors, journal, lookups, permissions, text
from models.paper_rows import PaperArrival

MOST_COPIES = 999


def matching(actor, number: str, limit: int = 20) -> list[documents.Document]:
    """Incoming documents with this number and notation («05/QĐ-SKT», or the number alone), the newest first."""
    digits, _, notation = text.clean(number).partition("/")
    plain = digits.lstrip("0") or digits
    if not plain:
        return []
    model = documents.Document
    query = permissions.visible(actor, "incoming").where(
        model.code_number.in_(list({digits, plain, plain.zfill(2), plain.zfill(3)}))
    )
    rows = query.order_by(model.id.desc()).limit(200)
    wanted = text.fold(notation)
    return [row for row in rows if not wanted or text.fold(row.code_notation) == wanted][:limit]


def of(doc) -> PaperArrival | None:
    """The paper that came of this document, None when none did."""
    return PaperArrival.get_or_none(PaperArrival.document == doc)


def of_many(docs) -> dict[int, PaperArrival]:
    """Document id → its paper, in one query."""
    rows = PaperArrival.select().where(PaperArrival.document.in_([doc.id for doc in docs]))
    return {row.document_id: row for row in rows}


def record(doc, actor, day, copies: int = 1, place: str = "", note: str = "") -> PaperArrival:
    """Ghi nhận đã nhận bản giấy of an electronic document; again: corrected. Raises Invalid, Refused, NotAllowed."""
    permissions.require(actor, lookups.CLERK)
    day = day or clock.today()
    if doc.agency_id != actor.agency_id or doc.flow != "incoming":
        raise errors.NotFound()
    if doc.source == "paper":
        raise errors.Refused("Văn bản này tiếp nhận từ bản giấy; bản giấy đã nằm trong dòng sổ của nó.")
    if doc.issued_date and day < doc.issued_date or day > clock.today():
        raise errors.Invalid({"day": "Ngày nhận bản giấy phải từ ngày ban hành đến hôm nay."})
    if not 1 <= copies <= MOST_COPIES:
        raise errors.Invalid({"copies": f"Hãy nhập số bản từ 1 đến {MOST_COPIES}."})
    values = {
        "arrived_on": day, "copies": copies, "place": text.clean(place)[:200], "note": text.clean(note)[:200],
        "recorded_at": clock.now(), "recorded_by": actor.name,
    }  # fmt: skip
    with db.write():
        known = of(doc)
        row = known.set(**values) if known else PaperArrival.create(document=doc, **values)
        words = f"{copies} bản, ngày {day:%d/%m/%Y}{', giữ tại ' + row.place if row.place else ''}"
        journal.record("paper_arrived", actor, doc, doc.state, doc.state, words)
    return row
