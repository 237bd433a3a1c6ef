"""How signers, days and moments are written in the sentences of a check."""

from datetime import datetime, timedelta, timezone

VIETNAM = timezone(timedelta(hours=7), "+07")


def who(item) -> str:
    """The signer's name, or the best there is."""
    return item.signer or item.organisation or "người ký"


def date_of(text: str):
    """The day in Vietnam of a moment in ISO 8601."""
    return datetime.fromisoformat(text).astimezone(VIETNAM).date()


def day(text: str) -> str:
    """That day as written, «…» when unknown."""
    return f"{date_of(text):%d/%m/%Y}" if text else "…"


def moment(text: str) -> str:
    """A moment in Vietnam as written, with its offset; empty when unknown."""
    if not text:
        return ""
    return f"{datetime.fromisoformat(text).astimezone(VIETNAM):%d/%m/%Y %H:%M:%S +07}"
