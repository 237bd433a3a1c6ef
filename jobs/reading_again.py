"""Second readings of a scan: boxes of its pages read again, enlarged, in the sandbox."""

import json
from pathlib import Path

from jobs import sandbox
from models import extraction

AGAIN = Path(__file__).parent / "child_reread.py"


def second_readings(rendition: Path, pages: list[extraction.Page]) -> dict:
    """Second readings; of the first page's upper half also what is stamped in red. {} when they failed."""
    first = pages[0]
    boxes = extraction.boxes_to_reread(pages) | {
        "stamps": (first.number, [0, 0, first.width, first.height / 2])
    }
    asked = json.dumps([[name, page, box] for name, (page, box) in boxes.items()]).encode()
    result = sandbox.run(
        [*sandbox.PYTHON, AGAIN, rendition],
        stdin=asked,
        seconds=90,
        megabytes=1536,
        readable=(AGAIN, rendition),
    )
    return json.loads(result.stdout) if result.ok else {}
