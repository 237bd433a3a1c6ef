"""Sắp trang bản quét: the clerk's page operations before a scan is registered; the received bytes never change.

Each operation writes the new list of pages (sheets.py), a line in the journal and a row that can be undone. The file
with the pages in that order is made afterwards by the order "arrange", and then the scan is read anew. Whoever asks for
one says by `seen` which pages he saw: when they changed meanwhile nothing is done.
"""

import hashlib
import json

from models import (
    clock,
    db,
    errors,
    failpoints,
    files,
    journal,
    lookups,
    outbox,
    permissions,
    scans,
    sheets,
    users,
)

OPEN = ("waiting", "reading", "read", "quarantined")  # states in which pages may be arranged
SETTLE_SECONDS = 1  # so that many presses in a row make one file
CHANGED = (
    "Các trang vừa được sắp lại ở nơi khác. Dưới đây là thứ tự mới nhất; chưa có gì bị đổi, hãy làm lại."
)
GONE = "Bản quét này vừa được xử lý xong hoặc đã gộp, tách ở nơi khác nên không sắp trang được nữa."
UNKNOWN = "Máy đang xem tệp có những trang nào. Hãy thử lại sau giây lát."
UNREADABLE = "Tệp không mở được nên không có trang nào để sắp. Tệp vẫn như khi nhận; hãy quét lại."


class PageChange(db.Base):
    """One page operation: the lists of pages before and after it, in the words of the person."""

    scan = db.ForeignKeyField(scans.Scan, backref="changes")
    verb = db.CharField()  # turn | remove | move | put_back | cut | merge
    words = db.CharField()
    before = db.TextField()  # JSON: [arrangement, dropped, number of pages, state of `other`]
    after = db.TextField()  # JSON: [arrangement, dropped, arrangement of `other`]
    other = db.ForeignKeyField(scans.Scan, null=True, backref="+")  # what was cut off, or merged into it
    made_at = db.MomentField()
    made_by = db.ForeignKeyField(users.Post, null=True, backref="+")
    undone = db.BooleanField(default=False)


TABLES = (PageChange,)


# ---- queries ---------------------------------------------------------------------------------------------------


def sheets_of(scan: scans.Scan) -> list[sheets.Sheet]:
    """The pages of a scan in their order."""
    return sheets.parse(scan.arrangement) or sheets.as_received(scan.pages_total)


def dropped_of(scan: scans.Scan) -> list[sheets.Sheet]:
    """The pages left out of it, with the reason."""
    return sheets.parse(scan.dropped)


def seen(scan: scans.Scan) -> str:
    """A short name of the pages as they stand; another order has another name."""
    return hashlib.sha256(f"{scan.arrangement}|{scan.dropped}|{scan.pages_total}".encode()).hexdigest()[:12]


def is_pending(scan: scans.Scan) -> bool:
    """True while the file of the arranged pages is still to be made."""
    return bool(scan.arrangement) and scan.arranged_id is None and scan.state in OPEN


def trouble(scan: scans.Scan) -> str:
    """Why its pages cannot be arranged, a sentence; "" when they can."""
    if scan.state not in OPEN:
        return GONE
    if scan.fixed:
        return scan.fixed
    if not scan.pages_total:
        return UNREADABLE if scan.state == "quarantined" else UNKNOWN
    return ""


def last_change(scan: scans.Scan) -> PageChange | None:
    """The operation that would be undone."""
    mine = PageChange.select().where(PageChange.scan == scan, ~PageChange.undone)
    return mine.order_by(PageChange.id.desc()).first()


def following(actor, scan: scans.Scan) -> scans.Scan | None:
    """The scan that came next and could be merged into this one; what was cut from it comes first."""
    row, came = scans.Scan, scan.uploaded_at
    same = (row.uploaded_at == came) & (row.id > scan.id)
    later = scans.of(actor).where(row.state.in_(OPEN), (row.uploaded_at > came) | same)
    return next((one for one in later.order_by(row.uploaded_at, row.id).limit(20) if not trouble(one)), None)


