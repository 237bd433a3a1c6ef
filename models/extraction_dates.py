"""Deadlines and dates in the text of a letter («trước ngày 18/7», «trong vòng 5 ngày làm việc»), with their places. Pure."""

import re
from datetime import date

from models.extraction_running import Running, day_of

DAY = r"(\d{1,2})(?:\s?[/.-]\s?|\s+thang\s+)(\d{1,2})(?:(?:\s?[/.-]\s?|\s+nam\s+)(20\d\d))?(?![/.\d-]\d)"
_UNTIL = re.compile(
    r"\b(truoc het|truoc|cham nhat|tre nhat|muon nhat|khong qua|khong muon hon|han cuoi|han chot|het han|thoi han|den het|"
    r"het ngay|xong trong)\b(?P<between>[a-z0-9:'\"(), ]{0,40}?)(?:\bngay\s*)?" + DAY
)
_WITHIN = re.compile(
    r"\b(?:trong vong|trong thoi han|thoi han|cham nhat|khong qua|trong)\s+(?:la\s+|khong qua\s+|toi da\s+)?"
    r"(?:(\d{1,2})|[a-z ]{2,12}\((\d{1,2})\))\s*(?:\([a-z ]{2,12}\)\s*)?ngay(\s+lam viec)?\b(?P<after>[^.;]{0,60})"
)
# what is asked to be done by then; without such a word a date «before» is history or the force of a law
_ASKED = re.compile(
    r"\b(gui|bao cao|nop|hoan thanh|tra loi|phuc dap|dang ky|y kien|gop y|tong hop|thuc hien|trien khai|cung cap|phan hoi|"
    r"co van ban|xac nhan|thong bao|de xuat|ra soat|xu ly|giai quyet|lap|cu|xong|ket qua|danh sach|tham mun|tham muu)\b"
)
_LAW = re.compile(
    r"\b(co hieu luc|hieu luc|ban hanh|sinh|thanh lap|duoc cap|da duoc|het hieu luc|quy dinh tai)\b"
)
_ANY = re.compile(
    r"\bngay\s+(\d{1,2})(?:\s?[/.-]\s?|\s+thang\s+)(\d{1,2})(?:\s?[/.-]\s?|\s+nam\s+)((?:19|20)\d\d)\b"
)
_REFERENCE = re.compile(r"(\bso\b\s*:?\s*\d\S{0,30}[,;]?\s*|\d/\S{1,25}[,;]?\s*)$")
BEFORE, AFTER = 220, 80
LONGEST = 400  # days from the issue to a deadline
_YEARLY = re.compile(r"\W{0,2}(?:cua )?(?:hang|moi|tung) (?:nam|quy|thang)")


def deadline(said: Running, issued: date | None) -> dict | None:
    """{"value", "words", "page", "box", "days", "working", "since", "clear"}: what the letter asks to be done by when.

    `value` is a date (ISO), or "" where only a number of `days` (`working` ones, `since` "received" or "issued") is given.
    `clear`: the year is printed too.
    """
    for match in _UNTIL.finditer(said.folded):
        day = day_of(*match.groups()[-3:], issued)
        if day is None or (issued and not 0 <= (day - issued).days <= LONGEST):
            continue
        if _YEARLY.match(said.folded, match.end()):  # a duty of every year is no deadline of this letter
            continue
        if _is_asked(said.folded, match.start(), match.end()):
            return _found(said, match) | {"value": day.isoformat(), "clear": bool(match.groups()[-1])}
    for match in _WITHIN.finditer(said.folded):
        days = int(match.group(1) or match.group(2))
        if 0 < days <= 90 and _is_asked(said.folded, match.start(), match.end()):
            since = "received" if "nhan" in match.group("after") else "issued"
            return _found(said, match) | {"days": days, "working": bool(match.group(3)), "since": since}
    return None


def _is_asked(folded, start, end):
    before, after = folded[max(0, start - BEFORE) : start], folded[end : end + AFTER]
    before = before[max(before.rfind(". "), before.rfind("; ")) + 1 :]
    after = after.split(". ")[0]
    if _LAW.search(before[-40:]) or _LAW.search(after[:40]):
        return False
    return bool(_ASKED.search(before) or _ASKED.search(folded[start:end]) or _ASKED.search(after))


def _found(said, match):
    start, end = match.span()
    if "after" in match.groupdict():
        end -= len(match.group("after"))
    page, box = said.place(start, end)
    return {"value": "", "words": said.words(start, end), "page": page, "box": box, "days": 0, "working": False,
            "since": "", "clear": False}  # fmt: skip


def days_named(said: Running, most: int = 8) -> list[dict]:
    """[{"value", "page", "box"}, …]: whole dates the letter names as its own, those of other documents left out."""
    found = {}
    for match in _ANY.finditer(said.folded):
        day = day_of(*match.groups(), None)
        if day is None or day.isoformat() in found or _REFERENCE.search(said.folded[: match.start()][-50:]):
            continue
        page, box = said.place(*match.span())
        found[day.isoformat()] = {"value": day.isoformat(), "page": page, "box": box}
    return list(found.values())[:most]
