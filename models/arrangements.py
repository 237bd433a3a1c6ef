"""Sắp trang bản quét: the clerk's page operations before a scan is registered; the received bytes never change.

Each operation writes the new list of pages (sheets.py), a line in the journal and a row that can be undone. The file
with the pages in that order is made afterwards by the order "arrange", and then the scan is read anew.
"""

from models import db, scans, users


class PageChange(db.Base):
    """One page operation: the lists of pages before and after, in the words of the person."""

    scan = db.ForeignKeyField(scans.Scan, backref="changes")
    verb = db.CharField()
    words = db.CharField()
    before = db.TextField()  # JSON: [arrangement, dropped], of both scans where there are two
    after = db.TextField()
    other = db.ForeignKeyField(scans.Scan, null=True, backref="+")  # what was cut off, or merged into it
    made_at = db.MomentField()
    made_by = db.ForeignKeyField(users.Post, null=True, backref="+")
    undone = db.BooleanField(default=False)


TABLES = (PageChange,)
