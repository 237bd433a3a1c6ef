"""What the clerk's form knows: senders by use, routing rules, carriers and whereabouts of paper, documents passed on without
registration, corrections of the register, saved views. Senders are filled from the documents registered so far.
"""

import re
import unicodedata

from peewee import BooleanField, CharField, ForeignKeyField, IntegerField, Model, TextField

from models.db import MomentField

WORDS = (
    "CREATE VIRTUAL TABLE sender_words USING fts5(search_words, content='sender', content_rowid='id', prefix='2 3 4')",
    """CREATE TRIGGER sender_words_new AFTER INSERT ON sender BEGIN
         INSERT INTO sender_words(rowid, search_words) VALUES (new.id, new.search_words); END""",
    """CREATE TRIGGER sender_words_changed AFTER UPDATE OF search_words ON sender
         WHEN old.search_words <> new.search_words BEGIN
         INSERT INTO sender_words(sender_words, rowid, search_words) VALUES ('delete', old.id, old.search_words);
         INSERT INTO sender_words(rowid, search_words) VALUES (new.id, new.search_words); END""",
    """CREATE TRIGGER sender_words_gone AFTER DELETE ON sender BEGIN
         INSERT INTO sender_words(sender_words, rowid, search_words) VALUES ('delete', old.id, old.search_words); END""",
)
SPELT_OUT = {
    "ubnd": "uy ban nhan dan", "hdnd": "hoi dong nhan dan", "vp": "van phong", "tp": "thanh pho", "tx": "thi xa",
    "ubmttq": "uy ban mat tran to quoc", "mttq": "mat tran to quoc", "tand": "toa an nhan dan",
    "vksnd": "vien kiem sat nhan dan", "ldld": "lien doan lao dong", "bhxh": "bao hiem xa hoi",
    "bch": "ban chi huy", "bql": "ban quan ly", "qlda": "quan ly du an", "tnmt": "tai nguyen moi truong",
    "khdt": "ke hoach dau tu", "gddt": "giao duc dao tao", "gtvt": "giao thong van tai", "khcn": "khoa hoc cong nghe",
    "nnptnt": "nong nghiep phat trien nong thon", "ldtbxh": "lao dong thuong binh xa hoi",
    "tttt": "thong tin truyen thong", "vhttdl": "van hoa the thao du lich", "nnmt": "nong nghiep moi truong",
}  # fmt: skip


def _fold(value):
    plain = (value or "").replace("đ", "d").replace("Đ", "D")
    return "".join(c for c in unicodedata.normalize("NFD", plain) if not unicodedata.combining(c)).lower()


def _plain(name):
    joint = "" if re.search(r"\b\w{1,4}&\w{1,4}\b", name or "") else " va "
    return re.findall(r"[0-9a-z]+", _fold(re.sub(r"(?<=\w)\s*&\s*(?=\w)", joint, name or "")))


def _full(name):
    return [part for word in _plain(name) for part in SPELT_OUT.get(word, word).split()]


def _key(name, parent):
    words = [word for word in _full(name) if word != "va"]
    above = [word for word in _full(parent) if word != "va"] if len(words) <= 2 else []
    return " ".join(words) + (f" | {' '.join(above)}" if above else "")


def _words(agency_id, name, parent, code):
    full = _full(name)
    shorter = [word for word in full if word not in ("va", "cua")]
    letters = ["".join(word[0] for word in full)]
    letters += ["".join(word[0] for word in shorter[start:]) for start in range(min(5, len(shorter)))]
    names = [*re.findall(r"[0-9a-z]+", _fold(name)), *full, *(one for one in letters if len(one) > 1)]
    above = [*re.findall(r"[0-9a-z]+", _fold(parent)), *_full(parent)]
    codes = re.findall(r"[0-9a-z]+", code.lower())
    return " ".join(dict.fromkeys([f"coquan{agency_id}", *names, *above, *codes]))


