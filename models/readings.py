"""Những gì đọc được: of a scan or an electronic document, each field with its sources and where it stands (B1, B7–B9).

One shape for both. Fields of the packet's header are the first source, the page the second, the file's name and the
signatures the third; of paper the page is the first.
"""

import json
from dataclasses import dataclass, field
from datetime import date, timedelta

from models import (
    clock,
    db,
    documents,
    errors,
    incoming,
    lookups,
    outbox,
    permissions,
    readings_queue,
    signatures,
    text,
    workdays,
)
from models import readings_sources as sources
from models.readings_rows import Reading, ReadPage
from models.readings_sources import Disagreement, Said

__all__ = ["Disagreement", "Looked", "has_text", "of_doc", "of_scan", "put_first", "unsure"]

NEEDED = ("organ_name", "code_number", "code_notation", "issued_date", "subject", "signer_name")
HEADER_FIELDS = (
    "code_number", "code_notation", "place", "organ_name", "parent_organ_name", "subject", "signer_position", "signer_name",
)  # fmt: skip
MOST_DAYS = 3  # proposed dates to choose from


@dataclass(frozen=True)
class Looked:
    """What was read so far. `fields`: name → {value, confidence, sure, page, box, sources}; never one that is doubtful
    beyond showing.

    `extras`: due {value ISO, words, page, box}, meeting {day, time, where, words, page, box}, reply_reference [{kind,
    number, notation, day, whose, words, page, box, document: our own outgoing Document or None}], days [ISO …] to choose
    the date of the letter from, capacity. `state`: "" nothing placed, waiting, reading, read, failed, stopped.
    """

    fields: dict = field(default_factory=dict)
    disagreements: list = field(default_factory=list)
    extras: dict = field(default_factory=dict)
    state: str = ""
    pages_done: int = 0
    pages_total: int = 0
    sizes: list = field(default_factory=list)
    note: str = ""


def of_scan(scan) -> Looked:
    """What was read of a scan."""
    row = Reading.get_or_none(Reading.scan == scan)
    read = {name: one for name, one in scan.fields.items() if one}
    said = {name: [Said(sources.PAGE, one["value"], one)] for name, one in read.items()}
    _add_name(said, scan.name)
    fields, told = _merged(said)
    total = row.pages_total if row and row.pages_total else scan.pages_total
    return Looked(
        fields, told, _extras(row, scan.agency_id, read, said, clock.local(scan.uploaded_at).date()), scan.state,
        scan.pages_done, total, scan.page_sizes or (row.page_sizes if row else []), scan.note,
    )  # fmt: skip


def of_doc(doc) -> Looked:
    """What was read of an electronic document, beside what its packet says."""
    row = Reading.get_or_none(Reading.document == doc)
    read = {name: one for name, one in json.loads(row.proposals).items() if one} if row else {}
    said = {name: [Said(sources.HEADER, value)] for name, value in _header(doc).items() if value}
    for name, one in read.items():
        said.setdefault(name, []).append(Said(sources.PAGE, one["value"], one))
    main = documents.main_file(doc)
    if main:
        _add_name(said, main.name)
        _add_signatures(said, doc, main)
    fields, told = _merged(said)
    came = clock.local(doc.received_at or doc.arrived_at or doc.created_at).date()
    done, total = readings_queue.progress(row) if row else (0, 0)
    return Looked(
        fields, told, _extras(row, doc.agency_id, read, said, came), row.state if row else "", done,
        total or doc.page_amount, row.page_sizes if row else [], row.note if row else "",
    )  # fmt: skip


def unsure(looked: Looked) -> set[str]:
    """Fields the clerk must look at: doubtful, in disagreement, or not there though every letter has them."""
    doubtful = {name for name, one in looked.fields.items() if not one["sure"]}
    return (
        doubtful | {one.field for one in looked.disagreements} | {n for n in NEEDED if n not in looked.fields}
    )


def put_first(actor, scan) -> None:
    """Đọc trước: this scan before everything else that waits to be read. Raises Conflict when it is read already."""
    permissions.require(actor, lookups.CLERK)
    row = Reading.get_or_none(Reading.scan == scan)
    with db.write():
        if scan.state not in ("waiting", "reading"):
            raise errors.Conflict("Bản quét này đã đọc xong. Hãy tải lại trang.")
        if row:
            readings_queue.put_first(row)
        order = outbox.Order
        order.update(priority=readings_queue.FIRST).where(
            order.kind == "ocr", order.subject_id == scan.id, order.state == "due"
        ).execute()


