"""One row of the axis's lists against the book: what it changes, and whether that may be written without asking."""

import json
from typing import NamedTuple

from models import agencies, agencies_mergers, agencies_names, clock, db, text

BASIS = "Danh bạ trục"
# Read past the models: three times as fast, and a list names each agency every night.
_HELD = """
SELECT c.code, c.valid_to, c.agency_id, a.name, a.hosted, a.connection, a.connection_note, a.closed_on, a.successor_id
FROM agency_code AS c JOIN agency AS a ON a.id = c.agency_id
WHERE c.code IN (SELECT value FROM json_each(?)) ORDER BY c.id
"""
_IN_FORCE = """
SELECT agency_id, scheme, code FROM agency_code
WHERE valid_to IS NULL AND agency_id IN (SELECT value FROM json_each(?))
"""
YES = (True, "true", "1", 1)


class Row(NamedTuple):
    """What the three lists say of an agency, in one shape."""

    code: str
    name: str
    mail: str
    other: str  # its code in the other scheme, or an earlier one
    deleted: bool

    @classmethod
    def of(cls, given: dict) -> "Row | None":
        """A row of getAgenciesList, getAgenciesListQD20 or getSynchronizeUnit; None for one that is no agency."""
        code = text.clean(str(given.get("code") or ""))
        name = text.harmless(str(given.get("name") or ""), 200)
        other = text.clean(str(given.get("code102") or given.get("oldCode") or ""))
        if not agencies.WIRE_CODE.match(code) or not name or "W00" in code:  # centre nodes are no recipients
            return None
        if other == code or not agencies.WIRE_CODE.match(other):
            other = ""
        return cls(
            code, name, text.clean(str(given.get("mail") or ""))[:100], other, given.get("deleted") in YES
        )


class Found(NamedTuple):
    """One difference: `waits` when a person must look; `data` is what carrying it out needs."""

    kind: str
    code: str
    agency_id: int | None
    before: str
    after: str
    data: dict
    waits: bool = False


class _Known(NamedTuple):
    id: int
    name: str
    hosted: bool
    connection: str
    note: str
    closed: bool
    successor: int | None


def gathered(rows: list[Row], seen: set[str]) -> list[Row]:
    """The rows of a batch, each code once: the first list that names it speaks for it, the others only add its codes.

    A row that was spoken for in an earlier batch keeps its codes and has no name.
    """
    found: dict[str, Row] = {}
    for row in rows:
        earlier = found.get(row.code)
        if earlier:
            found[row.code] = earlier._replace(other=earlier.other or row.other)
        elif row.code not in seen:
            found[row.code] = row
        elif row.other and row.other not in seen:
            found[row.code] = row._replace(name="", deleted=False)
        seen.update(code for code in (row.code, row.other) if code)
    return list(found.values())


def judged(rows: list[Row]) -> list[Found]:
    """What these rows change; rows that say what the book says give nothing."""
    holders, known, schemes = _book(rows)
    found = []
    for row in rows:
        own, twin = known.get(holders.get(row.code)), known.get(holders.get(row.other))
        if not row.name and (own or twin):
            row = row._replace(name=(own or twin).name)
        if row.name:
            found += _of_row(row, own, twin, schemes)
    return found


def _of_row(row, own, twin, schemes) -> list[Found]:
    ours = next((one for one in (own, twin) if one and one.hosted), None)
    if ours:
        return _of_ours(row, ours, own, twin)
    if own is None and twin is None:
        data = {"name": row.name, "mail": row.mail, "codes": [code for code in (row.code, row.other) if code]}
        return [] if row.deleted else [Found("new", row.code, None, "", row.name, data)]
    if own and twin and own.id != twin.id:
        data = {"old": twin.id, "kept": own.id}
        return [] if twin.successor == own.id else [
            Found("twin", row.code, own.id, f"{twin.name} ({row.other})", f"{own.name} ({row.code})", data, True)
        ]  # fmt: skip
    agency = own or twin
    return [one for one in (_code(row, own, twin, agency, schemes), *_state(row, agency)) if one]


def _of_ours(row, ours, own, twin) -> list[Found]:
    """A code of this installation is never changed by a list; whoever says otherwise is shown."""
    stranger = own is None or (twin is not None and own.id != twin.id)
    other_name = text.fold(ours.name) != text.fold(row.name)
    if not (row.deleted or other_name or (stranger and row.other)):
        return []
    words = f"{row.name} ({row.code}{', mã cũ ' + row.other if row.other else ''}{', đã xóa' if row.deleted else ''})"
    return [Found("claimed", row.code, ours.id, ours.name, words, {}, True)]


def _code(row, own, twin, agency, schemes) -> Found | None:
    fresh = row.code if own is None else row.other if row.other and twin is None else ""
    if not fresh:
        return None
    held = schemes.get((agency.id, agencies.scheme_of(fresh)), "")
    if held and own is None:  # its code of today would be closed: a person decides
        return Found("recoded", fresh, agency.id, held, fresh, {"code": fresh}, True)
    return None if held else Found("coded", fresh, agency.id, "", fresh, {"code": fresh})


