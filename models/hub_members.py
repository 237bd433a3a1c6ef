"""Mã cơ quan trên trục: which agency is reached through which system, under both schemes of codes.

The agencies this installation hosts are members of «self» and follow the agencies themselves; the list of the axis above
lies here too, as members of «upper», so that one table answers who is where.
"""

import threading
import time
from itertools import islice

from models import agencies, clock, config, db, errors, hub, hub_rows, text, vxp

BATCH = 500
_LOOKED = {"at": 0.0, "data": None}
_guard = threading.Lock()


def level_of(code: str) -> int:
    """1 for a province or ministry, 2 below it, and so on."""
    if agencies.SCHEMES["qcvn102"].match(code):
        return 1 + sum(1 for part in code.split(".")[:3] if part.strip("0"))
    return code.count(".") + 1


def by_scheme(code: str, old_code: str) -> tuple[str, str]:
    """(the code of QĐ 20/2020, the code of QCVN 102) of a member, whichever of the two it is entered under."""
    if agencies.SCHEMES["qcvn102"].match(code):
        newer = old_code if old_code and not agencies.SCHEMES["qcvn102"].match(old_code) else code
        return newer, code
    return code, old_code


# ---- what systems do themselves -------------------------------------------------------------------------------


def codes_of(system: hub.System) -> set[str]:
    """Every code the system may send under: its open agencies' present and former ones, and its own id."""
    rows = hub.Member.select(hub.Member.code, hub.Member.old_code).where(
        hub.Member.system == system, hub.Member.closed_at.is_null()
    )
    return {code for pair in rows.tuples() for code in pair if code} | {system.system_id}


def may_send_as(system: hub.System, code: str) -> bool:
    """True when the code is one of the system's own."""
    if system.kind == hub.SELF:
        return is_open_here(code)
    return code == system.system_id or (bool(code) and hub_rows.may_send(system.id, code))


def may_register(system: hub.System, code: str) -> bool:
    """A system may enter agencies below its own codes, and nobody else's."""
    return any(code == mine or _is_below(code, mine) for mine in codes_of(system))


def _is_below(code, mine):
    if code.startswith(f"{mine}."):
        return True  # QĐ 20: grows to the right
    parts, own = code.split("."), mine.split(".")  # QCVN 102: level 1 rightmost, zeros for "none"
    return len(parts) == len(own) == 4 and all(
        own_part in (part, "000", "00") for part, own_part in zip(parts, own)
    )


def register_agency(system: hub.System, fields: dict) -> hub.Member:
    """registerAgency: only below the system's own codes. Raises Rejected."""
    values = {name: _word(fields.get(name)) for name in ("code", "pcode", "name", "mail", "mobile", "fax")}
    if not may_register(system, values["code"]):
        raise hub.Rejected(vxp.NO_SENDER, f"Hệ thống không được đăng ký mã {values['code'][:64]}")
    try:
        return hub.add_member(
            system, values["code"], values["name"], mail=values["mail"], mobile=values["mobile"], fax=values["fax"],
            parent_code=values["pcode"],
        )  # fmt: skip
    except errors.Invalid as error:
        raise hub.Rejected(vxp.BAD_FILE, str(error)) from error


def _word(given) -> str:
    """A value of the JSON body as words: numbers count, null and lists are nothing."""
    if isinstance(given, bool) or not isinstance(given, str | int | float):
        return ""
    return text.clean(vxp.storable(str(given)))


def delete_agency(system: hub.System, code: str) -> None:
    """deleteAgency: closes a code of this system; closed already is closed. Raises Rejected."""
    member = hub.Member.get_or_none(hub.Member.code == code, hub.Member.system == system)
    if member is None:
        raise hub.Rejected(vxp.NO_RECEIVER, "Mã không thuộc hệ thống này")
    if member.closed_at is None:
        hub.close_member(member)


# ---- who receives ---------------------------------------------------------------------------------------------


