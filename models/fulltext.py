"""Full-text index over documents: folded Vietnamese words by document id (SQLite FTS5).

Each entry carries a token of its agency, so that a common word in a large installation never reads the entries of other
agencies. The index holds no readable text (contentless) and really deletes: a recalled document's words must not stay
behind. A contentless table that deletes by the row's id alone (contentless_delete) only marks its entries dead and keeps
every word until some merge, so an entry is taken out by the very words it was put in with: the data's are kept in
`document_heads`, the pages' by who calls.
"""

import re

from models import db, text

_WORDS = re.compile(r"[0-9a-z]+")
MOST_WORDS = 12


def create() -> None:
    """Make the index; part of the migrations."""
    db.database.execute_sql("CREATE VIRTUAL TABLE IF NOT EXISTS document_words USING fts5(words, content='')")
    db.database.execute_sql("INSERT INTO document_words(document_words, rank) VALUES('secure-delete', 1)")
    db.database.execute_sql(
        "CREATE TABLE IF NOT EXISTS document_heads (id INTEGER PRIMARY KEY, words TEXT NOT NULL)"
    )


def drop() -> None:
    """Take the index away, to make it anew; part of the migrations."""
    for name in ("document_words", "document_heads"):
        db.database.execute_sql(f"DROP TABLE IF EXISTS {name}")


def put(document_id: int, agency_id: int, *parts: str, pages: str = "", former_pages: str = "") -> None:
    """(Re)index one document; inside the write() that changes it.

    `parts` are its data as people wrote them; `pages` the folded words of its pages, `former_pages` those of the entry
    before.
    """
    head = " ".join([_agency(agency_id), *(text.fold(part) for part in parts if part)])
    known = db.database.execute_sql(
        "SELECT words FROM document_heads WHERE id = ?", (document_id,)
    ).fetchone()
    if known:
        db.database.execute_sql(
            "INSERT INTO document_words(document_words, rowid, words) VALUES ('delete', ?, ?)",
            (document_id, f"{known[0]} {former_pages}"),
        )
    db.database.execute_sql(
        "INSERT OR REPLACE INTO document_heads(id, words) VALUES (?, ?)", (document_id, head)
    )
    db.database.execute_sql(
        "INSERT INTO document_words(rowid, words) VALUES (?, ?)", (document_id, f"{head} {pages}")
    )


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
