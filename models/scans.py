"""Văn bản giấy đã quét: uploaded pages, their reading in the background, and the clerk's confirmation (Quy chế 10.1).

    waiting → reading → read → confirmed (an incoming document, registered and presented)
                     ↘ refused (a secrecy mark, 1.2; or by the clerk)   ↘ quarantined (cannot be read)

The received file is never changed; what OCR makes of it is a rendition beside it.
"""

import json
from datetime import date

from models import (
    agencies,
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
    secrecy,
    text,
    users,
    workdays,
    workflow,
)

ACCEPTED = ("pdf", "jpeg", "png", "tiff")
OPEN = ("waiting", "reading", "read", "quarantined")
LABELS = {
    "waiting": "Chờ nhận dạng", "reading": "Đang nhận dạng chữ", "read": "Chờ vào sổ", "confirmed": "Đã vào sổ",
    "refused": "Không nhận", "quarantined": "Không đọc được",
}  # fmt: skip


class Scan(db.Base):
    """One scanned letter: its file as received, how far it is read, and what was read."""

    agency = db.ForeignKeyField(agencies.Agency)
    file = db.ForeignKeyField(files.File, null=True)  # null once a secret paper's content was given up
    name = db.CharField()
    sha256 = db.CharField(max_length=64)
    state = db.CharField(default="waiting")
    pages_done = db.IntegerField(default=0)
    pages_total = db.IntegerField(default=0)
    rendition = db.ForeignKeyField(files.File, null=True, backref="renders")
    text_file = db.ForeignKeyField(files.File, null=True, backref="texts")
    proposals = db.TextField(default="{}")
    sizes = db.TextField(default="[]")
    note = db.TextField(default="")
    tries = db.IntegerField(default=0)
    uploaded_by = db.ForeignKeyField(users.Post, null=True)
    uploaded_at = db.MomentField()
    read_at = db.MomentField(null=True)
    document = db.ForeignKeyField(documents.Document, null=True)

    class Meta:
        indexes = ((("agency", "state"), False), (("sha256",), False))

    @property
    def fields(self) -> dict:
        """What was read: field → {value, confidence, sure, page, box} or None."""
        return json.loads(self.proposals)

    @property
    def subject(self) -> str:
        """Trích yếu as it was read, "" for none."""
        return (self.fields.get("subject") or {}).get("value", "")

    @property
    def page_sizes(self) -> list:
        """[[width, height] in points, …] of the pages that were read."""
        return json.loads(self.sizes)

    @property
    def label(self) -> str:
        """The state in words."""
        return LABELS[self.state]

    @property
    def shown(self) -> files.File | None:
        """The file whose pages people look at: the rendition when there is one (pictures have no pages)."""
        return self.rendition or self.file


TABLES = (Scan,)


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


def following(actor, scan: Scan) -> Scan | None:
    """The next scan that waits for the clerk after this one, else the first; None at the end of the queue."""
    ready = of(actor).where(Scan.state == "read", Scan.id != scan.id)
    return ready.where(Scan.id > scan.id).order_by(Scan.id).first() or ready.order_by(Scan.id).first()


def doubles(actor, scan: Scan, fields: dict | None = None) -> list[documents.Document]:
    """Documents already here with the same bytes, or the same number, notation and issuer (PL VI III.1.h)."""
    earlier = (
        Scan.select(Scan, documents.Document)
        .join(documents.Document)
        .where(Scan.agency == actor.agency_id, Scan.sha256 == scan.sha256, Scan.id != scan.id)
        .limit(3)
    )
    found = [row.document for row in earlier]
    values = fields or {name: field["value"] for name, field in scan.fields.items() if field}
    if values.get("code_number"):
        plain = documents.Document(
            agency=actor.agency_id, flow="incoming", organ_name=values.get("organ_name", "")
        )
        found += [row for row in incoming.duplicates(plain, values) if row not in found]
    return found


# ---- verbs -----------------------------------------------------------------------------------------------------


def check_upload(path, name: str, max_megabytes: int) -> tuple[str, str]:
    """(safe name, media type) of an upload the door lets in: PDF, JPEG, PNG, TIFF. Raises Invalid({"file": …})."""
    kind = filetypes.accept(path, name, ACCEPTED, max_megabytes)
    return filetypes.safe_name(name), kind.media_type


def upload(actor, stored: files.Stored, name: str, media_type: str) -> Scan:
    """Nhập bản quét: the received file as it is, and the order to read it (10.1)."""
    permissions.require(actor, lookups.CLERK)
    with db.write():
        row = files.record(stored, name, media_type)
        scan = Scan.create(
            agency=actor.agency_id, file=row, name=name, sha256=stored.sha256, uploaded_by=actor.post,
            uploaded_at=clock.now(),
        )  # fmt: skip
        outbox.place("ocr", scan.id, key=f"ocr:{scan.id}:0")
        journal.record("scan", actor, scan, to_state="waiting", note=name)
        failpoints.reach("scan.upload")
    return scan


