"""Nội dung của văn bản bị thu hồi: closed at once, a tombstone for each, then its bytes erased (Quy chế 12.6; ND30 PL VI
III.8.b: the document and its descriptive data are cancelled).

What the register line needs stays: who sent it, number, notation, day, type, arrival number, who had the work and what he
wrote himself. Trích yếu, the sender's notes, file names and every content go. Order of things: in one transaction nobody
reaches the content any more and the tombstones stand; then the bytes are unlinked and the folders synced; then it is said.
"""

import json
from datetime import timedelta

from models import (
    assignments,
    clock,
    db,
    documents,
    drafts,
    errors,
    exchange,
    exchange_arrivals,
    failpoints,
    files,
    placements,
    previews,
    scans,
    signing_sessions,
    text,
)
from models.recalls_rows import Recall, Tombstone, rule_of

CANCELLED = "(Trích yếu đã hủy theo lệnh thu hồi)"
CANCELLED_FILE = "tệp đã hủy"


def shut(doc, reason: str) -> None:
    """Đóng nội dung với mọi người, inside the caller's write(): pages, files, words, pictures."""
    now = clock.now()
    doc.set(recalled_at=doc.recalled_at or now, recall_reason=reason, closed_at=now)
    documents.forget_words(doc)
    failpoints.reach("recall.fts-delete")
    hashes = [row.sha256 for _, row in _held(doc)]
    db.after_commit(lambda: [previews.forget(sha256) for sha256 in hashes])


def reopen(doc) -> None:
    """Mở lại: the head has objected to the recall (16), nothing was cancelled yet."""
    doc.set(recalled_at=None, recall_reason="", closed_at=None)
    documents.index(doc)


def bury(recall: Recall, doc, by: str) -> list[Tombstone]:
    """Take every content off the document and leave a tombstone for each; its words and data go too. Inside write()."""
    now = clock.now()
    erase_on = now + timedelta(days=rule_of(recall.agency_id).keeps_days)
    held = _held(doc)
    held += _scrub_checks(doc, [row.name for _, row in held])
    _detach(doc)
    graves = [
        Tombstone.create(
            recall=recall,
            document=doc,
            kind=kind,
            sha256=row.sha256,
            size=row.size,
            file=row,
            closed_at=now,
            erase_on=erase_on,
            by=by,
        )
        for kind, row in held
    ]
    failpoints.reach("recall.tombstones")
    _blank(doc)
    return graves


def bury_unborn(recall: Recall, contents) -> None:
    """What came after its recall lies in the store without a row: it is to be erased as well. `contents`: files.Stored."""
    now = clock.now()
    for place, stored in enumerate(contents):
        kind = "packet" if place == len(contents) - 1 else "annex" if place else "main"
        Tombstone.create(
            recall=recall, kind=kind, sha256=stored.sha256, size=stored.size, closed_at=now, erase_on=now
        )


def _held(doc) -> list:
    """(kind, file row) of everything that holds content of the document, each row once."""
    sessions = signing_sessions.SigningItem
    found = [(row.kind, row.file) for row in documents.attachments(doc)]
    found += [("version", row.file) for row in documents.versions(doc)]
    for row in (
        drafts.AnnexSeal.select().join(documents.Attachment).where(documents.Attachment.document == doc)
    ):
        found += [("version", row.original), ("version", row.sealed)]
    found += [("packet", one.packet) for one in doc.consignments if one.packet_id]
    for item in sessions.select().where(sessions.document == doc):
        found += [("work", item.work)] + ([("work", item.signed)] if item.signed_id else [])
    for scan in scans.Scan.select().where(scans.Scan.document == doc):
        rows = [scan.file, scan.arranged, scan.rendition, scan.text_file]
        rows += [origin.file for origin in scans.received_with(scan)]  # the batch it was cut from
        found += [("version", row) for row in rows if row]
    return list({row.id: (kind, row) for kind, row in reversed(found)}.values())[::-1]


def _detach(doc):
    one, item = exchange.Consignment, signing_sessions.SigningItem
    placements.Placement.delete().where(placements.Placement.document == doc).execute()
    item.delete().where(item.document == doc).execute()
    documents.Attachment.delete().where(documents.Attachment.document == doc).execute()
    documents.Version.delete().where(documents.Version.document == doc).execute()
    one.update(packet=None).where(one.document == doc).execute()
    for scan in scans.Scan.select().where(scans.Scan.document == doc):
        for origin in scans.received_with(scan):
            scans.without_received(origin)
        scan.set(
            file=None, arranged=None, rendition=None, text_file=None, arrangement="", dropped="[]", name=CANCELLED_FILE,
            proposals="{}", note="",
        )  # fmt: skip


