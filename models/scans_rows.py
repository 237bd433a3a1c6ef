"""Rows of scans: one scanned letter and how far it is read; the verbs are in scans.py."""

import json
from typing import NamedTuple

from models import agencies, db, documents, files, users

OPEN = ("waiting", "reading", "read", "quarantined")
LABELS = {
    "waiting": "Chờ nhận dạng", "reading": "Đang nhận dạng chữ", "read": "Chờ vào sổ", "confirmed": "Đã vào sổ",
    "refused": "Không nhận", "quarantined": "Không đọc được", "divided": "Đã tách", "merged": "Đã gộp",
}  # fmt: skip
SOURCES = {"upload": "Tải lên", "photo": "Ảnh chụp", "folder": "Máy quét", "mail": "Hộp thư"}


class Channel(NamedTuple):
    """A way in without a person at it: a scanner's folder, the mail box. `sender` names it for the clerk."""

    agency_id: int
    source: str
    sender: str
    unit_id: int | None = None  # the department whose papers it brings


class Scan(db.Base):
    """One scanned letter: its file as received, how far it is read, and what was read."""

    agency = db.ForeignKeyField(agencies.Agency)
    file = db.ForeignKeyField(files.File, null=True)  # null once a secret paper's content was given up
    name = db.CharField()
    sha256 = db.CharField(max_length=64)
    state = db.CharField(default="waiting")
    pages_done = db.IntegerField(default=0)
    pages_total = db.IntegerField(default=0)
    rendition = db.ForeignKeyField(files.File, null=True, backref="renders")
    text_file = db.ForeignKeyField(files.File, null=True, backref="texts")
    proposals = db.TextField(default="{}")
    sizes = db.TextField(default="[]")
    note = db.TextField(default="")
    tries = db.IntegerField(default=0)
    uploaded_by = db.ForeignKeyField(users.Post, null=True)
    uploaded_at = db.MomentField()
    read_at = db.MomentField(null=True)
    document = db.ForeignKeyField(documents.Document, null=True)
    origin = db.ForeignKeyField("self", null=True, backref="parts")  # the batch or scan it was cut from
    arranged = db.ForeignKeyField(
        files.File, null=True, backref="arranges"
    )  # null also while it is being made
    arrangement = db.TextField(default="")  # sheets.parse; "" = the pages of the file as they are
    dropped = db.TextField(default="[]")  # sheets left out, which can be put back
    preset = db.TextField(default="{}")  # what its separator sheet proposes: organ_name, leader, unit
    fixed = db.CharField(default="")  # why its pages cannot be arranged, a sentence; "" = they can
    source = db.CharField(default="upload")  # SOURCES
    sender = db.CharField(default="")  # the scanner, or who sent the mail
    received_key = db.CharField(null=True, unique=True)  # the same once more is no second scan
    kept_at = db.TextField(
        default=""
    )  # the copy that the way in keeps: "folder:<id>:<name>", "mail:<id>:<message>"
    lacks = db.TextField(default="")  # JSON list of sentences; "" = not looked at, or no scan

    class Meta:
        indexes = ((("agency", "state"), False), (("sha256",), False))

    @property
    def pages_file(self) -> files.File | None:
        """The file whose pages are this letter: arranged by a person or a separator sheet, else as received."""
        return self.arranged or self.file

    @property
    def came_from(self) -> str:
        """The way it came in, in words: «Máy quét tầng 2», «Hộp thư: a@b.vn»."""
        if self.source == "folder":
            return self.sender
        return f"{SOURCES[self.source]}: {self.sender}" if self.sender else SOURCES[self.source]

    @property
    def standard(self) -> list[str]:
        """What it lacks of the scan standard (10.1), sentences; [] when all is right or not looked at yet."""
        return json.loads(self.lacks or "[]")

    @property
    def preset_values(self) -> dict:
        """What the separator sheet before it proposes: organ_name, leader (post), unit, as far as it says."""
        return json.loads(self.preset)

    @property
    def fields(self) -> dict:
        """What was read: field → {value, confidence, sure, page, box} or None."""
        return json.loads(self.proposals)

    @property
    def subject(self) -> str:
        """Trích yếu as it was read, "" for none."""
        return (self.fields.get("subject") or {}).get("value", "")

    @property
    def page_sizes(self) -> list:
        """[[width, height] in points, …] of the pages that were read."""
        return json.loads(self.sizes)

    @property
    def label(self) -> str:
        """The state in words."""
        return LABELS[self.state]

    @property
    def shown(self) -> files.File | None:
        """The file whose pages people look at: the rendition when there is one (pictures have no pages)."""
        return self.rendition or self.pages_file


TABLES = (Scan,)
