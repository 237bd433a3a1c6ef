"""The hub: kinds of system, two secrets at a time, queues, figures, parts of packets, bytes that go while rows stay."""

from peewee import CharField, ForeignKeyField, IntegerField, Model, TextField
from playhouse.apsw_ext import DateField

from models import text
from models.db import MomentField


def up(migrator, db):
    class File(Model):
        class Meta:
            database = db
            table_name = "file"

    class System(Model):
        class Meta:
            database = db
            table_name = "system"

    class Packet(Model):
        axis_id = CharField(max_length=64, unique=True)
        key = CharField(max_length=64, unique=True)
        system = ForeignKeyField(System, field=System.id, backref="+", index=False)
        message_type = CharField()
        kind = CharField(default="")
        from_code = CharField()
        wire_id = CharField(default="")
        title = CharField(default="")
        notation = CharField(default="")
        file = ForeignKeyField(File, field=File.id, backref="+", null=True)
        sha256 = CharField(max_length=64, default="")
        size = IntegerField(default=0)
        created_at = MomentField()

        class Meta:
            database = db
            table_name = "packet"
            legacy_table_names = False
            indexes = ((("system", "message_type", "id"), False), (("from_code", "wire_id"), False))

    class Delivery(Model):
        axis_id = CharField(max_length=64, unique=True)
        packet = ForeignKeyField(Packet, field=Packet.id, backref="+")
        system = ForeignKeyField(System, field=System.id, backref="+", index=False)
        message_type = CharField()
        to_code = CharField()
        state = CharField(default="initial")
        queue = CharField(default="waiting")
        rank = IntegerField(default=4)
        description = CharField(default="")
        upper_id = CharField(default="")
        created_at = MomentField()
        updated_at = MomentField()

        class Meta:
            database = db
            table_name = "delivery"
            legacy_table_names = False
            indexes = (
                (("queue", "system", "message_type", "rank", "id"), False), (("to_code", "id"), False),
            )  # fmt: skip

    class Clash(Model):
        packet = ForeignKeyField(Packet, field=Packet.id, backref="+", unique=True)
        first = ForeignKeyField(Packet, field=Packet.id, backref="+")
        noticed_at = MomentField()
        settled_at = MomentField(null=True)
        settled_by = CharField(default="")

        class Meta:
            database = db
            table_name = "clash"

    class Traffic(Model):
        day = DateField()
        code = CharField()
        kind = CharField()
        sent = IntegerField(default=0)
        received = IntegerField(default=0)
        taken = IntegerField(default=0)
        size = IntegerField(default=0)

        class Meta:
            database = db
            table_name = "traffic"
            indexes = ((("day", "code", "kind"), True),)

    class Upload(Model):
        system = ForeignKeyField(System, field=System.id, backref="+")
        sha256 = CharField(max_length=64)
        size = IntegerField()
        offset = IntegerField(default=0)
        started_at = MomentField()
        touched_at = MomentField()

        class Meta:
            database = db
            table_name = "upload"
            indexes = ((("system", "sha256"), True),)

    class Keeping(Model):
        guard = IntegerField(unique=True, default=1)
        days = IntegerField(default=90)

        class Meta:
            database = db
            table_name = "keeping"

    def column(table, name, field):
        migrator.migrate(migrator.add_column(table, name, field))

    column("system", "kind", CharField(default="remote"))
    column("system", "secret_at", MomentField(null=True))
    column("system", "secret_used_at", MomentField(null=True))
    column("system", "former_secret", TextField(default=""))
    column("system", "former_until", MomentField(null=True))
    column("system", "former_used_at", MomentField(null=True))
    column("system", "last_operation", CharField(default=""))
    column("system", "last_code", CharField(default=""))
    column("system", "last_words", CharField(default=""))
    column("member", "folded_name", CharField(default=""))
    column("member", "registered_version", IntegerField(default=0))
    column("member", "registration", CharField(default=""))
    migrator.migrate(migrator.add_index("member", ("system_id", "code"), False))
    db.execute_sql("UPDATE system SET secret_at = created_at")
    for number, name in db.execute_sql("SELECT id, name FROM member").fetchall():
        db.execute_sql("UPDATE member SET folded_name = ? WHERE id = ?", (text.fold(name), number))
    _make_anew(db, migrator, Packet, Delivery)
    db.create_tables([Clash, Traffic, Upload, Keeping])
    _count(db)


def _make_anew(db, migrator, packet, delivery):
    """Packets may lose their bytes, deliveries have their place in a queue: both tables are copied into new ones."""
    for table in ("packet", "delivery"):
        for index in db.get_indexes(table):
            if not index.name.startswith("sqlite_autoindex"):
                migrator.migrate(migrator.drop_index(table, index.name))
    db.execute_sql("ALTER TABLE delivery RENAME TO delivery_before")
    db.execute_sql("ALTER TABLE packet RENAME TO packet_before")
    db.create_tables([packet, delivery])
    db.execute_sql(
        "INSERT INTO packet (id, axis_id, key, system_id, message_type, kind, from_code, wire_id, title, notation, "
        "file_id, sha256, size, created_at) SELECT p.id, p.axis_id, p.key, p.system_id, p.message_type, "
        "CASE WHEN p.message_type = 'status' THEN p.title ELSE 'new' END, p.from_code, p.wire_id, p.title, p.notation, "
        "p.file_id, f.sha256, f.size, p.created_at FROM packet_before p JOIN file f ON f.id = p.file_id"
    )
    db.execute_sql(
        "INSERT INTO delivery (id, axis_id, packet_id, system_id, message_type, to_code, state, queue, rank, "
        "description, upper_id, created_at, updated_at) SELECT id, axis_id, packet_id, system_id, message_type, "
        "to_code, state, CASE state WHEN 'done' THEN '' WHEN 'fail' THEN 'failed' ELSE 'waiting' END, 4, "
        "description, '', created_at, updated_at FROM delivery_before"
    )
    db.execute_sql("DROP TABLE delivery_before")
    db.execute_sql("DROP TABLE packet_before")


def _count(db):
    """The figures of what has passed already, by day (Vietnam's) and agency."""
    day = "date({}.created_at, '+7 hours')"
    kind = "CASE WHEN p.message_type = 'status' THEN p.kind ELSE 'edoc' END"
    add = (
        "INSERT INTO traffic (day, code, kind, sent, received, taken, size) {} "
        "ON CONFLICT (day, code, kind) DO UPDATE SET sent = traffic.sent + excluded.sent, "
        "received = traffic.received + excluded.received, taken = traffic.taken + excluded.taken, "
        "size = traffic.size + excluded.size"
    )
    db.execute_sql(
        add.format(
            f"SELECT {day.format('p')}, p.from_code, {kind}, count(*), 0, 0, sum(p.size) FROM packet p "
            "WHERE true GROUP BY 1, 2, 3"
        )
    )
    db.execute_sql(
        add.format(
            f"SELECT {day.format('d')}, d.to_code, {kind}, 0, count(*), sum(d.state = 'done'), 0 "
            "FROM delivery d JOIN packet p ON p.id = d.packet_id WHERE true GROUP BY 1, 2, 3"
        )
    )
