"""Signed statements: our keys, the partners' keys, the statements of both, and what a message was proved by."""

from peewee import CharField, ForeignKeyField, IntegerField, Model, TextField

from models.db import MomentField


def up(migrator, db):
    class Agency(Model):
        class Meta:
            database = db
            table_name = "agency"

    class OwnKey(Model):
        key_id = CharField(unique=True)
        public = CharField()
        since = MomentField()
        until = MomentField(null=True)
        change = TextField(default="")
        made_by = CharField(default="")

        class Meta:
            database = db
            table_name = "own_key"

    class PartnerKey(Model):
        partner = ForeignKeyField(Agency, field=Agency.id, backref="+")
        key_id = CharField(index=True)
        public = CharField()
        state = CharField()
        how = CharField(default="")
        seen_at = MomentField()
        since = MomentField(null=True)
        until = MomentField(null=True)
        change = TextField(default="")
        decided_by = CharField(default="")
        decided_at = MomentField(null=True)

        class Meta:
            database = db
            table_name = "partner_key"
            indexes = ((("partner", "key_id"), True),)

    class Proof(Model):
        place = CharField(unique=True)
        direction = CharField()
        agency = ForeignKeyField(Agency, field=Agency.id, backref="+")
        chain = CharField()
        seq = IntegerField()
        prev = CharField(max_length=64)
        hash = CharField(max_length=64, index=True)
        thread = CharField(default="", index=True)
        kind = CharField()
        body = TextField()
        signature = CharField()
        key_id = CharField()
        key = CharField()
        changes = TextField(default="[]")
        made_at = MomentField()

        class Meta:
            database = db
            table_name = "proof"
            indexes = ((("direction", "chain", "seq"), False),)

    db.create_tables([OwnKey, PartnerKey, Proof])
    for act in ("UPDATE", "DELETE"):
        db.execute_sql(
            f"CREATE TRIGGER proof_no_{act.lower()} BEFORE {act} ON proof "
            "BEGIN SELECT RAISE(ABORT, 'a proof is never changed nor removed'); END"
        )
    migrator.migrate(
        migrator.add_column("status_message", "proof_id", ForeignKeyField(Proof, field=Proof.id, null=True)),
        migrator.add_column("status_message", "proved_by", CharField(default="")),
        migrator.add_column("status_message", "proof_note", TextField(default="")),
    )
