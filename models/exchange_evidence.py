"""Gói chứng cứ gửi, nhận của một văn bản: everything that proves who sent, got and answered what, in one zip.

Released files and packets byte for byte, each message as it came and its signed statement, the journal's lines of the
document, the keys, a summary for people and the stand-alone checker. A list of all files with their hashes is signed by
the installation. Files are copied in pieces: memory stays flat whatever their size.
"""

import hashlib
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path

from models import (
    agencies,
    clock,
    db,
    edxml_read,
    errors,
    exchange,
    exchange_arrivals,
    exchange_attempts,
    exchange_chains,
    exchange_judging,
    exchange_keys,
    exchange_pins,
    exchange_proofs,
    files,
    filetypes,
    journal,
    lookups,
    text,
)

FORMAT = "vanthu-evidence/1"
MAKERS = (lookups.CLERK, lookups.LEADER, lookups.ARCHIVIST)
CHECKER = Path(__file__).resolve().parents[1] / "bin" / "verify-proofs"
CHUNK = 1 << 18
PROVED = {
    "signed": "Có chữ ký của hệ thống nơi gửi tin",
    "by_axis": "Theo trục, không có chữ ký",
    "forged": "Chữ ký KHÔNG ĐÚNG, không được tính",
    "unknown_key": "Khóa chưa được xác nhận, chưa tính",
}
_READ_ME = """GÓI CHỨNG CỨ GỬI, NHẬN VĂN BẢN

tom-tat.pdf    tóm tắt để đọc
van-ban/       văn bản và phụ lục, đúng từng byte như khi phát hành hoặc khi nhận
goi-tin/       gói tin văn bản đã gửi hoặc đã nhận
thong-diep/    từng phản hồi trạng thái, yêu cầu và xác nhận thu hồi, nguyên gói
bang-chung/    phần có chữ ký của từng tin (JSON)
nhat-ky.jsonl  các dòng nhật ký về văn bản, mỗi dòng có mã băm nối với dòng trước
goi.json       danh mục mọi tệp với mã băm SHA-256; goi.chu-ky.json là chữ ký trên danh mục

Kiểm tra không cần phần mềm đã lập gói:  python3 kiem-tra.py goi-nay.zip   (cần Python 3.11 và thư viện cryptography)
Sau đó gọi điện cho các cơ quan, so mã khóa mà chương trình in ra ở cuối.
"""


@dataclass(frozen=True)
class Line:
    """One message of the evidence: its row, its statement, and how it is proved, in a word and in words."""

    message: exchange.StatusMessage
    proof: exchange_proofs.Proof | None
    proved_by: str

    @property
    def sender(self) -> str:
        """The code that spoke."""
        return self.message.own_code if self.message.direction == "out" else self.message.partner_code

    @property
    def receiver(self) -> str:
        """The code that was spoken to."""
        return self.message.partner_code if self.message.direction == "out" else self.message.own_code

    @property
    def words(self) -> str:
        """How it is proved."""
        return PROVED[self.proved_by]

    @property
    def received(self) -> tuple:
        """Raw entry and legal reception of the document as the statement has them (12.3), () for none."""
        times = self.proof.said["received"] if self.proof else {}
        return tuple(exchange_keys.instant(times[name]) for name in ("at", "legal")) if times else ()


@dataclass(frozen=True)
class Evidence:
    """All there is about the exchange of one document."""

    doc: object
    consignments: list[exchange.Consignment]
    lines: list[Line]
    faults: list[str]
    keys: list[dict]


def of(doc) -> Evidence:
    """The evidence of a document. Raises Refused when it was never sent nor received electronically."""
    rows = exchange.sent(doc) if doc.flow != "incoming" else [one for one in [exchange.arrival(doc)] if one]
    if not rows:
        raise errors.Refused("Văn bản này chưa từng gửi hay nhận điện tử nên không có chứng cứ để lập gói.")
    messages = [message for found in exchange.messages_of(rows).values() for message in found]
    messages += suspects(doc, rows)
    proofs = {
        row.id: row
        for row in exchange_proofs.Proof.select().where(
            exchange_proofs.Proof.id.in_([message.proof_id for message in messages if message.proof_id])
        )
    }
    lines = [_line(message, proofs.get(message.proof_id)) for message in messages]
    lines.sort(key=_place)
    counted = [line.proof for line in lines if line.proof and line.proved_by == exchange_judging.SIGNED]
    return Evidence(doc, rows, lines, exchange_chains.faults_of(counted), _keys(lines))


def suspects(doc, consignments) -> list[exchange.StatusMessage]:
    """Messages that name this document and were not applied, since what they were signed with is not right."""
    model = exchange.StatusMessage
    codes = {one.partner_code for one in consignments}
    rows = model.select().where(
        model.agency == doc.agency_id, model.direction == "in", model.consignment.is_null(),
        model.proved_by.in_(exchange_judging.NOT_APPLIED), model.partner_code.in_(list(codes)),
        (model.wire_id.in_([one.wire_id for one in consignments if one.wire_id]))
        | (model.code.in_([one.code for one in consignments if one.code])),
    )  # fmt: skip
    return list(rows.order_by(model.id))


