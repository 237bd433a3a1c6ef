"""Forms: what a person typed, what it means, and a sentence beside each field that cannot be taken.

A form keeps the typed values, so that a wrong field never costs the others. No queries here.
"""

import re
from datetime import date

from models import clock, errors, text

_DAY = re.compile(r"^(\d{1,2})[/.\- ](\d{1,2})(?:[/.\- ](\d{4}|\d{2}))?$")


class Form:
    """Subclass and fill attributes in `parse()` with the reading methods below; then ask `ok`."""

    def __init__(self, data=None, **initial):
        """`data` is the posted form (read and judged); `initial` fills a form that was not posted yet."""
        self.data = data
        self.initial = initial
        self.errors: dict[str, str] = {}
        if data is not None:
            self.parse()

    def parse(self) -> None:
        """Read the fields."""
        raise NotImplementedError

    @property
    def ok(self) -> bool:
        """True when posted without a wrong field."""
        return self.data is not None and not self.errors

    def fail(self, error: errors.Invalid) -> None:
        """Take over the sentences of a verb that refused the values."""
        self.errors.update(error.fields)

    def value(self, name: str) -> str:
        """What to show in the field: as typed, else the first value."""
        found = self.data.get(name, "") if self.data is not None else self.initial.get(name)
        if isinstance(found, date):
            return f"{found:%d/%m/%Y}"
        return "" if found is None or not isinstance(found, (str, int)) else str(found)

    def values(self, name: str) -> list[str]:
        """All values of a field that may come several times."""
        if self.data is not None:
            return [value for value in self.data.getlist(name) if isinstance(value, str)]
        return [str(value) for value in self.initial.get(name) or ()]

    def error(self, name: str) -> str:
        """The sentence at this field, empty when it is right."""
        return self.errors.get(name, "")

    def text(self, name: str, needed: str = "", longest: int = 500) -> str:
        """A line or paragraph, cleaned. `needed` is the sentence when it is empty."""
        value = text.clean(self._raw(name))
        if not value and needed:
            self.errors[name] = needed
        elif len(value) > longest:
            self.errors[name] = f"Dài quá {longest} ký tự (đang là {len(value)}). Hãy rút gọn."
        return value

    def day(self, name: str, needed: str = "") -> date | None:
        """A day typed as 14/7, 14/7/26 or 14/07/2026 (or by a date field as 2026-07-14)."""
        typed = self._raw(name).strip()
        if not typed:
            if needed:
                self.errors[name] = needed
            return None
        try:
            return parse_day(typed)
        except ValueError:
            self.errors[name] = f"«{typed}» không phải là ngày. Gõ như 14/07/2026 hoặc 14/7."
            return None

    def number(self, name: str, needed: str = "", least: int = 0, most: int = 10**9) -> int | None:
        """A whole number."""
        typed = self._raw(name).strip()
        if not typed:
            if needed:
                self.errors[name] = needed
            return None
        if not typed.isdecimal() or not least <= int(typed[:12]) <= most:
            self.errors[name] = f"Hãy nhập một số từ {least} đến {most}."
            return None
        return int(typed)

    def choice(self, name: str, allowed, needed: str = "") -> str:
        """One of the allowed values (a dict or list of strings); anything else counts as not chosen."""
        typed = self._raw(name)
        known = {str(value) for value in allowed}
        if typed in known:
            return typed
        if needed or typed:
            self.errors[name] = needed or "Hãy chọn một mục trong danh sách."
        return ""

    def many(self, name: str, allowed) -> list[str]:
        """Several of the allowed values, in the order posted."""
        known = {str(value) for value in allowed}
        chosen = [value for value in self.values(name) if value]
        if any(value not in known for value in chosen):
            self.errors[name] = "Có mục không còn trong danh sách. Hãy chọn lại."
        return [value for value in chosen if value in known]

    def yes(self, name: str) -> bool:
        """A ticked box."""
        return bool(self._raw(name))

    def uploads(self, name: str, needed: str = "") -> list:
        """Uploaded files (starlette UploadFile) that have a name and a content."""
        found = [item for item in self.data.getlist(name) if not isinstance(item, str) and item.filename]
        if not found and needed:
            self.errors[name] = needed
        return found

    def _raw(self, name: str) -> str:
        value = self.data.get(name, "")
        return value if isinstance(value, str) else ""


def parse_day(typed: str) -> date:
    """A typed day; without a year this year's. Raises ValueError."""
    typed = typed.strip()
    if re.match(r"^\d{4}-\d{2}-\d{2}$", typed):
        return date.fromisoformat(typed)
    found = _DAY.match(typed)
    if not found:
        raise ValueError(typed)
    day, month, year = found.groups()
    full = clock.today().year if year is None else int(year) + (2000 if len(year) == 2 else 0)
    return date(full, int(month), int(day))
