"""Hàng đợi đọc: what is to be read, whose turn it is, and what came of it, page by page (Quy chế 10.1; B1–B3).

Urgent readings come first; of the others the agency that waited longest gets the next page, so that nobody's hundred
pages hold up another's single one. A finished page has its row: a server that dies loses only the pages in hand.
"""

import json
from dataclasses import dataclass

from models import clock, db, documents, files, incoming, journal, previews, scans, secrecy
from models.readings_rows import RUNNING, Reading, ReadPage

FIRST = 9  # above every urgency: a person pressed «đọc trước»
MOST_TRIES = 3  # of a page, and of the first look at a file, that took the server down with them
POISONED = "Máy chủ bị dừng mỗi lần đọc tệp này. Tệp vẫn còn như lúc nhận; hãy nhập tay hoặc quét lại."
ALL_UNREAD = "Không nhận dạng được trang nào của tệp. Tệp vẫn còn như lúc nhận; hãy nhập tay hoặc quét lại ở 200–300 dpi."


@dataclass(frozen=True)
class Task:
    """One thing to do for a reading: "look" at the file, read a "page", or "finish"."""

    kind: str
    reading: Reading
    number: int = 0

    @property
    def key(self) -> tuple:
        """Names the task among those under way."""
        return self.reading.id, self.number


# ---- what is to be read ----------------------------------------------------------------------------------------


def enlist_scan(scan_id: int, urgency: int = 0) -> Reading | None:
    """A scan that waits to be read takes its place; None when it waits no longer."""
    scan = scans.Scan.get_or_none(scans.Scan.id == scan_id)
    file = scan.pages_file if scan else None
    if file is None or scan.state not in RUNNING:
        return None
    with db.write():
        return _enlist(Reading.scan == scan, file, scan.tries, urgency, scan=scan, agency=scan.agency_id)


def enlist_document(doc, file: files.File, urgency: int = 0) -> Reading:
    """The main file of an electronic document takes its place; once for each content."""
    with db.write():
        return _enlist(Reading.document == doc, file, 0, urgency, document=doc, agency=doc.agency_id)


def _enlist(mine, file, turn, urgency, **owner):
    known = Reading.get_or_none(mine)
    if known and (known.sha256, known.turn) == (file.sha256, turn) and known.state != "stopped":
        return known
    if known:
        _drop_pages(known)
        known.delete_instance()
    return Reading.create(
        sha256=file.sha256,
        media_type=file.media_type,
        turn=turn,
        urgency=urgency,
        placed_at=clock.now(),
        **owner,
    )


def put_first(reading: Reading) -> None:
    """Đọc trước: before everything else that waits."""
    with db.write():
        Reading.update(urgency=FIRST).where(Reading.id == reading.id).execute()


def take_up() -> None:
    """At the start of the work: pages that were in hand when the server died wait again."""
    with db.write():
        ReadPage.update(state="waiting").where(ReadPage.state == "reading").execute()


def left_waiting() -> Reading | None:
    """Some reading that is not over, None when all are."""
    return Reading.select().where(Reading.state.in_(RUNNING)).order_by(Reading.id).first()


# ---- whose turn it is ------------------------------------------------------------------------------------------


def next_look(busy) -> Task | None:
    """The first file nobody has looked at yet; looking is short, so it never waits behind pages."""
    rows = Reading.select().where(Reading.state == "waiting").order_by(Reading.urgency.desc(), Reading.id)
    return next((Task("look", row) for row in rows.limit(20) if (row.id, 0) not in busy), None)


