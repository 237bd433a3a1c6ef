"""Tệp vào: what came in, from where and how it stands, for the page a clerk looks at."""

import re
from datetime import timedelta
from typing import NamedTuple

from models import clock, db, documents, errors, files, scans, text
from models.scans_rows import OPEN, Scan

RECENT = timedelta(hours=24)
MOST = 200
UNDER_WAY = ("waiting", "reading")
ORDER = db.fn.INSTR("quarantined reading waiting read confirmed divided merged refused", Scan.state)


class Came(NamedTuple):
    """A scan of the list; `double` names the older one with the same bytes, None for none."""

    scan: Scan
    double: "Double | None"
    hint: str


class Double(NamedTuple):
    """What is here with the same content: its words and its address."""

    words: str
    url: str


def listed(query) -> list[Came]:
    """Of the scans a person works on (scans.of): those open, and what became of the others within a day."""
    fresh = Scan.uploaded_at > clock.now() - RECENT
    rows = list(query.where(Scan.state.in_(OPEN) | fresh).order_by(ORDER, Scan.id.desc()).limit(MOST))
    older = doubles_of(rows)
    return [Came(row, older.get(row.id), hint(row)) for row in rows]


def doubles_of(rows) -> dict[int, Double]:
    """Scan id → the oldest thing of the same agency with the same bytes that came before it (A8)."""
    hashes = {row.sha256 for row in rows if row.file_id}
    if not hashes:
        return {}
    agency = rows[0].agency_id
    first: dict[str, list[Scan]] = {}
    for row in Scan.select().where(Scan.agency == agency, Scan.sha256.in_(hashes)).order_by(Scan.id):
        first.setdefault(row.sha256, []).append(row)
    electronic = _documents_with(agency, hashes)
    found = {}
    for row in rows:
        before = [one for one in first.get(row.sha256, ()) if one.id < row.id]
        doc = electronic.get(row.sha256)
        if before:
            old = before[0]
            moment = f"{clock.local(old.uploaded_at):%H:%M %d/%m}"
            words = f"Giống hệt «{old.name}» nhận {moment} ({old.label.lower()})"
            found[row.id] = Double(words, f"/scans/{old.id}")
        elif doc and row.document_id != doc.id:
            words = f"Giống hệt tệp của văn bản đã có: {doc.number_text} {doc.organ_name}".strip()
            found[row.id] = Double(words, f"/incoming/{doc.id}")
    return found


def _documents_with(agency, hashes) -> dict:
    """SHA-256 → the oldest incoming document with that very file."""
    model, held, file = documents.Document, documents.Attachment, files.File
    rows = (
        model.select(model, held.id, file.sha256.alias("content"))
        .join(held, on=held.document == model.id)
        .join(file, on=held.file == file.id)
        .where(model.agency == agency, model.flow == "incoming", file.sha256.in_(hashes))
        .order_by(model.id.desc())
    )
    return {row.content: row for row in rows.objects()}


def hint(scan: Scan) -> str:
    """A file's name that speaks of secrecy proves nothing, but should be looked at first (1.2)."""
    words = re.sub(r"[\W_]+", " ", text.clean(scan.name).lower())
    named = re.search(r"\bmật\b(?! khẩu)|^(?=[\x20-\x7e]*$).*\bmat\b(?! khau| bang)", words)
    if scan.state in OPEN and named:
        return "Tên tệp có chữ «mật»: hãy xem trước. Văn bản mật phải bỏ ngay, không vào sổ (Quy chế 1.2)."
    return ""


ACTS = {  # one press on the list: from which states, and the reason that is kept
    "cancel": (UNDER_WAY, "Hủy khi đang chờ nhận dạng."),
    "return": (("quarantined",), "Trả lại nơi đưa tới"),
    "drop": (("quarantined",), "Bỏ"),
}


def set_aside(actor, scan: Scan, act: str) -> str:
    """Hủy a reading, trả lại or bỏ what cannot be read; returns what was done. Raises Conflict, NotFound."""
    if act not in ACTS:
        raise errors.NotFound()
    states, words = ACTS[act]
    if scan.state not in states:
        raise errors.Conflict(
            "Tệp này vừa đổi trạng thái ở nơi khác. Hãy xem lại danh sách; chưa có gì bị đổi."
        )
    why = f"{words}: {scan.note}" if scan.note else words
    scans.refuse(actor, scan, why)
    return f"{words.partition(' khi')[0]} «{scan.name}»."
