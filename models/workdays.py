"""Ngày làm việc: the office calendar, the legal reception time and periods in working days.

Quy chế 12.3 (reception outside office hours), Bộ luật Dân sự Điều 147–148 (first day not counted).
A day is worked when it is Monday–Friday and no holiday, or listed as a make-up day (làm bù).
"""

from datetime import UTC, date, datetime, time, timedelta

from models import clock, db, errors, journal

DEFAULT_SESSIONS = "07:30-12:00 13:30-17:00"


class OfficeHours(db.Base):
    """Sessions of an office day; the row with no agency is the province's, an agency's own row wins."""

    agency_id = db.IntegerField(null=True, unique=True)
    sessions = db.CharField(default=DEFAULT_SESSIONS)


class CalendarDay(db.Base):
    """A holiday (worked=False) or a make-up day (worked=True), with the decision that fixes it."""

    day = db.DateField()
    agency_id = db.IntegerField(null=True)
    worked = db.BooleanField(default=False)
    name = db.CharField()
    decision = db.CharField(default="")

    class Meta:
        indexes = ((("day", "agency_id"), True),)


TABLES = (OfficeHours, CalendarDay)


class Calendar:
    """One agency's calendar, read once and then asked many times."""

    def __init__(self, sessions: list[tuple[time, time]], exceptions: dict[date, bool]):
        self.sessions = sessions
        self.exceptions = exceptions

    def is_worked(self, day: date) -> bool:
        """True when the office works that day."""
        return self.exceptions.get(day, day.weekday() < 5)

    def next_worked(self, day: date) -> date:
        """The first worked day after `day`."""
        day += timedelta(days=1)
        while not self.is_worked(day):
            day += timedelta(days=1)
        return day

    def received_at(self, moment: datetime) -> datetime:
        """Legal reception time (12.3): the moment itself in office hours, else the start of the next session."""
        wall = clock.local(moment)
        day = wall.date()
        if self.is_worked(day):
            for start, end in self.sessions:
                if wall.time() < start:
                    return self._moment(day, start)
                if wall.time() < end:
                    return moment
        return self._moment(self.next_worked(day), self.sessions[0][0])

    def add(self, day: date, working_days: int) -> date:
        """The day on which a period of so many working days ends; the first day is not counted."""
        for _ in range(working_days):
            day = self.next_worked(day)
        return day

    def between(self, first: date, last: date) -> int:
        """Working days after `first` up to and with `last`; negative when `last` lies before."""
        if last < first:
            return -self.between(last, first)
        count = 0
        while first < last:
            first += timedelta(days=1)
            count += self.is_worked(first)
        return count

    def morning_end(self, day: date) -> datetime:
        """End of the morning of the next worked day after `day`: the latest sending time (11.1)."""
        return self._moment(self.next_worked(day), self.sessions[0][1])

    def day_end(self, day: date) -> datetime:
        """End of office hours of a day."""
        return self._moment(day, self.sessions[-1][1])

    def before(self, moment: datetime, period: timedelta) -> datetime:
        """The moment from which so much office time has passed until `moment` (4 hours from Friday 15:00 → Monday)."""
        wall = clock.local(moment)
        day, left = wall.date(), period
        end_of_look = wall.replace(tzinfo=None)
        while True:
            for start, end in reversed(self.sessions if self.is_worked(day) else ()):
                start, end = datetime.combine(day, start), min(datetime.combine(day, end), end_of_look)
                if end > start and end - start >= left:
                    return (end - left).replace(tzinfo=clock.VIETNAM).astimezone(UTC)
                left -= max(end - start, timedelta())
            day -= timedelta(days=1)

    def after(self, moment: datetime, period: timedelta) -> datetime:
        """The moment at which so much office time will have passed since `moment` (4 hours from Friday 15:00 → Monday)."""
        wall = clock.local(moment)
        day, left, start_of_look = wall.date(), period, wall.replace(tzinfo=None)
        while True:
            for start, end in self.sessions if self.is_worked(day) else ():
                start, end = max(datetime.combine(day, start), start_of_look), datetime.combine(day, end)
                if end > start and end - start >= left:
                    return (start + left).replace(tzinfo=clock.VIETNAM).astimezone(UTC)
                left -= max(end - start, timedelta())
            day += timedelta(days=1)

    @staticmethod
    def _moment(day, wall):
        return datetime.combine(day, wall, clock.VIETNAM).astimezone(UTC)


