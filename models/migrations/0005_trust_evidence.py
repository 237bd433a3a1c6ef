"""Trusted authorities get a purpose and a period; revocation lists, outbound addresses, names of senders, the rule."""

from peewee import CharField, ForeignKeyField, IntegerField, Model

from models.db import BooleanField, MomentField


def up(migrator, db):
    _periods(migrator, db)
    _lists(db)
    _addresses_and_names(db)


def _tables(db):
    class File(Model):
        class Meta:
            database = db
            table_name = "file"

    class TrustRoot(Model):
        class Meta:
            database = db
            table_name = "trust_root"

    class Agency(Model):
        class Meta:
            database = db
            table_name = "agency"

    class Document(Model):
        class Meta:
            database = db
            table_name = "document"

    return File, TrustRoot, Agency, Document


def _periods(migrator, db):
    File = _tables(db)[0]
    migrator.migrate(
        migrator.add_column("trust_root", "purpose", CharField(default="official")),
        migrator.add_column("trust_root", "valid_from", MomentField(null=True)),
        migrator.add_column("trust_root", "valid_until", MomentField(null=True)),
        migrator.add_column("trust_root", "added_by", CharField(default="")),
        migrator.add_column("trust_root", "ended_by", CharField(default="")),
        migrator.add_column("trust_root", "ended_why", CharField(default="")),
        migrator.add_column("trust_root", "statement_id", ForeignKeyField(File, field=File.id, null=True)),
    )
    db.execute_sql("UPDATE trust_root SET purpose = 'time' WHERE role = 'tsa'")


def _lists(db):
    File, TrustRoot, _, _ = _tables(db)

    class RevocationList(Model):
        issuer = ForeignKeyField(TrustRoot, backref="+", unique=True)
        file = ForeignKeyField(File, backref="+")
        number = CharField(default="")
        entries = IntegerField(default=0)
        made_at = MomentField()
        next_at = MomentField(null=True)
        added_at = MomentField()
        added_by = CharField(default="")

        class Meta:
            database = db
            table_name = "revocation_list"

    class Fetch(Model):
        url = CharField(unique=True)
        kind = CharField()
        tried_at = MomentField()
        ok_at = MomentField(null=True)
        size = IntegerField(default=0)
        note = CharField(default="")

        class Meta:
            database = db
            table_name = "fetch"

    db.create_tables([RevocationList, Fetch])


def _addresses_and_names(db):
    _, _, Agency, Document = _tables(db)

    class OutboundHost(Model):
        host = CharField(unique=True)
        inside = BooleanField(default=False)
        why = CharField(default="")
        approved_by = CharField(default="")
        approved_at = MomentField()
        ended_at = MomentField(null=True)

        class Meta:
            database = db
            table_name = "outbound_host"

    class SenderAlias(Model):
        agency = ForeignKeyField(Agency, backref="+")
        organ_id = CharField()
        organ_name = CharField(default="")
        name = CharField()
        document = ForeignKeyField(Document, backref="+", null=True)
        approved_by = CharField()
        approved_at = MomentField()
        ended_at = MomentField(null=True)

        class Meta:
            database = db
            table_name = "sender_alias"
            indexes = ((("agency", "organ_id"), False),)

    class CheckRule(Model):
        guard = IntegerField(unique=True, default=1)
        unsigned = CharField(default="return")
        changed_by = CharField(default="")
        changed_at = MomentField(null=True)

        class Meta:
            database = db
            table_name = "check_rule"

    db.create_tables([OutboundHost, SenderAlias, CheckRule])
