"""Checks as rows: the report whole, the verdict on the document, its signatures beside it."""

import dispatches
import pytest

from models import db, documents, journal, signatures

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


def test_a_check_is_kept_whole_and_its_verdict_set(office, doc):
    with db.connection():
        signatures.checked(doc, REPORT)
        signatures.checked(doc, REPORT)
        found = documents.Document.get_by_id(doc.id)
        assert (found.verdict, found.verdict_note) == ("look", REPORT["sentence"])
        assert signatures.newest_check(doc).facts == REPORT
        assert [row.signer for row in signatures.of(doc)] == ["A"]
        assert sum(event.verb == "check_signatures" for event in journal.of(doc)) == 1
