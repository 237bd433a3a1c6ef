"""Second readings of a scan: boxes of its pages read again, enlarged and prepared in several ways, in the sandbox."""

import json
from pathlib import Path

from jobs import sandbox
from models import extraction
from models.extraction_lines import alike, letters

AGAIN = Path(__file__).parent / "child_reread.py"
SECONDS, MEGABYTES = 90, 1536
STAMPS = "stamps"
LONG_MARKS = {
    "TỐI MẬT": 0.83,
    "TUYỆT MẬT": 0.75,
}  # how alike letters of a stamp must be; MẬT is too short to guess


def second_readings(rendition: Path, pages: list[extraction.Page]) -> dict:
    """Second readings; of the first page's upper half also what is stamped: "stamps" is missing when nobody could look."""
    slopes = {page.number: extraction.slope_of(page) for page in pages}
    first = pages[0]
    boxes = extraction.boxes_to_reread(pages) | {
        STAMPS: (first.number, [0, 0, first.width, first.height / 2])
    }
    asked = [[name, page, box, slopes.get(page, 0.0)] for name, (page, box) in boxes.items()]
    found = _ask(rendition, asked)
    if (
        found is None
    ):  # too much for a busy machine; what is stamped decides whether the paper may be here at all
        found = _ask(rendition, [one for one in asked if one[0] == STAMPS])
    if found and STAMPS in found:
        found[STAMPS]["texts"] += _marks(found[STAMPS]["texts"])
    return found or {}


def _marks(texts) -> list[str]:
    """The long secrecy marks that lines of a stamp are nearly: «TUYET MÂT», «TÓI MẬI»."""
    lines = [letters(line) for said in texts for line in said.splitlines() if line == line.upper()]
    return [
        mark
        for mark, least in LONG_MARKS.items()
        if any(alike(line, letters(mark)) >= least for line in lines)
    ]


def _ask(rendition, asked) -> dict | None:
    result = sandbox.run(
        [*sandbox.PYTHON, AGAIN, rendition], stdin=json.dumps(asked).encode(), seconds=SECONDS, megabytes=MEGABYTES,
        readable=(AGAIN, rendition),
    )  # fmt: skip
    return json.loads(result.stdout) if result.ok else None
