"""Recall that leaves nothing behind: tombstones, rules, wire forms, paper to give back, updates; the index that deletes."""

from peewee import CharField, ForeignKeyField, IntegerField, Model, TextField

from models import fulltext, lookups
from models.db import BooleanField, MomentField


def up(migrator, db):
    def known(name):
        meta = type("Meta", (), {"database": db, "table_name": name})
        return type(name.title(), (Model,), {"Meta": meta, "__module__": __name__})

    Agency, Document = known("agency"), known("document")
    StatusMessage, File, Recall = known("status_message"), known("file"), known("recall")
    migrator.migrate(
        migrator.add_column("document", "closed_at", MomentField(null=True)),
        migrator.add_column("recall", "replacement_id", ForeignKeyField(Document, field=Document.id, null=True, backref="+")),
        migrator.add_column("recall", "replaced_by", CharField(default="")),
        migrator.add_column("recall", "follows_id", ForeignKeyField(Recall, field=Recall.id, null=True, backref="+")),
        migrator.add_column("recall", "stage", CharField(default="")),
        migrator.add_column("recall", "message_id", ForeignKeyField(StatusMessage, field=StatusMessage.id, null=True, backref="+")),
        migrator.add_column("recall", "decide_until", MomentField(null=True)),
        migrator.add_column("recall", "decided_by", CharField(default="")),
        migrator.add_column("recall", "decided_at", MomentField(null=True)),
        migrator.add_column("recall", "told", TextField(default="")),
        migrator.add_column("recall", "rounds", IntegerField(default=0)),
    )  # fmt: skip
    # What was recalled before this release was only closed: its bytes go with the next round of erasing.
    db.execute_sql("UPDATE recall SET stage = 'old' WHERE direction = 'in'")
    db.execute_sql(
        "UPDATE document SET closed_at = recalled_at WHERE flow = 'incoming' AND recalled_at IS NOT NULL"
    )
    _tables(db, Agency, Document, File, Recall)
    _index(db)


def _tables(db, Agency, Document, File, Recall):
    class Tombstone(Model):
        recall = ForeignKeyField(Recall, field=Recall.id, backref="+")
        document = ForeignKeyField(Document, field=Document.id, null=True, backref="+")
        kind = CharField()
        sha256 = CharField(max_length=64, index=True)
        size = IntegerField(default=0)
        file = ForeignKeyField(File, field=File.id, null=True, backref="+")
        closed_at = MomentField()
        erase_on = MomentField()
        erased_at = MomentField(null=True)
        shared = BooleanField(default=False)
        by = CharField(default="")

        class Meta:
            database = db
            table_name = "tombstone"

    class RecallRule(Model):
        agency = ForeignKeyField(Agency, field=Agency.id, unique=True, backref="+")
        decision_hours = IntegerField(default=0)
        keeps_days = IntegerField(default=0)
        set_by = CharField(default="")
        set_at = MomentField(null=True)

        class Meta:
            database = db
            table_name = "recall_rule"

    class RecallForm(Model):
        partner = ForeignKeyField(Agency, field=Agency.id, unique=True, backref="+")
        form = CharField()
        noted_at = MomentField()

        class Meta:
            database = db
            table_name = "recall_form"

    class PaperReturn(Model):
        recall = ForeignKeyField(Recall, field=Recall.id, backref="+")
        agency = ForeignKeyField(Agency, field=Agency.id, backref="+")
        direction = CharField()
        holder = CharField()
        copies = IntegerField(default=1)
        document = ForeignKeyField(Document, field=Document.id, null=True, backref="+")
        asked_at = MomentField()
        done_at = MomentField(null=True)
        done_by = CharField(default="")
        note = CharField(default="")

        class Meta:
            database = db
            table_name = "paper_return"

    class DocumentUpdate(Model):
        document = ForeignKeyField(Document, field=Document.id, unique=True, backref="+")
        agency = ForeignKeyField(Agency, field=Agency.id, backref="+")
        answer = CharField()
        reason = TextField(default="")
        answered_by = CharField(default="")
        answered_at = MomentField()

        class Meta:
            database = db
            table_name = "document_update"

    db.create_tables([Tombstone, RecallRule, RecallForm, PaperReturn, DocumentUpdate])


def _index(db):
    """The index anew, since the one before kept the words of what it had deleted."""
    fulltext.drop()
    fulltext.create()
    names = {kind.code: kind.name for kind in lookups.DOCUMENT_TYPES}
    wanted = (
        "SELECT d.agency_id, d.code_number, d.code_notation, d.subject, d.type_code, d.organ_name, d.signer_name,"
        " d.to_places, d.description, d.recall_reason, w.words FROM document d"
        " LEFT JOIN page_words w ON w.document_id = d.id WHERE d.id = ?"
    )
    for (document_id,) in db.execute_sql("SELECT id FROM document").fetchall():
        row = db.execute_sql(wanted, (document_id,)).fetchone()
        agency_id, number, notation, subject, kind, organ, signer, places, note, reason, words = row
        number = number.zfill(2) if number.isdecimal() else number
        full = f"{number or '…'}/{notation}" if notation else number
        recall = f"Thu hồi {reason}" if reason else ""
        fulltext.put(document_id, agency_id, full, subject, names.get(kind, ""), organ, signer, places, note, recall,
                     pages=words or "")  # fmt: skip