def begin_reading(scan_id: int) -> Scan | None:
    """The scan an order is about, now being read; None when it no longer waits (cancelled, or read already)."""
    with db.write():
        Scan.update(state="reading", pages_done=0).where(
            Scan.id == scan_id, Scan.state == "waiting"
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
        return
    words = files.store(said.encode())
    with db.write():
        if not _step(scan, "reading", "read"):
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
        if _step(scan, "reading", "quarantined") or _step(scan, "waiting", "quarantined"):
            scan.set(note=reason)
            journal.record("quarantine", None, scan, to_state="quarantined", note=reason)


def give_up(scan: Scan, reason: str) -> None:
    """Không nhận văn bản mật (1.2): the reason stays, the content does not."""
    old = [row for row in (scan.file, scan.rendition, scan.text_file) if row]
    with db.write():
        if not _step(scan, scan.state, "refused"):
            return
        scan.set(file=None, rendition=None, text_file=None, proposals="{}", note=reason)
        unused = files.release(old)
        journal.record("refuse_scan", None, scan, to_state="refused", note=reason)
    for sha256 in unused:
        previews.forget(sha256)
    files.erase(unused)


def refuse(actor, scan: Scan, reason: str) -> None:
    """Bỏ bản quét (nhầm, hỏng): it is not registered; the file stays for the journal's sake."""
    reason = text.clean(reason)
    if not reason:
        raise errors.Invalid({"reason": "Hãy ghi lý do bỏ bản quét này."})
    with db.write():
        if scan.state not in OPEN or not _step(scan, scan.state, "refused"):
            raise errors.Conflict()
        scan.set(note=reason)
        journal.record("refuse_scan", actor, scan, to_state="refused", note=reason)


def read_again(actor, scan: Scan) -> None:
    """Nhận dạng lại a quarantined or badly read scan."""
    with db.write():
        if scan.state not in ("quarantined", "read") or not _step(scan, scan.state, "waiting"):
            raise errors.Conflict()
        scan.set(tries=scan.tries + 1, note="", pages_done=0)
        outbox.place("ocr", scan.id, key=f"ocr:{scan.id}:{scan.tries}", priority=1)
        journal.record("read_again", actor, scan, to_state="waiting")


def confirm(
    actor, scan: Scan, fields: dict, leader, note: str = "", known: bool = False
) -> documents.Document:
    """Vào sổ và trình văn bản giấy: the incoming document, its arrival number, to the leader; all or nothing.

    `known`: the clerk saw that the document may be here already. Raises Invalid, Refused, NotAllowed, Conflict.
    """
    permissions.require(actor, lookups.CLERK)
    same = [] if known else doubles(actor, scan, fields)
    if same:
        raise errors.Invalid(
            {"known": f"Có thể đã vào sổ rồi: {_words_of(same[0])}. Nếu vẫn vào sổ, hãy đánh dấu ô bên cạnh."}
        )
    body = scan.text_file.read().decode() if scan.text_file else ""
    with db.write():
        if not _step(scan, "read", "confirmed") and not _step(scan, "quarantined", "confirmed"):
            raise errors.Conflict(
                "Bản quét này vừa được người khác xử lý, hoặc chưa đọc xong. Hãy tải lại trang."
            )
        doc = workflow.begin(
            "incoming", "arrived", actor, note="Văn bản giấy", agency=actor.agency_id, source="paper",
            page_amount=scan.pages_total, created_at=clock.now(), arrived_at=scan.uploaded_at,
            received_at=workdays.calendar(actor.agency_id).received_at(scan.uploaded_at), holder=actor.post,
            held_since=clock.now(),
        )  # fmt: skip
        documents.attach(doc, scan.file, "main", "Bản quét văn bản giấy")
        if scan.rendition:
            documents.add_version(doc, scan.rendition, "text", actor)
        failpoints.reach("scan.confirm")
        incoming.register_and_forward(doc, actor, leader, fields, note=note)
        documents.index(doc, body)
        scan.set(document=doc)
        journal.record("confirm_scan", actor, scan, to_state="confirmed", note=doc.number_text)
    return doc


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


def unsure(scan: Scan) -> set[str]:
    """Fields the clerk must look at: read with doubt, or not read though every letter has them."""
    fields = scan.fields
    doubtful = {name for name, field in fields.items() if field and not field["sure"]}
    return doubtful | {name for name in NEEDED if not fields.get(name)}


NEEDED = ("organ_name", "code_number", "code_notation", "issued_date", "subject", "signer_name")


def _words_of(doc) -> str:
    number = f"số đến {doc.arrival_number}, " if doc.arrival_number else ""
    return f"{number}{doc.number_text} {doc.organ_name} – {doc.subject[:80]}"


def _step(scan: Scan, before: str, after: str) -> bool:
    changed = Scan.update(state=after).where(Scan.id == scan.id, Scan.state == before).execute()
    if changed:
        scan.state = after
    return bool(changed)
