"""Đính chính, thay thế, thêm nơi nhận sau khi phát hành (ND30 Điều 18.3; QĐ 28; edXML kinds 2 and 3).

A wrong content is replaced by a document of the same form, a wrong form corrected by a công văn: both have numbers of their
own and go the whole way of drafting, signing and release. The old one stays readable on both sides, and says by what it
was replaced or corrected. A receiver asked to update answers 15, or 16 with his reason.
"""

from typing import NamedTuple

from models import (
    agencies,
    clock,
    db,
    documents,
    drafts,
    errors,
    exchange,
    journal,
    lookups,
    permissions,
    text,
)

CORRECT, REPLACE = "correct", "replace"
WORDS = {CORRECT: "đính chính", REPLACE: "thay thế"}
STATES_SHOWN = (
    "draft",
    "content_review",
    "form_review",
    "awaiting_signature",
    "signed",
    "numbered",
    "sealed",
    "issued",
)
FIELDS = (
    ("type_name", "Tên loại"),
    ("number_text", "Số, ký hiệu"),
    ("issued_date", "Ngày ban hành"),
    ("subject", "Trích yếu"),
    ("signer_name", "Người ký"),
    ("signer_position", "Chức vụ"),
    ("urgency_label", "Mức độ khẩn"),
    ("asked_due_date", "Hạn trả lời"),
    ("page_amount", "Số trang"),
    ("to_places", "Nơi nhận"),
)


class DocumentUpdate(db.Base):
    """What a receiver answered to a correction that asked for an update."""

    document = db.ForeignKeyField(documents.Document, unique=True)  # the correction as it came
    agency = db.ForeignKeyField(agencies.Agency)
    answer = db.CharField()  # agreed | declined
    reason = db.TextField(default="")
    answered_by = db.CharField(default="")
    answered_at = db.MomentField()


TABLES = (DocumentUpdate,)


class Change(NamedTuple):
    """One field or file that differs: its name, what it was, what it is, and in one word what happened."""

    label: str
    before: str
    after: str
    what: str  # changed | added | removed | same


# ---- the sender ------------------------------------------------------------------------------------------------


def may_begin(doc, actor) -> str | None:
    """Why nothing can be corrected or replaced here, None when it can."""
    if doc.flow != "outgoing" or doc.agency_id != actor.agency_id:
        return "Chỉ đính chính, thay thế được văn bản đi của cơ quan mình."
    if doc.state != "issued":
        return "Chỉ đính chính, thay thế được văn bản đã phát hành và chưa thu hồi."
    return None if actor.has(*drafts.WRITERS) else "Việc này dành cho người soạn thảo văn bản."


def begin(doc, actor, kind: str) -> documents.Document:
    """Soạn văn bản đính chính / thay thế: a draft with the data and the recipients of the old one, linked to it.

    Begun twice it is the same draft as long as it is not released. Raises Refused, Invalid, NotAllowed.
    """
    refusal = may_begin(doc, actor)
    if refusal:
        raise errors.Refused(refusal)
    known = next(
        (one for one in made_of(doc, kind) if one.state != "issued" and one.drafter_id == actor.post.id), None
    )
    if known:
        return known
    fields, places = _proposed(doc, kind), list(doc.recipients)
    with db.write():
        new = drafts.create(actor, fields, [line.agency for line in places if line.agency_id],
                            [line.name for line in places if not line.agency_id])  # fmt: skip
        documents.Link.create(source=new, target=doc, kind=kind)
        journal.record(
            f"begin_{kind}",
            actor,
            doc,
            doc.state,
            doc.state,
            f"Soạn văn bản {WORDS[kind]}",
            {"draft": new.id},
        )
    return new


def _proposed(doc, kind) -> dict:
    """What the draft starts with: the old one's data; of a correction a công văn that names it."""
    day = f" ngày {doc.issued_date:%d/%m/%Y}" if doc.issued_date else ""
    fields = {
        "type_code": doc.type_code,
        "subject": doc.subject,
        "urgency": doc.urgency,
        "due_date": doc.due_date,
    }
    if kind == CORRECT:
        kind_name = doc.type_name or "văn bản"
        fields |= {
            "type_code": "CV",
            "subject": f"V/v đính chính {kind_name} số {doc.number_text}{day}"[:500],
        }
    if doc.signer_id and doc.signer_id in {post.id for post in drafts.signers(doc.agency_id)}:
        fields |= {"signer": doc.signer, "capacity": doc.capacity}
    return fields


def made_of(doc, kind: str) -> list[documents.Document]:
    """Documents that correct or replace this one, drafts too."""
    link = documents.Link
    rows = link.select(link, documents.Document).join(documents.Document, on=link.source)
    found = [row.source for row in rows.where(link.target == doc, link.kind == kind).order_by(link.id)]
    return [one for one in found if one.flow != "outgoing" or one.state in STATES_SHOWN]


