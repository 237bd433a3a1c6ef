"""Dấu «ĐẾN» and Phiếu giải quyết văn bản đến: what stands on them (ND30 PL IV V and VII; Quy chế 10.1).

Both are printed from the register; neither ever becomes a part of the received file.
"""

from datetime import date
from pathlib import Path
from typing import NamedTuple

from models import assignments, clock, documents, errors, permissions, users

MOST = 500  # documents in one print


class Stamp(NamedTuple):
    """The fields of one dấu đến, in the order of the form; "" is left to be written by hand."""

    agency: str
    number: int
    day: date
    passed_to: str
    file_code: str


class Opinion(NamedTuple):
    """What one person wrote on the slip: the lines, who and on what day."""

    lines: list[str]
    who: str
    day: date


class Slip(NamedTuple):
    """One phiếu giải quyết: the document in one line, and the opinions of its three parts; an empty part is for a pen."""

    doc: documents.Document
    title: str
    leaders: list[Opinion]
    heads: list[Opinion]
    workers: list[Opinion]


def chosen(actor, ids: list[int]) -> list[documents.Document]:
    """These incoming documents in the order asked. Raises NotFound when one is not this person's to see, Refused."""
    ids = list(dict.fromkeys(ids))
    if not ids:
        raise errors.Refused("Hãy chọn ít nhất một văn bản đến để in.")
    if len(ids) > MOST:
        raise errors.Refused(f"Một lần in được {MOST} văn bản; đang chọn {len(ids)}. Hãy chọn ít hơn.")
    found = {
        doc.id: doc
        for doc in permissions.visible(actor, "incoming").where(documents.Document.id.in_(ids))
        if doc.agency_id == actor.agency_id
    }
    if len(found) < len(ids):
        raise errors.NotFound()
    closed = [doc for doc in found.values() if doc.is_closed]
    if closed:
        raise errors.Refused(
            f"Văn bản {closed[0].number_text or closed[0].subject[:80]} đã bị thu hồi nên không in nữa. Hãy bỏ chọn văn bản này."
        )
    return [found[one] for one in ids]


def stamps(actor, docs: list[documents.Document]) -> list[Stamp]:
    """The dấu đến of each. Raises Refused for one that has no arrival number: the number comes from the register only."""
    bare = next((doc for doc in docs if doc.arrival_number is None), None)
    if bare is not None:
        raise errors.Refused(
            f"«{bare.number_text or bare.subject[:80]}» chưa vào sổ nên chưa có số đến để in dấu. Hãy vào sổ trước."
        )
    leads, holders = _leads(docs), _holders(docs)
    return [
        Stamp(
            actor.agency.name, doc.arrival_number, doc.arrival_date,
            leads.get(doc.id) or (holders.get(doc.holder_id, "") if doc.state == "forwarded" else ""), "",
        )
        for doc in docs
    ]  # fmt: skip


def slips(docs: list[documents.Document]) -> list[Slip]:
    """The phiếu giải quyết of each, as the screen shows the assignments and reports of this moment."""
    tasks: dict[int, list] = {}
    for task in assignments.of_many(docs):
        tasks.setdefault(task.document_id, []).append(task)
    givers = _people([task.given_by_id for rows in tasks.values() for task in rows])
    return [_slip(doc, tasks.get(doc.id, []), givers) for doc in docs]


def main_pdf(doc: documents.Document) -> Path | None:
    """The received or scanned file whose first page the stamp is shown on; None when it has none that is a PDF."""
    file = documents.main_file(doc)
    return file.path() if file and file.media_type == "application/pdf" else None


def _slip(doc, tasks, givers) -> Slip:
    first = [task for task in tasks if task.parent_id is None]
    passed = [task for task in tasks if task.parent_id is not None]
    said = [
        Opinion(
            [words], task.receiver, clock.local(task.finished_at or task.started_at or task.given_at).date()
        )
        for task in tasks
        for words in [task.result or task.progress]
        if words and task.part != assignments.INFORMED
    ]
    return Slip(doc, _title(doc), _directions(first, givers), _directions(passed, givers), said)


def _title(doc) -> str:
    """«Quyết định số 05/QĐ-SKT ngày 02/3/2026 của Sở Khác về …», as the form's line under its name asks."""
    number = f" số {doc.number_text}" if doc.number_text else ""
    day = f" ngày {doc.issued_date:%d/%m/%Y}" if doc.issued_date else ""
    organ = f" của {doc.organ_name}" if doc.organ_name else ""
    return f"{doc.type_name or 'Văn bản'}{number}{day}{organ}: {doc.subject}"


def _directions(tasks, givers) -> list[Opinion]:
    """One opinion for all that one person gave at one moment."""
    groups: dict[tuple, list] = {}
    for task in tasks:
        groups.setdefault((task.given_by_id, task.given_at), []).append(task)
    return [
        Opinion(
            [_direction(task) for task in rows] + list(dict.fromkeys(task.instruction for task in rows if task.instruction)),
            givers.get(by, ""), clock.local(at).date(),
        )
        for (by, at), rows in groups.items()
    ]  # fmt: skip


def _direction(task) -> str:
    due = f"; thời hạn: {task.due_on:%d/%m/%Y}" if task.due_on else ""
    return f"{task.part_name}: {task.receiver}{due}"


def _leads(docs) -> dict[int, str]:
    """Document id → who has the lead."""
    found = {}
    for task in assignments.of_many(docs):
        if task.part == assignments.LEAD and task.parent_id is None:
            found[task.document_id] = task.unit.name if task.unit_id else task.post.person.full_name
    return found


def _holders(docs) -> dict[int, str]:
    return _people([doc.holder_id for doc in docs if doc.holder_id])


def _people(post_ids) -> dict[int, str]:
    rows = users.Post.select(users.Post, users.Person).join(users.Person)
    return {post.id: post.person.full_name for post in rows.where(users.Post.id.in_(set(post_ids)))}
