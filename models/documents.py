"""Văn bản: one row a document of one agency, with the fields of ND30 Phụ lục VI Phần II, its files and links.

The same letter is one row at its sender (flow "outgoing") and one at each receiver (flow "incoming").
`state` is written by workflow.py alone.
"""

from models import agencies, clock, db, errors, files, fulltext, lookups, text, users


class Document(db.Base):
    """A document in an agency's hands."""

    agency = db.ForeignKeyField(agencies.Agency)
    flow = db.CharField()  # incoming | outgoing | copies
    state = db.CharField()
    source = db.CharField()  # axis | local | paper | draft | copy
    # descriptive data (decree's names)
    type_code = db.CharField(default="")
    code_number = db.CharField(default="")
    code_notation = db.CharField(default="")
    issued_date = db.DateField(null=True)
    organ_name = db.CharField(default="")
    parent_organ_name = db.CharField(default="")
    organ_id = db.CharField(default="")
    place = db.CharField(default="")
    subject = db.CharField(default="")
    folded_subject = db.CharField(default="")
    language = db.CharField(default="Tiếng Việt")
    page_amount = db.IntegerField(default=0)
    issued_amount = db.IntegerField(default=1)
    description = db.CharField(default="")
    signer_position = db.CharField(default="")
    signer_name = db.CharField(default="")
    capacity = db.CharField(default="")
    urgency = db.IntegerField(default=0)
    circulation = db.CharField(default="")  # a key of lookups.CIRCULATIONS
    nature = db.CharField(default="")  # a key of lookups.NATURES; "" = what its type says
    retention = db.CharField(default="")  # a key of lookups.RETENTIONS
    due_date = db.DateField(null=True)  # outgoing: reply asked; incoming: deadline of the agency
    asked_due_date = db.DateField(null=True)  # incoming: what the sender asked for
    document_id = db.CharField(default="", index=True)
    to_places = db.TextField(default="")
    # incoming
    arrival_number = db.IntegerField(null=True)
    arrival_date = db.DateField(null=True)
    arrived_at = db.MomentField(null=True)  # raw entry time
    received_at = db.MomentField(null=True)  # legal reception time (12.3)
    verdict = db.CharField(default="")
    verdict_note = db.TextField(default="")
    # outgoing
    signer = db.ForeignKeyField(users.Post, null=True, backref="signs")
    drafter = db.ForeignKeyField(users.Post, null=True, backref="drafts")
    unit = db.ForeignKeyField(agencies.Unit, null=True)
    signed_at = db.MomentField(null=True)
    issued_at = db.MomentField(null=True)
    printed_copies = db.IntegerField(default=0)
    # both
    register_id = db.IntegerField(null=True)
    register_year = db.IntegerField(null=True)
    sender_id = db.IntegerField(null=True)  # incoming: the entry of models/senders.py it was registered with
    holder = db.ForeignKeyField(users.Post, null=True, backref="holds")
    held_since = db.MomentField(null=True)
    held_until = db.MomentField(
        null=True
    )  # incoming: until then a registration can be undone, nobody is told
    held_post = db.ForeignKeyField(users.Post, null=True, backref="+")  # in which post it was registered
    recalled_at = db.MomentField(null=True)
    recall_reason = db.TextField(default="")
    closed_at = db.MomentField(null=True)  # from then on nobody reads its content
    created_at = db.MomentField()

    class Meta:
        indexes = (
            (("agency", "flow", "state", "urgency"), False),
            (("agency", "flow", "register_year", "arrival_number"), False),
            (("agency", "flow", "issued_date"), False),
            (("holder", "state"), False),
            (("agency", "code_number"), False),
            (("agency", "sender_id"), False),
            (("agency", "flow", "register_year", "state"), False),
        )

    @property
    def number_text(self) -> str:
        """«05/QĐ-SKT», without a number yet «…/QĐ-SKT»."""
        number = self.code_number.zfill(2) if self.code_number.isdecimal() else self.code_number
        return f"{number or '…'}/{self.code_notation}" if self.code_notation else number

    @property
    def type_name(self) -> str:
        """Tên loại, empty for none."""
        return lookups.type_name(self.type_code)

    @property
    def urgency_label(self) -> str:
        """Mức độ khẩn in words."""
        return lookups.URGENCIES.get(self.urgency, "Thường")

    @property
    def is_recalled(self) -> bool:
        """True once recalled."""
        return self.recalled_at is not None

    @property
    def is_closed(self) -> bool:
        """True when its content is closed to everybody: cancelled at a receiver, with the copies he made of it. The
        sender's is frozen, and stays to be read (ND30 PL VI III.8.a–b)."""
        return self.closed_at is not None or (self.is_recalled and self.flow == "incoming")


