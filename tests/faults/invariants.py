"""Invariants I1–I14 of the exchange (goals.md C), read from the data folders themselves, past every verb of the product.

`broken({"a": folder, "b": folder, "hub": folder})` tells each broken promise in a sentence; the folders may be in use.
What holds only when nothing is on its way any more (I6, and the ends of I1) is looked at when `settled`.
"""

import hashlib
import json
import os
import time
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path

import apsw

GENESIS = "0" * 64
# The receiver's state of the document → the states that the sender's line may then show.
SHOWN = {
    "arrived": {"arrived"}, "registered": {"accepted"}, "forwarded": {"accepted"}, "assigned": {"assigned"},
    "in_progress": {"in_progress"}, "completed": {"completed"}, "refused": {"refused"}, "recalled": {"recalled"},
}  # fmt: skip
LINE = ("queued", "on_axis", "arrived", "accepted", "assigned", "in_progress", "completed")
ENDS = {"refused", "failed", "recall_asked", "recalled", "recall_refused"}
INCOMING = {
    ("", "arrived"), ("arrived", "registered"), ("arrived", "refused"), ("registered", "forwarded"),
    ("forwarded", "assigned"), ("assigned", "forwarded"), ("in_progress", "forwarded"), ("assigned", "in_progress"),
    ("assigned", "completed"), ("in_progress", "completed"),
    *((state, "recalled") for state in ("arrived", "registered", "forwarded", "assigned", "in_progress", "completed")),
}  # fmt: skip


class Folder:
    """A data folder as it lies there."""

    def __init__(self, folder: Path):
        self.folder = Path(folder)
        self.database = apsw.Connection(str(self.folder / "vanthu.db"), flags=apsw.SQLITE_OPEN_READONLY)
        self.database.set_busy_timeout(10_000)

    def close(self):
        self.database.close()

    def rows(self, statement, *bindings) -> list[dict]:
        cursor = self.database.execute(statement, bindings)
        try:
            names = [column[0] for column in cursor.get_description()]
        except apsw.ExecutionCompleteError:
            return []
        return [dict(zip(names, row, strict=True)) for row in cursor]

    def stored(self, sha256) -> Path:
        return self.folder / "files" / sha256[:2] / sha256


def broken(folders: dict[str, Path], settled: bool = True) -> list[str]:
    """Every broken invariant as a sentence."""
    opened = {
        name: Folder(folder) for name, folder in folders.items() if (Path(folder) / "vanthu.db").exists()
    }
    found = []
    try:
        for name, one in opened.items():
            for check in ALONE:
                found += [f"{name}: {sentence}" for sentence in check(one, settled)]
        for check in TOGETHER:
            found += check(opened, settled)
    finally:
        for one in opened.values():
            one.close()
    return found


# ---- one installation alone -----------------------------------------------------------------------------------


def i2_one_effect(one, settled):
    """I2: one sender's document is one arrival, one document, one number, and each status of it one message."""
    for row in one.rows(
        "SELECT agency_id, partner_code, wire_id, count(*) AS many FROM consignment WHERE direction = 'in' AND wire_id != ''"
        " AND key NOT LIKE 'door/%' AND key NOT LIKE '%/update/%' GROUP BY 1, 2, 3 HAVING count(*) > 1"
    ):
        yield f"I2: {row['many']} arrivals of {row['wire_id']} from {row['partner_code']}"
    for row in one.rows(
        "SELECT document_id, count(*) AS many FROM entry WHERE voided_at IS NULL GROUP BY register_id, document_id"
        " HAVING count(*) > 1"
    ):
        yield f"I2: document {row['document_id']} has {row['many']} numbers in one book"
    for row in one.rows(
        "SELECT consignment_id, status, count(*) AS many FROM status_message WHERE direction = 'out'"
        " AND status IN ('arrived', 'accepted', 'refused') GROUP BY 1, 2 HAVING count(*) > 1"
    ):
        yield f"I2: consignment {row['consignment_id']} told «{row['status']}» {row['many']} times"
    for row in one.rows(
        "SELECT wire_id, status, at, partner_code, count(*) AS many FROM status_message WHERE direction = 'in'"
        " GROUP BY agency_id, wire_id, status, at, partner_code, description HAVING count(*) > 1"
    ):
        yield f"I2: «{row['status']}» of {row['wire_id']} from {row['partner_code']} was taken {row['many']} times"


