"""Delivery: lanes and lines of orders, attempts, the state of the line to the axis, calls to a partner's clerk."""

from peewee import CharField, ForeignKeyField, IntegerField, Model, TextField

from models.db import MomentField


def up(migrator, db):
    _orders(migrator, db)
    _exchange(migrator, db)


def _orders(migrator, db):
    class Order(Model):
        class Meta:
            database = db
            table_name = "order"

    class OrderLane(Model):
        order = ForeignKeyField(Order, field=Order.id, backref="+", on_delete="CASCADE")
        lane = CharField()
        turn = IntegerField()
        urgency = IntegerField(default=0)

        class Meta:
            database = db
            table_name = "order_lane"
            indexes = ((("lane", "turn", "urgency"), False),)

    migrator.migrate(
        migrator.add_column("order", "line", CharField(default="")),
        migrator.add_column("order", "tries", IntegerField(default=0)),
        migrator.add_column("order", "faults", IntegerField(default=0)),
        migrator.add_column("order", "failing_since", MomentField(null=True)),
    )
    db.create_tables([OrderLane])
    db.execute_sql(
        'CREATE INDEX "order_waiting" ON "order" ("state", "priority" DESC, "due_at", "id", "kind", "line")'
    )
    db.execute_sql(
        "UPDATE \"order\" SET line = 'axis' WHERE state IN ('due', 'running') AND kind = 'deliver' AND subject_id IN "
        "(SELECT id FROM consignment WHERE transport = 'axis')"
    )
    db.execute_sql(
        "UPDATE \"order\" SET line = 'axis' WHERE state IN ('due', 'running') AND kind = 'status' AND subject_id IN "
        "(SELECT m.id FROM status_message m JOIN consignment c ON c.id = m.consignment_id WHERE c.transport = 'axis')"
    )


def _exchange(migrator, db):
    class Attempt(Model):
        direction = CharField()
        kind = CharField()
        sha256 = CharField(max_length=64)
        axis_id = CharField(default="")
        n = IntegerField(default=1)
        started_at = MomentField()
        ended_at = MomentField()
        outcome = CharField()
        words = TextField(default="")

        class Meta:
            database = db
            table_name = "attempt"
            indexes = ((("sha256", "id"), False),)

    migrator.migrate(
        migrator.add_column("consignment", "called_at", MomentField(null=True)),
        migrator.add_column("consignment", "resent_at", MomentField(null=True)),
        migrator.add_column("axis_connection", "down_since", MomentField(null=True)),
        migrator.add_column("axis_connection", "probe_at", MomentField(null=True)),
        migrator.add_column("axis_connection", "probes", IntegerField(default=0)),
        migrator.add_column("axis_connection", "plain_until", MomentField(null=True)),
        migrator.add_column("axis_connection", "locked_next_secret", TextField(default="")),
    )
    db.create_tables([Attempt])
    db.execute_sql('CREATE INDEX "status_message_axis_id" ON "status_message" ("axis_id")')