def find(codes) -> dict[str, hub.Member]:
    """code as addressed → the member behind it, closed ones too; unknown codes are missing."""
    codes = list(dict.fromkeys(codes))
    found = hub_rows.members(codes)
    if config.current().hub and any(
        code not in found or found[code].system.kind == hub.UPPER for code in codes
    ):
        own = [code for code in codes if is_open_here(code)]
        if own and keep_own(now=True):
            found = hub_rows.members(codes)
        for code in own:
            if code not in found:
                found |= _by_agency(code)
    return found


def _by_agency(code):
    """A hosted agency under a code it held long ago (ID-7)."""
    agency = agencies.by_code(code)
    row = hub.Member.get_or_none(hub.Member.code == agency.code) if agency else None
    return {code: row} if row else {}


def is_open_here(code: str) -> bool:
    """True for a code that an open agency of this installation holds or held."""
    agency = agencies.by_code(code) if code else None
    return bool(agency and agency.hosted and agency.closed_on is None)


# ---- «self» follows the agencies ------------------------------------------------------------------------------


def keep_own(now: bool = False) -> int:
    """Bring the members of «self» in step with the hosted agencies; returns how many rows changed.

    Looks at most every five seconds unless `now`.
    """
    place = config.current().data
    with _guard:
        if not now and _LOOKED["data"] == place and time.monotonic() - _LOOKED["at"] < 5:
            return 0
        _LOOKED.update(at=time.monotonic(), data=place)
    wanted = _hosted()
    system = hub.built_in(hub.SELF)
    held = {row.code: row for row in hub.Member.select().where(hub.Member.system == system)}
    changed = [
        (code, *said) for code, said in wanted.items()
        if code not in held or held[code].closed_at or (held[code].name, held[code].old_code, held[code].mail) != said
    ]  # fmt: skip
    gone = [row for code, row in held.items() if code not in wanted and row.closed_at is None]
    if not changed and not gone:
        return 0
    with db.write():
        taken = _taken_by_others([code for code, *_ in changed], system)
        for code, name, old, mail in changed:
            if code not in taken:
                hub.add_member(system, code, name, old_code=old, mail=mail)
        for row in gone:
            hub.close_member(row)
    return len(changed) - len(taken) + len(gone)


def _taken_by_others(codes, system):
    rows = hub.Member.select(hub.Member, hub.System).join(hub.System).where(hub.Member.code.in_(codes))
    return {row.code for row in rows if hub.is_held_elsewhere(row, system)}


def _hosted():
    """code in force → (name, code of the other scheme or the one before, mail) of every open agency here."""
    model = agencies.Agency
    rows = agencies.with_codes(model.select().where(model.hosted, model.closed_on.is_null()))
    others = {}
    query = agencies.AgencyCode.select().where(agencies.AgencyCode.agency.in_([row.id for row in rows]))
    for held in query.order_by(agencies.AgencyCode.valid_to.is_null(), agencies.AgencyCode.id):
        others.setdefault(held.agency_id, []).append(held.code)
    found = {}
    for row in rows:
        rest = [code for code in others.get(row.id, ()) if code != row.code]
        if agencies.WIRE_CODE.match(row.code or ""):
            mail = row.email.strip()[: hub.LONGEST["mail"]]
            found[row.code] = (row.name[: hub.LONGEST["name"]], rest[-1] if rest else "", mail)
    return found


# ---- the list of the axis above -------------------------------------------------------------------------------


def enter_upper(rows) -> int:
    """The agency list of the axis above (dicts, as they come) becomes the members of «upper»; how many are open now.

    Codes of systems here stay theirs and count as registered above. A list that lost more than half is not believed
    as to what is missing.
    """
    system, seen, rows = hub.built_in(hub.UPPER), set(), iter(rows)
    while batch := list(islice(rows, BATCH)):
        part = {_word(row.get("code")): row for row in batch}
        part = {code: row for code, row in part.items() if agencies.WIRE_CODE.match(code)}
        with db.write():
            known = {row.code: row for row in hub.Member.select().where(hub.Member.code.in_(list(part)))}
            for code, row in part.items():
                _enter_upper(system, code, row, known.get(code))
        seen |= part.keys()
    model = hub.Member
    mine = model.select(model.id, model.code).where(model.system == system, model.closed_at.is_null())
    held = list(mine.tuples())
    missing = [number for number, code in held if code not in seen]
    if len(missing) * 2 <= len(held):
        for start in range(0, len(missing), BATCH):
            with db.write():
                model.update(closed_at=clock.now(), changed_at=clock.now()).where(
                    model.id.in_(missing[start : start + BATCH])
                ).execute()
    return mine.count()


