"""The words of pages as one running text that still knows where each of them stands: for dates and references. Pure."""

from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import date

from models import text
from models.extraction_lines import around, lines

ONE_LINE = 10_000  # points between words that still stand on one line: columns are read together


@dataclass
class Running:
    """`plain` and `folded` have the same length, a line after another; `rows` are (page number, line) of each start."""

    plain: str = ""
    folded: str = ""
    starts: list = field(default_factory=list)
    rows: list = field(default_factory=list)

    def place(self, start: int, end: int) -> tuple[int, list]:
        """(page number, box) of a stretch of the text; of one that goes over a page break, its first page."""
        first, last = bisect_right(self.starts, start) - 1, bisect_right(self.starts, max(start, end - 1)) - 1
        page = self.rows[first][0]
        return page, around([line for number, line in self.rows[first : last + 1] if number == page])

    def words(self, start: int, end: int, before: int = 0) -> str:
        """The stretch as it is printed, with whole words of so many characters before it."""
        begin = max(0, start - before)
        if begin and before:
            begin = self.plain.find(" ", begin, start) + 1 or start
        return self.plain[begin:end].strip(" ,;.")


def running(pages) -> Running:
    """The text of pages (extraction.Page) as it runs."""
    found, plain, folded, length = Running(), [], [], 0
    for page in pages:
        for line in lines(page.words, gap=ONE_LINE):
            said = line.text
            bare = "".join(text.fold(c) or " " for c in said)
            if len(bare) != len(said):
                bare = said.lower()
            found.starts.append(length)
            found.rows.append((page.number, line))
            plain.append(said)
            folded.append(bare)
            length += len(said) + 1
    found.plain, found.folded = " ".join(plain), " ".join(folded)
    return found


def day_of(day, month, year, issued: date | None) -> date | None:
    """The date three pieces of text name; without a year the first such day after `issued`; None for none."""
    if not year and issued is None:
        return None
    try:
        found = date(int(year) if year else issued.year, int(month), int(day))
        if not year and found < issued:
            found = date(issued.year + 1, int(month), int(day))
    except ValueError:
        return None
    return found
