"""Tự kiểm tra liên thông: can we reach the axis, does it know us, is the clock right, what came and went last."""

from models import agencies, db


class SelfTest(db.Base):
    """One run: what was found, line by line, as JSON."""

    agency = db.ForeignKeyField(agencies.Agency)
    asked_at = db.MomentField()
    asked_by = db.CharField(default="")
    step = db.IntegerField(default=0)
    finished_at = db.MomentField(null=True)
    found = db.TextField(default="[]")


TABLES = (SelfTest,)
