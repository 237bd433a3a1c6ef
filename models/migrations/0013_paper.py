"""Paper beside the electronic document (Quy chế Điều 9): rules with their dates, the clerk's choices, copies on their way.

The address book: recipient classes, mergers with undo, rounds of synchronisation with what they changed, groups, search.
"""

import re
import unicodedata
from datetime import date

from peewee import CharField, ForeignKeyField, IntegerField, Model, TextField

from models.db import BooleanField, DateField, MomentField

REGULATION, SINCE = "Quyết định 102/2019/QĐ-UBND", date(2019, 7, 26)
# with paper, copies, nature, recipient class, retention, article
RULES = (
    (False, 0, "notice", "", "", "9.2.b"),
    (False, 0, "communique", "", "", "9.2.b"),
    (False, 0, "telegram", "", "", "9.2.b"),
    (False, 0, "guidance", "", "", "9.2.b"),
    (False, 0, "coordination", "", "", "9.2.b"),
    (False, 0, "opinions", "", "", "9.2.b"),
    (False, 0, "information", "", "", "9.2.b"),
    (False, 0, "periodic_report", "", "", "9.2.b"),
    (False, 0, "statistics", "", "", "9.2.b"),
    (False, 0, "invitation", "", "", "9.2.b"),
    (False, 0, "online_procedure", "", "", "9.2.b"),
    (True, 1, "", "government", "", "9.3.a"),
    (True, 1, "legal", "", "", "9.3.b"),
    (True, 1, "", "outside", "", "9.3.b"),
    (True, 1, "", "legal_review", "", "9.3.b"),
    (True, 1, "", "party", "", "9.3.c"),
    (True, 1, "", "council", "", "9.3.c"),
    (True, 1, "", "", "permanent", "9.3.d"),
)
WORDS = (
    "CREATE VIRTUAL TABLE agency_words USING fts5(search_words, content='agency', content_rowid='id', prefix='2 3 4')",
    """CREATE TRIGGER agency_words_new AFTER INSERT ON agency BEGIN
         INSERT INTO agency_words(rowid, search_words) VALUES (new.id, new.search_words); END""",
    """CREATE TRIGGER agency_words_changed AFTER UPDATE OF search_words ON agency
         WHEN old.search_words <> new.search_words BEGIN
         INSERT INTO agency_words(agency_words, rowid, search_words) VALUES ('delete', old.id, old.search_words);
         INSERT INTO agency_words(rowid, search_words) VALUES (new.id, new.search_words); END""",
    """CREATE TRIGGER agency_words_gone AFTER DELETE ON agency BEGIN
         INSERT INTO agency_words(agency_words, rowid, search_words) VALUES ('delete', old.id, old.search_words); END""",
)
SPELT_OUT = (("ubnd", "uy ban nhan dan"), ("hdnd", "hoi dong nhan dan"), ("vp", "van phong"))


def _words(*parts):
    plain = " ".join(parts).replace("đ", "d").replace("Đ", "D")
    letters = (c for c in unicodedata.normalize("NFD", plain) if not unicodedata.combining(c))
    words = re.findall(r"[0-9a-z]+", "".join(letters).lower())
    name = [word for word in re.findall(r"[0-9a-z]+", parts[0])]
    full = [part for word in name for part in dict(SPELT_OUT).get(word, word).split()]
    short = "".join(word[0] for word in full)
    shorter = "".join(word[0] for word in full if word not in ("va", "cua"))
    return " ".join(dict.fromkeys([*words, *full, short, shorter]))


