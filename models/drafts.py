"""Dự thảo (Quy chế 12.1.a, 13; ND30 Điều 10): the papers, the descriptive data and the recipients of a document not yet
submitted. Every file that ever was stays as a version; only the drafter changes a draft, and only while it is one.
"""

from dataclasses import dataclass

from models import (
    agencies,
    clock,
    db,
    documents,
    errors,
    files,
    journal,
    lookups,
    permissions,
    secrecy,
    text,
    users,
    workflow,
)

WRITERS = (
    lookups.OFFICER,
    lookups.UNIT_HEAD,
    lookups.LEADER,
    lookups.CLERK,
    lookups.FORM_CHECKER,
    lookups.ARCHIVIST,
)
FILING_LINE = "Lưu: VT"
MOST_RECIPIENTS = 500
DESCRIBED = (
    "type_code", "code_notation", "subject", "urgency", "circulation", "due_date", "capacity", "to_places", "description",
    "nature", "retention",
)  # fmt: skip


@dataclass(frozen=True)
class Paper:
    """An uploaded file that was accepted and lies in the store: as sent, its PDF, pages, and the words of page 1.

    `notation` is what stands behind the blank for the number («SKH-KH»), "" where the page prints none.
    """

    name: str
    media_type: str
    source: files.Stored
    pdf: files.Stored
    pages: int
    words: str = ""
    notation: str = ""

    @property
    def pdf_name(self) -> str:
        """The name of its PDF."""
        stem = self.name.rpartition(".")[0] or self.name
        return f"{stem}.pdf"


class AnnexSeal(db.Base):
    """An annex in a file of its own, sealed (6.2.b): which file it was, which it is now."""

    attachment = db.ForeignKeyField(documents.Attachment, unique=True, on_delete="CASCADE")
    original = db.ForeignKeyField(files.File)
    sealed = db.ForeignKeyField(files.File)
    sealed_at = db.MomentField()


TABLES = (AnnexSeal,)


# ---- verbs -----------------------------------------------------------------------------------------------------


def create(
    actor, fields: dict, recipients=(), paper_names=(), paper: Paper | None = None, annexes=(), answers=None
):
    """Soạn dự thảo (12.1.a): a document in state draft, with its file when there is one already.

    `fields`: those of DESCRIBED and `signer` (a Post); `recipients`: agencies of the address book; `answers`: the
    incoming document this one replies to. Raises Invalid, NotAllowed; nothing is stored then.
    """
    permissions.require(actor, *WRITERS)
    values = described(actor.agency, actor.post.unit, fields)
    refuse_secrets(values, [one for one in (paper, *annexes) if one])
    with db.write():
        doc = workflow.begin(
            "outgoing", "draft", actor, agency=actor.agency, source="draft", created_at=clock.now(),
            drafter=actor.post, unit=actor.post.unit, organ_name=actor.agency.name,
            parent_organ_name=actor.agency.parent_name, organ_id=actor.agency.code, place=actor.agency.place,
        )  # fmt: skip
        permissions.grant(doc, "Người soạn thảo", post=actor.post)
        documents.hand_to(doc, actor.post)
        write(doc, values)
        address(doc, recipients, paper_names)
        if paper:
            _take_paper(doc, actor, paper)
        for annex in annexes:
            _annex(doc, annex)
        if answers is not None:
            documents.Link.create(source=doc, target=answers, kind="reply")
    return doc


def describe(doc, actor, fields: dict, recipients=(), paper_names=()):
    """Sửa thông tin văn bản: descriptive data and recipients of one's own draft. Raises Invalid, Refused."""
    require_open(doc, actor)
    values = described(doc.agency, doc.unit, fields)
    refuse_secrets(values, [])
    with db.write():
        require_open(_fresh(doc), actor)
        write(doc, values)
        address(doc, recipients, paper_names)
        journal.record("describe", actor, doc, doc.state, doc.state)


def replace_file(doc, actor, paper: Paper, note: str = ""):
    """Tải lên bản mới: a new version; the earlier ones stay. Raises Invalid, Refused."""
    require_open(doc, actor)
    refuse_secrets({}, [paper])
    with db.write():
        require_open(_fresh(doc), actor)
        _take_paper(doc, actor, paper, text.clean(note))
        journal.record("new_version", actor, doc, doc.state, doc.state, text.clean(note) or paper.name)


def add_annex(doc, actor, paper: Paper) -> documents.Attachment:
    """Thêm phụ lục thành tệp riêng (6.2.b). Raises Invalid, Refused."""
    require_open(doc, actor)
    refuse_secrets({}, [paper])
    with db.write():
        require_open(_fresh(doc), actor)
        journal.record("add_annex", actor, doc, doc.state, doc.state, paper.name)
        return _annex(doc, paper)


