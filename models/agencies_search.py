"""Tìm trong sổ địa chỉ: by words without marks, their beginnings, first letters («skhdt») or codes, among 120,000 rows."""

import re

from models import agencies, db, text

_WORD = re.compile(r"[0-9a-z]+")
_CODE = re.compile(r"^[0-9A-Za-z]{1,4}(\.[0-9A-Za-z]*)+$|^[A-Za-z]\d{2}[0-9A-Za-z.]*$|^\d{3,}[0-9A-Za-z.-]*$")
MOST_WORDS = 8
LOOKED_AT = 120  # best hits that are put into order
HIGHEST = "\uffff"


def find(typed: str, limit: int = 20, near: str = "", only_open: bool = True) -> list[agencies.Agency]:
    """Agencies whose name holds these words or whose code begins so; `near` is a code whose province comes first.

    Closed ones are left out, or stand at the end where `only_open` is False.
    """
    typed = typed.strip()
    ids = _by_code(typed) if _CODE.match(typed) else []
    ids += [one for one in _by_words(typed) if one not in ids]
    if not ids:
        return []
    model = agencies.Agency
    query = model.select().where(model.id.in_(ids))
    rows = agencies.with_codes(query.where(model.closed_on.is_null()) if only_open else query)
    province, place = level_1(near), {one: number for number, one in enumerate(ids)}

    def order(row):
        return (
            bool(row.closed_on), not row.hosted, not (province and level_1(row.code) == province), place[row.id]
        )  # fmt: skip

    return sorted(rows, key=order)[:limit]


def level_1(code: str) -> str:
    """The group of level 1 in either scheme («H35»), "" for other codes (ID-2, ID-3)."""
    scheme = agencies.scheme_of(code)
    return code[:3] if scheme == "qd20" else code[-3:] if scheme == "qcvn102" else ""


def _by_code(typed) -> list[int]:
    model, code = agencies.AgencyCode, typed.upper()
    rows = model.select(model.agency).where(model.code >= code, model.code < code + HIGHEST)
    return list(dict.fromkeys(row[0] for row in rows.order_by(model.code).limit(LOOKED_AT).tuples()))


def _by_words(typed) -> list[int]:
    words = _WORD.findall(text.fold(typed))[:MOST_WORDS]
    if not words:
        return []
    every = " AND ".join(f'"{word}"*' for word in words)
    found = db.database.execute_sql(
        "SELECT rowid FROM agency_words WHERE agency_words MATCH ? ORDER BY rank LIMIT ?", (every, LOOKED_AT)
    )
    return [row[0] for row in found.fetchall()]