def up(migrator, db):
    class Agency(Model):
        name = CharField()
        folded_name = CharField()
        short_name = CharField()
        notation = CharField()
        hosted = BooleanField()
        search_words = TextField(default="")

        class Meta:
            database = db
            table_name = "agency"

    class Unit(Model):
        class Meta:
            database = db
            table_name = "unit"

    class Document(Model):
        class Meta:
            database = db
            table_name = "document"

    class Recipient(Model):
        class Meta:
            database = db
            table_name = "recipient"

    def to_agency(null=False):
        return ForeignKeyField(Agency, field=Agency.id, backref="+", null=null)

    migrator.migrate(
        migrator.add_column("document", "nature", CharField(default="")),
        migrator.add_column("document", "retention", CharField(default="")),
        migrator.add_column("agency", "recipient_class", CharField(default="")),
        migrator.add_column("agency", "clerk_name", CharField(default="")),
        migrator.add_column("agency", "unconnected_since", DateField(null=True)),
        migrator.add_column("agency", "successor_id", to_agency(null=True)),
        migrator.add_column("agency", "contact_agency_id", to_agency(null=True)),
        migrator.add_column("agency", "search_words", TextField(default="")),
    )
    provinces = {}
    for agency_id, code in db.execute_sql("SELECT agency_id, code FROM agency_code").fetchall():
        level_1 = code[:3] if re.match(r"^[A-Y]\d{2}(\.|$)", code) else code[-3:]
        if re.match(r"^[A-Z]\d{2}$", level_1):
            provinces.setdefault(agency_id, []).append(f"qqq{level_1.lower()}")
    for row in list(Agency.select()):
        tokens = dict.fromkeys((["qqqday"] if row.hosted else []) + provinces.get(row.id, []))
        words = " ".join([_words(row.folded_name, row.short_name, row.notation), *tokens])
        Agency.update(search_words=words).where(Agency.id == row.id).execute()
    for statement in WORDS:
        db.execute_sql(statement)
    db.execute_sql("INSERT INTO agency_words(agency_words) VALUES ('rebuild')")

    class PaperRule(Model):
        with_paper = BooleanField()
        copies = IntegerField()
        nature = CharField(default="")
        type_code = CharField(default="")
        recipient_class = CharField(default="")
        retention = CharField(default="")
        article = CharField(default="")
        decision = CharField()
        valid_from = DateField()
        valid_to = DateField(null=True)
        ending = CharField(default="")
        follows = ForeignKeyField("self", null=True, backref="+")
        entered_at = MomentField(null=True)
        entered_by = CharField(default="")
        ended_at = MomentField(null=True)
        ended_by = CharField(default="")

        class Meta:
            database = db
            table_name = "paper_rule"

    class PaperChoice(Model):
        recipient = ForeignKeyField(
            Recipient, field=Recipient.id, backref="+", unique=True, on_delete="CASCADE"
        )
        electronic = BooleanField()
        copies = IntegerField()
        reason = CharField()
        chosen_at = MomentField()
        chosen_by = CharField()

        class Meta:
            database = db
            table_name = "paper_choice"

    class PaperCopy(Model):
        document = ForeignKeyField(Document, field=Document.id, backref="+", on_delete="CASCADE")
        agency = to_agency(null=True)
        name = CharField()
        copies = IntegerField()
        state = CharField()
        basis = CharField(default="")
        reason = CharField(default="")
        unsent_reason = CharField(default="")
        unsent_kind = CharField(default="")
        way = CharField(default="")
        postal_number = CharField(default="")
        envelopes = IntegerField(default=1)
        sent_on = DateField(null=True)
        sent_by = CharField(default="")
        received_on = DateField(null=True)
        received_by = CharField(default="")
        returned_on = DateField(null=True)
        return_reason = CharField(default="")
        given_back_on = DateField(null=True)
        given_back_note = CharField(default="")
        note = CharField(default="")
        made_at = MomentField()

        class Meta:
            database = db
            table_name = "paper_copy"
            indexes = ((("document", "name"), False), (("state", "sent_on"), False))

    class PaperArrival(Model):
        document = ForeignKeyField(Document, field=Document.id, backref="+", unique=True, on_delete="CASCADE")
        arrived_on = DateField()
        copies = IntegerField(default=1)
        place = CharField(default="")
        note = CharField(default="")
        recorded_at = MomentField()
        recorded_by = CharField()

        class Meta:
            database = db
            table_name = "paper_arrival"

    class AgencyMerger(Model):
        old = to_agency()
        new = to_agency()
        decision = CharField()
        day = DateField()
        before = TextField(default="{}")
        merged_at = MomentField()
        merged_by = CharField()
        undone_at = MomentField(null=True)
        undone_by = CharField(default="")
        undo_reason = CharField(default="")

        class Meta:
            database = db
            table_name = "agency_merger"

    class DirectoryRound(Model):
        started_at = MomentField()
        finished_at = MomentField(null=True)
        state = CharField()
        digest = CharField(default="")
        total = IntegerField(default=0)
        cursor = IntegerField(default=0)
        counts = TextField(default="{}")
        trouble = TextField(default="")

        class Meta:
            database = db
            table_name = "directory_round"

    class DirectoryChange(Model):
        round = ForeignKeyField(DirectoryRound, field=DirectoryRound.id, backref="+")
        kind = CharField()
        code = CharField()
        agency = to_agency(null=True)
        before = CharField(default="")
        after = CharField(default="")
        data = TextField(default="{}")
        state = CharField()
        decided_at = MomentField(null=True)
        decided_by = CharField(default="")

        class Meta:
            database = db
            table_name = "directory_change"
            indexes = ((("round", "kind"), False), (("state", "code"), False))

    class RecipientGroup(Model):
        agency = to_agency()
        name = CharField()

        class Meta:
            database = db
            table_name = "recipient_group"
            indexes = ((("agency", "name"), True),)

    class GroupMember(Model):
        group = ForeignKeyField(RecipientGroup, field=RecipientGroup.id, backref="+", on_delete="CASCADE")
        agency = to_agency()

        class Meta:
            database = db
            table_name = "group_member"
            indexes = ((("group", "agency"), True),)

    db.create_tables(
        [PaperRule, PaperChoice, PaperCopy, PaperArrival, AgencyMerger, DirectoryRound, DirectoryChange,
         RecipientGroup, GroupMember]
    )  # fmt: skip
    for with_paper, copies, nature, recipient_class, retention, article in RULES:
        PaperRule.create(
            with_paper=with_paper, copies=copies, nature=nature, recipient_class=recipient_class, retention=retention,
            article=article, decision=REGULATION, valid_from=SINCE,
        )  # fmt: skip