def i4_numbers(one, settled):
    """I4: the numbers of a book are 1..max, each with its document or with the reason of its voiding."""
    books = defaultdict(list)
    for row in one.rows("SELECT register_id, year, number, document_id, void_reason, voided_at FROM entry"):
        books[row["register_id"], row["year"]].append(row)
    for row in one.rows("SELECT register_id, year, last_number FROM counter"):
        entries = books.pop((row["register_id"], row["year"]), [])
        numbers = sorted(entry["number"] for entry in entries)
        if numbers != list(range(1, row["last_number"] + 1)):
            yield f"I4: book {row['register_id']} of {row['year']} has {numbers} instead of 1..{row['last_number']}"
        for entry in entries:
            bound = one.rows("SELECT 1 FROM document WHERE id = ?", entry["document_id"])
            if not bound and not entry["voided_at"]:
                yield f"I4: number {entry['number']} belongs to no document and is not voided"
            if entry["voided_at"] and not entry["void_reason"]:
                yield f"I4: number {entry['number']} was voided without a reason"
    for register, year in books:
        yield f"I4: numbers of book {register} in {year} without a counter"


def i5_files(one, settled):
    """I5: every row of a file has its content under its hash; a content without a row is young."""
    known = {row["sha256"] for row in one.rows("SELECT DISTINCT sha256 FROM file")}
    for sha256 in known:
        path = one.stored(sha256)
        if not path.exists():
            yield f"I5: file {sha256[:12]} is lost"
        elif hashlib.sha256(path.read_bytes()).hexdigest() != sha256:
            yield f"I5: file {sha256[:12]} has another content"
    for path in (one.folder / "files").glob("??/*"):
        if path.name not in known and path.stat().st_mtime < time.time() - 86400:
            yield f"I5: file {path.name[:12]} has no row and is older than a day"


def i7_leases(one, settled):
    """I7: no order is held beyond its lease; when nothing is on its way, none is held at all."""
    for row in one.rows('SELECT kind, key, lease_until FROM "order" WHERE state = ?', "running"):
        if settled or row["lease_until"] is None:
            yield f"I7: order {row['key']} is held until {row['lease_until']}"


def i8_journal(one, settled):
    """I8: the journal's chain is whole, and the last line about a state says the state that is."""
    previous, expected = GENESIS, 1
    for row in one.rows('SELECT * FROM "event" ORDER BY id'):
        values = [row[name] for name in ("at", "verb", "agency_id", "person_id", "who", "subject_kind", "subject_id",
                                         "from_state", "to_state", "note", "data")]  # fmt: skip
        text = row["previous"] + json.dumps(values, ensure_ascii=False)
        if row["id"] != expected or row["previous"] != previous:
            yield f"I8: line {row['id']} of the journal does not follow the one before"
        if hashlib.sha256(text.encode()).hexdigest() != row["hash"]:
            yield f"I8: line {row['id']} of the journal was changed"
        previous, expected = row["hash"], row["id"] + 1
    for row in one.rows(
        "SELECT document.id, document.state, (SELECT to_state FROM event WHERE subject_kind = 'document' AND"
        " subject_id = document.id AND to_state != '' ORDER BY id DESC LIMIT 1) AS last FROM document"
    ):
        if row["last"] not in (None, row["state"]):
            yield f"I8: document {row['id']} is «{row['state']}», its journal ends with «{row['last']}»"


def i9_recalled(one, settled):
    """I9: of a recalled document nothing is readable at a receiver: no word, no file, no packet, no subject."""
    closed = one.rows(
        "SELECT document.id, recall.stage FROM document JOIN recall ON recall.document_id = document.id AND"
        " recall.direction = 'in' WHERE flow = 'incoming' AND recalled_at IS NOT NULL"
    )
    for row in closed:
        for table in ("page_words", "attachment", "version"):
            if row["stage"] in ("closed", "confirmed") and one.rows(
                f"SELECT 1 FROM {table} WHERE document_id = ?", row["id"]
            ):
                yield f"I9: recalled document {row['id']} still has rows in «{table}»"
    for row in one.rows("SELECT sha256, erased_at FROM tombstone WHERE shared = 0"):
        if row["erased_at"] and one.stored(row["sha256"]).exists():
            yield f"I9: file {row['sha256'][:12]} of a recalled document lies in the store"
        if settled and not row["erased_at"]:
            yield f"I9: file {row['sha256'][:12]} of a recalled document was not erased"


