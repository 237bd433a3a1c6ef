"""The minute in which a registration can be undone: until when, and in which post it was made."""

from peewee import ForeignKeyField, Model

from models.db import MomentField


def up(migrator, db):
    class Post(Model):
        class Meta:
            database = db
            table_name = "post"

    migrator.migrate(
        migrator.add_column("document", "held_until", MomentField(null=True)),
        migrator.add_column(
            "document", "held_post_id", ForeignKeyField(Post, field=Post.id, null=True, backref="+")
        ),
    )
