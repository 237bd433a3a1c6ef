"""Tìm trong sổ địa chỉ: by words without marks, their beginnings, first letters («skhdt») or codes, among 120,000 rows.

The index gives its hits in no order (ranking all of them costs a hundred times as much), so the likely ones are asked for
first: of this installation, of the same province, names that begin so; then the rest, up to a limit.
"""

import json
import re

from models import agencies, agencies_names, db, text

_WORD = re.compile(r"[0-9a-z]+")
_CODE = re.compile(r"^[0-9A-Za-z]{1,4}(\.[0-9A-Za-z]*)+$|^[A-Za-z]\d{2}[0-9A-Za-z.]*$|^\d{3,}[0-9A-Za-z.-]*$")
MOST_WORDS = 8
MOST_HITS = 150
HIGHEST = "\uffff"
_FACTS = "SELECT id, folded_name, hosted, closed_on FROM agency WHERE id IN (SELECT value FROM json_each(?))"


def find(typed: str, limit: int = 20, near: str = "", only_open: bool = True) -> list[agencies.Agency]:
    """Agencies whose name holds these words or whose code begins so; `near` is a code whose province comes first.

    Closed ones are left out, or stand at the end where `only_open` is False.
    """
    typed = typed.strip()
    words = _WORD.findall(text.fold(typed))[:MOST_WORDS]
    by_code = _by_code(typed) if _CODE.match(typed) else []
    here = _matching(words, agencies_names.HOSTED_TOKEN)
    province = agencies_names.province_token(near)
    close = _matching(words, province) if province else []
    hits = list(dict.fromkeys([*by_code, *here, *close, *_beginning(" ".join(words)), *_matching(words)]))
    if not hits:
        return []
    facts = db.database.execute_sql(_FACTS, (json.dumps(hits),)).fetchall()
    coded, nearer, start = set(by_code), set(close), " ".join(words)

    def order(row):
        key, folded, hosted, closed_on = row
        return (
            closed_on is not None, key not in coded, not hosted, key not in nearer, not folded.startswith(start),
            len(folded), folded,
        )  # fmt: skip

    wanted = [row[0] for row in sorted(facts, key=order) if not (only_open and row[3])][:limit]
    model = agencies.Agency
    found = {row.id: row for row in agencies.with_codes(model.select().where(model.id.in_(wanted)))}
    return [found[key] for key in wanted]


def _by_code(typed) -> list[int]:
    code = typed.upper()
    rows = db.database.execute_sql(
        "SELECT agency_id FROM agency_code WHERE code >= ? AND code < ? ORDER BY code LIMIT ?",
        (code, code + HIGHEST, MOST_HITS),
    )
    return list(dict.fromkeys(row[0] for row in rows.fetchall()))


def _beginning(start) -> list[int]:
    if not start:
        return []
    rows = db.database.execute_sql(
        "SELECT id FROM agency WHERE folded_name >= ? AND folded_name < ? ORDER BY folded_name LIMIT ?",
        (start, start + HIGHEST, MOST_HITS // 3),
    )
    return [row[0] for row in rows.fetchall()]


def _matching(words, token: str = "") -> list[int]:
    if not words:
        return []
    every = " AND ".join([*([f'"{token}"'] if token else []), *(f'"{word}"*' for word in words)])
    found = db.database.execute_sql(
        "SELECT rowid FROM agency_words WHERE agency_words MATCH ? LIMIT ?", (every, MOST_HITS)
    )
    return [row[0] for row in found.fetchall()]