def up(migrator, db):
    class Agency(Model):
        class Meta:
            database = db
            table_name = "agency"

    class Unit(Model):
        class Meta:
            database = db
            table_name = "unit"

    class Post(Model):
        class Meta:
            database = db
            table_name = "post"

    class Document(Model):
        class Meta:
            database = db
            table_name = "document"

    class Scan(Model):
        class Meta:
            database = db
            table_name = "scan"

    def to(model, null=False, **rest):
        return ForeignKeyField(model, field=model.id, backref="+", null=null, **rest)

    class Sender(Model):
        agency = to(Agency)
        name = CharField()
        key = CharField()
        parent_name = CharField(default="")
        code = CharField(default="")
        search_words = TextField(default="")
        uses = IntegerField(default=0)
        last_used_at = MomentField(null=True)
        merged_into = ForeignKeyField("self", null=True)
        made_at = MomentField()
        made_by = CharField(default="")

        class Meta:
            database = db
            table_name = "sender"
            indexes = ((("agency", "key"), True), (("agency", "last_used_at"), False))

    class SenderMerger(Model):
        old = to(Sender)
        kept = to(Sender)
        reason = CharField(default="")
        merged_at = MomentField()
        merged_by = CharField()
        undone_at = MomentField(null=True)
        undone_by = CharField(default="")

        class Meta:
            database = db
            table_name = "sender_merger"

    class RouteRule(Model):
        agency = to(Agency)
        sender_name = CharField(default="")
        type_code = CharField(default="")
        words = CharField(default="")
        post = to(Post, null=True)
        unit = to(Unit, null=True)
        straight = BooleanField(default=False)
        decision = CharField(default="")
        made_at = MomentField()
        made_by = CharField()
        ended_at = MomentField(null=True)
        ended_by = CharField(default="")

        class Meta:
            database = db
            table_name = "route_rule"

    class Carrier(Model):
        document = to(Document, on_delete="CASCADE")
        kind = CharField()
        came_at = MomentField()
        scan = to(Scan, null=True)
        note = CharField(default="")
        joined_at = MomentField()
        joined_by = CharField()

        class Meta:
            database = db
            table_name = "carrier"

    class PaperMove(Model):
        document = to(Document, on_delete="CASCADE")
        place = CharField(default="")
        post = to(Post, null=True)
        holder_name = CharField(default="")
        note = CharField(default="")
        moved_at = MomentField()
        moved_by = CharField()

        class Meta:
            database = db
            table_name = "paper_move"

    class PassedOn(Model):
        document = to(Document, unique=True, on_delete="CASCADE")
        kind = CharField()
        post = to(Post, null=True)
        unit = to(Unit, null=True)
        organisation = CharField(default="")
        note = CharField(default="")
        passed_at = MomentField()
        passed_by = CharField()
        taken_at = MomentField(null=True)
        taken_by = CharField(default="")

        class Meta:
            database = db
            table_name = "passed_on"

    class Correction(Model):
        document = to(Document, on_delete="CASCADE")
        field = CharField()
        before = TextField(default="")
        after = TextField(default="")
        reason = CharField()
        corrected_at = MomentField()
        corrected_by = CharField()

        class Meta:
            database = db
            table_name = "correction"

    class SavedView(Model):
        post = to(Post, on_delete="CASCADE")
        place = CharField()
        name = CharField()
        query = TextField()
        made_at = MomentField()

        class Meta:
            database = db
            table_name = "saved_view"
            indexes = ((("post", "place", "name"), True),)

    migrator.migrate(migrator.add_column("document", "sender_id", IntegerField(null=True)))
    db.execute_sql("CREATE INDEX document_agency_id_sender_id ON document (agency_id, sender_id)")
    db.execute_sql(
        "CREATE INDEX document_agency_id_flow_register_year_state ON document (agency_id, flow, register_year, state)"
    )
    db.create_tables([Sender, SenderMerger, RouteRule, Carrier, PaperMove, PassedOn, Correction, SavedView])
    for statement in WORDS:
        db.execute_sql(statement)
    _fill(db, Sender)


def _fill(db, sender):
    """One entry a name that registered documents came from; of the names written alike the newest is shown."""
    rows = db.execute_sql(
        "SELECT agency_id, organ_name, parent_organ_name, max(organ_id), count(*), max(coalesce(received_at, created_at)) "
        "FROM document WHERE flow = 'incoming' AND arrival_number IS NOT NULL AND organ_name <> '' "
        "GROUP BY agency_id, organ_name, parent_organ_name ORDER BY 6"
    ).fetchall()
    found = {}
    for agency_id, name, parent, code, many, last in rows:
        known = found.setdefault((agency_id, _key(name, parent)), {"uses": 0, "names": [], "code": ""})
        known |= {
            "uses": known["uses"] + many,
            "last": last,
            "code": code or known["code"],
            "name": name,
            "parent": parent,
        }
        known["names"].append((name, parent))
    for (agency_id, key), known in found.items():
        row = sender.create(
            agency=agency_id, name=known["name"], key=key, parent_name=known["parent"], code=known["code"],
            uses=known["uses"], last_used_at=known["last"], made_at=known["last"],
            search_words=_words(agency_id, known["name"], known["parent"], known["code"]),
        )  # fmt: skip
        for name, parent in known["names"]:
            db.execute_sql(
                "UPDATE document SET sender_id = ? WHERE agency_id = ? AND flow = 'incoming' AND organ_name = ? "
                "AND parent_organ_name = ? AND arrival_number IS NOT NULL",
                (row.id, agency_id, name, parent),
            )