def i10_access(one, settled):
    """I10: nobody has a right to a document of another agency."""
    for row in one.rows(
        "SELECT access.id FROM access JOIN document ON document.id = access.document_id LEFT JOIN post ON"
        " post.id = access.post_id LEFT JOIN unit ON unit.id = access.unit_id WHERE"
        " coalesce(post.agency_id, unit.agency_id) != document.agency_id"
    ):
        yield f"I10: right {row['id']} lets another agency see a document"


def i11_states(one, settled):
    """I11: states moved along the allowed graph only, and a line never went back."""
    for row in one.rows(
        "SELECT event.from_state, event.to_state, document.id FROM event JOIN document ON document.id = subject_id"
        " WHERE subject_kind = 'document' AND flow = 'incoming' AND source IN ('axis', 'local')"
        " AND from_state != to_state AND to_state != '' ORDER BY event.id"
    ):
        if (row["from_state"], row["to_state"]) not in INCOMING:
            yield f"I11: document {row['id']} went from «{row['from_state']}» to «{row['to_state']}»"
    for row in one.rows(
        "SELECT subject_id, from_state, to_state FROM event WHERE subject_kind = 'consignment' AND verb = 'status'"
    ):
        before, after = row["from_state"], row["to_state"]
        back = before in LINE and after in LINE and LINE.index(after) < LINE.index(before)
        if back or (before == "recalled" and after != "recalled"):
            yield f"I11: line {row['subject_id']} went back from «{before}» to «{after}»"


def i12_times(one, settled):
    """I12, P4: sent means acknowledged, the legal time of sending is the release; a reception is never before entry."""
    for row in one.rows(
        "SELECT id, state, queued_at, sent_at, acknowledged_at FROM consignment WHERE direction = 'out'"
    ):
        if bool(row["sent_at"]) != bool(row["acknowledged_at"]):
            yield f"I12: line {row['id']}: sent {row['sent_at']}, acknowledged {row['acknowledged_at']}"
        if row["sent_at"] and row["sent_at"] != row["queued_at"]:
            yield f"I12: line {row['id']}: sent {row['sent_at']}, released {row['queued_at']}"
        if row["state"] in LINE[1:] and not row["acknowledged_at"]:
            yield f"I12: line {row['id']} shows «{row['state']}» without an acknowledgement"
    for row in one.rows("SELECT id, arrived_at, received_at FROM consignment WHERE direction = 'in'"):
        if row["arrived_at"] and row["received_at"] and row["received_at"] < row["arrived_at"]:
            yield f"I12: arrival {row['id']}: received before it came"


def i14_backups(one, settled):
    """I14: every backup beside the data holds what its manifest names."""
    for manifest in one.folder.glob("backups/vanthu-*/manifest.json"):
        for name, wanted in json.loads(manifest.read_text())["files"].items():
            path = manifest.parent / name
            if not path.exists() or hashlib.sha256(path.read_bytes()).hexdigest() != wanted:
                yield f"I14: {manifest.parent.name} lacks {name}"


ALONE = (i2_one_effect, i4_numbers, i5_files, i7_leases, i8_journal, i9_recalled, i10_access, i11_states, i12_times,
         i14_backups)  # fmt: skip


# ---- the installations together -------------------------------------------------------------------------------


def i1_acknowledged(opened, settled):
    """I1: what somebody acknowledged is there: a sent packet at the axis, a fetched one at its receiver."""
    hub = opened.get("hub")
    if not hub:
        return
    kept = {row["axis_id"] for row in hub.rows("SELECT axis_id FROM packet")}
    offices = {name: one for name, one in opened.items() if name != "hub"}
    for name, one in offices.items():
        for row in one.rows(
            "SELECT wire_id, axis_id FROM consignment WHERE direction = 'out' AND acknowledged_at IS NOT NULL"
            " AND axis_id != '' UNION SELECT wire_id, axis_id FROM status_message WHERE direction = 'out' AND"
            " sent_at IS NOT NULL AND axis_id != ''"
        ):
            if row["axis_id"] not in kept and not row["axis_id"].startswith("noi-bo"):
                yield f"I1: {name} holds {row['wire_id']} for sent, the axis knows no packet {row['axis_id']}"
    for row in hub.rows(
        "SELECT delivery.axis_id, delivery.message_type, packet.wire_id, packet.title, to_code, state, (SELECT count(*)"
        " FROM packet other WHERE other.wire_id = packet.wire_id AND other.message_type = 'edoc') AS others FROM delivery"
        " JOIN packet ON packet.id = packet_id"
    ):
        at_receiver = any(_took(one, row) for one in offices.values())
        if row["state"] == "fail" and row["others"] == 1 and at_receiver:
            yield f"I1: the axis was told «fail» of {row['wire_id']} ({row['title']}), and {row['to_code']} has it"
        if row["state"] == "done" and not at_receiver:
            yield f"I1: the axis was told «done» of {row['wire_id']} ({row['title']}) that {row['to_code']} does not have"
        if settled and row["state"] in ("initial", "processing"):
            yield f"I1: {row['wire_id']} ({row['title']}) still waits for {row['to_code']}"


