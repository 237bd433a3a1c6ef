"""Sessions as rows: one nonce one ticket, secrets only as hashes, a file that must not change, certificates by article."""

from datetime import timedelta

import dispatches
import pytest
from playhouse.migrations import Runner

from models import clock, config, db, errors, files, journal, schema, signing_outcomes, tokens
from models import signing_sessions as sessions


@pytest.fixture
def doc(office):
    with db.connection():
        return dispatches.draft(office)


def certificate(office, person=None, sha="d" * 64, days=300):
    """A certificate row past the verbs: of a person, or of A with Lan as the keeper."""
    now = clock.now()
    with db.write():
        row = tokens.Certificate.create(
            sha256=sha, der=b"der", serial="1", name="X", kind="person" if person else "organisation", not_before=now,
            not_after=now + timedelta(days=days), person=person, agency=office.a, bound_at=now,
        )  # fmt: skip
    return row


def item(doc, name="a.pdf", base="b" * 64):
    return sessions.Item(
        name, doc, base, files.store(b"work"), b"\1" * 32, "rsa", "sha256", {"version": 1}, pages=2
    )


def opened(office, doc, base="b" * 64, way="agent", whole=False):
    row = tokens.Certificate.get_or_none(tokens.Certificate.sha256 == "d" * 64) or certificate(
        office, office.hoa.person
    )
    return sessions.open_session(office.hoa, "leader", way, row, [item(doc, base=base)], whole=whole)


def test_the_ticket_says_what_is_signed_and_comes_once(office, doc):
    with db.connection():
        session, nonce, *_ = opened(office, doc)
        ticket = sessions.hand_out(nonce)
        assert ticket["items"] == [
            {
                "name": "a.pdf",
                "document": doc.subject,
                "pages": 2,
                "mechanism": "rsa",
                "hash": "sha256",
                "digest": "01" * 32,
            }
        ]
        assert (ticket["title"], ticket["purpose"]) == (doc.subject, "leader")
        with pytest.raises(errors.NotFound):
            sessions.hand_out(nonce)
        assert sessions.answered(session.id, office.hoa, nonce).id == session.id


def test_an_answer_without_a_ticket_does_not_count(office, doc):
    with db.connection():
        session, nonce, *_ = opened(office, doc)
        with pytest.raises(errors.Refused):
            sessions.answered(session.id, office.hoa, nonce)
        sessions.hand_out(nonce)
        with pytest.raises(errors.Refused):
            sessions.answered(session.id, office.hoa, "x" * 43)
        with pytest.raises(errors.NotFound):
            sessions.answered(session.id, office.lan, nonce)


def test_v7_a_changed_file_takes_no_signature(office, doc):
    with db.connection():
        session = opened(office, doc).session
        row = sessions.items_of(session)[0]
        with pytest.raises(errors.Conflict):
            signing_outcomes.require_fresh(session, row, "e" * 64)
        signing_outcomes.require_fresh(session, row, "b" * 64)


@pytest.mark.parametrize(("opened_at", "answered_at", "good"), [
    ("2026-03-02 23:50", "2026-03-02 23:59", True),
    ("2026-03-02 23:58", "2026-03-03 00:05", False),
])  # fmt: skip
def test_q12_2_a_session_of_yesterday_signs_nothing_today(office, doc, opened_at, answered_at, good):
    with dispatches.morning(opened_at):
        session = opened(office, doc).session
    with db.connection(), clock.freeze(answered_at):
        row = sessions.items_of(session)[0]
        if good:
            signing_outcomes.require_fresh(session, row, "b" * 64)
        else:
            with pytest.raises(errors.Refused, match="12.2"):
                signing_outcomes.require_fresh(session, row, "b" * 64)


def test_only_the_newest_session_is_open(office, doc):
    with db.connection():
        first = opened(office, doc)
        opened(office, doc)
        with pytest.raises(errors.NotFound):
            sessions.hand_out(first.nonce)
        assert sessions.SigningSession.get_by_id(first.session.id).state == "expired"