def remove_annex(doc, actor, attachment_id: int) -> None:
    """Bỏ một phụ lục khỏi dự thảo; the stored file stays in the journal's data. Raises NotFound, Refused."""
    require_open(doc, actor)
    with db.write():
        require_open(_fresh(doc), actor)
        row = next((one for one in annexes_of(doc) if one.id == attachment_id), None)
        if row is None:
            raise errors.NotFound("Không tìm thấy phụ lục này trong dự thảo.")
        facts = {"file": row.file_id}
        journal.record("remove_annex", actor, doc, doc.state, doc.state, row.file.name, facts)
        row.delete_instance()


# ---- queries ---------------------------------------------------------------------------------------------------


def reply_values(incoming) -> dict:
    """What the form of a reply starts with: fields, recipients, paper_names."""
    day = f" ngày {incoming.issued_date:%d/%m/%Y}" if incoming.issued_date else ""
    number = f" số {incoming.number_text}" if incoming.number_text else ""
    sender = agencies.by_code(incoming.organ_id) if incoming.organ_id else None
    subject = f"V/v trả lời văn bản{number}{day} của {incoming.organ_name}"
    return {
        "fields": {"type_code": "CV", "subject": subject[:500], "urgency": incoming.urgency},
        "recipients": [sender] if sender else [],
        "paper_names": [] if sender or not incoming.organ_name else [incoming.organ_name],
    }


def compose_notation(type_code: str, agency, unit) -> str:
    """Ký hiệu (ND30 PL I II.3): «QĐ-SKH» for a type with an abbreviation, «SKH-KH» for công văn."""
    kind = lookups.document_type(type_code)
    own = agency.notation or agency.short_name
    if kind and kind.abbreviation:
        return "-".join(part for part in (kind.abbreviation, own) if part)
    return "-".join(part for part in (own, unit.notation if unit else "") if part)


def signers(agency_id: int) -> list[users.Post]:
    """Who may be asked to sign: leaders first, then heads of units (TL., TUQ.)."""
    posts = users.holders(agency_id)
    leaders = [post for post in posts if post.has(lookups.LEADER)]
    return leaders + [post for post in posts if post.has(lookups.UNIT_HEAD) and not post.has(lookups.LEADER)]


def annexes_of(doc) -> list[documents.Attachment]:
    """The annexes in files of their own, with their files, in order."""
    return [row for row in documents.attachments(doc) if row.kind == "annex"]


def unsealed(doc) -> list[documents.Attachment]:
    """Annexes that do not carry the organisation's signature yet (6.2.b)."""
    sealed = {row.attachment_id for row in AnnexSeal.select().join(documents.Attachment).where(
        documents.Attachment.document == doc)}  # fmt: skip
    return [row for row in annexes_of(doc) if row.id not in sealed]


def draft_pdf(doc) -> files.File | None:
    """The PDF of the newest uploaded file, without the fields for number and date; None when there is no file."""
    source = 0
    pdf = None
    for version in documents.versions(doc):
        if version.kind == "source":
            source = version.number
        elif version.kind == "draft" and version.number == source + 1:
            pdf = version.file
    return pdf


def missing(doc) -> list[str]:
    """What a draft still lacks before it can be submitted, as sentences."""
    found = []
    if draft_pdf(doc) is None:
        found.append("Chưa có tệp dự thảo.")
    if not doc.subject:
        found.append("Chưa có trích yếu.")
    if not doc.type_code or not doc.code_notation:
        found.append("Chưa có tên loại hoặc ký hiệu.")
    if doc.signer_id is None:
        found.append("Chưa chọn người ký.")
    if not doc.recipients.exists():
        found.append("Chưa có nơi nhận.")
    return found


def may_edit(doc, actor) -> str | None:
    """Why this person cannot change the draft, None when he can."""
    if doc.drafter_id != actor.post.id:
        return "Chỉ người soạn thảo sửa được dự thảo này."
    if doc.state != "draft":
        return f"Văn bản đang «{workflow.label(doc)}» nên không sửa được. Hãy lấy lại về dự thảo rồi sửa và trình lại."
    return None


def require_open(doc, actor) -> None:
    """Raises Refused unless this person may change the draft now."""
    reason = may_edit(doc, actor)
    if reason:
        raise errors.Refused(reason)


# ---- inside ----------------------------------------------------------------------------------------------------


def _fresh(doc) -> documents.Document:
    """The row as it is now, so that a form opened long ago does not change what was submitted meanwhile."""
    return documents.Document.get_by_id(doc.id)


