"""Certified copies, and who signs them (ND30 Điều 25–27; Quy chế 12.5)."""

from peewee import CharField, ForeignKeyField, IntegerField, Model

from models.db import DateField, MomentField


def up(migrator, db):
    class Agency(Model):
        class Meta:
            database = db
            table_name = "agency"

    class Post(Model):
        class Meta:
            database = db
            table_name = "post"

    class Document(Model):
        class Meta:
            database = db
            table_name = "document"

    class CopySigner(Model):
        agency = ForeignKeyField(Agency, backref="+")
        post = ForeignKeyField(Post, backref="+")
        capacity = CharField()
        basis = CharField()
        given_by = CharField()
        given_at = MomentField()
        ended_at = MomentField(null=True)

        class Meta:
            database = db
            table_name = "copy_signer"

    class Copy(Model):
        document = ForeignKeyField(Document, unique=True, backref="+")
        form = CharField()
        source_medium = CharField()
        medium = CharField()
        source = ForeignKeyField(Document, null=True, backref="+")
        copied_from = CharField(default="")
        part = CharField(default="")
        purpose = CharField(default="")
        made_by = ForeignKeyField(Post, backref="+")
        made_at = MomentField()
        signer = ForeignKeyField(Post, null=True, backref="+")
        capacity = CharField(default="")
        decided_at = MomentField(null=True)
        number = IntegerField(null=True)
        made_on = DateField(null=True)
        amount = IntegerField(default=1)
        sealed_at = MomentField(null=True)

        class Meta:
            database = db
            table_name = "copy"
            indexes = ((("made_on",), False),)

    db.create_tables([CopySigner, Copy])
