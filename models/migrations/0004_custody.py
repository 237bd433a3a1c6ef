"""Custody of key devices (Quy chế Điều 5): personal devices too, acts of two people, every use of a key, who may look.

Certificates recorded before get their device; a notice may be about something else than a document.
"""

from peewee import CharField, ForeignKeyField, IntegerField, Model, TextField

from models.db import BooleanField, DateField, MomentField

DEVICES = """
INSERT INTO key_token (agency_id, certificate_id, serial, place, kind, person_id, kept_since, state, state_at,
                       assignment_number, notice_number)
SELECT agency_id, id, '', '', kind, person_id, CASE WHEN person_id IS NULL THEN NULL ELSE bound_at END,
       CASE WHEN ended_at IS NULL THEN 'in_use' ELSE 'revoked' END, coalesce(ended_at, bound_at), '', ''
FROM certificate WHERE id NOT IN (SELECT certificate_id FROM key_token) ORDER BY id
"""
ENDED = """
UPDATE key_token SET state = 'revoked', keeper_id = NULL,
       state_at = (SELECT ended_at FROM certificate WHERE certificate.id = certificate_id)
WHERE certificate_id IN (SELECT id FROM certificate WHERE ended_at IS NOT NULL)
"""


def up(migrator, db):
    def known(table):
        class Known(Model):
            class Meta:
                database = db
                table_name = table

        return Known

    post, person = known("post"), known("person")

    def link(model):
        return ForeignKeyField(model, field=model.id, backref="+", null=True)

    migrator.migrate(
        migrator.add_column("certificate", "ended_why", CharField(default="")),
        migrator.add_column("key_token", "kind", CharField(default="organisation")),
        migrator.add_column("key_token", "person_id", link(person)),
        migrator.add_column("key_token", "kept_until", DateField(null=True)),
        migrator.add_column("key_token", "assignment_number", CharField(default="")),
        migrator.add_column("key_token", "assignment_date", DateField(null=True)),
        migrator.add_column("key_token", "state", CharField(default="in_use")),
        migrator.add_column("key_token", "state_at", MomentField(null=True)),
        migrator.add_column("key_token", "notice_number", CharField(default="")),
        migrator.add_column("key_token", "notice_date", DateField(null=True)),
        migrator.add_column("key_token", "return_due", DateField(null=True)),
        migrator.drop_not_null("key_token", "keeper_id"),
        migrator.drop_not_null("key_token", "kept_since"),
        migrator.add_column("custody", "kind", CharField(default="hand_over")),
        migrator.add_column("custody", "state", CharField(default="done")),
        migrator.add_column("custody", "from_post_id", link(post)),
        migrator.add_column("custody", "to_post_id", link(post)),
        migrator.add_column("custody", "opened_by_id", link(post)),
        migrator.add_column("custody", "opened_at", MomentField(null=True)),
        migrator.add_column("custody", "place", CharField(default="")),
        migrator.add_column("custody", "assignment_number", CharField(default="")),
        migrator.add_column("custody", "assignment_date", DateField(null=True)),
        migrator.add_column("custody", "leave_number", CharField(default="")),
        migrator.add_column("custody", "leave_date", DateField(null=True)),
        migrator.add_column("custody", "until", DateField(null=True)),
        migrator.add_column("custody", "since", MomentField(null=True)),
        migrator.add_column("custody", "reason", TextField(default="")),
        migrator.drop_not_null("custody", "minutes_date"),
        migrator.drop_not_null("custody", "at"),
        migrator.add_column("notice", "url", CharField(default="")),
        migrator.drop_not_null("notice", "document_id"),
    )
    db.execute_sql(DEVICES)
    db.execute_sql(ENDED)

    class KeyUse(Model):
        certificate = ForeignKeyField(known("certificate"), backref="+")
        token = ForeignKeyField(known("key_token"), backref="+", null=True)
        post = ForeignKeyField(known("post"), backref="+")
        holder = CharField()
        document = ForeignKeyField(known("document"), backref="+", null=True, on_delete="SET NULL")
        purpose = CharField()
        file_sha256 = CharField(max_length=64)
        machine = CharField(default="")
        at = MomentField()
        out_of_hours = BooleanField(default=False)
        bulk = BooleanField(default=False)

        class Meta:
            database = db
            table_name = "key_use"
            indexes = ((("certificate", "at"), False), (("token", "at"), False))

    class TokenReader(Model):
        agency = ForeignKeyField(known("agency"), backref="+")
        post = ForeignKeyField(known("post"), backref="+")
        named_by = CharField()
        basis = CharField()
        since = MomentField()
        ended_at = MomentField(null=True)
        ended_by = CharField(default="")

        class Meta:
            database = db
            table_name = "token_reader"

    class ExpiryWarning(Model):
        certificate = ForeignKeyField(known("certificate"), backref="+")
        days = IntegerField()
        at = MomentField()

        class Meta:
            database = db
            table_name = "expiry_warning"
            indexes = ((("certificate", "days"), True),)

    db.create_tables([KeyUse, TokenReader, ExpiryWarning])
