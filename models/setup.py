"""The first day of an installation: the first administrator, and a new agency with its registers and calendar."""

import re
from datetime import datetime

import holidays

from models import agencies, clock, db, documents, errors, journal, registers, staff, users, workdays

PROPOSED = "Bộ luật Lao động Điều 112 (đề xuất)"
SWAPPED = re.compile(r"thay cho ngày (\d\d/\d\d/\d{4})")


class FirstRun(db.Base):
    """One row at the most: two first visitors cannot both become the first administrator."""

    guard = db.IntegerField(unique=True, default=1)
    done_at = db.MomentField()


TABLES = (FirstRun,)


def first_run(agency_name: str, agency_code: str, full_name: str, login: str, password: str) -> users.Post:
    """Create the first agency and the provincial administrator. Raises Refused when somebody was first."""
    with db.write():
        if users.anyone():
            raise errors.Refused("Hệ thống đã có quản trị. Hãy đăng nhập.")
        FirstRun.create(done_at=clock.now())
        agency = open_agency(agency_name, agency_code)
        person = users.create_person(login, full_name, password)
        post = users.appoint(person, agency, "Quản trị hệ thống", "admin province_admin")
        journal.record("first_run", None, agency, note=full_name, agency_id=agency.id)
        for year in (clock.today().year, clock.today().year + 1):
            propose_calendar(year)
    return post


def open_agency(name: str, code: str, actor=None, **details) -> agencies.Agency:
    """A new agency of this installation with its shared registers. Raises Invalid."""
    with db.write():
        agency = agencies.create(name, code=code, hosted=True, **details)
        for flow in registers.NAMES:
            registers.of(agency.id, flow)
        journal.record("open_agency", actor, agency, note=code, agency_id=agency.id)
    return agency


def close_agency(agency: agencies.Agency, actor, decision: str) -> None:
    """Giải thể, sáp nhập: its people lose their posts there, its books are locked to the last number, its codes are closed.

    A message to a code it held still reaches it (law: ID-7). Raises Refused for the actor's own agency, or while a
    document of it is unfinished; Invalid without a decision.
    """
    if not decision.strip():
        raise errors.Invalid({"decision": "Hãy nhập số, ngày quyết định giải thể hoặc sáp nhập."})
    if agency.closed_on:
        raise errors.Refused(f"{agency.name} đã giải thể ngày {agency.closed_on:%d/%m/%Y}.")
    if agency.id == actor.agency_id:
        raise errors.Refused("Không giải thể được cơ quan bạn đang làm việc. Hãy đổi chức danh trước.")
    with db.write():
        doc = documents.Document
        unfinished = doc.select().where(doc.agency == agency, doc.state.not_in(staff.OVER)).count()
        if unfinished:
            raise errors.Refused(
                f"{agency.name} còn {unfinished} văn bản chưa xong. Hãy hoàn thành hoặc trả lại trước khi giải thể."
            )
        for row in list(agency.codes):
            if row.valid_to is None:
                agencies.close_code(row, decision.strip())
        for book in registers.of_agency(agency.id):
            for counter in registers.counters(book):
                if counter.closed_at is None:
                    counter.set(closed_at=clock.now())
        agency.set(closed_on=clock.today(), connection="none", connection_note=decision.strip()[:200])
        journal.record("close_agency", actor, agency, note=decision.strip(), agency_id=agency.id)


def propose_calendar(year: int, by=None) -> None:
    """Enter the public holidays of a year as a first proposal; days already entered stay as they are."""
    known = {row.day for row in workdays.CalendarDay.select().where(workdays.CalendarDay.agency_id.is_null())}
    with db.write():
        for day, name in sorted(holidays.Vietnam(years=year, language="vi").items()):
            if day not in known:
                workdays.CalendarDay.create(day=day, name=name, decision=PROPOSED)
            swapped = SWAPPED.search(name)
            worked = datetime.strptime(swapped[1], "%d/%m/%Y").date() if swapped else None
            if worked and worked not in known:
                workdays.CalendarDay.create(
                    day=worked, worked=True, name=f"Làm bù cho {day:%d/%m}", decision=PROPOSED
                )
        journal.record("propose_calendar", by, None, note=str(year))
