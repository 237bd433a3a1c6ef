"""The check of one file as a program of its own: `python -m signing.check`, a job as JSON on stdin, the outcome on stdout.

The parent runs it behind limits and without network (`jobs/verify.py`); it fetches what the outcome wishes for and runs
it again with the answers. A hostile file can at worst end this process.
"""

import base64
import json
import sys
from datetime import date, datetime
from pathlib import Path

from signing import verdict
from signing.reasons import reason
from signing.records import Expectation, Report, Trust
from signing.trust import Wish
from signing.verify import Examination, examine


def job_of(
    path: Path,
    trusted: Trust,
    *,
    moment: datetime,
    answers: dict[str, bytes],
    expect: Expectation | None = None,
) -> bytes:
    """The job for the child, as the bytes of its stdin."""
    expect = expect or Expectation()
    return json.dumps(
        {
            "path": str(path),
            "moment": moment.isoformat(),
            "trust": {
                name: [_text(der) for der in getattr(trusted, name)] for name in Trust.__dataclass_fields__
            },
            "answers": {key: _text(body) for key, body in answers.items()},
            "expect": {
                "issued_day": expect.issued_day.isoformat() if expect.issued_day else "",
                "organisations": list(expect.organisations),
                "number": expect.number,
                "attachment": expect.attachment,
                "parents": list(expect.parents),
                "issued": expect.issued,
            },
        }
    ).encode()


def outcome_of(output: bytes) -> Examination:
    """What the child answered. Raises ValueError or KeyError when it is no outcome."""
    found = json.loads(output)
    return Examination(
        Report.from_dict(found["report"]),
        [Wish.from_dict(wish) for wish in found["wishes"]],
        [(kind, base64.b64decode(body)) for kind, body in found["evidence"]],
    )


def unreadable(sha256: str, moment: datetime, code: str = "too_costly", **facts) -> Report:
    """The verdict on a file that cannot be checked (time, memory, a crash, no file at all): not acceptable."""
    report = Report(integrity="unverifiable", sha256=sha256, checked_at=moment.isoformat())
    report.reasons = [reason(code, **facts)]
    verdict.conclude(report, Expectation())
    return report


def main() -> int:
    """Read the job, check the file, write the outcome."""
    job = json.loads(sys.stdin.buffer.read())
    trusted = Trust(**{name: tuple(map(base64.b64decode, ders)) for name, ders in job["trust"].items()})
    expect = job["expect"]
    found = examine(
        Path(job["path"]).read_bytes(),
        trusted,
        moment=datetime.fromisoformat(job["moment"]),
        answers={key: base64.b64decode(body) for key, body in job["answers"].items()},
        expect=Expectation(
            date.fromisoformat(expect["issued_day"]) if expect["issued_day"] else None,
            tuple(expect["organisations"]),
            expect["number"],
            expect["attachment"],
            tuple(expect["parents"]),
            expect["issued"],
        ),
    )
    seen = dict.fromkeys((kind, body) for kind, body in found.evidence)
    json.dump(
        {
            "report": found.report.to_dict(),
            "wishes": [wish.to_dict() for wish in dict.fromkeys(found.wishes)],
            "evidence": [[kind, _text(body)] for kind, body in seen],
        },
        sys.stdout,
    )
    return 0


def _text(body):
    return base64.b64encode(body).decode()


if __name__ == "__main__":
    sys.exit(main())
