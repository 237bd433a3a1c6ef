"""Rows of the reading of files: one for each scan and each electronic document, and one for each of its pages.

    waiting (not looked at) → reading (page by page) → read
                                                     ↘ failed (cannot be read)   ↘ stopped (nobody wants it any more)

A page is `own` (its own text is used) or goes waiting → reading → read, or is unread: it stayed a picture.
"""

import json

from models import agencies, db, documents, previews
from models.scans_rows import Scan

RUNNING = ("waiting", "reading")


class Reading(db.Base):
    """The reading of one content for one scan or one electronic document."""

    agency = db.ForeignKeyField(agencies.Agency)
    scan = db.ForeignKeyField(Scan, null=True, unique=True, backref="readings", on_delete="CASCADE")
    document = db.ForeignKeyField(
        documents.Document, null=True, unique=True, backref="readings", on_delete="CASCADE"
    )
    sha256 = db.CharField(max_length=64)
    media_type = db.CharField()
    state = db.CharField(default="waiting")
    turn = db.IntegerField(default=0)  # counts the tries, so that what an older one brings is not taken
    looks = db.IntegerField(default=0)  # the first look at the file was begun so often
    urgency = db.IntegerField(default=0)  # higher ones are read first; FIRST = a person pressed «đọc trước»
    pages_total = db.IntegerField(default=0)
    sizes = db.TextField(default="[]")  # [[width, height] in points, …]
    proposals = db.TextField(default="{}")  # an electronic document's; a scan's stand on the scan
    extras = db.TextField(default="{}")  # what stands beside the fields: due, meeting, reply, days, capacity
    note = db.TextField(default="")
    placed_at = db.MomentField()
    read_at = db.MomentField(null=True)

    class Meta:
        indexes = ((("state", "urgency"), False),)

    @property
    def page_sizes(self) -> list:
        """[[width, height] in points, …] of the pages that were read."""
        return json.loads(self.sizes)

    def page_file(self, number: int, ending: str):
        """Where what was made of a page lies until the whole is read: its PDF with text («pdf»), its words («json»)."""
        return previews.folder(self.sha256) / f"doc-{self.id}-{number}.{ending}"


class ReadPage(db.Base):
    """One page of a reading; a finished one survives whatever happens to the server."""

    reading = db.ForeignKeyField(Reading, backref="pages", on_delete="CASCADE")
    number = db.IntegerField()
    state = db.CharField(default="waiting")
    tries = db.IntegerField(default=0)  # begun so often
    turned = db.IntegerField(default=0)  # degrees clockwise it was turned to stand upright
    done_at = db.MomentField(null=True)

    class Meta:
        indexes = ((("reading", "number"), True),)


TABLES = (Reading, ReadPage)
