"""Cơ quan, đơn vị and their identification codes in both schemes, with history.

Codes: QĐ 20/2020 (`H35.12`, grows to the right, at most 35 characters; `Zxy…` for other bodies) and the older
QCVN 102:2016 (`000.00.12.H35`, level 1 rightmost).
An agency is never deleted but closed; a message to any code it ever held still reaches it (law: ID-7).
Agencies far away (the address book) are rows with hosted=False.
"""

import re

from models import agencies_names, clock, db, errors, journal, text

SCHEMES = {
    "qd20": re.compile(r"^(?=.{3,35}$)([A-Y]\d{2}(\.[A-Z0-9]+)*|Z\d{2}[A-Z0-9]{1,32})$"),
    "qcvn102": re.compile(r"^\d{3}\.\d{2}\.\d{2}\.[A-Z]\d{2}$"),
}
WIRE_CODE = re.compile(r"^[0-9A-Za-z._-]{1,64}$")
SCHEME_NAMES = {"qd20": "Quyết định 20/2020", "qcvn102": "QCVN 102:2016", "other": "Gặp trên trục"}
CONNECTIONS = {"local": "Trong hệ thống này", "axis": "Qua trục liên thông", "none": "Chưa kết nối"}


class Agency(db.Base):
    """An office: one of this installation (hosted) or a partner elsewhere."""

    name = db.CharField()
    short_name = db.CharField(default="")
    parent_name = db.CharField(default="")  # cơ quan chủ quản, the line above on its letters
    folded_name = db.CharField(index=True)
    kind = db.CharField(default="")  # data, e.g. «Sở», «Xã»: levels of government are never code
    parent = db.ForeignKeyField("self", null=True)
    notation = db.CharField(default="")  # abbreviation in its documents' notation, e.g. SKT
    place = db.CharField(default="")
    address = db.CharField(default="")
    email = db.CharField(default="")
    telephone = db.CharField(default="")
    fax = db.CharField(default="")
    website = db.CharField(default="")
    hosted = db.BooleanField(default=False)
    connection = db.CharField(default="none")
    connection_note = db.CharField(default="")
    tells_names = db.BooleanField(
        default=True
    )  # whether status messages name the person who answers (QCVN 102)
    closed_on = db.DateField(null=True)
    recipient_class = db.CharField(default="")  # a key of lookups.RECIPIENT_CLASSES (Quy chế 9.3)
    clerk_name = db.CharField(default="")  # whom to ask for by telephone
    unconnected_since = db.DateField(null=True)  # with connection_note: why it gets paper (Quy chế 9.1)
    successor = db.ForeignKeyField("self", null=True)  # what it was merged into (ID-7)
    contact_agency = db.ForeignKeyField(
        "self", null=True
    )  # whose office sends and receives for it (Quy chế 7.1)
    search_words = db.TextField(default="")

    @property
    def code(self) -> str:
        """The code in force: the newer scheme before the older; empty when it has none."""
        if "_code" not in self.__dict__:
            self.__dict__["_code"] = codes([self.id]).get(self.id, "")
        return self.__dict__["_code"]


class AgencyCode(db.Base):
    """A code the agency holds or held, with the decision that opened or closed it."""

    agency = db.ForeignKeyField(Agency, backref="codes")
    code = db.CharField(max_length=64, index=True)
    scheme = db.CharField()
    valid_from = db.DateField()
    valid_to = db.DateField(null=True)
    decision = db.CharField(default="")


class Unit(db.Base):
    """A unit inside an agency."""

    agency = db.ForeignKeyField(Agency, backref="units")
    name = db.CharField()
    notation = db.CharField(default="")
    parent = db.ForeignKeyField("self", null=True)
    is_contact_point = db.BooleanField(default=False)  # đầu mối gửi, nhận (Quy chế 7)
    closed_on = db.DateField(null=True)


TABLES = (Agency, AgencyCode, Unit)