def source_of(scan: scans.Scan, key: str) -> tuple[files.File, int]:
    """(received file, page) that a key of sheets.Sheet names in this scan. Raises NotFound."""
    for sheet in (*sheets_of(scan), *dropped_of(scan)):
        if sheet.key == key:
            owner = scans.Scan.get_by_id(sheet.scan) if sheet.scan else scan
            if owner.file:
                return owner.file, sheet.page
    raise errors.NotFound("Bản quét không có trang này.")


# ---- verbs of the clerk ----------------------------------------------------------------------------------------


def turn(actor, scan: scans.Scan, seen_pages: str, places, by: int) -> None:
    """Xoay trang."""
    places = _places(scan, places)
    side = {90: "phải", 270: "trái", 180: "ngược"}[by % 360]
    after = sheets.turned(sheets_of(scan), places, by)
    _change(actor, scan, seen_pages, "turn", f"Xoay {side} trang {sheets.ranges(places)}", after)


def remove(actor, scan: scans.Scan, seen_pages: str, places) -> None:
    """Bỏ trang: left out of the letter; it stays in the received file and can be put back."""
    places, pages = _places(scan, places), sheets_of(scan)
    left = [page for place, page in enumerate(pages, 1) if place not in places]
    if not left:
        raise errors.Invalid(
            {"pages": "Không bỏ hết các trang được. Nếu không cần bản quét này, hãy bỏ cả bản quét."}
        )
    gone = [sheets.Sheet(one.page, one.turn, one.scan, sheets.REMOVED) for one in pages if one not in left]
    _change(
        actor,
        scan,
        seen_pages,
        "remove",
        f"Bỏ trang {sheets.ranges(places)}",
        left,
        [*dropped_of(scan), *gone],
    )


def move(actor, scan: scans.Scan, seen_pages: str, places, before: int) -> None:
    """Đổi thứ tự: the pages go before the one at `before`; one past the end = to the end."""
    places, pages = _places(scan, places), sheets_of(scan)
    after = sheets.moved(pages, places, max(1, min(before, len(pages) + 1)))
    if after == pages:
        return
    _change(actor, scan, seen_pages, "move", f"Dời trang {sheets.ranges(places)}", after)


def put_back(actor, scan: scans.Scan, seen_pages: str, key: str) -> None:
    """Đưa lại một trang đã bỏ."""
    gone = dropped_of(scan)
    sheet = next((one for one in gone if one.key == key), None)
    if sheet is None:
        raise errors.Conflict(CHANGED)
    after = sheets.put_back(sheets_of(scan), sheet)
    left = [one for one in gone if one.key != key]
    _change(
        actor,
        scan,
        seen_pages,
        "put_back",
        f"Đưa lại trang đã bỏ (trang {sheet.page} của tệp nhận)",
        after,
        left,
    )


def tail(scan: scans.Scan, place: int) -> list[sheets.Sheet]:
    """The pages that a cut before this place takes away, named by the scan whose file they stand in."""
    pages = sheets_of(scan)
    if not 1 < place <= len(pages):
        raise errors.Invalid({"pages": "Chọn trang đầu của văn bản sau (từ trang 2 trở đi) rồi cắt."})
    return [sheets.Sheet(one.page, one.turn, one.scan or scan.id) for one in pages[place - 1 :]]


def cut(actor, scan: scans.Scan, seen_pages: str, place: int, made: files.Stored) -> scans.Scan:
    """Cắt từ trang này: it and those after it become a scan of their own; `made` is the file of `tail`."""
    taken, kept = tail(scan, place), sheets_of(scan)[: place - 1]
    stem, _, ending = scan.name.rpartition(".")
    name = f"{stem or ending} (từ trang {place}).pdf"
    gone = [one for one in dropped_of(scan) if _stands_after(one, scan, taken[0])]
    with db.write():
        part = scans.Scan.create(
            agency=scan.agency_id, file=files.record(made, name, "application/pdf"), name=name, sha256=made.sha256,
            uploaded_by=actor.post, uploaded_at=scan.uploaded_at, origin=scan.origin_id or scan.id, source=scan.source,
            sender=scan.sender, lacks=scan.lacks, preset=scan.preset,
            pages_total=len(taken), arrangement=sheets.dump(taken),
            dropped=sheets.dump(sheets.Sheet(one.page, one.turn, one.scan or scan.id, one.why) for one in gone),
        )  # fmt: skip
        part.set(arranged=part.file_id)
        left = [one for one in dropped_of(scan) if one not in gone]
        _change(actor, scan, seen_pages, "cut", f"Cắt từ trang {place} thành «{name}»", kept, left, part)
        scans.order_reading(part, priority=1)
        journal.record(
            "scan", actor, part, to_state="waiting", note=f"Cắt từ trang {place} của «{scan.name}»"
        )
        failpoints.reach("pages.cut")
    return part


