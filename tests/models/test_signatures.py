"""Sessions and checks as rows: one nonce one ticket, the file must not change in between, certificates by article."""

import dispatches
import pytest

from models import clock, db, documents, errors, files, journal, signatures, tokens

REPORT = {
    "sha256": "a" * 64, "verdict": "look", "sentence": "Ký số ngày 15/07, văn bản ghi 14/07.", "retry": False,
    "signatures": [
        {"field_name": "ChuKy", "kind": "person", "signer": "A", "organisation": "B", "certificate_sha256": "c" * 64,
         "stamped_at": "", "signed_at": "2026-03-02T09:00:00+07:00", "verdict": "valid"},
    ],
}  # fmt: skip


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
            not_after=now + signatures.timedelta(days=days), person=person, agency=office.a, bound_at=now,
        )  # fmt: skip
        if not person:
            tokens.KeyToken.create(agency=office.a, certificate=row, keeper=office.lan.post, kept_since=now)
    return row


def opened(office, doc, base="b" * 64):
    row = tokens.Certificate.get_or_none(tokens.Certificate.sha256 == "d" * 64) or certificate(
        office, office.hoa.person
    )
    item = signatures.Item("a.pdf", files.store(b"work"), b"\1" * 32, "rsa", "sha256", {"version": 1})
    return signatures.open_session(doc, office.hoa, "leader", row, base, [item])


def test_the_ticket_says_what_is_signed_and_comes_once(office, doc):
    with db.connection():
        session, nonce = opened(office, doc)
        ticket = signatures.hand_out(nonce)
        assert ticket["items"] == [
            {"name": "a.pdf", "mechanism": "rsa", "hash": "sha256", "digest": "01" * 32}
        ]
        assert ticket["document"] == doc.subject
        with pytest.raises(errors.NotFound):
            signatures.hand_out(nonce)
        assert signatures.handed(session.id, office.hoa, nonce).id == session.id


def test_an_answer_without_a_ticket_does_not_count(office, doc):
    with db.connection():
        session, nonce = opened(office, doc)
        with pytest.raises(errors.Refused):
            signatures.handed(session.id, office.hoa, nonce)
        signatures.hand_out(nonce)
        with pytest.raises(errors.Refused):
            signatures.handed(session.id, office.hoa, "x" * 43)
        with pytest.raises(errors.NotFound):
            signatures.handed(session.id, office.lan, nonce)


def test_a_changed_file_takes_no_signature(office, doc):
    with db.connection():
        session, nonce = opened(office, doc)
        signatures.hand_out(nonce)
        with pytest.raises(errors.Conflict), db.write():
            signatures.close(session, "e" * 64)
        with db.write():
            signatures.close(session, "b" * 64)
        with pytest.raises(errors.Conflict), db.write():
            signatures.close(session, "b" * 64)


def test_only_the_newest_session_is_open(office, doc):
    with db.connection():
        first, nonce = opened(office, doc)
        opened(office, doc)
        with pytest.raises(errors.NotFound):
            signatures.hand_out(nonce)
        assert signatures.SigningSession.get_by_id(first.id).state == "expired"


def test_sessions_end_by_themselves(office, doc):
    with db.connection():
        opened(office, doc)
        assert signatures.expire() == 0
        later = clock.local(clock.now() + 2 * signatures.LIFE)
        with clock.freeze(f"{later:%Y-%m-%d %H:%M}"):
            assert signatures.expire() == 1


def test_whose_certificate_for_what(office):
    with db.connection():
        certificate(office, office.hoa.person, "1" * 64)
        certificate(office, None, "2" * 64)
        assert signatures.certificates_of(office.hoa, "leader") == ["1" * 64]
        assert signatures.certificates_of(office.minh, "leader") == []
        assert signatures.certificates_of(office.lan, "seal") == ["2" * 64]
        assert signatures.certificates_of(office.hoa, "seal") == []
        assert signatures.certificate_for(office.lan, "seal", "2" * 64).kind == "organisation"
        for actor, purpose, sha in (
            (office.minh, "leader", "1"),
            (office.hoa, "seal", "2"),
            (office.mai, "seal", "2"),
        ):
            with pytest.raises(errors.Refused):
                signatures.certificate_for(actor, purpose, sha * 64)


def test_a_failed_session_keeps_its_reason(office, doc):
    with db.connection():
        session, _ = opened(office, doc)
        signatures.fail(session, office.hoa, "Chữ ký không khớp.")
        assert signatures.SigningSession.get_by_id(session.id).failure == "Chữ ký không khớp."
        assert journal.of(doc)[-1].verb == "signature_failed"


def test_a_check_is_kept_whole_and_its_verdict_set(office, doc):
    with db.connection():
        signatures.checked(doc, REPORT)
        signatures.checked(doc, REPORT)
        found = documents.Document.get_by_id(doc.id)
        assert (found.verdict, found.verdict_note) == ("look", REPORT["sentence"])
        assert signatures.newest_check(doc).facts == REPORT
        assert [row.signer for row in signatures.of(doc)] == ["A"]
        assert sum(event.verb == "check_signatures" for event in journal.of(doc)) == 1
