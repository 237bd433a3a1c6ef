"""Tệp của bản sao: uploaded scans and received files are read and put together in a limited child, never in the server.

The child is `signing.copies_pages`; it sees the files named and nothing else, no network, and ends by its limits.
"""

import json
import sys
import tempfile
from pathlib import Path

from jobs import render, sandbox
from models import copies_rules, errors, files, filetypes, secrecy

ROOT = Path(__file__).resolve().parents[1]
COMMAND = (sys.executable, "-B", "-m", "signing.copies_pages")
SECONDS, MEGABYTES, LARGEST = 60, 1024, 160 << 20
BROKEN_OFF = "Không đọc được tệp: tệp quá lớn hoặc quá phức tạp. Hãy quét lại ở 200–300 dpi, tách bớt trang. Chưa lưu gì."


def take(path: Path, name: str, megabytes: int, field: str = "scan") -> copies_rules.Scan:
    """An uploaded scan, accepted: its content checked, its standard read, ready to bear a seal. Raises Invalid at `field`."""
    filetypes.accept(path, name, ("pdf",), megabytes, field)
    said, made = _run(field, path, "take")
    stored = files.store(made or path)
    facts = said["facts"]
    kept = files.File(sha256=stored.sha256, name=name, media_type="application/pdf", size=stored.size)
    words = "\n".join(line[0] for line in render.page_text(kept, 1)["lines"])
    level = secrecy.found(words)
    if level:
        raise errors.Invalid({field: secrecy.refusal(level)})
    return copies_rules.Scan(
        filetypes.safe_name(name), stored, facts["pages"], copies_rules.shortcomings(facts)
    )


def extract(source: files.File, pages: list[int], field: str = "pages") -> files.Stored:
    """Trích sao: some pages of a stored PDF as a file of its own, stored. Raises Invalid at `field`."""
    _, made = _run(field, source.path(), "extract", ",".join(map(str, pages)))
    return files.store(made)


def on_paper(source: files.File, block: bytes) -> bytes:
    """Bản sao giấy: the PDF to be printed, with the block of the copy after the text (ND30 Mẫu 3.1). Raises Refused."""
    with tempfile.NamedTemporaryFile(dir=files.spool(), prefix="box-", suffix=".pdf") as drawn:
        drawn.write(block)
        drawn.flush()
        try:
            _, made = _run("", source.path(), "paper", Path(drawn.name))
        except errors.Invalid as error:
            raise errors.Refused(str(error)) from error
    return made


def _run(field, path, command, *arguments):
    """(what the child says, the bytes it made)."""
    extra = [one for one in arguments if isinstance(one, Path)]
    result = sandbox.run(
        [*COMMAND, command, path.resolve(), *(one.resolve() if isinstance(one, Path) else one for one in arguments)],
        seconds=SECONDS, megabytes=MEGABYTES, output_cap=LARGEST, readable=(path.resolve(), *extra, ROOT / "signing"),
        environment={"PYTHONPATH": str(ROOT), "PYTHONNOUSERSITE": "1"},
    )  # fmt: skip
    if not result.ok:
        raise errors.Invalid({field: BROKEN_OFF})
    head, _, made = result.stdout.partition(b"\n")
    said = json.loads(head)
    if "error" in said:
        raise errors.Invalid({field: said["error"]})
    return said, made