def test_sessions_end_by_themselves(office, doc):
    with db.connection():
        opened(office, doc)
        assert signing_outcomes.expire() == 0
        later = clock.local(clock.now() + 2 * sessions.LIFE)
        with clock.freeze(f"{later:%Y-%m-%d %H:%M}"):
            assert signing_outcomes.expire() == 1


def test_secrets_are_kept_as_hashes_and_stop_with_the_session(office, doc):
    with db.connection():
        found = opened(office, doc, way="vgca", whole=True)
        kept = str(db.database.execute_sql("SELECT * FROM signing_session, signing_item").fetchall())
        for secret in (found.nonce, found.upload, *found.sources):
            assert len(secret) >= 43 and secret not in kept
        assert sessions.source(found.sources[0]).name == "a.pdf"
        assert sessions.brought(found.upload).id == found.session.id
        signing_outcomes.cancel(found.session, office.hoa)
        with pytest.raises(errors.NotFound):
            sessions.source(found.sources[0])
        with pytest.raises(errors.Refused):
            sessions.brought(found.upload)
        assert journal.of(doc)[-1].verb == "signature_cancelled"


def test_a_failed_file_keeps_its_reason(office, doc):
    with db.connection():
        session = opened(office, doc).session
        signing_outcomes.fail_items(session, sessions.items_of(session), office.hoa, "Chữ ký không khớp.")
        assert sessions.items_of(session)[0].failure == "Chữ ký không khớp."
        assert journal.of(doc)[-1].verb == "signature_failed"


def test_v8_too_many_at_once_is_refused(office, doc, monkeypatch):
    with db.connection():
        monkeypatch.setattr(sessions, "MOST_ITEMS", 1)
        row = certificate(office, office.hoa.person)
        with pytest.raises(errors.Refused, match="tối đa 1"):
            sessions.open_session(office.hoa, "leader", "agent", row, [item(doc), item(doc)])


def test_the_way_of_signing_is_remembered(office):
    with db.connection():
        assert sessions.chosen(office.hoa) == ""
        sessions.choose(office.hoa, "vgca")
        assert sessions.chosen(office.hoa) == "vgca"
        sessions.choose(office.hoa, "")
        assert sessions.chosen(office.hoa) == ""


def test_sessions_of_the_first_release_are_carried_over(tmp_path):
    """Migration 0002: the document moves from the session to its files; nothing that was open stays open."""
    config.use(config.Config(data=tmp_path, mode="demo"))
    db.open_database(tmp_path / "alt.db")
    with db.connection():
        runner = Runner(db.database, str(schema.FOLDER))
        runner.up("0001_start")
        run, at = db.database.execute_sql, "2026-03-02T01:00:00.000000Z"
        run("PRAGMA foreign_keys = OFF")
        for number, state in ((1, "checked"), (2, "handed")):
            run("INSERT INTO signing_session (id, document_id, purpose, post_id, certificate_id, base_sha256, nonce_hash, state, "
                "opened_at, expires_at, failure) VALUES (?, 7, 'leader', 1, 1, 'b', ?, ?, ?, ?, '')",
                (number, f"n{number}", state, at, at))  # fmt: skip
            run("INSERT INTO signing_item (session_id, ordinal, name, work_id, digest, mechanism, hash, half) "
                "VALUES (?, 0, 'a.pdf', 1, 'd', 'rsa', 'sha256', '{}')", (number,))  # fmt: skip
        runner.up("0002_signing_sessions")
        rows = run("SELECT s.state, s.provider, i.document_id, i.base_sha256, i.state FROM signing_session s "
                   "JOIN signing_item i ON i.session_id = s.id ORDER BY s.id").fetchall()  # fmt: skip
        assert [tuple(row) for row in rows] == [
            ("done", "agent", 7, "b", "done"),
            ("expired", "agent", 7, "b", "failed"),
        ]
        assert not {"old_signing_item", "old_signing_session"} & set(db.database.get_tables())
    db.database.close()
