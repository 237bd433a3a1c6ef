"""All tables of the first release."""

from models import fulltext, tables


def up(migrator, db):
    db.create_tables(tables.all_tables())
    fulltext.create()
