"""The self-check tells ready from not ready (Quy chế 23.2)."""

import pytest

from models import (
    agencies,
    clock,
    db,
    files,
    outbox,
    readiness,
    registers,
    trust,
    trust_lists,
    users,
    workdays,
)


def kinds(agency) -> dict:
    return {line.title: line.kind for line in readiness.check(agency)}


def test_a_set_up_agency_lacks_only_its_certificate(office):
    found = kinds(office.a)
    assert {title for title, kind in found.items() if kind == "bad"} == {"Chứng thư số"}


def test_missing_calendar_is_red(office):
    with db.write():
        workdays.CalendarDay.delete().execute()
    assert kinds(office.a)["Lịch làm việc"] == "bad"


def test_next_year_s_calendar_is_asked_for_in_november(office):
    with db.write():
        year = clock.today().year
        workdays.CalendarDay.delete().where(workdays.CalendarDay.day.year == year + 1).execute()
    with clock.freeze(f"{year}-10-05 08:00"):
        assert kinds(office.a)["Lịch làm việc"] == "ok"
    with clock.freeze(f"{year}-11-05 08:00"):
        assert kinds(office.a)["Lịch làm việc"] == "bad"


@pytest.mark.parametrize(
    ("title", "spoil"),
    [
        ("Đầu mối gửi, nhận", lambda a: agencies.Unit.update(is_contact_point=False).execute()),
        ("Vai trò", lambda a: users.Post.update(roles="officer").where(users.Post.agency == a).execute()),
        ("Mã định danh", lambda a: agencies.AgencyCode.update(valid_to=clock.today()).execute()),
        ("Sổ đăng ký", lambda a: registers.Register.delete().where(registers.Register.agency == a).execute()),
    ],
)
def test_each_missing_thing_is_red(office, title, spoil):
    assert kinds(office.a)[title] == "ok"
    with db.write():
        spoil(office.a)
    assert kinds(agencies.Agency.get_by_id(office.a.id))[title] == "bad"


def test_a_clock_behind_the_journal_is_red(office):
    assert kinds(office.a)["Đồng hồ"] != "bad"
    with clock.freeze("2001-01-01 08:00"):
        assert kinds(office.a)["Đồng hồ"] == "bad"


def test_the_oldest_waiting_order_is_counted(office):
    with clock.freeze("2026-03-02 08:00"), db.write():
        outbox.place("deliver", 1, "a")
    with clock.freeze("2026-03-02 08:10"):
        assert readiness.oldest_due_seconds() == 600


def test_no_trusted_root_and_an_old_list_are_seen(office):
    assert kinds(office.a)["Nơi cấp tin cậy"] == "warn"
    with db.write():
        root = trust.TrustRoot.create(sha256="1" * 64, der=b"0", name="Gốc", added_at=clock.now())
    assert kinds(office.a)["Nơi cấp tin cậy"] == "ok"
    file = files.put(b"crl", "a.crl", "application/pkix-crl")
    with db.write():
        trust_lists.RevocationList.create(
            issuer=root,
            file=file,
            made_at=clock.now(),
            next_at=clock.at("2020-01-01 00:00"),
            added_at=clock.now(),
        )
    assert kinds(office.a)["Nơi cấp tin cậy"] == "warn"