def scheme_of(code: str) -> str:
    """Which scheme a code is written in; "other" for codes only met on the wire."""
    return next((name for name, pattern in SCHEMES.items() if pattern.match(code)), "other")


def explain(code: str) -> str:
    """What is wrong with a code of this installation, in words; empty when it is right (QĐ 20/2020 Điều 4, QCVN 102)."""
    if scheme_of(code) != "other":
        return ""
    odd = sorted(set(re.sub(r"[A-Z0-9.]", "", code)))
    if len(code) > 35:
        why = f"dài {len(code)} ký tự, tối đa là 35"
    elif odd:
        shown = ", ".join("dấu cách" if one == " " else f"«{one}»" for one in odd)
        why = f"có ký tự không được dùng: {shown}. Chỉ dùng chữ in hoa A–Z, số 0–9 và dấu chấm"
    elif code.endswith(".") or code.startswith(".") or ".." in code:
        why = "có dấu chấm ở đầu, ở cuối hoặc hai dấu chấm liền nhau"
    elif re.match(r"^[A-Y]\d{2}", code) is None and re.search(r"\.[A-Z]\d{2}$", code) is None:
        why = "nhóm cấp 1 phải là một chữ cái và hai chữ số, như H35"
    else:
        why = "các nhóm không đúng độ dài"
    return f"Mã «{code}» {why}. Ví dụ đúng: H35.12 (Quyết định 20/2020) hoặc 000.00.12.H35 (QCVN 102)."


def codes(agency_ids) -> dict[int, str]:
    """The code in force of each of these agencies, in one query; the newer scheme before the older."""
    rows = AgencyCode.select().where(AgencyCode.agency.in_(list(agency_ids)), AgencyCode.valid_to.is_null())
    found = {}
    for row in sorted(rows, key=lambda row: (row.scheme == "qd20", row.id)):
        found[row.agency_id] = row.code
    return found


def with_codes(rows) -> list["Agency"]:
    """The same agencies with their codes read in one go, for lists."""
    rows = list(rows)
    found = codes(row.id for row in rows)
    for row in rows:
        row.__dict__["_code"] = found.get(row.id, "")
    return rows


def create(name: str, *, code: str = "", hosted: bool = False, decision: str = "", **details) -> Agency:
    """Open an agency with its first code. Raises Invalid for an empty name or a bad or taken code."""
    name = text.clean(name)
    if not name:
        raise errors.Invalid({"name": "Hãy nhập tên cơ quan."})
    words = agencies_names.words_of(
        name, details.get("short_name", ""), details.get("notation", ""), hosted=hosted
    )
    with db.write():
        agency = Agency.create(
            name=name, folded_name=text.fold(name), hosted=hosted, search_words=words,
            recipient_class=details.pop("recipient_class", None) or agencies_names.proposed_class(name),
            connection=details.pop("connection", "local" if hosted else "none"), **details,
        )  # fmt: skip
        if code:
            add_code(agency, code, decision=decision)
    return agency


def add_code(agency: Agency, code: str, *, decision: str = "", valid_from=None, by=None) -> AgencyCode:
    """Open a code; the code in force of the same scheme is closed the same day. Raises Invalid.

    `by` is the administrator who does it; codes met on the wire are entered by nobody.
    """
    code = code.strip()
    if agency.hosted and explain(code):
        raise errors.Invalid({"code": explain(code)})
    if not WIRE_CODE.match(code):
        raise errors.Invalid({"code": explain(code) or f"Mã định danh «{code}» không đúng dạng."})
    day = valid_from or clock.today()
    with db.write():
        other = holder(code)
        if other and other.id != agency.id:
            raise errors.Invalid({"code": f"Mã «{code}» đã thuộc về {other.name}."})
        in_force = AgencyCode.get_or_none(
            AgencyCode.agency == agency, AgencyCode.code == code, AgencyCode.valid_to.is_null()
        )
        if in_force:
            return in_force  # pressed twice
        for held in list(agency.codes):
            if held.valid_to is None and held.scheme == scheme_of(code):
                held.set(valid_to=day)
        agency.__dict__.pop("_code", None)
        province = agencies_names.province_token(code)
        if province and province not in agency.search_words:
            agency.set(search_words=f"{agency.search_words} {province}")
        row = AgencyCode.create(
            agency=agency, code=code, scheme=scheme_of(code), valid_from=day, decision=decision
        )
        if by:
            journal.record("open_code", by, agency, note=f"{code} theo {decision}", agency_id=agency.id)
    return row


