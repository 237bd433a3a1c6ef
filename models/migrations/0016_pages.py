"""Pages of scans: which sheets a scan is made of and in what order, where it was cut from, and each page operation."""

from peewee import CharField, ForeignKeyField, Model, TextField
from playhouse.apsw_ext import BooleanField

from models.db import MomentField


def up(migrator, db):
    class File(Model):
        class Meta:
            database = db
            table_name = "file"

    class Post(Model):
        class Meta:
            database = db
            table_name = "post"

    class Scan(Model):
        class Meta:
            database = db
            table_name = "scan"

    def link(model, **how):
        return ForeignKeyField(model, field=model.id, null=True, backref="+", **how)

    migrator.migrate(
        migrator.add_column("scan", "origin_id", link(Scan)),
        migrator.add_column("scan", "arranged_id", link(File)),
        migrator.add_column("scan", "arrangement", TextField(default="")),
        migrator.add_column("scan", "dropped", TextField(default="[]")),
        migrator.add_column("scan", "preset", TextField(default="{}")),
        migrator.add_column("scan", "fixed", CharField(default="")),
    )

    class PageChange(Model):
        scan = ForeignKeyField(Scan, field=Scan.id, backref="+")
        verb = CharField()
        words = CharField()
        before = TextField()
        after = TextField()
        other = link(Scan)
        made_at = MomentField()
        made_by = link(Post)
        undone = BooleanField(default=False)

        class Meta:
            database = db
            table_name = "page_change"

    db.create_tables([PageChange])