def _line(message, proof) -> Line:
    said = message.proved_by or exchange_judging.BY_AXIS
    if message.direction == "out":
        said = exchange_judging.SIGNED if proof else exchange_judging.BY_AXIS
    return Line(message, proof, said)


def _place(line):
    if line.proof is None:
        return (1, "", "", 0, line.message.id)
    return (0, *line.proof.chain.split(">"), line.proof.seq, line.message.id)


def _keys(lines) -> list[dict]:
    """The keys the counted statements rest on, by the code that used them."""
    found = {}
    for line in lines:
        if line.proof is None or line.proved_by != exchange_judging.SIGNED:
            continue
        if (line.sender, line.proof.key_id) in found:
            continue
        holder = agencies.by_code(line.sender)
        row = _key_row(holder, line.proof.key_id)
        found[line.sender, line.proof.key_id] = {
            "code": line.sender,
            "name": holder.name if holder else line.sender,
            "public": line.proof.key,
            "fingerprint": exchange_keys.fingerprint(line.proof.key_id),
            "until": exchange_proofs.second(row.until) if row and row.until else "",
            "how": "khóa của hệ thống này"
            if isinstance(row, exchange_keys.OwnKey)
            else row.how_label
            if row
            else "",
        }
    return list(found.values())


def _key_row(holder, named):
    own = exchange_keys.OwnKey.get_or_none(exchange_keys.OwnKey.key_id == named)
    return own or (exchange_pins.key_of(holder, named) if holder else None)


# ---- the pack -------------------------------------------------------------------------------------------------


def make(found: Evidence, actor, summary: bytes, target: Path) -> None:
    """Lập gói at `target`; `summary` is the PDF for people. Raises Refused, after an alarm, when a file is damaged."""
    doc = found.doc
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        pack = _Pack(archive)
        pack.put("DOC-TRUOC.txt", _READ_ME.encode())
        pack.put("tom-tat.pdf", summary)
        pack.put("kiem-tra.py", CHECKER.read_bytes())
        content = _head(found, actor) | {
            "documents": _documents(pack, doc) or _cancelled(found),
            "consignments": _consignments(pack, found),
            "messages": [_message(pack, number, line) for number, line in enumerate(found.lines, 1)],
            "keys": found.keys,
            "attempts": _attempts(found),
            "extras": [{"name": row.name, "words": row.words} for row in exchange_arrivals.extras_of(doc)],
        }
        pack.stream("nhat-ky.jsonl", _journal(found))
        content |= {"journal_names": journal.CHAINED_NAMES, "files": pack.files}
        listed = json.dumps(content, ensure_ascii=False, indent=1).encode()
        archive.writestr("goi.json", listed)
        archive.writestr("goi.chu-ky.json", json.dumps(exchange_keys.sign_bytes(listed), indent=1))
    with target.open("rb") as made:
        digest = hashlib.file_digest(made, "sha256").hexdigest()
    facts = {"sha256": digest, "size": target.stat().st_size}
    with db.write():
        journal.record("make_evidence", actor, doc, note=f"SHA-256 {digest}", data=facts)


class _Pack:
    """Writes into the archive and keeps the list of what is in it."""

    def __init__(self, archive):
        self.archive, self.files = archive, []

    def put(self, path: str, content: bytes) -> str:
        """A small content."""
        return self.stream(path, [content])

    def file(self, path: str, row: files.File) -> str:
        """A stored file, byte for byte; "" when its content is gone. Raises Refused when it was altered."""
        if not row.path().exists():
            return ""
        stored = row.media_type == "application/pdf"
        self.stream(path, _pieces(row.path()), zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED)
        if self.files[-1]["sha256"] != row.sha256:
            raise damaged(row)
        return path

    def stream(self, path: str, pieces, method=zipfile.ZIP_DEFLATED) -> str:
        """A content in pieces."""
        digest, size = hashlib.sha256(), 0
        entry = zipfile.ZipInfo(path, date_time=clock.local(clock.now()).timetuple()[:6])
        entry.compress_type, entry.external_attr = method, 0o644 << 16
        with self.archive.open(entry, "w", force_zip64=True) as out:
            for piece in pieces:
                digest.update(piece)
                size += len(piece)
                out.write(piece)
        self.files.append({"path": path, "sha256": digest.hexdigest(), "size": size})
        return path


def damaged(row: files.File) -> errors.Refused:
    """Báo động: a stored file no longer has its hash; the journal and the administrators are told."""
    note = f"Tệp «{row.name}» trên đĩa không còn giống bản đã lưu (mã băm sai), nên không lập gói chứng cứ."
    with db.write():
        journal.record("damaged_file", None, row, note=note, data={"sha256": row.sha256})
    return errors.Refused(f"{note} Các tệp khác không bị gì; hãy báo quản trị khôi phục từ bản sao lưu.")


