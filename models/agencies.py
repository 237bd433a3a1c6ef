"""Cơ quan, đơn vị and their identification codes in both schemes, with history.

Codes: QĐ 20/2020 (`H35.12`, grows to the right) and the older QCVN 102:2016 (`000.00.12.H35`, level 1 rightmost).
An agency is never deleted but closed; a message to any code it ever held still reaches it (law: ID-7).
Agencies far away (the address book) are rows with hosted=False.
"""

import re

from models import clock, db, errors, text

SCHEMES = {
    "qd20": re.compile(r"^[A-Z]\d{2}(\.[A-Z0-9]+)*$"),
    "qcvn102": re.compile(r"^\d{3}\.\d{2}\.\d{2}\.[A-Z]\d{2}$"),
}
WIRE_CODE = re.compile(r"^[0-9A-Za-z._-]{1,64}$")
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
    closed_on = db.DateField(null=True)

    @property
    def code(self) -> str:
        """The code in force: the newer scheme before the older; empty when it has none."""
        held = [row for row in self.codes if row.valid_to is None]
        held.sort(key=lambda row: (row.scheme != "qd20", -row.id))
        return held[0].code if held else ""


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


def create(name: str, *, code: str = "", hosted: bool = False, decision: str = "", **details) -> Agency:
    """Open an agency with its first code. Raises Invalid for an empty name or a bad or taken code."""
    name = text.clean(name)
    if not name:
        raise errors.Invalid({"name": "Hãy nhập tên cơ quan."})
    with db.write():
        agency = Agency.create(
            name=name, folded_name=text.fold(name), hosted=hosted,
            connection=details.pop("connection", "local" if hosted else "none"), **details,
        )  # fmt: skip
        if code:
            add_code(agency, code, decision=decision)
    return agency


def add_code(agency: Agency, code: str, *, decision: str = "", valid_from=None) -> AgencyCode:
    """Open a code; the code in force of the same scheme is closed the same day. Raises Invalid."""
    code = code.strip()
    if not WIRE_CODE.match(code):
        raise errors.Invalid(
            {"code": f"Mã định danh «{code}» không đúng dạng. Ví dụ đúng: H35.12 hoặc 000.00.12.H35."}
        )
    if agency.hosted and scheme_of(code) == "other":
        raise errors.Invalid(
            {
                "code": f"Mã «{code}» không theo Quyết định 20/2020 (H35.12) cũng không theo QCVN 102 (000.00.12.H35)."
            }
        )
    other = by_code(code)
    if other and other.id != agency.id:
        raise errors.Invalid({"code": f"Mã «{code}» đã thuộc về {other.name}."})
    day = valid_from or clock.today()
    with db.write():
        for held in list(agency.codes):
            if held.valid_to is None and held.scheme == scheme_of(code):
                held.set(valid_to=day)
        return AgencyCode.create(
            agency=agency, code=code, scheme=scheme_of(code), valid_from=day, decision=decision
        )


def close_code(row: AgencyCode, decision: str) -> None:
    """Close a code; messages addressed to it still arrive."""
    with db.write():
        row.set(valid_to=clock.today(), decision=decision)


def by_code(code: str) -> Agency | None:
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
    """The agency behind a code met on the axis; a new one is entered into the address book."""
    found = by_code(code)
    if found:
        return found
    return create(name or code, code=code, connection="axis")


def units_of(agency_id: int) -> list[Unit]:
    """Open units of an agency, by name."""
    open_units = Unit.select().where(Unit.agency == agency_id, Unit.closed_on.is_null())
    return sorted(open_units, key=lambda unit: text.fold(unit.name))


def find(words: str, limit: int = 20) -> list[Agency]:
    """Agencies whose name holds these words (without marks) or whose code begins so; open ones only."""
    wanted = text.fold(words)
    by_prefix = AgencyCode.select(AgencyCode.agency).where(AgencyCode.code.startswith(words.strip()))
    return list(
        Agency.select()
        .where((Agency.folded_name.contains(wanted)) | (Agency.id.in_(by_prefix)), Agency.closed_on.is_null())
        .order_by(Agency.folded_name)
        .limit(limit)
    )