class Attachment(db.Base):
    """A file that belongs to the document as it travels: the main one first, then annexes, or a proof slip."""

    document = db.ForeignKeyField(Document, backref="attachments")
    file = db.ForeignKeyField(files.File)
    ordinal = db.IntegerField()
    kind = db.CharField()  # main | annex | slip
    note = db.CharField(default="")

    class Meta:
        indexes = ((("document", "ordinal"), True),)


class Version(db.Base):
    """Every state of the main file that ever was: kept for good (ND30 PL VI III.5.a)."""

    document = db.ForeignKeyField(Document, backref="versions")
    number = db.IntegerField()
    kind = db.CharField()  # source | draft | scan | received | signed | sealed | print | text
    file = db.ForeignKeyField(files.File)
    made_at = db.MomentField()
    made_by = db.CharField(default="")
    note = db.CharField(default="")

    class Meta:
        indexes = ((("document", "number"), True),)


class Link(db.Base):
    """source replies to / replaces / corrects target."""

    source = db.ForeignKeyField(Document, backref="links")
    target = db.ForeignKeyField(Document, backref="linked_by")
    kind = db.CharField()  # reply | replace | correct

    class Meta:
        indexes = ((("source", "target", "kind"), True),)


class Recipient(db.Base):
    """A place an outgoing document goes to: an agency of the address book, or a name that gets paper."""

    document = db.ForeignKeyField(Document, backref="recipients")
    agency = db.ForeignKeyField(agencies.Agency, null=True)
    name = db.CharField()
    electronic = db.BooleanField(default=True)
    paper_copies = db.IntegerField(default=0)


class PageWords(db.Base):
    """The folded words of a document's pages, kept so that a changed subject does not lose them from the search."""

    document = db.ForeignKeyField(Document, unique=True, on_delete="CASCADE")
    words = db.TextField()


TABLES = (Document, Attachment, Version, Link, Recipient, PageWords)
MOST_WORDS = 200_000  # characters of page text that are searched
RECALLED = "Thu hồi"  # the word a recalled document is found by (Quy chế 12.6; ND30 PL VI III.8.c)
FROZEN = (
    "Văn bản đã thu hồi nên bị đóng băng, không sửa được nữa (Quy chế Điều 12.6; ND30 Phụ lục VI III.8.a)."
)
VERSION_KINDS = {
    "source": "Bản gửi lên",
    "draft": "Dự thảo PDF",
    "scan": "Bản quét, bản nguồn để sao",
    "received": "Bản quét như khi nhận",
    "signed": "Đã ký số cá nhân",
    "sealed": "Đã cấp số, ký số cơ quan",
    "print": "Bản in để đóng dấu",
    "text": "Văn bản nhận dạng",
    "paper": "Bản quét của bản giấy",
}


def describe(document: Document, **fields) -> Document:
    """Fill descriptive fields (cleaned text); keeps the folded subject true. Raises Refused once recalled."""
    if state_now(document).is_recalled:
        raise errors.Refused(FROZEN)
    values = {name: text.clean(value) if isinstance(value, str) else value for name, value in fields.items()}
    if "subject" in values:
        values["folded_subject"] = text.fold(values["subject"])
    document.set(**values)
    index(document)
    return document


