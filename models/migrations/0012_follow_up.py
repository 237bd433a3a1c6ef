"""What was done about a recipient who does not answer; indexes for the lists of sendings; names of staff in answers."""

from peewee import CharField, ForeignKeyField, IntegerField, Model, TextField
from playhouse.apsw_ext import BooleanField

from models.db import MomentField


def up(migrator, db):
    class Agency(Model):
        class Meta:
            database = db
            table_name = "agency"

    class Consignment(Model):
        class Meta:
            database = db
            table_name = "consignment"

    class FollowUp(Model):
        consignment = ForeignKeyField(Consignment, field=Consignment.id, backref="+", unique=True)
        agency = ForeignKeyField(Agency, field=Agency.id, backref="+")
        not_arrived_at = MomentField(null=True)
        not_accepted_at = MomentField(null=True)
        receiver_told_at = MomentField(null=True)
        closed_state = CharField(default="")
        closed_tries = IntegerField(default=0)
        closed_at = MomentField(null=True)
        closed_by = CharField(default="")
        note = TextField(default="")

        class Meta:
            database = db
            table_name = "follow_up"

    class SelfTest(Model):
        agency = ForeignKeyField(Agency, field=Agency.id, backref="+")
        asked_at = MomentField()
        asked_by = CharField(default="")
        step = IntegerField(default=0)
        finished_at = MomentField(null=True)
        found = TextField(default="[]")

        class Meta:
            database = db
            table_name = "self_test"

    db.create_tables([FollowUp, SelfTest])
    migrator.migrate(
        migrator.add_column("agency", "tells_names", BooleanField(default=True)),
        migrator.drop_index("consignment", "consignment_agency_id_direction_state"),
        migrator.drop_index("consignment", "consignment_document_id_direction"),
        migrator.add_index("consignment", ("agency_id", "direction", "state", "queued_at")),
        migrator.add_index("consignment", ("document_id", "direction", "state", "queued_at")),
        migrator.add_index("consignment", ("agency_id", "direction")),
        migrator.add_index("consignment", ("agency_id", "direction", "document_id")),
        migrator.add_index("consignment", ("agency_id", "partner_id")),
        migrator.add_index("status_message", ("agency_id", "direction", "sent_at")),
        migrator.add_index("event", ("agency_id", "verb")),
    )
