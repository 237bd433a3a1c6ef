"""Lô quét: one received file that holds several letters, cut at separator sheets; blank pages are left out.

The received file stays with its own scan, which then says what became of it; each letter is a scan that names its
origin and the pages it was made of, so that a page left out can be put back.
"""

import json
from dataclasses import dataclass
from pathlib import PurePath

from models import (
    agencies,
    db,
    failpoints,
    files,
    journal,
    outbox,
    scans,
    separators,
    sheets,
    users,
)

MOST_PAGES = 300


@dataclass(frozen=True)
class Page:
    """What was seen on a page of a received file: texts of QR codes, whether nothing is written on it."""

    number: int
    codes: tuple
    blank: bool


@dataclass(frozen=True)
class Piece:
    """Pages of one letter, blank ones left out, and what the separator sheet before it says."""

    pages: tuple
    blanks: tuple
    mark: separators.Mark | None


@dataclass(frozen=True)
class Plan:
    """How a received file is cut: its letters, and the sheets that belong to none of them."""

    pieces: tuple
    separators: tuple
    blanks: tuple  # blank pages between two sheets, of no letter
    ended: bool  # a sheet «hết lô» was there

    @property
    def changes_nothing(self) -> bool:
        """True when the file is one letter as it is."""
        return not self.separators and not any(piece.blanks for piece in self.pieces)


def plan(pages: list[Page], agency_id: int) -> Plan:
    """Cut at the agency's own separator sheets; a letter keeps a page at least, or it is none."""
    pieces, found, stray, ended = [], [], [], False
    held, mark = [], None

    def close():
        written = tuple(page.number for page in held if not page.blank)
        blanks = tuple(page.number for page in held if page.blank)
        if written:
            pieces.append(Piece(written, blanks, mark))
        else:
            stray.extend(blanks)

    for page in pages:
        marks = [one for one in (separators.read(text, agency_id) for text in page.codes) if one]
        if not marks:
            held.append(page)
            continue
        close()
        held, mark = [], marks[0] if marks[0].kind == separators.NEXT else None
        found.append(page.number)
        ended = ended or marks[0].kind == separators.END
    close()
    if not pieces and not found:  # nothing but blank pages: a person looks at them
        pieces, stray = [Piece(tuple(page.number for page in pages), (), None)], []
    return Plan(tuple(pieces), tuple(found), tuple(stray), ended)


def proposals(mark: separators.Mark | None, agency_id: int) -> dict:
    """What a separator sheet proposes for the form, of what still exists."""
    if mark is None:
        return {}
    sender = agencies.Agency.get_or_none(agencies.Agency.id == mark.sender) if mark.sender else None
    unit = agencies.Unit.get_or_none(agencies.Unit.id == mark.unit) if mark.unit else None
    leader = users.holder(agency_id, mark.leader) if mark.leader else None
    said = {
        "organ_name": sender.name if sender else "",
        "parent_organ_name": sender.parent_name if sender else "",
        "leader": leader.id if leader else None,
        "unit": unit.id if unit and unit.agency_id == agency_id and not unit.closed_on else None,
    }
    return {name: value for name, value in said.items() if value}


# ---- verbs -----------------------------------------------------------------------------------------------------


def keep_whole(scan: scans.Scan, pages: int = 0, fixed: str = "") -> None:
    """Để nguyên: one letter, its pages as they came; now it is read. `fixed`: why its pages may not be arranged."""
    with db.write():
        if not _is_waiting(scan):
            return
        scan.set(pages_total=pages, fixed=fixed)
        scans.order_reading(scan)
        failpoints.reach("batch.whole")


