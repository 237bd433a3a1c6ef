"""Ways in: watched folders of scanners, the agency's mail box, what was not let in, and of each scan where it came from.

Scans received before were all uploaded by a clerk.
"""

from peewee import CharField, ForeignKeyField, IntegerField, Model, TextField
from playhouse.apsw_ext import BooleanField

from models.db import MomentField


def up(migrator, db):
    class Agency(Model):
        class Meta:
            database = db
            table_name = "agency"

    class Unit(Model):
        class Meta:
            database = db
            table_name = "unit"

    def to(model, null=False, **rest):
        return ForeignKeyField(model, field=model.id, backref="+", null=null, **rest)

    class IntakeFolder(Model):
        agency = to(Agency)
        name = CharField()
        path = TextField(unique=True)
        unit = to(Unit, null=True)
        active = BooleanField(default=True)
        looked_at = MomentField(null=True)
        trouble = TextField(default="")
        taken = IntegerField(default=0)
        made_at = MomentField()
        made_by = CharField()

        class Meta:
            database = db
            table_name = "intake_folder"

    class IntakeMailbox(Model):
        agency = to(Agency, unique=True)
        server = CharField()
        port = IntegerField(default=993)
        login = CharField()
        locked_password = TextField()
        folder = CharField(default="INBOX")
        moved_to = CharField(default="")
        senders = TextField(default="")
        authority = TextField(default="")
        active = BooleanField(default=True)
        looked_at = MomentField(null=True)
        trouble = TextField(default="")
        taken = IntegerField(default=0)
        made_at = MomentField()
        made_by = CharField()

        class Meta:
            database = db
            table_name = "intake_mailbox"

    class IntakeRefusal(Model):
        agency = to(Agency)
        source = CharField()
        sender = CharField(default="")
        name = CharField(default="")
        reason = TextField()
        key = CharField(unique=True)
        refused_at = MomentField()
        dealt_at = MomentField(null=True)
        dealt_by = CharField(default="")

        class Meta:
            database = db
            table_name = "intake_refusal"
            indexes = ((("agency", "dealt_at"), False),)

    db.create_tables([IntakeFolder, IntakeMailbox, IntakeRefusal])
    migrator.migrate(
        migrator.add_column("scan", "source", CharField(default="upload")),
        migrator.add_column("scan", "sender", CharField(default="")),
        migrator.add_column("scan", "received_key", CharField(null=True)),
        migrator.add_column("scan", "kept_at", TextField(default="")),
        migrator.add_column("scan", "lacks", TextField(default="")),
        migrator.add_index("scan", ("received_key",), True),
    )
