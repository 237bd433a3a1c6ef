"""Văn bản giấy đã quét: uploaded pages, their reading in the background, and the clerk's confirmation (Quy chế 10.1).

    waiting → reading → read → confirmed (an incoming document, registered and presented)
                     ↘ refused (a secrecy mark, 1.2; or by the clerk)   ↘ quarantined (cannot be read)
            divided (a batch, cut into scans of its own: batches.py)    merged (its pages stand in another scan now)

The received file is never changed: what OCR makes of it is a rendition beside it, and pages turned, left out or put in
another order are a file of their own, made of the received one by `arrangement` (sheets.py).
"""

import json
from datetime import date

from models import (
    clock,
    db,
    documents,
    errors,
    failpoints,
    files,
    filetypes,
    incoming,
    journal,
    lookups,
    outbox,
    permissions,
    previews,
    scans_rows,
    secrecy,
    sheets,
    text,
    workdays,
    workflow,
)
from models.scans_rows import Channel, Scan

ACCEPTED = ("pdf", "jpeg", "png", "tiff")
BATCHES = ("application/pdf", "image/tiff")  # kinds of files that may hold several letters
OPEN, SOURCES, TABLES = scans_rows.OPEN, scans_rows.SOURCES, scans_rows.TABLES
SETTLING = (Scan.arrangement != "") & Scan.arranged.is_null()  # the file of its arranged pages is being made


# ---- queries ---------------------------------------------------------------------------------------------------


def of(actor):
    """Query of the scans this actor works on: those of the agency, for its clerks."""
    permissions.require(actor, lookups.CLERK)
    return Scan.select().where(Scan.agency == actor.agency_id)


def get(actor, scan_id: int) -> Scan:
    """The scan, if it is this actor's agency's. Raises NotFound, NotAllowed."""
    scan = of(actor).where(Scan.id == scan_id).first()
    if scan is None:
        raise errors.NotFound()
    return scan


def queue(actor, limit: int = 200) -> list[Scan]:
    """Scans not yet dealt with: the read ones first, in the order they came."""
    order = db.fn.INSTR("read quarantined reading waiting", Scan.state)
    return list(of(actor).where(Scan.state.in_(OPEN)).order_by(order, Scan.id).limit(limit))


def sources(scan: Scan) -> list[tuple[str, sheets.Sheet]]:
    """(content it came from, page of it) for each page of a scan; "" for a received file that was given up."""
    pages = sheets.parse(scan.arrangement) or sheets.as_received(scan.pages_total)
    ids = {sheet.scan for sheet in pages} - {None}
    files_of = {row.id: row.file for row in Scan.select().where(Scan.id.in_(ids))} | {None: scan.file}
    return [(files_of[sheet.scan].sha256 if files_of[sheet.scan] else "", sheet) for sheet in pages]


def is_closed(scan: Scan) -> bool:
    """True when its pages, or some of its received file, belong to a document that was recalled (12.6)."""
    parts = Scan.select(Scan.document).where(
        ((Scan.id == scan.id) | (Scan.origin == scan)), Scan.document.is_null(False)
    )
    return any(part.document.is_closed for part in parts)


# ---- verbs -----------------------------------------------------------------------------------------------------


def check_upload(path, name: str, max_megabytes: int) -> tuple[str, str]:
    """(safe name, media type) of an upload the door lets in: PDF, JPEG, PNG, TIFF. Raises Invalid({"file": …})."""
    kind = filetypes.accept(path, name, ACCEPTED, max_megabytes)
    return filetypes.safe_name(name), kind.media_type


def upload(
    taker, stored: files.Stored, name: str, media_type: str, source: str = "upload", key: str = "",
    kept_at: str = "",
) -> Scan:  # fmt: skip
    """Nhập bản quét: the received file as it is, and the order to read it (10.1).

    `taker` is a clerk or a Channel. The same `key` once more is the scan that is here already: a crash or a dropped
    connection doubles nothing. `kept_at` says where another copy lies that a secret paper must not leave behind.
    """
    channel = taker if isinstance(taker, Channel) else None
    actor = None if channel else taker
    if actor:
        permissions.require(actor, lookups.CLERK)
    with db.write():
        known = Scan.get_or_none(Scan.received_key == key) if key else None
        if known:
            return known
        scan = Scan.create(
            agency=taker.agency_id, file=files.record(stored, name, media_type), name=name, sha256=stored.sha256,
            uploaded_by=actor.post if actor else None, uploaded_at=clock.now(), received_key=key or None,
            source=channel.source if channel else source, sender=channel.sender if channel else "", kept_at=kept_at,
            preset=json.dumps({"unit": channel.unit_id} if channel and channel.unit_id else {}),
        )  # fmt: skip
        outbox.place("examine", scan.id, key=f"examine:{scan.id}")
        if media_type in BATCHES:
            outbox.place("separate", scan.id, key=f"separate:{scan.id}")
        else:
            scan.set(pages_total=1)
            order_reading(scan)
        journal.record("scan", actor, scan, to_state="waiting", note=f"{scan.came_from}: {name}")
        failpoints.reach("scan.upload")
    return scan