def calendar(agency_id: int | None = None) -> Calendar:
    """The calendar in force for an agency: its own hours and days before the province's."""
    wanted = (agency_id, None) if agency_id else (None,)
    hours = {row.agency_id: row.sessions for row in OfficeHours.select()}
    sessions = next((hours[key] for key in wanted if key in hours), DEFAULT_SESSIONS)
    days = CalendarDay.select().where(CalendarDay.agency_id.is_null() | (CalendarDay.agency_id == agency_id))
    exceptions = {}
    for row in sorted(days, key=lambda row: row.agency_id is not None):
        exceptions[row.day] = row.worked
    return Calendar(parse_sessions(sessions), exceptions)


def parse_sessions(text: str) -> list[tuple[time, time]]:
    """«07:30-12:00 13:30-17:00» as pairs. Raises ValueError when they are not in order."""
    pairs = [tuple(time.fromisoformat(end) for end in part.split("-")) for part in text.split()]
    flat = [end for pair in pairs for end in pair]
    if not pairs or any(len(pair) != 2 for pair in pairs) or flat != sorted(set(flat)):
        raise ValueError(text)
    return pairs


def set_hours(agency_id: int | None, sessions: str, by=None) -> OfficeHours:
    """Fix the office hours of an agency (None: of the province); `by` who does it. Raises Invalid.

    Past computations are not redone.
    """
    sessions = " ".join(sessions.split())
    try:
        parse_sessions(sessions)
    except ValueError as error:
        raise errors.Invalid(
            {"sessions": f"«{sessions}» chưa đúng. Gõ các buổi theo thứ tự, ví dụ {DEFAULT_SESSIONS}."}
        ) from error
    with db.write():
        row = OfficeHours.get_or_none(_of(OfficeHours, agency_id)) or OfficeHours.create(agency_id=agency_id)
        row.set(sessions=sessions)
        journal.record("set_hours", by, row, note=sessions, agency_id=agency_id)
        return row


def enter_day(
    agency_id: int | None, day: date, worked: bool, name: str, decision: str = "", by=None
) -> CalendarDay:
    """Enter a holiday or a make-up day; a day already entered is changed. Raises Invalid for no name."""
    if not name.strip():
        raise errors.Invalid({"name": "Hãy nhập tên ngày nghỉ hoặc ngày làm bù."})
    values = {"worked": worked, "name": name.strip(), "decision": decision.strip()}
    with db.write():
        row = CalendarDay.get_or_none(CalendarDay.day == day, _of(CalendarDay, agency_id))
        row = row.set(**values) if row else CalendarDay.create(day=day, agency_id=agency_id, **values)
        words = "Ngày làm bù" if worked else "Ngày nghỉ"
        journal.record("enter_day", by, row, note=f"{day:%d/%m/%Y} {words}: {row.name}", agency_id=agency_id)
        return row


def remove_day(row: CalendarDay, by=None) -> None:
    """Take a day out of the calendar."""
    with db.write():
        journal.record("remove_day", by, row, note=f"{row.day:%d/%m/%Y} {row.name}", agency_id=row.agency_id)
        row.delete_instance()


def days_of(agency_id: int, year: int) -> list[CalendarDay]:
    """Days of a year that concern an agency: the province's and its own, in order."""
    return list(
        CalendarDay.select()
        .where(
            CalendarDay.day.between(date(year, 1, 1), date(year, 12, 31)),
            CalendarDay.agency_id.is_null() | (CalendarDay.agency_id == agency_id),
        )
        .order_by(CalendarDay.day, CalendarDay.agency_id)
    )


def hours_of(agency_id: int | None) -> str:
    """Sessions in force for an agency."""
    for key in (agency_id, None):
        row = OfficeHours.get_or_none(_of(OfficeHours, key))
        if row:
            return row.sessions
    return DEFAULT_SESSIONS


def _of(model, agency_id):
    return model.agency_id.is_null() if agency_id is None else model.agency_id == agency_id
