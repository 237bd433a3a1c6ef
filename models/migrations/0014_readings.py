"""Reading page by page: a row for what is read, scans and electronic documents alike, and one for each of its pages."""

from peewee import CharField, ForeignKeyField, IntegerField, Model, TextField

from models.db import MomentField


def up(migrator, db):
    class Agency(Model):
        class Meta:
            database = db
            table_name = "agency"

    class Scan(Model):
        class Meta:
            database = db
            table_name = "scan"

    class Document(Model):
        class Meta:
            database = db
            table_name = "document"

    class Reading(Model):
        agency = ForeignKeyField(Agency, field=Agency.id, backref="+")
        scan = ForeignKeyField(Scan, field=Scan.id, backref="+", null=True, unique=True, on_delete="CASCADE")
        document = ForeignKeyField(
            Document, field=Document.id, backref="+", null=True, unique=True, on_delete="CASCADE"
        )
        sha256 = CharField(max_length=64)
        media_type = CharField()
        state = CharField(default="waiting")
        turn = IntegerField(default=0)
        looks = IntegerField(default=0)
        urgency = IntegerField(default=0)
        pages_total = IntegerField(default=0)
        sizes = TextField(default="[]")
        proposals = TextField(default="{}")
        extras = TextField(default="{}")
        note = TextField(default="")
        placed_at = MomentField()
        read_at = MomentField(null=True)

        class Meta:
            database = db
            table_name = "reading"
            indexes = ((("state", "urgency"), False),)

    class ReadPage(Model):
        reading = ForeignKeyField(Reading, field=Reading.id, backref="+", on_delete="CASCADE")
        number = IntegerField()
        state = CharField(default="waiting")
        tries = IntegerField(default=0)
        turned = IntegerField(default=0)
        done_at = MomentField(null=True)

        class Meta:
            database = db
            table_name = "read_page"
            indexes = ((("reading", "number"), True),)

    db.create_tables([Reading, ReadPage])