def described(agency, unit, fields) -> dict:
    """The descriptive values of a form, complete and lawful (ND30 Điều 13). Raises Invalid."""
    values = {name: fields[name] for name in DESCRIBED if name in fields}
    wrong = {}
    if not text.clean(values.get("subject", "")):
        wrong["subject"] = "Hãy nhập trích yếu nội dung."
    if lookups.document_type(values.get("type_code", "")) is None:
        wrong["type_code"] = "Hãy chọn tên loại văn bản."
    if values.get("circulation", "") not in lookups.CIRCULATIONS:
        wrong["circulation"] = "Hãy chọn phạm vi lưu hành trong danh sách."
    if values.get("nature", "") not in ("", *lookups.NATURES):
        wrong["nature"] = "Hãy chọn tính chất văn bản trong danh sách."
    if values.get("retention", "") not in lookups.RETENTIONS:
        wrong["retention"] = "Hãy chọn thời hạn bảo quản trong danh sách."
    signer = fields.get("signer")
    if signer is not None:
        known = {post.id for post in signers(agency.id)}
        capacity = values.get("capacity", "")
        if signer.id not in known:
            wrong["signer"] = "Hãy chọn người ký trong danh sách."
        elif not signer.has(lookups.LEADER) and capacity not in ("by_order", "by_delegation"):
            wrong["capacity"] = (
                "Lãnh đạo đơn vị chỉ ký thừa lệnh (TL.) hoặc thừa ủy quyền (TUQ.), ND30 Điều 13."
            )
        values |= {"signer": signer, "signer_name": signer.person.full_name, "signer_position": signer.title}
    if wrong:
        raise errors.Invalid(wrong)
    if not text.clean(values.get("code_notation", "")):
        values["code_notation"] = compose_notation(values["type_code"], agency, unit)
    return values


def write(doc, values) -> None:
    """Fill the fields of a document in hand, inside a write(); «Nơi nhận» keeps its lines."""
    values = dict(values)
    lines = [text.clean(line) for line in values.pop("to_places", "").splitlines()]
    documents.describe(doc, **values)
    doc.set(to_places="\n".join(line for line in lines if line))


def refuse_secrets(values, papers=()) -> None:
    """Quy chế 1.2: nothing that bears a secrecy mark enters, in its data or on the first page of a file."""
    for name in ("subject", "description", "to_places"):
        level = secrecy.found(values.get(name, ""))
        if level:
            raise errors.Invalid({name: secrecy.refusal(level)})
    for paper in papers:
        level = secrecy.found(paper.words)
        if level:
            raise errors.Invalid({"file": f"«{paper.name}»: {secrecy.refusal(level)}"})


def address(doc, recipients, paper_names) -> None:
    """Nơi nhận: the recipients anew, in the order given; an agency without a connection gets paper."""
    chosen = list({agency.id: agency for agency in recipients}.values())
    names = list(dict.fromkeys(name for name in map(text.clean, paper_names) if name))
    if len(chosen) + len(names) > MOST_RECIPIENTS:
        raise errors.Invalid({"recipients": f"Tối đa {MOST_RECIPIENTS} nơi nhận một văn bản."})
    if any(agency.id == doc.agency_id for agency in chosen):
        raise errors.Invalid({"recipients": "Cơ quan ban hành không thể là nơi nhận của chính văn bản này."})
    shut = [words for words in map(agencies.closing_words, chosen) if words]
    if shut:
        raise errors.Invalid(
            {"recipients": f"{' '.join(shut[:3])} Hãy bỏ chọn cơ quan đã đóng mã (Quy chế Điều 14.2)."}
        )
    documents.Recipient.delete().where(documents.Recipient.document == doc).execute()
    for agency in agencies.with_codes(chosen):
        electronic = agencies.is_reachable(agency)
        documents.Recipient.create(
            document=doc,
            agency=agency,
            name=agency.name,
            electronic=electronic,
            paper_copies=0 if electronic else 1,
        )
    for name in names:
        documents.Recipient.create(document=doc, name=name, electronic=False, paper_copies=1)
    if not doc.to_places:
        lines = [agency.name for agency in chosen] + names + [FILING_LINE]
        doc.set(to_places="\n".join(lines))


def _take_paper(doc, actor, paper, note="") -> None:
    source = files.record(paper.source, paper.name, paper.media_type)
    documents.add_version(doc, source, "source", actor, note)
    pdf = files.record(paper.pdf, paper.pdf_name, "application/pdf")
    documents.add_version(doc, pdf, "draft", actor, note)
    doc.set(page_amount=paper.pages)
    proposed = compose_notation(doc.type_code, doc.agency, doc.unit)
    if paper.notation and doc.code_notation == proposed:  # nobody typed another: the page's own is right
        doc.set(code_notation=text.clean(paper.notation)[:30])
    documents.index(doc, paper.words)


def _annex(doc, paper) -> documents.Attachment:
    row = files.record(paper.pdf, paper.pdf_name, "application/pdf")
    return documents.attach(doc, row, "annex")
