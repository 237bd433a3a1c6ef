"""Second readings of a scan: boxes of its pages read again, enlarged and prepared in several ways, in the sandbox."""

import json
from pathlib import Path

from jobs import sandbox
from models import extraction

AGAIN = Path(__file__).parent / "child_reread.py"
SECONDS, MEGABYTES = 90, 1536


def second_readings(rendition: Path, pages: list[extraction.Page]) -> dict:
    """Second readings; of the first page's upper half also what is stamped in red. {} when they failed."""
    slopes = {page.number: extraction.slope_of(page) for page in pages}
    first = pages[0]
    boxes = extraction.boxes_to_reread(pages) | {
        "stamps": (first.number, [0, 0, first.width, first.height / 2])
    }
    asked = [[name, page, box, slopes.get(page, 0.0)] for name, (page, box) in boxes.items()]
    result = sandbox.run(
        [*sandbox.PYTHON, AGAIN, rendition], stdin=json.dumps(asked).encode(), seconds=SECONDS, megabytes=MEGABYTES,
        readable=(AGAIN, rendition),
    )  # fmt: skip
    return json.loads(result.stdout) if result.ok else {}