def _enter_upper(system, code, row, known):
    name, old = _word(row.get("name"))[: hub.LONGEST["name"]] or code, _word(row.get("oldCode"))
    old = old if old != code and agencies.WIRE_CODE.match(old) else ""
    values = {
        "name": name,
        "folded_name": text.fold(name),
        "mail": _word(row.get("mail"))[:100],
        "old_code": old,
    }
    if known is None:
        hub.Member.create(
            code=code, system=system, changed_at=clock.now(), parent_code=hub.parent_of(code), **values
        )
    elif known.system_id != system.id and known.closed_at is None:
        if known.registered_version != known.version:
            known.set(registered_version=known.version, registration="")
    elif known.closed_at or any(getattr(known, key) != value for key, value in values.items()):
        known.set(system=system, closed_at=None, changed_at=clock.now(), version=known.version + 1, **values)


def to_register(limit: int = 100) -> list[hub.Member]:
    """Members whose present state the axis above does not know and has not refused."""
    model = hub.Member
    return list(
        model.select(model, hub.System).join(hub.System)
        .where(model.registered_version != model.version, model.registration == "", hub.System.kind != hub.UPPER,
               model.closed_at.is_null())
        .order_by(model.id).limit(limit)
    )  # fmt: skip


def registered(member: hub.Member, trouble: str = "") -> None:
    """The axis above knows this version of the member, or said why not."""
    with db.write():
        member.set(registration=trouble[:250], **({} if trouble else {"registered_version": member.version}))


def ask_again(member: hub.Member) -> None:
    """Offer a refused member to the axis above once more."""
    with db.write():
        member.set(registration="")


# ---- lists ----------------------------------------------------------------------------------------------------


def pages(open_only: bool = True, size: int = 1000):
    """Every member by code, a page of tuples at a time, so that memory stays flat however long the list is.

    (id, parent's id or None, code, name, mail, old code, version, system id, closed at, changed at, parent code)
    """
    keep_own()
    above, last = hub.Member.alias(), ""
    model = hub.Member
    while True:
        with db.connection():
            query = (
                model.select(
                    model.id, above.id, model.code, model.name, model.mail, model.old_code, model.version,
                    hub.System.system_id, model.closed_at, model.changed_at, model.parent_code,
                )
                .join(hub.System).switch(model)
                .left_outer_join(above, on=(above.code == model.parent_code))
                .where(model.code > last).order_by(model.code).limit(size)
            )  # fmt: skip
            rows = list((query.where(model.closed_at.is_null()) if open_only else query).tuples())
        if not rows:
            return
        yield rows
        last = rows[-1][2]


def as_agency(row) -> dict:
    """A row of getAgenciesList from a row of `pages`."""
    number, parent, code, name, mail, old = row[:6]
    return {
        "id": str(number),
        "pid": str(parent or ""),
        "code": code,
        "name": name,
        "mail": mail,
        "oldCode": old,
    }


def as_agency_qd20(row) -> dict:
    """A row of getAgenciesListQD20."""
    code, former = by_scheme(row[2], row[5])
    return {"id": str(row[0]), "code": code, "name": row[3], "mail": row[4], "code102": former}


def as_unit(row) -> dict:
    """A row of getSynchronizeUnit."""
    number, parent, code, name, mail, _, version, system_id, closed_at, changed_at, _ = row
    return {
        "id": str(number), "pid": str(parent or ""), "code": code, "name": name, "mail": mail, "version": version,
        "centerCode": system_id.strip("«»"), "deleted": closed_at is not None, "modifyDate": vxp.stamp(changed_at),
        "isAgency": True,
    }  # fmt: skip
