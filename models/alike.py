"""Văn bản trùng (ND30 PL VI III.1.h): the same document id, or the same number, notation and issuing agency.

An issuer is the same by its name as compared (issuers.key), by its code, by the agency it was merged into, or by the
clerk's own merging of senders. Numbers begin anew each year, so letters of two different years are no doubles.
"""

import re

from models import agencies, documents, issuers, senders, text

GONE = ("joined",)  # an empty shell: its letter lives on in the record it was joined to
MOST = 20
_GAPS = re.compile(r"\s+")


def by_id(agency_id: int, document_id: str, but: int | None = None) -> list[documents.Document]:
    """Incoming documents with this identification code."""
    model = documents.Document
    return (
        list(_others(agency_id, but).where(model.document_id == document_id).limit(5)) if document_id else []
    )


def by_number(agency_id: int, values: dict, but: int | None = None) -> list[documents.Document]:
    """Incoming documents with this number, notation and issuer; `values` are named as the document's fields."""
    number, notation = values.get("code_number") or "", _notation(values.get("code_notation") or "")
    name = values.get("organ_name") or ""
    if not (number and notation and name):
        return []
    model, day = documents.Document, values.get("issued_date")
    rows = _others(agency_id, but).where(model.code_number.in_(written(number))).order_by(model.id.desc())
    fit = [
        row for row in rows.limit(500) if _notation(row.code_notation) == notation and _same_year(row, day)
    ]
    if not fit:
        return []
    return _of_issuer(
        agency_id, fit, name, values.get("organ_id") or "", values.get("parent_organ_name") or ""
    )


def _of_issuer(agency_id, rows, name, code, parent) -> list[documents.Document]:
    """Those of one issuer: by the name alone where that says so, else by what is known of the names; once a name."""
    key, own, known = issuers.key(name, parent), None, {}
    found = []
    for row in rows:
        other = (row.organ_name, row.organ_id, row.parent_organ_name)
        if other not in known:
            same = (code and code == row.organ_id) or issuers.is_alike(
                key, issuers.key(row.organ_name, row.parent_organ_name)
            )
            if not same:
                own = own or marks(agency_id, name, code, parent)
                same = bool(own & marks(agency_id, *other))
            known[other] = same
        if known[other]:
            found.append(row)
        if len(found) == MOST:
            break
    return found


def marks(agency_id: int, name: str, code: str = "", parent: str = "") -> set[str]:
    """What an issuer is known by; two with a mark in common are one."""
    found = {f"name {issuers.key(name, parent)}"}
    if code:
        found.add(f"code {code}")
    sender = senders.named(agency_id, name, parent)
    if sender:
        found.add(f"sender {sender.id}")
    holder = agencies.by_code(code) if code else None
    rows = (
        [holder]
        if holder
        else agencies.Agency.select().where(agencies.Agency.folded_name == text.fold(name)).limit(3)
    )
    return found | {f"agency {agencies.current(row).id}" for row in list(rows)}


def written(number: str) -> set[str]:
    """The ways a number may stand in a document: 7, 07 and 007."""
    plain = number.lstrip("0") or "0"
    return {number, plain, plain.zfill(2), plain.zfill(3)}


def _others(agency_id: int, but: int | None):
    model = documents.Document
    query = model.select().where(
        model.agency == agency_id, model.flow == "incoming", model.state.not_in(GONE)
    )
    return query.where(model.id != but) if but else query


def _notation(value: str) -> str:
    return _GAPS.sub("", text.fold(value)).replace("–", "-")


def _same_year(row, day) -> bool:
    """True unless both are dated, in two years; a day may also stand as it was read («2026-07-14»)."""
    return not (day and row.issued_date) or str(day)[:4] == str(row.issued_date.year)