def index(document: Document, body: str | None = None) -> None:
    """Bring the words people search by into the full-text index; `body` is the text of its pages, kept from then on.

    What a job or a form of long ago says of a document that is closed by now is not taken.
    """
    now = state_now(document)
    if now.is_closed:
        document, body = now, ""
    kept = PageWords.get_or_none(PageWords.document == document)
    former = pages = kept.words if kept else ""
    if body is not None:
        pages = text.fold(body)[:MOST_WORDS]
        PageWords.delete().where(PageWords.document == document).execute()
        if pages:
            PageWords.create(document=document, words=pages)
    fulltext.put(
        document.id, document.agency_id, document.number_text, document.subject, document.type_name,
        document.organ_name, document.signer_name, document.to_places, document.description,
        f"{RECALLED} {document.recall_reason}" if document.recall_reason else "",
        pages=pages, former_pages=former,
    )  # fmt: skip


def forget_words(document: Document) -> None:
    """The words of the pages leave the search (recall, 12.6); what the register says of the document stays."""
    index(document, "")


def state_now(document: Document) -> Document:
    """The row as it stands now, whatever the object in hand remembers."""
    return Document.get_by_id(document.id)


def drop_content(document: Document) -> list[files.File]:
    """Take the files off a document whose content must not be kept (1.2); returns their rows for files.release."""
    rows = [one.file for one in (*attachments(document), *versions(document))]
    Attachment.delete().where(Attachment.document == document).execute()
    Version.delete().where(Version.document == document).execute()
    forget_words(document)
    return rows


def attach(document: Document, file: files.File, kind: str, note: str = "") -> Attachment:
    """Add a file; the first place is the main file's."""
    last = (
        Attachment.select(db.fn.MAX(Attachment.ordinal)).where(Attachment.document == document).scalar() or 0
    )
    return Attachment.create(document=document, file=file, ordinal=last + 1, kind=kind, note=note)


def add_version(document: Document, file: files.File, kind: str, actor=None, note: str = "") -> Version:
    """Keep a new state of the main file."""
    last = Version.select(db.fn.MAX(Version.number)).where(Version.document == document).scalar() or 0
    return Version.create(
        document=document, number=last + 1, kind=kind, file=file, made_at=clock.now(),
        made_by=f"{actor.name} – {actor.title}" if actor else "Hệ thống", note=note,
    )  # fmt: skip


def main_file(document: Document) -> files.File | None:
    """The file people read now: the newest version that is a PDF state, else the main attachment."""
    version = (
        Version.select(Version, files.File)
        .join(files.File)
        .where(Version.document == document, Version.kind.in_(("draft", "scan", "signed", "sealed")))
        .order_by(Version.number.desc())
        .first()
    )
    if version:
        return version.file
    main = (
        Attachment.select(Attachment, files.File)
        .join(files.File)
        .where(Attachment.document == document, Attachment.kind == "main")
        .first()
    )
    return main.file if main else None


def main_files(ids: list[int]) -> dict[int, files.File]:
    """The file people read now of each of these documents, by the document's id; where there is none, it is missing."""
    if not ids:
        return {}
    mains = (
        Attachment.select(Attachment, files.File)
        .join(files.File)
        .where(Attachment.document.in_(ids), Attachment.kind == "main")
        .order_by(Attachment.id.desc())
    )
    states = (
        Version.select(Version, files.File)
        .join(files.File)
        .where(Version.document.in_(ids), Version.kind.in_(("draft", "scan", "signed", "sealed")))
        .order_by(Version.number)
    )
    return {row.document_id: row.file for query in (mains, states) for row in query}


def attachments(document: Document) -> list[Attachment]:
    """All attachments with their files, in order."""
    return list(
        Attachment.select(Attachment, files.File)
        .join(files.File)
        .where(Attachment.document == document)
        .order_by(Attachment.ordinal)
    )


def versions(document: Document) -> list[Version]:
    """All versions with their files, oldest first."""
    return list(
        Version.select(Version, files.File)
        .join(files.File)
        .where(Version.document == document)
        .order_by(Version.number)
    )


def hand_to(document: Document, post: users.Post | None) -> None:
    """Who holds it now, and since when."""
    document.set(holder=post, held_since=clock.now())
