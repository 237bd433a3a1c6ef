"""All tables of the first release."""

from models import tables


def up(migrator, db):
    db.create_tables(tables.all_tables())