def _state(row, agency) -> list[Found]:
    found = []
    if row.deleted and not agency.closed:
        return [Found("closed", row.code, agency.id, agency.name, "", {})]
    if row.deleted or agency.successor:
        return []
    if agency.closed:
        return [Found("reopened", row.code, agency.id, "Đã đóng", row.name, {}, True)]
    if agency.name != row.name:
        found.append(Found("renamed", row.code, agency.id, agency.name, row.name, {"name": row.name}))
    if agency.connection != "axis" and not agency.note:  # a reason given by a person stands
        found.append(Found("connected", row.code, agency.id, "Chưa kết nối", row.name, {}))
    return found


def _book(rows):
    """(code → agency id, agency id → what it is, (agency id, scheme) → code in force) for the codes of these rows."""
    asked = json.dumps(list({code for row in rows for code in (row.code, row.other) if code}))
    holders, known = {}, {}
    for value, valid_to, agency_id, *facts in db.database.execute_sql(_HELD, (asked,)).fetchall():
        if value not in holders or valid_to is None:
            holders[value] = agency_id
        if agency_id not in known:
            name, hosted, connection, note, closed, successor = facts
            known[agency_id] = _Known(
                agency_id, name, bool(hosted), connection, note, closed is not None, successor
            )
    force = db.database.execute_sql(_IN_FORCE, (json.dumps(list(known)),)).fetchall()
    return holders, known, {(agency_id, scheme): value for agency_id, scheme, value in force}


# ---- writing ---------------------------------------------------------------------------------------------------


def apply(found: list[Found]) -> None:
    """Write what needs no asking, inside the caller's write()."""
    _create([one for one in found if one.kind == "new"])
    for one in found:
        if not one.waits and one.kind != "new":
            _write(one.kind, agencies.Agency.get_by_id(one.agency_id), one.data)


def carry_out(change, actor) -> None:
    """A doubtful change that the administrator confirmed, inside the caller's write(). Raises Invalid, Refused."""
    facts = json.loads(change.data)
    if change.kind == "twin":
        old, kept = (agencies.Agency.get_by_id(facts[name]) for name in ("old", "kept"))
        agencies_mergers.join_twins(old, kept, actor)
        return
    _write(change.kind, change.agency, facts)


def _write(kind, agency, facts) -> None:
    if kind == "renamed":
        agencies.change(agency, name=facts["name"])
    elif kind in ("coded", "recoded"):
        agencies.add_code(agency, facts["code"], decision=_basis())
    elif kind == "connected":
        agency.set(connection="axis", unconnected_since=None)
    elif kind == "reopened":
        agency.set(closed_on=None)
        last = agency.codes.order_by(agencies.AgencyCode.valid_to.desc()).first()
        if last and agency.code == "":
            last.set(valid_to=None)
    elif kind in ("closed", "missing"):
        for row in list(agency.codes):
            if row.valid_to is None:
                agencies.close_code(row, _basis())
        agency.set(closed_on=clock.today())


def missing(seen: set[str]) -> list[Found]:
    """Agencies once taken from the list that it names no more; they wait for a person."""
    code, model = agencies.AgencyCode, agencies.Agency
    rows = code.select(code.code, model.id, model.name).join(model).where(
        code.decision.startswith(BASIS), code.valid_to.is_null(), model.closed_on.is_null(), ~model.hosted
    ).tuples()  # fmt: skip
    here, gone = set(), {}
    for value, agency_id, name in rows.iterator():
        if value in seen:
            here.add(agency_id)
        else:
            gone[agency_id] = Found("missing", value, agency_id, name, "", {}, True)
    return [one for agency_id, one in gone.items() if agency_id not in here]


def _create(found) -> None:
    """Many new agencies at once; the engine takes them as rows, with every column given."""
    if not found:
        return
    agency, code = agencies.Agency, agencies.AgencyCode
    first = (agency.select(db.fn.MAX(agency.id)).scalar() or 0) + 1
    day, basis = clock.today(), _basis()
    taken: set[str] = set()
    rows, codes = [], []
    blank_agency, blank_code = _blank(agency), _blank(code)
    for number, one in enumerate(found, first):
        name = one.data["name"]
        held = [value for value in one.data["codes"] if value not in taken]
        taken.update(held)
        rows.append(blank_agency | {
            "id": number, "name": name, "folded_name": text.fold(name), "email": one.data["mail"], "connection": "axis",
            "search_words": agencies_names.words_of(name, codes_=tuple(held)), "recipient_class": agencies_names.proposed_class(name),
        })  # fmt: skip
        codes += [
            blank_code | {"agency_id": number, "code": value, "scheme": agencies.scheme_of(value),
                          "valid_from": f"{day:%Y-%m-%d}", "decision": basis}
            for value in held
        ]  # fmt: skip
    _insert(agency, rows)
    _insert(code, codes)


def _blank(model) -> dict:
    """Column → what an empty row holds, as the database takes it."""
    return {
        field.column_name: field.db_value(field.default)
        for field in model._meta.sorted_fields
        if field.name != "id"
    }


def _insert(model, rows) -> None:
    if rows:
        names = ", ".join(f'"{name}"' for name in rows[0])
        marks = ", ".join(f":{name}" for name in rows[0])
        cursor = db.database.connection().cursor()
        cursor.executemany(f'INSERT INTO "{model._meta.table_name}" ({names}) VALUES ({marks})', rows)


def _basis() -> str:
    return f"{BASIS} ngày {clock.today():%d/%m/%Y}"
