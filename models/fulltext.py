"""Full-text index over documents: folded Vietnamese words by document id (SQLite FTS5).

Each entry carries a token of its agency, so that a common word in a large installation never reads the entries of other
agencies. The index holds no readable text (contentless) and really deletes (secure-delete), since a recalled document's
words must not stay behind.
"""

import re

from models import db, text

_WORDS = re.compile(r"[0-9a-z]+")
MOST_WORDS = 12


def create() -> None:
    """Make the index; part of the first migration."""
    db.database.execute_sql(
        "CREATE VIRTUAL TABLE IF NOT EXISTS document_words USING fts5(words, content='', contentless_delete=1)"
    )
    db.database.execute_sql("INSERT INTO document_words(document_words, rank) VALUES('secure-delete', 1)")


def put(document_id: int, agency_id: int, *parts: str) -> None:
    """(Re)index one document; inside the write() that changes it."""
    words = " ".join([_agency(agency_id), *(text.fold(part) for part in parts if part)])
    db.database.execute_sql("DELETE FROM document_words WHERE rowid = ?", (document_id,))
    db.database.execute_sql("INSERT INTO document_words(rowid, words) VALUES (?, ?)", (document_id, words))


def matching(agency_id: int, typed: str, limit: int = 200) -> list[int]:
    """Ids of the agency's documents holding all these words (the last may be a beginning), newest first."""
    words = _WORDS.findall(text.fold(typed))[:MOST_WORDS]
    if not words:
        return []
    query = " AND ".join([_agency(agency_id), *(f'"{word}"' for word in words[:-1]), f'"{words[-1]}"*'])
    rows = db.database.execute_sql(
        "SELECT rowid FROM document_words WHERE document_words MATCH ? ORDER BY rowid DESC LIMIT ?",
        (query, limit),
    )
    return [row[0] for row in rows.fetchall()]


def _agency(agency_id: int) -> str:
    return f"coquan{agency_id}"