def next_page(busy, served: dict[int, int]) -> Task | None:
    """The next page, or the finishing of what has no page left. `served`: agency → when it had its last turn."""
    open_pages = (
        ReadPage.select(ReadPage.reading, ReadPage.number)
        .join(Reading)
        .where(Reading.state == "reading", ReadPage.state == "waiting")
    )
    pages: dict[int, int] = {}
    for reading_id, number in open_pages.order_by(ReadPage.reading, ReadPage.number).tuples():
        if (reading_id, number) not in busy:
            pages.setdefault(reading_id, number)
    held = {reading_id for reading_id, number in busy if number}
    rows = [
        row
        for row in Reading.select().where(Reading.state == "reading").order_by(Reading.id)
        if row.id in pages or (row.id not in held and (row.id, 0) not in busy)
    ]
    if not rows:
        return None
    row = min(rows, key=lambda row: (-row.urgency, served.get(row.agency_id, 0), row.id not in pages, row.id))
    return Task("page", row, pages[row.id]) if row.id in pages else Task("finish", row)


def is_wanted(reading: Reading) -> bool:
    """False when somebody stopped it meanwhile: the scan was refused or arranged anew, the document recalled."""
    row = Reading.get_or_none(Reading.id == reading.id)
    if row is None or row.state not in RUNNING:
        return False
    if row.scan_id:
        scan = scans.Scan.get_by_id(row.scan_id)
        return scan.state in ("waiting", "reading", "confirmed") and scan.tries == row.turn
    doc = documents.state_now(row.document)
    return not doc.is_closed and doc.state != "refused"


# ---- what came of it -------------------------------------------------------------------------------------------


def begin(reading: Reading) -> bool:
    """The look at a file begins. False when nobody wants it; one that took the server down each time is put aside."""
    if reading.scan_id and scans.begin_reading(reading.scan_id) is None:
        stop(reading)
        return False
    return once_more(reading)


def once_more(reading: Reading) -> bool:
    """A look or the finishing begins. False, and it is put aside, when that took the server down each time."""
    if reading.looks >= MOST_TRIES:
        fail(reading, POISONED)
        return False
    with db.write():
        reading.set(looks=reading.looks + 1)
    return True


def looked(reading: Reading, pages: list[dict]) -> None:
    """How many pages it has, and which of them have a text of their own."""
    with db.write():
        ReadPage.delete().where(ReadPage.reading == reading).execute()
        rows = [
            (reading.id, page["number"], "waiting" if page["scanned"] else "own", clock.now())
            for page in pages
        ]
        fields = (ReadPage.reading, ReadPage.number, ReadPage.state, ReadPage.done_at)
        for start in range(0, len(rows), 100):
            ReadPage.insert_many(rows[start : start + 100], fields=fields).execute()
        sizes = [[page["width"], page["height"]] for page in pages]
        reading.set(state="reading", looks=0, pages_total=pages[0]["of"], sizes=json.dumps(sizes))
    told(reading)


def begin_page(task: Task) -> bool:
    """A page is taken in hand. False when it took the server down each time: it stays a picture."""
    page = ReadPage.get(ReadPage.reading == task.reading, ReadPage.number == task.number)
    with db.write():
        page.set(state="reading" if page.tries < MOST_TRIES else "unread", tries=page.tries + 1)
    return page.state == "reading"


def page_ended(task: Task, state: str, turned: int = 0, size=None) -> None:
    """A page is "read" or "unread", or it waits again ("waiting") because its reader died under it."""
    with db.write():
        ReadPage.update(state=state, turned=turned, done_at=clock.now()).where(
            ReadPage.reading == task.reading, ReadPage.number == task.number
        ).execute()
        if size:
            row = Reading.get_by_id(task.reading.id)
            sizes = row.page_sizes
            sizes[task.number - 1] = size
            row.set(sizes=json.dumps(sizes))
    told(task.reading)


def told(reading: Reading) -> None:
    """The progress people see: pages done, once the first page is among them."""
    if reading.scan_id:
        done, total = progress(reading)
        scans.progress(reading.scan, done, total)