def close_code(row: AgencyCode, decision: str, by=None) -> None:
    """Close a code; messages addressed to it still arrive."""
    with db.write():
        row.set(valid_to=clock.today(), decision=decision)
        row.agency.__dict__.pop("_code", None)
        if by:
            words = f"{row.code} theo {decision}"
            journal.record("close_code", by, row.agency, note=words, agency_id=row.agency_id)


def replace_code(row: AgencyCode, decision: str, by) -> None:
    """Đóng một mã đã có mã khác thay (QĐ 20/2020). Raises Refused for the only code in force, or a closed one."""
    decision = text.clean(decision)[:200]
    if not decision:
        raise errors.Refused("Hãy nhập số, ngày quyết định đóng mã.")
    if row.valid_to:
        raise errors.Refused(f"Mã {row.code} đã đóng ngày {row.valid_to:%d/%m/%Y}.")
    if not any(one.valid_to is None and one.id != row.id for one in row.agency.codes):
        raise errors.Refused("Đây là mã duy nhất còn hiệu lực. Hãy mở mã mới trước; mã cũ tự đóng.")
    close_code(row, decision, by)


def by_code(code: str) -> Agency | None:
    """The agency that answers for this code now: its holder, or what the holder was merged into."""
    found = holder(code)
    return current(found) if found else None


def current(agency: Agency) -> Agency:
    """The agency itself, or the one that took its place, however often that was merged again."""
    seen = {agency.id}
    while agency.successor_id and agency.successor_id not in seen:
        seen.add(agency.successor_id)
        agency = agency.successor
    return agency


def forerunners(agency: Agency) -> list[int]:
    """The ids of an agency and of all that were merged into it."""
    found, fresh = [agency.id], [agency.id]
    while fresh:
        rows = Agency.select(Agency.id).where(Agency.successor.in_(fresh)).tuples()
        fresh = [row[0] for row in rows if row[0] not in found]
        found += fresh
    return found


def holder(code: str) -> Agency | None:
    """The agency that holds, or last held, this code."""
    row = (
        AgencyCode.select(AgencyCode, Agency)
        .join(Agency)
        .where(AgencyCode.code == code)
        .order_by(AgencyCode.valid_to.is_null().desc(), AgencyCode.id.desc())
        .first()
    )
    return row.agency if row else None


def partner(code: str, name: str) -> Agency:
    """The agency that sends under a code met on the axis; a new one is entered into the address book."""
    found = holder(code)
    if found:
        return found
    return create(name or code, code=code, connection="axis")


def units_of(agency_id: int) -> list[Unit]:
    """Open units of an agency, by name."""
    open_units = Unit.select().where(Unit.agency == agency_id, Unit.closed_on.is_null())
    return sorted(open_units, key=lambda unit: text.fold(unit.name))


def change(agency: Agency, by=None, **details) -> Agency:
    """Change name or details (the From block of its packets needs them). Raises Invalid for an empty name.

    `by` is the administrator who does it; the journal then says what was and what is.
    """
    values = {name: text.clean(value) if isinstance(value, str) else value for name, value in details.items()}
    if "name" in values:
        if not values["name"]:
            raise errors.Invalid({"name": "Hãy nhập tên cơ quan."})
        values["folded_name"] = text.fold(values["name"])
    if {"name", "short_name", "notation"} & values.keys():
        named = [values.get(part, getattr(agency, part)) for part in ("name", "short_name", "notation")]
        tokens = [word for word in agency.search_words.split() if word.startswith(agencies_names.TOKEN)]
        values["search_words"] = " ".join([agencies_names.words_of(*named), *tokens])
    before = {name: getattr(agency, name) for name in details}
    with db.write():
        agency.set(**values)
        if by:
            changed = {
                name: [_noted(old), _noted(getattr(agency, name))]
                for name, old in before.items()
                if old != getattr(agency, name)
            }
            verb, owner = ("change_agency", agency.id) if agency.hosted else ("change_partner", by.agency_id)
            journal.record(verb, by, agency, note=agency.name, data=changed, agency_id=owner)
    return agency


