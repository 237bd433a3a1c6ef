"""Child program of papers.py, run inside the sandbox: works on one draft or annex that somebody has uploaded.

Reads one line of JSON from stdin {"act", "file", "wish"}; `act` is notation, layout, prepare or attachment. Says what came
out as JSON {"…": …} or {"error", "code"}; a made file is written to "made.pdf" in the folder it runs in.
"""

import dataclasses
import json
import sys
from pathlib import Path

from signing import SigningError, layout, places, prepare


def notation(pdf, wish):
    with places.open_pages(pdf) as opened:
        return {"notation": places.find_heading(opened).notation if opened.pages else ""}


def found(pdf, wish):
    return dataclasses.asdict(layout.find(pdf, layout.Wish(**{**wish, "marks": tuple(wish["marks"])})))


def prepared(pdf, wish):
    return _made(prepare.prepare_draft(pdf, **{**wish, "marks": tuple(wish["marks"])}))


def attachment(pdf, wish):
    return _made(prepare.prepare_attachment(pdf))


def _made(result):
    Path("made.pdf").write_bytes(result.pdf)
    said = {name: getattr(result, name) for name in ("page_amount", "note", "notation")}
    return said | {"places": [dataclasses.asdict(place) for place in result.places]}


ACTS = {"notation": notation, "layout": found, "prepare": prepared, "attachment": attachment}


def main():
    job = json.loads(sys.stdin.readline())
    try:
        said = ACTS[job["act"]](Path(job["file"]).read_bytes(), job["wish"])
    except SigningError as problem:
        said = {"error": str(problem), "code": problem.code}
    print(json.dumps(said, ensure_ascii=False))
    return 0


if __name__ == "__main__":
    sys.exit(main())