def progress(reading: Reading) -> tuple[int, int]:
    """(pages done, pages in all); none is done before the first."""
    rows = dict(ReadPage.select(ReadPage.number, ReadPage.state).where(ReadPage.reading == reading).tuples())
    done = sum(state in ("own", "read", "unread") for state in rows.values())
    return (done if rows.get(1) in ("own", "read", "unread") else 0), max(len(rows), reading.pages_total)


def pages_of(reading: Reading) -> list[ReadPage]:
    """Its pages in order."""
    return list(ReadPage.select().where(ReadPage.reading == reading).order_by(ReadPage.number))


def refuse_secret(reading: Reading, said: str) -> bool:
    """True when the text bears a secrecy mark: the paper is refused, its content given up (1.2)."""
    level = secrecy.found(said)
    if not level:
        return False
    _drop_pages(reading)
    stop(reading)
    scan = scans.Scan.get_by_id(reading.scan_id) if reading.scan_id else None
    if scan and scan.state == "reading":
        scans.give_up(scan, secrecy.refusal(level))
    elif reading.document_id and documents.state_now(reading.document).state == "arrived":
        incoming.refuse_secret(reading.document, level)
    else:  # registered meanwhile: people must decide, and the journal says since when it was known
        doc = reading.document if reading.document_id else scan.document
        with db.write():
            journal.record("secrecy_seen", None, doc or scan, note=secrecy.refusal(level))
    return True


def foresee(reading: Reading, fields: dict) -> None:
    """What the pages read so far say, for the clerk who looks at them already."""
    rows = json.dumps(_rows(fields))
    with db.write():
        if reading.scan_id:
            scans.Scan.update(proposals=rows, sizes=Reading.get_by_id(reading.id).sizes).where(
                scans.Scan.id == reading.scan_id, scans.Scan.state == "reading"
            ).execute()
        else:
            reading.set(proposals=rows)


def finish(reading: Reading, found, extras: dict, rendition: files.Stored | None) -> None:
    """The whole is read: `found` has pages, text, fields, sizes (reading.Reading)."""
    with db.write():
        reading.set(
            state="read", read_at=clock.now(), extras=json.dumps(extras, ensure_ascii=False),
            sizes=json.dumps([list(size) for size in found.sizes]),
        )  # fmt: skip
        if reading.document_id:
            reading.set(proposals=json.dumps(_rows(found.fields)))
            _keep_with(reading.document, found, rendition, f"{reading.document_id}.nhan-dang.pdf")
        else:
            scan = scans.Scan.get_by_id(reading.scan_id)
            if scan.state == "confirmed":
                _keep_with(scan.document, found, rendition, f"{scan.name}.nhan-dang.pdf")
            else:
                scans.finish_reading(scan, found.pages, found.text, found.fields, rendition, found.sizes)
    _drop_pages(reading)


def _keep_with(doc, found, rendition, name):
    """The text of a document that people work with already: beside its file, which stays as it is."""
    now = documents.state_now(doc)
    if now.is_recalled:
        return
    if rendition:
        documents.add_version(now, files.record(rendition, name, "application/pdf"), "text")
    documents.index(now, found.text)


def fail(reading: Reading, reason: str) -> None:
    """It cannot be read; a scan is quarantined and shown, a document's fields stay for a person to fill in."""
    with db.write():
        reading.set(state="failed", note=reason, read_at=clock.now())
    _drop_pages(reading)
    if reading.scan_id:
        scans.quarantine(reading.scan, reason)


def stop(reading: Reading) -> None:
    """Nobody wants it any more."""
    with db.write():
        Reading.update(state="stopped").where(Reading.id == reading.id, Reading.state.in_(RUNNING)).execute()
    _drop_pages(reading)


def _drop_pages(reading):
    """What was made of single pages goes; the rows stay and say what was done."""
    folder = previews.folder(reading.sha256)
    if folder.is_dir():
        for path in folder.glob(f"doc-{reading.id}-*"):
            path.unlink(missing_ok=True)


def _rows(fields) -> dict:
    return {name: field.row() if field else None for name, field in fields.items()}
