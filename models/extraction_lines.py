"""Words with positions, put together into lines and columns: what the reading of the layout stands on. Pure.

All measures are points (1/72 inch) from the page's upper left corner.
"""

import re
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from models import text

_RULE = re.compile(r"^[_\-–—=~.·*°'`|,:;]+$")
SLOPE_RUN = 250  # points a line must be long to tell the slope of the page
_LETTERS = re.compile(r"[^a-z0-9]")


@dataclass(frozen=True)
class Word:
    """One word as it stands on the page; `bold` and `italic` are None where the file does not tell (scans)."""

    text: str
    x0: float
    y0: float
    x1: float
    y1: float
    bold: bool | None = None
    italic: bool | None = None

    @property
    def middle(self) -> float:
        """Height of the word's middle on the page."""
        return (self.y0 + self.y1) / 2


@dataclass(frozen=True)
class Page:
    """One page: number from 1, size, words; `scanned` when the words come from OCR."""

    number: int
    width: float
    height: float
    words: tuple = ()
    scanned: bool = False


@dataclass(frozen=True)
class Line:
    """Words side by side on one line of one column."""

    words: tuple = field(default_factory=tuple)

    @property
    def text(self) -> str:
        """The line's words with one space between."""
        return text.clean(" ".join(word.text for word in self.words))

    @property
    def letters(self) -> str:
        """Only letters and digits, folded: for comparing what OCR may have spaced or marked wrongly."""
        return letters(self.text)

    @property
    def x0(self) -> float:
        """Left edge."""
        return min(word.x0 for word in self.words)

    @property
    def x1(self) -> float:
        """Right edge."""
        return max(word.x1 for word in self.words)

    @property
    def y0(self) -> float:
        """Upper edge: the middle one of its words, for one odd word must not move the line."""
        return sorted(word.y0 for word in self.words)[len(self.words) // 2]

    @property
    def y1(self) -> float:
        """Lower edge."""
        return sorted(word.y1 for word in self.words)[len(self.words) // 2]

    @property
    def middle(self) -> float:
        """Height of the line's middle on the page."""
        return (self.y0 + self.y1) / 2

    @property
    def center(self) -> float:
        """Middle of the line from left to right."""
        return (self.x0 + self.x1) / 2

    @property
    def height(self) -> float:
        """Height of the letters."""
        return max(self.y1 - self.y0, 1.0)

    @property
    def bold(self) -> bool | None:
        """True or False when most of its letters are (not) bold, None when the file does not tell."""
        known = [word for word in self.words if word.bold is not None]
        if not known:
            return None
        return sum(len(word.text) for word in known if word.bold) * 2 > sum(len(word.text) for word in known)

    @property
    def box(self) -> list[float]:
        """[x0, y0, x1, y1] in points."""
        return [
            round(v, 1)
            for v in (self.x0, min(w.y0 for w in self.words), self.x1, max(w.y1 for w in self.words))
        ]

    @property
    def capitals(self) -> bool:
        """True when (nearly) all of its letters are capitals."""
        found = [c for c in self.text if c.isalpha()]
        return len(found) >= 2 and sum(c.isupper() for c in found) >= 0.85 * len(found)

    def cut(self, left=None, right=None):
        """The part of the line whose words begin at or after `left` and before `right`; None when nothing is left."""
        kept = tuple(
            word for word in self.words
            if (left is None or word.x0 >= left) and (right is None or (word.x0 + word.x1) / 2 < right)
        )  # fmt: skip
        return Line(kept) if kept else None


def letters(value: str) -> str:
    """Only the letters and digits of a text, folded."""
    return _LETTERS.sub("", text.fold(value))


def alike(one: str, other: str) -> float:
    """How alike two folded texts are, 0 to 1."""
    if not one or not other:
        return 0.0
    return SequenceMatcher(None, one, other, autojunk=False).ratio()


def is_rule(word: str) -> bool:
    """True for drawn rules and specks that OCR takes for words."""
    return bool(_RULE.match(word)) and word not in ("-", "–", ":", ".")


def lines(words, gap: float = 2.6) -> list[Line]:
    """Words → lines from top to bottom; words further apart than `gap` times their height are two columns."""
    fall = slope(words)
    rows: list[list[Word]] = []
    for word in sorted(words, key=lambda one: one.middle - fall * one.x0):
        row = next((row for row in rows[-4:] if _beside(row[-1], word, fall)), None)
        if row is None:
            rows.append([word])
        else:
            row.append(word)
    found = []
    for row in rows:
        found.extend(_columns(sorted(row, key=lambda one: one.x0), gap))
    return sorted(found, key=lambda line: (line.middle - fall * line.x0, line.x0))


def slope(words) -> float:
    """How much the lines of a scan fall from left to right, points a point; 0 for born-digital pages."""
    if not words or words[0].bold is not None:
        return 0.0
    slopes, start = [], 0
    for index in range(1, len(words) + 1):
        before = words[index - 1]
        goes_on = index < len(words) and words[index].x0 > before.x0 and abs(words[index].y1 - before.y1) < 4
        if not goes_on:
            wide = before.x1 - words[start].x0
            if wide > SLOPE_RUN:
                slopes.append((before.y1 - words[start].y1) / wide)
            start = index
    return sorted(slopes)[len(slopes) // 2] if len(slopes) >= 5 else 0.0


def _beside(last, word, fall) -> bool:
    drop = fall * (word.x0 - last.x0)
    overlap = min(last.y1 + drop, word.y1) - max(last.y0 + drop, word.y0)
    return overlap > 0.5 * max(min(last.y1 - last.y0, word.y1 - word.y0), 1.0)


def _columns(row, gap):
    part = [row[0]]
    for word in row[1:]:
        height = max(8.0, min(14.0, part[-1].y1 - part[-1].y0))
        if word.x0 - part[-1].x1 > gap * height:
            yield Line(tuple(part))
            part = []
        part.append(word)
    yield Line(tuple(part))


def join(found) -> str:
    """The text of several lines as one, words cut at a line's end with a hyphen left as they are."""
    return text.clean(" ".join(line.text for line in found))


def around(found) -> list[float]:
    """The box around several lines."""
    boxes = [line.box for line in found]
    return [
        min(b[0] for b in boxes), min(b[1] for b in boxes), max(b[2] for b in boxes), max(b[3] for b in boxes),
    ]  # fmt: skip


@dataclass(frozen=True)
class Found:
    """Something read: its value, its lines, how surely (0–1)."""

    value: str
    lines: tuple
    score: float = 1.0

    @property
    def box(self):
        """Where it stands, None for what was concluded, not read."""
        return around(self.lines) if self.lines else None
