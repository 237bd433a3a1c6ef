"""Demonstration province: plainly fictional agencies and people, for `app.py dev`, the story and the tests."""

from datetime import date
from types import SimpleNamespace

from models import agencies, clock, db, setup, users

PASSWORD = "mot cau that de nho"

# login, name, title, roles, unit
SO_A = (
    ("lan", "Trần Thị Lan", "Văn thư", "clerk archivist", "Văn phòng"),
    ("minh", "Lê Văn Minh", "Giám đốc", "leader", None),
    ("hoa", "Phạm Thị Hoa", "Phó Giám đốc", "leader", None),
    ("thao", "Vũ Thị Thảo", "Trưởng phòng Kế hoạch", "unit_head", "Phòng Kế hoạch"),
    ("tuan", "Đỗ Anh Tuấn", "Chuyên viên", "officer", "Phòng Kế hoạch"),
    ("khoa", "Bùi Đăng Khoa", "Phó Chánh Văn phòng", "form_checker", "Văn phòng"),
    ("dung", "Ngô Tiến Dũng", "Chuyên viên", "officer", "Phòng Kỹ thuật"),
    ("son", "Hà Thái Sơn", "Trưởng phòng Kỹ thuật", "unit_head", "Phòng Kỹ thuật"),
    ("quantri", "Đặng Quản Trị", "Quản trị", "admin", "Văn phòng"),
)
XA_B = (
    ("binh", "Lò Văn Bình", "Chủ tịch", "leader unit_head", None),
    ("mai", "Giàng Thị Mai", "Công chức Văn phòng", "clerk form_checker archivist admin", None),
    ("nam", "Tao Văn Nam", "Công chức", "officer", None),
)


def so_a(login_suffix: str = "") -> SimpleNamespace:
    """Sở Kế hoạch mẫu: a department with units."""
    agency = setup.open_agency(
        "Sở Kế hoạch tỉnh Minh Sơn", "H99.10", short_name="Sở Kế hoạch", parent_name="UBND tỉnh Minh Sơn", kind="Sở",
        notation="SKH", place="Minh Sơn", address="Số 1 đường Mẫu, phường Thử Nghiệm, tỉnh Minh Sơn",
        email="vanthu@sokehoach.example", telephone="0200 000 001",
    )  # fmt: skip
    with db.write():
        agencies.add_code(agency, "000.00.10.H99")
    units = {}
    for name, notation in (("Văn phòng", "VP"), ("Phòng Kế hoạch", "KH"), ("Phòng Kỹ thuật", "KT")):
        with db.write():
            units[name] = agencies.Unit.create(
                agency=agency, name=name, notation=notation, is_contact_point=name == "Văn phòng"
            )
    return _people(agency, SO_A, units, login_suffix)


def xa_b(login_suffix: str = "") -> SimpleNamespace:
    """UBND xã mẫu: a commune where three accounts do everything."""
    agency = setup.open_agency(
        "UBND xã Suối Mây", "H99.20.01", short_name="Xã Suối Mây", parent_name="Tỉnh Minh Sơn", kind="Xã",
        notation="UBND", place="Suối Mây", address="Bản Mẫu, xã Suối Mây, tỉnh Minh Sơn",
        email="vanthu@suoimay.example", telephone="0200 000 002",
    )  # fmt: skip
    with db.write():
        agencies.add_code(agency, "000.01.20.H99")
    return _people(agency, XA_B, {}, login_suffix)


def administrator() -> users.Post:
    """The provincial administrator, in an agency of its own."""
    agency = setup.open_agency("Văn phòng UBND tỉnh Minh Sơn", "H99", short_name="VP UBND tỉnh", kind="Tỉnh",
                               notation="VP", place="Minh Sơn", parent_name="UBND tỉnh Minh Sơn")  # fmt: skip
    person = users.create_person("admin", "Nguyễn Toàn Tỉnh", PASSWORD)
    return users.appoint(person, agency, "Quản trị toàn tỉnh", "admin province_admin")


def calendar() -> None:
    """Holidays of last, this and next year."""
    for year in range(clock.today().year - 1, clock.today().year + 2):
        setup.propose_calendar(year)


def _people(agency, rows, units, suffix) -> SimpleNamespace:
    cast = SimpleNamespace(agency=agency, units=units, posts={})
    since = date(clock.today().year - 1, 1, 1)
    for login, name, title, roles, unit in rows:
        person = users.create_person(login + suffix, name, PASSWORD)
        post = users.appoint(person, agency, title, roles, unit=units.get(unit), starts_on=since)
        cast.posts[login] = post
        setattr(cast, login, users.Actor(person, post))
    return cast
