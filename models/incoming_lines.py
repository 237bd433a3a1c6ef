"""Các dòng của Sổ đăng ký văn bản đến as printed and downloaded: the ten columns of ND30 PL IV, with voids and corrections."""

import hashlib
from typing import NamedTuple

from models import assignments, clock, incoming_corrections, lookups, paper_rows, users

HEAD = (
    "Ngày đến", "Số đến", "Tác giả", "Số, ký hiệu văn bản", "Ngày tháng văn bản", "Tên loại và trích yếu nội dung văn bản",
    "Đơn vị hoặc người nhận", "Ngày chuyển", "Ký nhận", "Ghi chú",
)  # fmt: skip


class Line(NamedTuple):
    """One line: the cells in order; former values by column number (0–9); whether the number is void."""

    cells: tuple
    former: dict
    is_void: bool


# which columns a corrected field stands in
COLUMN = {
    "organ_name": 2,
    "code_number": 3,
    "code_notation": 3,
    "issued_date": 4,
    "type_code": 5,
    "subject": 5,
}


def of(pairs) -> list[Line]:
    """Lines of (entry, document) pairs, in their order; a few queries whatever their number."""
    docs = [doc for _, doc in pairs]
    leads, corrections = _in_parts(assignments.leads_of, docs), incoming_corrections.of_many(docs)
    papers = _in_parts(_papers, [doc for doc in docs if doc.source != "paper"])
    presented = _holders([doc for doc in docs if doc.state == "forwarded"])
    return [
        _line(entry, doc, leads.get(doc.id), corrections.get(doc.id, []), papers.get(doc.id), presented.get(doc.holder_id, ""))
        for entry, doc in pairs
    ]  # fmt: skip


def digest(lines: list[Line]) -> str:
    """SHA-256 over the cells: what a bound book can be compared with later."""
    found = hashlib.sha256()
    for line in lines:
        found.update("\x1f".join(str(cell) for cell in line.cells).encode() + b"\x1e")
    return found.hexdigest()


def _line(entry, doc, lead, corrected, paper, leader) -> Line:
    kind = doc.type_name if doc.type_code not in ("", "CV") else ""
    handed = clock.local(lead.given_at) if lead else None
    taken = (
        f"đã nhận trên hệ thống {clock.local(lead.started_at):%d/%m/%Y}" if lead and lead.started_at else ""
    )
    cells = (
        f"{doc.arrival_date or entry.day:%d/%m/%Y}", entry.number, doc.organ_name, doc.number_text,
        f"{doc.issued_date:%d/%m/%Y}" if doc.issued_date else "", f"{kind} {doc.subject}".strip(),
        doc.to_places if lead else leader, f"{handed:%d/%m/%Y}" if handed else "", taken,
        _remarks(entry, doc, corrected, paper),
    )  # fmt: skip
    former: dict[int, list[str]] = {}
    for row in corrected:
        if row.field in COLUMN and row.before:
            former.setdefault(COLUMN[row.field], []).append(row.before)
    return Line(cells, former, entry.voided_at is not None)


def _remarks(entry, doc, corrected, paper) -> str:
    parts = [doc.description]
    if entry.voided_at:
        parts.insert(
            0, f"SỐ HỦY {clock.local(entry.voided_at):%d/%m/%Y} ({entry.voided_by}): {entry.void_reason}"
        )
    for row in corrected:
        parts.append(
            f"Sửa {row.label.lower()} {clock.local(row.corrected_at):%d/%m/%Y} ({row.corrected_by}): {row.reason}"
        )
    if paper:
        parts.append(f"Bản giấy {paper.arrived_on:%d/%m/%Y}{', ' + paper.place if paper.place else ''}")
    if doc.urgency:
        parts.append(lookups.URGENCIES[doc.urgency])
    if doc.is_recalled:
        parts.append(f"Bị thu hồi {clock.local(doc.recalled_at):%d/%m/%Y}")
    return ". ".join(part.rstrip(".") for part in parts if part)


def _papers(docs):
    rows = paper_rows.PaperArrival.select().where(
        paper_rows.PaperArrival.document.in_([doc.id for doc in docs])
    )
    return {row.document_id: row for row in rows}


def _holders(docs) -> dict[int, str]:
    ids = {doc.holder_id for doc in docs if doc.holder_id}
    rows = (
        users.Post.select(users.Post, users.Person).join(users.Person).where(users.Post.id.in_(ids))
        if ids
        else ()
    )
    return {row.id: row.label for row in rows}


def _in_parts(asked, docs, many: int = 500) -> dict:
    found = {}
    for start in range(0, len(docs), many):
        found |= asked(docs[start : start + many])
    return found