def leave_out(scan: scans.Scan, found: Plan, pages: int, made: files.Stored) -> None:
    """Bỏ tờ ngăn, trang trắng: one letter, without the sheets that are none of its pages."""
    (piece,) = found.pieces
    with db.write():
        if not _is_waiting(scan):
            return
        scan.set(
            pages_total=len(piece.pages), arrangement=sheets.dump(sheets.Sheet(page) for page in piece.pages),
            arranged=files.record(made, f"{scan.name}.sap-trang.pdf", "application/pdf"),
            dropped=sheets.dump(sheets.Sheet(page, why=sheets.BLANK) for page in piece.blanks),
            preset=_preset(scan, piece.mark),
        )  # fmt: skip
        scans.order_reading(scan)
        journal.record("arrange_scan", None, scan, note=f"{pages} trang nhận; {_left_out(found)}")
        failpoints.reach("batch.whole")


def divide(scan: scans.Scan, found: Plan, pages: int, made: list[files.Stored]) -> list[scans.Scan]:
    """Tách lô: one scan a letter, all or none; `made` are the files of the pieces, in their order."""
    parts = []
    with db.write():
        if not scans.step(scan, "waiting", "divided"):
            return []
        for number, (piece, stored) in enumerate(zip(found.pieces, made, strict=True), 1):
            parts.append(_part(scan, piece, stored, f"{PurePath(scan.name).stem} – {number:02}.pdf"))
        scan.set(pages_total=pages, note=f"Đã tách thành {len(parts)} văn bản; {_left_out(found)}.")
        journal.record("divide_scan", None, scan, "waiting", "divided", scan.note)
        failpoints.reach("batch.divided")
    return parts


def nothing_in_it(scan: scans.Scan, found: Plan, pages: int) -> None:
    """Chỉ có tờ ngăn: no letter in the file; it stays where it is and is shown as not taken."""
    with db.write():
        if scans.step(scan, "waiting", "refused"):
            scan.set(
                pages_total=pages, note=f"Tệp chỉ có tờ ngăn, không có văn bản nào ({_left_out(found)})."
            )
            journal.record("refuse_scan", None, scan, "waiting", "refused", scan.note)


def parts(scan: scans.Scan) -> list[scans.Scan]:
    """The scans cut from this one, in order."""
    return list(scans.Scan.select().where(scans.Scan.origin == scan).order_by(scans.Scan.id))


def _part(scan, piece, stored, name):
    part = scans.Scan.create(
        agency=scan.agency_id, file=files.record(stored, name, "application/pdf"), name=name, sha256=stored.sha256,
        uploaded_by=scan.uploaded_by_id, uploaded_at=scan.uploaded_at, origin=scan, pages_total=len(piece.pages),
        arrangement=sheets.dump(sheets.Sheet(page, 0, scan.id) for page in piece.pages),
        dropped=sheets.dump(sheets.Sheet(page, 0, scan.id, sheets.BLANK) for page in piece.blanks),
        preset=_preset(scan, piece.mark), source=scan.source, sender=scan.sender,
    )  # fmt: skip
    part.set(arranged=part.file_id)
    outbox.place("examine", part.id, key=f"examine:{part.id}")
    scans.order_reading(part)
    note = f"Trang {sheets.ranges(piece.pages)} của «{scan.name}»"
    journal.record("scan", None, part, to_state="waiting", note=note)
    return part


def _preset(scan, mark) -> str:
    """What the sheet proposes goes before what the scanner's folder does."""
    return json.dumps(scan.preset_values | proposals(mark, scan.agency_id), ensure_ascii=False)


def _is_waiting(scan) -> bool:
    return scans.Scan.select().where(scans.Scan.id == scan.id, scans.Scan.state == "waiting").exists()


def _left_out(found: Plan) -> str:
    blanks = sorted([*found.blanks, *(page for piece in found.pieces for page in piece.blanks)])
    said = []
    if found.separators:
        said.append(f"bỏ {len(found.separators)} tờ ngăn (trang {sheets.ranges(found.separators)})")
    if blanks:
        said.append(f"bỏ {len(blanks)} trang trắng (trang {sheets.ranges(blanks)})")
    if found.ended:
        said.append("có tờ hết lô")
    return ", ".join(said)