def note_lacks(scan: Scan, sentences) -> None:
    """What the received file lacks of the scan standard (10.1, ND30 PL I): shown to the clerk, never a stop."""
    with db.write():
        scan.set(lacks=json.dumps(list(sentences), ensure_ascii=False))


def order_reading(scan: Scan, priority: int = 0) -> None:
    """Have it read; inside the write() of the reason. Once for each try."""
    outbox.place("ocr", scan.id, key=f"ocr:{scan.id}:{scan.tries}", priority=priority)


def begin_reading(scan_id: int) -> Scan | None:
    """The scan an order is about, now being read; None when it no longer waits (cancelled, or read already)."""
    with db.write():
        Scan.update(state="reading", pages_done=0).where(
            Scan.id == scan_id, Scan.state == "waiting", ~SETTLING
        ).execute()
        scan = Scan.get_or_none(Scan.id == scan_id)
    return scan if scan and scan.state == "reading" else None


def progress(scan: Scan, done: int, total: int) -> bool:
    """So many pages are read; False when somebody stopped the reading meanwhile."""
    with db.write():
        changed = (
            Scan.update(pages_done=done, pages_total=total)
            .where(Scan.id == scan.id, Scan.state == "reading")
            .execute()
        )
    return bool(changed)


def finish_reading(
    scan: Scan, pages: int, said: str, fields: dict, rendition: files.Stored | None, sizes=()
) -> None:
    """What was read. A paper with a secrecy mark is refused and its content given up (1.2)."""
    level = secrecy.found(said)
    if level:
        give_up(scan, secrecy.refusal(level))
        if rendition:
            files.drop(rendition)
        return
    words = files.store(said.encode())
    with db.write():
        if not step(scan, "reading", "read"):
            return
        made = files.record(rendition, f"{scan.name}.nhan-dang.pdf", "application/pdf") if rendition else None
        scan.set(
            pages_done=pages, pages_total=pages, rendition=made, read_at=clock.now(), note="",
            text_file=files.record(words, f"{scan.name}.txt", "text/plain"),
            sizes=json.dumps(list(sizes)),
            proposals=json.dumps({name: field.row() if field else None for name, field in fields.items()}),
        )  # fmt: skip
        journal.record("read_scan", None, scan, "reading", "read", f"{pages} trang")
        failpoints.reach("scan.read")


def quarantine(scan: Scan, reason: str) -> None:
    """Cách ly: the file cannot be read; it stays as it came, and a person decides."""
    with db.write():
        if step(scan, "reading", "quarantined") or step(scan, "waiting", "quarantined"):
            scan.set(note=reason)
            journal.record("quarantine", None, scan, to_state="quarantined", note=reason)


def give_up(scan: Scan, reason: str) -> None:
    """Không nhận văn bản mật (1.2): the reason stays, the content does not, nor the batch it was cut from."""
    old = [row for row in (scan.file, scan.arranged, scan.rendition, scan.text_file) if row]
    with db.write():
        if not step(scan, scan.state, "refused"):
            return
        origins = received_with(scan)
        scan.set(
            file=None, arranged=None, rendition=None, text_file=None, arrangement="", dropped="[]", proposals="{}",
            note=reason, lacks="",
        )  # fmt: skip
        for origin in origins:
            old += without_received(origin)
        for one in (scan, *origins):
            if one.kept_at:
                outbox.place("erase_received", one.id, key=f"erase_received:{one.id}", priority=1)
        unused = files.release(old)
        journal.record("refuse_scan", None, scan, to_state="refused", note=reason)
    for sha256 in unused:
        previews.forget(sha256)
    files.erase(unused)


def received_with(scan: Scan) -> list[Scan]:
    """Other scans whose received file holds pages of this one: where it was cut from, what was merged into it."""
    named = {sheet.scan for sheet in sheets.parse(scan.arrangement) + sheets.parse(scan.dropped)}
    ids = (named | {scan.origin_id}) - {None, scan.id}
    return list(Scan.select().where(Scan.id.in_(ids), Scan.file.is_null(False)))


def without_received(origin: Scan) -> list[files.File]:
    """Every scan made of this one's received file has only its own pages from now on; inside the write() of the reason.

    Returns the rows to be released: the received file, and what was made of it alone.
    """
    old = [origin.file]
    for part in Scan.select().where(Scan.origin == origin, Scan.file.is_null(False)):
        if part.arrangement:
            part.set(file=part.pages_file, arranged=None, arrangement="")
        part.set(dropped="[]")
    if origin.state in ("divided", "merged", "refused") or not origin.arranged:
        old += [row for row in (origin.arranged, origin.rendition, origin.text_file) if row]
        origin.set(file=None, arranged=None, rendition=None, text_file=None)
    else:
        origin.set(file=origin.arranged, arranged=None)
    origin.set(arrangement="", dropped="[]")
    return old