def merge(actor, scan: scans.Scan, seen_pages: str, other: scans.Scan) -> None:
    """Gộp: the other scan's pages follow this one's; the other's file stays as it came."""
    with db.write():
        other = scans.get(actor, other.id)
        sentence = trouble(other)
        if sentence or other.id == scan.id:
            raise errors.Conflict(sentence or CHANGED)
        more, gone = (
            [sheets.Sheet(one.page, one.turn, one.scan or other.id, one.why) for one in pages]
            for pages in (sheets_of(other), dropped_of(other))
        )
        words = f"Gộp với «{other.name}»"
        _change(
            actor,
            scan,
            seen_pages,
            "merge",
            words,
            [*sheets_of(scan), *more],
            [*dropped_of(scan), *gone],
            other,
        )
        before = other.state
        if not scans.step(other, before, "merged"):
            raise errors.Conflict(CHANGED)
        other.set(note=f"Đã gộp vào «{scan.name}».")
        journal.record("merge_scan", actor, other, before, "merged", other.note)
        failpoints.reach("pages.merged")


def undo(actor, scan: scans.Scan, seen_pages: str) -> str:
    """Hoàn tác thao tác trang cuối cùng; returns its words. Raises Conflict when what was cut off is no longer as it was."""
    with db.write():
        now, change = _fresh(actor, scan, seen_pages), last_change(scan)
        if change is None:
            raise errors.Refused("Không còn thao tác trang nào để hoàn tác.")
        arrangement, dropped, count, state = json.loads(change.before)
        if change.verb == "cut":
            _take_in_again(actor, change, now)
        elif change.verb == "merge":
            _set_free(actor, change, state)
        change.set(undone=True)
        _write(now, arrangement, dropped, count, f"undo:{change.id}")
        journal.record("arrange_scan", actor, now, note=f"Hoàn tác: {change.words}")
    return change.words


# ---- verbs of the order "arrange" ------------------------------------------------------------------------------


def made(scan: scans.Scan, arrangement: str, stored: files.Stored) -> None:
    """The file of these pages is there: it is what people see and what is read from now on."""
    with db.write():
        now = scans.Scan.get_by_id(scan.id)
        if now.arrangement != arrangement or not is_pending(now):
            return
        now.set(arranged=files.record(stored, f"{now.name}.sap-trang.pdf", "application/pdf"))
        _read_anew(now)
        failpoints.reach("pages.arranged")


def taken_back(scan: scans.Scan, reason: str) -> None:
    """The pages cannot be arranged (signed, broken): they stand as they were before, and the scan says why."""
    with db.write():
        now = scans.Scan.get_by_id(scan.id)
        if not is_pending(now):
            return
        whole = (
            PageChange.select().where(PageChange.scan == now, PageChange.verb.in_(("cut", "merge"))).exists()
        )
        if whole:  # pages went from one scan to another: nothing is lost, a person decides
            now.set(note=reason)
            return
        first = (
            PageChange.select()
            .where(PageChange.scan == now, ~PageChange.undone)
            .order_by(PageChange.id)
            .first()
        )
        PageChange.update(undone=True).where(PageChange.scan == now).execute()
        if first:
            _write(now, *json.loads(first.before)[:3], f"back:{first.id}")
        now.set(note=reason, fixed=reason)
        journal.record("arrange_scan", None, now, note=f"Không sắp trang được: {reason}")


