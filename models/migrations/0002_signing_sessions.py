"""Signing sessions of several documents and of every provider; what a person signs with.

The document moves from the session to its files, so that one PIN may serve several documents; a file may be handed over
whole (another program signs it) as well as by its digest.
"""

from peewee import CharField, ForeignKeyField, IntegerField, Model, TextField

from models.db import BooleanField, MomentField

INDEXES = (
    "signingsession_nonce_hash", "signingsession_post_id", "signingsession_certificate_id",
    "signingsession_document_id", "signingitem_session_id", "signingitem_attachment_id", "signingitem_work_id",
)  # fmt: skip
SESSIONS = """
INSERT INTO signing_session (id, purpose, provider, post_id, certificate_id, nonce_hash, state, opened_at, expires_at,
                             handed_at, ended_at, failure, machine, out_of_hours)
SELECT id, purpose, 'agent', post_id, certificate_id, nonce_hash,
       CASE state WHEN 'checked' THEN 'done' WHEN 'failed' THEN 'failed' ELSE 'expired' END,
       opened_at, expires_at, handed_at, coalesce(ended_at, expires_at), failure, '', 0
FROM old_signing_session
"""
ITEMS = """
INSERT INTO signing_item (id, session_id, ordinal, name, document_id, attachment_id, base_sha256, pages, work_id, digest,
                          mechanism, hash, half, state, failure)
SELECT i.id, i.session_id, i.ordinal, i.name, s.document_id, i.attachment_id, s.base_sha256, 0, i.work_id, i.digest,
       i.mechanism, i.hash, i.half, CASE s.state WHEN 'checked' THEN 'done' ELSE 'failed' END, s.failure
FROM old_signing_item i JOIN old_signing_session s ON s.id = i.session_id
"""


def up(migrator, db):
    def known(table):
        class Known(Model):
            class Meta:
                database = db
                table_name = table

        return Known

    for name in INDEXES:
        db.execute_sql(f'DROP INDEX IF EXISTS "{name}"')
    for name in ("signing_item", "signing_session"):
        db.execute_sql(f"ALTER TABLE {name} RENAME TO old_{name}")

    class SigningSession(Model):
        purpose = CharField()
        provider = CharField(default="agent")
        post = ForeignKeyField(known("post"), backref="+")
        certificate = ForeignKeyField(known("certificate"), backref="+", null=True)
        nonce_hash = CharField(max_length=64, unique=True)
        upload_hash = CharField(max_length=64, unique=True, null=True)
        state = CharField()
        opened_at = MomentField()
        expires_at = MomentField()
        handed_at = MomentField(null=True)
        ended_at = MomentField(null=True)
        failure = TextField(default="")
        machine = CharField(default="")
        out_of_hours = BooleanField(default=False)

        class Meta:
            database = db
            table_name = "signing_session"

    class SigningItem(Model):
        session = ForeignKeyField(SigningSession, backref="+", on_delete="CASCADE")
        ordinal = IntegerField()
        name = CharField()
        document = ForeignKeyField(known("document"), backref="+")
        attachment = ForeignKeyField(known("attachment"), backref="+", null=True, on_delete="SET NULL")
        base_sha256 = CharField(max_length=64)
        pages = IntegerField(default=0)
        work = ForeignKeyField(known("file"), backref="+")
        digest = CharField(default="")
        mechanism = CharField(default="")
        hash = CharField(default="")
        half = TextField(default="{}")
        source_hash = CharField(max_length=64, unique=True, null=True)
        signed = ForeignKeyField(known("file"), backref="+", null=True)
        state = CharField(default="waiting")
        failure = TextField(default="")

        class Meta:
            database = db
            table_name = "signing_item"

    class SigningChoice(Model):
        person = ForeignKeyField(known("person"), backref="+", unique=True)
        provider = CharField()

        class Meta:
            database = db
            table_name = "signing_choice"

    db.create_tables([SigningSession, SigningItem, SigningChoice])
    db.execute_sql(SESSIONS)
    db.execute_sql(ITEMS)
    db.execute_sql("DROP TABLE old_signing_item")
    db.execute_sql("DROP TABLE old_signing_session")