def _scrub_checks(doc, names) -> list:
    """The result of the signature check and its evidence stay; the names of the files in them do not.

    Returns what lay in the store with those names, as `_held` does.
    """
    named = []
    for check in list(doc.checks):
        check.set(report=_without(check.report, names), sentence=_without(check.sentence, names))
        if check.evidence_id is None:
            continue
        before, stored = check.evidence, _evidence_without(check.evidence, names)
        if stored is None or stored.sha256 != before.sha256:
            check.set(evidence=stored and files.record(stored, before.name, before.media_type))
            named.append(("evidence", before))
    doc.set(verdict_note=_without(doc.verdict_note, names))
    return named


def _evidence_without(row, names) -> files.Stored | None:
    """The same evidence without these names; None when it cannot be read any more."""
    try:
        words = row.read().decode()
    except (OSError, UnicodeDecodeError, errors.Refused):
        return None
    return files.store(_without(words, names).encode())


def _without(words: str, names) -> str:
    for name in sorted(filter(None, names), key=len, reverse=True):
        for written in (name, json.dumps(name, ensure_ascii=False)[1:-1], text.harmless(name)):
            words = words.replace(written, CANCELLED_FILE)
    return words


def _blank(doc):
    """Cancel the descriptive data; «ghi chú» of the register says by whose order."""
    sender = doc.organ_name if doc.flow == "incoming" else doc.agency.name
    note = f"Đã thu hồi theo yêu cầu của {sender} lúc {clock.local(doc.recalled_at):%H:%M %d/%m/%Y}: {doc.recall_reason}"
    places = doc.to_places if doc.flow != "incoming" or assignments.of(doc) else ""
    doc.set(subject=CANCELLED, folded_subject=text.fold(CANCELLED), description=note[:1000], to_places=places)
    exchange_arrivals.forget_extras(doc)
    documents.index(doc)


# ---- erasing ---------------------------------------------------------------------------------------------------


def due(recall: Recall) -> list[Tombstone]:
    """Tombstones whose bytes are to go now."""
    return list(
        recall.tombstones.where(Tombstone.erased_at.is_null(), Tombstone.erase_on <= clock.now()).order_by(
            Tombstone.id
        )
    )


def erase(recall: Recall) -> list[str]:
    """Xóa các tệp đến hạn: rows given up, bytes unlinked, folders synced; done again from any point it was cut off.

    Bytes that another document needs stay where they are, and the tombstone says so. Returns the SHA-256 of those that an
    act under way is just storing: to be tried again.
    """
    graves = due(recall)
    with db.write():
        rows = {grave.file_id: grave.file for grave in graves if grave.file_id}
        for grave in graves:
            grave.set(file=None)
        files.release(rows.values())
    failpoints.reach("recall.files-unlink")
    hashes = list(dict.fromkeys(grave.sha256 for grave in graves))
    waiting = files.erase(hashes)
    needed = {row.sha256 for row in files.File.select().where(files.File.sha256.in_(hashes))}
    for sha256 in hashes:
        if sha256 not in needed and sha256 not in waiting:
            previews.close(sha256)
    failpoints.reach("recall.unlink-fsync")
    with db.write():
        for grave in graves:
            if grave.sha256 not in waiting:
                is_gone = not files.place(grave.sha256).exists()
                grave.set(erased_at=clock.now(), shared=not is_gone)
    return waiting


def graves_of(agency_id: int, hashes) -> list[Tombstone]:
    """Tombstones of this agency for these contents."""
    rows = (
        Tombstone.select().join(Recall).where(Recall.agency == agency_id, Tombstone.sha256.in_(list(hashes)))
    )
    return list(rows.where(Tombstone.kind.in_(("main", "annex"))).order_by(Tombstone.id))


def next_due(recall: Recall):
    """When more of it is to be erased; None when nothing is left."""
    rows = recall.tombstones.where(Tombstone.erased_at.is_null()).order_by(Tombstone.erase_on)
    first = rows.first()
    return first.erase_on if first else None