# ---- parts -----------------------------------------------------------------------------------------------------


def _places(scan, places) -> set[int]:
    chosen = {place for place in places if 1 <= place <= len(sheets_of(scan))}
    if not chosen:
        raise errors.Invalid({"pages": "Hãy chọn ít nhất một trang."})
    return chosen


def _fresh(actor, scan, seen_pages) -> scans.Scan:
    """The scan as it stands now. Raises when it is not what the person saw, or its pages may not be arranged."""
    permissions.require(actor, lookups.CLERK)
    now = scans.get(actor, scan.id)
    sentence = trouble(now)
    if sentence:
        raise errors.Refused(sentence)
    if seen(now) != seen_pages:
        raise errors.Conflict(CHANGED)
    return now


def _change(actor, scan, seen_pages, verb, words, pages, dropped=None, other=None) -> None:
    with db.write():
        now = _fresh(actor, scan, seen_pages)
        before = [now.arrangement, now.dropped, now.pages_total, other.state if other else ""]
        gone = sheets.dump(dropped) if dropped is not None else now.dropped
        change = PageChange.create(
            scan=now, verb=verb, words=words, before=json.dumps(before), made_at=clock.now(), made_by=actor.post,
            after=json.dumps([sheets.dump(pages), gone, other.arrangement if other else ""]), other=other,
        )  # fmt: skip
        _write(now, sheets.dump(pages), gone, len(pages), str(change.id))
        journal.record("arrange_scan", actor, now, note=words)
        failpoints.reach("pages.changed")


def _write(scan, arrangement, dropped, count, key) -> None:
    """Store the order of the pages; their file is made a moment later, or is the received one where nothing changed."""
    old = scan.arranged
    scan.set(arrangement=arrangement, dropped=dropped, pages_total=count, arranged=None)
    if old and old.id != scan.file_id:
        files.release([old])
    if arrangement:
        _order_file(scan, key)
    else:
        _read_anew(scan)


def _order_file(scan, key) -> None:
    key = f"arrange:{scan.id}:{key}"
    outbox.place("arrange", scan.id, key=key, priority=1, after_seconds=SETTLE_SECONDS)


def _take_in_again(actor, change, scan) -> None:
    """What was cut off ends, if nobody touched it since."""
    part = change.other
    if trouble(part) or part.arrangement != json.loads(change.after)[2]:
        raise errors.Conflict(
            f"Phần đã cắt («{part.name}») đã được sắp lại hoặc vào sổ nên không hoàn tác được. Chưa có gì bị đổi."
        )
    before = part.state
    scans.step(part, before, "merged")
    part.set(note=f"Đã hoàn tác việc cắt khỏi «{scan.name}».")
    journal.record("merge_scan", actor, part, before, "merged", part.note)


def _set_free(actor, change, state) -> None:
    """What was merged stands by itself again, read where it had been read."""
    part = change.other
    after = state if state in ("read", "quarantined") else "waiting"
    if not scans.step(part, "merged", after):
        raise errors.Conflict(f"«{part.name}» đã được xử lý ở nơi khác nên không hoàn tác được.")
    part.set(note="")
    journal.record("merge_scan", actor, part, "merged", after, f"Hoàn tác: {change.words}")
    if is_pending(part):
        _order_file(part, f"free:{change.id}")
    elif after == "waiting":
        _read_anew(part)


def _stands_after(sheet, scan, first) -> bool:
    """True for a left-out page that came after the first page of a cut."""
    return (sheet.scan or scan.id) == first.scan and sheet.page > first.page


def _read_anew(scan) -> None:
    old = [row for row in (scan.rendition, scan.text_file) if row]
    scans.step(scan, scan.state, "waiting")
    known = {
        name: field and field | {"box": None} for name, field in scan.fields.items()
    }  # they stood elsewhere
    scan.set(
        rendition=None, text_file=None, tries=scan.tries + 1, pages_done=0, sizes="[]",
        proposals=json.dumps(known, ensure_ascii=False),
    )  # fmt: skip
    files.release(old)
    scans.order_reading(scan, priority=1)