# ---- sources ---------------------------------------------------------------------------------------------------


def _header(doc) -> dict[str, str]:
    found = {name: getattr(doc, name) for name in HEADER_FIELDS}
    found["issued_date"] = doc.issued_date.isoformat() if doc.issued_date else ""
    found["due_date"] = doc.asked_due_date.isoformat() if doc.asked_due_date else ""
    found["type_name"] = doc.type_name
    found["recipients"] = doc.to_places
    found["urgency"] = str(doc.urgency) if doc.urgency else ""
    return found


def _add_name(said, name):
    """A file's name speaks where its letters are those of the notation; otherwise its number may be anything."""
    found = sources.of_name(name)
    notations = [one.value for one in said.get("code_notation", ())]
    is_its = any(sources.same("code_notation", found.get("code_notation", ""), one) for one in notations)
    for field_name, value in found.items():
        if field_name == "issued_date" or is_its:
            said.setdefault(field_name, []).append(Said(sources.NAME, value))


def _add_signatures(said, doc, main):
    """The day of the signatures is the day of the letter (12.2); the organisation that sealed is the issuer."""
    row = signatures.Signature
    for one in row.select().where(row.document == doc, row.file_sha256 == main.sha256).order_by(row.id):
        if one.kind != "organisation":
            continue
        if one.signed_at:
            day = clock.local(one.signed_at).date().isoformat()
            said.setdefault("issued_date", []).append(Said(sources.SIGNATURE, day))
        names = [one_said.value for one_said in said.get("organ_name", ())]
        if any(sources.same("organ_name", one.organisation, name) for name in names):
            said["organ_name"].append(Said(sources.SIGNATURE, one.organisation))
        return


def _merged(said):
    fields, told = {}, []
    for name, values in said.items():
        row, differing = sources.merged(name, values)
        if row:
            fields[name] = row
        told += differing
    return fields, told


# ---- beside the fields -----------------------------------------------------------------------------------------


def _extras(row, agency_id, read, said, came: date) -> dict:
    found = json.loads(row.extras) if row else {}
    return {
        "due": _due(found.get("due"), agency_id, read, came),
        "meeting": found.get("meeting"),
        "reply_reference": [one | {"document": _own(agency_id, one)} for one in found.get("replies", ())],
        "days": _days(found.get("days", ()), said.get("issued_date", ())),
        "capacity": found.get("capacity", ""),
    }


def _due(due, agency_id, read, came):
    """The deadline as a day: a number of days counts from the day of arrival, or from the letter's own."""
    if not due:
        return None
    if due["value"]:
        return due
    issued = read.get("issued_date")
    start = date.fromisoformat(issued["value"]) if due["since"] == "issued" and issued else came
    days = due["days"]
    until = workdays.calendar(agency_id).add(start, days) if due["working"] else start + timedelta(days=days)
    return due | {"value": until.isoformat()}


def _own(agency_id, reply):
    """Our own outgoing document a letter answers, when it is there: number, notation and, where printed, its day."""
    doc = documents.Document
    rows = doc.select().where(
        doc.agency == agency_id,
        doc.flow == "outgoing",
        doc.code_number.in_(incoming.written(reply["number"])),
    )
    fitting = [
        one
        for one in rows.order_by(doc.id.desc()).limit(50)
        if text.fold(one.code_notation) == text.fold(reply["notation"])
        and (not reply["day"] or not one.issued_date or one.issued_date.isoformat() == reply["day"])
    ]
    return fitting[0] if len(fitting) == 1 or (fitting and reply["day"]) else None


def _days(named, said) -> list[str]:
    """Up to three days to choose the letter's date from: what the sources say, then what the page names."""
    found = [one.value for one in said] + [one["value"] for one in named]
    likely = sorted(dict.fromkeys(found), key=lambda day: not sources.is_likely(day))
    return likely[:MOST_DAYS]


def has_text(doc, number: int) -> bool:
    """True when a page of a document has a text of its own, False when it is a picture."""
    page = ReadPage.select().join(Reading).where(Reading.document == doc, ReadPage.number == number).first()
    return page is not None and page.state == "own"