def _took(one, row):
    if row["message_type"] == "status":
        return one.rows("SELECT 1 FROM status_message WHERE direction = 'in' AND wire_id = ?", row["wire_id"])
    return one.rows(
        "SELECT 1 FROM consignment WHERE direction = 'in' AND wire_id = ? UNION"
        " SELECT 1 FROM status_message WHERE direction = 'in' AND wire_id = ?", row["wire_id"], row["wire_id"],
    )  # fmt: skip


def i2_same_bytes(opened, settled):
    """I2: a packet sent again is the same packet, byte for byte: the axis has each message once."""
    hub = opened.get("hub")
    for row in (
        hub.rows(
            "SELECT from_code, wire_id, title, count(*) AS many, count(DISTINCT file.sha256) AS kinds FROM packet JOIN file ON"
            " file.id = file_id WHERE message_type = 'edoc' OR title NOT IN ('13', '15', '16') GROUP BY 1, 2, 3 HAVING count(*) > 1"
        )
        if hub
        else ()
    ):
        yield f"I2: {row['from_code']} gave the axis {row['many']} packets of {row['wire_id']} ({row['title']})"


def i3_first_stays(opened, settled):
    """I3, I13: what the receiver holds is the first packet of its id, and its main file is the sender's sealed one."""
    offices = [one for name, one in opened.items() if name != "hub"]
    sealed = {}
    for one in offices:
        for row in one.rows(
            "SELECT consignment.wire_id, file.sha256 FROM consignment JOIN version ON version.document_id ="
            " consignment.document_id AND version.kind = 'sealed' JOIN file ON file.id = version.file_id"
            " WHERE direction = 'out'"
        ):
            sealed[row["wire_id"]] = row["sha256"]
    for one in offices:
        for row in one.rows(
            "SELECT consignment.wire_id, file.sha256 FROM consignment JOIN attachment ON attachment.document_id ="
            " consignment.document_id AND attachment.kind = 'main' JOIN file ON file.id = attachment.file_id"
            " WHERE direction = 'in'"
        ):
            if sealed.get(row["wire_id"], row["sha256"]) != row["sha256"]:
                yield f"I13: {row['wire_id']}: the receiver's file is not the sealed one"


def i6_same_story(opened, settled):
    """I6: what the sender's line shows follows from the receiver's state."""
    offices = [one for name, one in opened.items() if name != "hub"]
    if not settled:
        return
    truth = {}
    for one in offices:
        for row in one.rows(
            "SELECT consignment.wire_id, own_code, coalesce(document.state, consignment.state) AS state FROM consignment"
            " LEFT JOIN document ON document.id = consignment.document_id WHERE direction = 'in'"
        ):
            truth[row["wire_id"], row["own_code"]] = row["state"]
    for one in offices:
        for row in one.rows("SELECT wire_id, partner_code, state, recall_asked_at, attempted_at FROM consignment WHERE"
                            " direction = 'out'"):  # fmt: skip
            state = truth.get((row["wire_id"], row["partner_code"]))
            if state is None:
                if row["state"] not in ("queued", "failed") and not (
                    row["recall_asked_at"] and not row["attempted_at"]
                ):
                    yield f"I6: the sender shows {row['wire_id']} as «{row['state']}», the receiver does not have it"
            elif row["state"] not in SHOWN.get(state, {state}):
                yield f"I6: the sender shows {row['wire_id']} as «{row['state']}», at the receiver it is «{state}»"


TOGETHER = (i1_acknowledged, i2_same_bytes, i3_first_stays, i6_same_story)


def moment(text: str) -> datetime:
    """A stored moment."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)


def open_files(pid: int) -> int:
    """How many files a process holds open."""
    return len(os.listdir(f"/proc/{pid}/fd"))
