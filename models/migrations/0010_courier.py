"""Packets that cannot be read, courier bundles, what the daily comparison found, and what packets say beyond the rows."""

from peewee import BooleanField, CharField, ForeignKeyField, IntegerField, Model, TextField

from models.db import MomentField


def up(migrator, db):
    class Base(Model):
        class Meta:
            database = db
            legacy_table_names = False

    class Agency(Base):
        pass

    class File(Base):
        pass

    class Document(Base):
        pass

    class Consignment(Base):
        pass

    class StatusMessage(Base):
        pass

    class QuarantinedPacket(Base):
        sha256 = CharField(max_length=64, unique=True)
        agency = ForeignKeyField(Agency, backref="+", null=True)
        transport = CharField()
        axis_id = CharField(default="", index=True)
        sender_code = CharField(default="")
        sender_name = CharField(default="")
        size = IntegerField()
        file = ForeignKeyField(File, backref="+", null=True)
        reason = TextField()
        state = CharField(default="held", index=True)
        times = IntegerField(default=1)
        arrived_at = MomentField()
        seen_at = MomentField()
        tried_at = MomentField(null=True)
        ended_at = MomentField(null=True)
        ended_by = CharField(default="")
        note = TextField(default="")

    class CourierBundle(Base):
        key = CharField(unique=True)
        code = CharField(index=True)
        agency = ForeignKeyField(Agency, backref="+")
        partner = ForeignKeyField(Agency, backref="+", null=True)
        partner_names = CharField(default="")
        direction = CharField()
        state = CharField()
        carrier = CharField(default="")
        made_at = MomentField()
        made_by = CharField(default="")
        ended_at = MomentField(null=True)
        sha256 = CharField(default="")
        size = IntegerField(default=0)
        file = ForeignKeyField(File, backref="+", null=True)
        trust = CharField(default="")
        key_id = CharField(default="")
        failure = TextField(default="")

    class CourierItem(Base):
        bundle = ForeignKeyField(CourierBundle, backref="+")
        number = IntegerField()
        sha256 = CharField(max_length=64, index=True)
        size = IntegerField(default=0)
        type = CharField()
        agency = ForeignKeyField(Agency, backref="+", null=True)
        partner_code = CharField(default="")
        consignment = ForeignKeyField(Consignment, backref="+", null=True)
        message = ForeignKeyField(StatusMessage, backref="+", null=True)
        outcome = CharField(default="")
        sentence = TextField(default="")
        ended_at = MomentField(null=True)

        class Meta:
            indexes = ((("bundle", "number"), True),)

    class Difference(Base):
        key = CharField(unique=True)
        agency = ForeignKeyField(Agency, backref="+", null=True)
        consignment = ForeignKeyField(Consignment, backref="+", null=True)
        kind = CharField()
        axis_id = CharField(default="")
        source = CharField(default="axis")
        sentence = TextField()
        state = CharField(default="open", index=True)
        found_at = MomentField()
        seen_at = MomentField()
        ended_at = MomentField(null=True)
        ended_by = CharField(default="")
        note = TextField(default="")

    class ReconciliationRun(Base):
        at = MomentField()
        source = CharField(default="axis")
        compared = IntegerField(default=0)
        found = IntegerField(default=0)
        trouble = CharField(default="")
        complete = BooleanField(default=True)

    class PacketExtra(Base):
        document = ForeignKeyField(Document, backref="+")
        name = CharField()
        words = TextField(default="")

    db.create_tables(
        [QuarantinedPacket, CourierBundle, CourierItem, Difference, ReconciliationRun, PacketExtra]
    )
