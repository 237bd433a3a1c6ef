"""Sổ lệnh thu hồi đã thực hiện: a file beside the database that backups take along, so that a restored older copy carries
every recall out again before anybody opens it (features K10; reliability B5).

A line is one recall: by which codes, which document, when, why, the hashes of what was erased. No content, no trích yếu.
"""

import json
import os
from datetime import date, datetime
from pathlib import Path

from models import agencies, clock, config, db, exchange, journal, recalls, recalls_contents
from models import recalls_words as words
from models.recalls_rows import Recall

NAME = "thu-hoi.jsonl"


def place(data: Path | None = None) -> Path:
    """The ledger of a data folder."""
    return (data or config.current().data) / NAME


def note(recall: Recall) -> None:
    """Write one recall down for good; the same one twice does no harm."""
    one = recall.consignment
    if one is None:
        return
    line = {
        "agency": recall.agency.code, "codes": sorted(row.code for row in recall.agency.codes), "from": one.partner_code,
        "name": one.partner_name, "wire_id": one.wire_id, "code": one.code,
        "issued": one.issued_date.isoformat() if one.issued_date else "", "at": recall.asked_at.isoformat(),
        "reason": recall.reason, "ordered_by": recall.ordered_by, "replaced_by": recall.replaced_by,
        "sha256": sorted({grave.sha256 for grave in recall.tombstones}),
    }  # fmt: skip
    text = json.dumps(line, ensure_ascii=False, sort_keys=True)
    path = place()
    if path.exists() and text in path.read_text(encoding="utf-8").splitlines():
        return
    with open(path, "a", encoding="utf-8") as out:
        out.write(text + "\n")
        out.flush()
        os.fsync(out.fileno())


def read(paths) -> list[dict]:
    """The recalls of several ledgers, each once, the oldest first; a line cut off by a power cut is passed over."""
    found = {}
    for path in paths:
        for line in path.read_text(encoding="utf-8").splitlines():
            try:
                said = json.loads(line)
            except ValueError:
                continue
            found[(said["agency"], said["from"], said["wire_id"], said["code"])] = said
    return sorted(found.values(), key=lambda said: said["at"])


def replay(lines: list[dict]) -> int:
    """Carry out again what this database does not know of; returns how many. The answers are not sent once more."""
    return sum(_replay(said) for said in lines)


def _replay(said) -> bool:
    agency = next(filter(None, map(agencies.by_code, [said["agency"], *said["codes"]])), None)
    if agency is None or not agency.hosted:
        return False
    one = _consignment(agency, said)
    with db.write():
        if one is None:
            return _park(agency, said)
        if Recall.select().where(Recall.consignment == one, Recall.direction == "in").exists():
            return False
        one.set(recall_asked_at=datetime.fromisoformat(said["at"]))
        exchange.settle(one)
        doc = one.document
        recall = Recall.create(
            document=doc, agency=agency, consignment=one, direction="in", reason=said["reason"],
            ordered_by=said["ordered_by"], replaced_by=said["replaced_by"], asked_by=said["name"],
            asked_at=datetime.fromisoformat(said["at"]), state_before=doc.state if doc else one.state, stage="closed",
        )  # fmt: skip
        if doc is not None:
            recalls_contents.shut(doc, said["reason"])
            recalls.cancel(recall, doc)
        recall.set(stage="confirmed")  # its sender was told then; nothing is sent twice
        journal.record(
            "recall_replayed", None, one, note="Thực hiện lại lệnh thu hồi sau khi khôi phục bản sao lưu."
        )
    recalls_contents.erase(recall)
    note(recall)
    return True


def _consignment(agency, said):
    model = exchange.Consignment
    rows = model.select().where(
        model.agency == agency, model.direction == "in", model.partner_code == said["from"]
    )
    exact = rows.where(model.wire_id == said["wire_id"]).first() if said["wire_id"] else None
    if exact is not None or not said["code"]:
        return exact
    issued = date.fromisoformat(said["issued"]) if said["issued"] else None
    same = model.issued_date == issued if issued else model.issued_date.is_null()
    return rows.where(model.code == said["code"], same).first()


def _park(agency, said) -> bool:
    """The copy is older than the document: it waits as a recall that overtook it, should it come again."""
    model = exchange.StatusMessage
    key = f"in/{agency.id}/replayed/{said['from']}/{said['wire_id']}/{said['code']}"
    if model.get_or_none(model.key == key):
        return False
    now = clock.now()
    model.create(
        key=key, agency=agency, direction="in", status="recall_asked", at=datetime.fromisoformat(said["at"]),
        description=words.order(said["reason"], said["ordered_by"], said["replaced_by"]), taken_at=now,
        partner_code=said["from"], own_code=said["agency"], wire_id=said["wire_id"], code=said["code"],
        issued_date=date.fromisoformat(said["issued"]) if said["issued"] else None,
        parked="Lệnh thu hồi đã thực hiện trước khi khôi phục; văn bản nếu tới lại sẽ không được mở.",
    )  # fmt: skip
    return True
