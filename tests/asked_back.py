"""What the world of the authorisation tests has of recall and update: a letter asked back, its paper, and a correction."""

from datetime import timedelta

import letters

from models import clock, db, documents, exchange, permissions, recalls_rows, workflow


def things(word, clerk, officer, head, arrived) -> dict:
    """Ids by kind; everything carries the agency's word, and its officers may see it."""
    now, agency = clock.now(), clerk.agency
    with db.write():
        asked = _letter(word, agency, "81")
        one = exchange.arrival(asked)
        asked.set(recalled_at=now, closed_at=now, recall_reason=f"Lý do {word}")
        recall = recalls_rows.Recall.create(
            document=asked, agency=agency, consignment=one, direction="in", reason=f"Lý do {word}", asked_at=now,
            asked_by=f"Nơi gửi {word}", stage="waiting", decide_until=now + timedelta(hours=4), state_before="arrived",
        )  # fmt: skip
        paper = recalls_rows.PaperReturn.create(
            recall=recall, agency=agency, direction="in", holder=f"Bản giấy {word}", asked_at=now
        )
        correction = _letter(word, agency, "82")
        documents.Link.create(source=correction, target=arrived, kind="correct")
        for doc in (asked, correction):
            permissions.grant(doc, "Người theo dõi", post=officer.post)
            if head.post.unit:
                permissions.grant(doc, "Đơn vị theo dõi", unit=head.post.unit)
    with db.write():
        ours = letters.issued(
            clerk, [], number="78", subject=f"Đã thu hồi {word}", content=letters.PDF + b"78" + word.encode()
        )
        recalls_rows.Recall.create(document=ours, agency=agency, direction="out", reason=f"Lý do {word}",
                                   ordered_by=f"Chỉ đạo {word}", asked_by=word, asked_at=now)  # fmt: skip
        permissions.grant(ours, "Người soạn thảo", post=officer.post)
    return {
        "recall_asked": ours.id,
        "recalled": asked.id,
        "recall_paper": paper.id,
        "correction": correction.id,
    }


def _letter(word, agency, number):
    doc = workflow.begin(
        "incoming", "arrived", None, agency=agency, source="axis", organ_name=f"Nơi gửi {word}", code_number=number,
        code_notation="MAU", issued_date=clock.today(), arrived_at=clock.now(), received_at=clock.now(),
        created_at=clock.now(), verdict="valid",
    )  # fmt: skip
    documents.describe(doc, subject=f"Về việc {word}")
    kept = letters.files.put(
        letters.PDF + number.encode() + word.encode(), f"{number}-{word}.pdf", "application/pdf"
    )
    documents.attach(doc, kept, "main")
    exchange.Consignment.create(
        key=f"in/{word}/{number}", agency=agency, direction="in", document=doc, partner_code="H98.77",
        partner_name=f"Nơi gửi {word}", own_code=agency.code, transport="axis", state="arrived", wire_id=f"{word}/{number}",
    )  # fmt: skip
    return doc