def _head(found, actor) -> dict:
    doc = found.doc
    first = found.consignments[0]
    return {
        "format": FORMAT,
        "made_at": exchange_proofs.second(clock.now()),
        "made_by": f"{actor.name} – {actor.title}",
        "agency": {"name": doc.agency.name, "code": first.own_code},
        "direction": "received" if doc.flow == "incoming" else "sent",
        "document": {"id": first.wire_id, "code": first.code, "issued": day_words(first.issued_date), "subject": doc.subject},
        "faults": found.faults,
    }  # fmt: skip


def day_words(day) -> str:
    """A day as the list writes it."""
    return day.isoformat() if day else ""


def _cancelled(found) -> list[dict]:
    """What the first statement says of files that are no longer here: a recalled document's content is erased."""
    said = next((line.proof.said for line in found.lines if line.proof), None)
    parts = said["document"]["parts"] if said else []
    return [{"path": "", "name": "đã hủy theo yêu cầu thu hồi", **part} for part in parts]


def _documents(pack, doc) -> list[dict]:
    found = []
    for number, row in enumerate([] if doc.is_closed else exchange_proofs.travelling(doc), 1):
        path = f"van-ban/{number:02d}-{filetypes.safe_name(row.name)}"
        found.append({
            "path": pack.file(path, row), "name": row.name, "sha256": row.sha256,
            "size": row.size, "role": "main" if number == 1 else "annex",
        })  # fmt: skip
    return found


def _consignments(pack, found) -> list[dict]:
    packets, rows = {}, []
    for one in found.consignments:
        if one.packet_id and one.packet_id not in packets and not found.doc.is_closed:
            packets[one.packet_id] = pack.file(f"goi-tin/{len(packets) + 1:03d}.edxml", one.packet)
        moments = {
            name: exchange_proofs.second(getattr(one, name)) if getattr(one, name) else ""
            for name in (
                "queued_at",
                "attempted_at",
                "acknowledged_at",
                "sent_at",
                "arrived_at",
                "received_at",
                "recall_asked_at",
            )
        }
        rows.append({
            "partner": one.partner_name, "code": one.partner_code, "direction": one.direction, "transport": one.transport,
            "state": one.state, "label": one.label, "axis_id": one.axis_id, "tries": one.tries, "failure": one.failure,
            "packet": packets.get(one.packet_id, ""), **moments,
        })  # fmt: skip
    return rows


def _message(pack, number, line) -> dict:
    message, proof = line.message, line.proof
    name = f"{number:04d}-{message.status}"
    packet = pack.file(f"thong-diep/{name}.edxml", message.packet) if message.packet_id else ""
    carried = _carried(proof) if proof else _unproved(line)
    written = ""
    if carried:
        text_of_it = json.dumps(carried, ensure_ascii=False, indent=1)
        written = pack.put(f"bang-chung/{name}.json", text_of_it.encode())
    return {
        "packet": packet, "proof": written, "direction": message.direction, "kind": message.status,
        "from": line.sender, "to": line.receiver, "at": exchange_proofs.second(message.at),
        "taken_at": exchange_proofs.second(message.taken_at), "reason": message.description, "staff": message.staff,
        "proved_by": line.proved_by, "note": message.proof_note or message.parked,
    }  # fmt: skip


def _carried(proof) -> dict:
    changes = [{"body": body, "signature": said} for body, said in json.loads(proof.changes)]
    return {
        "body": proof.body,
        "signature": proof.signature,
        "key": proof.key,
        "changes": changes,
        "said": proof.said,
    }


def _unproved(line) -> dict | None:
    """What a forged message carried as its statement: whoever checks the pack sees for himself what is wrong with it."""
    if line.proved_by != exchange_judging.FORGED or line.message.packet is None:
        return None
    proof = edxml_read.glance(line.message.packet.path()).proof
    if proof is None:
        return None
    return {"body": proof.body.decode(errors="replace"), "signature": proof.signature, "key": proof.key}


def _attempts(found) -> list[dict]:
    rows = [*found.consignments, *(line.message for line in found.lines)]
    hashes = files.File.select(files.File.sha256).where(
        files.File.id.in_([row.packet_id for row in rows if row.packet_id])
    )
    attempt = exchange_attempts.Attempt
    return [
        {"direction": one.direction, "kind": one.kind, "packet_sha256": one.sha256, "n": one.n, "axis_id": one.axis_id,
         "started_at": exchange_proofs.second(one.started_at), "outcome": one.label, "words": text.harmless(one.words, 500)}
        for one in attempt.select().where(attempt.sha256.in_(hashes)).order_by(attempt.id)
    ]  # fmt: skip


def _journal(found):
    subjects = {
        "document": [found.doc.id],
        exchange.Consignment._meta.name: [one.id for one in found.consignments],
        exchange.StatusMessage._meta.name: [line.message.id for line in found.lines],
    }
    for line in journal.lines_about(subjects):
        yield json.dumps(line, ensure_ascii=False).encode() + b"\n"


def _pieces(path: Path):
    with path.open("rb") as source:
        while piece := source.read(CHUNK):
            yield piece
