"""Dự thảo dính tới văn bản bị thu hồi (K7): who writes an answer to it, or carries its file, is told on the page."""

from typing import NamedTuple

from models import documents, recalls_contents


class Flag(NamedTuple):
    """Why a document needs another look, and the recalled one."""

    words: str
    document_id: int


REASONS = {
    "reply": "Văn bản {number} mà văn bản này trả lời đã bị nơi gửi thu hồi.",
    "replace": "Văn bản {number} mà văn bản này thay thế đã bị thu hồi.",
    "correct": "Văn bản {number} mà văn bản này đính chính đã bị thu hồi.",
}


def of(doc) -> list[Flag]:
    """What a drafter, approver or signer must know before he goes on."""
    link, found = documents.Link, []
    rows = (
        link.select(link, documents.Document)
        .join(documents.Document, on=link.target)
        .where(link.source == doc)
    )
    for row in rows:
        if row.target.flow == "incoming" and row.target.is_recalled and row.kind in REASONS:
            found.append(Flag(REASONS[row.kind].format(number=row.target.number_text), row.target_id))
    hashes = {
        row.file.sha256: row.file.name for row in [*documents.attachments(doc), *documents.versions(doc)]
    }
    for grave in recalls_contents.graves_of(doc.agency_id, hashes):
        words = f"Tệp «{hashes[grave.sha256]}» là nội dung của một văn bản đã bị thu hồi; hãy bỏ tệp này."
        if grave.document_id:
            found.append(Flag(words, grave.document_id))
    return list(dict.fromkeys(found))