def add_recipients(doc, actor, more) -> list[exchange.Consignment]:
    """Gửi thêm nơi nhận của văn bản đã phát hành: the same document, the same bytes. Raises Refused, Invalid, NotAllowed.

    `more`: agencies of the address book. To take a recipient away is a recall from him.
    """
    permissions.require(actor, lookups.CLERK)
    refusal = may_begin(doc, actor)
    if refusal:
        raise errors.Refused(refusal)
    known = {line.agency_id for line in doc.recipients if line.agency_id}
    new = [one for one in more if one.id not in known and one.id != doc.agency_id]
    if not new:
        raise errors.Invalid({"recipients": "Hãy chọn ít nhất một nơi nhận chưa có trong văn bản."})
    away = [one for one in new if not agencies.is_reachable(one)]
    if away:
        names = ", ".join(one.name for one in away)
        raise errors.Invalid({"recipients": f"Chưa kết nối nhận văn bản điện tử: {names}. Hãy gửi bản giấy."})
    with db.write():
        for one in new:
            documents.Recipient.create(document=doc, agency=one, name=one.name)
        sent = exchange.dispatch(doc, actor)
        journal.record("add_recipients", actor, doc, doc.state, doc.state, ", ".join(one.name for one in new))
    return [one for one in sent if one.partner_id in {row.id for row in new}]


# ---- both sides ------------------------------------------------------------------------------------------------


def replaces(doc) -> list[tuple[str, documents.Document]]:
    """(kind, old one) of what this document corrects or replaces."""
    link = documents.Link
    rows = link.select(link, documents.Document).join(documents.Document, on=link.target)
    return [
        (row.kind, row.target) for row in rows.where(link.source == doc, link.kind.in_((CORRECT, REPLACE)))
    ]


def superseded(doc) -> list[tuple[str, documents.Document]]:
    """(kind, newer one) of what has corrected or replaced this document: sent, or come and not sent back."""
    link, found = documents.Link, []
    rows = link.select(link, documents.Document).join(documents.Document, on=link.source)
    for row in rows.where(link.target == doc, link.kind.in_((CORRECT, REPLACE))).order_by(link.id):
        new = row.source
        is_there = new.state == "issued" if new.flow == "outgoing" else new.state != "refused"
        if is_there and not new.is_recalled:
            found.append((row.kind, new))
    return found


def changes(new, old, kind: str = REPLACE) -> list[Change]:
    """Field by field, then file by file, what is different; what is the same is not listed.

    A correction leaves the files it does not bring as they are.
    """
    found = []
    for name, label in FIELDS:
        before, after = _shown(getattr(old, name)), _shown(getattr(new, name))
        if before != after:
            found.append(
                Change(
                    label, before, after, "changed" if before and after else "added" if after else "removed"
                )
            )
    files = _file_changes(new, old)
    return found + [change for change in files if kind == REPLACE or change.what != "removed"]


def _file_changes(new, old) -> list[Change]:
    before, after = _files(old), _files(new)
    found = []
    for role in dict.fromkeys([*before, *after]):
        one, other = before.get(role), after.get(role)
        if one and other and one.sha256 == other.sha256:
            continue
        what = "changed" if one and other else "added" if other else "removed"
        found.append(Change(f"Tệp: {role}", one.name if one else "", other.name if other else "", what))
    return found


def _files(doc):
    main = documents.main_file(doc)
    found = {"văn bản chính": main} if main else {}
    return found | {row.file.name: row.file for row in documents.attachments(doc) if row.kind == "annex"}


def _shown(value) -> str:
    if hasattr(value, "strftime"):
        return f"{value:%d/%m/%Y}"
    return str(value or "").replace("\n", "; ")


# ---- the receiver ----------------------------------------------------------------------------------------------


def answer_of(doc) -> DocumentUpdate | None:
    """What we answered to this correction."""
    return DocumentUpdate.get_or_none(DocumentUpdate.document == doc)


def may_answer(doc, actor) -> str | None:
    """Why this person does not answer the update, None when he does."""
    if not any(kind == CORRECT for kind, _ in replaces(doc)) or exchange.arrival(doc) is None:
        return "Văn bản này không yêu cầu cập nhật văn bản nào đã nhận."
    if answer_of(doc):
        return "Đã trả lời yêu cầu cập nhật này."
    if doc.is_recalled or doc.state == "refused":
        return "Văn bản này đã bị thu hồi hoặc đã trả lại."
    return None if actor.has(lookups.CLERK, lookups.LEADER) else "Việc này dành cho: Văn thư, Lãnh đạo."


def answer(doc, actor, agrees: bool, reason: str = "") -> DocumentUpdate:
    """Đồng ý (15) hoặc từ chối (16) cập nhật theo văn bản đính chính. Raises Refused, Invalid without a reason to decline."""
    refusal = may_answer(doc, actor)
    if refusal:
        raise errors.Refused(refusal)
    reason = text.clean(reason)
    if not agrees and len(reason) < 5:
        raise errors.Invalid({"reason": "Hãy ghi lý do từ chối; nơi gửi sẽ đọc nguyên văn."})
    old = next(target for kind, target in replaces(doc) if kind == CORRECT)
    with db.write():
        row = DocumentUpdate.create(document=doc, agency=doc.agency, answer="agreed" if agrees else "declined",
                                    reason=reason, answered_by=f"{actor.name} – {actor.title}", answered_at=clock.now())  # fmt: skip
        said = (
            f"Đã cập nhật theo văn bản đính chính; văn bản {old.number_text} đã ghi chú" if agrees else reason
        )
        exchange.tell(
            exchange.arrival(doc), "recalled" if agrees else "recall_refused", said, actor, round_=":update"
        )
        verb = "agree_update" if agrees else "decline_update"
        journal.record(verb, actor, doc, doc.state, doc.state, said)
        journal.record(verb, actor, old, old.state, old.state, f"Theo {doc.number_text}. {said}")
    return row
