"""One check as bytes in and bytes out, for a child process that is trusted with nothing.

A job and an outcome are a line of JSON and, behind it, the blobs the JSON names by number (the file, certificates,
lists): `jobs/child_check.py` reads jobs and writes outcomes, `jobs/checking.py` is its parent. A hostile file can at
worst end the child.
"""

import json
from datetime import date, datetime

from signing import lists, verdict
from signing.reasons import reason
from signing.records import Expectation, Report, Trust
from signing.trust import Wish
from signing.verify import Examination, examine

LONGEST_HEADER = 64 << 20


def job_of(
    pdf: bytes,
    trusted: Trust,
    *,
    moment: datetime,
    answers: dict[str, bytes],
    expect: Expectation | None = None,
) -> bytes:
    """The job for the child."""
    blobs = [pdf]
    held = {
        name: _kept(blobs, getattr(trusted, name)) for name in Trust.__dataclass_fields__ if name != "periods"
    }
    header = {
        "moment": moment.isoformat(),
        "trust": held,
        "periods": trusted.periods,
        "answers": dict(zip(answers, _kept(blobs, answers.values()), strict=True)),
        "expect": _expect_to(expect or Expectation()),
    }
    return packed(header, blobs)


def carried_out(job: bytes) -> bytes:
    """The outcome of a job, as the child gives it back."""
    header, blobs = unpacked(job)
    trusted = Trust(
        **{name: tuple(blobs[i] for i in numbers) for name, numbers in header["trust"].items()},
        periods=tuple(tuple(item) for item in header["periods"]),
    )
    found = examine(
        blobs[0],
        trusted,
        moment=datetime.fromisoformat(header["moment"]),
        answers={key: blobs[i] for key, i in header["answers"].items()},
        expect=_expect_from(header["expect"]),
    )
    proofs = list(dict.fromkeys(found.evidence))
    outcome = {
        "report": found.report.to_dict(),
        "wishes": [wish.to_dict() for wish in dict.fromkeys(found.wishes)],
        "evidence": [kind for kind, _ in proofs],
    }
    return packed(outcome, [body for _, body in proofs])


def make_ready(job: bytes) -> None:
    """Read the job's trusted authorities, which come from the installation, so that each fork finds them read."""
    header, blobs = unpacked(job)
    for name in ("roots", "intermediates", "tsa_roots"):
        for number in header["trust"][name]:
            certificate = lists.certificate_of(blobs[number])
            _ = (
                certificate.subject.hashable,
                certificate.issuer.hashable,
                certificate.not_valid_after,
                certificate.ca,
            )


def outcome_of(output: bytes) -> Examination:
    """What the child answered. Raises ValueError, KeyError, TypeError or IndexError when it is no outcome."""
    found, blobs = unpacked(output)
    return Examination(
        Report.from_dict(found["report"]),
        [Wish.from_dict(wish) for wish in found["wishes"]],
        list(zip(found["evidence"], blobs, strict=True)),
    )


def unreadable(sha256: str, moment: datetime, code: str = "too_costly", **facts) -> Report:
    """The verdict on a file that cannot be checked (time, memory, a crash, no file at all): not acceptable."""
    report = Report(integrity="unverifiable", sha256=sha256, checked_at=moment.isoformat())
    report.reasons = [reason(code, **facts)]
    verdict.conclude(report, Expectation())
    return report


def packed(header: dict, blobs: list[bytes]) -> bytes:
    """A line of JSON with the lengths of the blobs that follow it."""
    line = json.dumps({"lengths": [len(blob) for blob in blobs], "header": header}, ensure_ascii=False)
    return b"\n".join([line.encode(), b"".join(blobs)])


def unpacked(data: bytes) -> tuple[dict, list[bytes]]:
    """The header and its blobs. Raises ValueError, KeyError or TypeError for anything else."""
    line, _, rest = data.partition(b"\n")
    if len(line) > LONGEST_HEADER:
        raise ValueError("the header is too long")
    found, blobs, at = json.loads(line), [], 0
    for length in found["lengths"]:
        blobs.append(rest[at : at + length])
        at += length
    if at != len(rest):
        raise ValueError("the lengths do not fit")
    return found["header"], blobs


def _kept(blobs, bodies):
    start = len(blobs)
    blobs.extend(bodies)
    return list(range(start, len(blobs)))


def _expect_to(expect):
    values = {name: getattr(expect, name) for name in Expectation.__dataclass_fields__}
    return values | {"issued_day": expect.issued_day.isoformat() if expect.issued_day else ""}


def _expect_from(values):
    day = values["issued_day"]
    lists = {name: tuple(values[name]) for name in ("organisations", "parents")}
    return Expectation(**{**values, **lists, "issued_day": date.fromisoformat(day) if day else None})
