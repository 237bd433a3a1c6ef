"""Places of signature, seal, number, date and marks set by hand; the circulation mark of a document."""

from peewee import CharField, ForeignKeyField, Model, TextField

from models.db import MomentField


def up(migrator, db):
    class File(Model):
        class Meta:
            database = db
            table_name = "file"

    class Document(Model):
        class Meta:
            database = db
            table_name = "document"

    class Placement(Model):
        document = ForeignKeyField(Document, field=Document.id, backref="+", unique=True, on_delete="CASCADE")
        file = ForeignKeyField(File, field=File.id, backref="+")
        placed = TextField()
        set_at = MomentField()
        set_by = CharField(default="")

        class Meta:
            database = db
            table_name = "placement"

    migrator.migrate(migrator.add_column("document", "circulation", CharField(default="")))
    db.create_tables([Placement])
