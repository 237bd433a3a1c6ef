"""Migrations: the frozen steps give just the tables the program uses; a newer database is refused."""

import pytest
from playhouse.schema_diff import diff_models

from models import db, schema, tables


def test_the_frozen_steps_make_the_tables_of_the_program(data):
    found = diff_models(db.database, tables.all_tables())
    assert not any(found), found
    assert {table for table in db.database.get_tables() if table.startswith("document_words")}


def test_a_migrated_database_needs_nothing_more(data):
    assert schema.migrate() == []


def test_data_of_a_newer_release_is_refused(data):
    with db.write():
        db.database.execute_sql(
            "INSERT INTO schema_migration (name, applied) VALUES ('9999_sau_nay', '2030-01-01')"
        )
    with pytest.raises(schema.NewerSchema, match="9999"):
        schema.migrate()


def test_a_snapshot_is_a_whole_database(data):
    copy = schema.snapshot("thu")
    db.open_database(copy)
    with db.connection():
        assert schema.migrate() == []