def _noted(value):
    """A value as the journal keeps it."""
    return (
        value.name if isinstance(value, Agency) else f"{value:%d/%m/%Y}" if hasattr(value, "year") else value
    )


def enter_partner(by, name: str, code: str, **details) -> Agency:
    """Ghi một cơ quan vào sổ địa chỉ. Raises Invalid as `create`, and for a name without a code that is there."""
    with db.write():
        same = Agency.select().where(Agency.folded_name == text.fold(text.clean(name)), ~Agency.hosted)
        if not code and any(not one.code for one in same):
            raise errors.Invalid({"name": f"Sổ địa chỉ đã có «{text.clean(name)}». Hãy sửa dòng đã có."})
        row = create(name, code=code, **details)
        journal.record("enter_partner", by, row, note=row.name, agency_id=by.agency_id)
    return row


def change_partner(by, row: Agency, name: str, code: str, **details) -> Agency:
    """Sửa một cơ quan trong sổ địa chỉ; another code is added, the old one is closed. Raises Invalid."""
    with db.write():
        change(row, by, name=name, **details)
        if code and code != row.code:
            add_code(row, code)
    return row


def open_unit(agency: Agency, name: str, notation: str = "", by=None) -> Unit:
    """A new unit; the first one is the contact point. Raises Invalid for an empty or taken name."""
    name = text.clean(name)
    with db.write():
        others = units_of(agency.id)
        _check_unit_name(name, others)
        first = not any(unit.is_contact_point for unit in others)
        unit = Unit.create(agency=agency, name=name, notation=text.clean(notation), is_contact_point=first)
        journal.record("open_unit", by, unit, note=name)
        return unit


def change_unit(unit: Unit, name: str, notation: str = "", by=None) -> Unit:
    """Rename a unit. Raises Invalid for an empty or taken name."""
    name = text.clean(name)
    with db.write():
        _check_unit_name(name, [other for other in units_of(unit.agency_id) if other.id != unit.id])
        journal.record("change_unit", by, unit, note=f"{unit.name} → {name}")
        return unit.set(name=name, notation=text.clean(notation))


def make_contact_point(unit: Unit, by=None) -> None:
    """Đầu mối gửi, nhận: exactly one unit of an agency (Quy chế 7)."""
    with db.write():
        Unit.update(is_contact_point=False).where(Unit.agency == unit.agency_id).execute()
        unit.set(is_contact_point=True)
        journal.record("make_contact_point", by, unit, note=unit.name)


def _check_unit_name(name, others) -> None:
    if not name:
        raise errors.Invalid({"name": "Hãy nhập tên đơn vị."})
    if any(text.fold(other.name) == text.fold(name) for other in others):
        raise errors.Invalid({"name": f"Đã có đơn vị «{name}»."})


def is_reachable(agency) -> bool:
    """True when an agency takes electronic documents: a code in force and a connection."""
    return bool(
        agency and agency.code and not agency.closed_on and (agency.hosted or agency.connection == "axis")
    )


def closing_words(agency) -> str:
    """Why nothing is sent to a closed agency, and where to instead (Quy chế 14.2); "" while it is open."""
    if not agency.closed_on:
        return ""
    if agency.successor_id:
        new = current(agency)
        return f"{agency.name} đã sáp nhập vào {new.name} từ {agency.closed_on:%d/%m/%Y}; gửi tới {new.name}?"
    return f"{agency.name} đã giải thể, mã định danh đóng từ {agency.closed_on:%d/%m/%Y}."