def refuse(actor, scan: Scan, reason: str) -> None:
    """Bỏ bản quét (nhầm, hỏng): it is not registered; the file stays for the journal's sake."""
    reason = text.clean(reason)
    if not reason:
        raise errors.Invalid({"reason": "Hãy ghi lý do bỏ bản quét này."})
    with db.write():
        if scan.state not in OPEN or not step(scan, scan.state, "refused"):
            raise errors.Conflict()
        scan.set(note=reason)
        _read_no_more(scan)
        journal.record("refuse_scan", actor, scan, to_state="refused", note=reason)


def read_again(actor, scan: Scan) -> None:
    """Nhận dạng lại a quarantined or badly read scan."""
    with db.write():
        if scan.state not in ("quarantined", "read") or not step(scan, scan.state, "waiting"):
            raise errors.Conflict()
        scan.set(tries=scan.tries + 1, note="", pages_done=0)
        _read_no_more(scan)
        order_reading(scan, priority=1)
        journal.record("read_again", actor, scan, to_state="waiting")


def confirm(
    actor,
    scan: Scan,
    fields: dict,
    leader,
    note: str = "",
    known: bool = False,
    held: bool = False,
    forwards: bool = True,
) -> documents.Document:
    """Vào sổ và trình văn bản giấy: the incoming document, its arrival number, to the leader; all or nothing.

    `held`: as in incoming.register; `forwards`: False to register only. Doubles are asked for before (models/desk.py).
    Raises Invalid, Refused, NotAllowed, Conflict.
    """
    permissions.require(actor, lookups.CLERK)
    body = scan.text_file.read().decode() if scan.text_file else ""
    with db.write():
        _take(scan)
        doc = workflow.begin(
            "incoming", "arrived", actor, note="Văn bản giấy", agency=actor.agency_id, source="paper",
            page_amount=scan.pages_total, created_at=clock.now(), arrived_at=scan.uploaded_at,
            received_at=workdays.calendar(actor.agency_id).received_at(scan.uploaded_at), holder=actor.post,
            held_since=clock.now(),
        )  # fmt: skip
        _attach(doc, Scan.get_by_id(scan.id), actor)
        if scan.rendition:
            documents.add_version(doc, scan.rendition, "text", actor)
        failpoints.reach("scan.confirm")
        if forwards:
            incoming.register_and_forward(doc, actor, leader, fields, note=note, held=held)
        else:
            incoming.register(doc, actor, fields, held=held)
        documents.index(doc, body)
        scan.set(document=doc)
        _read_no_more(scan)
        journal.record("confirm_scan", actor, scan, to_state="confirmed", note=doc.number_text)
    return doc


def _read_no_more(scan) -> None:
    """What was read of its pages is not used again: the letter is dealt with, or is to be read from the beginning."""
    pages = [(sha256, sheet.page) for sha256, sheet in sources(scan) if sha256]
    db.after_commit(lambda: [previews.forget_read(*page) for page in pages])


def _take(scan) -> None:
    """The scan is this clerk's now. Raises Refused while its file is being made, Conflict when it is not ready, or another's."""
    if Scan.select().where(Scan.id == scan.id, SETTLING).exists():
        raise errors.Refused("Các trang vừa được sắp lại, tệp đang được tạo. Hãy bấm lại sau giây lát.")
    if not any(step(scan, state, "confirmed") for state in ("read", "quarantined")) and not _early(scan):
        raise errors.Conflict(
            "Bản quét này vừa được người khác xử lý, hoặc chưa đọc xong. Hãy tải lại trang."
        )


def _early(scan) -> bool:
    """Confirmed while its later pages are still read: the first one was seen, so it bears no secrecy mark (1.2)."""
    seen = (Scan.id == scan.id) & (Scan.state == "reading") & (Scan.pages_done > 0)
    if not Scan.update(state="confirmed").where(seen).execute():
        return False
    scan.state = "confirmed"
    return True


def _attach(doc, scan, actor) -> None:
    """The letter's pages; the received file beside them, unless it holds other people's letters too (a batch)."""
    documents.attach(doc, scan.pages_file, "main", "Bản quét văn bản giấy")
    shared = scan.origin_id or Scan.select().where(Scan.origin == scan).exists()
    if scan.arranged and not shared:
        documents.add_version(doc, scan.file, "received", actor, "Trước khi sắp trang")


def proposed(scan: Scan) -> dict:
    """Values for the form, typed as the document's fields; what is not sure is in `unsure`."""
    read = {name: field for name, field in scan.fields.items() if field}
    values = {name: field["value"] for name, field in read.items()}
    for name in ("issued_date", "due_date"):
        if name in values:
            values[name] = date.fromisoformat(values[name])
    kind = next((k for k in lookups.DOCUMENT_TYPES if k.name == values.get("type_name")), None)
    values["type_code"] = kind.code if kind else ""
    return values


def step(scan: Scan, before: str, after: str) -> bool:
    """Change the state, if it is still what the caller thinks; inside the write() of the reason."""
    changed = Scan.update(state=after).where(Scan.id == scan.id, Scan.state == before).execute()
    if changed:
        scan.state = after
    return bool(changed)
