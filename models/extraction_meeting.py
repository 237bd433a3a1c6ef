"""When and where a letter invites to («vào hồi 8 giờ 00 ngày 14/7/2026, tại Phòng họp số 2»), with the place. Pure."""

import re
from datetime import date

from models.extraction_dates import DAY
from models.extraction_running import Running, day_of

_CLOCK = r"(\d{1,2})\s?(?:gio|h|g|:)\s?(?:(\d{2})\b)?(?:\s?phut)?'?"
_HOUR_FIRST = re.compile(r"\b" + _CLOCK + r"(?P<between>[^.;]{0,60}?)\bngay\s*" + DAY)
_DAY_FIRST = re.compile(r"\bngay\s*" + DAY + r"(?P<between>[^.;]{0,30}?)\b" + _CLOCK)
_INVITES = re.compile(
    r"\b(moi\b.{0,160}?\b(du|hop|tham du|tham gia|den|ve)|giay moi|to chuc (hop|hoi nghi|cuoc hop|buoi)|trieu tap|thoi gian\s*:)"
)
_WHERE = re.compile(r"\b(?:dia diem(?: hop| to chuc| lam viec)?\s*:|dia diem\b|tai)\s*(.{4,170}?)" + r"(?="
    r"(?<!\bp)(?<!\btp)(?<!\btx)(?<!\bso)(?<!\bd)(?<!\btt)[.;](?:\s|$)|\s\d\s?[.)]\s|\s[-–+]\s?[a-z]|\bthanh phan|\bnoi dung\b|\bchu tri\b|"
    r"\bkinh moi\b|\bde nghi\b|\btran trong\b|\bthoi gian\b|\bde\s(?:hop|ban|lam|nghe)|\bnoi nhan\b|$)")  # fmt: skip
NEAR = 420  # characters from the time to the place
AHEAD = 120  # days from the issue to a meeting


def meeting(said: Running, issued: date | None, kind: str = "") -> dict | None:
    """{"day" ISO, "time" HH:MM, "where", "words", "page", "box"} of an invitation; None when the letter is none."""
    if kind != "Giấy mời" and not _INVITES.search(said.folded):
        return None
    for pattern, order in ((_HOUR_FIRST, (0, 1, 3, 4, 5)), (_DAY_FIRST, (4, 5, 0, 1, 2))):
        for match in pattern.finditer(said.folded):
            groups = match.groups()
            hour, minute, *day = (groups[place] for place in order)
            when = day_of(*day, issued)
            if when is None or int(hour) > 23 or int(minute or 0) > 59:
                continue
            if issued and not 0 <= (when - issued).days <= AHEAD:
                continue
            return _invitation(said, match, when, f"{int(hour):02d}:{int(minute or 0):02d}")
    return None


def _invitation(said, match, when, time):
    start, end = match.span()
    page, box = said.place(start, end)
    near = _WHERE.search(said.folded, end, min(len(said.folded), end + NEAR))
    where = said.words(*near.span(1)) if near else ""
    return {"day": when.isoformat(), "time": time, "where": where, "words": said.words(start, end), "page": page,
            "box": box}  # fmt: skip
