"""Vietnamese text: normal form, folding for search and comparison, wording of dates (ND30 PL I II.4.b)."""

import re
import unicodedata
from datetime import date

_SPACES = re.compile(r"\s+")
# What turns the reading direction, hides, or is no letter at all: names in foreign files may hold it.
_UNSEEN = re.compile(
    r"[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]"
)


def clean(value: str) -> str:
    """NFC, one space between words, none at the ends: what a person typed, as it is stored."""
    return _SPACES.sub(" ", unicodedata.normalize("NFC", value or "")).strip()


def harmless(value: str, longest: int = 200) -> str:
    """A name from a foreign file as it may be shown: no unseen or turning characters, not endless."""
    found = clean(_UNSEEN.sub(" ", value or ""))
    return found if len(found) <= longest else f"{found[: longest - 1]}…"


def fold(value: str) -> str:
    """Lower case without marks («Đề nghị» → «de nghi»): for search and comparison."""
    value = value or ""
    letters = value if value.isascii() else unicodedata.normalize("NFD", value)
    stripped = letters if value.isascii() else "".join(c for c in letters if not unicodedata.combining(c))
    return _SPACES.sub(" ", stripped.replace("đ", "d").replace("Đ", "D").lower()).strip()


def hits(value: str, typed: str) -> list[tuple[str, bool]]:
    """The value in pieces, (words, was it typed), with or without marks: for showing what a search found."""
    wanted = [word for word in dict.fromkeys(fold(typed).split()) if word in fold(value)]
    if not wanted:
        return [(value, False)] if value else []
    plain, place = "", []
    for at, letter in enumerate(value):
        for one in fold(letter) or (" " if letter.isspace() else ""):
            plain, place = plain + one, [*place, at]
    marked = [False] * len(value)
    for word in wanted:
        start = plain.find(word)
        while start >= 0:
            for at in place[start : start + len(word)]:
                marked[at] = True
            start = plain.find(word, start + 1)
    pieces: list[tuple[str, bool]] = []
    for letter, is_hit in zip(value, marked, strict=True):
        if pieces and pieces[-1][1] == is_hit:
            pieces[-1] = (pieces[-1][0] + letter, is_hit)
        else:
            pieces.append((letter, is_hit))
    return pieces


def number_words(number: int) -> str:
    """A document number as printed: below 10 with a leading zero (ND30 PL I II.3)."""
    return f"{number:02d}"


def day_words(day: date) -> tuple[str, str, str]:
    """Day, month, year as printed: day below 10 and months 1 and 2 with a leading zero (ND30 PL I II.4.b)."""
    month = f"{day.month:02d}" if day.month in (1, 2) else str(day.month)
    return f"{day.day:02d}", month, str(day.year)


def notation_words(number: int | None, notation: str) -> str:
    """«05/QĐ-SKT»; without a number yet «…/QĐ-SKT»."""
    return f"{number_words(number) if number else '…'}/{notation}"
