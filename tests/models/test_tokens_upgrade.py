"""Upgrade of an installation that kept its devices the first release's way: nobody loses what he keeps or owns."""

import pytest
from playhouse.migrations import Runner

from models import config, db, schema, tokens, tokens_custody

ROWS = """
INSERT INTO agency (id, name, short_name, parent_name, folded_name, kind, notation, place, address, email, telephone, fax,
  website, hosted, connection, connection_note) VALUES (1, 'Sở A', '', '', 'so a', '', '', '', '', '', '', '', '', 1, 'none', '');
INSERT INTO person (id, login, full_name, password_hash, email, telephone, failures, must_change_password)
  VALUES (1, 'lan', 'Lan', '', '', '', 0, 0), (2, 'hoa', 'Hoa', '', '', '', 0, 0);
INSERT INTO post (id, person_id, agency_id, title, roles, starts_on) VALUES (1, 1, 1, 'Văn thư', 'clerk', '2026-01-01');
INSERT INTO certificate (id, sha256, der, chain, serial, name, organisation, issuer, kind, not_before, not_after, person_id,
  agency_id, bound_at, ended_at) VALUES
  (1, 'c0', x'00', x'', '1', 'Sở A', '', '', 'organisation', '2026-01-01T00:00:00.000000Z', '2036-01-01T00:00:00.000000Z', NULL, 1, '2026-01-01T00:00:00.000000Z', NULL),
  (2, 'aa', x'00', x'', '2', 'Hoa', '', '', 'person', '2026-01-01T00:00:00.000000Z', '2036-01-01T00:00:00.000000Z', 2, 1, '2026-01-02T00:00:00.000000Z', NULL),
  (3, 'bb', x'00', x'', '3', 'Sở A', '', '', 'organisation', '2026-01-01T00:00:00.000000Z', '2036-01-01T00:00:00.000000Z', NULL, 1, '2026-01-01T00:00:00.000000Z', '2026-02-01T00:00:00.000000Z');
INSERT INTO key_token (id, agency_id, certificate_id, serial, place, keeper_id, kept_since)
  VALUES (1, 1, 1, 'TB-01', 'Két', 1, '2026-01-03T00:00:00.000000Z');
INSERT INTO custody (id, token_id, from_name, to_name, minutes_number, minutes_date, condition, at)
  VALUES (1, 1, '', 'Lan – Văn thư', '01/BB', '2026-01-03', 'Mới', '2026-01-03T00:00:00.000000Z');
"""


@pytest.fixture
def upgraded(tmp_path):
    """A database of the release before, with devices in it, brought to this release."""
    config.use(config.Config(data=tmp_path, mode="demo"))
    db.open_database(tmp_path / "vanthu.db")
    with db.connection():
        Runner(db.database, str(schema.FOLDER)).up("0003_certified_copies")
        for statement in ROWS.strip().split(";\n"):
            db.database.execute_sql(statement)
        assert "0004_custody" in schema.migrate()
    yield
    db.database.close()


def test_keepers_and_owners_stay_and_each_certificate_has_its_device(upgraded):
    with db.connection():
        rows = {one.certificate.sha256: one for one in tokens.devices(1)}
        assert rows["c0"].keeper.label == "Lan – Văn thư" and rows["c0"].kind == "organisation"
        assert (
            rows["aa"].person.full_name == "Hoa"
            and rows["aa"].kind == "person"
            and rows["aa"].state == "in_use"
        )
        assert rows["bb"].state == "revoked" and rows["bb"].keeper is None
        act = tokens_custody.of(rows["c0"])[0]
        assert (act.kind, act.state, act.minutes_number, act.lacks_copy) == (
            "hand_over",
            "done",
            "01/BB",
            True,
        )
        assert db.database.execute_sql("PRAGMA foreign_key_check").fetchall() == []
